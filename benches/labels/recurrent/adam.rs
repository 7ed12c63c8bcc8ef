//! Adam (Kingma and Ba 2015, algorithm 1) on gradients of bounded length.
//!
//! Of the word vectors only those that occur in a batch are moved, and only their
//! averages change: the others' gradients are zero, and to go through all of them
//! would cost more than the rest.

use linfa::Float;

use super::gru::{row_mut, slice_mut};
use super::network::Network;

const DECAY_MEAN: f64 = 0.9;
const DECAY_SQUARE: f64 = 0.999;
const EPSILON: f64 = 1e-8;
/// Longer gradients are scaled down to this length.
const LONGEST: f64 = 1.0;

/// The averages of past gradients and of their squares.
pub(crate) struct Adam<F> {
    mean: Network<F>,
    square: Network<F>,
    steps: i32,
}

impl<F: Float> Adam<F> {
    pub(crate) fn new(network: &Network<F>) -> Self {
        Self {
            mean: network.zeros_like(),
            square: network.zeros_like(),
            steps: 0,
        }
    }

    /// One step down the gradient, which is cleared. `words` are those of the batch,
    /// each once.
    pub(crate) fn step(
        &mut self,
        network: &mut Network<F>,
        gradient: &mut Network<F>,
        words: &[u32],
        rate: f64,
    ) {
        self.steps += 1;
        let scale = shortening(gradient, words);
        let correction = |decay: f64| 1.0 - decay.powi(self.steps);
        let rate = rate * correction(DECAY_SQUARE).sqrt() / correction(DECAY_MEAN);
        // As in the algorithm: its epsilon is added after the correction.
        let epsilon = EPSILON * correction(DECAY_SQUARE).sqrt();
        let (rate, epsilon, scale) = (F::cast(rate), F::cast(epsilon), F::cast(scale));
        let update = |weights: &mut [F], slopes: &mut [F], means: &mut [F], squares: &mut [F]| {
            let averages = means.iter_mut().zip(squares);
            for ((weight, slope), (mean, square)) in weights.iter_mut().zip(slopes).zip(averages) {
                let g = scale * *slope;
                *slope = F::zero();
                *mean += F::cast(1.0 - DECAY_MEAN) * (g - *mean);
                *square += F::cast(1.0 - DECAY_SQUARE) * (g * g - *square);
                *weight -= rate * *mean / (square.sqrt() + epsilon);
            }
        };
        let parts = network.parts_mut().into_iter().zip(gradient.parts_mut());
        let averages = self.mean.parts_mut().into_iter();
        for ((weights, slopes), (means, squares)) in
            parts.zip(averages.zip(self.square.parts_mut()))
        {
            update(weights, slopes, means, squares);
        }
        if network.tuned {
            for &word in words {
                let word = word as usize;
                update(
                    row_mut(&mut network.words, word),
                    row_mut(&mut gradient.words, word),
                    row_mut(&mut self.mean.words, word),
                    row_mut(&mut self.square.words, word),
                );
            }
        }
    }
}

/// What the gradient is to be multiplied with.
fn shortening<F: Float>(gradient: &mut Network<F>, words: &[u32]) -> f64 {
    let columns = gradient.words.ncols();
    let of = |values: &[F]| -> f64 {
        let squares = values.iter().map(|&value| value * value);
        squares.sum::<F>().to_f64().unwrap_or(f64::NAN)
    };
    let mut square: f64 = gradient.parts_mut().iter().map(|part| of(part)).sum();
    if gradient.tuned {
        let all = slice_mut(&mut gradient.words);
        square += words
            .iter()
            .map(|&word| of(&all[word as usize * columns..][..columns]))
            .sum::<f64>();
    }
    (LONGEST / square.sqrt()).min(1.0)
}
