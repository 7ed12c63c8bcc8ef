//! Repeated stratified cross-validation: what accuracy to expect on new texts,
//! from the labelled texts alone.

use std::collections::BTreeMap;

use ndarray::{Array1, Array2, Axis};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};

use super::interval::{Interval, mean};
use crate::classifier::{Labelled, Probabilities, argmax};
use crate::error::Result;

/// Folds, at most.
const FOLDS: usize = 10;

/// The plan: which fold each sample is held out in, once for each repetition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    folds: usize,
    /// repetitions x samples.
    held_out: Vec<Vec<usize>>,
}

/// What a cross-validation found.
#[derive(Debug, Clone, PartialEq)]
pub struct CrossValidation {
    /// Mean over the repetitions of the share answered right.
    pub accuracy: f64,
    /// Its interval: that of one pass over this many texts, since repeating
    /// does not add texts.
    pub interval: Interval,
    /// Folds of each repetition.
    pub folds: usize,
    /// Repetitions.
    pub repeats: usize,
}

impl Plan {
    /// Splits samples so that every fold has about the same share of each
    /// class, and equal texts stay in one fold (else the answer would be known
    /// from the training). Nothing when a class has less than two different
    /// texts.
    pub fn new(targets: &[usize], texts: &[&str], seed: u64) -> Option<Self> {
        // Equal texts form a group; a group belongs to its first text's class.
        let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (sample, text) in texts.iter().enumerate() {
            groups.entry(text.trim()).or_default().push(sample);
        }
        let mut by_class: BTreeMap<usize, Vec<Vec<usize>>> = BTreeMap::new();
        for group in groups.into_values() {
            by_class.entry(targets[group[0]]).or_default().push(group);
        }
        let smallest = by_class.values().map(Vec::len).min()?;
        if smallest < 2 || by_class.len() < 2 {
            return None;
        }
        let folds = smallest.min(FOLDS);
        let repeats = match targets.len() {
            0..200 => 10,
            200..2000 => 3,
            _ => 1,
        };
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let held_out = (0..repeats)
            .map(|_| {
                let mut fold_of = vec![0; targets.len()];
                let mut next = 0;
                for groups in by_class.values_mut() {
                    shuffle(groups, &mut random);
                    for group in groups.iter() {
                        for &sample in group {
                            fold_of[sample] = next % folds;
                        }
                        next += 1;
                    }
                }
                fold_of
            })
            .collect();
        Some(Self { folds, held_out })
    }

    /// Trains and tests a classifier along the plan. Samples whose `answerable`
    /// is false (no known word) take no part in training and count as wrong.
    ///
    /// # Errors
    /// Whatever `fit` returns.
    pub fn run<C: Probabilities>(
        &self,
        data: &Labelled,
        answerable: &[bool],
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
                            .filter(|&s| answerable[s] && (fold_of[s] == fold) == held)
                            .collect()
                    };
                    let (train, test) = (part(false), part(true));
                    if test.is_empty() {
                        continue;
                    }
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
        let trials = data.targets().len() as f64;
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

/// Fisher and Yates (1938), in Durstenfeld's form.
pub(crate) fn shuffle<T>(items: &mut [T], random: &mut Xoshiro256PlusPlus) {
    for last in (1..items.len()).rev() {
        let other = ((random.next_u64() >> 32) * (last as u64 + 1)) >> 32;
        items.swap(last, other as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classifier::{HiddenLayerParams, LogisticParams};
    use linfa::traits::Fit;

    fn texts(count: usize) -> Vec<String> {
        (0..count).map(|i| format!("text {i}")).collect()
    }

    fn plan(targets: &[usize], texts: &[String]) -> Option<Plan> {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        Plan::new(targets, &texts, 0)
    }

    #[test]
    fn folds_are_stratified_and_keep_equal_texts_together() {
        let targets: Vec<usize> = (0..40).map(|i| i % 2).collect();
        let mut names = texts(40);
        names[7] = names[3].clone();
        let plan = plan(&targets, &names).unwrap();
        assert_eq!((plan.folds, plan.held_out.len()), (10, 10));
        for fold_of in &plan.held_out {
            assert_eq!(fold_of[3], fold_of[7]);
            for fold in 0..10 {
                for class in 0..2 {
                    let count = (0..40)
                        .filter(|&s| fold_of[s] == fold && targets[s] == class)
                        .count();
                    assert!((1..=3).contains(&count), "{count}");
                }
            }
        }
    }

    #[test]
    fn too_few_texts_make_no_plan() {
        assert_eq!(plan(&[0, 1, 1], &texts(3)), None);
        assert_eq!(plan(&[0, 0, 0], &texts(3)), None);
        assert_eq!(plan(&[], &[]), None);
        assert!(plan(&[0, 0, 1, 1], &texts(4)).is_some());
    }

    #[test]
    fn what_can_be_learned_scores_high_and_noise_does_not() {
        let n = 60;
        let targets: Vec<usize> = (0..n).map(|i| i % 2).collect();
        let plan = plan(&targets, &texts(n)).unwrap();
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
        let answerable = vec![true; n];
        let hidden = HiddenLayerParams::new(2);
        let run = |signal: f64| {
            plan.run(&data(signal), &answerable, |part| hidden.fit(part))
                .unwrap()
        };
        assert!(run(8.0).accuracy > 0.95);
        assert!(run(0.0).accuracy < 0.75);
        let baseline = LogisticParams::new(2);
        let logistic = plan
            .run(&data(8.0), &answerable, |part| baseline.fit(part))
            .unwrap();
        assert!(logistic.accuracy > 0.95);
    }
}
