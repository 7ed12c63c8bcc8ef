//! The head: features and a prior's score to label probabilities, from eight
//! labels or from thousands.
//!
//! The features are the mean vector of a text's distinct words (F, scaled; d
//! components). The prior is a score e of the text that unlabelled text has
//! taught: its sentiment, up to the sign. There are two heads,
//!
//! ```text
//! with the prior:  logit = 2.2 s e + w . [e, g F, 0.3]     g = 0.05 below 32 labels, else 0.1
//! without it:      logit =           w . [g F, 0.3]        g = 0.1, 0.2, 0.4 and, from 256 labels, up to 6.4, by evidence
//! ```
//!
//! each with the ridge 1/2 |w|^2 on everything (`linear.rs`), and s = 1 or -1
//! the orientation that the labels make more likely. A gate (`gate.rs`) weighs
//! them by how probable they make the labels, so that labels which are not
//! about sentiment lose little. What is learned is learned of whole texts, and counts
//! for less in one that is much shorter: of a text with the extent r, 0 to 1, the
//! columns are [r e, r g F, 0.3] (`polarity::brevity` has the reason). With more than
//! two classes the logits are those of a softmax, e and e^2 are columns that the ridge
//! hardly holds, whatever the extent, and nothing is fixed. Beside the linear part of the weightier head stands a hidden layer
//! (`hidden.rs`) as wide as the labels support (`width.rs`): often not at all.
//!
//! From 2,000 labels on, words and pairs of words may have weights of their own in
//! the weightier head (`terms.rs`), as heavy as the labels support (`amount.rs`).
//! Then the hidden layer is for what these leave. Below, terms change nothing.
//!
//! | file | its one question |
//! |---|---|
//! | `scaling.rs` | What is a component's scale? |
//! | `labels.rs` | How badly do logits fit the labels? |
//! | `linear.rs`, `cholesky.rs` | Which weights fit best, and how probable are the labels under such a head? |
//! | `terms.rs`, `joint.rs` | What do single words and pairs say beside the features? |
//! | `amount.rs` | How much do they count, if at all? |
//! | `branch.rs` | Which columns does a head have? |
//! | `gate.rs` | Are the labels about what the prior is about? |
//! | `hidden.rs`, `width.rs` | What does no line separate, and do the labels support it? |
//! | `folds.rs` | Which samples are held out for such decisions? |
//! | `shares.rs` | What if the classes are not as frequent as in training? |
//! | `fit.rs` | In which order does all of that happen? |
//! | `readout.rs` | How does one text come to its logits, in a few plain numbers? |
//! | `route.rs` | And part by part? |

mod amount;
mod branch;
mod cholesky;
mod fit;
mod folds;
mod gate;
mod hidden;
mod joint;
mod labels;
mod linear;
mod readout;
mod route;
mod scaling;
mod shares;
mod terms;
#[cfg(test)]
mod tests;
mod width;

use ndarray::{Array1, Array2, Zip};
use serde::{Deserialize, Serialize};

pub use amount::TERMS_FROM;
pub use branch::{Branch, Columns, PRIOR_SLOPE};
pub use gate::Agreement;
pub use hidden::HiddenUnits;
pub(crate) use labels::free_logits;
pub(crate) use readout::FreeLogits;
pub use scaling::Scaling;
pub use shares::estimate_shares;
pub use terms::TermWeights;

use super::{is_divisor, is_parameter, softmax_rows};
use crate::error::{Error, Result};

/// What is known of each of n texts.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// The mean vectors of the texts' distinct words, n x d, as they are.
    pub features: &'a Array2<f64>,
    /// The prior's score of each text, n; median 0 and deviation 1 over the
    /// unlabelled text.
    pub prior: Option<&'a [f64]>,
    /// The terms of each text, n, different and rising: their numbers, as
    /// [`Terms`](super::Terms) has them.
    pub terms: Option<&'a [Vec<u32>]>,
    /// How much there is of each text, n, 0 to 1: what its scaled features and its
    /// terms are multiplied by, and with two classes the slope that is learned. Without
    /// them all are 1.
    pub extents: Option<&'a [f64]>,
}

impl Inputs<'_> {
    /// F, n x d.
    fn scaled(&self, scaling: &Scaling) -> Array2<f64> {
        let mut scaled = scaling.apply(self.features);
        if let Some(extents) = self.extents {
            for (mut row, &extent) in scaled.rows_mut().into_iter().zip(extents) {
                row *= extent;
            }
        }
        scaled
    }
}

/// What the labels are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// Whatever the labels make likely: the gate decides.
    #[default]
    Auto,
    /// Sentiment: the head with the prior alone.
    Sentiment,
    /// Anything: the head without the prior alone.
    Any,
}

/// How many hidden units there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hidden {
    /// As many as the labels support: 0, 8 or 32.
    #[default]
    Auto,
    /// So many, 0 to 1024; 0 is the direct path alone.
    Units(usize),
}

/// Parameters of the training.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadParams {
    classes: usize,
    task: Task,
    hidden: Hidden,
    seed: u64,
    standardiser: Option<Scaling>,
    slope: f64,
    odds: f64,
    orientation_odds: f64,
    terms_from: usize,
}

impl HeadParams {
    /// Defaults for `classes` classes: everything is decided by the labels.
    pub fn new(classes: usize) -> Self {
        Self {
            classes,
            task: Task::Auto,
            hidden: Hidden::Auto,
            seed: 0,
            standardiser: None,
            slope: PRIOR_SLOPE,
            odds: 0.0,
            orientation_odds: 0.0,
            terms_from: TERMS_FROM,
        }
    }

    /// What the labels are about.
    #[must_use]
    pub fn task(mut self, task: Task) -> Self {
        self.task = task;
        self
    }

    /// How many hidden units there are.
    #[must_use]
    pub fn hidden(mut self, hidden: Hidden) -> Self {
        self.hidden = hidden;
        self
    }

    /// The start of the random numbers: those of the hidden layer's start, and of
    /// the folds that decide its width and how much terms count. Without both the
    /// seed changes nothing.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// With fewer labels, terms have no weights of their own: [`TERMS_FROM`], unless a
    /// part of the labels stands for all of them, as in cross-validation.
    #[must_use]
    pub fn terms_from(mut self, labels: usize) -> Self {
        self.terms_from = labels;
        self
    }

    /// What the prior's score is multiplied by before anything is learned: how sure
    /// it is. [`PRIOR_SLOPE`] unless more is known.
    #[must_use]
    pub fn prior_slope(mut self, slope: f64) -> Self {
        self.slope = slope;
        self
    }

    /// The log odds, before any label is seen, that the labels are about what the
    /// prior is about.
    #[must_use]
    pub fn prior_odds(mut self, odds: f64) -> Self {
        self.odds = odds;
        self
    }

    /// The log odds, before any label is seen, that the prior's score points to class
    /// 1 and not to class 0. Only with two classes.
    #[must_use]
    pub fn orientation_odds(mut self, odds: f64) -> Self {
        self.orientation_odds = odds;
        self
    }

    /// Mean and deviation of each feature over the unlabelled text; without
    /// them, those of the labelled samples, with one deviation for all.
    #[must_use]
    pub fn with_standardiser(mut self, standardiser: Scaling) -> Self {
        self.standardiser = Some(standardiser);
        self
    }
}

/// A trained head. Its fields are everything that it answers with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The number of classes.
    pub classes: usize,
    /// What features go through first.
    pub scaling: Scaling,
    /// The head with the prior; nothing where it counts for nothing.
    pub with_prior: Option<Branch>,
    /// The head without it; nothing where it counts for nothing. One of the two
    /// is there.
    pub without_prior: Option<Branch>,
    /// The weight of the head with the prior, 0 to 1.
    pub gate: f64,
    /// Each class's share of the training samples' weight.
    pub train_shares: Vec<f64>,
    /// The class shares expected where the head is used, if they are others.
    pub expected_shares: Option<Vec<f64>>,
    /// What the training found out; it changes no answer.
    pub report: Report,
}

/// What the training found out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Labels with a weight above 0.
    pub labels: usize,
    /// Which way the prior's score points: 1 towards class 1, -1 towards class
    /// 0. Only with a prior and two classes.
    pub orientation: Option<f64>,
    /// The log evidence of the head with the prior, where it was fitted.
    pub evidence_with: Option<f64>,
    /// The log of the mean evidence of the heads without it at g = 0.1, 0.2 and
    /// 0.4, where they were fitted.
    pub evidence_without: Option<f64>,
    /// How often the prior alone is right about the labels: tells whether it
    /// agrees with them. Only with a prior and two classes.
    pub agreement: Option<Agreement>,
}

impl Head {
    /// ln p, n x classes, with the log ratio of the expected and the training
    /// share of each class added where shares are expected. Samples without a
    /// score have the score 0: nothing known; those without terms have none.
    ///
    /// # Panics
    /// Where the features are not n x d, or the scores, the terms or the extents not n.
    pub fn logits(&self, inputs: Inputs<'_>) -> Array2<f64> {
        let scaled = inputs.scaled(&self.scaling);
        let unknown = vec![0.0; scaled.nrows()];
        let prior = inputs.prior.unwrap_or(&unknown);
        assert_eq!(prior.len(), scaled.nrows(), "one score a sample");
        let texts = inputs.terms.map_or(scaled.nrows(), <[_]>::len);
        assert_eq!(texts, scaled.nrows(), "terms of every sample");
        let extents = inputs.extents.map_or(scaled.nrows(), <[_]>::len);
        assert_eq!(extents, scaled.nrows(), "one extent a sample");
        let log = |branch: &Branch| {
            let free = branch.logits(&scaled, prior, inputs, self.classes);
            labels::log_probabilities(&free, self.classes)
        };
        let mut logits = match (&self.with_prior, &self.without_prior) {
            (Some(with), Some(without)) => {
                let (mut with, without) = (log(with), log(without));
                let (ours, theirs) = (self.gate.ln(), (1.0 - self.gate).ln());
                Zip::from(&mut with).and(&without).for_each(|a, &b| {
                    let (x, y) = (*a + ours, b + theirs);
                    let largest = x.max(y);
                    *a = largest + ((x - largest).exp() + (y - largest).exp()).ln();
                });
                with
            }
            (Some(branch), None) | (None, Some(branch)) => log(branch),
            (None, None) => Array2::zeros((scaled.nrows(), self.classes)),
        };
        if let Some(expected) = &self.expected_shares {
            logits += &shift(expected, &self.train_shares);
        }
        logits
    }

    /// n x classes; every row sums to 1.
    ///
    /// # Panics
    /// As [`Head::logits`] does.
    pub fn probabilities(&self, inputs: Inputs<'_>) -> Array2<f64> {
        let mut logits = self.logits(inputs);
        softmax_rows(&mut logits);
        logits
    }

    /// The same head for texts of which these shares belong to the classes, in
    /// place of the shares of the training samples (Bayes' rule; Saerens,
    /// Latinne and Decaestecker 2002). [`estimate_shares`] finds them.
    ///
    /// # Errors
    /// [`Error::Setting`] unless there is one share for each class, above 0 where
    /// the class has training samples.
    pub fn expecting(mut self, shares: &[f64]) -> Result<Self> {
        let total: f64 = shares.iter().sum();
        let sound = total.is_finite() && self.may_expect(shares);
        if shares.len() != self.classes || !sound {
            return Err(Error::setting(
                "class shares",
                format!("{shares:?}"),
                format!("{} shares, above 0 where a class is known", self.classes),
            ));
        }
        self.expected_shares = Some(shares.iter().map(|share| share / total).collect());
        Ok(self)
    }

    /// Whether these are shares of classes, in any measure.
    fn may_expect(&self, shares: &[f64]) -> bool {
        // Of a class without training samples nothing is known, nor is its share.
        (shares.iter().zip(&self.train_shares))
            .all(|(&share, &train)| share > 0.0 || share == 0.0 && train == 0.0)
    }

    /// Whether the shapes fit d features, and the shares the classes, and no number is
    /// too large or too small: for readers of files.
    pub fn fits(&self, dims: usize, classes: usize) -> bool {
        let branches = [&self.with_prior, &self.without_prior];
        let mut branches = branches.into_iter().flatten().peekable();
        let shares = [Some(&self.train_shares), self.expected_shares.as_ref()];
        self.classes == classes
            && (0.0..=1.0).contains(&self.gate)
            && [&self.scaling.mean, &self.scaling.deviation]
                .iter()
                .all(|values| values.len() == dims)
            && self.scaling.mean.iter().all(|&value| is_parameter(value))
            && self
                .scaling
                .deviation
                .iter()
                .all(|&value| is_divisor(value))
            && shares.into_iter().flatten().all(|shares| {
                let share = |share: &f64| (0.0..=1.0).contains(share);
                shares.len() == classes && shares.iter().all(share)
            })
            && (self.expected_shares.as_ref()).is_none_or(|shares| self.may_expect(shares))
            && branches.peek().is_some()
            && branches.all(|branch| branch.fits(dims, classes))
    }

    /// Trained numbers.
    pub fn parameters(&self) -> usize {
        let branches = [&self.with_prior, &self.without_prior];
        branches.into_iter().flatten().map(Branch::parameters).sum()
    }

    /// The head with the larger weight.
    pub fn weightier(&self) -> Option<&Branch> {
        match self.gate >= 0.5 {
            true => self.with_prior.as_ref(),
            false => self.without_prior.as_ref(),
        }
    }

    /// What the hidden units of the weightier head make of features, samples x units;
    /// nothing where it has none.
    pub fn activations(&self, inputs: Inputs<'_>) -> Option<Array2<f64>> {
        let hidden = self.weightier()?.hidden.as_ref()?;
        Some(hidden.activations(&inputs.scaled(&self.scaling)))
    }

    /// Hidden units of the weightier head; 0 is the direct path alone.
    pub fn width(&self) -> usize {
        let hidden = self.weightier().and_then(|branch| branch.hidden.as_ref());
        hidden.map_or(0, |hidden| hidden.bias.len())
    }

    /// Whether words and pairs have weights of their own.
    pub fn uses_terms(&self) -> bool {
        [&self.with_prior, &self.without_prior]
            .into_iter()
            .flatten()
            .any(|branch| branch.terms.is_some())
    }
}

/// ln (expected / train) for each class; 0 for one without training samples,
/// of which the head knows nothing.
fn shift(expected: &[f64], train: &[f64]) -> Array1<f64> {
    expected
        .iter()
        .zip(train)
        .map(|(expected, &train)| {
            if train > 0.0 {
                (expected / train).ln()
            } else {
                0.0
            }
        })
        .collect()
}
