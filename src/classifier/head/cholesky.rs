//! The Cholesky factor of a symmetric positive definite matrix.

use ndarray::{Array1, Array2, ArrayViewMut1, s};

/// L, lower triangular, with A = L L'.
#[derive(Debug)]
pub(super) struct Cholesky(Array2<f64>);

impl Cholesky {
    /// The factor; nothing where the matrix is not positive definite (or not
    /// finite). Only its lower triangle is read.
    pub(super) fn of(matrix: &Array2<f64>) -> Option<Self> {
        let size = matrix.nrows();
        let mut lower = Array2::<f64>::zeros((size, size));
        for row in 0..size {
            for column in 0..=row {
                let known = lower
                    .slice(s![row, ..column])
                    .dot(&lower.slice(s![column, ..column]));
                let rest = matrix[[row, column]] - known;
                lower[[row, column]] = if column < row {
                    rest / lower[[column, column]]
                } else if rest > 0.0 && rest.is_finite() {
                    rest.sqrt()
                } else {
                    return None;
                };
            }
        }
        Some(Self(lower))
    }

    /// ln det A.
    pub(super) fn log_det(&self) -> f64 {
        2.0 * self.0.diag().iter().map(|value| value.ln()).sum::<f64>()
    }

    /// The x with A x = b.
    #[cfg(test)]
    pub(super) fn solve(&self, b: &Array1<f64>) -> Array1<f64> {
        let mut x = b.clone();
        self.forward(&mut x.view_mut());
        self.backward(&mut x.view_mut());
        x
    }

    /// L' x.
    pub(super) fn transposed_times(&self, x: &Array1<f64>) -> Array1<f64> {
        self.0.t().dot(x)
    }

    /// b becomes the x with L x = b.
    pub(super) fn forward(&self, b: &mut ArrayViewMut1<f64>) {
        for row in 0..b.len() {
            let known = self.0.slice(s![row, ..row]).dot(&b.slice(s![..row]));
            b[row] = (b[row] - known) / self.0[[row, row]];
        }
    }

    /// b becomes the x with L' x = b.
    pub(super) fn backward(&self, b: &mut ArrayViewMut1<f64>) {
        for row in (0..b.len()).rev() {
            let known = self
                .0
                .slice(s![row + 1.., row])
                .dot(&b.slice(s![row + 1..]));
            b[row] = (b[row] - known) / self.0[[row, row]];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn it_solves_and_knows_the_determinant() {
        let matrix = array![[4.0, 2.0, 0.0], [2.0, 5.0, 1.0], [0.0, 1.0, 3.0]];
        let factor = Cholesky::of(&matrix).unwrap();
        // 4 (15 - 1) - 2 (6 - 0) = 44.
        assert!((factor.log_det() - 44.0_f64.ln()).abs() < 1e-12);
        let b = array![1.0, -2.0, 0.5];
        let left = matrix.dot(&factor.solve(&b)) - &b;
        let mut back = factor.transposed_times(&b);
        factor.backward(&mut back.view_mut());
        assert!(
            (back - &b)
                .iter()
                .all(|difference| difference.abs() < 1e-12)
        );
        assert!(left.iter().all(|difference| difference.abs() < 1e-12));
    }

    #[test]
    fn what_is_not_positive_definite_has_none() {
        assert!(Cholesky::of(&array![[1.0, 2.0], [2.0, 1.0]]).is_none());
        assert!(Cholesky::of(&array![[f64::NAN]]).is_none());
    }
}
