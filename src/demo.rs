//! The 72-sentence demo of transfer learning, and the controls that say what
//! it is worth.
//!
//! 62 sentences without labels, 8 with, 2 to test. The test sentences share no
//! opinion word with the 8, so only what was learned from the 62 can help. The
//! arms differ in where the word vectors come from, and in nothing else:
//!
//! - *without transfer*: learned from the 8 labelled sentences alone; words
//!   that these lack keep the random vector they start with, as they would in
//!   any network with an embedding layer for all 72 sentences;
//! - *random vectors*: nothing is learned;
//! - *transfer*: learned from the 62 unlabelled sentences;
//! - *shuffled labels*: the vectors of *transfer*, but the 8 labels are dealt
//!   out at random, which no honest method can learn from.
//!
//! Answers are forced: a classifier that knows no word of a sentence still has
//! to choose, where [`crate::model::Model::classify`] says `undecided`.

use std::ops::ControlFlow;

use linfa::traits::{Fit, Predict, Transformer};
use ndarray::{Array1, Array2};
use rayon::prelude::*;
use serde::Serialize;

use crate::classifier::hidden::parameters;
use crate::classifier::{HiddenLayerParams, Labelled};
use crate::error::{Error, Result};
use crate::evaluation::crossvalidation::select;
use crate::interval::{Interval, mean};
use crate::model;
use crate::random::{Use, part, shuffle, stream, unit};
use crate::sentence::{SentenceEncoder, Texts, WordWeights};
use crate::text::labeled::LabeledSet;
use crate::text::stopwords::StopWords;
use crate::text::tokenizer::Tokenizer;
use crate::vectors::WordVectors;
use crate::vectors::corpus::{Corpus, CorpusReader};
use crate::vectors::skipgram::{self, Settings};

/// The unlabelled sentences, one a line.
pub const UNLABELED: &str = include_str!("../corpus/unlabeled.txt");
/// The labelled sentences, a label, a tab and a text a line.
pub const LABELED: &str = include_str!("../corpus/labeled.tsv");
/// The test sentences, a label, a tab and a text a line.
pub const TEST: &str = include_str!("../corpus/test.tsv");

/// The seeds that can be asked for.
pub const MOST_SEEDS: u64 = 100_000;

/// Which settings to run with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// What `senti pretrain` and `senti train` choose for texts of this size.
    Senti,
    /// What the article says: four dimensions, the whole sentence as window,
    /// the plain mean of the word vectors.
    Article,
}

impl Preset {
    /// The skip-gram settings for a corpus of so many running words.
    pub fn settings(self, tokens: u64) -> Settings {
        let settings = Settings::for_tokens(tokens);
        match self {
            Self::Senti => settings,
            Self::Article => Settings {
                dims: 4,
                window: 1000,
                ..settings
            },
        }
    }
}

/// Where an arm's word vectors and labels come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Arm {
    /// Vectors from the 8 labelled sentences.
    WithoutTransfer,
    /// Random vectors.
    RandomVectors,
    /// Vectors from the 62 unlabelled sentences.
    Transfer,
    /// The same vectors, labels dealt out at random.
    ShuffledLabels,
}

/// All arms, in the order they are shown in.
pub const ARMS: [Arm; 4] = [
    Arm::WithoutTransfer,
    Arm::RandomVectors,
    Arm::Transfer,
    Arm::ShuffledLabels,
];

/// What one arm scored over all seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArmReport {
    /// Which arm.
    pub arm: Arm,
    /// Seeds that got 0, 1 and 2 of the 2 test sentences right.
    pub seeds_with: [u64; 3],
    /// Mean accuracy on the 2 test sentences.
    pub accuracy: f64,
    /// Interval of that mean over seeds.
    pub interval: Interval,
    /// Mean accuracy over all ways to hold out one positive and one negative
    /// of the ten labelled sentences, and over the seeds.
    pub held_out: f64,
    /// Interval of that mean over seeds.
    pub held_out_interval: Interval,
}

/// The whole demo.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The seed of the two headline numbers.
    pub seed: u64,
    /// Accuracy on the 2 test sentences without transfer, for that seed.
    pub without_transfer: f64,
    /// With transfer, for that seed.
    pub with_transfer: f64,
    /// How many seeds, from 0 on.
    pub seeds: u64,
    /// One entry an arm.
    pub arms: Vec<ArmReport>,
    /// The interval that 2 of 2 right has.
    pub two_of_two: Interval,
    /// Trained numbers of the classifier.
    pub classifier_parameters: usize,
    /// Trained numbers of the word vectors (words x dimensions).
    pub vector_parameters: usize,
    /// Ways to hold out one positive and one negative sentence.
    pub splits: usize,
    /// Dimensions of the vectors.
    pub dims: usize,
}

/// The texts, read once.
struct Sentences {
    /// The 8 labelled sentences, then the 2 test sentences.
    texts: Vec<String>,
    targets: Vec<usize>,
    labelled: usize,
    unlabelled: Corpus,
    /// The 8 sentences, with a vocabulary of all 72.
    alone: Corpus,
    tokenizer: Tokenizer,
    settings: Settings,
    preset: Preset,
}

impl Sentences {
    fn read(preset: Preset) -> Result<Self> {
        let labelled = LabeledSet::parse("corpus/labeled.tsv", LABELED)?;
        let test = LabeledSet::parse("corpus/test.tsv", TEST)?;
        let stop_words = StopWords::language("english")?;
        let reader = |texts: &mut dyn Iterator<Item = &str>| -> Result<CorpusReader> {
            let mut reader = CorpusReader::new();
            for text in texts {
                reader.add(text)?;
            }
            Ok(reader)
        };
        let ten = || labelled.texts.iter().chain(&test.texts).map(String::as_str);
        let unlabelled = reader(&mut UNLABELED.lines())?;
        let settings = preset.settings(unlabelled.tokens_without(&stop_words));
        let all = reader(&mut UNLABELED.lines().chain(ten()))?.settle(&stop_words, 1)?;
        let eight =
            reader(&mut labelled.texts.iter().map(String::as_str))?.settle(&stop_words, 1)?;
        Ok(Self {
            texts: ten().map(str::to_owned).collect(),
            targets: [labelled.targets.as_slice(), &test.targets].concat(),
            labelled: labelled.len(),
            unlabelled: unlabelled.settle(&stop_words, settings.min_count)?,
            alone: with_vocabulary_of(eight, &all),
            tokenizer: Tokenizer::new(stop_words),
            settings,
            preset,
        })
    }

    /// The word vectors of an arm.
    fn vectors(&self, arm: Arm, seed: u64) -> Result<WordVectors> {
        let settings = Settings {
            seed,
            ..self.settings.clone()
        };
        let corpus = match arm {
            Arm::Transfer | Arm::ShuffledLabels => &self.unlabelled,
            Arm::WithoutTransfer | Arm::RandomVectors => &self.alone,
        };
        let words = corpus.vocabulary.words.clone();
        let rows = match arm {
            Arm::RandomVectors => {
                let mut random = stream(Use::RandomVectors, seed);
                (0..words.len() * settings.dims)
                    .map(|_| 2.0 * unit(&mut random) - 1.0)
                    .collect()
            }
            _ => skipgram::train(corpus, &settings, &|_| ControlFlow::Continue(()))?.rows,
        };
        Ok(WordVectors::new(words, rows, settings.dims)?
            .with_counts(corpus.vocabulary.counts.clone()))
    }

    /// Share of the test sentences right, and of all 25 ways to hold out two.
    fn run(&self, arm: Arm, vectors: &WordVectors, seed: u64) -> Result<(f64, f64)> {
        let weights = match self.preset {
            Preset::Senti => WordWeights::fitting(vectors),
            Preset::Article => WordWeights::equal(vectors),
        };
        let encoder = SentenceEncoder::new(vectors, &weights, &self.tokenizer);
        let samples: Array2<f64> = encoder.transform(Texts(&self.texts));
        let data = Labelled::new(samples, Array1::from(self.targets.clone()));
        let score = |held_out: &[usize], split: u64| -> Result<f64> {
            let train: Vec<usize> = (0..self.texts.len())
                .filter(|sentence| !held_out.contains(sentence))
                .collect();
            let mut labelled = select(&data, &train);
            if arm == Arm::ShuffledLabels {
                let mut random = part(Use::ShuffledLabels, seed, split, 0);
                let mut labels = labelled.targets().to_vec();
                shuffle(&mut labels, &mut random);
                labelled.targets = Array1::from(labels);
            }
            let settings = model::Settings::default();
            let classifier = HiddenLayerParams::new(2)
                .hidden(settings.hidden.unwrap_or(model::training::UNITS))
                .seed(seed)
                .fit(&labelled)?;
            let test = select(&data, held_out);
            let answers: Array1<usize> = classifier.predict(&test);
            let right = answers
                .iter()
                .zip(test.targets())
                .filter(|(a, b)| a == b)
                .count();
            Ok(right as f64 / held_out.len() as f64)
        };
        let test: Vec<usize> = (self.labelled..self.texts.len()).collect();
        let splits = self
            .splits()
            .iter()
            .enumerate()
            .map(|(split, pair)| score(pair, split as u64 + 1))
            .collect::<Result<Vec<f64>>>()?;
        Ok((score(&test, 0)?, mean(&splits)))
    }

    /// Every pair of one sentence of each label.
    fn splits(&self) -> Vec<[usize; 2]> {
        let of = |class: usize| (0..self.texts.len()).filter(move |&s| self.targets[s] == class);
        of(0).flat_map(|a| of(1).map(move |b| [a, b])).collect()
    }
}

/// The same sentences, numbered by a larger vocabulary.
fn with_vocabulary_of(corpus: Corpus, all: &Corpus) -> Corpus {
    let place = |word: &String| all.vocabulary.words.iter().position(|other| other == word);
    // Every word of the part is a word of the whole.
    let renumbered: Vec<usize> = corpus.vocabulary.words.iter().filter_map(place).collect();
    let mut vocabulary = all.vocabulary.clone();
    vocabulary.counts = vec![0; vocabulary.words.len()];
    for (&new, &count) in renumbered.iter().zip(&corpus.vocabulary.counts) {
        vocabulary.counts[new] = count;
    }
    Corpus {
        ids: corpus
            .ids
            .iter()
            .map(|&id| renumbered[id as usize] as u32)
            .collect(),
        vocabulary,
        ..corpus
    }
}

/// Runs the demo: every arm for every seed from 0 to `seeds` - 1, and the two
/// headline numbers for `seed`.
///
/// # Errors
/// [`Error::Setting`] for a number of seeds out of range.
pub fn run(preset: Preset, seed: u64, seeds: u64) -> Result<Report> {
    if !(2..=MOST_SEEDS).contains(&seeds) {
        return Err(Error::setting(
            "--seeds",
            seeds,
            format!("2 to {MOST_SEEDS}"),
        ));
    }
    let sentences = Sentences::read(preset)?;
    let one_seed = |seed: u64| -> Result<[(f64, f64); 4]> {
        let mut scores = [(0.0, 0.0); 4];
        let mut transferred = None;
        for (score, arm) in scores.iter_mut().zip(ARMS) {
            // Both arms with transfer share their vectors.
            let vectors = match (arm, transferred.take()) {
                (Arm::ShuffledLabels, Some(vectors)) => vectors,
                _ => sentences.vectors(arm, seed)?,
            };
            *score = sentences.run(arm, &vectors, seed)?;
            transferred = (arm == Arm::Transfer).then_some(vectors);
        }
        Ok(scores)
    };
    let all = (0..seeds)
        .into_par_iter()
        .map(one_seed)
        .collect::<Result<Vec<_>>>()?;
    let headline = match all.get(seed as usize) {
        Some(scores) => *scores,
        None => one_seed(seed)?,
    };

    // A mean of shares varies no more than a mean of hits and misses does, so
    // this interval is on the safe side, also where all seeds agree.
    let over_seeds = |mean: f64| Interval::proportion(mean * seeds as f64, seeds as f64);
    let arms = ARMS
        .iter()
        .enumerate()
        .map(|(at, &arm)| {
            let test: Vec<f64> = all.iter().map(|scores| scores[at].0).collect();
            let held_out: Vec<f64> = all.iter().map(|scores| scores[at].1).collect();
            let with = |right: f64| test.iter().filter(|&&score| score == right).count() as u64;
            ArmReport {
                arm,
                seeds_with: [with(0.0), with(0.5), with(1.0)],
                accuracy: mean(&test),
                interval: over_seeds(mean(&test)),
                held_out: mean(&held_out),
                held_out_interval: over_seeds(mean(&held_out)),
            }
        })
        .collect();
    let dims = sentences.settings.dims;
    Ok(Report {
        seed,
        without_transfer: headline[0].0,
        with_transfer: headline[2].0,
        seeds,
        arms,
        two_of_two: Interval::proportion(2.0, 2.0),
        classifier_parameters: parameters(dims, model::training::UNITS, 2),
        vector_parameters: sentences.unlabelled.vocabulary.words.len() * dims,
        splits: sentences.splits().len(),
        dims,
    })
}
