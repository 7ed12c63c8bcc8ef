//! Vectors of character n-grams, from which words that were never seen get
//! theirs.
//!
//! A word is written in brackets, `<word>`, and cut into all its substrings of
//! some lengths. Each falls into one of 2^k buckets by a hash, and a bucket has
//! a vector (Bojanowski, Grave, Joulin and Mikolov, "Enriching Word Vectors with
//! Subword Information", 2017, section 3.2). N-grams, hash and buckets are
//! finalfusion's, so that its files carry them and its readers understand them.
//!
//! An unseen word's vector is the mean of its n-grams' vectors, scaled to unit
//! length like the vector of every other word. Buckets into which no word of the
//! vocabulary falls were never trained: they are zero, and count for nothing.
//!
//! Where of vectors only their products with a few others are wanted, an unseen word's
//! vector, once it is of unit length, is turned into these.

use finalfusion::subword::{BucketIndexer, FinalfusionHashIndexer, SubwordIndices};
use serde::{Deserialize, Serialize};

use super::normalise;
use crate::error::{Error, Result};

/// The longest n-gram that can be asked for.
pub(crate) const LONGEST: usize = 64;
/// The largest number of buckets is two to the power of this.
pub(crate) const MOST_BITS: usize = 24;

/// Words of more characters are not cut: they are no words, and a line of a text
/// may be 16 megabytes of them.
const LONGEST_WORD: usize = 256;

/// Which n-grams words are cut into, and how many buckets there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NGrams {
    /// Characters of the shortest, brackets included, 1 or more.
    pub min_n: usize,
    /// Characters of the longest, at most 64.
    pub max_n: usize,
    /// There are two to the power of this many buckets, 1 to 24.
    pub bucket_bits: usize,
}

impl Default for NGrams {
    /// 3 to 6 characters, as in the paper, in 2^17 buckets.
    fn default() -> Self {
        Self {
            min_n: 3,
            max_n: 6,
            bucket_bits: 17,
        }
    }
}

impl NGrams {
    /// Checks every range.
    ///
    /// # Errors
    /// [`Error::Setting`] with the option's name.
    pub fn check(&self) -> Result<()> {
        let refused = |name, value, expected: String| Err(Error::setting(name, value, expected));
        if !(1..=LONGEST).contains(&self.max_n) {
            return refused("--maxn", self.max_n, format!("1 to {LONGEST}"));
        }
        if !(1..=self.max_n).contains(&self.min_n) {
            return refused(
                "--minn",
                self.min_n,
                format!("1 to {} (--maxn)", self.max_n),
            );
        }
        if !(1..=MOST_BITS).contains(&self.bucket_bits) {
            let expected = format!("1 to {MOST_BITS}, the exponent of a power of two");
            let error = Error::setting("--buckets", self.bucket_bits, expected);
            // Who names a larger number means the buckets themselves.
            return Err(match self.bucket_bits.checked_ilog2() {
                Some(bits) if self.bucket_bits > MOST_BITS => {
                    let bits = (bits as usize).min(MOST_BITS);
                    error.with_hint(format!("--buckets {bits} makes {} buckets", 1 << bits))
                }
                _ => error,
            });
        }
        Ok(())
    }

    /// The number of buckets.
    pub fn buckets(&self) -> usize {
        1 << self.bucket_bits
    }

    /// The buckets of a word's n-grams, rising; a bucket stands as often as
    /// n-grams fall into it. None for a word of more than 256 characters.
    pub fn of(&self, word: &str) -> Vec<u32> {
        if word.chars().nth(LONGEST_WORD).is_some() {
            return Vec::new();
        }
        let indexer = FinalfusionHashIndexer::new(self.bucket_bits);
        let bracketed = format!("<{word}>");
        let mut buckets: Vec<u32> = bracketed
            .subword_indices(self.min_n, self.max_n, &indexer)
            .map(|bucket| bucket as u32)
            .collect();
        // Which n-gram comes first is not promised.
        buckets.sort_unstable();
        buckets
    }
}

/// The vectors of n-grams: those of the buckets that were trained.
#[derive(Debug, Clone, PartialEq)]
pub struct Subwords {
    ngrams: NGrams,
    dims: usize,
    /// The buckets that have a vector, rising.
    buckets: Vec<u32>,
    /// A row for each of them, of any length.
    rows: Vec<f32>,
    /// What unit vectors are multiplied by, where only that is wanted of them.
    projection: Option<Projection>,
}

/// The products of vectors with a few rows: a linear map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Projection(Vec<Vec<f64>>);

impl Projection {
    /// By rows that are all of one length.
    pub(crate) fn new(rows: Vec<Vec<f64>>) -> Self {
        Self(rows)
    }

    /// Whether it leads from vectors of `from` components to such of `to`, and none of its
    /// numbers is so large that what a unit vector becomes may be none in f32.
    pub(crate) fn fits(&self, from: usize, to: usize) -> bool {
        let sound = |row: &Vec<f64>| row.len() == from && row.iter().all(|v| v.abs() <= 1e30);
        self.0.len() == to && self.0.iter().all(sound)
    }

    /// Components of the vectors that it leads from.
    pub(crate) fn takes(&self) -> usize {
        self.0.first().map_or(0, Vec::len)
    }

    /// What a vector becomes.
    pub(crate) fn of(&self, vector: &[f32]) -> Vec<f32> {
        let product = |row: &Vec<f64>| -> f64 {
            let products = row.iter().zip(vector);
            products.map(|(a, b)| a * f64::from(*b)).sum()
        };
        self.0.iter().map(|row| product(row) as f32).collect()
    }
}

impl Subwords {
    /// Those of the `rows` of all buckets (buckets x `dims`) that are not zero.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn from_all(ngrams: NGrams, rows: &[f32], dims: usize) -> Result<Self> {
        if dims == 0 || ngrams.buckets().checked_mul(dims) != Some(rows.len()) {
            return Err(Error::setting(
                "n-gram vectors",
                format!("{} values for {} buckets", rows.len(), ngrams.buckets()),
                format!("buckets x {dims} dimensions"),
            ));
        }
        let (mut buckets, mut trained) = (Vec::new(), Vec::new());
        for (bucket, row) in rows.chunks_exact(dims).enumerate() {
            if row.iter().any(|&value| value != 0.0) {
                buckets.push(bucket as u32);
                trained.extend_from_slice(row);
            }
        }
        Self::new(ngrams, buckets, trained, dims)
    }

    /// The vectors of some buckets (buckets x `dims`, row after row).
    ///
    /// # Errors
    /// [`Error::Setting`] when the n-grams are out of range, the numbers do not
    /// fit each other, buckets are not in rising order, or a value is not finite.
    pub fn new(ngrams: NGrams, buckets: Vec<u32>, rows: Vec<f32>, dims: usize) -> Result<Self> {
        ngrams.check()?;
        let refused =
            |found: String, expected: &str| Err(Error::setting("n-gram vectors", found, expected));
        if dims == 0 || buckets.len().checked_mul(dims) != Some(rows.len()) {
            return refused(
                format!("{} values for {} buckets", rows.len(), buckets.len()),
                "buckets x dimensions values",
            );
        }
        let in_range = |&bucket: &u32| (bucket as usize) < ngrams.buckets();
        if !buckets.is_sorted_by(|a, b| a < b) || !buckets.iter().all(in_range) {
            return refused(
                "buckets out of order or out of range".to_owned(),
                "each bucket once, in rising order",
            );
        }
        if let Some(value) = rows.iter().find(|value| !value.is_finite()) {
            return refused(value.to_string(), "finite numbers");
        }
        Ok(Self {
            ngrams,
            dims,
            buckets,
            rows,
            projection: None,
        })
    }

    /// Which n-grams there are.
    pub fn ngrams(&self) -> NGrams {
        self.ngrams
    }

    /// The components of a word's vector.
    pub fn dims(&self) -> usize {
        let projection = self.projection.as_ref();
        projection.map_or(self.dims, |projection| projection.0.len())
    }

    /// Components of a bucket's row.
    pub(crate) fn width(&self) -> usize {
        self.dims
    }

    /// The same, of whose words' vectors only the products with some rows are wanted,
    /// which must be as long as those.
    #[must_use]
    pub(crate) fn projected(self, projection: Projection) -> Self {
        Self {
            projection: Some(projection),
            ..self
        }
    }

    /// What of words' vectors is wanted; nothing where it is all.
    pub(crate) fn projection(&self) -> Option<&Projection> {
        self.projection.as_ref()
    }

    /// The buckets that have a vector, rising.
    pub fn buckets(&self) -> &[u32] {
        &self.buckets
    }

    /// Their rows, one after the other.
    pub fn rows(&self) -> &[f32] {
        &self.rows
    }

    /// The same, to be rounded: they must stay finite.
    pub(crate) fn rows_mut(&mut self) -> &mut [f32] {
        &mut self.rows
    }

    /// Appends the rows of all buckets; zeros where there is no vector.
    pub(super) fn append_all(&self, rows: &mut Vec<f32>) {
        let start = rows.len();
        rows.resize(start + self.ngrams.buckets() * self.dims, 0.0);
        let all = &mut rows[start..];
        for (&bucket, row) in self.buckets.iter().zip(self.rows.chunks_exact(self.dims)) {
            all[bucket as usize * self.dims..][..self.dims].copy_from_slice(row);
        }
    }

    /// The vector of a word, by its n-grams alone, of unit length; nothing when
    /// none of them is known.
    pub fn compose(&self, word: &str) -> Option<Vec<f32>> {
        let row = |bucket| {
            let place = self.buckets.binary_search(&bucket).ok()?;
            self.rows.get(place * self.dims..)?.get(..self.dims)
        };
        let vector = compose(self.ngrams.of(word), row, self.dims)?;
        Some(match &self.projection {
            None => vector,
            Some(projection) => projection.of(&vector),
        })
    }
}

/// The unit vector of a word, of `dims` components, by the buckets of its n-grams and
/// their rows; nothing when none of them has a row.
pub(crate) fn compose<'r>(
    buckets: Vec<u32>,
    row: impl Fn(u32) -> Option<&'r [f32]>,
    dims: usize,
) -> Option<Vec<f32>> {
    // In f64: sums of large f32 values overflow. The sum has the direction of
    // the mean, and the length goes.
    let mut sum = vec![0.0; dims];
    for row in buckets.into_iter().filter_map(row) {
        for (sum, &value) in sum.iter_mut().zip(row) {
            *sum += f64::from(value);
        }
    }
    let largest = sum
        .iter()
        .fold(0.0, |most: f64, value| most.max(value.abs()));
    if largest == 0.0 {
        return None;
    }
    let mut vector: Vec<f32> = sum.iter().map(|value| (value / largest) as f32).collect();
    normalise(&mut vector);
    Some(vector)
}

#[cfg(test)]
mod tests {
    use super::*;
    use finalfusion::subword::Indexer;
    use finalfusion::vocab::{BucketSubwordVocab, SubwordIndices as _};
    use proptest::prelude::*;

    const NGRAMS: NGrams = NGrams {
        min_n: 3,
        max_n: 4,
        bucket_bits: 9,
    };

    #[test]
    fn a_word_is_cut_in_brackets() {
        let indexer = FinalfusionHashIndexer::new(NGRAMS.bucket_bits);
        let mut expected: Vec<u32> = ["<wö", "wör", "ör>", "<wör", "wör>"]
            .map(|ngram| indexer.index_ngram(&ngram.into())[0] as u32)
            .to_vec();
        expected.sort_unstable();
        assert_eq!(NGRAMS.of("wör"), expected);
        assert!(NGRAMS.of("").is_empty());
        assert!(!NGRAMS.of(&"ö".repeat(LONGEST_WORD)).is_empty());
        assert!(NGRAMS.of(&"ö".repeat(LONGEST_WORD + 1)).is_empty());
        // <an and na> come once, ana twice.
        let banana = NGrams { max_n: 3, ..NGRAMS }.of("anana");
        let ana = indexer.index_ngram(&"ana".into())[0] as u32;
        assert_eq!(banana.iter().filter(|&&bucket| bucket == ana).count(), 2);
    }

    proptest! {
        #[test]
        fn buckets_are_those_of_finalfusion(word in "\\PC{0,9}", min_n in 1usize..5, more in 0usize..4) {
            let ngrams = NGrams { min_n, max_n: min_n + more, bucket_bits: 11 };
            let vocabulary = BucketSubwordVocab::new(
                vec![],
                min_n as u32,
                ngrams.max_n as u32,
                FinalfusionHashIndexer::new(11),
            );
            let mut theirs: Vec<u32> = vocabulary
                .subword_indices(&word)
                .unwrap_or_default()
                .into_iter()
                .map(|bucket| bucket as u32)
                .collect();
            theirs.sort_unstable();
            prop_assert_eq!(ngrams.of(&word), theirs);
        }
    }

    #[test]
    fn untrained_buckets_count_for_nothing() {
        let mut all = vec![0.0; 2 * NGRAMS.buckets()];
        let [first, second, ..] = NGRAMS.of("wör")[..] else {
            panic!("n-grams of a word")
        };
        all[2 * first as usize..][..2].copy_from_slice(&[3e38, 0.0]);
        all[2 * second as usize..][..2].copy_from_slice(&[0.0, 3e38]);
        let subwords = Subwords::from_all(NGRAMS, &all, 2).unwrap();
        assert_eq!(subwords.buckets(), [first, second]);
        let vector = subwords.compose("wör").unwrap();
        assert!(vector.iter().all(|x| (x - 0.5f32.sqrt()).abs() < 1e-6));
        let mut rows = vec![7.0];
        subwords.append_all(&mut rows);
        assert_eq!(rows[1..], all);
        assert_eq!(subwords.compose(""), None);
        let none = Subwords::from_all(NGRAMS, &vec![0.0; all.len()], 2).unwrap();
        assert_eq!(none.compose("wör"), None);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let new = |buckets: &[u32], rows: &[f32]| {
            Subwords::new(NGRAMS, buckets.to_vec(), rows.to_vec(), 1)
        };
        assert!(new(&[1, 2], &[1.0, 2.0]).is_ok());
        assert!(new(&[2, 1], &[1.0, 2.0]).is_err());
        assert!(new(&[1, 1], &[1.0, 2.0]).is_err());
        assert!(new(&[1, 512], &[1.0, 2.0]).is_err());
        assert!(new(&[1], &[1.0, 2.0]).is_err());
        assert!(new(&[1], &[f32::NAN]).is_err());
        assert!(Subwords::from_all(NGRAMS, &[1.0], 1).is_err());
        for (min_n, max_n, bucket_bits, name) in [
            (0, 6, 17, "--minn"),
            (4, 3, 17, "--minn"),
            (3, 65, 17, "--maxn"),
            (3, 6, 0, "--buckets"),
            (3, 6, 25, "--buckets"),
        ] {
            let ngrams = NGrams {
                min_n,
                max_n,
                bucket_bits,
            };
            let message = ngrams.check().unwrap_err().to_string();
            assert!(message.starts_with(name), "{message}");
        }
        NGrams::default().check().unwrap();
    }
}
