//! The rows of a matrix, for what is not training: checkpoints and the held-out
//! loss. Here alone is it known how they lie in memory.

use super::matrix::Matrix;

impl Matrix {
    /// All rows, in order.
    pub(super) fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.dims)
    }

    /// All rows, in order, to be filled.
    pub(super) fn rows_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        self.values.chunks_exact_mut(self.dims)
    }

    /// The row of a word.
    pub(super) fn of(&self, word: u32) -> &[f32] {
        &self.values[word as usize * self.dims..][..self.dims]
    }

    /// Whether every value is a finite number.
    pub(super) fn is_finite(&self) -> bool {
        self.rows().flatten().all(|value| value.is_finite())
    }
}
