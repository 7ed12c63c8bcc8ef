//! Whether the labels are about what the prior is about.
//!
//! The labels of a task may follow the prior's score, or something else that
//! the features show, such as a topic. Two heads answer for the two cases, and
//! the evidence of each, the probability of the labels under it, weighs them:
//! before the labels are seen both are equally likely, so by Bayes' rule
//!
//! ```text
//! weight of the head with the prior = sigmoid(ln Z_prior - ln mean over g of Z_g)
//! ```
//!
//! with g = 0.1, 0.2 and 0.4, the scales that few labels can tell apart. (Many may
//! choose a larger one, and then hardly leave the gate a doubt.) The
//! answer is the mean of the two heads' *probabilities* under these weights,
//! not of their logits: that is what the probability of a label is when the
//! weights are probabilities of the two cases, and a head that is sure of
//! itself and unlikely cannot outvote the other.

use serde::{Deserialize, Serialize};

use crate::interval::Interval;

/// The weight of the head with the prior.
pub(super) fn weight(with_prior: f64, without: &[f64]) -> f64 {
    1.0 / (1.0 + (log_mean_exp(without) - with_prior).exp())
}

/// ln mean exp, without overflow.
pub(super) fn log_mean_exp(values: &[f64]) -> f64 {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = values.iter().map(|value| (value - largest).exp()).sum();
    largest + (sum / values.len() as f64).ln()
}

/// With fewer labels than this, a chance result cannot be told from another.
const ENOUGH: usize = 32;

/// How often the prior's score alone, oriented by the labels, is right about
/// them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Labels.
    pub labels: usize,
    /// The share that the score's sign gets right.
    pub accuracy: f64,
    /// The interval of that share.
    pub interval: Interval,
}

impl Agreement {
    pub(super) fn new(hits: usize, labels: usize) -> Self {
        let (hits, trials) = (hits as f64, labels as f64);
        Self {
            labels,
            accuracy: hits / trials.max(1.0),
            interval: Interval::proportion(hits, trials),
        }
    }

    /// Whether the prior has to do with the labels: yes where the interval lies
    /// above one half, no where it does not and there are 32 labels or more,
    /// and nothing where there are too few to say. Of twenty sets of labels that
    /// have nothing to do with the prior, one is confirmed by chance.
    pub fn confirmed(&self) -> Option<bool> {
        if self.interval.low > 0.5 {
            Some(true)
        } else if self.labels >= ENOUGH {
            Some(false)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_evidence_is_one_half_and_extremes_do_not_overflow() {
        assert!((weight(-5.0, &[-5.0, -5.0, -5.0]) - 0.5).abs() < 1e-12);
        assert_eq!(weight(-5000.0, &[-1.0, -1.0]), 0.0);
        assert_eq!(weight(-1.0, &[-5000.0, -9000.0]), 1.0);
        // The mean of the likelihoods 1/2 and 1/4 is 3/8.
        let got = weight(0.375_f64.ln(), &[0.5_f64.ln(), 0.25_f64.ln()]);
        assert!((got - 0.5).abs() < 1e-12);
    }

    #[test]
    fn agreement_is_confirmed_where_chance_is_left_out() {
        let got = Agreement::new(8, 10);
        let Interval { low, high } = got.interval;
        assert!((low - 0.4439).abs() < 1e-4 && (high - 0.9748).abs() < 1e-4);
        assert_eq!(got.confirmed(), None);
        assert_eq!(Agreement::new(9, 10).confirmed(), Some(true));
        assert_eq!(Agreement::new(20, 40).confirmed(), Some(false));
    }
}
