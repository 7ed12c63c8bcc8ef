//! How many hidden units a set of labels supports: none, 8 or 32.
//!
//! Cross-validated log loss decides, with the one-standard-error rule (Breiman,
//! Friedman, Olshen and Stone 1984; Hastie, Tibshirani and Friedman 2009,
//! section 7.10): the smallest layer whose mean loss is within one standard
//! error of the best one's. So a larger layer never wins a tie, and a gain that
//! chance explains is no gain.

use std::collections::BTreeMap;

use ndarray::{Array2, Axis};

use super::hidden::{Size, train};
use super::labels::Labels;
use super::linear::{Design, fit};
use crate::error::Result;
use crate::random::{Use, shuffle, stream};

/// With fewer labels, no layer: there is nothing to decide on.
const FEWEST: usize = 64;
/// Samples that the decision looks at, at most; the layer that wins is trained
/// on all of them.
const MOST: usize = 4000;
const FOLDS: usize = 3;
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
    let fold_of = folds(scaled, labels, seed);
    let mut splits = Vec::new();
    for fold in 0..FOLDS {
        let part = |held_out: bool| {
            let chosen = fold_of.iter().filter(|(_, of)| (*of == fold) == held_out);
            let samples: Vec<usize> = chosen.map(|&(sample, _)| sample).collect();
            Part::new(design, scaled, labels, &samples)
        };
        let (known, new) = (part(false), part(true));
        if known.labels.targets.is_empty() || new.labels.targets.is_empty() {
            return Ok(None);
        }
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

/// Some of the samples.
struct Part {
    design: Design,
    scaled: Array2<f64>,
    labels: Labels,
}

impl Part {
    fn new(design: &Design, scaled: &Array2<f64>, labels: &Labels, samples: &[usize]) -> Self {
        Self {
            design: design.select(samples),
            scaled: scaled.select(Axis(0), samples),
            labels: labels.select(samples),
        }
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Samples and the folds they are held out in: classes spread evenly, equal
/// features in one fold (else their labels would be known from the training).
fn folds(scaled: &Array2<f64>, labels: &Labels, seed: u64) -> Vec<(usize, usize)> {
    let mut order: Vec<usize> = (0..scaled.nrows()).collect();
    shuffle(&mut order, &mut stream(Use::Folds, seed));
    order.truncate(MOST);
    let mut next = vec![0; labels.classes];
    let mut of_features = BTreeMap::new();
    order
        .into_iter()
        .map(|sample| {
            let features: Vec<u64> = scaled.row(sample).iter().map(|v| v.to_bits()).collect();
            let fold = *of_features.entry(features).or_insert_with(|| {
                let next = &mut next[labels.targets[sample]];
                *next += 1;
                *next % FOLDS
            });
            (sample, fold)
        })
        .collect()
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

    #[test]
    fn equal_features_share_a_fold_and_classes_are_spread() {
        let scaled = Array2::from_shape_fn((90, 1), |(i, _)| (i / 2) as f64);
        let labels = Labels {
            targets: (0..90).map(|i| i / 2 % 2).collect(),
            weights: vec![1.0; 90],
            classes: 2,
        };
        let mut fold_of = folds(&scaled, &labels, 1);
        fold_of.sort_unstable();
        assert_eq!(fold_of.len(), 90);
        assert!(fold_of.chunks(2).all(|pair| pair[0].1 == pair[1].1));
        for fold in 0..FOLDS {
            let held = |class: usize| {
                let of_class = |(sample, of): &&(usize, usize)| {
                    *of == fold && labels.targets[*sample] == class
                };
                fold_of.iter().filter(of_class).count()
            };
            assert!(held(0).abs_diff(held(1)) <= 4);
        }
    }
}
