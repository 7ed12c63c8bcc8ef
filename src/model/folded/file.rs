//! The model file, format 4.
//!
//! A safetensors file, as those of formats 1 to 3: a header length (u64,
//! little-endian), a JSON header, then the tensors, little-endian, without gaps. With V
//! words, P pairs, and k components to a vector:
//!
//! | tensor | type | shape | content |
//! |---|---|---|---|
//! | `seal` | u8 | 32 | SHA-256 of the file with these 32 bytes zero |
//! | `words` | u32 | V, 3 | what words are found by, in the order of their hash, and their rows (see `words`) |
//! | `word_starts` | u32 | 2^b + 1 | where the words whose hash begins with each b bits begin; b = log2 V, rounded down |
//! | `long_words` | u8 | | the words of more than seven bytes: length (u16), bytes (UTF-8) |
//! | `word_flags` | u8 | V | of each row: 1, left out; 2, can negate; 4, opinions are made of it; 8 and 16, a seed word of praise and of blame; 32, on no list of negation |
//! | `word_values` | f32 | V, 1 + k or 4 + k | of each row: weight in the sentence vector; the vector; with a direction idf, and the weights of documents and of sentences |
//! | `pairs` | u32 | P, 4 | what pairs are found by (see `pairs`); as f32 idf, and the weights of documents and of sentences |
//! | `pair_starts` | u32 | 2^p + 1 | where the pairs begin that are found by the same place of p bits |
//!
//! Without a direction of sentiment there are no tensors of pairs. The header's
//! metadata has one key, `senti`, whose value is a JSON object: `format`, `labels`,
//! `shares`, `stop_word_list`, `stop_words`, `provenance`, `classifier`
//! (`head` or `layer`, on vectors of k components), `unknown_negators`, and
//! `direction`: `cues`, `report`, `offsets`, `directions`, `length` and `full`, as in
//! format 3.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

use safetensors::tensor::{Dtype, Metadata, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use super::pairs::{self, Shape};
use super::text::{BLAME, NEGATES, OPINION, PLAIN, PRAISE, STOP};
use super::words::{self, bits};
use super::{BEFORE, Direction, Folded, SCALED, Tables};
use crate::classifier::readout::Readout;
use crate::classifier::{Head, HiddenLayer};
use crate::error::{Error, Result};
use crate::files::seal;
use crate::files::write::write_whole;
use crate::model::file::{METADATA_KEY, REPAIR, SEAL_BYTES, seal_field, sound_labels};
use crate::model::{Classifier, Model, Provenance};
use crate::polarity::parts::{Parts, ScaleParts};
use crate::polarity::{Full, Length, Polarity, Report, Scorer};
use crate::sentence::WordWeights;
use crate::sentence::negation::Negation;
use crate::text::cues::Cues;
use crate::text::stopwords::StopWords;
use crate::text::tokenizer::Tokenizer;
use crate::vectors::WordVectors;

/// The format's number.
pub(in crate::model) const FORMAT: u32 = 4;

#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    labels: Vec<String>,
    shares: Vec<f64>,
    stop_word_list: String,
    stop_words: Vec<String>,
    provenance: Provenance,
    classifier: StoredClassifier,
    unknown_negators: Vec<String>,
    direction: Option<StoredDirection>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredClassifier {
    Head(Box<Head>),
    Layer(Box<HiddenLayer>),
}

#[derive(Serialize, Deserialize)]
struct StoredDirection {
    cues: Cues,
    report: Report,
    offsets: [f64; 2],
    directions: [Vec<f32>; 2],
    length: Length,
    full: Option<f64>,
}

/// A tensor to be written.
struct Tensor {
    name: &'static str,
    kind: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

fn singles(name: &'static str, shape: [usize; 2], values: &[f32]) -> Tensor {
    Tensor {
        name,
        kind: Dtype::F32,
        shape: shape.to_vec(),
        bytes: values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect(),
    }
}

fn numbers(name: &'static str, shape: &[usize], values: &[u32]) -> Tensor {
    Tensor {
        name,
        kind: Dtype::U32,
        shape: shape.to_vec(),
        bytes: values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect(),
    }
}

fn bytes(name: &'static str, bytes: Vec<u8>) -> Tensor {
    Tensor {
        name,
        kind: Dtype::U8,
        shape: vec![bytes.len()],
        bytes,
    }
}

impl Model {
    /// Writes the model in the form that answers fastest, whole or not at all; see
    /// [`Folded`]. What cannot have that form is written as [`Model::write`] does.
    /// Equal models give equal bytes.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write_folded(self, path: &Path) -> Result<()> {
        let model = self.folded()?;
        match model.laid_out(path)? {
            Some(bytes) => write_whole(path, &bytes),
            None => model.write(path),
        }
    }

    /// The bytes of a file of format 4; nothing where the model cannot have it.
    pub(in crate::model) fn laid_out(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        if self.vectors.subwords().is_some() || self.terms.is_some() {
            return Ok(None);
        }
        let Some(built) = words::build(self.vectors.words()) else {
            return Ok(None);
        };
        let refused =
            |reason: String| Error::artifact(path.display().to_string(), reason, "a model");
        let count = self.vectors.len();
        let parts = self.vectors.polarity().map(|one| one.clone().into_parts());

        let negation = parts.as_ref().map(|parts| Negation::new(&parts.cues));
        let mut negators: Vec<&str> = negation.iter().flat_map(Negation::starts).collect();
        negators.sort_unstable();
        let known = |word: &&str| self.vectors.index(word).is_some();
        let mut flags = vec![0; count];
        let mut mark = |row: usize, flag| flags[row] |= flag;
        for word in negators.iter().filter_map(|word| self.vectors.index(word)) {
            mark(word, NEGATES);
        }
        if let Some(negation) = &negation {
            for (row, word) in self.vectors.words().iter().enumerate() {
                if !negation.lists(word) {
                    mark(row, PLAIN);
                }
            }
        }
        let stop_words = self.tokenizer.stop_words().sorted();
        for word in stop_words
            .iter()
            .filter_map(|word| self.vectors.index(word))
        {
            mark(word, STOP);
        }
        if let Some(parts) = &parts {
            let sides = [
                (&parts.cues.positive, PRAISE),
                (&parts.cues.negative, BLAME),
            ];
            for (words, side) in sides {
                for word in words.iter().filter_map(|word| self.vectors.index(word)) {
                    mark(word, side);
                }
            }
        }
        for &opinion in parts.iter().flat_map(|parts| &parts.opinions) {
            flags[opinion as usize] |= OPINION;
        }

        let dims = self.vectors.dims();
        let mut values = Vec::new();
        for row in 0..count {
            values.push(self.weights.as_slice()[row]);
            values.extend_from_slice(self.vectors.row(row));
            values.extend(parts.iter().flat_map(|parts| of_feature(parts, row)));
        }
        let width = BEFORE + dims + if parts.is_some() { SCALED } else { 0 };
        let mut tensors = vec![
            bytes("seal", vec![0; SEAL_BYTES]),
            numbers("words", &[count, 3], &built.entries),
            numbers("word_starts", &[built.starts.len()], &built.starts),
            bytes("long_words", built.long),
            bytes("word_flags", flags),
            singles("word_values", [count, width], &values),
        ];
        if let Some(parts) = &parts {
            let valued: Vec<_> = (parts.pairs.iter().zip(count..))
                .map(|(&pair, at)| (((pair >> 32) as u32, pair as u32), of_feature(parts, at)))
                .collect();
            let pairs = pairs::build(Shape::new(count, valued.len()), &valued);
            tensors.extend([
                numbers("pairs", &[valued.len(), pairs::ENTRY], &pairs.entries),
                numbers("pair_starts", &[pairs.starts.len()], &pairs.starts),
            ]);
        }

        let header = Header {
            format: FORMAT,
            labels: self.labels.clone(),
            shares: self.shares.clone(),
            stop_word_list: self.tokenizer.stop_words().name().to_owned(),
            stop_words: stop_words.into_iter().map(str::to_owned).collect(),
            provenance: self.provenance.clone(),
            classifier: match &self.classifier {
                Classifier::Head(head) => StoredClassifier::Head(head.clone()),
                Classifier::Layer(layer) => StoredClassifier::Layer(layer.clone()),
            },
            unknown_negators: (negators.into_iter())
                .filter(|word| !known(word))
                .map(str::to_owned)
                .collect(),
            direction: parts.map(|parts| StoredDirection {
                offsets: parts.scales.each_ref().map(|scale| scale.offset),
                directions: parts.scales.each_ref().map(|scale| scale.direction.clone()),
                cues: parts.cues,
                report: parts.report,
                length: self.length(),
                full: (self.scorer.as_ref().and_then(Scorer::full)).map(Full::weight),
            }),
        };
        let header = serde_json::to_string(&header).map_err(|error| refused(error.to_string()))?;
        let views = tensors
            .iter()
            .map(|tensor| {
                let view = TensorView::new(tensor.kind, tensor.shape.clone(), &tensor.bytes)?;
                Ok((tensor.name, view))
            })
            .collect::<std::result::Result<Vec<_>, safetensors::SafeTensorError>>()
            .map_err(|error| refused(error.to_string()))?;
        let metadata = HashMap::from([(METADATA_KEY.to_owned(), header)]);
        let mut bytes = safetensors::serialize(views, Some(metadata))
            .map_err(|error| refused(error.to_string()))?;
        let field = seal_field(&bytes).ok_or_else(|| refused("no room for the seal".to_owned()))?;
        let digest = seal::digest(&bytes, field.clone(), 0);
        bytes[field].copy_from_slice(&digest);
        Ok(Some(bytes))
    }
}

/// A feature's idf, and its weights in the two scales.
fn of_feature(parts: &Parts, feature: usize) -> [f32; SCALED] {
    let [documents, sentences] = &parts.scales;
    [
        parts.idf[feature],
        documents.weights[feature],
        sentences.weights[feature],
    ]
}

impl Folded {
    /// Reads a model file of format 4, after checking every byte of it. One of another
    /// format is `Ok(None)`: it is read by [`Model::read`], and so is what is no model.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read; [`Error::Artifact`] when it is damaged or
    /// was changed since it was written.
    pub fn read(path: &Path) -> Result<Option<Self>> {
        let failed = |error| Error::io(path, "read", error);
        let mut file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        // What is no regular file is none of ours.
        let Ok(length) = usize::try_from(length) else {
            return Ok(None);
        };
        let mut words = vec![0u64; length.div_ceil(8)];
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut words);
        let mut read = 0;
        while read < length {
            match file.read(&mut bytes[read..length]).map_err(failed)? {
                0 => break,
                more => read += more,
            }
        }
        Self::from_aligned(path, words, read)
    }

    /// The model in `bytes`, as [`read`](Self::read) reads it; `path` is what errors
    /// call it.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Option<Self>> {
        let mut words = vec![0u64; bytes.len().div_ceil(8)];
        bytemuck::cast_slice_mut::<u64, u8>(&mut words)[..bytes.len()].copy_from_slice(bytes);
        Self::from_aligned(path, words, bytes.len())
    }

    fn from_aligned(path: &Path, file: Vec<u64>, length: usize) -> Result<Option<Self>> {
        let bytes: &[u8] = &bytemuck::cast_slice(&file)[..length];
        let Ok((start, metadata)) = SafeTensors::read_metadata(bytes) else {
            return Ok(None);
        };
        let Some(header) = (metadata.metadata().as_ref())
            .and_then(|metadata| metadata.get(METADATA_KEY))
            .filter(|header| header.starts_with("{\"format\":4,"))
        else {
            return Ok(None);
        };
        let name = path.display().to_string();
        let damaged =
            |found: String| Error::damaged(&name, found, "a whole model file").with_hint(REPAIR);
        // No gap, nothing behind the end, nothing missing.
        SafeTensors::deserialize(bytes).map_err(|error| damaged(error.to_string()))?;
        let sealed = seal_field(bytes)
            .is_some_and(|field| bytes[field.clone()] == seal::digest(bytes, field, 0));
        if !sealed {
            return Err(damaged(
                "a file that was changed after senti wrote it (its seal does not fit)".to_owned(),
            ));
        }
        // From here on only a file that was sealed with wrong content fails.
        let header: Header =
            serde_json::from_str(header).map_err(|error| damaged(error.to_string()))?;
        // The header's length takes eight bytes.
        let tables = tables(&metadata, start + 8, &header);
        let tables = tables.map_err(damaged)?;
        let mut file = file;
        let all: &mut [u8] = bytemuck::cast_slice_mut(&mut file);
        for range in [
            &tables.words,
            &tables.word_starts,
            &tables.values,
            &tables.pairs,
            &tables.pair_starts,
        ] {
            // Little-endian in the file; on most machines that changes nothing.
            for number in all[range.clone()].as_chunks_mut::<4>().0 {
                *number = u32::from_le_bytes(*number).to_ne_bytes();
            }
        }
        Self::assemble(
            header,
            Tables {
                file,
                length,
                ..tables
            },
        )
        .map(Some)
        .map_err(damaged)
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
        let folded = Self {
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
            unknown_negators: header.unknown_negators.into_iter().collect(),
            tables,
        };
        folded.check()?;
        Ok(folded)
    }

    /// Whether the values are such that no text meets a number that is none.
    fn check(&self) -> std::result::Result<(), String> {
        let (words, pairs) = (self.words(), self.pairs());
        let cover = |starts: &[u32], count: usize| {
            starts.first() == Some(&0)
                && starts.is_sorted()
                && starts.last().is_some_and(|&end| end as usize == count)
        };
        if !(cover(words.starts, words.len()) && words.is_sound()) {
            return Err("a table of words that does not fit".to_owned());
        }
        if self.has_direction() && !cover(pairs.starts, pairs.len()) {
            return Err("a table of pairs that does not fit".to_owned());
        }
        let values = self.tables.singles(&self.tables.values);
        let mut of_pairs = (0..pairs.len()).flat_map(|place| pairs.values(place as u32));
        if !(values.iter().all(|value| value.is_finite()) && of_pairs.all(f32::is_finite)) {
            return Err("a value of a word or pair that is not finite".to_owned());
        }
        let mut rows = values.chunks_exact(self.width());
        let idf = BEFORE + self.tables.dims;
        if !rows.all(|row| row[0] > 0.0 && row.get(idf).is_none_or(|&idf| idf > 0.0)) {
            return Err("word weights that are not positive numbers".to_owned());
        }
        Ok(())
    }

    /// The model that this was made of: its answers and explanations are the same.
    ///
    /// # Errors
    /// [`Error::Artifact`] where the file was sealed with wrong content.
    pub fn to_model(&self, path: &Path) -> Result<Model> {
        let damaged = |found: &str| {
            Error::damaged(path.display().to_string(), found, "a whole model file")
                .with_hint(REPAIR)
        };
        let table = self.words();
        let count = table.len();
        let words = table.all();
        let words = words.ok_or_else(|| damaged("words that are not UTF-8, or missing"))?;
        let dims = self.tables.dims;
        let vector = |row| &self.row(row)[BEFORE..BEFORE + dims];
        let rows: Vec<f32> = (0..count).flat_map(vector).copied().collect();
        let weights = (0..count).map(|row| self.row(row)[0]).collect();
        let mut vectors = WordVectors::from_unit(words, rows, dims, vec![1.0; count])?;
        if let Some(origin) = &self.provenance.origin {
            vectors = vectors.with_origin(origin.clone());
        }
        let mut scorer = None;
        if let Some(direction) = &self.direction {
            let polarity = self
                .polarity(direction)
                .ok_or_else(|| damaged("a table of pairs that does not fit"))?;
            vectors = vectors.with_polarity(polarity);
            scorer = (vectors.polarity())
                .map(|polarity| Scorer::new(polarity, direction.length, direction.full, &vectors));
        }
        Ok(Model {
            labels: self.labels.clone(),
            shares: self.shares.clone(),
            tokenizer: self.tokenizer.clone(),
            weights: WordWeights::stored(weights, count)
                .ok_or_else(|| damaged("word weights that are not positive numbers"))?,
            vectors,
            scorer,
            classifier: self.classifier.clone(),
            terms: None,
            provenance: self.provenance.clone(),
        })
    }

    fn polarity(&self, direction: &Direction) -> Option<Polarity> {
        let count = self.words().len();
        let table = self.pairs();
        let pairs = table.all()?;
        let known = |word: u32| (word as usize) < count;
        if !pairs
            .iter()
            .all(|&(first, second)| known(first) && known(second))
        {
            return None;
        }
        // In the order of their words, each with its place.
        let mut keys: Vec<(u64, usize)> = (pairs.iter().enumerate())
            .map(|(place, &(first, second))| (u64::from(first) << 32 | u64::from(second), place))
            .collect();
        keys.sort_unstable();
        let column = |at: usize| -> Vec<f32> {
            let behind = BEFORE + self.tables.dims + at;
            let of_words = (0..count).map(|word| self.row(word)[behind]);
            let of_pairs = keys
                .iter()
                .map(|&(_, place)| table.values(place as u32)[at]);
            of_words.chain(of_pairs).collect()
        };
        let flags = (0u32..).zip(self.flags());
        let scale = |at: usize| ScaleParts {
            weights: column(1 + at),
            direction: direction.directions[at].clone(),
            offset: direction.offsets[at],
        };
        Some(Polarity::from_parts(Parts {
            cues: direction.cues.clone(),
            report: direction.report.clone(),
            idf: column(0),
            opinions: flags
                .filter(|(_, flags)| *flags & OPINION != 0)
                .map(|(word, _)| word)
                .collect(),
            scales: [scale(0), scale(1)],
            pairs: keys.into_iter().map(|(key, _)| key).collect(),
        }))
    }
}

/// Where the tables lie in the file, or what does not fit.
fn tables(
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
            (&[found], wanted) if wanted.is_none_or(|wanted| wanted == found) => Ok((range, found)),
            _ => Err(format!("{name} of shape {shape:?}")),
        }
    };
    let rows = |name: &str, width: usize| {
        let (range, shape) = find(name, Dtype::U32)?;
        match shape {
            &[rows, found] if found == width => Ok((range, rows)),
            _ => Err(format!("{name} of shape {shape:?}")),
        }
    };
    let (words, count) = rows("words", words::ENTRY)?;
    let words_count = count;
    let (word_starts, _) = list("word_starts", Dtype::U32, Some((1 << bits(count)) + 1))?;
    let (long, _) = list("long_words", Dtype::U8, None)?;
    let (flags, _) = list("word_flags", Dtype::U8, Some(count))?;
    let (values, shape) = find("word_values", Dtype::F32)?;
    let scaled = if header.direction.is_some() {
        SCALED
    } else {
        0
    };
    let dims = match shape {
        &[rows, width] if rows == count && count > 0 && width > BEFORE + scaled => {
            width - BEFORE - scaled
        }
        _ => return Err(format!("word_values of shape {shape:?}")),
    };
    let mut tables = Tables {
        file: Vec::new(),
        length: 0,
        words,
        word_starts,
        long,
        flags,
        values,
        pairs: 0..0,
        pair_starts: 0..0,
        shape: Shape::new(count, 0),
        dims,
    };
    if let Some(direction) = &header.direction {
        if direction.directions.iter().any(|one| one.len() != dims) {
            return Err("a direction of sentiment of other vectors".to_owned());
        }
        let (pairs, count) = rows("pairs", pairs::ENTRY)?;
        tables.shape = Shape::new(words_count, count);
        let (starts, _) = list("pair_starts", Dtype::U32, Some(tables.shape.starts()))?;
        (tables.pairs, tables.pair_starts) = (pairs, starts);
    }
    Ok(tables)
}
