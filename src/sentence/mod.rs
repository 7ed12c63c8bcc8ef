//! Word vectors to sentence vectors: the mean of the vectors of the words
//! that are known.

use linfa::dataset::Records;
use linfa::traits::Transformer;
use ndarray::Array2;

use crate::text::tokenizer::Tokenizer;
use crate::vectors::WordVectors;

/// What an encoder makes of one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoded {
    /// The mean of the known words' vectors, `dims` long; zeros when none is
    /// known.
    pub vector: Vec<f64>,
    /// Words that have a vector.
    pub known: usize,
    /// Words, stop words left out.
    pub tokens: usize,
}

/// Averages word vectors. Every word counts as often as it occurs, and all
/// vectors are of unit length, so no word counts more than another.
#[derive(Debug, Clone, Copy)]
pub struct SentenceEncoder<'a> {
    vectors: &'a WordVectors,
    tokenizer: &'a Tokenizer,
}

impl<'a> SentenceEncoder<'a> {
    /// An encoder; the tokenizer must be the one that the vectors were learned
    /// with.
    pub fn new(vectors: &'a WordVectors, tokenizer: &'a Tokenizer) -> Self {
        Self { vectors, tokenizer }
    }

    /// The sentence vector of one text.
    pub fn encode(&self, text: &str) -> Encoded {
        let mut vector = vec![0.0; self.vectors.dims()];
        let (mut known, mut tokens) = (0, 0);
        for token in self.tokenizer.tokens(text) {
            tokens += 1;
            if let Some(index) = self.vectors.index(&token.word) {
                known += 1;
                for (sum, &value) in vector.iter_mut().zip(self.vectors.row(index)) {
                    *sum += f64::from(value);
                }
            }
        }
        if known > 0 {
            for value in &mut vector {
                *value /= known as f64;
            }
        }
        Encoded {
            vector,
            known,
            tokens,
        }
    }
}

/// Texts as linfa's interfaces take them.
#[derive(Debug, Clone, Copy)]
pub struct Texts<'t, S>(pub &'t [S]);

impl<S> Records for Texts<'_, S> {
    type Elem = S;

    fn nsamples(&self) -> usize {
        self.0.len()
    }

    fn nfeatures(&self) -> usize {
        1
    }
}

impl<S: AsRef<str>> Transformer<Texts<'_, S>, Array2<f64>> for SentenceEncoder<'_> {
    /// One row a text: texts x dims.
    fn transform(&self, texts: Texts<'_, S>) -> Array2<f64> {
        let mut rows = Array2::zeros((texts.nsamples(), self.vectors.dims()));
        for (mut row, text) in rows.rows_mut().into_iter().zip(texts.0) {
            for (slot, value) in row.iter_mut().zip(self.encode(text.as_ref()).vector) {
                *slot = value;
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn vectors() -> WordVectors {
        let words = ["good", "bad", "film"].map(str::to_owned).to_vec();
        WordVectors::new(words, vec![1.0, 0.0, -1.0, 0.0, 0.0, 1.0], 2).unwrap()
    }

    #[test]
    fn known_words_are_averaged_and_counted() {
        let (vectors, tokenizer) = (vectors(), Tokenizer::default());
        let encoder = SentenceEncoder::new(&vectors, &tokenizer);
        let encoded = encoder.encode("A good, GOOD film!");
        assert_eq!((encoded.known, encoded.tokens), (3, 4));
        assert_eq!(encoded.vector, [2.0 / 3.0, 1.0 / 3.0]);
        let nothing = encoder.encode("unheard of");
        assert_eq!((nothing.known, nothing.vector), (0, vec![0.0, 0.0]));
    }

    proptest! {
        #[test]
        fn a_batch_equals_one_by_one(texts in proptest::collection::vec("(good|bad|film|x| ){0,9}", 0..9)) {
            let (vectors, tokenizer) = (vectors(), Tokenizer::default());
            let encoder = SentenceEncoder::new(&vectors, &tokenizer);
            let batch = encoder.transform(Texts(&texts));
            prop_assert_eq!(batch.nrows(), texts.len());
            for (row, text) in batch.rows().into_iter().zip(&texts) {
                prop_assert_eq!(row.to_vec(), encoder.encode(text).vector);
            }
        }

        #[test]
        fn the_order_of_words_does_not_matter(mut words in proptest::collection::vec("good|bad|film", 1..9)) {
            let (vectors, tokenizer) = (vectors(), Tokenizer::default());
            let encoder = SentenceEncoder::new(&vectors, &tokenizer);
            let forward = encoder.encode(&words.join(" ")).vector;
            words.reverse();
            let backward = encoder.encode(&words.join(" ")).vector;
            for (a, b) in forward.iter().zip(backward) {
                prop_assert!((a - b).abs() < 1e-12);
            }
        }
    }
}
