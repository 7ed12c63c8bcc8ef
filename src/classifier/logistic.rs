//! The baseline: logistic regression of linfa-logistic, guarded.
//!
//! That crate returns `Ok` when it stops at its iteration limit or far from
//! the optimum (its multinomial fit subtracts the largest logit of the whole
//! matrix, so badly scaled rows underflow). Standardised samples avoid the
//! second, and the gradient at the answer is checked: a baseline that did not
//! converge is an error, never a number to compare with. It ignores weights.

use linfa::traits::{Fit, PredictInplace};
use linfa_logistic::{MultiFittedLogisticRegression, MultiLogisticRegression};
use ndarray::{Array1, Array2, Axis};

use super::{Labelled, Probabilities, Standardiser, argmax};
use crate::error::{Error, Result};

/// A largest gradient component up to this, per sample, counts as converged.
const TOLERANCE: f64 = 1e-3;

/// Parameters: the number of classes and a ridge penalty on the weights.
/// linfa-logistic checks the penalty itself.
#[derive(Debug, Clone, PartialEq)]
pub struct LogisticParams {
    classes: usize,
    penalty: f64,
}

impl LogisticParams {
    /// For `classes` classes, penalty 0.3.
    pub fn new(classes: usize) -> Self {
        Self {
            classes,
            penalty: 0.3,
        }
    }

    /// The ridge penalty on the weights, 0 or more.
    #[must_use]
    pub fn penalty(mut self, penalty: f64) -> Self {
        self.penalty = penalty;
        self
    }
}

/// A fitted baseline.
#[derive(Debug, Clone)]
pub struct Logistic {
    standardiser: Standardiser,
    fitted: MultiFittedLogisticRegression<f64, usize>,
    classes: usize,
}

impl Fit<Array2<f64>, Array1<usize>, Error> for LogisticParams {
    type Object = Logistic;

    /// Fits to samples x dims and their class numbers.
    ///
    /// # Errors
    /// [`Error::Diverged`] when linfa-logistic fails or did not converge.
    fn fit(&self, dataset: &Labelled) -> Result<Logistic> {
        let failed = |what: String| Error::Diverged {
            what,
            how: None,
            hint: None,
        };
        let standardiser = Standardiser::fit(dataset.records());
        let scaled = Labelled::new(
            standardiser.apply(dataset.records()),
            dataset.targets().clone(),
        );
        let fitted = MultiLogisticRegression::default()
            .alpha(self.penalty)
            .max_iterations(500)
            .gradient_tolerance(1e-5)
            .fit(&scaled)
            .map_err(|error| failed(format!("the logistic baseline ({error})")))?;
        let logistic = Logistic {
            standardiser,
            fitted,
            classes: self.classes,
        };
        let slope = logistic.slope(&scaled, self.penalty);
        // Written so that a slope which is not a number fails too.
        if slope <= TOLERANCE * dataset.targets().len() as f64 {
            Ok(logistic)
        } else {
            Err(failed(format!(
                "the logistic baseline (gradient {slope:.1e} where it stopped)"
            )))
        }
    }
}

impl Logistic {
    /// The largest component of the gradient of the penalised loss, where the
    /// fit stopped: X' (P - Y) + penalty W.
    fn slope(&self, scaled: &Labelled, penalty: f64) -> f64 {
        let mut errors = self.fitted.predict_probabilities(scaled.records());
        for (mut row, target) in errors.rows_mut().into_iter().zip(scaled.targets()) {
            if let Ok(column) = self.fitted.classes().binary_search(target) {
                row[column] -= 1.0;
            }
        }
        let weights = scaled.records().t().dot(&errors) + self.fitted.params() * penalty;
        weights
            .iter()
            .chain(&errors.sum_axis(Axis(0)))
            .fold(0.0, |most: f64, slope| {
                if slope.is_nan() {
                    f64::NAN
                } else {
                    most.max(slope.abs())
                }
            })
    }
}

impl Probabilities for Logistic {
    /// Classes that the training samples lacked get probability 0.
    fn probabilities(&self, samples: &Array2<f64>) -> Array2<f64> {
        let seen = self
            .fitted
            .predict_probabilities(&self.standardiser.apply(samples));
        let mut all = Array2::zeros((samples.nrows(), self.classes));
        for (column, &class) in self.fitted.classes().iter().enumerate() {
            all.column_mut(class).assign(&seen.column(column));
        }
        all
    }
}

impl PredictInplace<Array2<f64>, Array1<usize>> for Logistic {
    fn predict_inplace(&self, samples: &Array2<f64>, classes: &mut Array1<usize>) {
        for (class, row) in classes.iter_mut().zip(self.probabilities(samples).rows()) {
            *class = argmax(row);
        }
    }

    fn default_target(&self, samples: &Array2<f64>) -> Array1<usize> {
        Array1::zeros(samples.nrows())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linfa::traits::Predict;
    use ndarray::array;

    #[test]
    fn separates_and_agrees_with_the_closed_form() {
        let data = Labelled::new(array![[-1.0], [1.0]], array![0, 1]);
        let fitted = LogisticParams::new(2).penalty(1.0).fit(&data).unwrap();
        assert_eq!(fitted.predict(&data), array![0, 1]);
        // By symmetry the weights are -w and w, and the optimum solves
        // 2 s(-2w) = w, where s is the logistic function: w = 0.40247...
        let solve = |mut low: f64, mut high: f64| {
            for _ in 0..100 {
                let w = (low + high) / 2.0;
                if 2.0 / (1.0 + (2.0 * w).exp()) > w {
                    low = w
                } else {
                    high = w
                }
            }
            low
        };
        let w = solve(0.0, 1.0);
        let p = 1.0 / (1.0 + (-2.0 * w).exp());
        let got = fitted.probabilities(&array![[1.0]])[[0, 1]];
        assert!((got - p).abs() < 1e-4, "{got} against {p}");
    }

    #[test]
    fn classes_without_samples_get_nothing() {
        let data = Labelled::new(array![[-1.0], [1.0]], array![0, 2]);
        let fitted = LogisticParams::new(3).fit(&data).unwrap();
        let row = fitted.probabilities(&array![[0.3]]);
        assert_eq!(row[[0, 1]], 0.0);
        assert!((row.sum() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn failures_are_errors() {
        let nan = Labelled::new(array![[f64::NAN], [1.0]], array![0, 1]);
        assert!(LogisticParams::new(2).fit(&nan).is_err());
        let data = Labelled::new(array![[-1.0], [1.0]], array![0, 1]);
        assert!(LogisticParams::new(2).penalty(-1.0).fit(&data).is_err());
    }

    /// The trap of the crate underneath: one row far longer than the rest.
    #[test]
    fn a_badly_scaled_row_converges_or_is_refused() {
        let mut samples = Array2::from_shape_fn((40, 3), |(i, j)| ((i * 3 + j) as f64).sin());
        samples.row_mut(7).mapv_inplace(|value| value * 2000.0);
        let targets = Array1::from_shape_fn(40, |i| i % 2);
        let data = Labelled::new(samples, targets);
        if let Ok(fitted) = LogisticParams::new(2).penalty(1.0).fit(&data) {
            let scaled = Labelled::new(
                fitted.standardiser.apply(data.records()),
                data.targets().clone(),
            );
            assert!(fitted.slope(&scaled, 1.0) <= TOLERANCE * 40.0);
        }
    }
}
