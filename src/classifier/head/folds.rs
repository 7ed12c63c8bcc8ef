//! Which samples are held out together, where held-out samples decide.

use std::collections::BTreeMap;

use ndarray::{Array2, Axis};

use super::labels::Labels;
use super::linear::Design;
use crate::random::{Use, shuffle, stream};

/// Samples that a decision looks at, at most; what wins is trained on all of
/// them.
const MOST: usize = 4000;
const FOLDS: usize = 3;

/// Some of the samples.
pub(super) struct Part {
    pub(super) samples: Vec<usize>,
    pub(super) design: Design,
    pub(super) scaled: Array2<f64>,
    pub(super) labels: Labels,
}

impl Part {
    fn new(design: &Design, scaled: &Array2<f64>, labels: &Labels, samples: Vec<usize>) -> Self {
        Self {
            design: design.select(&samples),
            scaled: scaled.select(Axis(0), &samples),
            labels: labels.select(&samples),
            samples,
        }
    }
}

/// For each fold the samples that are known and those that are held out;
/// nothing where the samples cannot be divided. The same seed divides them in
/// the same way.
pub(super) fn divide(
    design: &Design,
    scaled: &Array2<f64>,
    labels: &Labels,
    seed: u64,
) -> Option<Vec<(Part, Part)>> {
    let fold_of = folds(scaled, labels, seed);
    (0..FOLDS)
        .map(|fold| {
            let part = |held_out: bool| {
                let chosen = fold_of.iter().filter(|(_, of)| (*of == fold) == held_out);
                let samples = chosen.map(|&(sample, _)| sample).collect();
                Part::new(design, scaled, labels, samples)
            };
            let (known, new) = (part(false), part(true));
            (!known.samples.is_empty() && !new.samples.is_empty()).then_some((known, new))
        })
        .collect()
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

#[cfg(test)]
mod tests {
    use super::*;

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
