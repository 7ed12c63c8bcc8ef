//! Vectors of words that have no row, made of those of their n-grams, in tables that are
//! used as they lie in the file.
//!
//! An index has two numbers to each run of 32 buckets: a bit for each that has a vector,
//! and how many do before the run. So a bucket's row is found with one look. The rows have
//! as many components as the vectors had that words' were folded from: the vector of a
//! word is brought to unit length before it is folded, which takes all of them.

use serde::{Deserialize, Serialize};

use super::Folded;
use super::text::Text;
use crate::error::Result;
use crate::sentence::UNSEEN;
use crate::vectors::subwords::{NGrams, Projection, Subwords, compose};

/// Buckets to a run of the index.
const RUN: usize = 32;
/// Numbers to each of them: bits, and how many buckets stand before.
pub(super) const INDEX: usize = 2;

/// What the header says of n-grams.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) ngrams: NGrams,
    /// What the vectors of words are folded by; nothing where they are not.
    pub(super) projection: Option<Projection>,
}

impl Stored {
    pub(super) fn of(subwords: &Subwords) -> Self {
        Self {
            ngrams: subwords.ngrams(),
            projection: subwords.projection().cloned(),
        }
    }

    /// What it was made of, with the rows of buckets (buckets x `width`).
    ///
    /// # Errors
    /// As [`Subwords::new`].
    pub(super) fn subwords(
        &self,
        buckets: Vec<u32>,
        rows: Vec<f32>,
        width: usize,
    ) -> Result<Subwords> {
        let subwords = Subwords::new(self.ngrams, buckets, rows, width)?;
        Ok(match &self.projection {
            Some(projection) => subwords.projected(projection.clone()),
            None => subwords,
        })
    }

    /// Runs of the index.
    pub(super) fn runs(&self) -> usize {
        self.ngrams.buckets().div_ceil(RUN)
    }

    /// Whether it makes vectors of `dims` components of rows of `width`.
    pub(super) fn fits(&self, width: usize, dims: usize) -> bool {
        let projection = self.projection.as_ref();
        let folds = projection.map_or(width == dims, |projection| projection.fits(width, dims));
        self.ngrams.check().is_ok() && folds
    }
}

/// The index of buckets, which rise and are less than [`RUN`] times `runs`.
pub(super) fn index_of(buckets: &[u32], runs: usize) -> Vec<[u32; INDEX]> {
    let mut index = vec![[0u32; INDEX]; runs];
    for &bucket in buckets {
        index[bucket as usize / RUN][0] |= 1 << (bucket as usize % RUN);
    }
    let mut before = 0;
    for run in &mut index {
        run[1] = before;
        before += run[0].count_ones();
    }
    index
}

/// The tables, as they lie in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'f> {
    pub(super) index: &'f [[u32; INDEX]],
    pub(super) rows: &'f [f32],
    pub(super) width: usize,
}

impl<'f> Rows<'f> {
    /// The place of a bucket's row, if it has one.
    pub(super) fn place(self, bucket: u32) -> Option<usize> {
        let [bits, before] = *self.index.get(bucket as usize / RUN)?;
        let bit = 1 << (bucket as usize % RUN);
        let within = (bits & (bit - 1)).count_ones();
        (bits & bit != 0).then_some(before as usize + within as usize)
    }

    /// The run of the index that says so.
    pub(super) fn run(bucket: u32) -> usize {
        bucket as usize / RUN
    }

    pub(super) fn row(self, bucket: u32) -> Option<&'f [f32]> {
        let from = self.place(bucket)?.checked_mul(self.width)?;
        self.rows.get(from..)?.get(..self.width)
    }

    /// The buckets that have rows, rising; nothing where index and rows do not agree.
    pub(super) fn buckets(self) -> Option<Vec<u32>> {
        let mut buckets = Vec::new();
        for (&[bits, before], start) in self.index.iter().zip((0u32..).step_by(RUN)) {
            if before as usize != buckets.len() {
                return None;
            }
            let bit = |at: &u32| bits >> at & 1 != 0;
            buckets.extend((0..RUN as u32).filter(bit).map(|at| start + at));
        }
        (buckets.len().checked_mul(self.width)? == self.rows.len()).then_some(buckets)
    }
}

/// What a text's words without rows add to its vector.
#[derive(Debug, Clone, Default)]
pub(super) struct Unseen {
    sum: Vec<f64>,
    /// Their weights.
    weight: f64,
    /// How often they stand there.
    pub(super) times: usize,
}

impl Unseen {
    /// Reads those of a text, as
    /// [`SentenceEncoder::encode`](crate::sentence::SentenceEncoder::encode) does.
    pub(super) fn read(&mut self, folded: &Folded, text: &mut Text) {
        (self.weight, self.times) = (0.0, 0);
        let Some((stored, rows)) = folded.ngrams().filter(|_| !text.unseen.is_empty()) else {
            return;
        };
        self.sum.clear();
        self.sum.resize(folded.tables.dims, 0.0);
        text.unseen.sort_unstable();
        for same in text.unseen.chunk_by(|a, b| a == b) {
            let buckets = stored.ngrams.of(&same[0]);
            let Some(mut vector) = compose(buckets, |bucket| rows.row(bucket), rows.width) else {
                continue;
            };
            if let Some(projection) = &stored.projection {
                vector = projection.of(&vector);
            }
            self.weight += UNSEEN;
            self.times += same.len();
            for (sum, value) in self.sum.iter_mut().zip(vector) {
                *sum += UNSEEN * f64::from(value);
            }
        }
    }

    /// Takes them into the mean of vectors of this weight, and says what it weighs then.
    pub(super) fn join(&self, mean: &mut [f64], weight: f64) -> f64 {
        if self.weight == 0.0 {
            return weight;
        }
        let total = weight + self.weight;
        for (mean, sum) in mean.iter_mut().zip(&self.sum) {
            *mean = (*mean * weight + sum) / total;
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_bucket_leads_to_its_row(all in proptest::collection::btree_set(0u32..200, 0..80)) {
            let buckets: Vec<u32> = all.iter().copied().collect();
            let index = index_of(&buckets, 200usize.div_ceil(RUN));
            let rows: Vec<f32> = buckets.iter().flat_map(|&bucket| [bucket as f32, 0.5]).collect();
            let rows = Rows { index: &index, rows: &rows, width: 2 };
            for bucket in 0..300 {
                let expected = all.contains(&bucket).then_some([bucket as f32, 0.5]);
                prop_assert_eq!(rows.row(bucket), expected.as_ref().map(|row| &row[..]));
            }
            prop_assert_eq!(rows.buckets(), Some(buckets));
        }

        #[test]
        fn nonsense_leads_nowhere(index in proptest::collection::vec(any::<[u32; INDEX]>(), 0..5), bucket in 0u32..200) {
            let rows = Rows { index: &index, rows: &[1.0, 2.0], width: 1 };
            rows.row(bucket);
            rows.buckets();
        }
    }
}
