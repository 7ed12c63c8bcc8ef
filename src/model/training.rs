//! Labelled texts and word vectors to a model, with the evidence for it.

use std::collections::BTreeMap;

use linfa::traits::Fit;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use super::{Model, Provenance};
use crate::classifier::{HiddenLayerParams, Labelled, LogisticParams};
use crate::error::{Error, Result};
use crate::evaluation::crossvalidation::{CrossValidation, Plan, select};
use crate::sentence::{SentenceEncoder, WordWeights};
use crate::text::labeled::LabeledSet;
use crate::vectors::WordVectors;

/// A gradient component up to this, per labelled text, counts as converged.
const CONVERGED: f64 = 1e-3;

/// Settings of the classifier's training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Units of the hidden layer, 1 to 1024.
    pub hidden: usize,
    /// Start of all random numbers.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { hidden: 8, seed: 0 }
    }
}

/// What training found out.
#[derive(Debug, Clone)]
pub struct TrainingReport {
    /// Texts of each label.
    pub counts: Vec<usize>,
    /// Words of the labelled texts, stop words left out.
    pub tokens: usize,
    /// Those that have a vector.
    pub known: usize,
    /// Those of them that have it from their n-grams only.
    pub unseen: usize,
    /// Lines without any known word: they take no part in the training.
    pub unknown_lines: Vec<u64>,
    /// Pairs of lines with the same known words and different labels.
    pub contradictions: Vec<(u64, u64)>,
    /// Share of the most frequent label.
    pub majority: f64,
    /// The hidden layer, cross-validated; nothing when a label has less than
    /// two different texts.
    pub hidden: Option<CrossValidation>,
    /// The logistic baseline on the same folds; the reason when it failed.
    pub logistic: Option<std::result::Result<CrossValidation, String>>,
    /// Trained numbers of the classifier.
    pub parameters: usize,
    /// Whether the training ended at a minimum.
    pub converged: bool,
}

/// Trains the hidden layer on all labelled texts with a known word, and
/// estimates by cross-validation what to expect of it.
///
/// # Errors
/// [`Error::TooLittle`] for less than two labels, or when no word of a label's
/// texts is known; [`Error::Setting`] for a setting out of range.
pub(super) fn train(
    vectors: WordVectors,
    set: &LabeledSet,
    settings: &Settings,
) -> Result<(Model, TrainingReport)> {
    let classes = set.classes.len();
    if classes < 2 {
        let found = match set.classes.first() {
            Some(only) => format!("one label, {only:?}, on all {} texts", set.len()),
            None => "no labelled text".to_owned(),
        };
        return Err(
            Error::too_little(found, "at least two different labels").with_hint(
                "add a few texts of another label, about four for each are a good start; or, if the columns are swapped, name them: --label-column, --text-column",
            ),
        );
    }
    let tokenizer = vectors.tokenizer();
    let weights = WordWeights::fitting(&vectors);
    let encoder = SentenceEncoder::new(&vectors, &weights, &tokenizer);
    let encoded: Vec<_> = set.texts.iter().map(|text| encoder.encode(text)).collect();
    let used: Vec<usize> = (0..set.len())
        .filter(|&row| encoded[row].known > 0)
        .collect();
    for (class, label) in set.classes.iter().enumerate() {
        let of_class = |row: &usize| set.targets[*row] == class;
        if (0..set.len())
            .filter(of_class)
            .all(|row| set.weights[row] == 0.0)
        {
            return Err(Error::too_little(
                format!("no text of the label {label:?} that counts: all have weight 0"),
                "at least one with a weight above 0",
            )
            .with_hint("correct the weight column, or remove it"));
        }
        if !used.iter().any(|&row| set.targets[row] == class) {
            return Err(Error::too_little(
                format!("no text of the label {label:?} with a word that has a vector"),
                "vectors from the same kind of text as the labelled ones",
            )
            .with_hint(if set.suspect_header.as_ref() == Some(label) {
                "line 1 looks like a header: remove it, or name the columns with --label-column and --text-column"
            } else {
                "run senti pretrain on a text file in the same language and domain"
            }));
        }
    }

    let samples = Array2::from_shape_fn((set.len(), vectors.dims()), |(row, column)| {
        encoded[row].vector[column]
    });
    let data = Labelled::new(samples, Array1::from(set.targets.clone()))
        .with_weights(Array1::from(set.weights.clone()));
    let params = HiddenLayerParams::new(classes)
        .hidden(settings.hidden)
        .seed(settings.seed);
    let classifier = params.fit(&select(&data, &used))?;

    let contents: Vec<Option<Content<'_>>> = encoded
        .iter()
        .map(|text| (text.known > 0).then_some((&text.words[..], &text.composed[..])))
        .collect();
    let plan = Plan::new(&set.targets, &contents, classes, settings.seed);
    let hidden = plan
        .as_ref()
        .map(|plan| plan.run(&data, |part| params.fit(part)))
        .transpose()?;
    let baseline = LogisticParams::new(classes);
    let logistic = plan.as_ref().map(|plan| {
        plan.run(&data, |part| baseline.fit(part))
            .map_err(|error| error.to_string())
    });

    let counts = set.class_counts();
    let total = set.len() as f64;
    let report = TrainingReport {
        tokens: encoded.iter().map(|text| text.tokens).sum(),
        known: encoded.iter().map(|text| text.known).sum(),
        unseen: encoded.iter().map(|text| text.unseen).sum(),
        unknown_lines: (0..set.len())
            .filter(|&row| encoded[row].known == 0)
            .map(|row| set.lines[row])
            .collect(),
        contradictions: contradictions(set, &contents),
        majority: counts.iter().copied().max().unwrap_or(0) as f64 / total,
        hidden,
        logistic,
        parameters: classifier.parameters(),
        converged: classifier.slope <= CONVERGED * total,
        counts,
    };
    let provenance = Provenance {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        settings: settings.clone(),
        labeled: set.fingerprint.clone(),
        vectors: vectors.fingerprint().cloned(),
        origin: vectors.origin().cloned(),
        texts: set.len(),
        slope: classifier.slope,
    };
    let model = Model {
        labels: set.classes.clone(),
        shares: report.counts.iter().map(|&n| n as f64 / total).collect(),
        tokenizer,
        vectors,
        weights,
        classifier,
        provenance,
    };
    Ok((model, report))
}

/// The different words of a text that have a vector: those with a row, and those
/// without.
type Content<'a> = (&'a [usize], &'a [String]);

/// Pairs of lines that hold the same words under different labels, in the order
/// of the file.
fn contradictions(set: &LabeledSet, contents: &[Option<Content<'_>>]) -> Vec<(u64, u64)> {
    let mut first: BTreeMap<Content<'_>, usize> = BTreeMap::new();
    let mut pairs = Vec::new();
    for (row, content) in contents.iter().enumerate() {
        let Some(content) = content else { continue };
        let earlier = *first.entry(*content).or_insert(row);
        if set.targets[earlier] != set.targets[row] {
            pairs.push((set.lines[earlier], set.lines[row]));
        }
    }
    pairs
}
