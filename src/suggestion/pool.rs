//! A bounded sample of the texts that could be labelled.
//!
//! Each text has a key, a hash of the seed and its different known words, and
//! the texts with the smallest keys are kept (a bottom-k sample; Cohen and
//! Kaplan, "Summarizing Data Using Bottom-k Sketches", 2007). As keys are as good
//! as drawn at random, this is a uniform sample of the different texts, of
//! whatever number; and a text with the same words as another has the same key,
//! so that it is known as a repetition although most texts are forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::once;

use crate::random::{Use, key};
use crate::sentence::{Encoded, SentenceEncoder};

/// Texts with fewer different known words are not suggested: there is too little
/// in them to learn from.
pub const LEAST_WORDS: usize = 3;
/// Texts that are kept, at most.
const MOST_TEXTS: usize = 20_000;
/// Vectors of labelled texts that are kept.
const MOST_LABELLED: usize = 500;
/// Bytes of texts and vectors that are kept, at most; beyond them the sample is
/// smaller.
const MOST_BYTES: usize = 256 << 20;

/// A text that could be labelled.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) text: String,
    pub(super) vector: Vec<f32>,
    /// Different known words.
    pub(super) words: usize,
}

impl Candidate {
    fn bytes(&self) -> usize {
        self.text.len() + size_of_val(self.vector.as_slice())
    }
}

/// Texts that could be labelled, each different from the others in its known
/// words and from every text that is labelled already.
#[derive(Debug)]
pub struct Pool<'e> {
    encoder: SentenceEncoder<'e>,
    seed: u64,
    most_texts: usize,
    most_bytes: usize,
    candidates: BTreeMap<u64, Candidate>,
    bytes: usize,
    /// The smallest key that was given up; no larger one comes in again.
    bound: Option<u64>,
    /// Every text that is labelled, and the vectors of those with the smallest keys.
    labelled: BTreeSet<u64>,
    vectors: BTreeMap<u64, Vec<f32>>,
    seen: u64,
}

impl<'e> Pool<'e> {
    /// An empty pool of texts, as an encoder sees them.
    pub fn new(encoder: SentenceEncoder<'e>, seed: u64) -> Self {
        Self::limited(encoder, seed, MOST_TEXTS, MOST_BYTES)
    }

    pub(super) fn limited(
        encoder: SentenceEncoder<'e>,
        seed: u64,
        most_texts: usize,
        most_bytes: usize,
    ) -> Self {
        Self {
            encoder,
            seed,
            most_texts,
            most_bytes,
            candidates: BTreeMap::new(),
            bytes: 0,
            bound: None,
            labelled: BTreeSet::new(),
            vectors: BTreeMap::new(),
            seen: 0,
        }
    }

    /// Leaves out every text with the words of this one, which is labelled.
    pub fn leave_out(&mut self, text: &str) {
        let encoded = self.encoder.encode(text);
        if encoded.known == 0 {
            return;
        }
        let key = self.key(&encoded);
        self.forget(key);
        self.labelled.insert(key);
        self.vectors.insert(key, narrow(&encoded));
        if self.vectors.len() > MOST_LABELLED {
            self.vectors.pop_last();
        }
    }

    /// Adds a text, unless it has too few known words, repeats another, or is
    /// not drawn.
    pub fn add(&mut self, text: &str) {
        let encoded = self.encoder.encode(text);
        self.seen += u64::from(encoded.tokens > 0);
        let words = encoded.words.len() + encoded.composed.len();
        if words < LEAST_WORDS {
            return;
        }
        let key = self.key(&encoded);
        if self.bound.is_some_and(|bound| key >= bound)
            || self.labelled.contains(&key)
            || self.candidates.contains_key(&key)
        {
            return;
        }
        let candidate = Candidate {
            text: text.to_owned(),
            vector: narrow(&encoded),
            words,
        };
        self.bytes += candidate.bytes();
        self.candidates.insert(key, candidate);
        while self.candidates.len() > self.most_texts || self.bytes > self.most_bytes {
            let Some((&largest, _)) = self.candidates.last_key_value() else {
                break;
            };
            self.forget(largest);
            self.bound = Some(largest);
        }
    }

    /// Texts that were added with at least one word, whether kept or not.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Texts that can be suggested.
    pub fn len(&self) -> usize {
        self.candidates.len()
    }

    /// Whether no text can be suggested.
    pub fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }

    /// Whether there were more texts than are kept.
    pub fn is_sample(&self) -> bool {
        self.bound.is_some()
    }

    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    /// In an order that is random, and always the same.
    pub(super) fn candidates(&self) -> impl Iterator<Item = &Candidate> {
        self.candidates.values()
    }

    /// The vectors of a sample of the labelled texts.
    pub(super) fn labelled(&self) -> impl Iterator<Item = &[f32]> {
        self.vectors.values().map(Vec::as_slice)
    }

    fn forget(&mut self, key: u64) {
        if let Some(candidate) = self.candidates.remove(&key) {
            self.bytes -= candidate.bytes();
        }
    }

    /// Equal for texts with the same different known words.
    fn key(&self, encoded: &Encoded) -> u64 {
        let rows = encoded.words.iter().map(|&word| word as u64);
        // No row has the number that stands before each word without one.
        let composed = encoded
            .composed
            .iter()
            .flat_map(|word| once(u64::MAX).chain(word.bytes().map(u64::from)));
        key(Use::Sample, self.seed, rows.chain(composed))
    }
}

fn narrow(encoded: &Encoded) -> Vec<f32> {
    encoded.vector.iter().map(|&value| value as f32).collect()
}
