//! How much terms count beside the features: not at all, or 1 or 3 times.
//!
//! What many words say adds up in documents and hardly does in sentences, and
//! where labels are few the features say it better. Cross-validated log loss
//! decides, on the samples that decide on a hidden layer too (`width.rs`): the
//! smallest amount of which the mean loss is within one standard error of the
//! best one's. The error is that of the difference, sample by sample: all amounts
//! answer the same samples, and most of what makes losses differ from one sample
//! to the next is common to all.

use ndarray::Array2;

use super::folds::divide;
use super::joint;
use super::labels::Labels;
use super::linear::{Design, fit};
use super::terms::{Rows, Samples};
use crate::error::Result;

/// With fewer labels, terms have no weights of their own.
pub const TERMS_FROM: usize = 2000;
/// The lengths that rows may have, rising.
const SCALES: [f64; 2] = [1.0, 3.0];

/// What terms are worth.
pub(super) struct Chosen {
    /// The length of a sample's row.
    pub(super) scale: f64,
    /// What the terms of each sample that took part in the choice add to its
    /// logits, as learned from others, samples x free; zeros for the rest.
    pub(super) held_out: Array2<f64>,
}

/// The amount that the labels support; nothing for none at all.
///
/// # Errors
/// Those of the fits.
pub(super) fn choose(
    design: &Design,
    scaled: &Array2<f64>,
    terms: &Samples<'_>,
    labels: &Labels,
    seed: u64,
) -> Result<Option<Chosen>> {
    let Some(parts) = divide(design, scaled, labels, seed) else {
        return Ok(None);
    };
    let mut losses = vec![Vec::new(); 1 + SCALES.len()];
    let none = Array2::zeros((labels.targets.len(), labels.free()));
    let mut held_out = vec![none; SCALES.len()];
    for (known, new) in &parts {
        let columns = fit(&known.design, &known.labels, None)?.weights;
        losses[0].extend(new.labels.losses(&new.design.logits(&columns)));
        let (of_known, of_new) = (terms.select(&known.samples), terms.select(&new.samples));
        let ratios = of_known.ratios(&known.labels);
        for (at, &scale) in SCALES.iter().enumerate() {
            let rows = Rows::new(&of_known, &ratios, scale);
            let (design, labels) = (&known.design, &known.labels);
            let joint = joint::fit(design, &rows, labels, &columns)?;
            let weights: Vec<f64> = joint.terms.iter().map(|&v| f64::from(v)).collect();
            let added = Rows::new(&of_new, &ratios, scale).logits(&weights);
            let logits = new.design.logits(&joint.weights) + &added;
            losses[at + 1].extend(new.labels.losses(&logits));
            for (&sample, added) in new.samples.iter().zip(added.rows()) {
                held_out[at].row_mut(sample).assign(&added);
            }
        }
    }
    let at = first_as_good_as_best(&losses);
    Ok(at.checked_sub(1).map(|at| Chosen {
        scale: SCALES[at],
        held_out: held_out.swap_remove(at),
    }))
}

/// The first candidate whose mean loss exceeds the smallest by no more than the
/// standard error of the difference.
fn first_as_good_as_best(losses: &[Vec<f64>]) -> usize {
    let sums = losses.iter().map(|losses| losses.iter().sum::<f64>());
    let best = sums
        .enumerate()
        .fold((0, f64::INFINITY), |best, (at, sum)| {
            if sum < best.1 { (at, sum) } else { best }
        });
    let as_good = |losses_of: &Vec<f64>| {
        let count = losses_of.len().max(2) as f64;
        let by: Vec<f64> = losses_of
            .iter()
            .zip(&losses[best.0])
            .map(|(a, b)| a - b)
            .collect();
        let mean = by.iter().sum::<f64>() / count;
        let squares: f64 = by.iter().map(|by| (by - mean).powi(2)).sum();
        mean <= (squares / (count - 1.0) / count).sqrt()
    };
    losses.iter().position(as_good).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_amount_must_gain_more_than_an_error() {
        // Losses of very different samples; the second gains `by` on average.
        let losses = |by: f64, noise: f64| -> Vec<Vec<f64>> {
            let hard = |i: usize| (i % 7) as f64;
            let first = (0..100).map(hard).collect();
            let turn = |i: usize| if i.is_multiple_of(2) { noise } else { -noise };
            let second = (0..100).map(|i| hard(i) - by + turn(i)).collect();
            vec![first, second]
        };
        // The error of the difference is noise / 10, about.
        assert_eq!(first_as_good_as_best(&losses(0.02, 0.1)), 1);
        assert_eq!(first_as_good_as_best(&losses(0.02, 0.3)), 0);
        assert_eq!(first_as_good_as_best(&losses(-0.02, 0.1)), 0);
        assert_eq!(first_as_good_as_best(&losses(0.0, 0.0)), 0);
        let nan = vec![vec![f64::NAN; 9], vec![f64::NAN; 9]];
        assert_eq!(first_as_good_as_best(&nan), 0);
    }
}
