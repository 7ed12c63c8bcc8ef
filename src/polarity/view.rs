//! Sentiment as the word vectors see it: a logistic regression on the mean vector
//! of a text's different words.

use super::chain::Text;
use super::documents::distinct;
use crate::classifier::minimise::{Objective, minimise};
use crate::sentence::WordWeights;
use crate::vectors::WordVectors;

/// Rows that it is trained on, at most.
const MOST_ROWS: usize = 20_000;
/// The weight of the penalty.
const PENALTY: f64 = 1.0;
/// Iterations of L-BFGS.
const ITERATIONS: u64 = 50;

/// The mean vectors of texts, weighted as [`WordWeights`] has it.
pub(super) struct Means {
    dims: usize,
    rows: Vec<f32>,
}

impl Means {
    pub(super) fn new<'d>(
        texts: impl Iterator<Item = Text<'d>>,
        vectors: &WordVectors,
        weights: &WordWeights,
    ) -> Self {
        let mut means = Self::none(vectors.dims());
        let mut words = Vec::new();
        for text in texts {
            distinct(text, &mut words);
            means.push(words.iter().map(|&word| (word, 1.0)), vectors, weights);
        }
        means
    }

    /// Of no texts yet.
    pub(super) fn none(dims: usize) -> Self {
        Self {
            dims,
            rows: Vec::new(),
        }
    }

    /// Adds a text: its different words, each with what its vector is multiplied by.
    pub(super) fn push(
        &mut self,
        words: impl Iterator<Item = (u32, f32)>,
        vectors: &WordVectors,
        weights: &WordWeights,
    ) {
        let from = self.rows.len();
        self.rows.resize(from + self.dims, 0.0f32);
        let own = &mut self.rows[from..];
        let mut total = 0.0f32;
        for (word, factor) in words {
            let weight = weights.as_slice()[word as usize];
            total += weight;
            for (sum, value) in own.iter_mut().zip(vectors.row(word as usize)) {
                *sum += weight * factor * value;
            }
        }
        if total > 0.0 {
            own.iter_mut().for_each(|value| *value /= total);
        }
    }

    fn row(&self, at: usize) -> &[f32] {
        &self.rows[at * self.dims..][..self.dims]
    }
}

/// A direction among mean vectors.
pub(super) struct View {
    pub(super) direction: Vec<f64>,
    pub(super) offset: f64,
}

impl View {
    pub(super) fn scores(&self, means: &Means) -> Vec<f64> {
        means
            .rows
            .chunks_exact(means.dims.max(1))
            .map(|row| dot(&self.direction, row) + self.offset)
            .collect()
    }

    /// The scores of texts one by one: the means are not held.
    pub(super) fn scores_of<'d>(
        &self,
        texts: impl Iterator<Item = Text<'d>>,
        vectors: &WordVectors,
        weights: &WordWeights,
    ) -> Vec<f64> {
        let score = |text| {
            let mean = Means::new(std::iter::once(text), vectors, weights);
            dot(&self.direction, mean.row(0)) + self.offset
        };
        texts.map(score).collect()
    }
}

fn dot(weights: &[f64], row: &[f32]) -> f64 {
    weights
        .iter()
        .zip(row)
        .map(|(a, &b)| a * f64::from(b))
        .sum()
}

/// Learns the direction from labelled rows.
pub(super) fn fit(means: &Means, labels: &[(u32, bool)]) -> View {
    let step = labels.len().div_ceil(MOST_ROWS).max(1);
    let labels: Vec<(u32, bool)> = labels.iter().copied().step_by(step).collect();
    let count = labels.len().max(1) as f64;
    let rows = || labels.iter().map(|(at, _)| means.row(*at as usize));
    let mut mean = vec![0.0; means.dims];
    for row in rows() {
        for (sum, &value) in mean.iter_mut().zip(row) {
            *sum += f64::from(value) / count;
        }
    }
    let mut deviation = vec![0.0; means.dims];
    for row in rows() {
        for ((sum, &value), mean) in deviation.iter_mut().zip(row).zip(&mean) {
            *sum += (f64::from(value) - mean).powi(2) / count;
        }
    }
    let scale: Vec<f64> = deviation.iter().map(|v| 1.0 / v.sqrt().max(1e-9)).collect();
    let mut samples = Vec::with_capacity(labels.len() * means.dims);
    for row in rows() {
        let scaled = row.iter().zip(&mean).zip(&scale);
        samples.extend(scaled.map(|((&value, mean), scale)| (f64::from(value) - mean) * scale));
    }
    let loss = Loss {
        samples,
        dims: means.dims,
        labels: labels.iter().map(|l| l.1).collect(),
    };
    let at = minimise(&loss, vec![0.0; means.dims + 1], ITERATIONS).at;
    let direction: Vec<f64> = at.iter().zip(&scale).map(|(w, scale)| w * scale).collect();
    let shift: f64 = direction.iter().zip(&mean).map(|(w, mean)| w * mean).sum();
    View {
        offset: at[means.dims] - shift,
        direction,
    }
}

struct Loss {
    samples: Vec<f64>,
    dims: usize,
    labels: Vec<bool>,
}

impl Objective for Loss {
    fn evaluate(&self, at: &[f64]) -> (f64, Vec<f64>) {
        let (weights, bias) = (&at[..self.dims], at[self.dims]);
        let mut value = 0.5 * PENALTY * at.iter().map(|w| w * w).sum::<f64>();
        let mut gradient: Vec<f64> = at.iter().map(|w| PENALTY * w).collect();
        for (row, &label) in self.samples.chunks_exact(self.dims).zip(&self.labels) {
            let margin = weights.iter().zip(row).map(|(a, b)| a * b).sum::<f64>() + bias;
            let signed = if label { margin } else { -margin };
            value += (-signed.abs()).exp().ln_1p() + (-signed).max(0.0);
            let error = 1.0 / (1.0 + (-margin).exp()) - f64::from(u8::from(label));
            for (slot, x) in gradient.iter_mut().zip(row) {
                *slot += error * x;
            }
            gradient[self.dims] += error;
        }
        (value, gradient)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classifier::minimise::check_gradient;

    #[test]
    fn the_gradient_agrees_with_finite_differences() {
        let loss = Loss {
            samples: (0..12).map(|at| f64::from(at).sin()).collect(),
            dims: 3,
            labels: vec![true, false, false, true],
        };
        check_gradient(&loss, &[0.3, -0.2, 0.1, 0.5]);
    }
}
