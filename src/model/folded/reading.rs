//! Reading the model file: what is in it is checked before it is believed.

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

use safetensors::tensor::{Dtype, Metadata, SafeTensors};

use super::blocks::{Blocks, Trouble};
use super::file::{Header, StoredClassifier};
use super::memory::Memory;
use super::older;
use super::pairs::{self, Pairs};
use super::slots::{BUCKET, Shape};
use super::unfolding::damaged;
use super::{BEFORE, Direction, Folded, PairRanges, SCALED, Tables, terms};
use crate::classifier::head::free_logits;
use crate::classifier::readout::Readout;
use crate::error::{Error, Result};
use crate::model::Classifier;
#[cfg(doc)]
use crate::model::Model;
use crate::model::file::{METADATA_KEY, sound_labels};
use crate::polarity::Full;
use crate::text::stopwords::StopWords;
use crate::text::tokenizer::Tokenizer;

impl Folded {
    /// Reads a model file of format 5 or 4, after checking every byte of it. One of another
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
        let (header, is_older) = match header {
            Some(header) if header.starts_with("{\"format\":5,") => (header, false),
            Some(header) if header.starts_with("{\"format\":4,") => (header, true),
            _ => return Ok(None),
        };
        let parsed = || -> Result<Header> {
            serde_json::from_str(header).map_err(|error| damaged(path, error.to_string()))
        };
        if is_older {
            return older::read(path, memory, file, parsed)?.laid_out_again(path);
        }
        // The header's length takes eight bytes.
        let blocks = Blocks::new(&mut memory, &metadata, start + 8, file)
            .map_err(|trouble| trouble_of(path, trouble))?;
        // From here on only a file that was sealed with wrong content fails.
        let header = parsed()?;
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
        if !numbers.into_iter().all(f64::is_finite) {
            return Err("a direction of sentiment with a value that is not finite".to_owned());
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

impl Tables {
    /// Little-endian in the file, the numbers are big-endian after.
    fn turn_bytes(&mut self) {
        let all = self.memory.bytes_mut();
        let of_words = [&self.word_slots, &self.values];
        let others = [&self.others];
        let of_pairs = self.pairs.all().into_iter().chain(self.terms.all());
        for range in of_words.into_iter().chain(of_pairs).chain(others) {
            all[range.clone()]
                .as_chunks_mut::<4>()
                .0
                .iter_mut()
                .for_each(|one| one.reverse());
        }
        let keys = all[self.keys.clone()].as_chunks_mut::<8>().0;
        keys.iter_mut().for_each(|one| one.reverse());
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

/// Where the tables lie in the file, or what does not fit.
fn tables(
    memory: Memory,
    blocks: Blocks,
    metadata: &Metadata,
    start: usize,
    header: &Header,
) -> std::result::Result<Tables, String> {
    let find = |name: &str, kind: Dtype| -> std::result::Result<(Range<usize>, &[usize]), String> {
        let tensor = metadata.info(name).ok_or_else(|| format!("no {name}"))?;
        if tensor.dtype != kind {
            return Err(format!("{name} of type {:?}", tensor.dtype));
        }
        let (from, to) = tensor.data_offsets;
        Ok((start + from..start + to, &tensor.shape))
    };
    let list = |name: &str, kind: Dtype, length: Option<usize>| {
        let (range, shape) = find(name, kind)?;
        match (shape, length) {
            (&[found], wanted) if wanted.is_none_or(|wanted| wanted == found) => Ok(range),
            _ => Err(format!("{name} of shape {shape:?}")),
        }
    };
    let rows = |name: &str, kind: Dtype, width: usize| {
        let (range, shape) = find(name, kind)?;
        match shape {
            &[rows, found] if found == width => Ok((range, rows)),
            _ => Err(format!("{name} of shape {shape:?}")),
        }
    };
    let slots = |name: &str, kind: Dtype, width: usize, places: usize| {
        let (range, buckets) = rows(name, kind, width)?;
        match buckets == Shape::new(places).buckets() {
            true => Ok(range),
            false => Err(format!("{name} of {buckets} buckets for {places}")),
        }
    };
    let (keys, count) = rows("word_keys", Dtype::U64, 2)?;
    let word_slots = slots("word_buckets", Dtype::U64, BUCKET / 2, count)?;
    let pair_ranges = |[lines, to_list, listed]: [&str; 3], pairs: usize| {
        let shape = pairs::Shape::new(count, pairs);
        let (lines, found) = rows(lines, Dtype::U64, pairs::ENTRY / 2)?;
        if found != shape.entries() {
            return Err(format!("{found} entries for {pairs} pairs"));
        }
        let (listed, count) = rows(listed, Dtype::U32, pairs::LISTED)?;
        Ok(PairRanges {
            shape,
            lines,
            slots: slots(to_list, Dtype::U32, BUCKET, count)?,
            listed,
        })
    };
    let long = list("long_words", Dtype::U8, None)?;
    let flags = list("flags", Dtype::U8, Some(count))?;
    let (values, shape) = find("word_values", Dtype::F32)?;
    let scaled = if header.direction.is_some() {
        SCALED
    } else {
        0
    };
    let free = match header.terms {
        Some(_) => free_logits(header.labels.len()),
        None => 0,
    };
    let others = BEFORE + scaled + terms::EACH * free;
    let dims = match shape {
        &[rows, width] if rows == count && count > 0 && width > others => width - others,
        _ => return Err(format!("word_values of shape {shape:?}")),
    };
    let mut tables = Tables {
        memory,
        blocks,
        is_complete: false,
        word_slots,
        keys,
        long,
        flags,
        values,
        pairs: PairRanges::none(count),
        dims,
        vectors: count,
        terms: PairRanges::none(count),
        others: 0..0,
        free,
    };
    if let Some(direction) = &header.direction {
        if direction.directions.iter().any(|one| one.len() != dims) {
            return Err("a direction of sentiment of other vectors".to_owned());
        }
        let names = ["pairs", "pair_slots", "listed_pairs"];
        tables.pairs = pair_ranges(names, direction.pairs)?;
    }
    if let Some(terms) = &header.terms {
        if header.direction.is_none() {
            return Err("terms without a direction of sentiment".to_owned());
        }
        let names = ["term_pairs", "term_slots", "listed_terms"];
        tables.terms = pair_ranges(names, terms.pairs)?;
        tables.vectors = terms.vectors;
        if free > 1 {
            let width = terms::EACH * (free - 1);
            let (others, found) = rows("term_values", Dtype::F32, width)?;
            if found != terms.pairs {
                return Err(format!("{found} term_values for {} pairs", terms.pairs));
            }
            tables.others = others;
        }
    }
    let place = tables.memory.bytes().as_ptr() as usize;
    let aligned = |range: &Range<usize>, to: usize| (place + range.start).is_multiple_of(to);
    let are_aligned = {
        let of_words = [&tables.word_slots, &tables.values];
        let of_pairs = tables.pairs.all().into_iter().chain(tables.terms.all());
        let others = [&tables.others];
        let mut of_four = of_words.into_iter().chain(of_pairs).chain(others);
        of_four.all(|range| range.is_empty() || aligned(range, 4))
    };
    if !(aligned(&tables.keys, 8) && are_aligned) {
        return Err("numbers that are not aligned".to_owned());
    }
    Ok(tables)
}
