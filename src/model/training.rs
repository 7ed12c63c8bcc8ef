//! Labelled texts and word vectors to a model, with the evidence for it.

use std::collections::BTreeMap;

use linfa::traits::Fit;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use super::table::Table;
use super::{Classifier, Model, Provenance};
use crate::classifier::head::{Hidden, PRIOR_SLOPE, Report as HeadReport, TERMS_FROM, Task};
use crate::classifier::{HeadParams, HiddenLayerParams, Labelled, LogisticParams, Terms};
use crate::error::{Error, Result};
use crate::evaluation::crossvalidation::{CrossValidation, Plan, select};
use crate::polarity::{Documents, Full, Scorer};
use crate::sentence::{SentenceEncoder, WordWeights};
use crate::text::labeled::LabeledSet;
use crate::text::labeled::names::{Meaning, meaning};
use crate::vectors::WordVectors;

/// A gradient component up to this, per labelled text, counts as converged.
const CONVERGED: f64 = 1e-3;
/// The log odds that labels called positive and negative, or the like, are about
/// sentiment, and that the direction's praise is the positive one; and that praise is
/// the higher of two numbers. Eight labels that say otherwise outweigh them.
const NAMED: f64 = 3.0;
const NAMED_SIDE: f64 = 4.0;
const NUMBERED_SIDE: f64 = 2.0;
/// Units of the hidden layer on vectors without a direction of sentiment.
pub(crate) const UNITS: usize = 8;

/// Settings of the classifier's training.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Units of the hidden layer, 1 to 1024, or with a direction of sentiment 0 to
    /// 1024. Left open: 8, or with a direction as many as the labels support.
    #[serde(default)]
    pub hidden: Option<usize>,
    /// Start of all random numbers.
    pub seed: u64,
    /// What the labels are about.
    #[serde(default)]
    pub task: Task,
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
    /// The classifier, cross-validated; nothing when a label has less than
    /// two different texts.
    pub classifier: Option<CrossValidation>,
    /// The logistic baseline on the same folds; the reason when it failed.
    pub logistic: Option<std::result::Result<CrossValidation, String>>,
    /// What the labels say about the direction of sentiment, where there is one.
    pub direction: Option<Direction>,
    /// Trained numbers of the classifier.
    pub parameters: usize,
    /// Whether the training ended at a minimum.
    pub converged: bool,
}

/// What the labels say about the direction of sentiment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Direction {
    /// How much the answers follow it, 0 to 1.
    pub weight: f64,
    /// What the head found out.
    pub head: HeadReport,
    /// Whether the labels call praise what the direction takes for blame: their names
    /// say one thing and the texts another.
    pub contrary: bool,
}

/// Trains the classifier on all labelled texts with a known word, and
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
    let scorer = vectors.polarity().map(|polarity| {
        let mut texts = Documents::new(&vectors);
        set.texts.iter().for_each(|text| texts.add(text));
        let weights = used.iter().map(|&row| encoded[row].weight).collect();
        Scorer::new(
            polarity,
            polarity.kind(texts.length()),
            Full::of(weights),
            &vectors,
        )
    });
    let scores = scorer.as_ref().zip(vectors.polarity());
    let scores = scores.map(|(scorer, polarity)| {
        let texts = set.texts.iter();
        let scored = texts.map(|text| scorer.score(polarity, text, &vectors, &weights, &tokenizer));
        scored.map(|scored| scored.score).collect::<Vec<f64>>()
    });
    let (terms, term_numbers) = match scores.is_some() && set.len() >= TERMS_FROM {
        true => {
            let (terms, numbers) = Terms::learn(&set.texts, &tokenizer);
            (Some(terms), Some(numbers))
        }
        false => (None, None),
    };
    let full = scorer.as_ref().and_then(Scorer::full);
    let extent = |weight| full.map_or(1.0, |full| full.extent(weight));
    let extents: Vec<f64> = encoded.iter().map(|text| extent(text.weight)).collect();
    let table = scores.as_ref().map(|scores| Table {
        features: &samples,
        scores,
        extents: &extents,
        terms: term_numbers.as_deref(),
    });

    let contents: Vec<Option<Content<'_>>> = encoded
        .iter()
        .map(|text| (text.known > 0).then_some((&text.words[..], &text.composed[..])))
        .collect();
    let plan = Plan::new(&set.targets, &contents, classes, settings.seed);
    let data = Labelled::new(samples.clone(), Array1::from(set.targets.clone()))
        .with_weights(Array1::from(set.weights.clone()));
    let (classifier, validated, slope) = match &table {
        None => layer(&data, classes, &used, plan.as_ref(), settings)?,
        Some(table) => {
            let params = params(set, settings, &vectors, scorer.as_ref());
            head(table, &params, set, &used, plan.as_ref(), settings)?
        }
    };
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
        classifier: validated,
        direction: match &classifier {
            Classifier::Layer(_) => None,
            Classifier::Head(head) => Some(Direction {
                weight: head.gate,
                head: head.report,
                contrary: contrary(set, head.report.orientation),
            }),
        },
        logistic,
        parameters: classifier.parameters(),
        converged: slope <= CONVERGED * total,
        counts,
    };
    let provenance = Provenance {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        settings: settings.clone(),
        labeled: set.fingerprint.clone(),
        vectors: vectors.fingerprint().cloned(),
        origin: vectors.origin().cloned(),
        texts: set.len(),
        slope,
        quantized: None,
    };
    let model = Model {
        labels: set.classes.clone(),
        shares: report.counts.iter().map(|&n| n as f64 / total).collect(),
        tokenizer,
        vectors,
        weights,
        scorer,
        terms: terms.filter(|_| classifier.uses_terms()),
        classifier,
        provenance,
    };
    Ok((model, report))
}

type Trained = (Classifier, Option<CrossValidation>, f64);

/// Trains and validates a hidden layer on sentence vectors alone.
fn layer(
    data: &Labelled,
    classes: usize,
    used: &[usize],
    plan: Option<&Plan>,
    settings: &Settings,
) -> Result<Trained> {
    if settings.task == Task::Sentiment {
        return Err(Error::setting(
            "--task",
            "sentiment",
            "vectors that the direction of sentiment was found with",
        )
        .with_hint("find it: senti pretrain corpus.txt, or senti train --unlabeled texts.txt"));
    }
    let params = HiddenLayerParams::new(classes)
        .hidden(settings.hidden.unwrap_or(UNITS))
        .seed(settings.seed);
    let layer = params.fit(&select(data, used))?;
    let validated = plan
        .map(|plan| plan.run(data, |part| params.fit(part)))
        .transpose()?;
    let slope = layer.slope;
    Ok((Classifier::Layer(Box::new(layer)), validated, slope))
}

/// What is known of the task before any label is seen: how sure the direction is, and
/// what the names of the labels say.
fn params(
    set: &LabeledSet,
    settings: &Settings,
    vectors: &WordVectors,
    scorer: Option<&Scorer>,
) -> HeadParams {
    let slope = vectors
        .polarity()
        .zip(scorer)
        .map_or(PRIOR_SLOPE, |(polarity, scorer)| {
            polarity.slope(scorer.length())
        });
    let sign = |praise: usize, blame: usize| if praise > blame { 1.0 } else { -1.0 };
    let (about, orientation) = match meaning(&set.classes) {
        Meaning::Sentiment { praise, blame } => (NAMED, NAMED_SIDE * sign(praise, blame)),
        Meaning::Numbers { lowest, highest } => (0.0, NUMBERED_SIDE * sign(highest, lowest)),
        Meaning::Unknown => (0.0, 0.0),
    };
    HeadParams::new(set.classes.len())
        .task(settings.task)
        .seed(settings.seed)
        .prior_slope(slope)
        .prior_odds(about)
        .orientation_odds(orientation)
}

/// Whether the names of the labels and the side that the texts give the direction
/// contradict each other.
fn contrary(set: &LabeledSet, orientation: Option<f64>) -> bool {
    match meaning(&set.classes) {
        Meaning::Sentiment { praise, blame } => {
            orientation.is_some_and(|sign| (sign > 0.0) != (praise > blame))
        }
        Meaning::Numbers { .. } | Meaning::Unknown => false,
    }
}

/// Trains and validates a head on sentence vectors and scores. The number of hidden
/// units is decided once, on all texts: deciding it anew in every fold would take
/// ten times as long.
fn head(
    table: &Table<'_>,
    params: &HeadParams,
    set: &LabeledSet,
    used: &[usize],
    plan: Option<&Plan>,
    settings: &Settings,
) -> Result<Trained> {
    let data = table.rows(&set.targets, &set.weights);
    let open = params
        .clone()
        .hidden(settings.hidden.map_or(Hidden::Auto, Hidden::Units));
    let head = table.fit(&open, &select(&data, used))?.head;
    // The texts of a fold stand for all of them, so they may have terms if those have.
    let decided = params
        .clone()
        .hidden(Hidden::Units(head.width()))
        .terms_from(if head.uses_terms() { 0 } else { usize::MAX });
    let validated = plan
        .map(|plan| plan.run(&data, |part| table.fit(&decided, part)))
        .transpose()?;
    let slope = head.weightier().map_or(0.0, |branch| branch.slope);
    Ok((Classifier::Head(Box::new(head)), validated, slope))
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
