//! Two models as one weight a feature.

use super::ngrams::{Linear, Rows};
use super::spread::spread;
use super::view::View;

/// The weights for one kind of text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scale {
    /// One weight a feature.
    pub(super) weights: Vec<f32>,
    /// The weights of the mean word vector's components.
    pub(super) direction: Vec<f32>,
    pub(super) offset: f64,
}

impl Scale {
    /// The sum of a model of words and pairs and of `share` times the view of the
    /// vectors, which gives the texts at hand the scores `seen`; each brought to median 0 and deviation 1 over the texts at hand; the
    /// sum is so as well.
    pub(super) fn new(rows: &Rows, model: &Linear, view: &View, seen: &[f64], share: f64) -> Self {
        let scale = Self {
            weights: vec![0.0; model.weights.len()],
            direction: view.direction.iter().map(|&v| v as f32).collect(),
            offset: view.offset,
        };
        scale.joined(seen, share, rows, (model, 1.0))
    }

    /// The sum of `old` times this scale, which gives the texts at hand `scores`, and
    /// of `new` times a model of words and pairs, each brought to median 0 and
    /// deviation 1 over these texts; the sum is so as well.
    pub(super) fn joined(
        mut self,
        scores: &[f64],
        old: f64,
        rows: &Rows,
        (model, new): (&Linear, f64),
    ) -> Self {
        let own: Vec<f64> = (0..scores.len()).map(|at| rows.score(at, model)).collect();
        let ((middle, deviation), (own_middle, own_deviation)) = (spread(scores), spread(&own));
        let (old, new) = (old / deviation, new / own_deviation);
        let join = |a: f64, b: f64| (a - middle) * old + (b - own_middle) * new;
        let sums: Vec<f64> = scores.iter().zip(&own).map(|(a, b)| join(*a, *b)).collect();
        let (middle, deviation) = spread(&sums);
        for (weight, own) in self.weights.iter_mut().zip(&model.weights) {
            *weight = ((f64::from(*weight) * old + f64::from(*own) * new) / deviation) as f32;
        }
        for weight in &mut self.direction {
            *weight = (f64::from(*weight) * old / deviation) as f32;
        }
        self.offset = (join(self.offset, model.bias) - middle) / deviation;
        self
    }
}
