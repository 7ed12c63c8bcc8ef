//! Files of format 4, which older versions wrote: they are read as models and laid out
//! anew.
//!
//! Sealed as those of later formats. With V words, P pairs, and k components to a vector,
//! and b bits to a word's row (as many as V - 1 has):
//!
//! | tensor | type | shape | content |
//! |---|---|---|---|
//! | `words` | u32 | V, 3 | the two halves of a key, the lower first, and the word's row |
//! | `long_words` | u8 | | the words of more than seven bytes: length (u16), bytes (UTF-8) |
//! | `word_flags` | u8 | V | of each row: 1, left out; 4, opinions are made of it |
//! | `word_values` | f32 | V, 1 + k or 4 + k | as in later formats |
//! | `pairs` | u32 | P, 4 | the rest of a pair's number, and as f32 its values |
//! | `pair_starts` | u32 | 2^p + 1 | where the pairs begin whose number begins with each p bits |
//!
//! The key of a word of up to seven bytes is these bytes, then zeros; of a longer one
//! its lower half says where it stands in `long_words`, and its highest byte is ones. The
//! number of a pair has 2 b bits: the rows of both words, mixed by what [`unmixed`] undoes.

use std::fs::File;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors};

use super::file::{Header, StoredClassifier};
use super::memory::Memory;
use super::reading::whole;
use super::unfolding::{Unfolded, UnfoldedDirection, damaged};
use super::{BEFORE, SCALED};
use crate::error::Result;
use crate::model::{Classifier, Model};
use crate::polarity::Full;
use crate::text::stopwords::StopWords;
use crate::text::tokenizer::Tokenizer;

/// Reads a file that is in memory, or of which only the header is.
pub(super) fn read(
    path: &Path,
    mut memory: Memory,
    file: Option<File>,
    header: impl FnOnce() -> Result<Header>,
) -> Result<Model> {
    let unfit = |found: String| damaged(path, found);
    whole(path, &mut memory, file)?;
    let header = header()?;
    let file =
        SafeTensors::deserialize(memory.bytes()).map_err(|error| unfit(error.to_string()))?;
    unfolded(&Tensors(file), header)
        .map_err(unfit)?
        .into_model(path)
}

struct Tensors<'f>(SafeTensors<'f>);

type Found<T> = std::result::Result<T, String>;

impl<'f> Tensors<'f> {
    fn bytes(&self, name: &str, kind: Dtype) -> Found<&'f [u8]> {
        match self.0.tensor(name) {
            Ok(tensor) if tensor.dtype() == kind => Ok(tensor.data()),
            _ => Err(format!("no {name}")),
        }
    }

    fn numbers(&self, name: &str) -> Found<Vec<u32>> {
        let bytes = self.bytes(name, Dtype::U32)?.as_chunks().0;
        Ok(bytes.iter().map(|one| u32::from_le_bytes(*one)).collect())
    }
}

fn unfolded(tensors: &Tensors<'_>, header: Header) -> Found<Unfolded> {
    let long = tensors.bytes("long_words", Dtype::U8)?;
    let words = words(tensors.numbers("words")?.as_chunks().0, long);
    let words = words.ok_or("words that are not UTF-8, or missing")?;
    let values = tensors.bytes("word_values", Dtype::F32)?.as_chunks().0;
    let values: Vec<f32> = values.iter().map(|one| f32::from_le_bytes(*one)).collect();
    let scaled = if header.direction.is_some() {
        SCALED
    } else {
        0
    };
    let width = values.len() / words.len().max(1);
    let dims = (width.checked_sub(BEFORE + scaled)).ok_or("values of too few columns")?;
    if !values.iter().all(|value| value.is_finite()) {
        return Err("a value of a word that is not finite".to_owned());
    }
    let classes = header.labels.len();
    let classifier = match header.classifier {
        StoredClassifier::Head(head) if head.fits(dims, classes) => Classifier::Head(head),
        StoredClassifier::Layer(layer) if layer.fits(dims, classes) => Classifier::Layer(layer),
        _ => return Err("a classifier that does not fit the vectors and labels".to_owned()),
    };
    let mut direction = None;
    if let Some(stored) = header.direction {
        if stored.directions.iter().any(|one| one.len() != dims) {
            return Err("a direction of sentiment of other vectors".to_owned());
        }
        let bits = usize::BITS - words.len().saturating_sub(1).max(1).leading_zeros();
        let entries = tensors.numbers("pairs")?;
        let starts = tensors.numbers("pair_starts")?;
        let pairs = pairs(bits, entries.as_chunks().0, &starts);
        direction = Some(UnfoldedDirection {
            cues: stored.cues,
            report: stored.report,
            offsets: stored.offsets,
            directions: stored.directions,
            length: stored.length,
            full: stored.full.and_then(Full::stored),
            pairs: pairs.ok_or("a table of pairs that does not fit")?,
        });
    }
    let stop_words = StopWords::from_words(&header.stop_word_list, header.stop_words);
    Ok(Unfolded {
        labels: header.labels,
        shares: header.shares,
        tokenizer: Tokenizer::new(stop_words),
        provenance: header.provenance,
        classifier,
        words,
        flags: tensors.bytes("word_flags", Dtype::U8)?.to_vec(),
        dims,
        values,
        direction,
    })
}

fn words(entries: &[[u32; 3]], long: &[u8]) -> Option<Vec<String>> {
    let mut words = vec![None; entries.len()];
    for &[low, high, row] in entries {
        let bytes = if high >> 24 == 0xff {
            let (length, rest) = long.get(low as usize..)?.split_first_chunk::<2>()?;
            rest.get(..usize::from(u16::from_le_bytes(*length)))?
                .to_vec()
        } else {
            let all = [low.to_le_bytes(), high.to_le_bytes()].concat();
            let length = all.iter().position(|&byte| byte == 0)?;
            all[..length].to_vec()
        };
        *words.get_mut(row as usize)? = Some(String::from_utf8(bytes).ok()?);
    }
    words.into_iter().collect()
}

type Valued = ((u32, u32), [f32; SCALED]);

fn pairs(bits: u32, entries: &[[u32; 4]], starts: &[u32]) -> Option<Vec<Valued>> {
    let buckets = starts
        .len()
        .checked_sub(1)
        .filter(|count| count.is_power_of_two())?;
    let rest = (2 * bits).checked_sub(buckets.ilog2())?;
    let mut all = Vec::with_capacity(entries.len());
    for (bucket, ends) in starts.windows(2).enumerate() {
        for &[kept, a, b, c] in entries.get(ends[0] as usize..ends[1] as usize)? {
            let mixed = (bucket as u64).checked_shl(rest)? | u64::from(kept);
            let values = [a, b, c].map(f32::from_bits);
            if !values.iter().all(|value| value.is_finite()) {
                return None;
            }
            all.push((unmixed(bits, mixed), values));
        }
    }
    (all.len() == entries.len()).then_some(all)
}

/// The rows that were mixed: by a factor, a shift by half of the bits, and another
/// factor, each of which can be undone.
fn unmixed(bits: u32, mixed: u64) -> (u32, u32) {
    let mask = u64::MAX >> (64 - 2 * bits).min(63);
    let mut pair = mixed.wrapping_mul(UNDO[0]) & mask;
    pair ^= pair >> bits;
    pair = pair.wrapping_mul(UNDO[1]) & mask;
    ((pair >> bits) as u32, (pair & (mask >> bits)) as u32)
}

/// What undoes the factors 0xd6e8feb86659fd93 and 0x9e3779b97f4a7c15, modulo 2^64.
const UNDO: [u64; 2] = [0xcfee_444d_8b59_a89b, 0xf1de_83e1_9937_733d];
