//! The model file, format 5; with n-grams, 7.
//!
//! A safetensors file, as those of formats 1 to 3: a header length (u64,
//! little-endian), a JSON header, then the tensors, little-endian, without gaps. With V
//! words, P pairs, and k components to a vector, and with a classifier of F free logits
//! that has weights for words and pairs (`terms`), T of them pairs; F is 0 without:
//!
//! | tensor | type | shape | content |
//! |---|---|---|---|
//! | `pairs` | u64 | 4 L, 2 | four entries of four numbers of 32 bits to each of L lines: what the pair is known by there; as f32 idf, and the weights of documents and of sentences (see `pairs`) |
//! | `word_buckets` | u64 | B, 4 | eight slots of 32 bits to each of B buckets: what leads from a word to its row (see `slots`) |
//! | `word_keys` | u64 | V, 2 | of each row the word, or what it is found by (see `words`) |
//! | `word_values` | f32 | V, 1 + k or 4 + k + 2 F | of each row: weight in the sentence vector; the vector; with a direction idf, and the weights of documents and of sentences; the numbers of a term |
//! | `listed_pairs` | u32 | Q, 5 | the pairs that have no room in their line: two rows; then as in `pairs` |
//! | `pair_slots` | u32 | C, 8 | what leads to them (see `slots`) |
//! | `term_pairs` | u64 | 4 M, 2 | as `pairs`, of terms: two numbers of the first free logit as f32, and the number of the pair |
//! | `listed_terms`, `term_slots` | u32 | R, 5 and D, 8 | as for pairs |
//! | `term_values` | f32 | T, 2 (F - 1) | the numbers of pairs for the other free logits; only where there are any |
//! | `bucket_index` | u32 | R, 2 | format 7: of each run of 32 buckets of n-grams a bit for each that has a vector, the lowest for the first, and how many have one before the run |
//! | `bucket_vectors` | f32 | N, d | format 7: their vectors, of any length, in the order of the buckets |
//! | `flags` | u8 | V | of each row: 1, left out; 2, a term; 4, opinions are made of it; 8 and 16, a seed word of praise and of blame |
//! | `long_words` | u8 | | the words of more than sixteen bytes: length (u16), bytes (UTF-8) |
//! | `proofs` | u8 | | SHA-256 of each 4,096 bytes of all tensors above, in the order of the file |
//! | `seal` | u8 | 32 | SHA-256 of what comes before the tensors, then `proofs` |
//!
//! Two numbers of 32 bits are called one of 64, the lower first, where that aligns
//! them. With the proofs a few texts can be answered without reading the whole file: no
//! byte of it is used before it is verified.
//!
//! L is the larger of 2 floor(P / 7) + 1 and 2^(2 b - 30), where b bits number the
//! words, and M that for T; B, C and D are floor(n / 5) + 1 for n words and n listed
//! pairs. Without a direction of sentiment there are no tensors of pairs, and none of
//! terms. The header's metadata has one
//! key, `senti`, whose value is a JSON object: `format`, `labels`, `shares`,
//! `stop_word_list`, `stop_words`, `provenance`, `classifier` (`head` or `layer`, on
//! vectors of k components), and `direction`: `pairs`, their number, and `cues`,
//! `report`, `offsets`, `directions`, `length` and `full`, as in format 3; and `terms`,
//! where there are any: `with_prior`, whether they are in the head with the prior;
//! `scale`; `vectors`, how many of the words have a vector, which come first; and `pairs`,
//! T. In format 7 also `subwords`: `ngrams`, as in format 2, and `projection`, the k rows
//! of d numbers that a word's vector is multiplied by once it is of unit length; null
//! where k is d and it stays as it is. (A reader that knows nothing of n-grams would answer
//! otherwise, so it must not read format 7.)

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};

use super::content::Content;
use super::pairs;
use super::slots::{BUCKET, MOST};
use super::terms::EACH;
use super::words;
use super::{Folded, SCALED, blocks, ngrams, terms};
use crate::classifier::head::free_logits;
use crate::classifier::{Head, HiddenLayer};
use crate::error::{Error, Result};
use crate::files::write::write_whole;
use crate::model::file::{METADATA_KEY, SEAL_BYTES};
use crate::model::{Model, Provenance};
use crate::polarity::{Length, Report};
use crate::text::cues::Cues;

/// The format's number.
pub(in crate::model) const FORMAT: u32 = 5;
/// That with n-grams.
pub(in crate::model) const FORMAT_WITH_SUBWORDS: u32 = 7;

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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) terms: Option<terms::Stored>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) subwords: Option<ngrams::Stored>,
}

impl Header {
    /// That there are n-grams in the format for them and in no other.
    pub(super) fn check_subwords(&self, format: u32) -> std::result::Result<(), String> {
        match self.subwords.is_some() == (self.format == format) {
            true => Ok(()),
            false => Err("n-grams in a format that has none, or none".to_owned()),
        }
    }
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
pub(super) struct Tensor {
    pub(super) name: &'static str,
    pub(super) kind: Dtype,
    pub(super) shape: Vec<usize>,
    pub(super) bytes: Vec<u8>,
}

pub(super) fn singles(name: &'static str, shape: [usize; 2], values: &[f32]) -> Tensor {
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

pub(super) fn bytes(name: &'static str, bytes: Vec<u8>) -> Tensor {
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
        // With n-grams only the tables can be folded.
        let whole = self.vectors.subwords().is_some().then(|| self.clone());
        let model = self.folded()?;
        match model.laid_out(path)? {
            Some(bytes) => write_whole(path, &bytes),
            None => whole.unwrap_or(model).write(path),
        }
    }

    /// The bytes of a file of format 5; nothing where the model cannot have it.
    pub(in crate::model) fn laid_out(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        match Content::of(self) {
            Some(content) => content.laid_out(path),
            None => Ok(None),
        }
    }
}

impl Content {
    /// The bytes of a file of format 5; nothing where there is too much for one.
    pub(super) fn laid_out(mut self, path: &Path) -> Result<Option<Vec<u8>>> {
        let Some(built) = words::build(&self.words) else {
            return Ok(None);
        };
        if self.pairs.len().max(self.terms.len()) > MOST {
            return Ok(None);
        }
        let refused =
            |reason: String| Error::artifact(path.display().to_string(), reason, "a model");
        let count = self.words.len();
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
            bytes("flags", self.flags),
            singles("word_values", [count, self.width], &self.values),
        ];
        if let Some(direction) = &mut self.header.direction {
            direction.pairs = self.pairs.len();
            // The idf falls with the number of texts.
            (self.pairs).sort_unstable_by(|(a, of_a), (b, of_b)| {
                of_a[0].total_cmp(&of_b[0]).then(a.cmp(b))
            });
            let names = ["pairs", "pair_slots", "listed_pairs"];
            tensors.extend(of_pairs(names, count, &self.pairs));
        }
        if let Some(terms) = &mut self.header.terms {
            terms.pairs = self.terms.len();
            let numbered: Vec<_> = (self.terms.iter().zip(0u32..))
                .map(|(&(pair, [ratio, weight]), at)| (pair, [ratio, weight, f32::from_bits(at)]))
                .collect();
            let names = ["term_pairs", "term_slots", "listed_terms"];
            tensors.extend(of_pairs(names, count, &numbered));
            let free = free_logits(self.header.labels.len());
            if free > 1 {
                let shape = [self.terms.len(), EACH * (free - 1)];
                tensors.push(singles("term_values", shape, &self.others));
            }
        }
        self.header.format = FORMAT;
        if let Some(subwords) = &self.subwords {
            let stored = ngrams::Stored::of(subwords);
            let index = ngrams::index_of(subwords.buckets(), stored.runs());
            let shape = [index.len(), ngrams::INDEX];
            tensors.push(numbers("bucket_index", &shape, index.as_flattened()));
            let shape = [subwords.buckets().len(), subwords.width()];
            tensors.push(singles("bucket_vectors", shape, subwords.rows()));
            self.header.format = FORMAT_WITH_SUBWORDS;
            self.header.subwords = Some(stored);
        }
        let header =
            serde_json::to_string(&self.header).map_err(|error| refused(error.to_string()))?;
        // They cover what comes before them in the file.
        let covered: usize = tensors.iter().map(|tensor| tensor.bytes.len()).sum();
        tensors.push(bytes("proofs", vec![0; blocks::proofs_of(covered)]));
        tensors.push(bytes("seal", vec![0; SEAL_BYTES]));
        let mut bytes = in_one(header, &tensors).map_err(refused)?;
        blocks::seal(&mut bytes).ok_or_else(|| refused("no room for the seal".to_owned()))?;
        Ok(Some(bytes))
    }
}

/// A safetensors file of these, with this as the metadata's only key: the order of several
/// would differ from run to run.
pub(super) fn in_one(header: String, tensors: &[Tensor]) -> std::result::Result<Vec<u8>, String> {
    let views = tensors
        .iter()
        .map(|tensor| {
            let view = TensorView::new(tensor.kind, tensor.shape.clone(), &tensor.bytes)?;
            Ok((tensor.name, view))
        })
        .collect::<std::result::Result<Vec<_>, safetensors::SafeTensorError>>()
        .map_err(|error| error.to_string())?;
    let metadata = HashMap::from([(METADATA_KEY.to_owned(), header)]);
    safetensors::serialize(views, Some(metadata)).map_err(|error| error.to_string())
}

/// The tables of pairs, those of most texts first, of so many words.
fn of_pairs(
    [lines, slots, listed]: [&'static str; 3],
    words: usize,
    valued: &[((u32, u32), [f32; SCALED])],
) -> [Tensor; 3] {
    let built = pairs::build(pairs::Shape::new(words, valued.len()), valued);
    let entries = built.lines.as_flattened();
    let shape = [entries.len(), pairs::ENTRY / 2];
    [
        in_twos(lines, &shape, entries.as_flattened()),
        numbers(slots, &[built.slots.len() / BUCKET, BUCKET], &built.slots),
        numbers(
            listed,
            &[built.list.len(), pairs::LISTED],
            built.list.as_flattened(),
        ),
    ]
}
