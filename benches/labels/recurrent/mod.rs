//! An encoder that knows word order: a bidirectional gated recurrent layer over
//! the words' vectors, pooled, and a logistic output, all of it learned from the
//! labels.
//!
//! A tenth of the labels is held out. After each round over the others the share
//! of right answers on it is measured, and the weights of the best round are those
//! that answer. So are settings chosen (`--choose`): no development text is needed
//! for any of it.

mod adam;
mod batch;
mod check;
mod gru;
mod network;
mod pooling;
mod settings;
mod training;

use rayon::prelude::*;
use senti::classifier::argmax;
use senti::error::{Error, Result};
use senti::evaluation::Prediction;
use senti::vectors::WordVectors;

use crate::data::Set;
use crate::draws::Draw;

pub(crate) use check::run as check;

use gru::sigmoid;
use settings::{CHOSEN, Settings, TRIED};
use training::{Examples, Fitted};

/// Longer texts are their last words: reviews tend to end with a verdict.
const LONGEST: usize = 400;

/// The texts of a set as rows of the vectors; words without one are left out.
pub(crate) struct Recurrent<'v> {
    vectors: &'v WordVectors,
    pool: Vec<Vec<u32>>,
    development: Vec<Vec<u32>>,
}

impl<'v> Recurrent<'v> {
    pub(crate) fn new(set: &Set, vectors: &'v WordVectors) -> Self {
        let tokenizer = vectors.tokenizer();
        let words = |text: &String| {
            let tokens = tokenizer.tokens(text);
            let words: Vec<u32> = tokens
                .filter_map(|token| vectors.index(&token.word))
                .map(|word| word as u32)
                .collect();
            words[words.len().saturating_sub(LONGEST)..].to_vec()
        };
        Self {
            vectors,
            pool: set.pool.texts.par_iter().map(words).collect(),
            development: set.development.texts.par_iter().map(words).collect(),
        }
    }

    /// Tries settings by their numbers; prints a row of a table for each.
    pub(crate) fn choose(
        &self,
        set: &Set,
        draw: &Draw,
        seed: u64,
        numbers: &[usize],
    ) -> Result<()> {
        println!(
            "| {}, {} labels, seed {seed} | best round | held-out labels right, % |",
            set.name.title(),
            draw.labels
        );
        println!("|---|---|---|");
        for &number in numbers {
            let settings = TRIED.get(number).ok_or_else(|| {
                let last = TRIED.len() - 1;
                Error::setting("--choose", number, format!("a number from 0 to {last}"))
            })?;
            let best = self.fit(set, &draw.rows, seed, settings)?.best;
            println!(
                "| {} | {} | {:.2} |",
                settings.name,
                best.number,
                100.0 * best.accuracy
            );
        }
        Ok(())
    }

    /// Learns from the labelled rows; what is heard on the way goes to standard
    /// error.
    fn fit(&self, set: &Set, rows: &[usize], seed: u64, settings: &Settings) -> Result<Fitted> {
        let rows: Vec<usize> = rows
            .iter()
            .copied()
            .filter(|&row| !self.pool[row].is_empty())
            .collect();
        let examples = Examples {
            texts: &self.pool,
            targets: &set.pool.targets,
        };
        let name = format!("{}, {} labels, seed {seed}", settings.name, rows.len());
        let say = |what: String| eprintln!("{name}: {what}");
        let fitted = training::fit(&examples, &rows, self.vectors, settings, seed, say);
        if fitted.best.loss.is_finite() {
            return Ok(fitted);
        }
        Err(Error::Diverged {
            what: "the recurrent encoder".to_owned(),
            how: Some("its loss on held-out labels is no number".to_owned()),
            hint: None,
        })
    }

    /// The answers on the development set. A text without a known word has none.
    pub(crate) fn answers(&self, set: &Set, rows: &[usize], seed: u64) -> Result<Vec<Prediction>> {
        let network = self.fit(set, rows, seed, &TRIED[CHOSEN])?.network;
        let mut shares = vec![0.0; set.classes.len()];
        for &row in rows {
            shares[set.pool.targets[row]] += 1.0 / rows.len() as f64;
        }
        let targets = &set.development.targets;
        let mut predictions: Vec<Prediction> = targets
            .iter()
            .map(|&truth| Prediction {
                truth,
                answer: None,
                probabilities: shares.clone(),
            })
            .collect();
        let known: Vec<usize> = (0..self.development.len())
            .filter(|&row| !self.development[row].is_empty())
            .collect();
        for (row, logit) in training::logits(&network, &self.development, &known) {
            let positive = sigmoid(f64::from(logit));
            let probabilities = vec![1.0 - positive, positive];
            predictions[row].answer = Some(argmax(&probabilities));
            predictions[row].probabilities = probabilities;
        }
        Ok(predictions)
    }
}
