//! Unlabelled text as the induction reads it: the rows of known words, and the
//! breaks between them.

use rustc_hash::FxHashMap;

use crate::text::clauses::{Break, breaks};
use crate::text::tokenizer::{Token, Tokenizer};
use crate::vectors::WordVectors;

/// Stands for the end of a clause among the ids of words.
pub(super) const CLAUSE: u32 = u32::MAX - 1;
/// Stands for the end of a sentence.
pub(super) const SENTENCE: u32 = u32::MAX;
/// Words held at most: about 100 MB.
const MOST_WORDS: usize = 24_000_000;

/// A sample of documents that a fixed amount of memory holds, spread evenly over
/// all that were read.
#[derive(Debug)]
pub struct Documents<'v> {
    lexicon: FxHashMap<&'v str, u32>,
    tokenizer: Tokenizer,
    ids: Vec<u32>,
    ends: Vec<usize>,
    /// Documents seen; every `step`-th is kept.
    seen: usize,
    step: usize,
    most: usize,
}

impl<'v> Documents<'v> {
    /// No documents yet; their words are looked up among those of `vectors`.
    pub fn new(vectors: &'v WordVectors) -> Self {
        let words = vectors.words().iter().enumerate();
        Self {
            lexicon: words.map(|(id, word)| (word.as_str(), id as u32)).collect(),
            tokenizer: vectors.tokenizer(),
            ids: Vec::new(),
            ends: Vec::new(),
            seen: 0,
            step: 1,
            most: MOST_WORDS,
        }
    }

    /// Adds a document, unless it falls out of the sample or has no known word.
    pub fn add(&mut self, text: &str) {
        let turn = self.seen;
        self.seen += 1;
        if !turn.is_multiple_of(self.step) {
            return;
        }
        let before = self.ids.len();
        let tokens: Vec<Token<'_>> = self.tokenizer.tokens(text).collect();
        for (token, after) in tokens.iter().zip(breaks(text, &tokens)) {
            if let Some(&id) = self.lexicon.get(token.word.as_ref()) {
                self.ids.push(id);
            }
            let mark = match after {
                Break::None => continue,
                Break::Clause => CLAUSE,
                Break::Sentence | Break::Question => SENTENCE,
            };
            match self.ids[before..].last_mut() {
                // The stronger of two marks that meet stays.
                Some(last) if *last >= CLAUSE => *last = mark.max(*last),
                Some(_) => self.ids.push(mark),
                None => {}
            }
        }
        if self.ids.len() > before {
            self.ends.push(self.ids.len());
        }
        if self.ids.len() > self.most {
            self.thin_out();
        }
    }

    /// Drops every other document.
    fn thin_out(&mut self) {
        self.step *= 2;
        let (mut ids, mut ends) = (Vec::new(), Vec::new());
        for document in self.iter().step_by(2) {
            ids.extend_from_slice(document);
            ends.push(ids.len());
        }
        (self.ids, self.ends) = (ids, ends);
    }

    /// The documents in the sample: rows of the vectors, and marks.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u32]> + Clone {
        (0..self.ends.len()).map(|at| self.get(at))
    }

    /// One document.
    pub(super) fn get(&self, at: usize) -> &[u32] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.ids[start..self.ends[at]]
    }

    /// The known words in the sample, each with its count.
    pub fn counted(&self) -> impl Iterator<Item = (&'v str, u64)> {
        let mut counts = vec![0u64; self.lexicon.len()];
        for &id in &self.ids {
            if let Some(count) = counts.get_mut(id as usize) {
                *count += 1;
            }
        }
        let mut words: Vec<(&'v str, u32)> = self.lexicon.iter().map(|(w, id)| (*w, *id)).collect();
        words.sort_unstable_by_key(|&(_, id)| id);
        words
            .into_iter()
            .map(move |(word, id)| (word, counts[id as usize]))
    }

    /// How many are in the sample.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// How many were read.
    pub fn seen(&self) -> usize {
        self.seen
    }

    /// In how many documents each word stands, and the median length of one.
    pub(super) fn survey(&self, words: usize) -> (Vec<u32>, usize) {
        let mut frequencies = vec![0u32; words];
        let mut lengths = Vec::with_capacity(self.len());
        let mut different = Vec::new();
        for document in self.iter() {
            distinct(document, &mut different);
            for &word in &different {
                frequencies[word as usize] += 1;
            }
            lengths.push(document.iter().filter(|&&id| id < CLAUSE).count());
        }
        let middle = lengths.len() / 2;
        let length = match lengths.is_empty() {
            true => 0,
            false => *lengths.select_nth_unstable(middle).1,
        };
        (frequencies, length)
    }

    /// Words of the sample.
    pub fn words(&self) -> usize {
        self.ids.iter().filter(|&&id| id < CLAUSE).count()
    }
}

/// The sentences of a document.
pub(super) fn sentences(document: &[u32]) -> impl Iterator<Item = &[u32]> {
    document
        .split(|&id| id == SENTENCE)
        .filter(|sentence| !sentence.is_empty())
}

/// The different words of a document, rising.
pub(super) fn distinct(document: &[u32], words: &mut Vec<u32>) {
    words.clear();
    words.extend(document.iter().copied().filter(|&id| id < CLAUSE));
    words.sort_unstable();
    words.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors() -> WordVectors {
        let words = ["good", "film", "bad"].map(str::to_owned).to_vec();
        WordVectors::new(words, vec![1.0, 2.0, 3.0], 1).unwrap()
    }

    #[test]
    fn words_and_marks() {
        let vectors = vectors();
        let mut documents = Documents::new(&vectors);
        documents.add("Good, very good film! Bad");
        documents.add("unheard of");
        assert_eq!(documents.get(0), [0, CLAUSE, 0, 1, SENTENCE, 2]);
        assert_eq!(
            (documents.len(), documents.seen(), documents.words()),
            (1, 2, 4)
        );
        let found: Vec<_> = sentences(documents.get(0)).collect();
        assert_eq!(found, [&[0, CLAUSE, 0, 1][..], &[2]]);
    }

    #[test]
    fn the_sample_is_even_and_bounded() {
        let vectors = vectors();
        let mut documents = Documents {
            most: 64,
            ..Documents::new(&vectors)
        };
        for at in 0..1000 {
            documents.add(["good", "film"][at / 4 % 2]);
        }
        assert!(documents.words() <= 64 && documents.words() > 16);
        assert_eq!(documents.step, 16);
    }
}
