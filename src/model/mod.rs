//! The trained whole: everything that is needed to classify a text.

mod file;
pub mod thresholds;
pub mod training;

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::classifier::{HiddenLayer, Probabilities, argmax};
use crate::error::Result;
use crate::evaluation::Prediction;
use crate::files::digest::Fingerprint;
use crate::sentence::{SentenceEncoder, WordWeights};
use crate::text::labeled::{LabeledSet, UNDECIDED};
use crate::text::tokenizer::Tokenizer;
use crate::vectors::{Origin, WordVectors};

pub use thresholds::{Thresholds, Undecided};
pub use training::{Settings, TrainingReport};

/// Where a model comes from; stored in its file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The version of senti that trained it.
    pub version: String,
    /// The training's settings.
    pub settings: Settings,
    /// The labelled file, where there was one.
    pub labeled: Option<Fingerprint>,
    /// The vector file, where there was one.
    pub vectors: Option<Fingerprint>,
    /// Where the vectors come from, when senti trained them.
    pub origin: Option<Origin>,
    /// Labelled texts it was trained on.
    pub texts: usize,
    /// The largest component of the loss's gradient where training ended.
    pub slope: f64,
}

/// A trained model: tokenizer, word vectors, classifier, label names.
#[derive(Debug, Clone)]
pub struct Model {
    labels: Vec<String>,
    /// The share of each label among the training texts.
    shares: Vec<f64>,
    tokenizer: Tokenizer,
    vectors: WordVectors,
    weights: WordWeights,
    classifier: HiddenLayer,
    provenance: Provenance,
}

/// The answer for one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The most probable label, as an index into [`Model::labels`]; nothing
    /// when no word is known, or when [`Thresholds`] took it away.
    pub label: Option<usize>,
    /// Why there is no label; nothing when there is one.
    pub why: Option<Undecided>,
    /// The probability of each label. When no word is known: the labels'
    /// shares in the training.
    pub probabilities: Vec<f64>,
    /// Words that have a vector.
    pub known: usize,
    /// Those of them that have it from their n-grams only.
    pub unseen: usize,
    /// Words, stop words left out.
    pub tokens: usize,
}

impl Verdict {
    /// The largest probability.
    pub fn probability(&self) -> f64 {
        self.probabilities[argmax(&self.probabilities)]
    }
}

impl Model {
    /// The label names, sorted.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The name of a verdict's label, or `undecided`.
    pub fn name(&self, verdict: &Verdict) -> &str {
        verdict
            .label
            .and_then(|label| self.labels.get(label))
            .map_or(UNDECIDED, String::as_str)
    }

    /// The word vectors.
    pub fn vectors(&self) -> &WordVectors {
        &self.vectors
    }

    /// The classifier.
    pub fn classifier(&self) -> &HiddenLayer {
        &self.classifier
    }

    /// The tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// Where the model comes from.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// What turns texts into sentence vectors.
    pub fn encoder(&self) -> SentenceEncoder<'_> {
        SentenceEncoder::new(&self.vectors, &self.weights, &self.tokenizer)
    }

    /// Answers one text. [`Thresholds::apply`] makes the answer stricter.
    pub fn classify(&self, text: &str) -> Verdict {
        let encoded = self.encoder().encode(text);
        if encoded.known == 0 {
            return Verdict {
                label: None,
                why: Some(Undecided::NoKnownWord),
                probabilities: self.shares.clone(),
                known: 0,
                unseen: 0,
                tokens: encoded.tokens,
            };
        }
        let sample = Array2::from_shape_fn((1, encoded.vector.len()), |(_, column)| {
            encoded.vector[column]
        });
        let probabilities: Vec<f64> = self
            .classifier
            .probabilities(&sample)
            .iter()
            .copied()
            .collect();
        Verdict {
            label: Some(argmax(&probabilities)),
            why: None,
            probabilities,
            known: encoded.known,
            unseen: encoded.unseen,
            tokens: encoded.tokens,
        }
    }

    /// Answers texts whose labels are known. `truths` are indices into
    /// [`Model::labels`].
    pub fn predict<S: AsRef<str>>(
        &self,
        texts: &[S],
        truths: &[usize],
        thresholds: &Thresholds,
    ) -> Vec<Prediction> {
        texts
            .iter()
            .zip(truths)
            .map(|(text, &truth)| {
                let verdict = thresholds.apply(self.classify(text.as_ref()));
                Prediction {
                    truth,
                    answer: verdict.label,
                    probabilities: verdict.probabilities,
                }
            })
            .collect()
    }

    /// For each text of a labelled set, the index of its label among the
    /// model's; the line of the first text whose label the model lacks.
    ///
    /// # Errors
    /// The class and line of the first label that is not the model's.
    pub fn truths(&self, set: &LabeledSet) -> std::result::Result<Vec<usize>, (String, u64)> {
        set.targets
            .iter()
            .zip(&set.lines)
            .map(|(&target, &line)| {
                let class = &set.classes[target];
                self.labels
                    .binary_search(class)
                    .map_err(|_| (class.clone(), line))
            })
            .collect()
    }

    /// Trains a model on labelled texts; see [`training`].
    ///
    /// # Errors
    /// [`Error::TooLittle`](crate::error::Error::TooLittle) for less than two labels, or when no
    /// word of a label's texts is known;
    /// [`Error::Setting`](crate::error::Error::Setting) for a setting out of range.
    pub fn train(
        vectors: WordVectors,
        set: &LabeledSet,
        settings: &Settings,
    ) -> Result<(Self, TrainingReport)> {
        training::train(vectors, set, settings)
    }
}
