//! Where the vectors live while they are trained: plain memory for one
//! thread, shared memory for several.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::{Error, Result};
use crate::random::{Use, stream, unit};

/// Rows that can be copied out and added to.
pub(super) trait Rows {
    /// Copies a row out.
    fn read(&self, row: usize, out: &mut [f32]);
    /// Adds a change to a row.
    fn add(&mut self, row: usize, change: &[f32]);
}

/// Rows of one owner.
#[derive(Debug, Clone)]
pub(super) struct Dense {
    values: Vec<f32>,
    stride: usize,
}

impl Dense {
    /// All zeros.
    ///
    /// # Errors
    /// [`Error::Setting`] when the memory is not to be had.
    pub(super) fn zeros(rows: usize, stride: usize) -> Result<Self> {
        let too_large = || {
            Error::setting(
                "--dims",
                format!("{stride} dimensions for {rows} words"),
                "a matrix that fits into memory: fewer dimensions, or a higher --min-count",
            )
        };
        let length = rows.checked_mul(stride).ok_or_else(too_large)?;
        let mut values = Vec::new();
        values.try_reserve_exact(length).map_err(|_| too_large())?;
        values.resize(length, 0.0);
        Ok(Self { values, stride })
    }

    /// Fills the first `dims` columns with numbers between -0.5 / `dims` and
    /// 0.5 / `dims`, as word2vec does; the padding stays zero.
    pub(super) fn randomise(&mut self, dims: usize, seed: u64) {
        let mut random = stream(Use::Vectors, seed);
        for row in self.values.chunks_exact_mut(self.stride) {
            for value in &mut row[..dims] {
                *value = (unit(&mut random) - 0.5) / dims as f32;
            }
        }
    }

    /// The rows, padding included.
    pub(super) fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.stride)
    }
}

impl Rows for Dense {
    #[inline(always)]
    fn read(&self, row: usize, out: &mut [f32]) {
        out.copy_from_slice(&self.values[row * self.stride..][..self.stride]);
    }

    #[inline(always)]
    fn add(&mut self, row: usize, change: &[f32]) {
        let row = &mut self.values[row * self.stride..][..self.stride];
        for (value, change) in row.iter_mut().zip(change) {
            *value += change;
        }
    }
}

/// Rows that several threads change at once without locks (Recht, Ré, Wright
/// and Niu, "Hogwild!", 2011). Every value is an atomic with relaxed order:
/// plain loads and stores to the processor, and defined behaviour in Rust.
/// An update that two threads make to one value at the same moment may be
/// lost; a value is never torn.
#[derive(Debug)]
pub(super) struct Shared {
    values: Vec<AtomicU32>,
    stride: usize,
}

impl From<Dense> for Shared {
    fn from(dense: Dense) -> Self {
        Self {
            values: dense
                .values
                .into_iter()
                .map(|value| AtomicU32::new(value.to_bits()))
                .collect(),
            stride: dense.stride,
        }
    }
}

impl From<Shared> for Dense {
    fn from(shared: Shared) -> Self {
        Self {
            values: shared
                .values
                .into_iter()
                .map(|value| f32::from_bits(value.into_inner()))
                .collect(),
            stride: shared.stride,
        }
    }
}

impl Rows for &Shared {
    #[inline(always)]
    fn read(&self, row: usize, out: &mut [f32]) {
        let row = &self.values[row * self.stride..][..self.stride];
        for (out, value) in out.iter_mut().zip(row) {
            *out = f32::from_bits(value.load(Ordering::Relaxed));
        }
    }

    #[inline(always)]
    fn add(&mut self, row: usize, change: &[f32]) {
        let row = &self.values[row * self.stride..][..self.stride];
        for (value, change) in row.iter().zip(change) {
            let sum = f32::from_bits(value.load(Ordering::Relaxed)) + change;
            value.store(sum.to_bits(), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_rows_agree() {
        let mut dense = Dense::zeros(3, 8).unwrap();
        dense.randomise(5, 9);
        assert!(dense.rows().all(|row| row[5..] == [0.0; 3]));
        assert!(
            dense
                .rows()
                .all(|row| row[..5].iter().all(|v| v.abs() <= 0.1))
        );
        let shared = Shared::from(dense.clone());
        let mut view = &shared;
        let change: Vec<f32> = (0..8).map(|i| i as f32).collect();
        view.add(1, &change);
        dense.add(1, &change);
        let (mut a, mut b) = (vec![0.0; 8], vec![0.0; 8]);
        for row in 0..3 {
            view.read(row, &mut a);
            dense.read(row, &mut b);
            assert_eq!(a, b);
        }
        assert_eq!(Dense::from(shared).values, dense.values);
    }

    #[test]
    fn impossible_sizes_are_an_error() {
        assert!(Dense::zeros(usize::MAX, 8).is_err());
        assert!(Dense::zeros(1 << 50, 1 << 9).is_err());
    }
}
