//! fastText's n-grams and buckets, and how they become ours.
//!
//! A bucket is the n-gram's 32-bit FNV-1a hash, whose bytes are taken as signed,
//! modulo their number. Ours are [`Subwords`]' buckets, by another hash. So the rows
//! are dealt out again: each n-gram of the words has its row of fastText's in the
//! bucket that is ours for it, and where several meet there, their mean. N-grams that
//! no word has are left out: no text has trained their rows.

use finalfusion::subword::{BucketIndexer, FinalfusionHashIndexer, Indexer, StrWithCharLen};

use super::super::{Checked, Table, Trouble};
use super::Settings;
use crate::vectors::subwords::{MOST_BITS, NGrams, Subwords};

/// The end of a line, which is not cut into n-grams.
const END_OF_LINE: &str = "</s>";
/// Pairs of buckets are sorted, and each kept once, when there are so many more.
const PAIRS_AT_ONCE: usize = 1 << 22;

/// Vectors of words and of our buckets, from the rows of words and of fastText's
/// buckets.
pub(super) fn compose(
    words: Vec<String>,
    counts: Vec<u64>,
    mut rows: Vec<f32>,
    settings: &Settings,
) -> Checked<Table> {
    let dims = settings.dims;
    let buckets = rows.split_off(words.len() * dims);
    let mut table = Table {
        words,
        rows,
        dims,
        counts: Some(counts),
        ..Table::default()
    };
    let Some((shortest, longest)) = settings.lengths else {
        return Ok(table);
    };
    let ngrams = NGrams {
        min_n: shortest.max(1),
        max_n: longest,
        bucket_bits: bits(settings.buckets),
    };
    let ours = FinalfusionHashIndexer::new(ngrams.bucket_bits);
    let bucket = |number: usize| &buckets[number * dims..][..dims];
    // Each of our buckets with each of fastText's whose row it takes.
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    let mut sorted = 0;
    let mut sum = vec![0.0; dims];
    for (word, row) in table.words.iter().zip(table.rows.chunks_exact_mut(dims)) {
        if word == END_OF_LINE {
            continue;
        }
        for (sum, &value) in sum.iter_mut().zip(&*row) {
            *sum = f64::from(value);
        }
        let mut parts = 1;
        each_ngram(word, (shortest, longest), |ngram| {
            let theirs = hash(ngram) as usize % settings.buckets;
            for (sum, &value) in sum.iter_mut().zip(bucket(theirs)) {
                *sum += f64::from(value);
            }
            parts += 1;
            let ours = ours.index_ngram(&StrWithCharLen::from(ngram))[0];
            pairs.push((ours as u32, theirs as u32));
        });
        for (value, &sum) in row.iter_mut().zip(&sum) {
            *value = (sum / f64::from(parts)) as f32;
        }
        if pairs.len() - sorted > PAIRS_AT_ONCE {
            pairs.sort_unstable();
            pairs.dedup();
            sorted = pairs.len();
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    let (mut numbers, mut means) = (Vec::new(), Vec::new());
    let mut used: Vec<u32> = pairs.iter().map(|&(_, theirs)| theirs).collect();
    used.sort_unstable();
    used.dedup();
    for group in pairs.chunk_by(|a, b| a.0 == b.0) {
        sum.fill(0.0);
        for &(_, theirs) in group {
            for (sum, &value) in sum.iter_mut().zip(bucket(theirs as usize)) {
                *sum += f64::from(value);
            }
        }
        numbers.push(group[0].0);
        means.extend(sum.iter().map(|sum| (sum / group.len() as f64) as f32));
    }
    table.notes.push(format!(
        "n-grams of {shortest} to {longest} characters: {} of {} buckets are kept, in 2^{} of \
         senti's; no word's n-grams are in the others",
        used.len(),
        settings.buckets,
        ngrams.bucket_bits
    ));
    let subwords = Subwords::new(ngrams, numbers, means, dims);
    table.subwords =
        Some(subwords.map_err(|error| Trouble::whole(error.to_string(), "vectors of n-grams"))?);
    Ok(table)
}

/// As many bits as our buckets need to be as many as fastText's, or the most.
fn bits(buckets: usize) -> usize {
    let bits = buckets.next_power_of_two().trailing_zeros() as usize;
    bits.clamp(1, MOST_BITS)
}

/// The n-grams of a word in brackets, as fastText cuts them: a bracket alone is
/// none.
pub(super) fn each_ngram(
    word: &str,
    (shortest, longest): (usize, usize),
    mut each: impl FnMut(&str),
) {
    let word = format!("<{word}>");
    for (start, _) in word.char_indices() {
        let ends = word[start..]
            .char_indices()
            .map(|(at, letter)| start + at + letter.len_utf8());
        for (length, end) in (1..=longest).zip(ends) {
            let bracket = length == 1 && (start == 0 || end == word.len());
            if length >= shortest && !bracket {
                each(&word[start..end]);
            }
        }
    }
}

/// FNV-1a of 32 bits, of signed bytes.
pub(super) fn hash(ngram: &str) -> u32 {
    ngram.bytes().fold(2_166_136_261, |hash: u32, byte| {
        (hash ^ i32::from(byte.cast_signed()).cast_unsigned()).wrapping_mul(16_777_619)
    })
}
