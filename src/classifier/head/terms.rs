//! Words and pairs of words with weights of their own, beside the features.
//!
//! A term j that stands in many samples of one class and in few of the others
//! tells something before anything is fitted: the log ratio of naive Bayes,
//!
//! ```text
//! r_j = ln (1 + n_j) / (sum over k of 1 + n_k)  -  ln (1 + m_j) / (sum over k of 1 + m_k)
//! ```
//!
//! with n_j the weight of the class's samples that have the term, and m_j that of
//! the other samples. With two classes it is that of class 1; with more, each has
//! its own. A sample's row holds r_j for each of its different terms, brought to
//! the same length s for all samples, and the weights v of the row are learned
//! together with all others of the head:
//!
//! ```text
//! logit = ... + s / |r of the sample's terms| . sum over its terms of r_j v_j
//! ```
//!
//! This is the NBSVM of Wang and Manning, "Baselines and Bigrams: Simple, Good
//! Sentiment and Topic Classification" (2012), with a logistic loss, rows of one
//! length, and the ridge in place of their interpolation.

use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};

use super::labels::{Labels, free_logits};
use crate::classifier::is_parameter;

/// How often each term counts as seen in each class before anything is.
const SMOOTHING: f64 = 1.0;

/// What the terms add to the logits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TermWeights {
    /// s, the length of a text's row.
    pub scale: f64,
    /// r, free logits (1 for two classes, that of class 1; else one a class) x
    /// terms.
    pub ratios: Array2<f32>,
    /// v, free logits x terms.
    pub weights: Array2<f32>,
}

impl TermWeights {
    /// What texts' terms add to their free logits, samples x free.
    pub(super) fn logits(&self, terms: &[Vec<u32>]) -> Array2<f64> {
        let weights: Vec<f64> = self.weights.iter().map(|&v| f64::from(v)).collect();
        Rows::new(&Samples::new(terms), &self.ratios, self.scale).logits(&weights)
    }

    /// What each of a text's different terms adds to its free logits, terms x
    /// free: their sums are what all of them add. A term without a weight adds
    /// nothing.
    pub fn parts(&self, terms: &[u32]) -> Array2<f64> {
        let mut parts = Array2::zeros((terms.len(), self.ratios.nrows()));
        let rows = self.ratios.rows().into_iter().zip(self.weights.rows());
        for (mut parts, (ratios, weights)) in parts.columns_mut().into_iter().zip(rows) {
            let known = |term: u32| {
                let ratio = f64::from(*ratios.get(term as usize)?);
                Some((ratio, f64::from(*weights.get(term as usize)?)))
            };
            let values = || terms.iter().map(|&term| known(term).unwrap_or_default());
            let factor = factor(self.scale, values().map(|(ratio, _)| ratio));
            for (part, (ratio, weight)) in parts.iter_mut().zip(values()) {
                *part = factor * ratio * weight;
            }
        }
        parts
    }

    /// Trained numbers.
    pub fn parameters(&self) -> usize {
        self.weights.len()
    }

    /// Whether the shapes fit so many classes and no value is too large for its type:
    /// for readers of files.
    pub(super) fn fits(&self, classes: usize) -> bool {
        let values = self.ratios.iter().chain(&self.weights);
        self.ratios.dim() == self.weights.dim()
            && self.ratios.nrows() == free_logits(classes)
            && values.into_iter().all(|value| value.is_finite())
            && is_parameter(self.scale)
    }
}

/// s / |r|; 0 for a text without terms.
fn factor(scale: f64, ratios: impl Iterator<Item = f64>) -> f64 {
    let square: f64 = ratios.map(|ratio| ratio * ratio).sum();
    if square > 0.0 {
        scale / square.sqrt()
    } else {
        0.0
    }
}

/// Samples as their terms.
pub(super) struct Samples<'a> {
    terms: Vec<&'a [u32]>,
    /// Above all numbers of terms.
    count: usize,
}

impl<'a> Samples<'a> {
    pub(super) fn new(terms: &'a [Vec<u32>]) -> Self {
        let largest = terms.iter().filter_map(|terms| terms.iter().max()).max();
        Self {
            terms: terms.iter().map(Vec::as_slice).collect(),
            count: largest.map_or(0, |&largest| largest as usize + 1),
        }
    }

    /// Some of them; the terms stay all.
    pub(super) fn select(&self, samples: &[usize]) -> Self {
        Self {
            terms: samples.iter().map(|&sample| self.terms[sample]).collect(),
            count: self.count,
        }
    }

    /// r, free logits x terms.
    pub(super) fn ratios(&self, labels: &Labels) -> Array2<f32> {
        let mut of_class = Array2::<f64>::zeros((labels.classes, self.count));
        let labelled = labels.targets.iter().zip(&labels.weights);
        for (terms, (&class, weight)) in self.terms.iter().zip(labelled) {
            for &term in *terms {
                of_class[[class, term as usize]] += weight;
            }
        }
        let all = of_class.sum_axis(Axis(0));
        let first = labels.classes - labels.free();
        let smooth = SMOOTHING * self.count as f64;
        let mut ratios = Array2::zeros((labels.free(), self.count));
        for (free, mut row) in ratios.rows_mut().into_iter().enumerate() {
            let inside = of_class.row(first + free);
            let ours = inside.sum() + smooth;
            let theirs = all.sum() - inside.sum() + smooth;
            for (ratio, (inside, all)) in row.iter_mut().zip(inside.iter().zip(&all)) {
                let (n, m) = (inside + SMOOTHING, all - inside + SMOOTHING);
                *ratio = ((n / ours).ln() - (m / theirs).ln()) as f32;
            }
        }
        ratios
    }
}

/// Samples as rows of r.
pub(super) struct Rows<'a> {
    ratios: &'a Array2<f32>,
    terms: Vec<u32>,
    /// Where each sample's terms end.
    ends: Vec<usize>,
    /// s / |r of the sample's terms|, samples x free.
    factors: Array2<f64>,
}

impl<'a> Rows<'a> {
    /// Terms without a ratio are left out.
    pub(super) fn new(samples: &Samples<'_>, ratios: &'a Array2<f32>, scale: f64) -> Self {
        let mut factors = Array2::zeros((samples.terms.len(), ratios.nrows()));
        let (mut terms, mut ends) = (Vec::new(), Vec::new());
        for (sample, mut factors) in samples.terms.iter().zip(factors.rows_mut()) {
            let from = terms.len();
            let known = |term: &&u32| (**term as usize) < ratios.ncols();
            terms.extend(sample.iter().filter(known));
            ends.push(terms.len());
            for (slot, ratios) in factors.iter_mut().zip(ratios.rows()) {
                let of_sample = terms[from..].iter();
                *slot = factor(
                    scale,
                    of_sample.map(|&term| f64::from(ratios[term as usize])),
                );
            }
        }
        Self {
            ratios,
            terms,
            ends,
            factors,
        }
    }

    /// How many weights there are.
    pub(super) fn weights(&self) -> usize {
        self.ratios.len()
    }

    /// How many terms there are.
    pub(super) fn width(&self) -> usize {
        self.ratios.ncols()
    }

    /// Each sample's terms.
    fn samples(&self) -> impl Iterator<Item = &[u32]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts
            .zip(&self.ends)
            .map(|(&start, &end)| &self.terms[start..end])
    }

    /// The free logits, samples x free, of weights that lie one logit after the
    /// other.
    pub(super) fn logits(&self, weights: &[f64]) -> Array2<f64> {
        let mut logits = self.factors.clone();
        let weights = weights.chunks_exact(self.width().max(1));
        let rows = self.ratios.rows().into_iter().zip(weights);
        for (mut logits, (ratios, weights)) in logits.columns_mut().into_iter().zip(rows) {
            let products = ratios.iter().zip(weights);
            let products: Vec<f64> = products.map(|(&r, v)| f64::from(r) * v).collect();
            for (logit, terms) in logits.iter_mut().zip(self.samples()) {
                *logit *= terms
                    .iter()
                    .map(|&term| products[term as usize])
                    .sum::<f64>();
            }
        }
        logits
    }

    /// Adds the gradient of the weights, where `errors` is that of the logits,
    /// samples x free.
    pub(super) fn add_gradient(&self, errors: &Array2<f64>, gradient: &mut [f64]) {
        let errors = errors * &self.factors;
        let gradients = gradient.chunks_exact_mut(self.width().max(1));
        let rows = self.ratios.rows().into_iter().zip(gradients);
        for (errors, (ratios, gradient)) in errors.columns().into_iter().zip(rows) {
            let mut sums = vec![0.0; self.width()];
            for (error, terms) in errors.iter().zip(self.samples()) {
                for &term in terms {
                    sums[term as usize] += error;
                }
            }
            for ((slot, sum), &ratio) in gradient.iter_mut().zip(sums).zip(ratios) {
                *slot += sum * f64::from(ratio);
            }
        }
    }

    /// The sum over samples of w x^2 for each weight, one logit after the other.
    pub(super) fn squares(&self, weights: &[f64]) -> Vec<f64> {
        let mut all = Vec::with_capacity(self.weights());
        for (factors, ratios) in self.factors.columns().into_iter().zip(self.ratios.rows()) {
            let mut sums = vec![0.0; self.width()];
            for ((factor, weight), terms) in factors.iter().zip(weights).zip(self.samples()) {
                for &term in terms {
                    sums[term as usize] += weight * factor * factor;
                }
            }
            let squares = sums.iter().zip(ratios);
            all.extend(squares.map(|(sum, &ratio)| sum * f64::from(ratio).powi(2)));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(targets: &[usize], classes: usize) -> Labels {
        Labels {
            targets: targets.to_vec(),
            weights: vec![1.0; targets.len()],
            classes,
        }
    }

    /// Counted by hand.
    #[test]
    fn ratios_are_those_of_naive_bayes() {
        let terms = [vec![0, 1], vec![0], vec![1, 2], vec![]];
        let mut labels = labels(&[1, 1, 0, 0], 2);
        labels.weights[1] = 2.0;
        // Class 1: 3, 1, 0 and one each, of 7; class 0: 0, 1, 1 and one each, of 5.
        let ratios = Samples::new(&terms).ratios(&labels);
        for (got, (n, m)) in ratios.iter().zip([(4.0, 1.0), (2.0, 2.0), (1.0, 2.0_f32)]) {
            assert!((got - (n / 7.0 / (m / 5.0)).ln()).abs() < 1e-6, "{ratios}");
        }
        // Of three classes each is held against the others.
        labels.classes = 3;
        let of_three = Samples::new(&terms).ratios(&labels);
        assert_eq!(of_three.dim(), (3, 3));
        assert_eq!(of_three.row(1), ratios.row(0));
        assert_eq!(of_three.row(0), ratios.mapv(|r| -r).row(0));
    }

    #[test]
    fn rows_have_one_length_and_parts_sum_to_logits() {
        let weights = TermWeights {
            scale: 3.0,
            ratios: ndarray::array![[2.0, -1.0, 0.0], [0.5, 0.25, 4.0]],
            weights: ndarray::array![[1.0, 0.5, 9.0], [-1.0, 3.0, 0.5]],
        };
        // A term without a weight, and texts without terms or with one of ratio 0.
        let texts = [vec![0, 1], vec![1, 2, 7], vec![2], vec![], vec![7]];
        let logits = weights.logits(&texts);
        let first = 3.0 / 5.0_f64.sqrt() * (2.0 - 0.5);
        assert!((logits[[0, 0]] - first).abs() < 1e-12);
        assert_eq!(logits[[2, 0]], 0.0);
        assert_eq!(logits.row(3), logits.row(4));
        for (text, logits) in texts.iter().zip(logits.rows()) {
            let parts = weights.parts(text);
            assert_eq!(parts.dim(), (text.len(), 2));
            let sums = parts.sum_axis(Axis(0));
            assert!((&sums - &logits).iter().all(|off| off.abs() < 1e-12));
        }
        assert!(!weights.fits(2) && !weights.fits(3));
    }
}
