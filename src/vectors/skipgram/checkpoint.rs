//! A training under way, in a file.
//!
//! | part | bytes | content |
//! |---|---|---|
//! | magic | 8 | `sentickp` |
//! | length | 4 | of the header, u32 little-endian |
//! | header | | TOML: format, version, lanes, words, buckets, corpus, texts, settings, position |
//! | matrices | 4 x (2 x words + buckets) x dims | input rows, then output rows, f32 little-endian |
//! | seal | 32 | SHA-256 of everything before it |
//!
//! Between two rounds nothing else is worth keeping: what is drawn depends on
//! the seed, the epoch and the sentence alone. The matrices go from memory to
//! disk and back a row at a time.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::matrix::Matrix;
use super::settings::Settings;
use super::shard::Loss;
use crate::error::{Error, Place, Result};
use crate::files::digest::{Fingerprint, hex};
use crate::files::seal::{Sealing, TRAILER, trailer_fits};
use crate::files::write::stream_whole;
use crate::vectors::corpus::Corpus;

/// How every checkpoint begins.
pub const MAGIC: &[u8] = b"sentickp";
const FORMAT: u32 = 1;
const WANTED: &str = "a checkpoint of an interrupted training";
const ANEW: &str = "start anew: remove the file, and leave --resume out";

/// A text of the corpus: what errors call it, and its digest.
pub type Text = (String, Fingerprint);

/// Where and when a training is kept while it is under way.
pub struct Keeper<'a> {
    /// The file. What stands there is replaced, and never removed.
    pub file: &'a Path,
    /// The texts that the corpus was read from.
    pub texts: &'a [Text],
    /// Asked each time after the observer: is it time for a checkpoint? There is
    /// one in any case when the observer breaks.
    pub due: &'a (dyn Fn() -> bool + Sync),
    /// Told how it went. Where a checkpoint could not be written the one before
    /// is still there, and the training goes on.
    pub kept: &'a (dyn Fn(Result<()>) + Sync),
}

/// Everything before the matrices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Header {
    format: u32,
    version: String,
    lanes: usize,
    /// Rows of the output matrix.
    words: usize,
    /// Rows that the input matrix has beyond them: with subwords only.
    #[serde(default)]
    buckets: usize,
    /// Digest of the words, their counts and the sentences.
    corpus: String,
    texts: Vec<Fingerprint>,
    settings: Settings,
    position: Position,
}

/// How far a training is, between two rounds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Position {
    /// Places in the order of the epoch under way that are done.
    pub(super) place: usize,
    /// Words seen, over all epochs.
    pub(super) seen: u64,
    /// The loss of the epoch under way.
    pub(super) loss: Loss,
    /// Windows of the epochs that are done.
    pub(super) windows: u64,
    /// The mean loss of each epoch that is done.
    pub(super) losses: Vec<f64>,
    /// The held-out loss after each.
    pub(super) held_out: Vec<f64>,
}

impl Header {
    pub(super) fn new(
        corpus: &Corpus,
        settings: &Settings,
        texts: &[Text],
        lanes: usize,
        buckets: usize,
        position: Position,
    ) -> Self {
        Self {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            lanes,
            words: corpus.vocabulary.words.len(),
            buckets,
            corpus: digest(corpus),
            texts: texts.iter().map(|(_, text)| text.clone()).collect(),
            settings: settings.clone(),
            position,
        }
    }
}

/// Writes a checkpoint, whole or not at all.
pub(super) fn write(file: &Path, header: &Header, matrices: [&Matrix; 2]) -> Result<()> {
    let header = toml::to_string(header)
        .map_err(|error| Error::io(file, "write", io::Error::other(error)))?;
    stream_whole(file, |file| {
        let mut file = Sealing::new(file);
        let length = u32::try_from(header.len()).map_err(io::Error::other)?;
        file.write_all(MAGIC)?;
        file.write_all(&length.to_le_bytes())?;
        file.write_all(header.as_bytes())?;
        let mut bytes = Vec::new();
        for row in matrices.into_iter().flat_map(Matrix::vectors) {
            bytes.clear();
            bytes.extend(row.iter().flat_map(|value| value.to_le_bytes()));
            file.write_all(&bytes)?;
        }
        file.finish()
    })
}

/// A checkpoint that is whole: its seal fits, and its header can be read.
#[derive(Debug)]
pub struct Checkpoint {
    name: String,
    /// Stands where the matrices begin.
    file: BufReader<File>,
    header: Header,
}

impl Checkpoint {
    /// Opens a checkpoint, after checking every byte of it.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read; [`Error::Artifact`] when there is
    /// none, or it is something else, damaged, or of another version.
    pub fn open(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let unreadable = |error| Error::io(path, "read", error);
        let damaged = |found: String| Error::damaged(&name, found, WANTED).with_hint(ANEW);
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(Error::artifact(&name, "no file", WANTED)
                    .with_hint("nothing was interrupted here: leave --resume out to begin"));
            }
            file => file.map_err(unreadable)?,
        };
        let metadata = file.metadata().map_err(unreadable)?;
        let mut file = BufReader::with_capacity(1 << 16, file);
        let mut magic = Vec::new();
        if metadata.is_file() {
            let mut head = file.by_ref().take(MAGIC.len() as u64);
            head.read_to_end(&mut magic).map_err(unreadable)?;
        }
        if magic != MAGIC {
            return Err(Error::artifact(&name, "another kind of file", WANTED).with_hint(ANEW));
        }
        let length = metadata.len();
        file.rewind().map_err(unreadable)?;
        if !trailer_fits(&mut file, length).map_err(unreadable)? {
            return Err(damaged(
                "a file that is not whole, or was changed (its seal does not fit)".to_owned(),
            ));
        }
        // From here on only a file that was sealed with wrong content fails.
        let start = MAGIC.len() as u64;
        file.seek(SeekFrom::Start(start)).map_err(unreadable)?;
        let mut size = [0; 4];
        file.read_exact(&mut size).map_err(unreadable)?;
        let size = u64::from(u32::from_le_bytes(size));
        let start = start + 4 + size;
        if start + TRAILER > length {
            return Err(damaged(format!("a header of {size} bytes")));
        }
        let mut text = vec![0; size as usize];
        file.read_exact(&mut text).map_err(unreadable)?;
        let text = String::from_utf8(text).map_err(|error| damaged(error.to_string()))?;
        let table: toml::Table = text
            .parse()
            .map_err(|error: toml::de::Error| damaged(error.message().replace('\n', ", ")))?;
        let text_of = |key: &str| {
            table
                .get(key)
                .map_or("none".to_owned(), ToString::to_string)
        };
        if text_of("format") != FORMAT.to_string() {
            let found = format!("checkpoint format {}", text_of("format"));
            let expected = format!("checkpoint format {FORMAT}");
            return Err(Error::artifact(&name, found, expected).with_hint(ANEW));
        }
        let header: Header = table
            .try_into()
            .map_err(|error: toml::de::Error| damaged(error.message().replace('\n', ", ")))?;
        // Another version may train differently.
        if header.version != env!("CARGO_PKG_VERSION") {
            let found = format!("a checkpoint of senti {}", header.version);
            let expected = concat!("one of senti ", env!("CARGO_PKG_VERSION"));
            return Err(Error::artifact(&name, found, expected).with_hint(ANEW));
        }
        let matrices = (header.words as u64)
            .checked_mul(2)
            .and_then(|rows| rows.checked_add(header.buckets as u64))
            .and_then(|rows| rows.checked_mul(header.settings.dims as u64))
            .and_then(|values| values.checked_mul(4));
        if matrices != Some(length - start - TRAILER) {
            return Err(damaged(format!(
                "{} bytes for {} words and {} buckets of {} dimensions",
                length - start - TRAILER,
                header.words,
                header.buckets,
                header.settings.dims
            )));
        }
        Ok(Self { name, file, header })
    }

    /// Epochs that are done.
    pub fn epochs(&self) -> usize {
        self.header.position.losses.len()
    }

    /// Words seen, over all epochs.
    pub fn words(&self) -> u64 {
        self.header.position.seen
    }

    /// Checks that a training with `settings` on this corpus goes on here.
    pub(super) fn check(
        &self,
        corpus: &Corpus,
        settings: &Settings,
        texts: &[Text],
        lanes: usize,
    ) -> Result<()> {
        let header = &self.header;
        let name = &self.name;
        if texts.len() != header.texts.len() {
            return Err(Error::setting(
                "--resume",
                format!("{} texts", texts.len()),
                format!("{}, as {name} was trained on", header.texts.len()),
            ));
        }
        for ((text, ours), theirs) in texts.iter().zip(&header.texts) {
            if ours != theirs {
                let described = |text: &Fingerprint| {
                    let digest: String = text.sha256.chars().take(8).collect();
                    format!("{} bytes, sha256 {digest}...", text.bytes)
                };
                return Err(Error::input(
                    Place::file(text),
                    format!("another text ({})", described(ours)),
                    format!("the one that {name} was trained on ({})", described(theirs)),
                ));
            }
        }
        let differences = settings.differences(&header.settings);
        if !differences.is_empty() {
            let list = |pick: fn(&(&str, String, String)) -> String| {
                let all: Vec<String> = differences.iter().map(pick).collect();
                all.join(", ")
            };
            return Err(Error::setting(
                "--resume",
                list(|(name, ours, _)| format!("{name} {ours}")),
                format!(
                    "{}, as in {name}",
                    list(|(name, _, theirs)| format!("{name} {theirs}"))
                ),
            ));
        }
        if header.corpus != digest(corpus) {
            return Err(Error::setting(
                "--stop-words",
                format!("{} other words", corpus.vocabulary.words.len()),
                format!("the list that left the {} words of {name}", header.words),
            ));
        }
        if lanes != header.lanes {
            return Err(Error::artifact(
                name,
                format!("sums over {} lanes", header.lanes),
                format!("{lanes}, as this processor computes: others round differently"),
            )
            .with_hint("go on where it was begun, or start anew: leave --resume out"));
        }
        Ok(())
    }

    /// Fills the matrices, which are of the size that the settings and the
    /// corpus say, and tells how far the training was.
    pub(super) fn restore(mut self, matrices: [&mut Matrix; 2]) -> Result<Position> {
        let rows = self.header.words + self.header.buckets;
        if matrices[0].rows() != rows {
            return Err(self.damaged(format!("{rows} input rows")));
        }
        let mut bytes = Vec::new();
        for row in matrices.into_iter().flat_map(Matrix::vectors_mut) {
            bytes.resize(4 * row.len(), 0);
            self.file
                .read_exact(&mut bytes)
                .map_err(|error| Error::io(&self.name, "read", error))?;
            for (value, bytes) in row.iter_mut().zip(bytes.chunks_exact(4)) {
                *value = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
                if !value.is_finite() {
                    return Err(self.damaged(format!("the value {value}")));
                }
            }
        }
        Ok(self.header.position)
    }

    /// Checks a position against what the corpus allows.
    pub(super) fn check_position(&self, sentences: usize, words: u64) -> Result<()> {
        let (position, settings) = (&self.header.position, &self.header.settings);
        let epochs = position.losses.len();
        let begun = words.saturating_mul(epochs as u64);
        let fits = position.place <= sentences
            && epochs <= settings.epochs
            && (position.held_out.is_empty() || position.held_out.len() == epochs)
            && (begun..=begun.saturating_add(words)).contains(&position.seen)
            && (position.losses.iter().chain(&position.held_out))
                .chain([&position.loss.sum])
                .all(|loss| loss.is_finite());
        match fits {
            true => Ok(()),
            false => Err(self.damaged("a place that the corpus does not have".to_owned())),
        }
    }

    fn damaged(&self, found: String) -> Error {
        Error::damaged(&self.name, found, WANTED).with_hint(ANEW)
    }
}

/// SHA-256 of everything in a corpus that training depends on.
fn digest(corpus: &Corpus) -> String {
    let mut hasher = Sha256::new();
    let mut part = |values: &mut dyn Iterator<Item = u64>| {
        let mut bytes = Vec::with_capacity(1 << 16);
        for value in values {
            bytes.extend(value.to_le_bytes());
            if bytes.len() == 1 << 16 {
                hasher.update(&bytes);
                bytes.clear();
            }
        }
        hasher.update(&bytes);
    };
    let vocabulary = &corpus.vocabulary;
    part(&mut [vocabulary.words.len() as u64, corpus.ends.len() as u64].into_iter());
    part(&mut vocabulary.words.iter().map(|word| word.len() as u64));
    part(&mut vocabulary.counts.iter().copied());
    part(&mut corpus.ends.iter().map(|&end| end as u64));
    part(&mut corpus.ids.iter().map(|&id| u64::from(id)));
    for word in &vocabulary.words {
        hasher.update(word);
    }
    hex(&hasher.finalize())
}

#[cfg(test)]
mod tests;
