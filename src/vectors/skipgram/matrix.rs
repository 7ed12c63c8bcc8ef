//! The two matrices, between rounds: rows are copied out for a shard to work
//! on, and what the shards changed is put back.

use crate::error::{Error, Result};
use crate::random::{Use, stream, unit};

/// Words x dimensions, row after row.
#[derive(Debug, Clone)]
pub(super) struct Matrix {
    pub(super) values: Vec<f32>,
    pub(super) dims: usize,
}

impl Matrix {
    /// All zeros.
    ///
    /// # Errors
    /// [`Error::Setting`] when the memory is not to be had.
    pub(super) fn zeros(rows: usize, dims: usize) -> Result<Self> {
        let too_large = || {
            Error::setting(
                "--dims",
                format!("{dims} dimensions for {rows} words"),
                "a matrix that fits into memory: fewer dimensions, or a higher --min-count",
            )
        };
        let length = rows.checked_mul(dims).ok_or_else(too_large)?;
        let mut values = Vec::new();
        values.try_reserve_exact(length).map_err(|_| too_large())?;
        values.resize(length, 0.0);
        Ok(Self { values, dims })
    }

    /// Fills it with numbers between -0.5 / dims and 0.5 / dims, as word2vec
    /// does.
    pub(super) fn randomise(&mut self, seed: u64) {
        let mut random = stream(Use::Vectors, seed);
        for value in &mut self.values {
            *value = (unit(&mut random) - 0.5) / self.dims as f32;
        }
    }

    /// Copies the rows of these words into rows of `stride` values.
    pub(super) fn gather(&self, words: &[u32], stride: usize, into: &mut Vec<f32>) {
        into.clear();
        into.resize(words.len() * stride, 0.0);
        for (row, &word) in into.chunks_exact_mut(stride).zip(words) {
            row[..self.dims].copy_from_slice(self.row(word));
        }
    }

    /// Turns rows that were gathered and then trained into their changes.
    pub(super) fn changes(&self, words: &[u32], stride: usize, trained: &mut [f32]) {
        for (row, &word) in trained.chunks_exact_mut(stride).zip(words) {
            for (value, before) in row.iter_mut().zip(self.row(word)) {
                *value -= before;
            }
        }
    }

    fn row(&self, word: u32) -> &[f32] {
        &self.values[word as usize * self.dims..][..self.dims]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_were_copied_and_changed_give_their_changes() {
        let mut matrix = Matrix::zeros(4, 3).unwrap();
        matrix.randomise(9);
        assert!(matrix.values.iter().all(|value| value.abs() <= 0.5 / 3.0));
        assert!(matrix.values.iter().any(|&value| value != 0.0));
        let mut copied = Vec::new();
        matrix.gather(&[2, 0], 8, &mut copied);
        assert_eq!(copied.len(), 16);
        assert_eq!(copied[..3], matrix.values[6..9]);
        assert_eq!(copied[3..8], [0.0; 5]);
        copied[0] += 1.0;
        copied[9] -= 0.5;
        matrix.changes(&[2, 0], 8, &mut copied);
        for (at, change) in copied.iter().enumerate() {
            let expected = [(0, 1.0), (9, -0.5)].iter().find(|(place, _)| *place == at);
            assert!((change - expected.map_or(0.0, |(_, change)| *change)).abs() < 1e-6);
        }
    }

    #[test]
    fn impossible_sizes_are_an_error() {
        assert!(Matrix::zeros(usize::MAX, 8).is_err());
        assert!(Matrix::zeros(1 << 50, 1 << 9).is_err());
    }
}
