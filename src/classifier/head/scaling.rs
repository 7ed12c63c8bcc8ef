//! Brings features to a common scale, component by component.

use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use super::super::Standardiser;

/// Subtracts a mean and divides by a deviation, component by component.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// d.
    pub mean: Array1<f64>,
    /// What differences from the mean are divided by: d, all above 0.
    pub deviation: Array1<f64>,
}

impl Scaling {
    /// With the mean and deviation of each component over a text that is large
    /// enough to know them. Components that never differ are left at their
    /// scale.
    pub fn new(mean: Array1<f64>, deviation: Array1<f64>) -> Self {
        let deviation = deviation.mapv(|value| if value > 1e-12 { value } else { 1.0 });
        Self { mean, deviation }
    }

    /// Of labelled samples only: one deviation for all components, since with
    /// eight samples that of a single one is mostly noise; components have mean
    /// square 1 on average.
    pub fn of_few(samples: &Array2<f64>) -> Self {
        let Standardiser { mean, scale } = Standardiser::fit(samples);
        let components = (samples.ncols().max(1) as f64).sqrt();
        let deviation = Array1::from_elem(samples.ncols(), scale / components);
        Self::new(mean, deviation)
    }

    /// F, samples x d.
    pub fn apply(&self, samples: &Array2<f64>) -> Array2<f64> {
        (samples - &self.mean) / &self.deviation
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn components_get_mean_square_one_on_average() {
        let samples = array![[1.0, 2.0], [3.0, 2.0], [2.0, 5.0]];
        let scaled = Scaling::of_few(&samples).apply(&samples);
        assert!((scaled.mapv(|value| value * value).sum() / 6.0 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn components_that_never_differ_do_no_harm() {
        let scaling = Scaling::new(array![1.0, 2.0], array![0.0, 2.0]);
        assert_eq!(scaling.apply(&array![[1.5, 6.0]]), array![[0.5, 2.0]]);
    }
}
