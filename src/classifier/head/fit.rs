//! The training of a head, from its inputs to its report.

use ndarray::Array2;

use super::amount;
use super::branch::{Branch, Columns, Scores, orientation};
use super::gate::{self, Agreement};
use super::hidden::{Size, train};
use super::joint;
use super::labels::Labels;
use super::scaling::Scaling;
use super::terms::{Rows, Samples, TermWeights};
use super::width;
use super::{Head, HeadParams, Hidden, Inputs, Report, Task};
use crate::error::{Error, Result};

/// With fewer labels the features beside the prior count for half as much.
const FEW: usize = 32;
/// The scales that a head without the prior may have.
const SCALES: [f64; 3] = [0.1, 0.2, 0.4];
/// With so many labels larger scales are tried too, up to the largest, as long
/// as each is more probable than the last.
const MANY: usize = 256;
const LARGEST_SCALE: f64 = 6.4;
/// A head that counts for less is left out.
const NOTHING: f64 = 1e-6;
/// Iterations of the hidden layer's training, which is stopped and not waited
/// for: with many samples each tells more and takes longer.
fn iterations(samples: usize) -> u64 {
    if samples > 5000 { 100 } else { 200 }
}
const MOST_UNITS: usize = 1024;

impl HeadParams {
    /// Trains a head on n samples, their class numbers and their weights (none
    /// at all, or n).
    ///
    /// # Errors
    /// [`Error::Setting`] for parameters, class numbers or weights out of
    /// range, or [`Task::Sentiment`] without a prior; [`Error::TooLittle`]
    /// without samples; [`Error::Linfa`] for lengths that do not match;
    /// [`Error::Diverged`] for numbers that are not finite.
    pub fn fit(&self, inputs: Inputs, targets: &[usize], weights: &[f32]) -> Result<Head> {
        let labels = self.labels(&inputs, targets, weights)?;
        let scaling = match &self.standardiser {
            Some(scaling) if scaling.mean.len() != inputs.features.ncols() => {
                return Err(mismatch(scaling.mean.len(), inputs.features.ncols()));
            }
            Some(scaling) => scaling.clone(),
            None => Scaling::of_few(inputs.features),
        };
        let scaled = inputs.scaled(&scaling);
        let count = labels.weights.iter().filter(|&&w| w > 0.0).count();
        let prior = match self.task {
            Task::Any => None,
            Task::Auto | Task::Sentiment => inputs.prior,
        };

        let prior = prior.map(|scores| Scores {
            scores,
            extents: inputs.extents,
        });
        let mut with_prior = prior
            .map(|prior| self.fit_with_prior(&scaled, prior, &labels, count))
            .transpose()?;
        let without = if with_prior.is_some() && self.task == Task::Sentiment {
            None
        } else {
            Some(fit_without_prior(&scaled, &labels, count)?)
        };
        let gate = match (&with_prior, &without) {
            (Some(branch), Some(without)) => {
                gate::weight(branch.log_evidence + self.odds, &without.evidences)
            }
            (Some(_), None) => 1.0,
            (None, _) => 0.0,
        };
        let gate = match gate {
            small if small < NOTHING => 0.0,
            large if large > 1.0 - NOTHING => 1.0,
            between => between,
        };
        let evidence_with = with_prior.as_ref().map(|branch| branch.log_evidence);
        let evidence_without = without
            .as_ref()
            .map(|without| gate::log_mean_exp(&without.evidences));
        let orientation = with_prior
            .as_ref()
            .filter(|_| self.classes == 2)
            .map(|branch| branch.columns.offset.signum());
        with_prior = with_prior.filter(|_| gate > 0.0);
        let mut without_prior = without.map(|without| without.best).filter(|_| gate < 1.0);

        let none = vec![0.0; targets.len()];
        let scores = prior.unwrap_or(Scores {
            scores: &none,
            extents: None,
        });
        let weightier = if gate >= 0.5 {
            &mut with_prior
        } else {
            &mut without_prior
        };
        if let Some(branch) = weightier {
            self.add_more(branch, &scaled, scores, inputs.terms, &labels)?;
        }
        let report = Report {
            labels: count,
            orientation,
            evidence_with,
            evidence_without,
            agreement: orientation.map(|sign| agreement(scores.scores, sign, &labels)),
        };
        Ok(Head {
            classes: self.classes,
            scaling,
            with_prior,
            without_prior,
            gate,
            train_shares: labels.shares(),
            expected_shares: None,
            report,
        })
    }

    /// The labels, once everything about the call has been checked.
    fn labels(&self, inputs: &Inputs, targets: &[usize], weights: &[f32]) -> Result<Labels> {
        let samples = inputs.features.nrows();
        if self.classes < 2 {
            return Err(Error::setting("classes", self.classes, "two or more"));
        }
        if let Hidden::Units(units) = self.hidden
            && units > MOST_UNITS
        {
            return Err(Error::setting("--hidden", units, "0 to 1024"));
        }
        if self.task == Task::Sentiment && inputs.prior.is_none() {
            let expected = "vectors that have learned the direction of sentiment";
            return Err(Error::setting("--task", "sentiment", expected));
        }
        if targets.len() != samples {
            return Err(mismatch(samples, targets.len()));
        }
        if !weights.is_empty() && weights.len() != samples {
            return Err(mismatch(samples, weights.len()));
        }
        if let Some(prior) = inputs.prior
            && prior.len() != samples
        {
            return Err(mismatch(samples, prior.len()));
        }
        if let Some(terms) = inputs.terms
            && terms.len() != samples
        {
            return Err(mismatch(samples, terms.len()));
        }
        if let Some(extents) = inputs.extents
            && extents.len() != samples
        {
            return Err(mismatch(samples, extents.len()));
        }
        if let Some(&bad) = targets.iter().find(|&&target| target >= self.classes) {
            let expected = format!("below {}", self.classes);
            return Err(Error::setting("class number", bad, expected));
        }
        if let Some(bad) = weights.iter().find(|&&w| !(w >= 0.0 && w.is_finite())) {
            return Err(Error::setting("weight", bad, "0 or more"));
        }
        // Where samples are fewer than columns a value that is not a number would
        // leave an empty basis, and no trace.
        let known = inputs.features.iter().chain(inputs.prior.unwrap_or(&[]));
        if known.into_iter().any(|value| !value.is_finite()) {
            return Err(Error::Diverged {
                what: "the classifier (a feature that is not a finite number)".to_owned(),
                how: None,
                hint: None,
            });
        }
        let weights: Vec<f64> = if weights.is_empty() {
            vec![1.0; samples]
        } else {
            weights.iter().map(|&weight| f64::from(weight)).collect()
        };
        if weights.iter().sum::<f64>() <= 0.0 {
            return Err(Error::too_little("no sample", "at least one a class"));
        }
        Ok(Labels {
            targets: targets.to_vec(),
            weights,
            classes: self.classes,
        })
    }

    /// Gives a head what the labels support beside the features: terms, and a
    /// hidden layer for what these leave.
    fn add_more(
        &self,
        branch: &mut Branch,
        scaled: &Array2<f64>,
        prior: Scores<'_>,
        terms: Option<&[Vec<u32>]>,
        labels: &Labels,
    ) -> Result<()> {
        let design = branch.columns.design(scaled, prior, labels.classes);
        let terms = terms.map(Samples::new);
        let counting = labels.weights.iter().filter(|&&weight| weight > 0.0);
        let terms = terms.filter(|_| counting.count() >= self.terms_from);
        let chosen = match &terms {
            Some(terms) => amount::choose(&design, scaled, terms, labels, self.seed)?,
            None => None,
        };
        let size = match (self.hidden, &chosen) {
            (Hidden::Units(0), _) => None,
            (Hidden::Units(units), _) => Some(Size::new(units, 1.0)),
            (Hidden::Auto, None) => width::choose(&design, scaled, labels, self.seed)?,
            (Hidden::Auto, Some(chosen)) => {
                let design = design.clone().beside(&chosen.held_out);
                width::choose(&design, scaled, labels, self.seed)?
            }
        };
        if let Some(size) = size {
            let trained = train(
                &design,
                scaled,
                labels,
                &branch.weights,
                size,
                self.seed,
                iterations(scaled.nrows()),
            )?;
            branch.weights = trained.weights;
            branch.hidden = Some(trained.hidden);
            branch.slope = trained.slope;
        }
        if let (Some(terms), Some(chosen)) = (&terms, chosen) {
            let design = match &branch.hidden {
                Some(hidden) => design.beside(&hidden.logits(scaled)),
                None => design,
            };
            let ratios = terms.ratios(labels);
            let rows = Rows::new(terms, &ratios, chosen.scale);
            let joint = joint::fit(&design, &rows, labels, &branch.weights)?;
            branch.weights = joint.weights;
            branch.slope = joint.slope;
            branch.terms = Some(TermWeights {
                scale: chosen.scale,
                weights: joint.terms,
                ratios,
            });
        }
        Ok(())
    }
}

fn mismatch(expected: usize, found: usize) -> Error {
    Error::Linfa(linfa::Error::MismatchedShapes(expected, found))
}

impl HeadParams {
    /// Fits the head with the prior.
    fn fit_with_prior(
        &self,
        scaled: &Array2<f64>,
        prior: Scores<'_>,
        labels: &Labels,
        count: usize,
    ) -> Result<Branch> {
        let offset = match labels.classes {
            2 => self.slope * orientation(prior.scores, labels, self.slope, self.orientation_odds),
            _ => 0.0,
        };
        let columns = Columns {
            prior: true,
            offset,
            scale: if count < FEW { 0.05 } else { 0.1 },
        };
        Branch::fit(columns, scaled, prior, labels, None)
    }
}

/// The heads without the prior.
struct Without {
    /// The most probable of them.
    best: Branch,
    /// The log evidence of those of [`SCALES`].
    evidences: Vec<f64>,
}

fn fit_without_prior(scaled: &Array2<f64>, labels: &Labels, count: usize) -> Result<Without> {
    let none = vec![0.0; scaled.nrows()];
    let at = |scale: f64, near: Option<&Branch>| {
        let columns = Columns {
            prior: false,
            offset: 0.0,
            scale,
        };
        let none = Scores {
            scores: &none,
            extents: None,
        };
        Branch::fit(columns, scaled, none, labels, near)
    };
    let mut best = at(SCALES[0], None)?;
    let mut evidences = vec![best.log_evidence];
    for &scale in &SCALES[1..] {
        let next = at(scale, Some(&best))?;
        evidences.push(next.log_evidence);
        if next.log_evidence > best.log_evidence {
            best = next;
        }
    }
    while count >= MANY
        && best.columns.scale >= SCALES[SCALES.len() - 1]
        && best.columns.scale < LARGEST_SCALE
    {
        let next = at(2.0 * best.columns.scale, Some(&best))?;
        if next.log_evidence <= best.log_evidence {
            break;
        }
        best = next;
    }
    Ok(Without { best, evidences })
}

/// How often the score's sign alone is right; samples without a score or a
/// weight say nothing.
fn agreement(prior: &[f64], orientation: f64, labels: &Labels) -> Agreement {
    let right: Vec<bool> = prior
        .iter()
        .zip(labels.targets.iter().zip(&labels.weights))
        .filter(|(score, (_, weight))| **score != 0.0 && **weight > 0.0)
        .map(|(score, (&target, _))| (orientation * score > 0.0) == (target == 1))
        .collect();
    Agreement::new(right.iter().filter(|&&right| right).count(), right.len())
}
