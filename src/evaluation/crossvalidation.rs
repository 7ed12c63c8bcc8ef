//! Repeated stratified cross-validation: what accuracy to expect on new texts,
//! from the labelled texts alone.

use std::collections::BTreeMap;

use crate::classifier::{Labelled, Probabilities, argmax};
use crate::error::Result;
use crate::interval::{Interval, mean};
use crate::random::{Use, shuffle, stream};
use ndarray::{Array1, Array2, Axis};

/// Folds, at most.
const FOLDS: usize = 10;
/// Folds of many samples, which tell enough, and take long.
const FOLDS_OF_MANY: usize = 3;
const MANY: usize = 2000;

/// The plan: which fold each sample is held out in, once for each repetition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    folds: usize,
    /// Samples with different contents, or none.
    different: usize,
    /// repetitions x samples; nothing for samples that take no part.
    held_out: Vec<Vec<Option<usize>>>,
}

/// What a cross-validation found.
#[derive(Debug, Clone, PartialEq)]
pub struct CrossValidation {
    /// Mean over the repetitions of the share answered right.
    pub accuracy: f64,
    /// Its interval: that of one pass over the different texts, since neither
    /// repeating the split nor repeating a text adds evidence.
    pub interval: Interval,
    /// Folds of each repetition.
    pub folds: usize,
    /// Repetitions.
    pub repeats: usize,
}

impl Plan {
    /// Splits samples of `classes` classes so that every fold has about the same
    /// share of each class, and samples with equal `contents` stay in one fold
    /// (else the answer would be known from the training). Samples without
    /// content (no known word) take no part, and count as wrong.
    ///
    /// Nothing when a class has less than two different contents: then no
    /// accuracy can be estimated.
    pub fn new<K: Ord>(
        targets: &[usize],
        contents: &[Option<K>],
        classes: usize,
        seed: u64,
    ) -> Option<Self> {
        // Equal contents form a group; a group belongs to its first sample's class.
        let mut groups: BTreeMap<&K, Vec<usize>> = BTreeMap::new();
        for (sample, content) in contents.iter().enumerate() {
            if let Some(content) = content {
                groups.entry(content).or_default().push(sample);
            }
        }
        let mut by_class: Vec<Vec<Vec<usize>>> = vec![Vec::new(); classes];
        for group in groups.into_values() {
            by_class[targets[group[0]]].push(group);
        }
        let smallest = by_class.iter().map(Vec::len).min()?;
        if smallest < 2 || classes < 2 {
            return None;
        }
        let folds = smallest.min(match targets.len() {
            MANY.. => FOLDS_OF_MANY,
            _ => FOLDS,
        });
        let different = by_class.iter().map(Vec::len).sum::<usize>()
            + contents.iter().filter(|content| content.is_none()).count();
        let repeats = match targets.len() {
            0..200 => 10,
            200..2000 => 3,
            _ => 1,
        };
        let mut random = stream(Use::Folds, seed);
        let held_out = (0..repeats)
            .map(|_| {
                let mut fold_of = vec![None; targets.len()];
                let mut next = 0;
                for groups in &mut by_class {
                    shuffle(groups, &mut random);
                    for group in groups.iter() {
                        for &sample in group {
                            fold_of[sample] = Some(next % folds);
                        }
                        next += 1;
                    }
                }
                fold_of
            })
            .collect();
        Some(Self {
            folds,
            different,
            held_out,
        })
    }

    /// Trains and tests a classifier along the plan.
    ///
    /// # Errors
    /// Whatever `fit` returns.
    pub fn run<C: Probabilities>(
        &self,
        data: &Labelled,
        fit: impl Fn(&Labelled) -> Result<C>,
    ) -> Result<CrossValidation> {
        let accuracies = self
            .held_out
            .iter()
            .map(|fold_of| {
                let mut right = 0;
                for fold in 0..self.folds {
                    let part = |held: bool| -> Vec<usize> {
                        (0..fold_of.len())
                            .filter(|&sample| {
                                fold_of[sample].is_some_and(|of| (of == fold) == held)
                            })
                            .collect()
                    };
                    let (train, test) = (part(false), part(true));
                    let classifier = fit(&select(data, &train))?;
                    let answers = classifier.probabilities(&data.records().select(Axis(0), &test));
                    right += test
                        .iter()
                        .zip(answers.rows())
                        .filter(|(sample, row)| argmax(*row) == data.targets()[**sample])
                        .count();
                }
                Ok(right as f64 / fold_of.len() as f64)
            })
            .collect::<Result<Vec<f64>>>()?;
        let accuracy = mean(&accuracies);
        let trials = self.different as f64;
        Ok(CrossValidation {
            accuracy,
            interval: Interval::proportion(accuracy * trials, trials),
            folds: self.folds,
            repeats: self.held_out.len(),
        })
    }
}

/// Some of the samples, with their weights.
pub fn select(data: &Labelled, samples: &[usize]) -> Labelled {
    let records: Array2<f64> = data.records().select(Axis(0), samples);
    let targets: Array1<usize> = data.targets().select(Axis(0), samples);
    let weights = samples.iter().map(|&sample| data.weight_for(sample));
    Labelled::new(records, targets).with_weights(weights.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classifier::{HiddenLayerParams, LogisticParams};
    use linfa::traits::Fit;

    fn contents(count: usize) -> Vec<Option<usize>> {
        (0..count).map(Some).collect()
    }

    #[test]
    fn folds_are_stratified_and_keep_equal_contents_together() {
        let targets: Vec<usize> = (0..40).map(|i| i % 2).collect();
        let mut contents = contents(40);
        contents[7] = contents[3];
        contents[9] = None;
        let plan = Plan::new(&targets, &contents, 2, 0).unwrap();
        assert_eq!((plan.folds, plan.held_out.len()), (10, 10));
        for fold_of in &plan.held_out {
            assert_eq!(fold_of[3], fold_of[7]);
            assert_eq!(fold_of[9], None);
            for fold in 0..10 {
                for class in 0..2 {
                    let count = (0..40)
                        .filter(|&s| fold_of[s] == Some(fold) && targets[s] == class)
                        .count();
                    assert!((1..=3).contains(&count), "{count}");
                }
            }
        }
    }

    #[test]
    fn repeated_texts_do_not_narrow_the_interval() {
        let targets: Vec<usize> = (0..80).map(|i| i % 2).collect();
        let data = Labelled::new(
            Array2::from_shape_fn((80, 1), |(i, _)| targets[i] as f64),
            Array1::from(targets.clone()),
        );
        let interval = |contents: &[Option<usize>]| {
            let plan = Plan::new(&targets, contents, 2, 0).unwrap();
            let hidden = HiddenLayerParams::new(2);
            plan.run(&data, |part| hidden.fit(part)).unwrap().interval
        };
        let eight: Vec<Option<usize>> = (0..80).map(|i| Some(i % 8)).collect();
        assert_eq!(interval(&eight), Interval::proportion(8.0, 8.0));
        assert_eq!(interval(&contents(80)), Interval::proportion(80.0, 80.0));
    }

    #[test]
    fn too_few_different_contents_make_no_plan() {
        let plan =
            |targets: &[usize], contents: &[Option<usize>]| Plan::new(targets, contents, 2, 0);
        assert_eq!(plan(&[0, 1, 1], &contents(3)), None);
        assert_eq!(plan(&[0, 0, 0], &contents(3)), None);
        assert_eq!(plan(&[], &[]), None);
        assert!(plan(&[0, 0, 1, 1], &contents(4)).is_some());
        // Two of a class, but one of them without a known word, or the same twice.
        assert_eq!(
            plan(&[0, 0, 1, 1], &[Some(0), Some(1), Some(2), None]),
            None
        );
        assert_eq!(
            plan(&[0, 0, 1, 1], &[Some(0), Some(1), Some(2), Some(2)]),
            None
        );
        // All of one class's contents stand under the other's name first.
        assert_eq!(
            plan(&[0, 0, 1, 1], &[Some(0), Some(1), Some(0), Some(1)]),
            None
        );
    }

    #[test]
    fn what_can_be_learned_scores_high_and_noise_does_not() {
        let n = 60;
        let targets: Vec<usize> = (0..n).map(|i| i % 2).collect();
        let plan = Plan::new(&targets, &contents(n), 2, 0).unwrap();
        let data = |signal: f64| {
            let records = Array2::from_shape_fn((n, 3), |(i, j)| {
                let noise = ((i * 7919 + j * 104_729) % 101) as f64 / 50.0 - 1.0;
                noise
                    + if j == 0 {
                        signal * (targets[i] as f64 - 0.5)
                    } else {
                        0.0
                    }
            });
            Labelled::new(records, Array1::from(targets.clone()))
        };
        let hidden = HiddenLayerParams::new(2);
        let run = |signal: f64| plan.run(&data(signal), |part| hidden.fit(part)).unwrap();
        assert!(run(8.0).accuracy > 0.95);
        assert!(run(0.0).accuracy < 0.75);
        let baseline = LogisticParams::new(2);
        let logistic = plan.run(&data(8.0), |part| baseline.fit(part)).unwrap();
        assert!(logistic.accuracy > 0.95);
    }
}
