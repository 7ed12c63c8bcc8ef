//! How many hidden units a set of labels supports: none, 8 or 32.
//!
//! Cross-validated log loss decides, with the one-standard-error rule (Breiman,
//! Friedman, Olshen and Stone 1984; Hastie, Tibshirani and Friedman 2009,
//! section 7.10): the smallest layer whose mean loss is within one standard
//! error of the best one's. So a larger layer never wins a tie, and a gain that
//! chance explains is no gain.

use ndarray::Array2;

use super::folds::divide;
use super::hidden::{Size, train};
use super::labels::Labels;
use super::linear::{Design, fit};
use crate::error::Result;

/// With fewer labels, no layer: there is nothing to decide on.
const FEWEST: usize = 64;
/// Iterations of a fit that is only compared.
const ITERATIONS: u64 = 100;

/// What may win, from small to large; nothing is the direct path alone.
fn sizes() -> [Option<Size>; 4] {
    [
        None,
        Some(Size::new(8, 4.0)),
        Some(Size::new(8, 1.0)),
        Some(Size::new(32, 1.0)),
    ]
}

/// The size that the labels support; nothing for the direct path alone.
///
/// # Errors
/// Those of the fits.
pub(super) fn choose(
    design: &Design,
    scaled: &Array2<f64>,
    labels: &Labels,
    seed: u64,
) -> Result<Option<Size>> {
    if labels
        .weights
        .iter()
        .filter(|&&weight| weight > 0.0)
        .count()
        < FEWEST
    {
        return Ok(None);
    }
    let Some(parts) = divide(design, scaled, labels, seed) else {
        return Ok(None);
    };
    let mut splits = Vec::new();
    for (known, new) in parts {
        let linear = fit(&known.design, &known.labels, None)?.weights;
        splits.push((known, new, linear));
    }
    // The held-out losses of a size.
    let losses = |size: Option<Size>| -> Result<Vec<f64>> {
        let mut all = Vec::new();
        for (known, new, linear) in &splits {
            let logits = match size {
                None => new.design.logits(linear),
                Some(size) => {
                    let (design, scaled) = (&known.design, &known.scaled);
                    let trained = train(
                        design,
                        scaled,
                        &known.labels,
                        linear,
                        size,
                        seed,
                        ITERATIONS,
                    )?;
                    new.design.logits(&trained.weights) + trained.hidden.logits(&new.scaled)
                }
            };
            all.extend(new.labels.losses(&logits));
        }
        Ok(all)
    };
    let [none, held, small, large] = sizes();
    let (of_none, of_small) = (losses(none)?, losses(small)?);
    // Most labels support no layer, and one size tells.
    if mean(&of_small) < mean(&of_none) {
        let all = [of_none, losses(held)?, of_small, losses(large)?];
        Ok(sizes()[smallest_within_one_error(&all)])
    } else {
        Ok(None)
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The first candidate whose mean is within one standard error of the
/// smallest mean; the error is that of the smallest.
fn smallest_within_one_error(losses: &[Vec<f64>]) -> usize {
    let statistics: Vec<(f64, f64)> = losses
        .iter()
        .map(|losses| {
            let count = losses.len().max(2) as f64;
            let mean = mean(losses);
            let squares: f64 = losses.iter().map(|loss| (loss - mean).powi(2)).sum();
            (mean, (squares / (count - 1.0) / count).sqrt())
        })
        .collect();
    let best = statistics
        .iter()
        .copied()
        .fold((f64::INFINITY, 0.0), |best, other| {
            if other.0 < best.0 { other } else { best }
        });
    statistics
        .iter()
        .position(|(mean, _)| *mean <= best.0 + best.1)
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_layer_must_gain_more_than_an_error() {
        let noisy = |mean: f64| -> Vec<f64> {
            (0..100)
                .map(|i| mean + if i % 2 == 0 { 0.5 } else { -0.5 })
                .collect()
        };
        // The error of a mean is 0.5 / 10, about.
        assert_eq!(smallest_within_one_error(&[noisy(0.60), noisy(0.60)]), 0);
        assert_eq!(smallest_within_one_error(&[noisy(0.60), noisy(0.56)]), 0);
        assert_eq!(smallest_within_one_error(&[noisy(0.60), noisy(0.54)]), 1);
        let three = [noisy(0.60), noisy(0.40), noisy(0.38)];
        assert_eq!(smallest_within_one_error(&three), 1);
        let nan = [vec![f64::NAN; 9], vec![f64::NAN; 9]];
        assert_eq!(smallest_within_one_error(&nan), 0);
    }
}
