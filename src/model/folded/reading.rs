//! Reading the model file: what is in it is checked before it is believed.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

use safetensors::tensor::SafeTensors;

use super::blocks::{Blocks, Trouble};
use super::compact;
use super::file::{FORMAT_WITH_SUBWORDS, Header, StoredClassifier};
use super::memory::Memory;
use super::older;
use super::pairs::Pairs;
use super::tables::{Tables, tables};
use super::unfolding::damaged;
use super::{BEFORE, Direction, Folded};
use crate::classifier::is_parameter;
use crate::classifier::readout::Readout;
use crate::error::{Error, Result};
use crate::files::seal;
use crate::model::Classifier;
#[cfg(doc)]
use crate::model::Model;
use crate::model::file::{METADATA_KEY, seal_field, sound_labels};
use crate::polarity::Full;
use crate::text::stopwords::StopWords;
use crate::text::tokenizer::Tokenizer;

impl Folded {
    /// Reads a model file of format 4 to 8, after checking every byte of it. One of another
    /// format is `Ok(None)`: it is read by [`Model::read`], and so is what is no model.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read; [`Error::Artifact`] when it is damaged or
    /// was changed since it was written.
    pub fn read(path: &Path) -> Result<Option<Self>> {
        match Self::opened(path)? {
            Some(mut folded) => {
                folded.complete(path)?;
                Ok(Some(folded))
            }
            None => Ok(None),
        }
    }

    /// The model in `bytes`, as [`read`](Self::read) reads it; `path` is what errors
    /// call it.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Option<Self>> {
        let memory = Memory::new(bytes.len(), bytes);
        let mut memory = memory.map_err(|error| Error::io(path, "read", error))?;
        memory.bytes_mut().copy_from_slice(bytes);
        match Self::from_memory(path, memory, None)? {
            Some(mut folded) => {
                folded.complete(path)?;
                Ok(Some(folded))
            }
            None => Ok(None),
        }
    }

    /// The model of a file of which only the beginning and the proofs are read.
    pub(in crate::model) fn opened(path: &Path) -> Result<Option<Self>> {
        let failed = |error| Error::io(path, "read", error);
        // A pipe is opened and read once, by who reads all of it.
        if !std::fs::metadata(path).map_err(failed)?.is_file() {
            return Ok(None);
        }
        let mut file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let Ok(length) = usize::try_from(length) else {
            return Ok(None);
        };
        let mut first = [0; 8];
        let read = read_up_to(&mut file, &mut first).map_err(failed)?;
        let header = usize::try_from(u64::from_le_bytes(first)).unwrap_or(usize::MAX);
        let Some(header) = header
            .checked_add(8)
            .filter(|end| read == 8 && *end <= length)
        else {
            return Ok(None);
        };
        let mut memory = Memory::new(length, &first).map_err(failed)?;
        memory.bytes_mut()[..8].copy_from_slice(&first);
        // A file that ends sooner than it said is zeros from there on, and no model.
        read_up_to(&mut file, &mut memory.bytes_mut()[8..header]).map_err(failed)?;
        Self::from_memory(path, memory, Some(file))
    }

    /// The model of a file in memory; the header alone, if the rest is still in a file.
    fn from_memory(path: &Path, mut memory: Memory, file: Option<File>) -> Result<Option<Self>> {
        let Ok((start, metadata)) = SafeTensors::read_metadata(memory.bytes()) else {
            return Ok(None);
        };
        let header = (metadata.metadata().as_ref()).and_then(|all| all.get(METADATA_KEY));
        let Some(header) = header else {
            return Ok(None);
        };
        let format = header.strip_prefix("{\"format\":");
        let format = format.and_then(|rest| rest.split_once(','));
        let parsed = || -> Result<Header> {
            serde_json::from_str(header).map_err(|error| damaged(path, error.to_string()))
        };
        match format {
            Some(("4", _)) => {
                return older::read(path, memory, file, parsed)?.laid_out_again(path);
            }
            Some(("5" | "7", _)) => {}
            Some(("6" | "8", _)) => {
                return match compact::read(path, memory, file, parsed)?.laid_out(path)? {
                    Some(bytes) => Self::from_bytes(path, &bytes),
                    None => Err(damaged(path, "more words or pairs than there can be")),
                };
            }
            _ => return Ok(None),
        }
        // The header's length takes eight bytes.
        let blocks = Blocks::new(&mut memory, &metadata, start + 8, file)
            .map_err(|trouble| trouble_of(path, trouble))?;
        // From here on only a file that was sealed with wrong content fails.
        let header = parsed()?;
        (header.check_subwords(FORMAT_WITH_SUBWORDS)).map_err(|found| damaged(path, found))?;
        let tables = tables(memory, blocks, &metadata, start + 8, &header);
        let tables = tables.map_err(|found| damaged(path, found))?;
        Self::assemble(header, tables)
            .map(Some)
            .map_err(|found| damaged(path, found))
    }

    /// Has the rest of the file in memory and checked.
    pub(in crate::model) fn complete(&mut self, path: &Path) -> Result<()> {
        if self.tables.is_complete {
            return Ok(());
        }
        let tables = &mut self.tables;
        (tables.blocks.fetch_all(&mut tables.memory))
            .map_err(|trouble| trouble_of(path, trouble))?;
        if cfg!(target_endian = "big") {
            tables.turn_bytes();
        }
        self.check().map_err(|found| damaged(path, found))?;
        self.tables.is_complete = true;
        // What was known of a part of the words is known of all.
        if let Some(direction) = &mut self.direction {
            direction.negation = std::sync::OnceLock::new();
        }
        Ok(())
    }

    fn assemble(header: Header, tables: Tables) -> std::result::Result<Self, String> {
        let classes = header.labels.len();
        if !sound_labels(&header.labels, &header.shares) {
            return Err("labels that do not fit, or shares that do not sum to 1".to_owned());
        }
        let dims = tables.dims;
        let (classifier, readout) = match header.classifier {
            StoredClassifier::Head(head) if head.fits(dims, classes) => {
                let readout = Readout::of_head(&head);
                (Classifier::Head(head), readout)
            }
            StoredClassifier::Layer(layer) if layer.fits(dims, classes) => {
                let readout = Readout::of_layer(&layer);
                (Classifier::Layer(layer), readout)
            }
            _ => return Err("a classifier that does not fit the vectors and labels".to_owned()),
        };
        let readout = match &header.terms {
            // Theirs stand in the tables.
            _ if classifier.uses_terms() => return Err("terms in the header".to_owned()),
            None => readout,
            Some(terms) if terms.fits(&classifier, tables.flags.len()) => {
                readout.with_terms(terms.with_prior)
            }
            Some(_) => return Err("terms that do not fit the classifier".to_owned()),
        };
        let direction = header.direction.map(|direction| Direction {
            cues: direction.cues,
            report: direction.report,
            offsets: direction.offsets,
            directions: direction.directions,
            length: direction.length,
            full: direction.full.and_then(Full::stored),
            negation: std::sync::OnceLock::new(),
        });
        let numbers = direction.iter().flat_map(|direction| {
            let components = direction.directions.iter().flatten().map(|&v| f64::from(v));
            direction.offsets.iter().copied().chain(components)
        });
        if !numbers.into_iter().all(is_parameter) {
            return Err("a direction of sentiment with a value that is too large".to_owned());
        }
        Ok(Self {
            labels: header.labels,
            shares: header.shares,
            tokenizer: Tokenizer::new(StopWords::from_words(
                &header.stop_word_list,
                header.stop_words,
            )),
            provenance: header.provenance,
            classifier,
            readout,
            direction,
            terms: header.terms,
            subwords: header.subwords,
            tables,
        })
    }

    /// Whether the values are such that no text meets a number that is none.
    fn check(&self) -> std::result::Result<(), String> {
        let values = self.tables.singles(&self.tables.values);
        let others = self.tables.singles(&self.tables.others);
        let mut single = values.iter().chain(others);
        let of_pairs = [self.pairs(), self.term_pairs()];
        let mut of_pairs = of_pairs.into_iter().flat_map(Pairs::all_values);
        if !(single.all(|value| value.is_finite()) && of_pairs.all(f32::is_finite)) {
            return Err("a value of a word or pair that is not finite".to_owned());
        }
        if let Some((_, rows)) = self.ngrams() {
            if rows.buckets().is_none() {
                return Err("an index that does not fit the vectors of n-grams".to_owned());
            }
            if !rows.rows.iter().all(|value| value.is_finite()) {
                return Err("a value of an n-gram that is not finite".to_owned());
            }
        }
        let rows = values.chunks_exact(self.width());
        // Those without a vector have no weight.
        let mut rows = rows.take(self.tables.vectors);
        let idf = BEFORE + self.tables.dims;
        if !rows.all(|row| row[0] > 0.0 && row.get(idf).is_none_or(|&idf| idf > 0.0)) {
            return Err("word weights that are not positive numbers".to_owned());
        }
        Ok(())
    }
}

/// Has all of a sealed file in memory.
pub(super) fn whole(path: &Path, memory: &mut Memory, file: Option<File>) -> Result<()> {
    if let Some(mut file) = file {
        let read = file
            .rewind()
            .and_then(|()| file.read_exact(memory.bytes_mut()));
        read.map_err(|error| Error::io(path, "read", error))?;
    }
    let bytes = memory.bytes();
    let sealed = seal_field(bytes)
        .is_some_and(|field| bytes[field.clone()] == seal::digest(bytes, field, 0));
    match sealed {
        true => Ok(()),
        false => Err(trouble_of(path, Trouble::Changed)),
    }
}

pub(super) fn trouble_of(path: &Path, trouble: Trouble) -> Error {
    match trouble {
        Trouble::Io(error) => Error::io(path, "read", error),
        Trouble::Changed => damaged(
            path,
            "a file that was changed after senti wrote it (its seal does not fit)",
        ),
    }
}

/// Reads until the bytes are full, or the file ends.
fn read_up_to(file: &mut File, bytes: &mut [u8]) -> std::io::Result<usize> {
    let mut read = 0;
    while read < bytes.len() {
        match file.read(&mut bytes[read..])? {
            0 => break,
            more => read += more,
        }
    }
    Ok(read)
}
