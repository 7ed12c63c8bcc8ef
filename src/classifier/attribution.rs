//! What each input of a text counts for in its answer, so that nothing is left over.
//!
//! What is explained is the log odds of a class, ln p / (1 - p), and what it is
//! explained by is the way from a text of which nothing is known to the text at hand.
//! Three rules share the difference out:
//!
//! - What is linear counts as it is.
//! - A hidden unit counts by the chord between its two answers, (tanh b - tanh a) /
//!   (b - a): the rescale rule of DeepLIFT (Shrikumar, Greenside and Kundaje,
//!   "Learning Important Features Through Propagating Activation Differences",
//!   2017). So every logit of a branch is a sum over the inputs.
//! - The log odds of a mixture of branches, or of more than two classes, bend with
//!   the logits, and those with the square of the score. Each of these few inputs
//!   counts by its mean slope along the straight line from the one text to the
//!   other: integrated gradients (Sundararajan, Taly and Yan, "Axiomatic
//!   Attribution for Deep Networks", 2017).
//!
//! With p_b the softmax of the logits z_b of branch b, and g_b its weight,
//!
//! ```text
//! s_j = ln (sum over b of g_b p_bj) + shift_j        G = s_k - ln (sum over j != k of exp s_j)
//! ```
//!
//! is the log odds of class k, and with c = dG / ds and r_bj = g_bj p_bj / sum over b
//! of g_b p_bj its slopes are
//!
//! ```text
//! dG / dz_bi = c_i r_bi - p_bi (sum over j of c_j r_bj)
//! ```
//!
//! (tested against finite differences). With two classes and one branch these are 1
//! and -1 everywhere, and no integral is needed.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

/// Nodes and weights of Gauss and Legendre's rule of five points, on 0 to 1.
const RULE: [(f64, f64); 5] = [
    (0.046_910_077_030_668_0, 0.118_463_442_528_094_5),
    (0.230_765_344_947_158_5, 0.239_314_335_249_683_2),
    (0.5, 0.284_444_444_444_444_4),
    (0.769_234_655_052_841_5, 0.239_314_335_249_683_2),
    (0.953_089_922_969_332, 0.118_463_442_528_094_5),
];
/// Stretches that the way is cut into, at most; there is one for each unit that a
/// logit changes by, so that in none of them much bends.
const STRETCHES: f64 = 2000.0;
/// Below this a chord is a tangent, to the last digits.
const SHORT: f64 = 1e-6;

/// What the inputs of one text count for in the log odds of one class:
///
/// ```text
/// log odds = base + features . (x - reference) + prior e + sum of terms
/// ```
///
/// with x the text's features and e its score. The factors hold for this text only.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribution {
    /// ln p / (1 - p) of the class.
    pub log_odds: f64,
    /// The same of a text of which nothing is known: with features like the mean, the
    /// score of a text without known words, and no terms.
    pub base: f64,
    /// The features that say nothing, d.
    pub reference: Array1<f64>,
    /// What differences from them are multiplied by, d.
    pub features: Array1<f64>,
    /// What the score is multiplied by.
    pub prior: f64,
    /// What each of the text's terms adds.
    pub terms: Vec<f64>,
}

/// What is known of one text.
#[derive(Debug, Clone, Copy)]
pub struct OfText<'a> {
    /// The mean vector of its distinct words, d, as it is.
    pub features: &'a Array1<f64>,
    /// Its score; that of a text without known words is 0.
    pub prior: f64,
    /// Its terms, different and rising.
    pub terms: &'a [u32],
    /// How much there is of it, 0 to 1.
    pub extent: f64,
}

/// How the free logits of one branch come about, for one text:
///
/// ```text
/// z = start + features x + sum of terms + linear e + curved clamp(e)^2
/// ```
#[derive(Debug, Clone)]
pub(super) struct Route {
    /// How much the branch's probabilities count, above 0.
    pub(super) weight: f64,
    /// Free logits.
    pub(super) start: Array1<f64>,
    /// Free logits x d, on features that are 0 where they say nothing.
    pub(super) features: Array2<f64>,
    /// Terms x free logits.
    pub(super) terms: Array2<f64>,
    /// Free logits.
    pub(super) linear: Array1<f64>,
    /// Free logits.
    pub(super) curved: Array1<f64>,
    /// Scores beyond this count as this much in the square.
    pub(super) clamp: f64,
}

/// The way from a text of which nothing is known to the one at hand.
#[derive(Debug)]
pub(super) struct Way<'a> {
    pub(super) routes: &'a [Route],
    /// x of the text, d; 0 where it says nothing.
    pub(super) features: &'a Array1<f64>,
    /// e where nothing is known, and of the text.
    pub(super) scores: [f64; 2],
    /// What is added to ln p of each class.
    pub(super) shift: &'a Array1<f64>,
    /// k.
    pub(super) class: usize,
}

/// A branch's logits on the way, one a class: those of class 0 of two stay 0.
struct Line {
    log_weight: f64,
    start: Array1<f64>,
    change: Array1<f64>,
    linear: Array1<f64>,
    curved: Array1<f64>,
    clamp: f64,
}

/// Slopes of the log odds.
#[derive(Debug, Clone)]
struct Slopes {
    /// Of the logits of each branch, one a class.
    logits: Vec<Array1<f64>>,
    score: f64,
}

impl Line {
    fn new(route: &Route, features: &Array1<f64>, classes: usize) -> Self {
        let whole = |free: &Array1<f64>| {
            let first = classes.saturating_sub(free.len());
            let of = |class: usize| {
                class
                    .checked_sub(first)
                    .map_or(0.0, |free_at| free[free_at])
            };
            Array1::from_shape_fn(classes, of)
        };
        let change = route.features.dot(features) + route.terms.sum_axis(ndarray::Axis(0));
        Self {
            log_weight: route.weight.ln(),
            start: whole(&route.start),
            change: whole(&change),
            linear: whole(&route.linear),
            curved: whole(&route.curved),
            clamp: route.clamp,
        }
    }

    /// ln p of the branch alone.
    fn log_probabilities(&self, at: f64, score: f64) -> Array1<f64> {
        let square = score.clamp(-self.clamp, self.clamp).powi(2);
        let mut logits = &self.start + &self.change * at;
        logits.scaled_add(score, &self.linear);
        logits.scaled_add(square, &self.curved);
        let sum = log_sum_exp(logits.iter().copied());
        logits - sum
    }

    /// d z / d e, one a class.
    fn by_score(&self, score: f64) -> Array1<f64> {
        let square = if score.abs() < self.clamp {
            2.0 * score
        } else {
            0.0
        };
        &self.linear + &self.curved * square
    }
}

impl Way<'_> {
    /// The log odds, shared out.
    pub(super) fn attribution(&self) -> Attribution {
        let classes = self.shift.len();
        let lines: Vec<Line> = self
            .routes
            .iter()
            .map(|route| Line::new(route, self.features, classes))
            .collect();
        let (from, _) = self.at(&lines, 0.0);
        let (to, slopes) = self.at(&lines, 1.0);
        let straight = classes == 2 && lines.len() == 1;
        let (slopes, base) = match straight {
            true => (slopes, from),
            false => {
                let mut slopes = self.mean_slopes(&lines);
                let left = self.settle(&lines, &mut slopes, to - from);
                (slopes, from + left)
            }
        };

        let mut features = Array1::zeros(self.features.len());
        let mut terms = Array1::zeros(self.routes.first().map_or(0, |one| one.terms.nrows()));
        for (route, slopes) in self.routes.iter().zip(&slopes.logits) {
            let first = classes.saturating_sub(route.start.len());
            let free = slopes.slice(ndarray::s![first..]);
            features += &route.features.t().dot(&free);
            terms += &route.terms.dot(&free);
        }
        Attribution {
            log_odds: to,
            base,
            reference: Array1::zeros(features.len()),
            features,
            prior: slopes.score,
            terms: terms.to_vec(),
        }
    }

    /// The log odds at a place of the way, 0 to 1, and their slopes there.
    fn at(&self, lines: &[Line], at: f64) -> (f64, Slopes) {
        let [from, to] = self.scores;
        let score = from + at * (to - from);
        let logs: Vec<Array1<f64>> = lines
            .iter()
            .map(|line| line.log_probabilities(at, score))
            .collect();
        let mixed = Array1::from_shape_fn(self.shift.len(), |class| {
            let of = lines.iter().zip(&logs);
            log_sum_exp(of.map(|(line, log)| line.log_weight + log[class]))
        });
        let all = &mixed + self.shift;
        let rest = all.iter().enumerate();
        let rest = rest.filter(|(class, _)| *class != self.class);
        let others = log_sum_exp(rest.map(|(_, &value)| value));
        let outer = Array1::from_shape_fn(all.len(), |class| match class == self.class {
            true => 1.0,
            false => -(all[class] - others).exp(),
        });
        let mut slopes = Slopes {
            logits: Vec::with_capacity(lines.len()),
            score: 0.0,
        };
        for (line, log) in lines.iter().zip(&logs) {
            let mut own = Array1::from_shape_fn(all.len(), |class| {
                outer[class] * (line.log_weight + log[class] - mixed[class]).exp()
            });
            let sum = own.sum();
            own.zip_mut_with(log, |slope, log| *slope -= log.exp() * sum);
            slopes.score += own.dot(&line.by_score(score));
            slopes.logits.push(own);
        }
        (all[self.class] - others, slopes)
    }

    /// The means of the slopes over the way.
    fn mean_slopes(&self, lines: &[Line]) -> Slopes {
        let [from, to] = self.scores;
        // Where the score passes its clamp there is a corner.
        let mut ends = vec![0.0, 1.0];
        let clamps = lines.iter().flat_map(|line| [-line.clamp, line.clamp]);
        ends.extend(clamps.map(|clamp| (clamp - from) / (to - from)));
        ends.retain(|end| (0.0..=1.0).contains(end));
        ends.sort_by(f64::total_cmp);
        let bend = |line: &Line| {
            let changes = line.change.iter().zip(&line.linear).zip(&line.curved);
            changes.fold(0.0, |most: f64, ((change, linear), curved)| {
                let reach = (to - from).abs().min(2.0 * line.clamp) * 2.0 * line.clamp;
                let square = if *curved == 0.0 { 0.0 } else { curved * reach };
                most.max((change + linear * (to - from)).abs() + square.abs())
            })
        };
        let bend = lines.iter().map(bend).fold(1.0, f64::max);

        let mut mean = Slopes {
            logits: vec![Array1::zeros(self.shift.len()); lines.len()],
            score: 0.0,
        };
        for pair in ends.windows(2) {
            let length = pair[1] - pair[0];
            if length <= 0.0 {
                continue;
            }
            let stretches = (bend * length).ceil().clamp(1.0, STRETCHES);
            let step = length / stretches;
            for stretch in 0..stretches as usize {
                for (node, weight) in RULE {
                    let at = pair[0] + step * (stretch as f64 + node);
                    let (_, slopes) = self.at(lines, at);
                    for (mean, slopes) in mean.logits.iter_mut().zip(&slopes.logits) {
                        mean.scaled_add(weight * step, slopes);
                    }
                    mean.score += weight * step * slopes.score;
                }
            }
        }
        mean
    }

    /// Shares out what the integral missed, to each input in proportion to what it
    /// counts for; what is left where none counts for anything.
    fn settle(&self, lines: &[Line], slopes: &mut Slopes, change: f64) -> f64 {
        let by = self.scores[1] - self.scores[0];
        let (mut sum, mut size) = (by * slopes.score, (by * slopes.score).abs());
        for (line, slopes) in lines.iter().zip(&slopes.logits) {
            for (change, slope) in line.change.iter().zip(slopes) {
                sum += change * slope;
                size += (change * slope).abs();
            }
        }
        let missing = change - sum;
        if size <= missing.abs() {
            return missing;
        }
        let factor = |part: f64| 1.0 + part.signum() * missing / size;
        slopes.score *= factor(by * slopes.score);
        for (line, slopes) in lines.iter().zip(&mut slopes.logits) {
            for (change, slope) in line.change.iter().zip(slopes) {
                *slope *= factor(change * *slope);
            }
        }
        0.0
    }
}

/// The chord of each unit of a hidden layer between its answer to 0 and to x: `x` d,
/// `weights` h x d, `bias` h.
pub(super) fn chords(
    x: &Array1<f64>,
    weights: ArrayView2<'_, f64>,
    bias: ArrayView1<'_, f64>,
) -> Array1<f64> {
    let mut change = weights.dot(x);
    change.zip_mut_with(&bias, |change, &from| {
        *change = match change.abs() < SHORT {
            true => 1.0 - (from + 0.5 * *change).tanh().powi(2),
            false => ((from + *change).tanh() - from.tanh()) / *change,
        }
    });
    change
}

/// ln sum exp, without overflow.
fn log_sum_exp(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = values.clone().fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY {
        return largest;
    }
    largest
        + values
            .map(|value| (value - largest).exp())
            .sum::<f64>()
            .ln()
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use proptest::prelude::*;

    use super::*;

    fn wave(seed: f64, rows: usize, columns: usize) -> Array2<f64> {
        Array2::from_shape_fn((rows, columns), |(row, column)| {
            (seed + 5.0 * row as f64 + 3.0 * column as f64).sin()
        })
    }

    fn routes(seed: f64, weights: &[f64], classes: usize, size: f64) -> Vec<Route> {
        let free = if classes == 2 { 1 } else { classes };
        let curved = if classes == 2 { 0.0 } else { size };
        weights
            .iter()
            .zip(0u32..)
            .map(|(&weight, at)| {
                let numbers = wave(seed + 0.7 * f64::from(at), 5, free);
                Route {
                    weight,
                    start: numbers.row(0).to_owned(),
                    features: wave(seed + 1.3 * f64::from(at), free, 4) * size,
                    terms: wave(seed + 2.9 * f64::from(at), 3, free) * size,
                    linear: &numbers.row(1) * size,
                    curved: &numbers.row(2) * curved,
                    clamp: 3.0,
                }
            })
            .collect()
    }

    /// Every number of the logits along the way, and the score's.
    #[test]
    fn slopes_are_those_of_the_log_odds() {
        for (weights, classes) in [(&[0.3, 0.7][..], 2), (&[1.0], 3), (&[0.4, 0.6], 4)] {
            let routes = routes(0.2, weights, classes, 1.0);
            let shift = Array1::from_shape_fn(classes, |class| (class as f64).cos());
            for class in 0..classes {
                let way = Way {
                    routes: &routes,
                    features: &array![0.3, -0.6, 0.1, 0.9],
                    scores: [0.2, 1.7],
                    shift: &shift,
                    class,
                };
                let mut lines: Vec<Line> = routes
                    .iter()
                    .map(|route| Line::new(route, way.features, classes))
                    .collect();
                let (_, slopes) = way.at(&lines, 0.6);
                let step = 1e-5;
                for line in 0..lines.len() {
                    for logit in 0..classes {
                        let mut moved = |by: f64| {
                            lines[line].start[logit] += by;
                            let (value, _) = way.at(&lines, 0.6);
                            lines[line].start[logit] -= by;
                            value
                        };
                        let slope = (moved(step) - moved(-step)) / (2.0 * step);
                        assert!((slope - slopes.logits[line][logit]).abs() < 1e-8);
                    }
                }
                let moved = |by: f64| {
                    let scores = [0.2 + by, 1.7 + by];
                    let way = Way { scores, ..way };
                    way.at(&lines, 0.6).0
                };
                let slope = (moved(step) - moved(-step)) / (2.0 * step);
                assert!((slope - slopes.score).abs() < 1e-8);
            }
        }
    }

    /// A mixture of two branches that say the same is one branch, and is straight.
    #[test]
    fn a_mixture_of_equals_counts_like_one() {
        let one = routes(0.4, &[1.0], 2, 2.0);
        let two: Vec<Route> = [0.2, 0.8]
            .map(|weight| Route {
                weight,
                ..one[0].clone()
            })
            .to_vec();
        let attribution = |routes: &[Route], class: usize| {
            let way = Way {
                routes,
                features: &array![0.3, -0.6, 0.1, 0.9],
                scores: [0.2, 1.7],
                shift: &array![0.5, -0.25],
                class,
            };
            way.attribution()
        };
        let [alone, both] = [attribution(&one, 1), attribution(&two, 1)];
        assert_eq!(alone.features, one[0].features.row(0));
        assert_eq!(alone.terms, one[0].terms.column(0).to_vec());
        assert_eq!(alone.prior, one[0].linear[0]);
        let expected = one[0].start[0] + 0.2 * one[0].linear[0] - 0.75;
        assert!((alone.base - expected).abs() < 1e-12);
        assert!(
            (&alone.features - &both.features)
                .iter()
                .all(|off| off.abs() < 1e-12)
        );
        assert!((alone.prior - both.prior).abs() < 1e-12);
        // What speaks for one class speaks against the other.
        let other = attribution(&one, 0);
        assert_eq!(other.features, -alone.features);
        assert!((other.log_odds + alone.log_odds).abs() < 1e-12);
    }

    /// The mean slope of a square between -1 and 5 that is clamped at 3: it rises by 8.
    #[test]
    fn corners_are_met() {
        let mut routes = routes(0.0, &[1.0], 3, 0.0);
        routes[0].start.fill(0.0);
        // The log odds of three equal classes move by as much as the logit of one.
        routes[0].curved = array![0.0, 1.0, 0.0];
        let way = Way {
            routes: &routes,
            features: &Array1::zeros(4),
            scores: [-1.0, 5.0],
            shift: &Array1::zeros(3),
            class: 1,
        };
        let lines = [Line::new(&routes[0], way.features, 3)];
        let slopes = way.mean_slopes(&lines);
        assert!((slopes.score - 8.0 / 6.0).abs() < 1e-12, "{slopes:?}");
    }

    #[test]
    fn chords_are_the_difference_of_the_answers() {
        let (weights, bias) = (wave(0.1, 3, 2), array![0.5, -2.0, 0.0]);
        for x in [array![0.4, -0.9], array![1e-7, 2e-7], array![0.0, 0.0]] {
            let chords = chords(&x, weights.view(), bias.view());
            let change = weights.dot(&x);
            for ((chord, change), from) in chords.iter().zip(&change).zip(&bias) {
                let expected = (from + change).tanh() - from.tanh();
                assert!((chord * change - expected).abs() < 1e-15);
                assert!(*chord > 0.0 && *chord <= 1.0);
            }
        }
    }

    proptest! {
        /// The integral alone, before what it misses is shared out.
        #[test]
        fn the_slopes_account_for_the_change(
            seed in 0.0..50.0,
            gate in 0.001..0.999,
            classes in 2usize..5,
            size in 0.0..20.0,
            score in -6.0..6.0,
        ) {
            let routes = routes(seed, &[gate, 1.0 - gate], classes, size);
            let shift = Array1::from_shape_fn(classes, |class| (seed + class as f64).sin());
            let way = Way {
                routes: &routes,
                features: &array![0.3, -0.6, 0.1, 0.9],
                scores: [0.4, score],
                shift: &shift,
                class: classes - 1,
            };
            let lines: Vec<Line> = routes
                .iter()
                .map(|route| Line::new(route, way.features, classes))
                .collect();
            let (from, _) = way.at(&lines, 0.0);
            let (to, _) = way.at(&lines, 1.0);
            let mut slopes = way.mean_slopes(&lines);
            let total = |slopes: &Slopes| {
                let logits = lines.iter().zip(&slopes.logits);
                let logits: f64 = logits.map(|(line, slopes)| line.change.dot(slopes)).sum();
                logits + slopes.score * (score - 0.4)
            };
            let scale = 1.0 + (to - from).abs();
            prop_assert!((total(&slopes) - (to - from)).abs() < 1e-5 * scale);
            let left = way.settle(&lines, &mut slopes, to - from);
            prop_assert!((left + total(&slopes) - (to - from)).abs() < 1e-10 * scale);
        }
    }
}
