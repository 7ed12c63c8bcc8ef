//! The hidden layer beside the direct path.
//!
//! With x = F / sqrt(d) the scaled features (|x|^2 about 1) and h units,
//!
//! ```text
//! logit = offset + Phi w + V tanh(U x + b)      U: h x d   b: h   V: free logits x h
//! ```
//!
//! Training minimises
//!
//! ```text
//! L = - sum w_i ln p_i[y_i] + 1/2 |w|^2 + penalty / 2 |V|^2 + 1/2 |U - U0|^2 + 1/2 |b - b0|^2
//! ```
//!
//! by L-BFGS, from the linear optimum with V = 0 and U, b at the random U0, b0
//! (uniform, mean 0 and variance 1). What it starts from is the linear head, and
//! the best point seen is the answer, so L never ends above that of the linear
//! head. That does not make it better on new texts. Two more things keep it
//! from losing: the kernel of the units, about h / penalty, is small beside that
//! of the linear part, so that they say nothing that a few labels do not
//! insist on; and the width is decided in `width.rs`. U is held to U0 and not
//! to zero, because zero is a saddle point that would swallow the units.
//!
//! With e = w (p - onehot(y)) and a = tanh(U x + b) the gradient is
//!
//! ```text
//! dL/dV = sum e a'           dL/dw = sum e Phi'
//! t = (V' e) (1 - a^2)       dL/dU = sum t x'      dL/db = sum t
//! ```
//!
//! plus those of the penalties (tested against finite differences).

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use super::super::minimise::{Objective, minimise};
use super::labels::Labels;
use super::linear::Design;
use crate::error::{Error, Result};
use crate::random::{Use, stream, unit};

/// A hidden layer's numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HiddenUnits {
    /// U, h x d.
    pub weights: Array2<f64>,
    /// b, h.
    pub bias: Array1<f64>,
    /// V, free logits x h.
    pub output_weights: Array2<f64>,
    /// The penalty on V that it was trained with.
    pub penalty: f64,
}

impl HiddenUnits {
    /// What the layer adds to the free logits of scaled features.
    pub(super) fn logits(&self, scaled: &Array2<f64>) -> Array2<f64> {
        self.activations(scaled).dot(&self.output_weights.t())
    }

    /// What the units make of scaled features, samples x h.
    pub(super) fn activations(&self, scaled: &Array2<f64>) -> Array2<f64> {
        activations(&short(scaled), self.weights.view(), self.bias.view())
    }

    /// Trained numbers.
    pub fn parameters(&self) -> usize {
        self.weights.len() + self.bias.len() + self.output_weights.len()
    }
}

/// A width, and the penalty on V with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Size {
    pub(super) units: usize,
    pub(super) penalty: f64,
}

/// The loosest penalty that was found safe, at 32 units; in proportion for
/// other widths, so that the kernel stays what it is.
const PENALTY_AT_32: f64 = 100.0;

impl Size {
    /// So many units, held `times` as much as the loosest.
    pub(super) fn new(units: usize, times: f64) -> Self {
        Self {
            units,
            penalty: times * PENALTY_AT_32 * units as f64 / 32.0,
        }
    }
}

/// A linear part and the layer beside it, trained together.
pub(super) struct Trained {
    /// Free logits x columns.
    pub(super) weights: Array2<f64>,
    pub(super) hidden: HiddenUnits,
    pub(super) slope: f64,
}

/// Trains both, from the linear optimum `start` (free logits x columns).
///
/// # Errors
/// [`Error::Diverged`] where the numbers are not finite.
pub(super) fn train(
    design: &Design,
    scaled: &Array2<f64>,
    labels: &Labels,
    start: &Array2<f64>,
    size: Size,
    seed: u64,
    iterations: u64,
) -> Result<Trained> {
    let shape = Shape {
        columns: design.columns.ncols(),
        dims: scaled.ncols(),
        units: size.units,
        free: labels.free(),
    };
    let anchor = shape.anchor(start, seed);
    let objective = Layered {
        design,
        short: short(scaled),
        labels,
        shape,
        penalty: size.penalty,
        anchor: &anchor,
    };
    let minimum = minimise(&objective, anchor.clone(), iterations);
    if !minimum.slope.is_finite() || minimum.at.iter().any(|value| !value.is_finite()) {
        return Err(Error::Diverged {
            what: "the classifier".to_owned(),
            how: None,
            hint: None,
        });
    }
    let parts = shape.parts(&minimum.at);
    Ok(Trained {
        weights: parts.linear.to_owned(),
        hidden: HiddenUnits {
            weights: parts.weights.to_owned(),
            bias: parts.bias.to_owned(),
            output_weights: parts.output_weights.to_owned(),
            penalty: size.penalty,
        },
        slope: minimum.slope,
    })
}

/// x = F / sqrt(d).
fn short(scaled: &Array2<f64>) -> Array2<f64> {
    scaled / (scaled.ncols().max(1) as f64).sqrt()
}

fn activations(x: &Array2<f64>, weights: ArrayView2<f64>, bias: ArrayView1<f64>) -> Array2<f64> {
    let mut all = x.dot(&weights.t());
    all += &bias;
    all.mapv_inplace(f64::tanh);
    all
}

/// How the parameters lie in one vector: w, U, b, V.
#[derive(Debug, Clone, Copy)]
struct Shape {
    columns: usize,
    dims: usize,
    units: usize,
    free: usize,
}

struct Parts<'a> {
    linear: ArrayView2<'a, f64>,
    weights: ArrayView2<'a, f64>,
    bias: ArrayView1<'a, f64>,
    output_weights: ArrayView2<'a, f64>,
}

impl Shape {
    fn parts(self, all: &[f64]) -> Parts<'_> {
        let (linear, rest) = all.split_at(self.free * self.columns);
        let (weights, rest) = rest.split_at(self.units * self.dims);
        let (bias, output_weights) = rest.split_at(self.units);
        Parts {
            linear: matrix(linear, self.free, self.columns),
            weights: matrix(weights, self.units, self.dims),
            bias: ArrayView1::from(bias),
            output_weights: matrix(output_weights, self.free, self.units),
        }
    }

    /// Where training starts: the linear optimum, U0, b0 and zero.
    fn anchor(self, start: &Array2<f64>, seed: u64) -> Vec<f64> {
        let mut random = stream(Use::Classifier, seed);
        // Variance 1.
        let bound = 3.0_f64.sqrt();
        let mut all: Vec<f64> = start.iter().copied().collect();
        all.extend(
            (0..self.units * (self.dims + 1))
                .map(|_| (2.0 * f64::from(unit(&mut random)) - 1.0) * bound),
        );
        all.resize(all.len() + self.free * self.units, 0.0);
        all
    }
}

fn matrix(values: &[f64], rows: usize, columns: usize) -> ArrayView2<'_, f64> {
    ArrayView2::from_shape((rows, columns), values).expect("callers cut rows x columns values")
}

/// The penalised negative log-likelihood of the module's documentation.
struct Layered<'a> {
    design: &'a Design,
    /// x, samples x d.
    short: Array2<f64>,
    labels: &'a Labels,
    shape: Shape,
    penalty: f64,
    /// Where training starts; U0 and b0 are in it.
    anchor: &'a [f64],
}

impl Objective for Layered<'_> {
    fn evaluate(&self, at: &[f64]) -> (f64, Vec<f64>) {
        let parts = self.shape.parts(at);
        let mut hidden = activations(&self.short, parts.weights, parts.bias);
        let mut logits = self.design.columns.dot(&parts.linear.t());
        logits += &self.design.offset;
        logits += &hidden.dot(&parts.output_weights.t());
        let loss = self.labels.loss(&logits);

        let mut gradient = Vec::with_capacity(at.len());
        gradient.extend(loss.errors.t().dot(&self.design.columns).iter());
        let outputs = loss.errors.t().dot(&hidden);
        hidden.mapv_inplace(|a| 1.0 - a * a);
        hidden *= &loss.errors.dot(&parts.output_weights);
        gradient.extend(hidden.t().dot(&self.short).iter());
        gradient.extend(hidden.sum_axis(Axis(0)).iter());
        gradient.extend(outputs.iter());

        let units = self.shape.free * self.shape.columns;
        let outputs = units + self.shape.units * (self.shape.dims + 1);
        let mut value = loss.value;
        for (index, (slope, &parameter)) in gradient.iter_mut().zip(at).enumerate() {
            let (penalty, from) = if index < units {
                (1.0, 0.0)
            } else if index < outputs {
                (1.0, self.anchor[index])
            } else {
                (self.penalty, 0.0)
            };
            let by = parameter - from;
            value += 0.5 * penalty * by * by;
            *slope += penalty * by;
        }
        (value, gradient)
    }
}

#[cfg(test)]
mod tests {
    use super::super::labels::free_logits;
    use super::*;
    use crate::classifier::minimise::check_gradient;

    /// One unit, one dimension and one column make matrices of another memory
    /// layout.
    #[test]
    fn the_gradient_is_that_of_the_loss_whatever_the_shape() {
        for (dims, units, classes) in [(3, 2, 2), (2, 3, 3), (1, 1, 2), (1, 2, 4), (4, 1, 3)] {
            let samples = 5;
            let wave = |rows: usize, columns: usize| {
                Array2::from_shape_fn((rows, columns), |(i, j)| ((5 * i + 3 * j) as f64).sin())
            };
            let design = Design {
                columns: wave(samples, dims + 1),
                offset: wave(samples, free_logits(classes)),
            };
            let labels = Labels {
                targets: (0..samples).map(|i| i % classes).collect(),
                weights: vec![1.0, 0.5, 2.0, 1.0, 1.5],
                classes,
            };
            let shape = Shape {
                columns: dims + 1,
                dims,
                units,
                free: labels.free(),
            };
            let anchor = shape.anchor(&wave(labels.free(), dims + 1), 3);
            let loss = Layered {
                design: &design,
                short: short(&wave(samples, dims)),
                labels: &labels,
                shape,
                penalty: 2.0,
                anchor: &anchor,
            };
            let at: Vec<f64> = (0..anchor.len())
                .map(|index| anchor[index] + 0.3 * (index as f64).sin())
                .collect();
            check_gradient(&loss, &at);
        }
    }
}
