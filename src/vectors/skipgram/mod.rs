//! Skip-gram with negative sampling: learns a vector for each word such that
//! words that occur in the same company get similar vectors.
//!
//! | file | its one question |
//! |---|---|
//! | [`settings`] | what can be set, and what fits a corpus of this size? |
//! | `training` | the loop around everything below |
//! | `order` | in which order do the sentences come? |
//! | `sampling` | which words are kept, how wide is the window, which words are noise? |
//! | `shard` | what does one worker do in one round? |
//! | `touched` | which words does it touch? |
//! | `step` | what is the gradient of one window? |
//! | `lanes` | what does each processor do in its own way? |
//! | `sigmoid` | the same sigmoid on every machine |
//! | `matrix` | where do the vectors live? |
//! | `merge` | how do the changes of several workers become one? |
//! | `components` | with subwords, which rows make a word's vector? |
//! | `probe` | what do the benchmarks measure? |
//! | `schedule` | how large are the steps, and when is it enough? |
//! | `held_out` | what is the loss on text that is not trained on? |
//! | [`checkpoint`] | how does a training survive an interruption? |
//!
//! An epoch is a run of rounds. In a round a
//! few shards of 2,048 words each start from the same vectors; each trains
//! copies of the rows it touches, by plain stochastic gradient descent, and then
//! the changes of all shards are merged in a fixed order. How many shards there
//! are depends on the corpus, never on the threads that work on them: the result
//! is the same for any number of threads. Nor does it depend on interruptions:
//! between two rounds a checkpoint holds all there is.

pub mod checkpoint;
mod components;
mod held_out;
mod lanes;
mod matrix;
mod merge;
mod order;
#[doc(hidden)]
pub mod probe;
mod sampling;
mod schedule;
pub mod settings;
mod shard;
mod sigmoid;
mod step;
mod touched;
mod training;

#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use training::Training;

pub use checkpoint::{Checkpoint, Keeper};
pub use settings::Settings;

use super::corpus::Corpus;
use super::subwords::Subwords;
use crate::error::{Error, Result};

/// How far the training is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// The epoch under way, counted from 1.
    pub epoch: usize,
    /// Epochs in all, as far as is known.
    pub epochs: usize,
    /// Epochs that are done.
    pub epochs_done: usize,
    /// `epochs` is only the most there may be.
    pub open: bool,
    /// Words seen, over all epochs.
    pub words: u64,
    /// Words to see, over all epochs.
    pub total: u64,
    /// Mean loss of the epoch so far, in nats a pair.
    pub loss: f64,
    /// The loss on the held-out slice after the last whole epoch.
    pub held_out: Option<f64>,
}

/// Called now and then during training, and after every epoch; breaking ends it
/// with [`Error::Interrupted`].
pub type Observer<'a> = &'a (dyn Fn(&Progress) -> ControlFlow<()> + Sync);

/// What training gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// Words x dimensions, row after row, of any length.
    pub rows: Vec<f32>,
    /// The vectors of n-grams, when they were wanted.
    pub subwords: Option<Subwords>,
    /// Mean loss of each epoch, in nats a pair.
    pub losses: Vec<f64>,
    /// The loss on the held-out slice after each epoch; empty where nothing was
    /// held out.
    pub held_out: Vec<f64>,
    /// Why there were so many epochs, where that was left to the training.
    pub stopped: Option<String>,
    /// Values that the processor computed at once; sums of other widths round
    /// differently, so only equal widths give equal bytes.
    pub lanes: usize,
}

/// Learns a vector for each word of the corpus's vocabulary.
///
/// # Errors
/// [`Error::Setting`] for a setting out of range, [`Error::TooLittle`] when no
/// two words ever meet, or when there is too little to hold some of it out,
/// [`Error::Diverged`] when the step size was too large, [`Error::Interrupted`]
/// when the observer breaks.
pub fn train(corpus: &Corpus, settings: &Settings, observer: Observer<'_>) -> Result<Trained> {
    run(corpus, settings, observer, None, None)
}

/// As [`train`], but the training is kept in a file while it is under way, and
/// goes on from such a file where one is given: to the same vectors as without
/// an interruption.
///
/// # Errors
/// Those of [`train`]; [`Error::Setting`], [`Error::Input`] or
/// [`Error::Artifact`] when the checkpoint is of another training, naming what
/// differs; [`Error::Io`] when it cannot be read, or when the last one before an
/// interruption cannot be written.
pub fn train_kept(
    corpus: &Corpus,
    settings: &Settings,
    observer: Observer<'_>,
    keeper: &Keeper<'_>,
    from: Option<Checkpoint>,
) -> Result<Trained> {
    run(corpus, settings, observer, Some(keeper), from)
}

fn run(
    corpus: &Corpus,
    settings: &Settings,
    observer: Observer<'_>,
    keeper: Option<&Keeper<'_>>,
    from: Option<Checkpoint>,
) -> Result<Trained> {
    settings.check()?;
    if corpus.vocabulary.words.len() < 2 || corpus.sentences().all(|sentence| sentence.len() < 2) {
        return Err(Error::too_little(
            "no sentence with two words of the vocabulary",
            "sentences in which words occur together",
        )
        .with_hint("put one sentence or document on each line, and check --min-count"));
    }
    if settings.held_out > 0.0 && settings.held_out_words(corpus.ids.len()).is_none() {
        return Err(Error::too_little(
            format!("{} words to hold some out of", corpus.ids.len()),
            format!("{} or more", settings::LEAST_TO_HOLD_OUT_OF),
        )
        .with_hint("hold nothing out: --held-out 0, and a number of --epochs"));
    }
    let mut training = Training::new(corpus, settings, observer, keeper)?;
    if let Some(checkpoint) = from {
        training.go_on_from(checkpoint)?;
    }
    training.epochs()?;
    training.finish()
}
