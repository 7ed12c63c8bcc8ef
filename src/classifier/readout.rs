//! A classifier as a few plain numbers, for one text at a time.
//!
//! What is subtracted from features and what they are divided by is worked into the
//! weights, so that each logit is
//!
//! ```text
//! z = start + (linear + r learned) s + curved min(|s|, 3)^2 + r (features . x - means)
//!       + outputs . tanh(r (units . x - unit_means) + bias) + r terms
//! ```
//!
//! of the sentence vector x, the score s, the extent r, and what the terms of the text
//! add, where the head has any. The answers are those of
//! [`Head::probabilities`] and [`HiddenLayer`], up to the order of sums.

use super::head::FreeLogits;
use super::{Head, HiddenLayer};

/// The least that is added to a logit for other shares than those of the training,
/// beside the most: less would make no difference to be seen.
const LEAST: f64 = -600.0;

/// A classifier.
#[derive(Debug, Clone)]
pub(crate) struct Readout {
    classes: usize,
    /// One or two, with what each counts.
    ways: Vec<(f64, Way)>,
    /// What the probabilities of the classes are multiplied by, 1 at most.
    factors: Vec<f64>,
}

/// The way from a text to its free logits.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    pub(crate) start: Vec<f64>,
    pub(crate) linear: Vec<f64>,
    pub(crate) learned: Vec<f64>,
    pub(crate) curved: Vec<f64>,
    pub(crate) clamp: f64,
    /// Free logits x features.
    pub(crate) features: Vec<f64>,
    /// Their products with the usual text.
    pub(crate) means: Vec<f64>,
    /// Units x features.
    pub(crate) units: Vec<f64>,
    /// Their products with the usual text.
    pub(crate) unit_means: Vec<f64>,
    pub(crate) bias: Vec<f64>,
    /// Free logits x units.
    pub(crate) outputs: Vec<f64>,
    /// Whether terms add to it.
    pub(crate) uses_terms: bool,
}

/// What is known of a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Input<'t> {
    pub(crate) vector: &'t [f64],
    pub(crate) score: f64,
    pub(crate) extent: f64,
    /// What its terms add to the free logits; none where there are none.
    pub(crate) terms: &'t [f64],
}

/// Memory that is used for one text after another.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scratch {
    active: Vec<f64>,
    /// Of the classes: logits, then probabilities.
    classes: Vec<f64>,
}

impl Readout {
    pub(crate) fn of_head(head: &Head) -> Self {
        let FreeLogits { mut ways, shift } = head.free_logits();
        if let [(weight, _)] = ways.as_mut_slice() {
            *weight = 1.0;
        }
        let largest = shift.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let factor = |shift: &f64| (shift - largest).max(LEAST).exp();
        Self {
            classes: head.classes,
            ways,
            factors: shift.iter().map(factor).collect(),
        }
    }

    /// The same with terms in the head with the prior, or else in the one without it.
    pub(crate) fn with_terms(mut self, with_prior: bool) -> Self {
        let way = match with_prior {
            true => self.ways.first_mut(),
            false => self.ways.last_mut(),
        };
        if let Some((_, way)) = way {
            way.uses_terms = true;
        }
        self
    }

    pub(crate) fn of_layer(layer: &HiddenLayer) -> Self {
        let classes = layer.output_bias.len();
        let (mean, scale) = (&layer.standardiser.mean, layer.standardiser.scale);
        Self {
            classes,
            ways: vec![(
                1.0,
                Way {
                    start: layer.output_bias.to_vec(),
                    linear: vec![0.0; classes],
                    learned: vec![0.0; classes],
                    curved: vec![0.0; classes],
                    clamp: 0.0,
                    features: vec![0.0; classes * mean.len()],
                    means: vec![0.0; classes],
                    units: layer.weights.iter().map(|weight| weight / scale).collect(),
                    unit_means: (layer.weights.rows().into_iter())
                        .map(|row| row.dot(mean) / scale)
                        .collect(),
                    bias: layer.bias.to_vec(),
                    outputs: layer.output_weights.iter().copied().collect(),
                    uses_terms: false,
                },
            )],
            factors: vec![1.0; classes],
        }
    }

    /// The probability of each class, for a text; `out` has them after.
    pub(crate) fn probabilities(
        &self,
        input: Input<'_>,
        scratch: &mut Scratch,
        out: &mut Vec<f64>,
    ) {
        out.clear();
        out.resize(self.classes, 0.0);
        for (weight, way) in &self.ways {
            way.probabilities(input, self.classes, scratch);
            for (sum, probability) in out.iter_mut().zip(&scratch.classes) {
                *sum += weight * probability;
            }
        }
        // Some class has its part of a probability, and factors are not that small: the
        // sum is above 0.
        for (probability, factor) in out.iter_mut().zip(&self.factors) {
            *probability *= factor;
        }
        let sum: f64 = out.iter().sum();
        out.iter_mut().for_each(|p| *p /= sum);
    }
}

/// The hyperbolic tangent, to 1e-15; that of the standard library takes twice as long,
/// for the sake of what is near 0.
fn tanh(x: f64) -> f64 {
    1.0 - 2.0 / ((2.0 * x).exp() + 1.0)
}

impl Way {
    /// The probability of each class, in `scratch`.
    fn probabilities(&self, input: Input<'_>, classes: usize, scratch: &mut Scratch) {
        let Input {
            vector: x,
            score,
            extent,
            terms,
        } = input;
        let dot = |row: &[f64]| -> f64 { row.iter().zip(x).map(|(a, b)| a * b).sum() };
        let dims = x.len().max(1);
        scratch.active.clear();
        let fixed = self.unit_means.iter().zip(&self.bias);
        let units = self.units.chunks_exact(dims).zip(fixed);
        scratch
            .active
            .extend(units.map(|(row, (mean, bias))| tanh(extent * (dot(row) - mean) + bias)));
        let square = score.clamp(-self.clamp, self.clamp).powi(2);
        scratch.classes.clear();
        scratch.classes.resize(classes - self.start.len(), 0.0);
        for (at, start) in self.start.iter().enumerate() {
            let slope = self.linear[at] + extent * self.learned[at];
            let mut logit = start + slope * score + self.curved[at] * square;
            let features = &self.features[at * dims..(at + 1) * dims];
            logit += extent * (dot(features) - self.means[at]);
            let width = self.bias.len();
            let outputs = &self.outputs[at * width..(at + 1) * width];
            let active = outputs.iter().zip(&scratch.active);
            logit += active.map(|(a, b)| a * b).sum::<f64>();
            if self.uses_terms {
                logit += extent * terms.get(at).copied().unwrap_or(0.0);
            }
            scratch.classes.push(logit);
        }
        let largest = scratch
            .classes
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max);
        for logit in &mut scratch.classes {
            *logit = (*logit - largest).exp();
        }
        let sum: f64 = scratch.classes.iter().sum();
        scratch.classes.iter_mut().for_each(|p| *p /= sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tangent_is_that_of_the_library() {
        let many = (-4000..=4000).map(|step| f64::from(step) / 100.0);
        for x in many.chain([0.0, 1e-9, -1e-9, 800.0, -800.0, f64::MAX, f64::MIN]) {
            assert!((tanh(x) - x.tanh()).abs() < 1e-15, "{x}");
        }
    }
}
