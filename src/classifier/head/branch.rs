//! One of the two heads: its columns, and its linear part.

use ndarray::{Array2, s};
use serde::{Deserialize, Serialize};

use super::Inputs;
use super::hidden::HiddenUnits;
use super::labels::{Labels, free_logits};
use super::linear::{Design, Optimum, fit};
use super::terms::TermWeights;
use crate::classifier::is_parameter;
use crate::error::Result;

/// What the prior's score is multiplied by before anything is learned. A score
/// of deviation 1 that is right nine times in ten has about this slope.
pub const PRIOR_SLOPE: f64 = 2.2;
/// The bias column: under the ridge, small enough that a few labels of uneven
/// counts do not move the boundary.
pub(super) const BIAS: f64 = 0.3;
/// What the score is multiplied by as a column with more than two classes,
/// where nothing is known of its slopes: weights of 1 are slopes of 3.
pub(super) const LOOSE: f64 = 3.0;
/// Scores beyond this count as this much when squared.
pub(super) const CLAMP: f64 = 3.0;

/// Which columns a head has, and how much they count for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Columns {
    /// The prior's score is among them: e times the text's extent for two classes; 3 e
    /// and 3 (e^2 - 1), e clamped to 3, for more, where a class may lie in the middle.
    pub prior: bool,
    /// What the score is multiplied by in the logit, beside what is learned:
    /// 2.2 or -2.2, or 0 without it and with more than two classes.
    pub offset: f64,
    /// g, what the features F are multiplied by.
    pub scale: f64,
}

/// The prior's scores of samples.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scores<'a> {
    pub(super) scores: &'a [f64],
    /// How much there is of each sample; 1 without.
    pub(super) extents: Option<&'a [f64]>,
}

impl Scores<'_> {
    fn extent(&self, at: usize) -> f64 {
        self.extents.map_or(1.0, |extents| extents[at])
    }
}

impl Columns {
    /// [score columns, g F, 0.3] of the scaled features F (samples x d), and
    /// the offset.
    pub(super) fn design(&self, scaled: &Array2<f64>, prior: Scores<'_>, classes: usize) -> Design {
        let (samples, dims) = scaled.dim();
        let first = match (self.prior, classes) {
            (false, _) => 0,
            (true, 2) => 1,
            (true, _) => 2,
        };
        let mut columns = Array2::from_elem((samples, first + dims + 1), BIAS);
        let scores = prior.scores.iter().enumerate();
        for (mut row, (at, &score)) in columns.rows_mut().into_iter().zip(scores) {
            if first == 1 {
                // What is learned of the slope is learned of whole texts.
                row[0] = score * prior.extent(at);
            } else if first == 2 {
                row[0] = LOOSE * score;
                row[1] = LOOSE * (score.clamp(-CLAMP, CLAMP).powi(2) - 1.0);
            }
        }
        columns
            .slice_mut(s![.., first..first + dims])
            .assign(&(scaled * self.scale));
        let mut offset = Array2::zeros((samples, free_logits(classes)));
        for (mut row, score) in offset.rows_mut().into_iter().zip(prior.scores) {
            row[0] = self.offset * score;
        }
        Design { columns, offset }
    }
}

/// A head: linear in its columns, and hidden units where they earned it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Branch {
    /// What it is linear in.
    pub columns: Columns,
    /// Free logits (1 for two classes, else one a class) x columns.
    pub weights: Array2<f64>,
    /// The hidden layer beside the linear part.
    pub hidden: Option<HiddenUnits>,
    /// The terms beside it, where they earned it.
    pub terms: Option<TermWeights>,
    /// Laplace's approximation of the log evidence of the linear part, without
    /// terms.
    pub log_evidence: f64,
    /// The largest component of the gradient, a sum over the labels, where
    /// training ended.
    pub slope: f64,
}

impl Branch {
    /// Fits the linear part, from the weights of a head with the same columns
    /// at another scale, if there is one.
    pub(super) fn fit(
        columns: Columns,
        scaled: &Array2<f64>,
        prior: Scores<'_>,
        labels: &Labels,
        near: Option<&Self>,
    ) -> Result<Self> {
        let design = columns.design(scaled, prior, labels.classes);
        let start = near.map(|near| {
            let mut start = near.weights.clone();
            // All but the score columns and the bias are of features.
            let last = start.ncols() - 1;
            let first = last - scaled.ncols();
            let ratio = near.columns.scale / columns.scale;
            start
                .slice_mut(s![.., first..last])
                .mapv_inplace(|weight| weight * ratio);
            start
        });
        let optimum = fit(&design, labels, start.as_ref())?;
        Ok(Self::new(columns, optimum))
    }

    fn new(columns: Columns, optimum: Optimum) -> Self {
        Self {
            columns,
            weights: optimum.weights,
            hidden: None,
            terms: None,
            log_evidence: optimum.log_evidence,
            slope: optimum.slope,
        }
    }

    /// The free logits, samples x free, of the scaled features F and of what the
    /// inputs have beside them.
    pub(super) fn logits(
        &self,
        scaled: &Array2<f64>,
        prior: &[f64],
        inputs: Inputs<'_>,
        classes: usize,
    ) -> Array2<f64> {
        let prior = Scores {
            scores: prior,
            extents: inputs.extents,
        };
        let design = self.columns.design(scaled, prior, classes);
        let mut logits = design.logits(&self.weights);
        if let Some(hidden) = &self.hidden {
            logits += &hidden.logits(scaled);
        }
        if let (Some(weights), Some(terms)) = (&self.terms, inputs.terms) {
            let mut added = weights.logits(terms);
            for (mut row, &extent) in added
                .rows_mut()
                .into_iter()
                .zip(inputs.extents.unwrap_or(&[]))
            {
                row *= extent;
            }
            logits += &added;
        }
        logits
    }

    /// Trained numbers.
    pub fn parameters(&self) -> usize {
        let hidden = self.hidden.as_ref().map_or(0, HiddenUnits::parameters);
        let terms = self.terms.as_ref().map_or(0, TermWeights::parameters);
        self.weights.len() + hidden + terms
    }

    /// Whether the shapes fit d features and so many classes: for readers of
    /// files.
    pub fn fits(&self, dims: usize, classes: usize) -> bool {
        let empty = Array2::zeros((0, dims));
        let none = Scores {
            scores: &[],
            extents: None,
        };
        let columns = self.columns.design(&empty, none, classes).columns.ncols();
        let free = free_logits(classes);
        let numbers = [self.columns.offset, self.columns.scale];
        let mut numbers = numbers.iter().chain(&self.weights);
        self.weights.dim() == (free, columns)
            && numbers.all(|&number| is_parameter(number))
            && self.hidden.as_ref().is_none_or(|hidden| {
                let units = hidden.bias.len();
                let numbers = hidden.weights.iter().chain(&hidden.bias);
                let mut numbers = numbers.chain(&hidden.output_weights);
                hidden.weights.dim() == (units, dims)
                    && numbers.all(|&number| is_parameter(number))
                    && hidden.output_weights.dim() == (free, units)
            })
            && self.terms.as_ref().is_none_or(|terms| terms.fits(classes))
    }
}

/// The orientation, 1 or -1, that the labels make more likely, after log odds of
/// `odds` for 1: with s the logit is `slope` s e, ln p(+e) - ln p(-e) of a label t = 1
/// or -1 is `slope` t e, so the sign of the odds and the sum of these decides.
pub(super) fn orientation(prior: &[f64], labels: &Labels, slope: f64, odds: f64) -> f64 {
    let agreement: f64 = prior
        .iter()
        .zip(labels.targets.iter().zip(&labels.weights))
        .map(|(score, (&target, weight))| weight * score * if target == 1 { 1.0 } else { -1.0 })
        .sum();
    if odds + slope * agreement < 0.0 {
        -1.0
    } else {
        1.0
    }
}
