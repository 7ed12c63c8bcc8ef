//! Brings sentence vectors to a common scale.

use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};

/// Subtracts the mean of the samples it was fitted to, and divides by one
/// number for all dimensions, so that the samples' mean squared length is 1.
///
/// One number, not one a dimension: with eight samples the deviation of a
/// single dimension is mostly noise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standardiser {
    /// dims.
    pub mean: Array1<f64>,
    /// What differences from the mean are divided by.
    pub scale: f64,
}

impl Standardiser {
    /// Fits to samples x dims.
    pub fn fit(samples: &Array2<f64>) -> Self {
        let mean = samples
            .mean_axis(Axis(0))
            .unwrap_or_else(|| Array1::zeros(samples.ncols()));
        let square = (samples - &mean).mapv(|value| value * value).sum();
        let scale = (square / samples.nrows().max(1) as f64).sqrt();
        Self {
            mean,
            // Samples that are all alike stay at zero.
            scale: if scale > 1e-12 { scale } else { 1.0 },
        }
    }

    /// The samples on the common scale.
    pub fn apply(&self, samples: &Array2<f64>) -> Array2<f64> {
        (samples - &self.mean) / self.scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn mean_zero_and_mean_squared_length_one() {
        let samples = array![[1.0, 2.0], [3.0, 2.0], [2.0, 5.0]];
        let scaled = Standardiser::fit(&samples).apply(&samples);
        assert!(scaled.sum_axis(Axis(0)).iter().all(|sum| sum.abs() < 1e-12));
        assert!((scaled.mapv(|v| v * v).sum() / 3.0 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn equal_samples_become_zero() {
        let samples = array![[1.0, 2.0], [1.0, 2.0]];
        assert_eq!(
            Standardiser::fit(&samples).apply(&samples),
            Array2::<f64>::zeros((2, 2))
        );
    }
}
