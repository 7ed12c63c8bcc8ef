//! Word vectors, row after row: the two matrices between rounds, and a shard's
//! copies of the rows it works on.
//!
//! Rows are filled up with zeros to whole vectors of lanes, and start where a
//! vector may: a load that straddles two cache lines costs two.

use bytemuck::{Pod, Zeroable};

use crate::error::{Error, Result};
use crate::random::{Use, stream, unit};

/// A cache line.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([f32; LINE]);

/// Values of a cache line.
const LINE: usize = 16;

/// Words x dimensions.
#[derive(Debug, Clone, Default)]
pub(super) struct Matrix {
    lines: Vec<Line>,
    rows: usize,
    dims: usize,
    stride: usize,
}

impl Matrix {
    /// Zeros, for a processor with so many lanes: a power of two, at most a
    /// cache line.
    ///
    /// # Errors
    /// [`Error::Setting`] when the memory is not to be had.
    pub(super) fn zeros(rows: usize, dims: usize, lanes: usize) -> Result<Self> {
        let too_large = || {
            Error::setting(
                "--dims",
                format!("{dims} dimensions for {rows} words"),
                "a matrix that fits into memory: fewer dimensions, or a higher --min-count",
            )
        };
        let stride = dims.checked_next_multiple_of(lanes).ok_or_else(too_large)?;
        let length = rows.checked_mul(stride).ok_or_else(too_large)?;
        let mut lines = Vec::new();
        lines
            .try_reserve_exact(length.div_ceil(LINE))
            .map_err(|_| too_large())?;
        lines.resize(length.div_ceil(LINE), Line::zeroed());
        Ok(Self {
            lines,
            rows,
            dims,
            stride,
        })
    }

    /// No rows yet, of the same form as another matrix.
    pub(super) fn like(other: &Self) -> Self {
        Self {
            lines: Vec::new(),
            rows: 0,
            ..*other
        }
    }

    /// Fills it with numbers between -0.5 / dims and 0.5 / dims, as word2vec
    /// does.
    pub(super) fn randomise(&mut self, seed: u64) {
        let mut random = stream(Use::Vectors, seed);
        let dims = self.dims as f32;
        for value in self.vectors_mut().flatten() {
            *value = (unit(&mut random) - 0.5) / dims;
        }
    }

    /// Takes over the rows of these words, in this order.
    pub(super) fn gather(&mut self, from: &Self, words: &[u32]) {
        self.rows = words.len();
        let lines = (self.rows * self.stride).div_ceil(LINE);
        if self.lines.len() < lines {
            self.lines.resize(lines, Line::zeroed());
        }
        let stride = self.stride;
        for (row, &word) in self.values_mut().chunks_exact_mut(stride).zip(words) {
            row.copy_from_slice(from.row(word));
        }
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Values from the start of a row to that of the next.
    #[inline(always)]
    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    /// All rows, rows x stride.
    #[inline(always)]
    pub(super) fn values(&self) -> &[f32] {
        &bytemuck::cast_slice(&self.lines)[..self.rows * self.stride]
    }

    /// All rows, rows x stride. What is beyond the dimensions stays zero.
    #[inline(always)]
    pub(super) fn values_mut(&mut self) -> &mut [f32] {
        &mut bytemuck::cast_slice_mut(&mut self.lines)[..self.rows * self.stride]
    }

    /// A row, filled up.
    pub(super) fn row(&self, word: u32) -> &[f32] {
        &self.values()[word as usize * self.stride..][..self.stride]
    }

    /// The vector of a word: its row without what fills it up.
    #[inline(always)]
    pub(super) fn vector(&self, word: u32) -> &[f32] {
        &self.row(word)[..self.dims]
    }

    /// All vectors, in order.
    pub(super) fn vectors(&self) -> impl Iterator<Item = &[f32]> {
        let rows = self.values().chunks_exact(self.stride);
        rows.map(|row| &row[..self.dims])
    }

    /// All vectors, in order, to be filled.
    pub(super) fn vectors_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        let (dims, stride) = (self.dims, self.stride);
        let rows = self.values_mut().chunks_exact_mut(stride);
        rows.map(move |row| &mut row[..dims])
    }

    /// All vectors, one after the other: rows x dims.
    pub(super) fn trimmed(&self) -> Vec<f32> {
        let mut values = Vec::with_capacity(self.rows * self.dims);
        self.vectors().for_each(|row| values.extend_from_slice(row));
        values
    }

    /// Whether every value is a finite number.
    pub(super) fn is_finite(&self) -> bool {
        self.values().iter().all(|value| value.is_finite())
    }
}

#[cfg(test)]
impl Matrix {
    /// These rows, filled up for so many lanes.
    pub(super) fn of(values: &[f32], dims: usize, lanes: usize) -> Self {
        let mut matrix = Self::zeros(values.len() / dims, dims, lanes).unwrap();
        for (row, values) in matrix.vectors_mut().zip(values.chunks_exact(dims)) {
            row.copy_from_slice(values);
        }
        matrix
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_aligned_filled_up_and_trimmed_again() {
        let mut matrix = Matrix::zeros(4, 3, 8).unwrap();
        matrix.randomise(9);
        assert_eq!(matrix.values().len(), 32);
        assert!(matrix.values().as_ptr().cast::<Line>().is_aligned());
        let trimmed = matrix.trimmed();
        assert!(trimmed.iter().all(|value| value.abs() <= 0.5 / 3.0));
        assert!(trimmed.iter().any(|&value| value != 0.0));
        assert_eq!(matrix.row(2)[..3], trimmed[6..9]);
        assert_eq!(matrix.row(2)[3..], [0.0; 5]);
        assert_eq!(
            Matrix::of(&trimmed, 3, 8).values(),
            matrix.values(),
            "the same rows"
        );
    }

    #[test]
    fn rows_are_gathered_in_the_order_asked_for() {
        let mut matrix = Matrix::zeros(4, 3, 4).unwrap();
        matrix.randomise(9);
        let mut copies = Matrix::like(&matrix);
        for words in [&[2, 0, 3][..], &[1], &[3, 3, 3, 3, 3]] {
            copies.gather(&matrix, words);
            assert_eq!(copies.values().len(), words.len() * 4);
            for (place, &word) in words.iter().enumerate() {
                assert_eq!(copies.row(place as u32), matrix.row(word));
            }
        }
    }

    #[test]
    fn numbers_do_not_depend_on_how_rows_are_filled_up() {
        let random = |lanes| {
            let mut matrix = Matrix::zeros(5, 7, lanes).unwrap();
            matrix.randomise(3);
            matrix.trimmed()
        };
        assert_eq!(random(1), random(16));
    }

    #[test]
    fn impossible_sizes_are_an_error() {
        assert!(Matrix::zeros(usize::MAX, 8, 8).is_err());
        assert!(Matrix::zeros(8, usize::MAX, 8).is_err());
        assert!(Matrix::zeros(1 << 50, 1 << 9, 8).is_err());
    }
}
