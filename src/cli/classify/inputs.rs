//! All inputs, one after the other, in batches.

use std::collections::VecDeque;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use senti::error::{Error, Place, Result};
use senti::files::digest::Fingerprint;

use super::super::twice::is_pipe;
use super::batch::Batch;
use super::columns::Columns;
use super::shape::{Shape, Wanted};
use super::source::{self, Source};

/// Files of one shape, or the texts among the arguments.
pub(super) struct Inputs {
    wanted: Wanted,
    /// Names that answers add to objects.
    added: Vec<String>,
    shape: Shape,
    current: Option<Box<dyn Source>>,
    files: VecDeque<PathBuf>,
    /// Those that were found to be empty.
    empty: Vec<PathBuf>,
    /// All fields that objects have, where these are columns.
    columns: Option<Arc<Columns>>,
    /// The first record that cannot be read is the end.
    strict: bool,
    /// The records to hand out, counted from 0 through all files.
    range: Range<u64>,
    /// Records that were read.
    position: u64,
    /// What ends the reading, once what was read before it is handed out.
    failed: Option<Error>,
    /// Whether digests are wanted, and those of the files that were read to their ends.
    digests: bool,
    fingerprints: Vec<Fingerprint>,
    /// Batches that were looked at before their time.
    ahead: VecDeque<Batch>,
}

impl Inputs {
    /// The files, of which the first that is not empty says what all of them are. Those
    /// that can be opened twice are looked at now, so that one that differs is told
    /// before anything is answered.
    pub(super) fn open(
        files: &[PathBuf],
        wanted: Wanted,
        added: Vec<String>,
        strict: bool,
    ) -> Result<Self> {
        let mut files: VecDeque<PathBuf> = files.iter().cloned().collect();
        let mut empty = Vec::new();
        let (shape, current) = loop {
            let Some(path) = files.pop_front() else {
                let first = empty.first().map_or(Path::new("-"), PathBuf::as_path);
                break (source::empty(first, &wanted)?, None);
            };
            match source::open(&path, &wanted, &added)? {
                Some((shape, source)) => break (shape, Some(source)),
                None => empty.push(path),
            }
        };
        let mut inputs = Self {
            wanted,
            added,
            shape,
            current,
            files: VecDeque::new(),
            empty,
            columns: None,
            strict,
            range: 0..u64::MAX,
            position: 0,
            failed: None,
            digests: false,
            fingerprints: Vec::new(),
            ahead: VecDeque::new(),
        };
        for path in files {
            // Of a pipe nothing is taken before its turn.
            if is_pipe(&path) || inputs.another(&path)?.is_some() {
                inputs.files.push_back(path);
            } else {
                inputs.empty.push(path);
            }
        }
        Ok(inputs)
    }

    /// Texts that are there already.
    pub(super) fn texts(texts: Vec<String>) -> Self {
        Self {
            wanted: Wanted {
                format: None,
                column: None,
                header: true,
            },
            added: Vec::new(),
            shape: Shape::Lines,
            current: Some(Box::new(source::Texts::new(texts))),
            files: VecDeque::new(),
            empty: Vec::new(),
            columns: None,
            strict: false,
            range: 0..u64::MAX,
            position: 0,
            failed: None,
            digests: false,
            fingerprints: Vec::new(),
            ahead: VecDeque::new(),
        }
    }

    pub(super) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The files among several that were found to be empty.
    pub(super) fn empty(&self) -> &[PathBuf] {
        match self.current.is_some() {
            true => &self.empty,
            // One that is all there is speaks for itself.
            false => &[],
        }
    }

    /// Only these records, counted from 0 through all files.
    pub(super) fn only(&mut self, range: Range<u64>) {
        self.range = range;
    }

    /// Objects are rows with these columns.
    pub(super) fn has_only(&mut self, columns: Columns) -> Arc<Columns> {
        let columns = Arc::new(columns);
        if let Some(source) = &mut self.current {
            source.has_only(&columns);
        }
        self.columns = Some(Arc::clone(&columns));
        columns
    }

    /// No record is the end.
    pub(super) fn pass_over_errors(&mut self) {
        self.strict = false;
    }

    /// From here on everything is read, for the digests.
    pub(super) fn take_digests(&mut self) {
        self.digests = true;
        self.pass_over_errors();
    }

    /// The digests of the files that were read to their ends.
    pub(super) fn into_fingerprints(self) -> Vec<Fingerprint> {
        self.fingerprints
    }

    /// All texts, where they are no more than so many; they are handed out nevertheless.
    pub(super) fn few(&mut self, most: usize) -> Option<Vec<String>> {
        let (mut read, mut count) = (Vec::new(), 0);
        // The end may be noticed only after several batches.
        let ended = loop {
            match self.next_batch() {
                Ok(Some(batch)) => {
                    count += batch.len();
                    read.push(batch);
                    if count > most as u64 {
                        break false;
                    }
                }
                Ok(None) => break true,
                Err(error) => {
                    self.failed = Some(error);
                    break false;
                }
            }
        };
        let records = read.iter().flat_map(Batch::records);
        let texts = records.filter_map(|row| row.text.ok());
        let texts = ended.then(|| texts.map(str::to_owned).collect());
        self.ahead.extend(read);
        texts
    }

    /// The next records; nothing at the end.
    pub(super) fn next_batch(&mut self) -> Result<Option<Batch>> {
        if let Some(batch) = self.ahead.pop_front() {
            return Ok(Some(batch));
        }
        loop {
            if let Some(error) = self.failed.take() {
                // Nothing is read behind it.
                self.range.end = 0;
                return Err(error);
            }
            if self.position >= self.range.end {
                return Ok(None);
            }
            if self.current.is_none() {
                let Some(path) = self.files.pop_front() else {
                    return Ok(None);
                };
                let Some(mut source) = self.another(&path)? else {
                    continue;
                };
                if let Some(columns) = &self.columns {
                    source.has_only(columns);
                }
                self.current = Some(source);
            }
            let batch = self.fill();
            if !batch.is_empty() {
                return Ok(Some(batch));
            }
        }
    }

    /// Opens a file that must be of the shape of the first; nothing where it is empty.
    fn another(&self, path: &Path) -> Result<Option<Box<dyn Source>>> {
        let Some((shape, source)) = source::open(path, &self.wanted, &self.added)? else {
            return Ok(None);
        };
        if shape != self.shape {
            let columns = |shape: &Shape| match shape {
                Shape::Lines | Shape::Objects { .. } => String::new(),
                shape => format!(", columns {}", shape.columns().join(", ")),
            };
            return Err(Error::input(
                Place::file(path),
                format!("{shape}{}", columns(&shape)),
                format!(
                    "the same as in the first file: {}{}",
                    self.shape,
                    columns(&self.shape)
                ),
            )
            .with_hint("files that differ are answered one by one"));
        }
        Ok(Some(source))
    }

    /// Reads until the batch is full, or nothing more can be read at once.
    fn fill(&mut self) -> Batch {
        let Some(source) = &mut self.current else {
            return Batch::new();
        };
        if !self.digests {
            source.ignore_fingerprint();
        }
        let mut batch = Batch::new();
        let ended = loop {
            let done = self.failed.is_some() || self.position >= self.range.end;
            if done || batch.is_full() || (!batch.is_empty() && !source.is_ready()) {
                break false;
            }
            let mark = batch.mark();
            match source.read(&mut batch) {
                Ok(true) => {}
                Ok(false) => break true,
                Err(error) => {
                    self.failed = Some(error);
                    break true;
                }
            }
            let before = self.position;
            self.position += batch.added(mark);
            let from = |place: u64| place.saturating_sub(before).min(1 << 32) as usize;
            batch.keep(mark, from(self.range.start)..from(self.range.end));
            if self.strict {
                self.failed = batch.cut_at_error(mark);
            }
        };
        batch.drained = ended || !source.is_ready();
        if ended {
            if self.digests {
                match source.fingerprint() {
                    Ok(fingerprint) => self.fingerprints.push(fingerprint),
                    Err(error) => self.failed = self.failed.take().or(Some(error)),
                }
            }
            self.current = None;
        }
        batch
    }
}

/// What errors call a file.
pub(super) fn name(path: &Path) -> Arc<str> {
    match path == Path::new("-") {
        true => senti::text::encoding::STANDARD_INPUT.into(),
        false => path.display().to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_looked_at_is_still_handed_out() {
        for count in [0, 1, 3, 255, 256, 257, 900] {
            let texts: Vec<String> = (0..count).map(|at| format!("text {at}")).collect();
            let mut inputs = Inputs::texts(texts.clone());
            let few = inputs.few(255);
            assert_eq!(few.is_some(), count < 256);
            assert!(few.is_none_or(|few| few == texts));
            let mut found = Vec::new();
            while let Some(batch) = inputs.next_batch().unwrap() {
                found.extend(batch.records().map(|row| row.text.unwrap().to_owned()));
            }
            assert_eq!(found, texts);
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one.txt");
        std::fs::write(&path, "good\nbad").unwrap();
        let wanted = Inputs::texts(Vec::new()).wanted;
        let mut few = Inputs::open(&[path], wanted, Vec::new(), false).unwrap();
        let texts = ["good", "bad"].map(str::to_owned).to_vec();
        assert_eq!(few.few(2), Some(texts));
    }
}
