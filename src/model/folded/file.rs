//! The model file, format 5.
//!
//! A safetensors file, as those of formats 1 to 3: a header length (u64,
//! little-endian), a JSON header, then the tensors, little-endian, without gaps. With V
//! words, P pairs, and k components to a vector:
//!
//! | tensor | type | shape | content |
//! |---|---|---|---|
//! | `pairs` | u64 | 4 L, 2 | four entries of four numbers of 32 bits to each of L lines: what the pair is known by there; as f32 idf, and the weights of documents and of sentences (see `pairs`) |
//! | `word_buckets` | u64 | B, 4 | eight slots of 32 bits to each of B buckets: what leads from a word to its row (see `slots`) |
//! | `word_keys` | u64 | V, 2 | of each row the word, or what it is found by (see `words`) |
//! | `word_values` | f32 | V, 1 + k or 4 + k | of each row: weight in the sentence vector; the vector; with a direction idf, and the weights of documents and of sentences |
//! | `listed_pairs` | u32 | Q, 5 | the pairs that have no room in their line: two rows; then as in `pairs` |
//! | `pair_slots` | u32 | C, 8 | what leads to them (see `slots`) |
//! | `flags` | u8 | V | of each row: 1, left out; 4, opinions are made of it; 8 and 16, a seed word of praise and of blame |
//! | `long_words` | u8 | | the words of more than sixteen bytes: length (u16), bytes (UTF-8) |
//! | `proofs` | u8 | | SHA-256 of each 4,096 bytes of all tensors above, in the order of the file |
//! | `seal` | u8 | 32 | SHA-256 of what comes before the tensors, then `proofs` |
//!
//! Two numbers of 32 bits are called one of 64, the lower first, where that aligns
//! them. With the proofs a few texts can be answered without reading the whole file: no
//! byte of it is used before it is verified.
//!
//! L is the larger of 2 floor(P / 7) + 1 and 2^(2 b - 30), where b bits number the
//! words; B and C are floor(n / 5) + 1 for n words and n listed pairs. Without a
//! direction of sentiment there are no tensors of pairs. The header's metadata has one
//! key, `senti`, whose value is a JSON object: `format`, `labels`, `shares`,
//! `stop_word_list`, `stop_words`, `provenance`, `classifier` (`head` or `layer`, on
//! vectors of k components), and `direction`: `pairs`, their number, and `cues`,
//! `report`, `offsets`, `directions`, `length` and `full`, as in format 3.

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};

use super::pairs;
use super::slots::{BUCKET, MOST};
use super::text::{BLAME, OPINION, PRAISE, STOP};
use super::words;
use super::{BEFORE, Folded, SCALED, blocks};
use crate::classifier::{Head, HiddenLayer};
use crate::error::{Error, Result};
use crate::files::write::write_whole;
use crate::model::file::{METADATA_KEY, SEAL_BYTES};
use crate::model::{Classifier, Model, Provenance};
use crate::polarity::parts::Parts;
use crate::polarity::{Full, Length, Report, Scorer};
use crate::text::cues::Cues;

/// The format's number.
pub(in crate::model) const FORMAT: u32 = 5;

#[derive(Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) format: u32,
    pub(super) labels: Vec<String>,
    pub(super) shares: Vec<f64>,
    pub(super) stop_word_list: String,
    pub(super) stop_words: Vec<String>,
    pub(super) provenance: Provenance,
    pub(super) classifier: StoredClassifier,
    pub(super) direction: Option<StoredDirection>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StoredClassifier {
    Head(Box<Head>),
    Layer(Box<HiddenLayer>),
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredDirection {
    pub(super) cues: Cues,
    pub(super) report: Report,
    pub(super) offsets: [f64; 2],
    pub(super) directions: [Vec<f32>; 2],
    pub(super) length: Length,
    pub(super) full: Option<f64>,
    /// How many pairs there are; format 4 did not say.
    #[serde(default)]
    pub(super) pairs: usize,
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

/// Numbers of 32 bits of which two are called one, for the sake of their alignment.
fn in_twos(name: &'static str, shape: &[usize], values: &[u32]) -> Tensor {
    Tensor {
        kind: Dtype::U64,
        ..numbers(name, shape, values)
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
    /// As it is read from its file.
    pub(super) fn laid_out_again(&self, path: &Path) -> Result<Option<Folded>> {
        match self.laid_out(path)? {
            Some(bytes) => Folded::from_bytes(path, &bytes),
            None => Ok(None),
        }
    }

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

    /// The bytes of a file of format 5; nothing where the model cannot have it.
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

        let mut flags = vec![0; count];
        let mut mark = |row: usize, flag| flags[row] |= flag;
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
            in_twos(
                "word_buckets",
                &[built.slots.len() / BUCKET, BUCKET / 2],
                &built.slots,
            ),
            Tensor {
                name: "word_keys",
                kind: Dtype::U64,
                shape: vec![count, 2],
                bytes: (built.keys.as_flattened().iter())
                    .flat_map(|half| half.to_le_bytes())
                    .collect(),
            },
            bytes("long_words", built.long),
            bytes("flags", flags),
            singles("word_values", [count, width], &values),
        ];
        if let Some(parts) = &parts {
            let valued: Vec<_> = (parts.pairs.iter().zip(count..))
                .map(|(&pair, at)| (((pair >> 32) as u32, pair as u32), of_feature(parts, at)))
                .collect();
            if valued.len() > MOST {
                return Ok(None);
            }
            let pairs = pairs::build(pairs::Shape::new(count, valued.len()), &valued);
            let lines = pairs.lines.as_flattened();
            tensors.extend([
                in_twos(
                    "pairs",
                    &[lines.len(), pairs::ENTRY / 2],
                    lines.as_flattened(),
                ),
                numbers(
                    "pair_slots",
                    &[pairs.slots.len() / BUCKET, BUCKET],
                    &pairs.slots,
                ),
                numbers(
                    "listed_pairs",
                    &[pairs.list.len(), pairs::LISTED],
                    pairs.list.as_flattened(),
                ),
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
            direction: parts.map(|parts| StoredDirection {
                pairs: parts.pairs.len(),
                offsets: parts.scales.each_ref().map(|scale| scale.offset),
                directions: parts.scales.each_ref().map(|scale| scale.direction.clone()),
                cues: parts.cues,
                report: parts.report,
                length: self.length(),
                full: (self.scorer.as_ref().and_then(Scorer::full)).map(Full::weight),
            }),
        };
        let header = serde_json::to_string(&header).map_err(|error| refused(error.to_string()))?;
        // They cover what comes before them in the file.
        let covered: usize = tensors.iter().map(|tensor| tensor.bytes.len()).sum();
        tensors.push(bytes("proofs", vec![0; blocks::proofs_of(covered)]));
        tensors.push(bytes("seal", vec![0; SEAL_BYTES]));
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
        blocks::seal(&mut bytes).ok_or_else(|| refused("no room for the seal".to_owned()))?;
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
