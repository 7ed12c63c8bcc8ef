//! The trained whole: everything that is needed to classify a text.

pub mod explanation;
mod file;
pub mod folded;
mod folding;
mod layers;
mod ready;
mod table;
pub mod thresholds;
pub mod training;

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::classifier::head::{Inputs, estimate_shares};
use crate::classifier::{Head, HiddenLayer, Probabilities, Terms, argmax};
use crate::error::{Error, Result};
use crate::evaluation::Prediction;
use crate::files::digest::Fingerprint;
use crate::polarity::{Length, Scored, Scorer};
use crate::sentence::{SentenceEncoder, WordWeights};
use crate::text::labeled::{LabeledSet, UNDECIDED};
use crate::text::tokenizer::Tokenizer;
use crate::vectors::{Origin, WordVectors};

pub use explanation::Explanation;
pub use folded::{Folded, Loss, Quantized};
pub use ready::{Opened, Ready};
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
    /// What it was before its numbers were rounded to eight bits, where they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantized: Option<Quantization>,
}

/// What a model of eight-bit numbers was made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quantization {
    /// The version of senti that made it.
    pub version: String,
    /// The file of the model that it was.
    pub model: Fingerprint,
    /// Pairs of words that it had and has no more.
    pub dropped: u64,
}

/// What turns sentence vectors into probabilities.
#[derive(Debug, Clone, PartialEq)]
pub enum Classifier {
    /// One hidden layer on sentence vectors alone: for vectors that no direction of
    /// sentiment was found with.
    Layer(Box<HiddenLayer>),
    /// A head on sentence vectors and the score that the direction gives a text.
    Head(Box<Head>),
}

impl Classifier {
    /// Trained numbers.
    pub fn parameters(&self) -> usize {
        match self {
            Self::Layer(layer) => layer.parameters(),
            Self::Head(head) => head.parameters(),
        }
    }

    /// Units of the hidden layer.
    pub fn hidden(&self) -> usize {
        match self {
            Self::Layer(layer) => layer.bias.len(),
            Self::Head(head) => head.width(),
        }
    }

    /// Whether words and pairs have weights of their own.
    fn uses_terms(&self) -> bool {
        match self {
            Self::Layer(_) => false,
            Self::Head(head) => head.uses_terms(),
        }
    }

    /// Texts x labels.
    fn probabilities(&self, inputs: Inputs<'_>) -> Array2<f64> {
        match self {
            Self::Layer(layer) => layer.probabilities(inputs.features),
            Self::Head(head) => head.probabilities(inputs),
        }
    }
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
    /// What scores texts by the direction of sentiment, where there is one.
    scorer: Option<Scorer>,
    classifier: Classifier,
    /// The words and pairs that have weights of their own in the classifier.
    terms: Option<Terms>,
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
    pub fn classifier(&self) -> &Classifier {
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

    /// What kind of text, to the direction of sentiment, the labelled ones are.
    pub fn length(&self) -> Length {
        self.scorer
            .as_ref()
            .map_or(Length::Document, Scorer::length)
    }

    /// How much there is of a text whose words have this weight, beside those that the
    /// model was trained on: 0 to 1.
    fn extent(&self, weight: f64) -> f64 {
        let full = self.scorer.as_ref().and_then(Scorer::full);
        full.map_or(1.0, |full| full.extent(weight))
    }

    /// What turns texts into sentence vectors.
    pub fn encoder(&self) -> SentenceEncoder<'_> {
        SentenceEncoder::new(&self.vectors, &self.weights, &self.tokenizer)
    }

    /// What the direction of sentiment says about a text, and each word's part in
    /// it; nothing without a direction.
    pub fn score(&self, text: &str) -> Option<Scored> {
        let (scorer, polarity) = (self.scorer.as_ref()?, self.vectors.polarity()?);
        Some(scorer.score(
            polarity,
            text,
            &self.vectors,
            &self.weights,
            &self.tokenizer,
        ))
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
        let score = self.score(text).map(|scored| scored.score);
        let terms = self
            .terms
            .as_ref()
            .map(|terms| [terms.numbers(text, &self.tokenizer)]);
        let extent = self.extent(encoded.weight);
        let probabilities = self.classifier.probabilities(Inputs {
            features: &sample,
            prior: score.as_ref().map(std::slice::from_ref),
            terms: terms.as_ref().map(<[_; 1]>::as_slice),
            extents: Some(&[extent]),
        });
        let probabilities: Vec<f64> = probabilities.iter().copied().collect();
        Verdict {
            label: Some(argmax(&probabilities)),
            why: None,
            probabilities,
            known: encoded.known,
            unseen: encoded.unseen,
            tokens: encoded.tokens,
        }
    }

    /// The shares of the labels that are expected of texts, in the order of
    /// [`labels`](Self::labels): those in the training, or of [`expecting`](Self::expecting).
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }

    /// The same model for texts of which these shares belong to the labels, one share
    /// a label, in place of the shares among the training texts (Bayes' rule).
    ///
    /// # Errors
    /// [`Error::Setting`] unless there is one share
    /// above 0 for each label.
    pub fn expecting(mut self, shares: &[f64]) -> Result<Self> {
        let total: f64 = shares.iter().sum();
        let sound = total.is_finite() && shares.iter().all(|&share| share > 0.0);
        if shares.len() != self.labels.len() || !sound {
            return Err(Error::setting(
                "--prior",
                format!("{shares:?}"),
                format!("{} shares above 0, one for each label", self.labels.len()),
            ));
        }
        let shares: Vec<f64> = shares.iter().map(|share| share / total).collect();
        self.classifier = match self.classifier {
            Classifier::Head(head) => Classifier::Head(Box::new(head.expecting(&shares)?)),
            Classifier::Layer(mut layer) => {
                for ((bias, new), old) in
                    layer.output_bias.iter_mut().zip(&shares).zip(&self.shares)
                {
                    *bias += (new / old).ln();
                }
                Classifier::Layer(layer)
            }
        };
        self.shares = shares;
        Ok(self)
    }

    /// The shares of the labels among texts without labels, as far as the model's
    /// probabilities can be believed; see
    /// [`estimate_shares`].
    pub fn estimate_shares<S: AsRef<str>>(&self, texts: &[S]) -> Vec<f64> {
        let answered: Vec<Vec<f64>> = texts
            .iter()
            .map(|text| self.classify(text.as_ref()))
            .filter(|verdict| verdict.known > 0)
            .map(|verdict| verdict.probabilities)
            .collect();
        let shape = (answered.len(), self.labels.len());
        let probabilities = Array2::from_shape_fn(shape, |(row, label)| answered[row][label]);
        estimate_shares(&probabilities, &self.shares)
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
    /// [`Error::TooLittle`] for less than two labels, or when no
    /// word of a label's texts is known;
    /// [`Error::Setting`] for a setting out of range.
    pub fn train(
        vectors: WordVectors,
        set: &LabeledSet,
        settings: &Settings,
    ) -> Result<(Self, TrainingReport)> {
        training::train(vectors, set, settings)
    }
}
