//! Tokens to word vectors.
//!
//! [`corpus`] reads unlabelled text once and numbers its words, [`skipgram`]
//! learns a vector for each, [`WordVectors`] holds them, [`store`] keeps them
//! in files, [`formats`] and [`export`] know those of other programs,
//! [`neighbours`] answers questions about them. With [`subwords`],
//! words that were never seen have vectors too.

pub mod corpus;
pub mod export;
mod fifu;
mod foreign;
pub mod formats;
mod interner;
pub mod neighbours;
pub mod skipgram;
pub mod store;
pub mod subwords;

use std::borrow::Cow;

use finalfusion::embeddings::Embeddings;
use finalfusion::norms::NdNorms;
use finalfusion::storage::{NdArray, StorageView};
use finalfusion::vocab::{SimpleVocab, Vocab, WordIndex};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::files::digest::Fingerprint;
use crate::polarity::Polarity;
use crate::text::stopwords::StopWords;
use crate::text::tokenizer::Tokenizer;
use formats::Conversion;
use subwords::Subwords;

/// Where vectors come from: stored in every file that senti writes, and free
/// of anything that differs between two runs on the same input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// The version of senti that trained them.
    pub version: String,
    /// The texts they were learned from.
    pub corpus: Vec<Fingerprint>,
    /// Lines with at least one word.
    pub sentences: u64,
    /// Running words, stop words left out.
    pub tokens: u64,
    /// Mean loss of the last epoch, in nats a pair.
    pub loss: f64,
    /// The loss on the held-out slice after each epoch; empty where nothing was
    /// held out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_out: Vec<f64>,
    /// Why there were so many epochs, where that was left to the training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// Values that the processor computed at once.
    pub lanes: usize,
    /// The training's settings.
    pub settings: skipgram::Settings,
    /// The name of the stop-word list.
    pub stop_word_list: String,
    /// The stop words themselves.
    pub stop_words: Vec<String>,
}

impl Origin {
    /// The tokenizer that the vectors were learned with.
    pub fn tokenizer(&self) -> Tokenizer {
        Tokenizer::new(StopWords::from_words(
            &self.stop_word_list,
            self.stop_words.iter().cloned(),
        ))
    }
}

/// A vocabulary and one vector of unit length for each of its words.
///
/// Rows are in order of falling frequency where senti trained them. The
/// lengths that the vectors had before are kept beside them.
#[derive(Debug, Clone)]
pub struct WordVectors {
    embeddings: Embeddings<SimpleVocab, NdArray>,
    subwords: Option<Subwords>,
    origin: Option<Origin>,
    conversion: Option<Conversion>,
    counts: Option<Vec<u64>>,
    polarity: Option<Polarity>,
    fingerprint: Option<Fingerprint>,
}

impl WordVectors {
    /// Builds them from `words` and their `rows` (words x `dims`, row after
    /// row, of any length).
    ///
    /// # Errors
    /// [`Error::Setting`] when the numbers do not fit each other, a word
    /// stands twice, or a value is not finite.
    pub fn new(words: Vec<String>, mut rows: Vec<f32>, dims: usize) -> Result<Self> {
        check_rows(&words, &rows, dims)?;
        let norms = rows.chunks_exact_mut(dims).map(normalise).collect();
        Self::from_unit(words, rows, dims, norms)
    }

    /// Builds them from rows that are of unit length (or zero) already.
    pub(crate) fn from_unit(
        words: Vec<String>,
        rows: Vec<f32>,
        dims: usize,
        norms: Vec<f32>,
    ) -> Result<Self> {
        check_rows(&words, &rows, dims)?;
        if norms.len() != words.len() {
            return Err(Error::setting(
                "norms",
                format!("{} norms", norms.len()),
                format!("{}, one a word", words.len()),
            ));
        }
        let mut seen = rustc_hash::FxHashSet::default();
        if let Some(twice) = words.iter().find(|word| !seen.insert(word.as_str())) {
            return Err(Error::setting(
                "words",
                format!("the word {twice:?} twice"),
                "each word once",
            ));
        }
        drop(seen);
        let matrix = ndarray_015::Array2::from_shape_vec((words.len(), dims), rows)
            .map_err(|error| Error::setting("vectors", error, "words x dimensions values"))?;
        let norms = NdNorms::new(ndarray_015::Array1::from(norms));
        Ok(Self {
            embeddings: Embeddings::new(None, SimpleVocab::new(words), NdArray::new(matrix), norms),
            subwords: None,
            origin: None,
            conversion: None,
            counts: None,
            polarity: None,
            fingerprint: None,
        })
    }

    /// The same vectors with a record of where they come from.
    #[must_use]
    pub fn with_origin(mut self, origin: Origin) -> Self {
        self.origin = Some(origin);
        self.with_metadata()
    }

    /// The same vectors with those of n-grams, so that unseen words have one.
    ///
    /// # Errors
    /// [`Error::Setting`] when they have another number of components.
    pub fn with_subwords(mut self, subwords: Subwords) -> Result<Self> {
        if subwords.dims() != self.dims() {
            return Err(Error::setting(
                "n-gram vectors",
                format!("{} dimensions", subwords.dims()),
                format!("{}, as those of the words", self.dims()),
            ));
        }
        self.subwords = Some(subwords);
        Ok(self)
    }

    /// The vectors of n-grams, where there are any.
    pub fn subwords(&self) -> Option<&Subwords> {
        self.subwords.as_ref()
    }

    /// The same vectors with how often each word occurred; dropped unless there
    /// is one count a word.
    #[must_use]
    pub fn with_counts(mut self, counts: Vec<u64>) -> Self {
        self.counts = (counts.len() == self.len()).then_some(counts);
        self.with_metadata()
    }

    /// How often each word occurred in the text that they were learned from.
    pub fn counts(&self) -> Option<&[u64]> {
        self.counts.as_deref()
    }

    /// The same vectors with the direction of sentiment, which must have been found
    /// with them.
    #[must_use]
    pub fn with_polarity(mut self, polarity: Polarity) -> Self {
        self.polarity = Some(polarity);
        self.with_metadata()
    }

    /// The same vectors without a direction of sentiment.
    #[must_use]
    pub fn without_polarity(mut self) -> Self {
        self.polarity = None;
        self.with_metadata()
    }

    /// The direction of sentiment, where it has been found.
    pub fn polarity(&self) -> Option<&Polarity> {
        self.polarity.as_ref()
    }

    /// Where they come from; nothing for files of other programs.
    pub fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }

    /// Which file of another program they were converted from.
    pub fn conversion(&self) -> Option<&Conversion> {
        self.conversion.as_ref()
    }

    /// The digest of the file they were read from.
    pub fn fingerprint(&self) -> Option<&Fingerprint> {
        self.fingerprint.as_ref()
    }

    /// The tokenizer that fits these vectors: the one they were learned with,
    /// or the plain one.
    pub fn tokenizer(&self) -> Tokenizer {
        self.origin
            .as_ref()
            .map_or_else(Tokenizer::default, Origin::tokenizer)
    }

    /// The number of words.
    pub fn len(&self) -> usize {
        self.embeddings.len()
    }

    /// Whether there is no word.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of components of a vector.
    pub fn dims(&self) -> usize {
        self.embeddings.dims()
    }

    /// The words, in the order of the rows.
    pub fn words(&self) -> &[String] {
        self.embeddings.vocab().words()
    }

    /// All rows, one after the other.
    pub fn rows(&self) -> &[f32] {
        // The matrix was built row after row, so its slice is there.
        self.embeddings.storage().view().to_slice().unwrap_or(&[])
    }

    /// The lengths of the vectors before they were normalised.
    pub fn norms(&self) -> Vec<f32> {
        self.embeddings.norms().map_or_else(
            || vec![1.0; self.len()],
            |norms| norms.iter().copied().collect(),
        )
    }

    /// The row of a word.
    pub fn index(&self, word: &str) -> Option<usize> {
        match self.embeddings.vocab().idx(word)? {
            WordIndex::Word(index) => Some(index),
            WordIndex::Subword(_) => None,
        }
    }

    /// The vector of a word: its row, or, for a word that has none, what its
    /// n-grams make of it. Of unit length either way.
    pub fn vector(&self, word: &str) -> Option<Cow<'_, [f32]>> {
        match self.index(word) {
            Some(index) => Some(Cow::Borrowed(self.row(index))),
            None => self.subwords.as_ref()?.compose(word).map(Cow::Owned),
        }
    }

    /// The vector of a row; empty when there is no such row.
    pub fn row(&self, index: usize) -> &[f32] {
        let dims = self.dims();
        self.rows()
            .get(index * dims..(index + 1) * dims)
            .unwrap_or(&[])
    }
}

/// Scales a vector to unit length and returns the length it had. The zero
/// vector stays.
fn normalise(row: &mut [f32]) -> f32 {
    // In f64: the squares of large f32 values overflow.
    let norm = row
        .iter()
        .map(|&value| f64::from(value).powi(2))
        .sum::<f64>()
        .sqrt();
    if norm > 0.0 {
        for value in row {
            *value = (f64::from(*value) / norm) as f32;
        }
    }
    // The length of finite values may be too large for f32.
    norm.min(f64::from(f32::MAX)) as f32
}

fn check_rows(words: &[String], rows: &[f32], dims: usize) -> Result<()> {
    if dims == 0 || words.is_empty() || words.len().checked_mul(dims) != Some(rows.len()) {
        return Err(Error::setting(
            "vectors",
            format!(
                "{} values for {} words of {dims} dimensions",
                rows.len(),
                words.len()
            ),
            "at least one word, and words x dimensions values",
        ));
    }
    if let Some(at) = rows.iter().position(|value| !value.is_finite()) {
        return Err(Error::setting(
            "vectors",
            format!("{} in the vector of {:?}", rows[at], words[at / dims]),
            "finite numbers",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn rows_are_of_unit_length_and_found_by_word() {
        let vectors = WordVectors::new(words(&["a", "b"]), vec![3.0, 4.0, 0.0, 0.0], 2).unwrap();
        assert_eq!(vectors.row(vectors.index("a").unwrap()), [0.6, 0.8]);
        assert_eq!(vectors.row(1), [0.0, 0.0]);
        assert_eq!(vectors.norms(), [5.0, 0.0]);
        assert_eq!(vectors.index("c"), None);
        assert!(vectors.row(2).is_empty());
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(WordVectors::new(words(&["a"]), vec![1.0], 0).is_err());
        assert!(WordVectors::new(words(&["a"]), vec![1.0, 2.0], 1).is_err());
        assert!(WordVectors::new(words(&["a", "a"]), vec![1.0, 2.0], 1).is_err());
        assert!(WordVectors::new(words(&["a"]), vec![f32::NAN], 1).is_err());
        assert!(WordVectors::new(Vec::new(), Vec::new(), 1).is_err());
        // Lengths beyond f32's squares are no obstacle.
        let huge = WordVectors::new(words(&["a"]), vec![3e38, 3e38], 2).unwrap();
        assert!((huge.row(0)[0] - 0.5f32.sqrt()).abs() < 1e-6);
        assert_eq!(huge.norms(), [f32::MAX]);
    }
}
