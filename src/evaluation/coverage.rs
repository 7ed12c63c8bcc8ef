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
                .map(|at| {
                    let level = levels[at];
                    let (right, answered) = (level.right as f64, level.answered as f64);
                    Point {
                        threshold: dividing(
                            levels.get(at + 1).map(|next| next.probability),
                            level.probability,
                        ),
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
    let mut levels = Vec::new();
    let mut sum = Level::default();
    for equals in answers.chunk_by(|a, b| a.0 == b.0) {
        sum.probability = equals[0].0;
        sum.answered += equals.len();
        sum.right += equals.iter().filter(|(_, right)| *right).count();
        levels.push(sum);
    }
    levels
}

/// Which levels become points: all, or those nearest above each percent.
fn kept(levels: &[Level]) -> Vec<usize> {
    if levels.len() <= MOST_POINTS {
        return (0..levels.len()).collect();
    }
    let all = levels.last().map_or(0, |level| level.answered);
    let mut kept: Vec<usize> = (1..=MOST_POINTS)
        .map(|share| levels.partition_point(|level| level.answered * MOST_POINTS < all * share))
        .collect();
    kept.dedup();
    kept
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
        let answered = |at: usize| curve.points[at].answered;
        // 1234, 99 % of them and 1 % of them, rounded up.
        assert_eq!((answered(0), answered(1), answered(99)), (1234, 1222, 13));
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
            // What was kept serves every whole percentage as all levels would.
            let levels = levels(&predictions);
            for percent in 1..=100 {
                let first = levels.iter()
                    .find(|level| level.answered * 100 >= given.len() * percent);
                prop_assert_eq!(
                    curve.surest(&[percent])[0].answered,
                    first.map_or(0, |level| level.answered)
                );
            }
        }
    }
}
