//! Several models as one weight a feature.

use super::ngrams::{Linear, Rows};
use super::spread::spread;
use super::view::{Means, View};

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
    /// The sum of models of words and pairs and of `share` times the view of the
    /// vectors, each brought to median 0 and deviation 1 over the texts at hand; the
    /// sum is so as well.
    pub(super) fn new(
        rows: &Rows,
        means: &Means,
        models: &[&Linear],
        (view, share): (&View, f64),
    ) -> Self {
        let mut sums: Vec<f64> = view.scores(means);
        let (middle, deviation) = spread(&sums);
        let factor = share / deviation;
        sums.iter_mut()
            .for_each(|score| *score = (*score - middle) * factor);
        let mut scale = Self {
            weights: vec![0.0; models.first().map_or(0, |model| model.weights.len())],
            direction: view.direction.iter().map(|v| (v * factor) as f32).collect(),
            offset: (view.offset - middle) * factor,
        };
        for model in models {
            let scores: Vec<f64> = (0..sums.len()).map(|at| rows.score(at, model)).collect();
            let (middle, deviation) = spread(&scores);
            for (sum, score) in sums.iter_mut().zip(scores) {
                *sum += (score - middle) / deviation;
            }
            for (sum, weight) in scale.weights.iter_mut().zip(&model.weights) {
                *sum += (f64::from(*weight) / deviation) as f32;
            }
            scale.offset += (model.bias - middle) / deviation;
        }

        let (middle, deviation) = spread(&sums);
        let factor = (1.0 / deviation) as f32;
        for weight in scale.weights.iter_mut().chain(&mut scale.direction) {
            *weight *= factor;
        }
        scale.offset = (scale.offset - middle) / deviation;
        scale
    }
}
