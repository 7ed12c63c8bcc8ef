//! The direction of sentiment, found in unlabelled text.
//!
//! A few labels cannot tell which of a thousand differences between texts is the
//! one between praise and blame; much text without labels can, for opinions are
//! the one thing that varies within every topic. [`induce`] finds it in steps, each
//! in a file of its own:
//!
//! | step | file | source |
//! |---|---|---|
//! | words that opinions are made of: those that follow both "very" and "is" | `opinions` | Hatzivassiloglou and Wiebe 2000 |
//! | a first direction among them, from a few seed words in the space of the word vectors | `axis` | Turney 2002; Hamilton et al. 2016 |
//! | topics, which are no opinions | `topics` | |
//! | naive Bayes over the opinion words by EM, judged within topics | `bayes` | Nigam et al. 2000 |
//! | a classifier of words and pairs that teaches itself, cross-fitted | `selftraining`, `ngrams` | Mudinas, Zhang and Levene 2018 |
//! | one more, taught by the single sentences of those documents | `ngrams` | |
//! | a view of the word vectors, and all of it as one weight a word or pair | `view`, `scale` | |
//!
//! What is known of a text of one word, and how the score comes to rest on the text
//! as it gets longer, says `brevity`.
//!
//! Texts are read alike in the induction and in the scoring (`reading`), which
//! includes which word follows which where units overlap (`chain`).
//!
//! The result, [`Polarity`], is a weight for each word and pair of words: a text's
//! score is their sum, so that each word's part in it is exact (`score`). It has
//! median 0 and deviation 1 over the text it was found in. Which end is praise,
//! the seed words say, and the labels later. [`adapt`](adapt::adapt) adapts it to
//! other text.

pub mod adapt;
mod axis;
mod bayes;
mod brevity;
mod chain;
mod documents;
mod file;
mod halves;
mod induction;
mod ngrams;
mod opinions;
pub(crate) mod parts;
mod reading;
mod scale;
mod score;
mod selftraining;
mod spread;
#[cfg(test)]
mod tests;
mod topics;
mod view;

pub use brevity::Full;
pub(crate) use brevity::Mixture;
pub use documents::Documents;
pub use induction::{GoOn, LEAST_DOCUMENTS, induce};
pub use score::{Part, Scored, Scorer};
pub(crate) use score::{TURNED, places};

use ndarray::Array1;

use crate::classifier::head::PRIOR_SLOPE;
use crate::text::cues::Cues;
use scale::Scale;

/// The slope of the scores of long texts.
const STEEP: f64 = 3.0;
/// Texts of less than this share of the length of those that the direction was found
/// in, or that a model was trained on, are another kind.
const SHORTER: usize = 3;
/// What kind of text is scored: which of two scales fits it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Length {
    /// About as long as the texts that the direction was found in.
    Document,
    /// Much shorter: a sentence or a few of such a text.
    Sentence,
}

/// The direction of sentiment. Two sets of weights: for documents, for sentences.
#[derive(Debug, Clone, PartialEq)]
pub struct Polarity {
    /// The words that it was found by.
    pub cues: Cues,
    /// What was seen, and how it was found.
    pub report: Report,
    /// Words, then pairs: the log of documents over those with the feature.
    idf: Vec<f32>,
    /// The pairs, rising, as first word << 32 | second word.
    pairs: Vec<u64>,
    /// Which words are opinion words, rising.
    opinions: Vec<u32>,
    scales: [Scale; 2],
}

/// The steps that were safe for the text at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Path {
    /// Long documents: topics, EM, self-training.
    Long,
    /// Short documents: EM and one round of self-training, without topics.
    Short,
    /// Very short texts: seed words and one round of self-training.
    Seeds,
}

/// What the induction saw and did.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Report {
    /// The steps taken.
    pub path: Path,
    /// Documents read, and those of them in the sample.
    pub documents: (usize, usize),
    /// The median length of a document, in words.
    pub length: usize,
    /// Whether opinion words were found by cues; else by nearness to the seeds.
    pub by_cues: bool,
    /// Opinion words found.
    pub opinions: usize,
    /// The share of texts whose two halves agree about the side, one half being
    /// chance; nothing where too few texts have two sentences.
    pub agreement: Option<f64>,
}

impl Report {
    fn slope(&self, length: Length) -> f64 {
        match (self.path, length) {
            (Path::Long, Length::Document) => STEEP,
            _ => PRIOR_SLOPE,
        }
    }

    /// The slope of the scores of sentences, over that of documents.
    pub(crate) fn slopes(&self) -> f64 {
        self.slope(Length::Sentence) / self.slope(Length::Document)
    }
}

impl Polarity {
    /// The slope of the log odds of praise in the score of a text of this kind. Scores
    /// of deviation 1 that are right about eight times in ten have 2.2; of long texts,
    /// where there is more to go by, they are right more often.
    pub fn slope(&self, length: Length) -> f64 {
        self.report.slope(length)
    }

    /// What kind of text those with so many words in the middle are.
    pub fn kind(&self, length: usize) -> Length {
        match length * SHORTER < self.report.length {
            true => Length::Sentence,
            false => Length::Document,
        }
    }

    /// What the views of the vectors multiply them by, one for each kind of text.
    pub(crate) fn directions(&self) -> [Array1<f32>; 2] {
        self.scales
            .each_ref()
            .map(|scale| Array1::from(scale.direction.clone()))
    }

    /// The same for vectors of so many components, of which two, from `first` on, are
    /// the products with [`directions`](Self::directions).
    pub(crate) fn along(mut self, first: usize, count: usize) -> Self {
        for (place, scale) in (first..).zip(&mut self.scales) {
            scale.direction = (0..count)
                .map(|at| f32::from(u8::from(at == place)))
                .collect();
        }
        self
    }

    /// The opinion words, as rows of the vectors.
    pub fn opinions(&self) -> &[u32] {
        &self.opinions
    }

    /// Whether the word of this row is one.
    fn is_opinion(&self, row: u32) -> bool {
        self.opinions.binary_search(&row).is_ok()
    }

    /// How many pairs of words have weights.
    pub fn pair_count(&self) -> usize {
        self.pairs.len()
    }

    /// How many words have weights: those of the vectors.
    fn word_count(&self) -> usize {
        self.idf.len() - self.pairs.len()
    }

    /// Each word's weight, with its row, for one kind of text.
    pub fn words(&self, length: Length) -> impl Iterator<Item = (u32, Weight)> {
        (0u32..).zip(self.weights(length).take(self.word_count()))
    }

    /// Each pair's weight, with the rows of its words.
    pub fn pairs(&self, length: Length) -> impl Iterator<Item = ((u32, u32), Weight)> {
        let rows = self
            .pairs
            .iter()
            .map(|pair| ((pair >> 32) as u32, *pair as u32));
        rows.zip(self.weights(length).skip(self.word_count()))
    }

    fn weights(&self, length: Length) -> impl Iterator<Item = Weight> {
        let weights = self.scales[length as usize].weights.iter();
        weights.zip(&self.idf).map(|(&value, &idf)| Weight {
            value,
            share: (-idf).exp(),
        })
    }
}

/// What a word or a pair adds to the score of a text that it stands in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weight {
    /// The weight: above 0 is praise.
    pub value: f32,
    /// The share of the texts, those that the direction was found in, that it stands
    /// in.
    pub share: f32,
}

impl Weight {
    /// How much the scores of texts vary by it: the deviation of what it adds. A name
    /// that stands in three texts may have the largest weight of all; its influence
    /// is small.
    pub fn influence(self) -> f32 {
        self.value * (self.share * (1.0 - self.share)).max(0.0).sqrt()
    }
}
