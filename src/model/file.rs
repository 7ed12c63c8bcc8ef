//! The model file of a whole model, format 1; with subwords, 2; with a direction of
//! sentiment, 3. Folded models have formats 4, 5 and 7 (`folded/file.rs`), compact
//! ones 6 and 8 (`folded/compact.rs`).
//!
//! A [safetensors](https://github.com/huggingface/safetensors) file: a header
//! length (u64, little-endian), a JSON header, then the tensors, little-endian,
//! without gaps. With V words, d dimensions, h hidden units and K labels:
//!
//! | tensor | type | shape | content |
//! |---|---|---|---|
//! | `seal` | u8 | 32 | SHA-256 of the file with these 32 bytes zero |
//! | `words` | u8 | | all words, one after the other, UTF-8 |
//! | `word_ends` | u64 | V | where each word ends in `words` |
//! | `vectors` | f32 | V, d | word vectors of unit length |
//! | `buckets` | u32 | N | format 2: the buckets of n-grams that have a vector, rising |
//! | `bucket_vectors` | f32 | N, d | format 2: their vectors, of any length |
//! | `word_weights` | f32 | V | how much each word counts in a sentence |
//! | `polarity` | u8 | | format 3: the direction of sentiment, as in vector files |
//! | `head` | u8 | | format 3: the classifier and its words and pairs, JSON, in place of the tensors below |
//! | `mean` | f64 | d | what is subtracted from a sentence vector |
//! | `scale` | f64 | 1 | what it is then divided by |
//! | `hidden_weights`, `hidden_bias` | f64 | h, d and h | the hidden layer |
//! | `output_weights`, `output_bias` | f64 | K, h and K | the output layer |
//!
//! The header's metadata has one key, `senti`, whose value is a JSON object:
//! `format`, `labels`, `shares`, `stop_word_list`, `stop_words`, `provenance` and,
//! with subwords, `ngrams`; in format 3 `length`, what kind of text is scored, and
//! `full`, the weight of words from which on a text is as long as the labelled ones
//! (without it, as in older files, every text is). A
//! model of format 1 knows only the words it lists; a reader that knows nothing of
//! formats 2 and 3 would answer otherwise than it was trained, so it must not read
//! them. Format 3 may have subwords or not.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use ndarray::{Array1, Array2};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use super::{Classifier, Folded, Model, Provenance};
use crate::classifier::{Head, HiddenLayer, Standardiser, Terms};
use crate::error::{Error, Result};
use crate::files::seal;
use crate::files::write::write_whole;
use crate::polarity::{Full, Length, Polarity, Scorer};
use crate::sentence::WordWeights;
use crate::text::filetype;
use crate::text::stopwords::StopWords;
use crate::text::tokenizer::Tokenizer;
use crate::vectors::WordVectors;
use crate::vectors::subwords::{NGrams, Subwords};

const FORMAT: u32 = 1;
const FORMAT_WITH_SUBWORDS: u32 = 2;
const FORMAT_WITH_POLARITY: u32 = 3;
pub(super) const METADATA_KEY: &str = "senti";
pub(super) const SEAL_BYTES: usize = 32;
pub(super) const REPAIR: &str =
    "restore it from a copy, or train it again: senti train labeled.tsv";

#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    labels: Vec<String>,
    shares: Vec<f64>,
    stop_word_list: String,
    stop_words: Vec<String>,
    provenance: Provenance,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    length: Option<Length>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    full: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ngrams: Option<NGrams>,
}

impl Model {
    /// Writes the model, whole or not at all. Equal models give equal bytes.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write(&self, path: &Path) -> Result<()> {
        write_whole(path, &self.to_bytes(path)?)
    }

    fn to_bytes(&self, path: &Path) -> Result<Vec<u8>> {
        let refused =
            |reason: String| Error::artifact(path.display().to_string(), reason, "a model");
        let subwords = self.vectors.subwords();
        if subwords.is_some_and(|subwords| subwords.projection().is_some()) {
            return Err(refused("folded vectors of n-grams".to_owned()));
        }
        let header = Header {
            format: match (&self.classifier, subwords) {
                (Classifier::Head(_), _) => FORMAT_WITH_POLARITY,
                (Classifier::Layer(_), None) => FORMAT,
                (Classifier::Layer(_), Some(_)) => FORMAT_WITH_SUBWORDS,
            },
            length: match self.classifier {
                Classifier::Head(_) => self.scorer.as_ref().map(Scorer::length),
                Classifier::Layer(_) => None,
            },
            full: match self.classifier {
                Classifier::Head(_) => self
                    .scorer
                    .as_ref()
                    .and_then(Scorer::full)
                    .map(Full::weight),
                Classifier::Layer(_) => None,
            },
            ngrams: subwords.map(Subwords::ngrams),
            labels: self.labels.clone(),
            shares: self.shares.clone(),
            stop_word_list: self.tokenizer.stop_words().name().to_owned(),
            stop_words: self
                .tokenizer
                .stop_words()
                .sorted()
                .into_iter()
                .map(str::to_owned)
                .collect(),
            provenance: self.provenance.clone(),
        };
        let header = serde_json::to_string(&header).map_err(|error| refused(error.to_string()))?;

        let words = self.vectors.words();
        let mut end = 0;
        let ends = words.iter().flat_map(|word| {
            end += word.len() as u64;
            end.to_le_bytes()
        });
        let dims = self.vectors.dims();
        let doubles = |values: &mut dyn Iterator<Item = f64>| -> Vec<u8> {
            values.flat_map(f64::to_le_bytes).collect()
        };
        let mut tensors = vec![
            ("seal", Dtype::U8, vec![SEAL_BYTES], vec![0; SEAL_BYTES]),
            (
                "words",
                Dtype::U8,
                vec![words.concat().len()],
                words.concat().into_bytes(),
            ),
            ("word_ends", Dtype::U64, vec![words.len()], ends.collect()),
            (
                "vectors",
                Dtype::F32,
                vec![words.len(), dims],
                self.vectors
                    .rows()
                    .iter()
                    .flat_map(|v| v.to_le_bytes())
                    .collect(),
            ),
            (
                "word_weights",
                Dtype::F32,
                vec![words.len()],
                self.weights
                    .as_slice()
                    .iter()
                    .flat_map(|w| w.to_le_bytes())
                    .collect(),
            ),
        ];
        match &self.classifier {
            Classifier::Layer(classifier) => {
                let (hidden, classes) = (classifier.bias.len(), self.labels.len());
                tensors.extend([
                    (
                        "mean",
                        Dtype::F64,
                        vec![dims],
                        doubles(&mut classifier.standardiser.mean.iter().copied()),
                    ),
                    (
                        "scale",
                        Dtype::F64,
                        vec![1],
                        doubles(&mut std::iter::once(classifier.standardiser.scale)),
                    ),
                    (
                        "hidden_weights",
                        Dtype::F64,
                        vec![hidden, dims],
                        doubles(&mut classifier.weights.iter().copied()),
                    ),
                    (
                        "hidden_bias",
                        Dtype::F64,
                        vec![hidden],
                        doubles(&mut classifier.bias.iter().copied()),
                    ),
                    (
                        "output_weights",
                        Dtype::F64,
                        vec![classes, hidden],
                        doubles(&mut classifier.output_weights.iter().copied()),
                    ),
                    (
                        "output_bias",
                        Dtype::F64,
                        vec![classes],
                        doubles(&mut classifier.output_bias.iter().copied()),
                    ),
                ]);
            }
            Classifier::Head(head) => {
                let head = serde_json::to_vec(&(head, &self.terms))
                    .map_err(|error| refused(error.to_string()))?;
                let polarity = self.vectors.polarity().map(Polarity::to_bytes);
                let polarity = polarity.unwrap_or_default();
                tensors.push(("polarity", Dtype::U8, vec![polarity.len()], polarity));
                tensors.push(("head", Dtype::U8, vec![head.len()], head));
            }
        }
        if let Some(subwords) = subwords {
            let (buckets, rows) = (subwords.buckets(), subwords.rows());
            tensors.push((
                "buckets",
                Dtype::U32,
                vec![buckets.len()],
                buckets.iter().flat_map(|b| b.to_le_bytes()).collect(),
            ));
            tensors.push((
                "bucket_vectors",
                Dtype::F32,
                vec![buckets.len(), dims],
                rows.iter().flat_map(|v| v.to_le_bytes()).collect(),
            ));
        }
        let views = tensors
            .iter()
            .map(|(name, kind, shape, bytes)| {
                Ok((*name, TensorView::new(*kind, shape.clone(), bytes)?))
            })
            .collect::<std::result::Result<Vec<_>, safetensors::SafeTensorError>>()
            .map_err(|error| refused(error.to_string()))?;
        // One key only: the order of several would differ from run to run.
        let metadata = HashMap::from([(METADATA_KEY.to_owned(), header)]);
        let mut bytes = safetensors::serialize(views, Some(metadata))
            .map_err(|error| refused(error.to_string()))?;
        let field = seal_field(&bytes).ok_or_else(|| refused("no room for the seal".to_owned()))?;
        let digest = seal::digest(&bytes, field.clone(), 0);
        bytes[field].copy_from_slice(&digest);
        Ok(bytes)
    }

    /// Reads a model file, after checking every byte of it.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read; [`Error::Artifact`] when it is
    /// something else, damaged, changed since it was written, or of a format
    /// that this version does not know.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|error| Error::io(path, "read", error))?;
        Self::from_bytes(path, &bytes)
    }

    /// The model in `bytes`; `path` is what errors call it.
    ///
    /// # Errors
    /// [`Error::Artifact`].
    pub fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Self> {
        if let Some(folded) = Folded::from_bytes(path, bytes)? {
            return folded.to_model(path);
        }
        let name = path.display().to_string();
        let damaged =
            |found: String| Error::damaged(&name, found, "a whole model file").with_hint(REPAIR);
        let Ok((_, metadata)) = SafeTensors::read_metadata(bytes) else {
            return Err(not_a_model(&name, bytes));
        };
        let tensors =
            SafeTensors::deserialize(bytes).map_err(|error| damaged(error.to_string()))?;
        let Some(header) = metadata
            .metadata()
            .as_ref()
            .and_then(|metadata| metadata.get(METADATA_KEY))
        else {
            return Err(Error::artifact(
                &name,
                "a safetensors file of another program",
                "a model that senti trained",
            )
            .with_hint("a model is trained by senti train labeled.tsv"));
        };
        let sealed = seal_field(bytes)
            .is_some_and(|field| bytes[field.clone()] == seal::digest(bytes, field, 0));
        if !sealed {
            return Err(damaged(
                "a file that was changed after senti wrote it (its seal does not fit)".to_owned(),
            ));
        }
        // From here on only a file that was sealed with wrong content fails.
        let format = serde_json::from_str::<serde_json::Value>(header)
            .ok()
            .and_then(|header| header.get("format").and_then(serde_json::Value::as_u64));
        let known = [FORMAT, FORMAT_WITH_SUBWORDS, FORMAT_WITH_POLARITY].map(u64::from);
        if !format.is_some_and(|format| known.contains(&format)) {
            let found = format.map_or("no format version".to_owned(), |f| {
                format!("model format {f}")
            });
            return Err(Error::artifact(&name, found, "model format 1 to 8")
                .with_hint("this model needs another version of senti"));
        }
        let header: Header =
            serde_json::from_str(header).map_err(|error| damaged(error.to_string()))?;
        assemble(&tensors, header).map_err(damaged)
    }
}

/// Builds the model from checked tensors, or says what does not fit.
fn assemble(tensors: &SafeTensors<'_>, header: Header) -> std::result::Result<Model, String> {
    let vectors = tensor(tensors, "vectors", Dtype::F32, None)?;
    let &[count, dims] = vectors.shape() else {
        return Err("vectors that are no matrix".to_owned());
    };
    let rows = singles(vectors.data());
    let weights = tensor(tensors, "word_weights", Dtype::F32, Some(&[count]))?.data();
    let weights = WordWeights::stored(singles(weights), count)
        .ok_or("word weights that are not positive numbers")?;
    let words = words(tensors, count)?;
    let vectors = WordVectors::from_unit(words, rows, dims, vec![1.0; count])
        .map_err(|error| error.to_string())?;
    let vectors = match &header.provenance.origin {
        Some(origin) => vectors.with_origin(origin.clone()),
        None => vectors,
    };

    let vectors = match (header.format, header.ngrams) {
        (FORMAT | FORMAT_WITH_POLARITY, None) => vectors,
        (FORMAT_WITH_SUBWORDS | FORMAT_WITH_POLARITY, Some(ngrams)) => {
            let buckets = tensor(tensors, "buckets", Dtype::U32, None)?;
            let shape = [buckets.data().len() / 4, dims];
            let rows = tensor(tensors, "bucket_vectors", Dtype::F32, Some(&shape))?;
            let buckets = buckets.data().chunks_exact(4);
            let buckets = buckets.map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
            Subwords::new(ngrams, buckets.collect(), singles(rows.data()), dims)
                .and_then(|subwords| vectors.with_subwords(subwords))
                .map_err(|error| error.to_string())?
        }
        _ => return Err("n-grams that do not fit the format".to_owned()),
    };

    let classes = header.labels.len();
    if !sound_labels(&header.labels, &header.shares) {
        return Err("labels that do not fit, or shares that do not sum to 1".to_owned());
    }
    let (vectors, classifier, terms) = if header.format == FORMAT_WITH_POLARITY {
        let polarity = tensor(tensors, "polarity", Dtype::U8, None)?.data();
        let polarity = Polarity::from_bytes(polarity, count, dims)?;
        let head = tensor(tensors, "head", Dtype::U8, None)?.data();
        let (head, terms): (Box<Head>, Option<Terms>) = serde_json::from_slice(head)
            .map_err(|error| format!("a classifier that cannot be read ({error})"))?;
        let sound = terms.as_ref().is_none_or(Terms::is_sound);
        if !(head.fits(dims, classes) && sound) {
            return Err("a classifier that does not fit the vectors and labels".to_owned());
        }
        (
            vectors.with_polarity(polarity),
            Classifier::Head(head),
            terms,
        )
    } else {
        let layer = layer(tensors, dims, classes, header.provenance.slope)?;
        if !layer.fits(dims, classes) {
            return Err("a classifier of numbers that are too large, or too small".to_owned());
        }
        (vectors, Classifier::Layer(Box::new(layer)), None)
    };
    let length = header.length.unwrap_or(Length::Document);
    let full = header
        .full
        .map(|full| Full::stored(full).ok_or_else(|| "a length of texts that is none".to_owned()));
    let full = full.transpose()?;
    let scorer = vectors
        .polarity()
        .map(|polarity| Scorer::new(polarity, length, full, &vectors));
    Ok(Model {
        labels: header.labels,
        shares: header.shares,
        tokenizer: Tokenizer::new(StopWords::from_words(
            &header.stop_word_list,
            header.stop_words,
        )),
        vectors,
        weights,
        scorer,
        classifier,
        terms,
        provenance: header.provenance,
    })
}

/// Whether there are two labels or more, each once and in order, with shares that sum
/// to 1.
pub(super) fn sound_labels(labels: &[String], shares: &[f64]) -> bool {
    let sum: f64 = shares.iter().sum();
    labels.len() >= 2
        && labels.is_sorted_by(|a, b| a < b)
        && shares.len() == labels.len()
        && shares.iter().all(|&share| share > 0.0)
        && (sum - 1.0).abs() < 1e-6
}

/// The hidden layer of formats 1 and 2.
fn layer(
    tensors: &SafeTensors<'_>,
    dims: usize,
    classes: usize,
    slope: f64,
) -> std::result::Result<HiddenLayer, String> {
    let doubles = |name: &str, shape: &[usize]| -> std::result::Result<Vec<f64>, String> {
        let bytes = tensor(tensors, name, Dtype::F64, Some(shape))?.data();
        let values: Vec<f64> = bytes
            .chunks_exact(8)
            .map(|b| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]))
            .collect();
        match values.iter().all(|value| value.is_finite()) {
            true => Ok(values),
            false => Err(format!("a value in {name} that is not finite")),
        }
    };
    let hidden = tensor(tensors, "hidden_bias", Dtype::F64, None)?
        .shape()
        .to_vec();
    let &[hidden] = hidden.as_slice() else {
        return Err("a hidden bias that is no vector".to_owned());
    };
    let matrix = |name: &str, rows, columns| {
        let values = doubles(name, &[rows, columns])?;
        Array2::from_shape_vec((rows, columns), values).map_err(|error| error.to_string())
    };
    let vector = |name: &str, length| doubles(name, &[length]).map(Array1::from);
    Ok(HiddenLayer {
        standardiser: Standardiser {
            mean: vector("mean", dims)?,
            scale: vector("scale", 1)?[0],
        },
        weights: matrix("hidden_weights", hidden, dims)?,
        bias: vector("hidden_bias", hidden)?,
        output_weights: matrix("output_weights", classes, hidden)?,
        output_bias: vector("output_bias", classes)?,
        slope,
    })
}

fn tensor<'t>(
    tensors: &SafeTensors<'t>,
    name: &str,
    kind: Dtype,
    shape: Option<&[usize]>,
) -> std::result::Result<TensorView<'t>, String> {
    let tensor = tensors.tensor(name).map_err(|_| format!("no {name}"))?;
    if tensor.dtype() != kind || shape.is_some_and(|shape| shape != tensor.shape()) {
        return Err(format!(
            "{name} of type {:?} and shape {:?}",
            tensor.dtype(),
            tensor.shape()
        ));
    }
    Ok(tensor)
}

fn singles(bytes: &[u8]) -> Vec<f32> {
    bytes
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .collect()
}

fn words(tensors: &SafeTensors<'_>, count: usize) -> std::result::Result<Vec<String>, String> {
    let text = tensor(tensors, "words", Dtype::U8, None)?.data();
    let text = std::str::from_utf8(text).map_err(|_| "words that are not UTF-8".to_owned())?;
    let ends = tensor(tensors, "word_ends", Dtype::U64, Some(&[count]))?.data();
    let mut start = 0;
    let words = ends
        .chunks_exact(8)
        .map(|b| u64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]))
        .map(|end| {
            let end = usize::try_from(end).ok()?;
            let word = text.get(start..end)?;
            start = end;
            Some(word.to_owned())
        })
        .collect::<Option<Vec<_>>>()
        .ok_or("word ends that do not fit the words")?;
    match start == text.len() {
        true => Ok(words),
        false => Err("word ends that do not cover the words".to_owned()),
    }
}

/// Where the seal stands, when the file is a safetensors file that has one.
pub(super) fn seal_field(bytes: &[u8]) -> Option<Range<usize>> {
    let (header, metadata) = SafeTensors::read_metadata(bytes).ok()?;
    let (start, end) = metadata.info("seal")?.data_offsets;
    // The header's length itself takes eight bytes.
    let start = header.checked_add(8)?.checked_add(start)?;
    let end = header.checked_add(8)?.checked_add(end)?;
    (end - start == SEAL_BYTES && end <= bytes.len()).then_some(start..end)
}

fn not_a_model(name: &str, bytes: &[u8]) -> Error {
    let found = match filetype::of(bytes) {
        _ if bytes.is_empty() => "an empty file",
        // It begins like a model and ends too early, or its header is broken.
        Some("a safetensors file") => "a damaged or incomplete safetensors file",
        Some(kind) => kind,
        None if std::str::from_utf8(&bytes[..bytes.len().min(64)]).is_ok() => "plain text",
        None => "data of an unknown kind, or a damaged file",
    };
    let hint = match found {
        "a finalfusion vector file" => {
            "these are vectors; a model is trained on them by senti train labeled.tsv"
        }
        "plain text" => "a model is trained from labelled text by senti train labeled.tsv",
        _ => REPAIR,
    };
    let wanted = "a model that senti trained";
    match filetype::of(bytes) {
        Some("a safetensors file") => Error::damaged(name, found, wanted),
        _ => Error::artifact(name, found, wanted),
    }
    .with_hint(hint)
}

#[cfg(test)]
pub(super) mod tests;
