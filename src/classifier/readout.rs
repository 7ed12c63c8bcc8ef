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

/// A classifier.
#[derive(Debug, Clone)]
pub(crate) struct Readout {
    classes: usize,
    /// One or two, with the log of what each counts.
    ways: Vec<(f64, Way)>,
    /// What is added to the logits of the classes.
    shift: Vec<f64>,
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
    log: Vec<f64>,
}

impl Readout {
    pub(crate) fn of_head(head: &Head) -> Self {
        let FreeLogits { ways, shift } = head.free_logits();
        Self {
            classes: head.classes,
            ways,
            shift,
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
                0.0,
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
            shift: vec![0.0; classes],
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
        let only = self.ways.len() == 1;
        for (weight, way) in &self.ways {
            way.log_probabilities(input, self.classes, scratch);
            if only {
                out.extend_from_slice(&scratch.log);
            } else if out.is_empty() {
                out.extend(scratch.log.iter().map(|log| log + weight));
            } else {
                for (sum, log) in out.iter_mut().zip(&scratch.log) {
                    let (a, b) = (*sum, log + weight);
                    let largest = a.max(b);
                    *sum = largest + ((a - largest).exp() + (b - largest).exp()).ln();
                }
            }
        }
        out.resize(self.classes, 0.0);
        for (log, shift) in out.iter_mut().zip(&self.shift) {
            *log += shift;
        }
        let largest = out.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        out.iter_mut().for_each(|log| *log = (*log - largest).exp());
        let sum: f64 = out.iter().sum();
        out.iter_mut().for_each(|p| *p /= sum);
    }
}

impl Way {
    /// ln p of each class, in `scratch`.
    fn log_probabilities(&self, input: Input<'_>, classes: usize, scratch: &mut Scratch) {
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
            .extend(units.map(|(row, (mean, bias))| (extent * (dot(row) - mean) + bias).tanh()));
        let square = score.clamp(-self.clamp, self.clamp).powi(2);
        scratch.log.clear();
        scratch.log.resize(classes - self.start.len(), 0.0);
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
            scratch.log.push(logit);
        }
        let largest = scratch
            .log
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = scratch.log.iter().map(|log| (log - largest).exp()).sum();
        let total = largest + sum.ln();
        scratch.log.iter_mut().for_each(|log| *log -= total);
    }
}
