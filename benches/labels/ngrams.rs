//! Words and pairs of words of every text, counted once for all draws.

use std::collections::HashMap;

use rustc_hash::FxHashMap;
use senti::text::Tokenizer;

/// The different n-grams of a text, sorted, and how often each occurs.
pub(crate) type Counts = Vec<(u32, u32)>;

/// The texts of a set as counts of words and of pairs of neighbours.
#[derive(Debug)]
pub(crate) struct NGrams {
    pub(crate) pool: Vec<Counts>,
    /// N-grams that no text of the pool has are left out: no classifier could
    /// have learned of them.
    pub(crate) development: Vec<Counts>,
}

impl NGrams {
    /// Counts. Words are senti's own, so that all methods read the same text.
    pub(crate) fn new(pool: &[String], development: &[String]) -> Self {
        let mut numbers = Numbers::default();
        let pool = pool.iter().map(|text| numbers.learn(text)).collect();
        Self {
            pool,
            development: development.iter().map(|text| numbers.known(text)).collect(),
        }
    }
}

#[derive(Default)]
struct Numbers {
    tokenizer: Tokenizer,
    words: FxHashMap<String, u32>,
    pairs: FxHashMap<(u32, u32), u32>,
    len: u32,
}

impl Numbers {
    fn learn(&mut self, text: &str) -> Counts {
        let mut ids = Vec::new();
        let mut before = None;
        for token in self.tokenizer.tokens(text) {
            let len = &mut self.len;
            let mut next = || {
                *len += 1;
                *len - 1
            };
            let word = match self.words.get(&*token.word) {
                Some(&word) => word,
                None => *self
                    .words
                    .entry(token.word.into_owned())
                    .or_insert_with(&mut next),
            };
            ids.push(word);
            if let Some(before) = before.replace(word) {
                ids.push(*self.pairs.entry((before, word)).or_insert_with(next));
            }
        }
        counted(ids)
    }

    fn known(&self, text: &str) -> Counts {
        let mut ids = Vec::new();
        let mut before = None;
        for token in self.tokenizer.tokens(text) {
            let word = self.words.get(&*token.word).copied();
            ids.extend(word);
            if let (Some(before), Some(word)) = (before, word) {
                ids.extend(self.pairs.get(&(before, word)));
            }
            before = word;
        }
        counted(ids)
    }
}

fn counted(mut ids: Vec<u32>) -> Counts {
    ids.sort_unstable();
    ids.chunk_by(|a, b| a == b)
        .map(|same| (same[0], same.len() as u32))
        .collect()
}

/// The n-grams of some texts, numbered from 0 in the order of their first use.
#[derive(Debug, Default)]
pub(crate) struct Columns(HashMap<u32, u32, rustc_hash::FxBuildHasher>);

impl Columns {
    pub(crate) fn of<'a>(texts: impl Iterator<Item = &'a Counts>) -> Self {
        let mut columns = Self::default();
        for &(ngram, _) in texts.flatten() {
            let next = columns.0.len() as u32;
            columns.0.entry(ngram).or_insert(next);
        }
        columns
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Column and count of the n-grams that have a column.
    pub(crate) fn counts(&self, text: &Counts) -> impl Iterator<Item = (u32, u32)> {
        text.iter()
            .filter_map(|&(ngram, count)| Some((*self.0.get(&ngram)?, count)))
    }
}
