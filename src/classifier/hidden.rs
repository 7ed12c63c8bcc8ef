//! The classifier: one hidden layer between the sentence vector and the
//! label probabilities.
//!
//! With x a standardised sentence vector of d components, h hidden units and
//! K classes:
//!
//! ```text
//! a = tanh(W x + b)         W: h x d    b: h
//! z = V a + c               V: K x h    c: K
//! p = softmax(z)
//! ```
//!
//! Training minimises the penalised negative log-likelihood
//!
//! ```text
//! L = - sum over samples i of w_i ln p_i[y_i]  +  penalty / 2 |all parameters|^2
//! ```
//!
//! by L-BFGS from small random weights. With e = p - onehot(y) the gradient is
//!
//! ```text
//! dL/dV = sum w e a'      dL/dc = sum w e
//! g = (V' e) (1 - a^2)    dL/dW = sum w g x'    dL/db = sum w g
//! ```
//!
//! plus the penalty times the parameter (tested against finite differences).

use linfa::ParamGuard;
use linfa::traits::{Fit, PredictInplace};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use rand_xoshiro::rand_core::RngCore;
use serde::{Deserialize, Serialize};

use super::attribution::{Attribution, Route, Way, chords};
use super::minimise::{Objective, minimise};
use super::{Labelled, Probabilities, Standardiser, argmax, softmax_rows};
use super::{is_divisor, is_parameter};
use crate::error::{Error, Result};
use crate::random::{Use, stream};

/// Parameters of the training, not yet checked; see [`HiddenLayerParams::check`].
#[derive(Debug, Clone, PartialEq)]
pub struct HiddenLayerParams(CheckedParams);

/// Parameters of the training, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedParams {
    classes: usize,
    hidden: usize,
    penalty: Option<f64>,
    seed: u64,
    iterations: u64,
}

/// The penalty that fits so many samples: log2(samples) / 4, at least 1/4.
///
/// With few samples a larger one would flatten the network to nothing (zero is
/// a saddle point of the loss, and becomes its minimum); with many a smaller
/// one is overconfident.
pub fn fitting_penalty(samples: usize) -> f64 {
    ((samples.max(1) as f64).log2() / 4.0).max(0.25)
}

impl HiddenLayerParams {
    /// Defaults for `classes` classes: 8 hidden units, and the penalty that
    /// fits the number of samples.
    pub fn new(classes: usize) -> Self {
        Self(CheckedParams {
            classes,
            hidden: 8,
            penalty: None,
            seed: 0,
            iterations: 200,
        })
    }

    /// Hidden units, 1 to 1024.
    #[must_use]
    pub fn hidden(mut self, hidden: usize) -> Self {
        self.0.hidden = hidden;
        self
    }

    /// The penalty on all parameters, above 0.
    #[must_use]
    pub fn penalty(mut self, penalty: f64) -> Self {
        self.0.penalty = Some(penalty);
        self
    }

    /// The start of the random weights.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }
}

impl ParamGuard for HiddenLayerParams {
    type Checked = CheckedParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&CheckedParams> {
        if !(1..=1024).contains(&self.0.hidden) {
            return Err(Error::setting("--hidden", self.0.hidden, "1 to 1024"));
        }
        if let Some(penalty) = self.0.penalty
            && !(penalty > 0.0 && penalty.is_finite())
        {
            return Err(Error::setting("penalty", penalty, "above 0"));
        }
        if self.0.classes < 2 {
            return Err(Error::setting("classes", self.0.classes, "two or more"));
        }
        Ok(&self.0)
    }

    fn check(self) -> Result<CheckedParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}

/// A trained classifier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HiddenLayer {
    /// What sentence vectors go through first.
    pub standardiser: Standardiser,
    /// W, hidden x dims.
    pub weights: Array2<f64>,
    /// b, hidden.
    pub bias: Array1<f64>,
    /// V, classes x hidden.
    pub output_weights: Array2<f64>,
    /// c, classes.
    pub output_bias: Array1<f64>,
    /// The largest component of the loss's gradient where training ended;
    /// tells whether it converged.
    pub slope: f64,
}

impl HiddenLayer {
    /// Trained numbers: (dims + 1) x hidden + (hidden + 1) x classes.
    pub fn parameters(&self) -> usize {
        parameters(
            self.weights.ncols(),
            self.bias.len(),
            self.output_bias.len(),
        )
    }

    /// a, samples x hidden.
    pub fn activations(&self, samples: &Array2<f64>) -> Array2<f64> {
        (self.standardiser.apply(samples).dot(&self.weights.t()) + &self.bias).mapv(f64::tanh)
    }

    /// What each input of a text counts for in the log odds of a class. There is no
    /// score and there are no terms.
    ///
    /// # Panics
    /// Where there are not d features.
    pub fn attribution(&self, features: &Array1<f64>, class: usize) -> Attribution {
        let Standardiser { mean, scale } = &self.standardiser;
        let x = (features - mean) / *scale;
        let chords = chords(&x, self.weights.view(), self.bias.view());
        let at_zero = self.bias.mapv(f64::tanh);
        let classes = self.output_bias.len();
        let route = Route {
            weight: 1.0,
            start: self.output_weights.dot(&at_zero) + &self.output_bias,
            features: (&self.output_weights * &chords).dot(&self.weights),
            terms: Array2::zeros((0, classes)),
            linear: Array1::zeros(classes),
            curved: Array1::zeros(classes),
            clamp: f64::INFINITY,
        };
        let way = Way {
            routes: &[route],
            features: &x,
            scores: [0.0; 2],
            shift: &Array1::zeros(classes),
            class,
        };
        let attribution = way.attribution();
        Attribution {
            reference: mean.clone(),
            features: attribution.features / *scale,
            ..attribution
        }
    }
}

/// The number of parameters of a layout.
pub fn parameters(dims: usize, hidden: usize, classes: usize) -> usize {
    (dims + 1) * hidden + (hidden + 1) * classes
}

impl Fit<Array2<f64>, Array1<usize>, Error> for CheckedParams {
    type Object = HiddenLayer;

    /// Trains on samples x dims and their class numbers, honouring weights.
    ///
    /// # Errors
    /// [`Error::TooLittle`] without samples, [`Error::Setting`] for a class
    /// number out of range, [`Error::Diverged`] for samples that are not finite.
    fn fit(&self, dataset: &Labelled) -> Result<HiddenLayer> {
        let samples = dataset.records();
        if samples.nrows() == 0 {
            return Err(Error::too_little("no sample", "at least one a class"));
        }
        if let Some(&bad) = dataset.targets().iter().find(|&&t| t >= self.classes) {
            return Err(Error::setting(
                "class number",
                bad,
                format!("below {}", self.classes),
            ));
        }
        let standardiser = Standardiser::fit(samples);
        let loss = Loss {
            samples: standardiser.apply(samples),
            targets: dataset.targets().to_vec(),
            weights: (0..samples.nrows())
                .map(|sample| f64::from(dataset.weight_for(sample)))
                .collect(),
            shape: Shape {
                dims: samples.ncols(),
                hidden: self.hidden,
                classes: self.classes,
            },
            penalty: self
                .penalty
                .unwrap_or_else(|| fitting_penalty(samples.nrows())),
        };
        let start = loss.shape.start(self.seed);
        let minimum = minimise(&loss, start, self.iterations);
        if !minimum.slope.is_finite() || minimum.at.iter().any(|value| !value.is_finite()) {
            return Err(Error::Diverged {
                what: "the classifier".to_owned(),
                how: None,
                hint: None,
            });
        }
        let (weights, bias, output_weights, output_bias) = loss.shape.views(&minimum.at);
        Ok(HiddenLayer {
            standardiser,
            weights: weights.to_owned(),
            bias: bias.to_owned(),
            output_weights: output_weights.to_owned(),
            output_bias: output_bias.to_owned(),
            slope: minimum.slope,
        })
    }
}

impl HiddenLayer {
    /// Whether the shapes fit d components and so many classes, and all numbers are
    /// finite: for readers of files.
    pub(crate) fn fits(&self, dims: usize, classes: usize) -> bool {
        let units = self.bias.len();
        let numbers = (self.weights.iter())
            .chain(&self.bias)
            .chain(&self.output_weights)
            .chain(&self.output_bias)
            .chain(&self.standardiser.mean);
        self.standardiser.mean.len() == dims
            && self.weights.dim() == (units, dims)
            && self.output_weights.dim() == (classes, units)
            && self.output_bias.len() == classes
            && is_divisor(self.standardiser.scale)
            && numbers.into_iter().all(|&number| is_parameter(number))
    }
}

impl Probabilities for HiddenLayer {
    fn probabilities(&self, samples: &Array2<f64>) -> Array2<f64> {
        let mut logits =
            self.activations(samples).dot(&self.output_weights.t()) + &self.output_bias;
        softmax_rows(&mut logits);
        logits
    }
}

impl PredictInplace<Array2<f64>, Array1<usize>> for HiddenLayer {
    fn predict_inplace(&self, samples: &Array2<f64>, classes: &mut Array1<usize>) {
        for (class, row) in classes.iter_mut().zip(self.probabilities(samples).rows()) {
            *class = argmax(row);
        }
    }

    fn default_target(&self, samples: &Array2<f64>) -> Array1<usize> {
        Array1::zeros(samples.nrows())
    }
}

/// How the parameters lie in one vector: W, b, V, c.
#[derive(Debug, Clone, Copy)]
struct Shape {
    dims: usize,
    hidden: usize,
    classes: usize,
}

type Views<'a> = (
    ArrayView2<'a, f64>,
    ArrayView1<'a, f64>,
    ArrayView2<'a, f64>,
    ArrayView1<'a, f64>,
);

impl Shape {
    fn len(self) -> usize {
        parameters(self.dims, self.hidden, self.classes)
    }

    fn views(self, all: &[f64]) -> Views<'_> {
        let Self {
            dims,
            hidden,
            classes,
        } = self;
        let (weights, rest) = all.split_at(hidden * dims);
        let (bias, rest) = rest.split_at(hidden);
        let (output_weights, output_bias) = rest.split_at(classes * hidden);
        (
            matrix(weights, hidden, dims),
            ArrayView1::from(bias),
            matrix(output_weights, classes, hidden),
            ArrayView1::from(output_bias),
        )
    }

    /// Uniform between plus and minus sqrt(6 / (in + out)) (Glorot and Bengio
    /// 2010, equation 16); biases zero.
    fn start(self, seed: u64) -> Vec<f64> {
        let mut random = stream(Use::Classifier, seed);
        let mut uniform = |count: usize, inputs: usize, outputs: usize| -> Vec<f64> {
            let bound = (6.0 / (inputs + outputs) as f64).sqrt();
            (0..count)
                .map(|_| {
                    let unit = (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
                    (2.0 * unit - 1.0) * bound
                })
                .collect()
        };
        let mut all = uniform(self.hidden * self.dims, self.dims, self.hidden);
        all.resize(all.len() + self.hidden, 0.0);
        all.extend(uniform(
            self.classes * self.hidden,
            self.hidden,
            self.classes,
        ));
        all.resize(all.len() + self.classes, 0.0);
        all
    }
}

fn matrix(values: &[f64], rows: usize, columns: usize) -> ArrayView2<'_, f64> {
    ArrayView2::from_shape((rows, columns), values).expect("callers cut rows x columns values")
}

/// The penalised negative log-likelihood of the module's documentation.
struct Loss {
    /// Standardised, samples x dims.
    samples: Array2<f64>,
    targets: Vec<usize>,
    weights: Vec<f64>,
    shape: Shape,
    penalty: f64,
}

impl Objective for Loss {
    fn evaluate(&self, at: &[f64]) -> (f64, Vec<f64>) {
        let (weights, bias, output_weights, output_bias) = self.shape.views(at);
        // samples x hidden, samples x classes.
        let activations = (self.samples.dot(&weights.t()) + bias).mapv(f64::tanh);
        let mut errors = activations.dot(&output_weights.t()) + output_bias;
        softmax_rows(&mut errors);

        let mut value = 0.5 * self.penalty * at.iter().map(|p| p * p).sum::<f64>();
        for ((mut row, &target), &weight) in errors
            .rows_mut()
            .into_iter()
            .zip(&self.targets)
            .zip(&self.weights)
        {
            value -= weight * row[target].max(f64::MIN_POSITIVE).ln();
            row[target] -= 1.0;
            row *= weight;
        }

        let hidden = errors.dot(&output_weights) * activations.mapv(|a| 1.0 - a * a);
        let mut gradient = Vec::with_capacity(self.shape.len());
        gradient.extend(hidden.t().dot(&self.samples).iter());
        gradient.extend(hidden.sum_axis(Axis(0)).iter());
        gradient.extend(errors.t().dot(&activations).iter());
        gradient.extend(errors.sum_axis(Axis(0)).iter());
        for (slope, parameter) in gradient.iter_mut().zip(at) {
            *slope += self.penalty * parameter;
        }
        (value, gradient)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classifier::minimise::check_gradient;
    use linfa::traits::Predict;
    use ndarray::array;

    fn xor() -> Labelled {
        let samples = array![[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]];
        Labelled::new(samples, array![0, 0, 1, 1])
    }

    /// One unit and one dimension make matrices of another memory layout.
    #[test]
    fn the_gradient_is_that_of_the_loss_whatever_the_shape() {
        for (dims, hidden, classes) in [(2, 3, 3), (1, 3, 2), (3, 1, 2), (1, 1, 2), (2, 1, 4)] {
            let loss = Loss {
                samples: Array2::from_shape_fn((4, dims), |(i, j)| ((3 * i + j) as f64).sin()),
                targets: vec![0, classes - 1, 1, 0],
                weights: vec![1.0, 0.5, 2.0, 1.0],
                shape: Shape {
                    dims,
                    hidden,
                    classes,
                },
                penalty: 0.3,
            };
            let at: Vec<f64> = loss.shape.start(5).iter().map(|p| p + 0.1).collect();
            let (value, gradient) = loss.evaluate(&at);
            // Minus a logarithm of probabilities, plus a square: never negative.
            assert!(value > 0.0);
            assert_eq!(gradient.len(), parameters(dims, hidden, classes));
            check_gradient(&loss, &at);
        }
    }

    #[test]
    fn rows_sum_to_one_whatever_the_shape() {
        for (dims, hidden) in [(1, 1), (1, 8), (5, 1), (5, 8)] {
            let samples = Array2::from_shape_fn((6, dims), |(i, j)| ((3 * i + j) as f64).cos());
            let data = Labelled::new(samples, array![0, 1, 0, 1, 0, 1]);
            let fitted = HiddenLayerParams::new(2).hidden(hidden).fit(&data).unwrap();
            for row in fitted.probabilities(data.records()).rows() {
                assert!((row.sum() - 1.0).abs() < 1e-12, "{dims} {hidden}");
                assert!(row.iter().all(|&p| (0.0..=1.0).contains(&p)));
            }
        }
    }

    #[test]
    fn the_fitting_penalty_does_not_flatten_small_sets() {
        assert_eq!(fitting_penalty(0), 0.25);
        assert_eq!(fitting_penalty(16), 1.0);
        for samples in [2, 3, 4, 8, 16, 64] {
            let records = Array2::from_shape_fn((samples, 2), |(i, j)| {
                (if i % 2 == j { 1.0 } else { -1.0 }) + 0.1 * (i as f64).sin()
            });
            let data = Labelled::new(records, Array1::from_shape_fn(samples, |i| i % 2));
            let fitted = HiddenLayerParams::new(2).fit(&data).unwrap();
            let sure = fitted.probabilities(data.records())[[0, 0]];
            assert!(sure > 0.6, "{samples} samples: {sure}");
        }
    }

    #[test]
    fn it_learns_what_no_line_separates() {
        let data = xor();
        let params = HiddenLayerParams::new(2).penalty(1e-3);
        let fitted = params.fit(&data).unwrap();
        assert_eq!(fitted.predict(&data), array![0, 0, 1, 1]);
        assert!(fitted.slope < 1e-3, "did not converge: {}", fitted.slope);
    }

    #[test]
    fn rows_sum_to_one_and_seeds_decide() {
        let data = xor();
        let fit = |seed| HiddenLayerParams::new(2).seed(seed).fit(&data).unwrap();
        assert_eq!(fit(1), fit(1));
        assert_ne!(fit(1).weights, fit(2).weights);
        for row in fit(1).probabilities(data.records()).rows() {
            assert!((row.sum() - 1.0).abs() < 1e-12);
        }
        assert_eq!(fit(1).parameters(), (2 + 1) * 8 + (8 + 1) * 2);
    }

    #[test]
    fn weights_count_like_repetitions() {
        let once = Labelled::new(array![[0.0], [1.0], [0.4]], array![0, 1, 1])
            .with_weights(array![1.0, 1.0, 2.0]);
        let twice = Labelled::new(array![[0.0], [1.0], [0.4], [0.4]], array![0, 1, 1, 1]);
        let fit = |data: &Labelled| HiddenLayerParams::new(2).fit(data).unwrap();
        // The standardiser sees samples, not weights, so only the loss is compared.
        let standardiser = fit(&once).standardiser;
        let loss = |data: &Labelled| Loss {
            samples: standardiser.apply(data.records()),
            targets: data.targets().to_vec(),
            weights: (0..data.targets().len())
                .map(|i| f64::from(data.weight_for(i)))
                .collect(),
            shape: Shape {
                dims: 1,
                hidden: 2,
                classes: 2,
            },
            penalty: 0.1,
        };
        let at = loss(&once).shape.start(0);
        let (a, b) = (loss(&once).evaluate(&at), loss(&twice).evaluate(&at));
        assert!((a.0 - b.0).abs() < 1e-12);
    }

    #[test]
    fn bad_parameters_and_bad_data_are_refused() {
        let data = xor();
        for params in [
            HiddenLayerParams::new(2).hidden(0),
            HiddenLayerParams::new(2).hidden(9999),
            HiddenLayerParams::new(2).penalty(0.0),
            HiddenLayerParams::new(2).penalty(f64::NAN),
            HiddenLayerParams::new(1),
        ] {
            assert!(params.fit(&data).is_err(), "{params:?}");
        }
        let outside = Labelled::new(array![[0.0]], array![2]);
        assert!(HiddenLayerParams::new(2).fit(&outside).is_err());
        let nan = Labelled::new(array![[f64::NAN], [0.0]], array![0, 1]);
        assert!(HiddenLayerParams::new(2).fit(&nan).is_err());
    }
}
