//! Skip-gram with negative sampling: learns a vector for each word such that
//! words that occur in the same company get similar vectors.
//!
//! | file | its one question |
//! |---|---|
//! | [`settings`] | what can be set, and what fits a corpus of this size? |
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
//! This file is the loop around them. An epoch is a run of rounds. In a round a
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

use std::ops::ControlFlow;

use rayon::ThreadPool;
use rayon::prelude::*;

use checkpoint::{Header, Position};
use components::Components;
use held_out::HeldOut;
use lanes::{Backend, Lanes, Work};
use matrix::Matrix;
use merge::{Merger, Part, Side};
use order::Order;
use sampling::Sampler;
use schedule::Schedule;
use shard::{Loss, POOL, Shard, Task};

pub use checkpoint::{Checkpoint, Keeper};
pub use settings::Settings;

use super::corpus::Corpus;
use super::subwords::Subwords;
use crate::error::{Error, Result};

/// Running words of a shard.
const SHARD_WORDS: usize = 2048;
/// Shards of a round. More would let more threads help, and cost quality: a
/// shard does not see what the others of its round learn.
const SHARDS: usize = 4;
/// Corpora smaller than this are worked on by one shard at a time: every round
/// counts, and nobody waits for them.
const SMALL_CORPUS: usize = 200_000;
/// Words between two calls of the observer.
const WORDS_PER_REPORT: u64 = 20_000;
/// A training has run away when its loss is this many times that of knowing
/// nothing.
const RUN_AWAY: f64 = 2.0;

/// How far the training is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// The epoch under way, counted from 1.
    pub epoch: usize,
    /// Epochs in all, as far as is known.
    pub epochs: usize,
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
    let mut training = Training::new(corpus, settings, observer)?;
    training.keeper = keeper;
    if let Some(checkpoint) = from {
        training.go_on_from(checkpoint)?;
    }
    while training.position.losses.len() < training.schedule.epochs {
        training.epoch()?;
    }
    let Training {
        position,
        schedule,
        components,
        inputs,
        outputs,
        backend,
        ..
    } = training;
    if position.windows == 0 {
        return Err(Error::too_little(
            "no two words together after thinning out frequent ones",
            "a text of which more is kept",
        )
        .with_hint("raise --subsample, or turn it off with --subsample 0"));
    }
    drop(outputs);
    let (rows, subwords) = match &components {
        None => (inputs.trimmed(), None),
        Some(components) => {
            let (rows, subwords) = components.finish(&inputs, settings.dims)?;
            (rows, Some(subwords))
        }
    };
    // A mean of finite rows may still be too large.
    if !inputs.is_finite() || rows.iter().any(|value| !value.is_finite()) {
        return Err(diverged(settings, "numbers that are not finite"));
    }
    Ok(Trained {
        rows,
        subwords,
        stopped: schedule.stopped(&position.held_out),
        losses: position.losses,
        held_out: position.held_out,
        lanes: backend.lanes(),
    })
}

fn diverged(settings: &Settings, how: &str) -> Error {
    Error::Diverged {
        what: format!("the word vectors ({how})"),
        hint: Some(format!(
            "take a smaller step: --lr {}",
            settings.learning_rate / 4.0
        )),
    }
}

/// A training under way.
struct Training<'a> {
    corpus: &'a Corpus,
    settings: &'a Settings,
    observer: Observer<'a>,
    keeper: Option<&'a Keeper<'a>>,
    sampler: Sampler,
    held_out: HeldOut,
    schedule: Schedule,
    position: Position,
    /// With subwords, which rows of v make a word's.
    components: Option<Components>,
    /// v and u, words x dims; with subwords, v has rows for the buckets too.
    inputs: Matrix,
    outputs: Matrix,
    shards: Vec<Shard>,
    /// For either matrix.
    mergers: [Merger; 2],
    backend: Backend,
    /// Nothing for one thread.
    pool: Option<ThreadPool>,
    /// Words seen when the observer was last called.
    reported: u64,
}

impl<'a> Training<'a> {
    fn new(corpus: &'a Corpus, settings: &'a Settings, observer: Observer<'a>) -> Result<Self> {
        let rows = corpus.vocabulary.words.len();
        let backend = Backend::best();
        let components = settings
            .subwords
            .map(|ngrams| Components::new(&corpus.vocabulary.words, ngrams))
            .transpose()?;
        let inputs = match &components {
            Some(components) => components.matrix(settings.dims, backend.lanes(), settings.seed)?,
            None => {
                let mut inputs = Matrix::zeros(rows, settings.dims, backend.lanes())?;
                inputs.randomise(settings.seed);
                inputs
            }
        };
        let shards = match corpus.ids.len() {
            0..SMALL_CORPUS => 1,
            _ => SHARDS,
        };
        let threads = settings.threads.min(shards);
        let pool = (threads > 1)
            .then(|| rayon::ThreadPoolBuilder::new().num_threads(threads).build())
            .transpose()
            .map_err(|error| Error::setting("--threads", error, "as many as the system allows"))?;
        let sampler = Sampler::new(&corpus.vocabulary.counts, settings);
        let (text, noise) = (shards * SHARD_WORDS, shards * POOL);
        let mergers = [(Side::Input, 0), (Side::Output, noise)].map(|(side, noise)| {
            let mut draws = sampler.draws(&corpus.vocabulary.counts, text, noise);
            if let (Side::Input, Some(components)) = (side, &components) {
                draws = components.draws(&draws);
            }
            Merger::new(side, &draws, threads)
        });
        let held_out = HeldOut::new(corpus, settings, &sampler);
        let words = corpus.ids.len() as u64 - held_out.words;
        Ok(Self {
            corpus,
            settings,
            observer,
            keeper: None,
            sampler,
            components,
            held_out,
            schedule: Schedule::new(settings, words, &[]),
            position: Position::default(),
            outputs: Matrix::zeros(rows, settings.dims, backend.lanes())?,
            shards: (0..shards).map(|_| Shard::new(rows, &inputs)).collect(),
            inputs,
            mergers,
            backend,
            pool,
            reported: 0,
        })
    }

    /// Takes the place of the training that a checkpoint holds.
    fn go_on_from(&mut self, checkpoint: Checkpoint) -> Result<()> {
        let texts = self.keeper.map_or(&[][..], |keeper| keeper.texts);
        checkpoint.check(self.corpus, self.settings, texts, self.backend.lanes())?;
        checkpoint.check_position(self.corpus.ends.len(), self.schedule.words)?;
        self.position = checkpoint.restore([&mut self.inputs, &mut self.outputs])?;
        self.reported = self.position.seen;
        self.schedule.decide(&self.position.held_out);
        Ok(())
    }

    /// Goes through the corpus once, or through what an interruption left of it.
    fn epoch(&mut self) -> Result<()> {
        let epoch = self.position.losses.len();
        let sentences = self.corpus.ends.len();
        let order = Order::new(sentences, self.settings.seed, epoch);
        let mut places = self.position.place..sentences;
        let mut loss = Loss::from(self.position.loss);
        while !places.is_empty() {
            let rate = self.schedule.rate(self.position.seen);
            self.deal(&mut places, &order);
            self.round(epoch, rate);
            for shard in &self.shards {
                loss.add(shard.loss);
            }
            if !loss.sum.is_finite() {
                return Err(diverged(self.settings, "numbers that are not finite"));
            }
            self.position.place = places.start;
            self.position.loss = loss.into();
            if self.position.seen >= self.reported + WORDS_PER_REPORT && !places.is_empty() {
                self.report(epoch + 1, loss.mean())?;
            }
        }
        self.end_epoch(loss)?;
        self.report(epoch + 1, loss.mean())
    }

    /// Puts the epoch on record, and decides whether there are more to come.
    fn end_epoch(&mut self, loss: Loss) -> Result<()> {
        let nothing = self.settings.loss_of_nothing();
        if loss.mean() > RUN_AWAY * nothing {
            let how = format!(
                "a loss of {:.2} a pair, where knowing nothing costs {nothing:.2}",
                loss.mean()
            );
            return Err(diverged(self.settings, &how));
        }
        let position = &mut self.position;
        position.place = 0;
        position.loss = Loss::default().into();
        position.windows += loss.windows;
        position.losses.push(loss.mean());
        if !self.held_out.is_empty() {
            let outputs = &self.outputs;
            let held_out = match &self.components {
                None => self.held_out.loss(&self.inputs, outputs),
                Some(components) => self
                    .held_out
                    .loss(&components.vectors(&self.inputs), outputs),
            };
            if !held_out.is_finite() {
                return Err(diverged(self.settings, "numbers that are not finite"));
            }
            position.held_out.push(held_out);
            self.schedule.decide(&position.held_out);
        }
        Ok(())
    }

    /// Tells the observer, and keeps a checkpoint where one is wanted.
    fn report(&mut self, epoch: usize, loss: f64) -> Result<()> {
        self.reported = self.position.seen;
        let progress = Progress {
            epoch,
            epochs: self.schedule.epochs,
            open: self.schedule.open,
            words: self.position.seen,
            total: self.schedule.total(),
            loss,
            held_out: self.position.held_out.last().copied(),
        };
        let stop = (self.observer)(&progress).is_break();
        if let Some(keeper) = self.keeper
            && (stop || (keeper.due)())
        {
            match self.keep(keeper) {
                Err(Error::Io {
                    file,
                    action,
                    source,
                }) if !stop => {
                    (keeper.kept)(Err(Error::Io {
                        file,
                        action,
                        source,
                    }));
                }
                result => {
                    result?;
                    (keeper.kept)(Ok(()));
                }
            }
        }
        match stop {
            true => Err(Error::Interrupted),
            false => Ok(()),
        }
    }

    /// Writes a checkpoint; never of numbers that are none.
    fn keep(&self, keeper: &Keeper<'_>) -> Result<()> {
        if !(self.inputs.is_finite() && self.outputs.is_finite()) {
            return Err(diverged(self.settings, "numbers that are not finite"));
        }
        let header = Header::new(
            self.corpus,
            self.settings,
            keeper.texts,
            self.backend.lanes(),
            self.inputs.rows() - self.outputs.rows(),
            self.position.clone(),
        );
        checkpoint::write(keeper.file, &header, [&self.inputs, &self.outputs])
    }

    /// Deals the next sentences out to the shards, one shard after the other.
    fn deal(&mut self, places: &mut std::ops::Range<usize>, order: &Order) {
        for shard in &mut self.shards {
            shard.tasks.clear();
            let mut words = 0;
            while words < SHARD_WORDS
                && let Some(place) = places.next()
            {
                let sentence = order.sentence(place);
                if self.held_out.has(sentence) {
                    continue;
                }
                let rate = self.schedule.rate(self.position.seen);
                shard.tasks.push(Task { sentence, rate });
                let length = self.corpus.sentence(sentence).len();
                words += length;
                self.position.seen += length as u64;
            }
        }
    }

    /// Lets every shard train, and merges what they changed.
    fn round(&mut self, epoch: usize, rate: f32) {
        let (sampler, corpus, backend) = (&self.sampler, self.corpus, self.backend);
        let (matrices, components) = ((&self.inputs, &self.outputs), &self.components);
        let train = |shard: &mut Shard| {
            let sentence = |number| corpus.sentence(number);
            shard.prepare(sampler, sentence, epoch, matrices);
            if let Some(components) = components {
                shard.compose(components, matrices.0);
            }
            backend.run(Train {
                shard,
                sampler,
                epoch,
            });
            if components.is_some() {
                shard.subtract_composed();
            }
        };
        match &self.pool {
            None => self.shards.iter_mut().for_each(train),
            Some(pool) => pool.install(|| self.shards.par_iter_mut().for_each(train)),
        }
        let [inputs, outputs] = &mut self.mergers;
        let mut parts = inputs.parts(&mut self.inputs);
        parts.extend(outputs.parts(&mut self.outputs));
        let merge = |part: &mut Part<'_>| match components {
            Some(components) if part.side() == Side::Input => {
                components.merge(part, &self.shards, rate);
            }
            _ => part.merge(&self.shards, rate),
        };
        match &self.pool {
            None => parts.iter_mut().for_each(merge),
            Some(pool) => pool.install(|| parts.par_iter_mut().for_each(merge)),
        }
    }
}

/// Trains a shard with the processor's widest instructions.
struct Train<'a> {
    shard: &'a mut Shard,
    sampler: &'a Sampler,
    epoch: usize,
}

impl Work for Train<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        self.shard.train(lanes, self.sampler, self.epoch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::stopwords::StopWords;
    use crate::vectors::WordVectors;
    use crate::vectors::corpus::CorpusReader;
    use crate::vectors::subwords::NGrams;

    fn corpus(texts: &[&str]) -> Corpus {
        let mut reader = CorpusReader::new();
        for text in texts {
            reader.add(text).unwrap();
        }
        reader.settle(&StopWords::none(), 1).unwrap()
    }

    fn small() -> (Corpus, Settings) {
        let corpus = corpus(&["red blue red green", "one two three", "blue green red"].repeat(20));
        let settings = Settings {
            dims: 5,
            epochs: 10,
            ..Settings::for_tokens(100)
        };
        (corpus, settings)
    }

    const QUIET: Observer<'static> = &|_| ControlFlow::Continue(());

    fn cosine(a: &[f32], b: &[f32]) -> f32 {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
    }

    #[test]
    fn same_seed_same_bytes_other_seed_other_bytes() {
        let (corpus, settings) = small();
        let one = train(&corpus, &settings, QUIET).unwrap();
        let two = train(&corpus, &settings, QUIET).unwrap();
        assert_eq!(one, two);
        let other = Settings {
            seed: 7,
            ..settings
        };
        assert_ne!(train(&corpus, &other, QUIET).unwrap().rows, one.rows);
    }

    #[test]
    fn words_in_the_same_company_become_similar_and_the_loss_falls() {
        let (corpus, settings) = small();
        let settings = Settings {
            epochs: 100,
            ..settings
        };
        {
            let trained = train(&corpus, &settings, QUIET).unwrap();
            let row = |word: &str| {
                let at = corpus
                    .vocabulary
                    .words
                    .iter()
                    .position(|w| w == word)
                    .unwrap();
                &trained.rows[at * 5..][..5]
            };
            assert!(cosine(row("red"), row("blue")) > cosine(row("red"), row("two")));
            assert!(cosine(row("one"), row("three")) > cosine(row("one"), row("green")));
            assert!(trained.losses.last() < trained.losses.first());
        }
    }

    #[test]
    fn an_observer_can_stop_it() {
        let (corpus, settings) = small();
        let stop: Observer<'_> = &|progress| {
            if progress.epoch == 2 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        assert!(matches!(
            train(&corpus, &settings, stop),
            Err(Error::Interrupted)
        ));
    }

    #[test]
    fn degenerate_corpora_end() {
        let (_, settings) = small();
        assert!(train(&corpus(&["a", "b"]), &settings, QUIET).is_err());
        // Nearly everything is one word, and all sentences are alike.
        let dull = corpus(&["a a a a a a a b"; 50]);
        for subsample in [0.0, 1e-4, 1.0] {
            let settings = Settings {
                subsample,
                ..settings.clone()
            };
            let trained = train(&dull, &settings, QUIET).unwrap();
            assert!(trained.rows.iter().all(|value| value.is_finite()));
        }
    }

    #[test]
    fn a_wild_step_is_caught() {
        let (corpus, settings) = small();
        let settings = Settings {
            learning_rate: 10.0,
            epochs: 500,
            ..settings
        };
        // Two words that always meet, at a step of 10, fly apart for certain.
        let error = train(&corpus, &settings, QUIET).unwrap_err();
        assert!(matches!(error, Error::Diverged { .. }), "{error}");
        assert!(error.hint().unwrap().contains("--lr 2.5"));
    }

    /// Every number is finite, and yet nothing is learned.
    #[test]
    fn a_loss_that_runs_away_is_caught() {
        let (corpus, settings) = small();
        let settings = Settings {
            learning_rate: 1.0,
            epochs: 1,
            ..settings
        };
        let error = train(&corpus, &settings, QUIET).unwrap_err();
        let said = error.to_string();
        assert!(
            said.contains("where knowing nothing costs 4.16") && said.contains("diverged"),
            "{said}"
        );
        assert!(error.hint().unwrap().contains("--lr 0.25"));
    }

    /// Longer than 40,000 words, so that some can be held out.
    fn middling() -> Corpus {
        let sentences: Vec<String> = (0..6_000)
            .map(|i| format!("w{} w{} a b w{} c w{} d", i % 97, i % 31, i % 7, i % 53))
            .collect();
        let sentences: Vec<&str> = sentences.iter().map(String::as_str).collect();
        corpus(&sentences)
    }

    #[test]
    fn what_is_held_out_is_not_trained_on_and_measured_after_every_epoch() {
        let corpus = middling();
        let settings = Settings {
            dims: 9,
            epochs: 3,
            ..Settings::for_tokens(100)
        };
        let held = Settings {
            held_out: 0.05,
            ..settings.clone()
        };
        let words = std::sync::atomic::AtomicU64::new(0);
        let observer = |progress: &Progress| {
            assert_eq!((progress.epochs, progress.open), (3, false));
            assert_eq!(
                progress.held_out.is_some(),
                progress.epoch > 1 || progress.words >= progress.total / 3
            );
            words.store(progress.words, std::sync::atomic::Ordering::Relaxed);
            ControlFlow::Continue(())
        };
        let one = train(&corpus, &held, &observer).unwrap();
        let left = words.into_inner() / 3;
        let all = corpus.ids.len() as u64;
        assert!(
            (all - 2_412..all - 2_400 + 1).contains(&left),
            "{left} of {all}"
        );
        assert_eq!(one.held_out.len(), 3);
        assert!(
            one.held_out.is_sorted_by(|a, b| a > b),
            "{:?}",
            one.held_out
        );
        assert_eq!(one.stopped, None);
        let plain = train(&corpus, &settings, QUIET).unwrap();
        assert!(plain.held_out.is_empty());
        assert_ne!(plain.rows, one.rows);
    }

    #[test]
    fn it_stops_by_itself() {
        let corpus = middling();
        let settings = Settings {
            dims: 9,
            epochs: 200,
            auto_epochs: true,
            held_out: 0.05,
            learning_rate: 0.1,
            ..Settings::for_tokens(100)
        };
        let trained = train(&corpus, &settings, QUIET).unwrap();
        let epochs = trained.losses.len();
        assert!((3..200).contains(&epochs), "{epochs}");
        assert_eq!(trained.held_out.len(), epochs);
        let why = trained.stopped.unwrap();
        assert!(
            why.starts_with(&format!("after {epochs} epochs: the held-out loss ")),
            "{why}"
        );
        // The last epoch, of falling steps, was worth it.
        assert!(trained.held_out[epochs - 1] < trained.held_out[epochs - 2]);
        let most = Settings {
            epochs: 2,
            ..settings
        };
        let trained = train(&corpus, &most, QUIET).unwrap();
        assert_eq!(trained.losses.len(), 2);
        assert!(trained.stopped.unwrap().contains("the most there may be"));
    }

    #[test]
    fn too_little_to_hold_some_out_is_an_error() {
        let (corpus, settings) = small();
        let settings = Settings {
            held_out: 0.01,
            ..settings
        };
        let error = train(&corpus, &settings, QUIET).unwrap_err();
        assert!(error.to_string().contains("40000 or more"), "{error}");
    }

    /// Not even into a checkpoint.
    #[test]
    fn numbers_that_are_none_are_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c");
        let (corpus, settings) = small();
        let keeper = Keeper {
            file: &file,
            texts: &[],
            due: &|| false,
            kept: &|_| {},
        };
        for outputs in [false, true] {
            let mut training = Training::new(&corpus, &settings, QUIET).unwrap();
            assert!(training.keep(&keeper).is_ok());
            std::fs::remove_file(&file).unwrap();
            let matrix = match outputs {
                true => &mut training.outputs,
                false => &mut training.inputs,
            };
            matrix.vectors_mut().last().unwrap()[4] = f32::NAN;
            assert!(matches!(
                training.keep(&keeper),
                Err(Error::Diverged { .. })
            ));
            assert!(!file.exists());
        }
    }

    /// Stems in two companies, with endings: a form that was never seen must be
    /// near its stem's other forms.
    #[test]
    fn with_subwords_an_unseen_form_is_near_its_stem() {
        let stems = ["garden", "flower", "forest", "motor", "diesel", "clutch"];
        let endings = ["", "s", "ing", "ed"];
        let word = |stem: usize, form: usize| format!("{}{}", stems[stem], endings[form]);
        let sentences: Vec<String> = (0..400)
            .map(|i| {
                let side = i % 2 * 3;
                // The first stem of each side lacks its last form.
                let form = |stem: usize, form: usize| match stem % 3 {
                    0 => word(stem, form % 3),
                    _ => word(stem, form % 4),
                };
                let [a, b, c] = [i / 2, i / 6, i / 14];
                format!(
                    "{} {} {}",
                    form(side, a),
                    form(side + 1, b),
                    form(side + 2, c)
                )
            })
            .collect();
        let sentences: Vec<&str> = sentences.iter().map(String::as_str).collect();
        let corpus = corpus(&sentences);
        let ngrams = NGrams::default();
        let settings = Settings {
            dims: 8,
            epochs: 30,
            subwords: Some(ngrams),
            ..Settings::for_tokens(1200)
        };
        let trained = train(&corpus, &settings, QUIET).unwrap();
        assert!(trained.losses.last() < trained.losses.first());
        let words = corpus.vocabulary.words;
        let vectors = WordVectors::new(words, trained.rows, settings.dims)
            .unwrap()
            .with_subwords(trained.subwords.unwrap())
            .unwrap();
        for (unseen, near, far) in [
            ("gardened", "garden", "motor"),
            ("motored", "motor", "garden"),
        ] {
            assert_eq!(vectors.index(unseen), None);
            let vector = vectors.vector(unseen).unwrap();
            let to = |word: &str| cosine(&vector, &vectors.vector(word).unwrap());
            assert!(
                to(near) > to(far) + 0.5,
                "{unseen}: {} {}",
                to(near),
                to(far)
            );
            assert!(to(near) > 0.7, "{unseen}: {}", to(near));
        }
    }

    /// Several shards, several threads, and the same bytes.
    #[test]
    fn the_result_does_not_depend_on_the_threads() {
        let sentences: Vec<String> = (0..30_000)
            .map(|i| format!("w{} w{} a b w{} c w{} d", i % 97, i % 31, i % 7, i % 53))
            .collect();
        let sentences: Vec<&str> = sentences.iter().map(String::as_str).collect();
        let corpus = corpus(&sentences);
        assert!(
            corpus.ids.len() > SMALL_CORPUS,
            "this must take several shards"
        );
        let train = |threads, subwords| {
            let settings = Settings {
                dims: 20,
                epochs: 2,
                threads,
                subwords,
                ..Settings::for_tokens(100)
            };
            train(&corpus, &settings, QUIET).unwrap()
        };
        let ngrams = NGrams {
            bucket_bits: 6,
            ..NGrams::default()
        };
        for subwords in [None, Some(ngrams)] {
            let one = train(1, subwords);
            assert!(one.losses[1] < one.losses[0], "{:?}", one.losses);
            for threads in [2, 3, 4, 7] {
                assert_eq!(train(threads, subwords), one, "{threads} threads");
            }
        }
    }
}
