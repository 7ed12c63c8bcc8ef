//! The trade between coverage and accuracy: what is gained when only the surest
//! texts are answered.
//!
//! The risk-coverage curve of selective classification (El-Yaniv and Wiener
//! 2010), with accuracy in place of its complement, the risk. Texts of equal
//! probability are answered together or not at all, since no threshold tells
//! them apart.

use serde::Serialize;

use super::metrics::{Prediction, Score};
use crate::interval::Interval;

/// With fewer answers the intervals say that nothing is known.
const LEAST_ANSWERS: usize = 20;
/// One point for each percent of the answers is as many as a curve needs.
const MOST_POINTS: usize = 100;
/// Decimals of a threshold: two are read easily, and up to fifteen every number
/// below 1 is told from its neighbours without rounding.
const DECIMALS: std::ops::RangeInclusive<i32> = 2..=15;

/// What one threshold does.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// Answers with at least this probability are given: the shortest number, of
    /// two decimals or more, that divides these answers from the others.
    pub threshold: f64,
    /// How many those are.
    pub answered: usize,
    /// Their share of all texts.
    pub coverage: f64,
    /// The share of them that are right.
    pub accuracy: Score,
}

/// Coverage against accuracy, for every threshold that makes a difference.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CoverageCurve {
    /// The area under the risk-coverage curve: the share of wrong answers among
    /// the k surest, averaged over all k from 1 to the number of answers, and
    /// over the orders of equals. 0 is best, and an order by chance makes it the
    /// share of wrong answers.
    pub aurc: f64,
    /// From all answers to the surest: coverage falls, thresholds rise. At most
    /// a hundred.
    pub points: Vec<Point>,
}

/// Answers of one probability, and of all above it.
#[derive(Debug, Clone, Copy, Default)]
struct Level {
    probability: f64,
    /// What divides them from the level below.
    threshold: f64,
    answered: usize,
    right: usize,
}

impl CoverageCurve {
    /// The curve of the answers that were given; nothing of fewer than twenty,
    /// and nothing when all have one probability.
    pub fn new(predictions: &[Prediction]) -> Option<Self> {
        let levels = levels(predictions);
        let [_, .., last] = levels.as_slice() else {
            return None;
        };
        if last.answered < LEAST_ANSWERS {
            return None;
        }
        Some(Self {
            aurc: area(&levels),
            points: kept(&levels)
                .into_iter()
                .rev()
                .map(|level| {
                    let (right, answered) = (level.right as f64, level.answered as f64);
                    Point {
                        threshold: level.threshold,
                        answered: level.answered,
                        coverage: answered / predictions.len() as f64,
                        accuracy: Score {
                            value: right / answered,
                            interval: Some(Interval::proportion(right, answered)),
                        },
                    }
                })
                .collect(),
        })
    }

    /// For each of these percentages, falling ones, the point with the fewest
    /// answers that are at least so many percent of all answers; points that
    /// serve two percentages stand once.
    pub fn surest(&self, percentages: &[usize]) -> Vec<&Point> {
        let all = self.points.first().map_or(0, |point| point.answered);
        let mut points: Vec<&Point> = percentages
            .iter()
            .filter_map(|percent| {
                let enough = |point: &&Point| point.answered * 100 >= all * percent;
                self.points.iter().rev().find(enough)
            })
            .collect();
        points.dedup();
        points
    }
}

/// The levels of the answers, the surest first.
fn levels(predictions: &[Prediction]) -> Vec<Level> {
    let mut answers: Vec<(f64, bool)> = predictions
        .iter()
        .filter_map(|prediction| {
            let right = prediction.answer? == prediction.truth;
            Some((prediction.probability(), right))
        })
        .collect();
    answers.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut levels: Vec<Level> = Vec::new();
    let mut sum = Level::default();
    for equals in answers.chunk_by(|a, b| a.0 == b.0) {
        sum.probability = equals[0].0;
        sum.answered += equals.len();
        sum.right += equals.iter().filter(|(_, right)| *right).count();
        if let Some(above) = levels.last_mut() {
            above.threshold = dividing(Some(sum.probability), above.probability);
        }
        sum.threshold = dividing(None, sum.probability);
        levels.push(sum);
    }
    levels
}

/// The levels that become points: all, or of those in each percent of the answers
/// the one with the roundest threshold: a text more or less says nothing. All
/// answers are a point in any case.
fn kept(levels: &[Level]) -> Vec<&Level> {
    let Some((all, others)) = levels.split_last() else {
        return Vec::new();
    };
    if levels.len() <= MOST_POINTS {
        return levels.iter().collect();
    }
    let percent = |level: &Level| (level.answered * MOST_POINTS).div_ceil(all.answered);
    others
        .chunk_by(|a, b| percent(a) == percent(b))
        .filter(|chunk| percent(&chunk[0]) < MOST_POINTS)
        .filter_map(|chunk| chunk.iter().min_by_key(|level| decimals(level.threshold)))
        .chain([all])
        .collect()
}

/// Mean risk of the k surest answers. Among equals the wrong ones stand anywhere,
/// so the first j of g have j/g of them on average.
fn area(levels: &[Level]) -> f64 {
    let mut sum = 0.0;
    let mut before = Level::default();
    for level in levels {
        let equals = level.answered - before.answered;
        let wrong_before = (before.answered - before.right) as f64;
        let wrong = (level.answered - level.right) as f64 - wrong_before;
        for first in 1..=equals {
            let share = first as f64 / equals as f64;
            sum += (wrong_before + wrong * share) / (before.answered + first) as f64;
        }
        before = *level;
    }
    sum / before.answered.max(1) as f64
}

/// The shortest decimal number that is at most the one probability and above the
/// other.
fn dividing(below: Option<f64>, probability: f64) -> f64 {
    DECIMALS
        .flat_map(|decimals| {
            let scale = 10f64.powi(decimals);
            let nearest = (probability * scale).round();
            [nearest / scale, (nearest - 1.0) / scale]
        })
        .find(|&number| number <= probability && below.is_none_or(|below| below < number))
        .unwrap_or(probability)
}

/// How many decimals a number is written with.
fn decimals(number: f64) -> usize {
    let written = number.to_string();
    written
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Two classes, the truth is the second: a probability above a half is right.
    fn predictions(rows: &[(f64, bool)]) -> Vec<Prediction> {
        rows.iter()
            .map(|&(probability, right)| {
                let mut probabilities = vec![1.0 - probability, probability];
                if !right {
                    probabilities.reverse();
                }
                Prediction {
                    truth: 1,
                    answer: Some(usize::from(right)),
                    probabilities,
                }
            })
            .collect()
    }

    /// Thirty answers: ten at 0.9 all right, ten at 0.8 with one wrong, ten at
    /// 0.6 with five wrong.
    fn thirty() -> Vec<(f64, bool)> {
        let row = |i: usize| match i {
            0..10 => (0.9, true),
            10..20 => (0.8, i != 13),
            _ => (0.6, i.is_multiple_of(2)),
        };
        (0..30).map(row).collect()
    }

    #[test]
    fn a_curve_by_hand() {
        let mut predictions = predictions(&thirty());
        // Two texts without an answer: they lower the coverage only.
        for _ in 0..2 {
            predictions.push(Prediction {
                truth: 1,
                answer: None,
                probabilities: vec![0.05, 0.95],
            });
        }
        let curve = CoverageCurve::new(&predictions).unwrap();
        let rows: Vec<_> = curve
            .points
            .iter()
            .map(|point| (point.threshold, point.answered, point.accuracy.value))
            .collect();
        let expected = [
            (0.6, 30, 24.0 / 30.0),
            (0.8, 20, 19.0 / 20.0),
            (0.9, 10, 1.0),
        ];
        assert_eq!(rows, expected);
        assert_eq!(curve.points[0].coverage, 30.0 / 32.0);
        let interval = curve.points[1].accuracy.interval.unwrap();
        assert_eq!(interval, Interval::proportion(19.0, 20.0));
        // At least 60 % of the answers are 20 of 30, and 67 % are all of them.
        let answered = |percentages: &[usize]| -> Vec<usize> {
            let points = curve.surest(percentages);
            points.iter().map(|point| point.answered).collect()
        };
        assert_eq!(answered(&[100, 67, 60, 50, 10]), [30, 20, 10]);
        assert_eq!(answered(&[90]), [30]);
    }

    /// One right answer, then a right and a wrong one that are equally sure: in
    /// one order the risks are 0, 0, 1/3, in the other 0, 1/2, 1/3.
    #[test]
    fn the_area_is_the_mean_over_the_orders_of_equals() {
        let area = |rows: &[(f64, bool)]| area(&levels(&predictions(rows)));
        let tied = area(&[(0.6, false), (0.9, true), (0.6, true)]);
        assert!((tied - 7.0 / 36.0).abs() < 1e-12);
        let best = area(&[(0.6, false), (0.9, true), (0.7, true)]);
        assert!((best - 1.0 / 9.0).abs() < 1e-12);
        assert_eq!(area(&[(0.6, false), (0.6, true)]), 0.5);
    }

    #[test]
    fn no_curve_where_there_is_nothing_to_choose() {
        let curve = |rows: &[(f64, bool)]| CoverageCurve::new(&predictions(rows));
        assert_eq!(curve(&[]), None);
        assert_eq!(curve(&thirty()[10..29]), None);
        assert!(curve(&thirty()[10..30]).is_some());
        assert_eq!(curve(&[(0.7, true); 40]), None);
        let undecided = Prediction {
            truth: 0,
            answer: None,
            probabilities: vec![0.5, 0.5],
        };
        assert_eq!(CoverageCurve::new(&vec![undecided; 40]), None);
    }

    #[test]
    fn thresholds_are_as_short_as_they_can_be() {
        assert_eq!(dividing(None, 0.731_86), 0.73);
        assert_eq!(dividing(Some(0.7), 0.738_6), 0.73);
        assert_eq!(dividing(Some(0.731), 0.731_86), 0.7318);
        assert_eq!(dividing(Some(0.99), 1.0), 1.0);
        // Neighbours among the numbers: no decimal between them.
        let below = 0.731_86f64.next_down();
        assert_eq!(dividing(Some(below), 0.731_86), 0.731_86);
        assert_eq!(dividing(Some(0.29f64.next_down()), 0.29), 0.29);
        assert_eq!(dividing(Some(0.002), 0.003), 0.003);
    }

    #[test]
    fn long_curves_are_thinned() {
        let rows: Vec<_> = (0..1234)
            .map(|i| (0.5 + f64::from(i) / 3000.0, i % 3 > 0))
            .collect();
        let curve = CoverageCurve::new(&predictions(&rows)).unwrap();
        assert_eq!(curve.points.len(), 100);
        assert_eq!(curve.points[0].answered, 1234);
        // A percent is 12 or 13 texts here, 0.004 of the probability: three
        // decimals do, and one point stands for each percent.
        for (point, percent) in curve.points.iter().zip((1..=100).rev()) {
            assert_eq!((point.answered * 100).div_ceil(1234), percent);
            assert!(decimals(point.threshold) <= 3, "{point:?}");
        }
        let points = curve.surest(&[100, 90, 50]);
        let thresholds: Vec<f64> = points.iter().map(|point| point.threshold).collect();
        // 0.54 is reached by 1,114 texts, 90.3 %; 0.7 by 634, 51.4 %, too many.
        assert_eq!(thresholds, [0.5, 0.54, 0.705]);
    }

    proptest! {
        #[test]
        fn laws_of_the_curve(rows in proptest::collection::vec(
            (500u32..=1000, any::<bool>(), 0u8..8), 20..400,
        ), places in 1u32..=3) {
            // Fewer places make more equals.
            let step = 10f64.powi(places as i32);
            let mut predictions = predictions(&rows.iter()
                .map(|&(p, right, _)| ((f64::from(p) / 1000.0 * step).round() / step, right))
                .collect::<Vec<_>>());
            for (prediction, row) in predictions.iter_mut().zip(&rows) {
                if row.2 == 0 {
                    prediction.answer = None;
                }
            }
            let given: Vec<&Prediction> =
                predictions.iter().filter(|one| one.answer.is_some()).collect();
            let Some(curve) = CoverageCurve::new(&predictions) else {
                let first = given.first().map(|one| one.probability());
                prop_assert!(given.len() < LEAST_ANSWERS
                    || given.iter().all(|one| Some(one.probability()) == first));
                return Ok(());
            };
            prop_assert!((1..=MOST_POINTS).contains(&curve.points.len()));
            prop_assert!((0.0..=1.0).contains(&curve.aurc));
            // All answers: the accuracy of what is answered.
            let right = |of: &[&Prediction]| {
                of.iter().filter(|one| one.answer == Some(one.truth)).count() as f64
            };
            prop_assert_eq!(curve.points[0].answered, given.len());
            prop_assert_eq!(curve.points[0].accuracy.value, right(&given) / given.len() as f64);
            for pair in curve.points.windows(2) {
                prop_assert!(pair[1].coverage < pair[0].coverage);
                prop_assert!(pair[1].threshold > pair[0].threshold);
            }
            // Each threshold does what its point says.
            for point in &curve.points {
                let above: Vec<&Prediction> = given.iter().copied()
                    .filter(|one| one.probability() >= point.threshold).collect();
                prop_assert_eq!(above.len(), point.answered);
                prop_assert_eq!(right(&above) / above.len() as f64, point.accuracy.value);
                prop_assert_eq!(above.len() as f64 / rows.len() as f64, point.coverage);
            }
            // A percentage is served by its own level, or by one in the percent of
            // the next.
            let levels = levels(&predictions);
            for percent in 1..=100 {
                let answered = curve.surest(&[percent])[0].answered;
                let level = |enough: &dyn Fn(usize) -> bool| levels.iter()
                    .map(|level| level.answered)
                    .find(|&answered| enough(answered * 100));
                let own = level(&|share| share >= given.len() * percent).unwrap();
                let next = level(&|share| share > given.len() * percent).unwrap_or(own);
                prop_assert!(answered >= own);
                prop_assert!((answered * 100).div_ceil(given.len())
                    <= (next * 100).div_ceil(given.len()));
                prop_assert!(levels.len() > MOST_POINTS || answered == own);
            }
        }
    }
}
