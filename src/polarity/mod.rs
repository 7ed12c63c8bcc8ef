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
mod chain;
mod documents;
mod file;
mod halves;
mod ngrams;
mod opinions;
mod reading;
mod scale;
mod score;
mod selftraining;
mod spread;
#[cfg(test)]
mod tests;
mod topics;
mod view;

use rustc_hash::FxHashSet;

pub use documents::Documents;
pub use score::{Part, Scored, Scorer};

use crate::classifier::head::PRIOR_SLOPE;
use crate::error::{Error, Result};
use crate::sentence::WordWeights;
use crate::text::cues::Cues;
use crate::vectors::WordVectors;
use axis::Axis;
use documents::sentences;
use ngrams::{Rows, Space, fit};
use scale::Scale;
use selftraining::teach;

/// Documents without which nothing is induced.
pub const LEAST_DOCUMENTS: usize = 500;
/// From this median length on, in words, topics are balanced.
const LONG: usize = 40;
/// Below it there is too little in a text for expectation and maximisation.
const SHORT: usize = 15;
/// Rounds of self-training on long documents, where there are many.
const ROUNDS: usize = 3;
/// Documents that count as many.
const MANY: usize = 20_000;
/// Opinion words without which the cues are not believed: of a small vocabulary a
/// tenth.
const LEAST_OPINIONS: usize = 200;
/// The slope of the scores of long texts.
const STEEP: f64 = 3.0;
/// Texts of less than this share of the length of those that the direction was found
/// in are another kind.
const SHORTER: usize = 3;
/// The weight of the losses where each sentence of a document has its label: many
/// of those are wrong.
const SENTENCE_COST: f64 = 2.0;
/// How certain the first direction is of a document one deviation from the middle,
/// in log odds.
const FIRST_SLOPE: f64 = 2.0;

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
    /// Seed words that have a vector: of praise, of blame.
    pub seeds: (usize, usize),
    /// Pairs that are features.
    pub pairs: usize,
    /// The share of texts whose two halves agree about the side, one half being
    /// chance; nothing where too few texts have two sentences.
    pub agreement: Option<f64>,
}

/// A step of the induction, with each document's score after it, where it gives
/// scores.
pub type Observer<'a> = &'a mut dyn FnMut(&'static str, &[f64]);

/// Finds the direction of sentiment.
///
/// # Errors
/// [`Error::TooLittle`] for less than [`LEAST_DOCUMENTS`], or when no seed word of
/// one side has a vector.
pub fn induce(
    documents: &Documents<'_>,
    vectors: &WordVectors,
    cues: &Cues,
    seed: u64,
    observer: Observer<'_>,
) -> Result<Polarity> {
    if documents.len() < LEAST_DOCUMENTS {
        return Err(Error::too_little(
            format!("{} texts with a known word", documents.len()),
            format!(
                "{LEAST_DOCUMENTS} or more to find the direction of sentiment; 10,000 are good"
            ),
        ));
    }
    let axis = Axis::new(vectors, cues)?;
    let frequencies = documents.frequencies(vectors.len());
    let length = documents.length();
    let found = opinions::find(documents, vectors, cues);
    let by_cues = found.len() >= LEAST_OPINIONS.min(vectors.len() / 10);
    let opinions = match by_cues {
        true => found,
        false => axis.nearest(vectors, &frequencies),
    };
    observer("opinion words", &[]);
    let path = match length {
        LONG.. => Path::Long,
        SHORT..LONG => Path::Short,
        _ => Path::Seeds,
    };

    let negators = cues.negators.iter().filter_map(|word| vectors.index(word));
    let negators: FxHashSet<u32> = negators.map(|row| row as u32).collect();
    let own = opinions::places(documents, &opinions, &negators, vectors.len());
    let mut axis_weights: Vec<f64> = opinions
        .iter()
        .map(|&word| {
            let share = f64::from(frequencies[word as usize]) / documents.len() as f64;
            axis.of(vectors.row(word as usize)) * -share.ln()
        })
        .collect();
    // Of negated words nothing is known yet.
    axis_weights.resize(2 * opinions.len(), 0.0);
    let topics = match path {
        Path::Long => topics::find(documents, vectors, &opinions, &frequencies, seed),
        Path::Short | Path::Seeds => vec![0; documents.len()],
    };
    observer("topics", &[]);
    let mut scores = axis::scores(&own, &axis_weights, &topics);
    observer("first direction", &scores);
    if path != Path::Seeds {
        for score in &mut scores {
            *score *= FIRST_SLOPE;
        }
        let weights = bayes::weights(&own, 2 * opinions.len(), &scores, &topics);
        scores = bayes::scores(&own, &weights);
        observer("naive Bayes", &scores);
    }

    let least = match documents.len() {
        ..5_000 => 2,
        5_000..20_000 => 3,
        _ => 5,
    };
    let space = Space::new(documents.iter(), vectors.len(), least);
    let rows = Rows::new(&space, documents.iter());
    let rounds = match path {
        Path::Long if documents.len() >= MANY => ROUNDS,
        _ => 1,
    };
    let taught = teach(&space, &rows, &scores, &topics, rounds, seed, observer);
    let weights = WordWeights::fitting(vectors);
    let means = view::Means::new(documents.iter(), vectors, &weights);
    let view = view::fit(&means, &taught);

    // Only one kind of row is in memory at a time.
    drop(rows);
    let labelled = || {
        taught.iter().flat_map(|&(at, positive)| {
            sentences(documents.get(at as usize)).map(move |sentence| (sentence, positive))
        })
    };
    let rows = Rows::new(&space, labelled().map(|(sentence, _)| sentence));
    let labels: Vec<(u32, bool)> = (0u32..).zip(labelled().map(|(_, label)| label)).collect();
    let model = fit(&space, &rows, &labels, SENTENCE_COST, seed, 2);
    let of_sentences =
        view::Means::new(labelled().map(|(sentence, _)| sentence), vectors, &weights);
    let sentence = Scale::new(&rows, &of_sentences, &model, (&view, 1.0));
    drop((rows, of_sentences));
    let rows = Rows::new(&space, documents.iter());
    let document = Scale::new(&rows, &means, &model, (&view, 0.5));
    observer("sentences", &[]);
    let report = Report {
        path,
        documents: (documents.seen(), documents.len()),
        length,
        by_cues,
        opinions: opinions.len(),
        seeds: axis.seeds,
        pairs: space.idf.len() - space.words(),
        agreement: halves::agreement(documents, &space, &sentence),
    };
    // Seed words are opinions, however frequent: negation must turn them.
    let seeds = cues.positive.iter().chain(&cues.negative);
    let seeds = seeds.filter_map(|word| vectors.index(word));
    let mut opinions = opinions;
    opinions.extend(seeds.map(|row| row as u32));
    opinions.sort_unstable();
    opinions.dedup();
    Ok(Polarity {
        cues: cues.clone(),
        report,
        pairs: space.pairs(),
        idf: space.idf,
        opinions,
        scales: [document, sentence],
    })
}

impl Polarity {
    /// The slope of the log odds of praise in the score of a text of this kind. Scores
    /// of deviation 1 that are right about eight times in ten have 2.2; of long texts,
    /// where there is more to go by, they are right more often.
    pub fn slope(&self, length: Length) -> f64 {
        match (self.report.path, length) {
            (Path::Long, Length::Document) => STEEP,
            _ => PRIOR_SLOPE,
        }
    }

    /// What kind of text those with so many words in the middle are.
    pub fn kind(&self, length: usize) -> Length {
        match length * SHORTER < self.report.length {
            true => Length::Sentence,
            false => Length::Document,
        }
    }

    /// The opinion words, as rows of the vectors.
    pub fn opinions(&self) -> &[u32] {
        &self.opinions
    }

    /// Each word's weight, with its row, for one kind of text.
    pub fn words(&self, length: Length) -> impl Iterator<Item = (u32, Weight)> {
        (0u32..).zip(self.weights(length).take(self.idf.len() - self.pairs.len()))
    }

    /// Each pair's weight, with the rows of its words.
    pub fn pairs(&self, length: Length) -> impl Iterator<Item = ((u32, u32), Weight)> {
        let rows = self
            .pairs
            .iter()
            .map(|pair| ((pair >> 32) as u32, *pair as u32));
        rows.zip(self.weights(length).skip(self.idf.len() - self.pairs.len()))
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
