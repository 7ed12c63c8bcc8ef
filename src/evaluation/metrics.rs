//! Scores of predictions against the truth. No score is ever "not a number":
//! what has no value is `None`, and the conventions below say what counts as 0.
//!
//! A text that was answered `undecided` counts as wrong in accuracy, recall,
//! F1 and MCC; coverage says how many there were.

use serde::Serialize;

use super::coverage::CoverageCurve;
use crate::classifier::argmax;
use crate::interval::Interval;

/// Bins of the calibration error.
const BINS: usize = 10;
/// The bootstrap needs this many texts of every class that occurs; below, it
/// says nothing.
const LEAST_TEXTS: usize = 10;
/// The bootstrap is part of the report, so its seed is fixed.
const BOOTSTRAP_SEED: u64 = 0;

/// One text's truth and answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// The true class.
    pub truth: usize,
    /// The class answered; nothing when undecided.
    pub answer: Option<usize>,
    /// The probability of each class.
    pub probabilities: Vec<f64>,
}

impl Prediction {
    /// The largest probability.
    pub fn probability(&self) -> f64 {
        self.probabilities[argmax(&self.probabilities)]
    }
}

/// Scores of one class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassScores {
    /// Its name.
    pub label: String,
    /// Texts that are of this class.
    pub support: usize,
    /// Of those answered with it, how many were right; none were answered so:
    /// nothing.
    pub precision: Option<f64>,
    /// Of those that are of it, how many were found; there are none: nothing.
    pub recall: Option<f64>,
    /// Harmonic mean of the two, 2 TP / (2 TP + FP + FN); nothing when the
    /// class neither occurs nor was answered.
    pub f1: Option<f64>,
}

/// A score with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Score {
    /// The score.
    pub value: f64,
    /// Its 95 % interval, where there is enough to tell: for the bootstrapped
    /// scores ten texts of every class that occurs, and resamples that differ.
    pub interval: Option<Interval>,
}

/// Everything about a set of predictions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Texts.
    pub texts: usize,
    /// Share answered with a label.
    pub coverage: f64,
    /// Share answered right, of all.
    pub accuracy: Score,
    /// Share answered right, of those that were answered.
    pub accuracy_of_answered: Option<f64>,
    /// Share of the most frequent class: what always answering it would score.
    pub majority: f64,
    /// Mean F1 of the classes that occur.
    pub macro_f1: Score,
    /// Matthews correlation, for several classes (Gorodkin 2004, equation 8);
    /// 0 when all truths or all answers are the same.
    pub mcc: Score,
    /// Half the mean squared distance between probabilities and truth (Brier
    /// 1950), 0 to 1; for two classes the familiar (p - y)^2.
    pub brier: f64,
    /// Expected calibration error, ten bins of equal width (Guo et al. 2017,
    /// equation 3), over the answered texts.
    pub calibration_error: Option<f64>,
    /// One entry a class.
    pub classes: Vec<ClassScores>,
    /// Truth x answer; the last column is `undecided`.
    pub confusion: Vec<Vec<usize>>,
    /// What answering only the surest of the answered texts would bring; nothing
    /// where there are too few, or all have one probability.
    pub coverage_curve: Option<CoverageCurve>,
}

impl Report {
    /// Scores predictions; `labels` are the class names.
    pub fn new(labels: &[String], predictions: &[Prediction]) -> Self {
        let all: Vec<usize> = (0..predictions.len()).collect();
        let confusion = confusion(labels.len(), predictions, &all);
        let texts = predictions.len();
        let right: usize = (0..labels.len()).map(|class| confusion[class][class]).sum();
        let answered = predictions.iter().filter(|p| p.answer.is_some()).count();
        let share = |part: usize, of: usize| (of > 0).then(|| part as f64 / of as f64);
        let supports: Vec<usize> = confusion.iter().map(|row| row.iter().sum()).collect();
        let enough = texts > 0 && supports.iter().all(|&n| n == 0 || n >= LEAST_TEXTS);
        let resampled = |score: fn(&[Vec<usize>]) -> f64, value: f64| Score {
            value,
            interval: enough
                .then(|| {
                    Interval::bootstrap(texts, BOOTSTRAP_SEED, |indices| {
                        score(&self::confusion(labels.len(), predictions, indices))
                    })
                })
                .filter(|interval| interval.low < interval.high),
        };
        Self {
            texts,
            coverage: share(answered, texts).unwrap_or(0.0),
            accuracy: Score {
                value: share(right, texts).unwrap_or(0.0),
                interval: Some(Interval::proportion(right as f64, texts as f64)),
            },
            accuracy_of_answered: share(right, answered),
            majority: share(supports.iter().copied().max().unwrap_or(0), texts).unwrap_or(0.0),
            macro_f1: resampled(macro_f1, macro_f1(&confusion)),
            mcc: resampled(mcc, mcc(&confusion)),
            brier: brier(predictions),
            calibration_error: calibration_error(predictions),
            classes: labels
                .iter()
                .enumerate()
                .map(|(class, label)| {
                    let hits = confusion[class][class];
                    let given: usize = confusion.iter().map(|row| row[class]).sum();
                    ClassScores {
                        label: label.clone(),
                        support: supports[class],
                        precision: share(hits, given),
                        recall: share(hits, supports[class]),
                        f1: f1(&confusion, class),
                    }
                })
                .collect(),
            confusion,
            coverage_curve: CoverageCurve::new(predictions),
        }
    }
}

fn confusion(classes: usize, predictions: &[Prediction], indices: &[usize]) -> Vec<Vec<usize>> {
    let mut counts = vec![vec![0; classes + 1]; classes];
    for &index in indices {
        let prediction = &predictions[index];
        counts[prediction.truth][prediction.answer.unwrap_or(classes)] += 1;
    }
    counts
}

fn f1(confusion: &[Vec<usize>], class: usize) -> Option<f64> {
    let hits = confusion[class][class];
    let support: usize = confusion[class].iter().sum();
    let given: usize = confusion.iter().map(|row| row[class]).sum();
    (support + given > 0).then(|| 2.0 * hits as f64 / (support + given) as f64)
}

fn macro_f1(confusion: &[Vec<usize>]) -> f64 {
    let scores: Vec<f64> = (0..confusion.len())
        .filter(|&class| confusion[class].iter().sum::<usize>() > 0)
        .filter_map(|class| f1(confusion, class))
        .collect();
    crate::interval::mean(&scores)
}

fn mcc(confusion: &[Vec<usize>]) -> f64 {
    let classes = confusion.len();
    let total: f64 = confusion.iter().flatten().sum::<usize>() as f64;
    let right: f64 = (0..classes)
        .map(|class| confusion[class][class] as f64)
        .sum();
    // `undecided` is one more answer, which is never the truth.
    let truths: Vec<f64> = confusion
        .iter()
        .map(|row| row.iter().sum::<usize>() as f64)
        .chain([0.0])
        .collect();
    let answers: Vec<f64> = (0..=classes)
        .map(|answer| confusion.iter().map(|row| row[answer]).sum::<usize>() as f64)
        .collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let spread = |counts: &[f64]| total * total - dot(counts, counts);
    let denominator = (spread(&truths) * spread(&answers)).sqrt();
    if denominator > 0.0 {
        (right * total - dot(&truths, &answers)) / denominator
    } else {
        0.0
    }
}

fn brier(predictions: &[Prediction]) -> f64 {
    let sum: f64 = predictions
        .iter()
        .flat_map(|prediction| {
            prediction
                .probabilities
                .iter()
                .enumerate()
                .map(|(class, p)| (p - f64::from(u8::from(class == prediction.truth))).powi(2))
        })
        .sum();
    sum / 2.0 / predictions.len().max(1) as f64
}

fn calibration_error(predictions: &[Prediction]) -> Option<f64> {
    // Texts, right answers and the sum of probabilities in each bin.
    let mut bins = [(0usize, 0usize, 0.0f64); BINS];
    let mut answered = 0;
    for prediction in predictions {
        let Some(answer) = prediction.answer else {
            continue;
        };
        let top = prediction.probability();
        let bin = &mut bins[((top * BINS as f64) as usize).min(BINS - 1)];
        bin.0 += 1;
        bin.1 += usize::from(answer == prediction.truth);
        bin.2 += top;
        answered += 1;
    }
    (answered > 0).then(|| {
        bins.iter()
            .map(|&(_, right, sum)| (right as f64 - sum).abs())
            .sum::<f64>()
            / answered as f64
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(count: usize) -> Vec<String> {
        (0..count).map(|class| format!("c{class}")).collect()
    }

    fn predictions(rows: &[(usize, Option<usize>)], classes: usize) -> Vec<Prediction> {
        rows.iter()
            .map(|&(truth, answer)| {
                let mut probabilities = vec![0.2 / (classes - 1) as f64; classes];
                probabilities[answer.unwrap_or(0)] = 0.8;
                Prediction {
                    truth,
                    answer,
                    probabilities,
                }
            })
            .collect()
    }

    /// The numbers that scikit-learn's user guide gives for
    /// y_true = [0, 1, 2, 0, 1, 2], y_pred = [0, 2, 1, 0, 0, 1]:
    /// macro F1 0.2667, per-class F1 0.8, 0, 0.
    #[test]
    fn agrees_with_scikit_learn() {
        let rows = [(0, 0), (1, 2), (2, 1), (0, 0), (1, 0), (2, 1)];
        let rows: Vec<_> = rows.map(|(truth, answer)| (truth, Some(answer))).to_vec();
        let report = Report::new(&labels(3), &predictions(&rows, 3));
        assert!((report.macro_f1.value - 0.266_67).abs() < 1e-4);
        assert_eq!(report.classes[0].f1, Some(0.8));
        assert_eq!(report.classes[1].recall, Some(0.0));
        assert!((report.accuracy.value - 1.0 / 3.0).abs() < 1e-12);
        // And matthews_corrcoef([1, 1, 1, 0], [1, 0, 1, 1]) = -0.3333.
        let rows = [(1, 1), (1, 0), (1, 1), (0, 1)];
        let rows: Vec<_> = rows.map(|(truth, answer)| (truth, Some(answer))).to_vec();
        let report = Report::new(&labels(2), &predictions(&rows, 2));
        assert!((report.mcc.value + 1.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn brier_and_calibration_by_hand() {
        let rows = [
            (0, Some(0)),
            (1, Some(0)),
            (0, Some(0)),
            (0, Some(0)),
            (1, None),
        ];
        let report = Report::new(&labels(2), &predictions(&rows, 2));
        // Three at distance 0.2, two at 0.8.
        assert!((report.brier - (3.0 * 0.04 + 2.0 * 0.64) / 5.0).abs() < 1e-12);
        // Four answered at 0.8, three of them right.
        assert!((report.calibration_error.unwrap() - 0.05).abs() < 1e-12);
        assert_eq!(report.coverage, 0.8);
        assert_eq!(report.accuracy.value, 0.6);
        assert_eq!(report.accuracy_of_answered, Some(0.75));
        assert_eq!(report.confusion, [[3, 0, 0], [1, 0, 1]]);
    }

    #[test]
    fn nothing_and_one_class_have_no_nan() {
        for rows in [&[][..], &[(0, Some(0))], &[(0, None), (0, None)]] {
            let report = Report::new(&labels(2), &predictions(rows, 2));
            let json = serde_json::to_string(&report).unwrap();
            // serde_json writes what is not finite as null: only what may be
            // missing is.
            let value: serde_json::Value = serde_json::from_str(&json).unwrap();
            for name in ["coverage", "majority", "brier", "texts"] {
                assert!(value[name].is_number(), "{name}: {json}");
            }
            for name in ["accuracy", "macro_f1", "mcc"] {
                assert!(value[name]["value"].is_number(), "{name}: {json}");
            }
            let interval = &value["accuracy"]["interval"];
            assert!(interval["low"].is_number() && interval["high"].is_number());
            assert_eq!(report.classes[1].f1, None);
        }
    }

    #[test]
    fn intervals_are_given_where_there_is_enough_to_tell() {
        let few = [(0, Some(0)), (1, Some(1))];
        let report = Report::new(&labels(2), &predictions(&few, 2));
        assert_eq!(report.macro_f1.interval, None);
        let many: Vec<_> = (0..40)
            .map(|i| (i % 2, Some(usize::from(i % 5 == 0))))
            .collect();
        let report = Report::new(&labels(2), &predictions(&many, 2));
        let interval = report.macro_f1.interval.unwrap();
        assert!(interval.low < report.macro_f1.value && report.macro_f1.value < interval.high);
        // All right: every resample agrees, which proves nothing.
        let right: Vec<_> = (0..40).map(|i| (i % 2, Some(i % 2))).collect();
        let report = Report::new(&labels(2), &predictions(&right, 2));
        assert_eq!(report.mcc.interval, None);
    }

    proptest! {
        #[test]
        fn scores_stay_in_range(rows in proptest::collection::vec((0usize..3, proptest::option::of(0usize..3)), 1..40)) {
            let report = Report::new(&labels(3), &predictions(&rows, 3));
            for value in [report.accuracy.value, report.macro_f1.value, report.brier, report.coverage] {
                prop_assert!((0.0..=1.0).contains(&value));
            }
            prop_assert!((-1.0 - 1e-9..=1.0 + 1e-9).contains(&report.mcc.value));
            let interval = report.accuracy.interval.unwrap();
            prop_assert!(interval.low <= report.accuracy.value);
            prop_assert!(interval.high >= report.accuracy.value);
            let total: usize = report.confusion.iter().flatten().sum();
            prop_assert_eq!(total, rows.len());
        }
    }
}
