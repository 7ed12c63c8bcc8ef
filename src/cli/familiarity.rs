//! How much of a text the vectors know: a text of another language has a known word
//! here and there, and what is learned from these is nothing.

use senti::text::tokenizer::Tokenizer;
use senti::vectors::WordVectors;

/// A text with so many known words says something.
pub(super) const FAMILIAR: usize = 3;

/// What is counted while texts are read.
pub(super) struct Familiarity<'v> {
    vectors: &'v WordVectors,
    tokenizer: Tokenizer,
    words: usize,
    known: usize,
    texts: usize,
}

impl<'v> Familiarity<'v> {
    pub(super) fn new(vectors: &'v WordVectors) -> Self {
        Self {
            vectors,
            tokenizer: vectors.tokenizer(),
            words: 0,
            known: 0,
            texts: 0,
        }
    }

    /// Counts the words of a text. A vector that is made of n-grams does not make a word
    /// known: whatever has letters has one.
    pub(super) fn add(&mut self, text: &str) {
        let (mut words, mut known) = (0, 0);
        for token in self.tokenizer.tokens(text) {
            words += 1;
            known += usize::from(self.vectors.index(&token.word).is_some());
        }
        self.words += words;
        self.known += known;
        self.texts += usize::from(known >= FAMILIAR);
    }

    /// The share of the words that are known; of no words, all.
    pub(super) fn share(&self) -> f64 {
        match self.words {
            0 => 1.0,
            words => self.known as f64 / words as f64,
        }
    }

    /// Texts with [`FAMILIAR`] known words or more.
    pub(super) fn texts(&self) -> usize {
        self.texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_texts_are_counted() {
        let words = ["good", "film", "bad"].map(str::to_owned).to_vec();
        let vectors = WordVectors::new(words, vec![1.0, 2.0, 3.0], 1).unwrap();
        let mut familiar = Familiarity::new(&vectors);
        assert_eq!((familiar.share(), familiar.texts()), (1.0, 0));
        for text in ["", "Good, good film!", "good film", "ein guter film", "?"] {
            familiar.add(text);
        }
        assert_eq!((familiar.share(), familiar.texts()), (6.0 / 8.0, 1));
    }
}
