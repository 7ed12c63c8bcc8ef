//! Word vectors to sentence vectors: the weighted mean of the vectors of the
//! different words that are known.
//!
//! ```text
//! x = sum over the different known words of w v / sum of w
//! ```
//!
//! with v of unit length. The weights are those of Arora, Liang and Ma, "A
//! Simple but Tough-to-Beat Baseline for Sentence Embeddings" (2017), algorithm
//! 1, line 2: w = a / (a + p), where p is the word's share of the running words
//! that the vectors were learned from, so that words which stand in every
//! sentence count less. Their second step, removing the common component, is
//! left out: it costs accuracy on sentiment. Without counts (vectors of another
//! program) all weights are 1.
//!
//! Where n-grams have vectors, a word that was never seen has one too (see
//! [`subwords`](crate::vectors::subwords)), of unit length like every other. Its
//! share p is 0, so its weight is 1.
//!
//! [`negation`] says which words of a text are negated.

pub mod negation;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use linfa::dataset::Records;
use linfa::traits::Transformer;
use ndarray::Array2;

use crate::text::tokenizer::Tokenizer;
use crate::vectors::WordVectors;

/// The weight of a word that has no row: a / (a + p) for p = 0.
pub(crate) const UNSEEN: f64 = 1.0;
/// The constant a of the weights is at least this; the paper's range is 1e-4 to
/// 1e-3.
const SMOOTHING: f64 = 1e-3;
/// And at least so many times the mean share of a word: in a small vocabulary
/// every word is frequent, and rare ones have the least reliable vectors.
const MEAN_SHARES: f64 = 10.0;

/// What an encoder makes of one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoded {
    /// The weighted mean of the known words' vectors, `dims` long; zeros when
    /// none is known.
    pub vector: Vec<f64>,
    /// The different known words, as rows of the vectors, sorted: texts that
    /// agree in these are the same to the encoder.
    pub words: Vec<usize>,
    /// The different words whose vectors are composed of n-grams, sorted.
    pub composed: Vec<String>,
    /// Words that have a vector.
    pub known: usize,
    /// Those of them that have it from their n-grams only.
    pub unseen: usize,
    /// Words, stop words left out.
    pub tokens: usize,
    /// The sum of the different known words' weights: how much the mean is of.
    pub weight: f64,
}

/// A known word's part in a sentence vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Share<'a> {
    /// The bytes of the text it stands on.
    pub span: Range<usize>,
    /// How much of the mean it is; those of all words sum to 1.
    pub share: f64,
    /// Its vector.
    pub vector: Cow<'a, [f32]>,
}

/// How much each word of a vocabulary counts in a sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct WordWeights(Vec<f32>);

impl WordWeights {
    /// The weights that fit the vectors: by frequency where it is known.
    pub fn fitting(vectors: &WordVectors) -> Self {
        match vectors.counts() {
            None => Self::equal(vectors),
            Some(counts) => {
                let total = counts.iter().sum::<u64>().max(1) as f64;
                let a = SMOOTHING.max(MEAN_SHARES / counts.len().max(1) as f64);
                let weight = |&count: &u64| a / (a + count as f64 / total);
                Self(counts.iter().map(|count| weight(count) as f32).collect())
            }
        }
    }

    /// Every word counts the same: the plain mean.
    pub fn equal(vectors: &WordVectors) -> Self {
        Self(vec![1.0; vectors.len()])
    }

    /// Stored weights; nothing unless there is one positive number for each
    /// word.
    pub(crate) fn stored(weights: Vec<f32>, words: usize) -> Option<Self> {
        let positive = weights.iter().all(|w| w.is_finite() && *w > 0.0);
        (weights.len() == words && positive).then_some(Self(weights))
    }

    /// One weight a word.
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }
}

/// Averages word vectors.
#[derive(Debug, Clone, Copy)]
pub struct SentenceEncoder<'a> {
    vectors: &'a WordVectors,
    weights: &'a WordWeights,
    tokenizer: &'a Tokenizer,
}

impl<'a> SentenceEncoder<'a> {
    /// An encoder; the tokenizer must be the one that the vectors were learned
    /// with.
    pub fn new(
        vectors: &'a WordVectors,
        weights: &'a WordWeights,
        tokenizer: &'a Tokenizer,
    ) -> Self {
        Self {
            vectors,
            weights,
            tokenizer,
        }
    }

    /// The sentence vector of one text.
    pub fn encode(&self, text: &str) -> Encoded {
        let mut tokens = 0;
        let mut words: Vec<usize> = Vec::new();
        let mut others: BTreeMap<String, usize> = BTreeMap::new();
        for token in self.tokenizer.tokens(text) {
            tokens += 1;
            match self.vectors.index(&token.word) {
                Some(word) => words.push(word),
                None if self.vectors.subwords().is_some() => {
                    *others.entry(token.word.into_owned()).or_default() += 1;
                }
                None => {}
            }
        }
        let mut known = words.len();
        words.sort_unstable();
        words.dedup();

        let mut vector = vec![0.0; self.vectors.dims()];
        let mut total = 0.0;
        for &word in &words {
            let weight = f64::from(self.weights.0[word]);
            total += weight;
            for (sum, &value) in vector.iter_mut().zip(self.vectors.row(word)) {
                *sum += weight * f64::from(value);
            }
        }
        let mut composed = Vec::new();
        let mut unseen = 0;
        for (word, times) in others {
            let Some(row) = self.vectors.vector(&word) else {
                continue;
            };
            total += UNSEEN;
            for (sum, &value) in vector.iter_mut().zip(&*row) {
                *sum += UNSEEN * f64::from(value);
            }
            composed.push(word);
            unseen += times;
        }
        known += unseen;
        if total > 0.0 {
            for value in &mut vector {
                *value /= total;
            }
        }
        Encoded {
            vector,
            words,
            composed,
            known,
            unseen,
            tokens,
            weight: total,
        }
    }

    /// The part that each known word of a text has in its sentence vector, by where
    /// they stand: the vectors times their shares sum to it. The places of a word that
    /// stands more than once have equal shares of its one.
    pub fn shares(&self, text: &str) -> Vec<Share<'a>> {
        let mut shares = Vec::new();
        let mut words = Vec::new();
        // How often each word stands there.
        let mut times: BTreeMap<String, f64> = BTreeMap::new();
        let mut total = 0.0;
        for token in self.tokenizer.tokens(text) {
            let Some(vector) = self.vectors.vector(&token.word) else {
                continue;
            };
            let weight = match self.vectors.index(&token.word) {
                Some(word) => f64::from(self.weights.0[word]),
                None => UNSEEN,
            };
            let word = token.word.into_owned();
            let times = times.entry(word.clone()).or_insert(0.0);
            if *times == 0.0 {
                total += weight;
            }
            *times += 1.0;
            words.push(word);
            shares.push(Share {
                span: token.span,
                share: weight,
                vector,
            });
        }
        for (share, word) in shares.iter_mut().zip(&words) {
            share.share /= total * times[word];
        }
        shares
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
    use crate::vectors::subwords::{NGrams, Subwords};
    use proptest::prelude::*;

    fn vectors() -> WordVectors {
        let words = ["film", "good", "bad"].map(str::to_owned).to_vec();
        WordVectors::new(words, vec![0.0, 1.0, 1.0, 0.0, -1.0, 0.0], 2).unwrap()
    }

    fn encode(vectors: &WordVectors, text: &str) -> Encoded {
        let weights = WordWeights::fitting(vectors);
        SentenceEncoder::new(vectors, &weights, &Tokenizer::default()).encode(text)
    }

    #[test]
    fn different_known_words_are_averaged_and_all_are_counted() {
        let encoded = encode(&vectors(), "A good, GOOD film!");
        assert_eq!((encoded.known, encoded.tokens), (3, 4));
        assert_eq!(encoded.vector, [0.5, 0.5]);
        assert_eq!(encoded.weight, 2.0);
        let nothing = encode(&vectors(), "unheard of");
        assert_eq!((nothing.known, nothing.weight), (0, 0.0));
        assert_eq!(nothing.vector, [0.0, 0.0]);
    }

    #[test]
    fn unseen_words_count_like_the_rarest() {
        let ngrams = NGrams {
            min_n: 4,
            max_n: 4,
            bucket_bits: 10,
        };
        let mut rows = vec![0.0; 2 * ngrams.buckets()];
        for bucket in ngrams.of("good") {
            rows[2 * bucket as usize..][..2].copy_from_slice(&[300.0, 400.0]);
        }
        let vectors = vectors()
            .with_subwords(Subwords::from_all(ngrams, &rows, 2).unwrap())
            .unwrap();
        let encoded = encode(&vectors, "Goodie film, goodie, goodly; zzz");
        assert_eq!((encoded.known, encoded.unseen, encoded.tokens), (4, 3, 5));
        assert_eq!(encoded.words, [0]);
        assert_eq!(encoded.composed, ["goodie", "goodly"]);
        // The row of film and twice a unit vector, of whatever length its parts.
        let expected = [(0.0 + 2.0 * 0.6) / 3.0, (1.0 + 2.0 * 0.8) / 3.0];
        for (value, expected) in encoded.vector.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-6, "{encoded:?}");
        }
    }

    #[test]
    fn frequent_words_count_less() {
        // a = 10 / 20,000 words would be less than 1e-3, so a = 1e-3: a share of
        // 0.001 halves the weight, one of 0.099 makes it a hundredth.
        let names: Vec<String> = (0..20_000).map(|word| format!("w{word}")).collect();
        let rows = vec![1.0; 20_000];
        let mut counts = vec![45; 20_000];
        (counts[0], counts[1]) = (99_000, 1000);
        counts[2] += 1_000_000 - counts.iter().sum::<u64>();
        let vectors = WordVectors::new(names, rows, 1)
            .unwrap()
            .with_counts(counts);
        let weights = WordWeights::fitting(&vectors);
        assert!((weights.as_slice()[0] - 0.01).abs() < 1e-6);
        assert!((weights.as_slice()[1] - 0.5).abs() < 1e-6);
        // In a small vocabulary all words count about the same.
        let small = self::vectors().with_counts(vec![2, 1, 1]);
        let weights = WordWeights::fitting(&small);
        assert!(weights.as_slice().iter().all(|&weight| weight > 0.85));
        assert!(weights.as_slice()[0] < weights.as_slice()[1]);
    }

    proptest! {
        #[test]
        fn a_batch_equals_one_by_one(texts in proptest::collection::vec("(good|bad|film|x| ){0,9}", 0..9)) {
            let vectors = vectors();
            let (weights, tokenizer) = (WordWeights::fitting(&vectors), Tokenizer::default());
            let encoder = SentenceEncoder::new(&vectors, &weights, &tokenizer);
            let batch = encoder.transform(Texts(&texts));
            prop_assert_eq!(batch.nrows(), texts.len());
            for (row, text) in batch.rows().into_iter().zip(&texts) {
                prop_assert_eq!(row.to_vec(), encoder.encode(text).vector);
            }
        }

        #[test]
        fn shares_make_up_the_vector(text in "(good|bad|film|goodie|x|,| ){0,12}") {
            let ngrams = NGrams { min_n: 4, max_n: 4, bucket_bits: 6 };
            let mut rows = vec![0.0; 2 * ngrams.buckets()];
            rows[2 * ngrams.of("good")[0] as usize] = -3.0;
            let vectors = vectors()
                .with_subwords(Subwords::from_all(ngrams, &rows, 2).unwrap())
                .unwrap()
                .with_counts(vec![60, 30, 10]);
            let (weights, tokenizer) = (WordWeights::fitting(&vectors), Tokenizer::default());
            let encoder = SentenceEncoder::new(&vectors, &weights, &tokenizer);
            let encoded = encoder.encode(&text);
            let shares = encoder.shares(&text);
            prop_assert_eq!(shares.len(), encoded.known);
            let total: f64 = shares.iter().map(|share| share.share).sum();
            prop_assert!(shares.is_empty() || (total - 1.0).abs() < 1e-12);
            for (at, &value) in encoded.vector.iter().enumerate() {
                let parts = shares.iter().map(|one| one.share * f64::from(one.vector[at]));
                prop_assert!((parts.sum::<f64>() - value).abs() < 1e-12);
            }
        }

        #[test]
        fn the_order_of_words_does_not_matter(mut words in proptest::collection::vec("good|bad|film", 1..9)) {
            let vectors = vectors();
            let forward = encode(&vectors, &words.join(" "));
            words.reverse();
            prop_assert_eq!(forward, encode(&vectors, &words.join(" ")));
        }
    }
}
