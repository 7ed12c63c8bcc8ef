//! Unlabelled text as the induction reads it: the rows of known words, and the
//! breaks between them.

use rustc_hash::FxHashMap;

use super::chain::{Link, Text};
use super::reading::Reading;
use crate::text::clauses::breaks;
use crate::text::tokenizer::{Token, Tokenizer};
use crate::vectors::WordVectors;

/// Words held at most: about 120 MB.
const MOST_WORDS: usize = 24_000_000;

/// A sample of documents that a fixed amount of memory holds, spread evenly over
/// all that were read.
#[derive(Debug)]
pub struct Documents<'v> {
    lexicon: FxHashMap<&'v str, u32>,
    tokenizer: Tokenizer,
    reading: Reading,
    ids: Vec<u32>,
    links: Vec<Link>,
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
            reading: Reading::default(),
            ids: Vec::new(),
            links: Vec::new(),
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
        let tokens: Vec<Token<'_>> = self.tokenizer.tokens(text).collect();
        let row = |word: &str| self.lexicon.get(word).copied();
        self.reading.read(&tokens, breaks(text, &tokens), row);
        let read = self.reading.text();
        if !read.ids().is_empty() {
            self.ids.extend_from_slice(read.ids());
            self.links.extend_from_slice(read.links());
            self.ends.push(self.ids.len());
        }
        if self.ids.len() > self.most {
            self.thin_out();
        }
    }

    /// Drops every other document.
    fn thin_out(&mut self) {
        self.step *= 2;
        let (mut ids, mut links, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        for document in self.iter().step_by(2) {
            ids.extend_from_slice(document.ids());
            links.extend_from_slice(document.links());
            ends.push(ids.len());
        }
        (self.ids, self.links, self.ends) = (ids, links, ends);
    }

    /// The documents in the sample.
    pub(super) fn iter(&self) -> impl Iterator<Item = Text<'_>> + Clone {
        (0..self.ends.len()).map(|at| self.get(at))
    }

    /// One document.
    pub(super) fn get(&self, at: usize) -> Text<'_> {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        let range = start..self.ends[at];
        Text::new(&self.ids[range.clone()], &self.links[range])
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

    /// The median length of a document, in words.
    pub fn length(&self) -> usize {
        let mut lengths: Vec<usize> = self.iter().map(Text::length).collect();
        let middle = lengths.len() / 2;
        match lengths.is_empty() {
            true => 0,
            false => *lengths.select_nth_unstable(middle).1,
        }
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

    /// In how many documents each word stands.
    pub(super) fn frequencies(&self, words: usize) -> Vec<u32> {
        let mut frequencies = vec![0u32; words];
        let mut different = Vec::new();
        for document in self.iter() {
            distinct(document, &mut different);
            for &word in &different {
                frequencies[word as usize] += 1;
            }
        }
        frequencies
    }

    /// Words of the sample.
    pub fn words(&self) -> usize {
        Text::new(&self.ids, &self.links).words().count()
    }
}

/// The different words of a document, rising.
pub(super) fn distinct(document: Text<'_>, words: &mut Vec<u32>) {
    words.clear();
    words.extend(document.words());
    words.sort_unstable();
    words.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::polarity::chain::{CLAUSE, SENTENCE};

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
        assert_eq!(documents.get(0).ids(), [0, CLAUSE, 0, 1, SENTENCE, 2]);
        assert_eq!(
            (documents.len(), documents.seen(), documents.words()),
            (1, 2, 4)
        );
        let found: Vec<_> = documents.get(0).sentences().map(Text::ids).collect();
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
