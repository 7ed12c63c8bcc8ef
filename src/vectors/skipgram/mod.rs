//! Skip-gram with negative sampling: learns a vector for each word such that
//! words that occur in the same company get similar vectors.
//!
//! | file | its one question |
//! |---|---|
//! | [`settings`] | what can be set, and what fits a corpus of this size? |
//! | `sampling` | which words are kept, how wide is the window, which words are noise? |
//! | `step` | what is the gradient of one window? |
//! | `sigmoid` | the same sigmoid on every machine |
//! | `matrix` | where do the vectors live while threads work on them? |
//!
//! This file is the loop around them. With one thread the result depends on
//! nothing but the corpus, the settings and the seed: random numbers are drawn
//! per (seed, epoch, sentence), and no operation depends on the machine's
//! vector width. With several threads updates race, as in word2vec: results
//! differ from run to run, in quality not noticeably.

mod matrix;
mod sampling;
pub mod settings;
mod sigmoid;
mod step;

use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use matrix::{Dense, Rows, Shared};
use sampling::Sampler;
use step::Window;

pub use settings::Settings;

use super::corpus::Corpus;
use crate::error::{Error, Result};
use crate::random::{Use, part};
use rand_xoshiro::rand_core::RngCore;

/// Words between two calls of the observer.
const WORDS_PER_REPORT: u64 = 20_000;
/// The loss is computed for one window in this many: it costs a logarithm a
/// pair and is only reported.
const WINDOWS_PER_LOSS: u64 = 16;
/// The step size never falls below this share of where it starts.
const LEAST_RATE: f32 = 1e-4;

/// How far the training is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// The epoch under way, counted from 1.
    pub epoch: usize,
    /// Epochs in all.
    pub epochs: usize,
    /// Words seen, over all epochs.
    pub words: u64,
    /// Words to see, over all epochs.
    pub total: u64,
    /// Mean loss of the epoch so far, in nats a pair.
    pub loss: f64,
}

/// Called now and then during training; breaking ends it with
/// [`Error::Interrupted`].
pub type Observer<'a> = &'a (dyn Fn(&Progress) -> ControlFlow<()> + Sync);

/// What training gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// Words x dimensions, row after row, of any length.
    pub rows: Vec<f32>,
    /// Mean loss of each epoch, in nats a pair.
    pub losses: Vec<f64>,
}

/// Learns a vector for each word of the corpus's vocabulary.
///
/// # Errors
/// [`Error::Setting`] for a setting out of range, [`Error::TooLittle`] when no
/// two words ever meet, [`Error::Diverged`] when the step size was too large,
/// [`Error::Interrupted`] when the observer breaks.
pub fn train(corpus: &Corpus, settings: &Settings, observer: Observer<'_>) -> Result<Trained> {
    settings.check()?;
    if corpus.vocabulary.words.len() < 2 || corpus.sentences().all(|sentence| sentence.len() < 2) {
        return Err(Error::too_little(
            "no sentence with two words of the vocabulary",
            "sentences in which words occur together",
        )
        .with_hint("put one sentence or document on each line, and check --min-count"));
    }
    let words = corpus.vocabulary.words.len();
    let stride = settings.dims.next_multiple_of(step::LANES);
    let mut inputs = Dense::zeros(words, stride)?;
    inputs.randomise(settings.dims, settings.seed);
    let outputs = Dense::zeros(words, stride)?;

    let run = Run {
        corpus,
        settings,
        sampler: Sampler::new(&corpus.vocabulary.counts, settings),
        stride,
        total: corpus.ids.len() as u64 * settings.epochs as u64,
        words: AtomicU64::new(0),
        windows: AtomicU64::new(0),
        stopped: AtomicBool::new(false),
        observer,
    };
    let (inputs, losses) = if settings.threads == 1 {
        run.alone(inputs, outputs)?
    } else {
        run.racing(inputs, outputs)?
    };

    if run.windows.load(Ordering::Relaxed) == 0 {
        return Err(Error::too_little(
            "no two words together after thinning out frequent ones",
            "a text of which more is kept",
        )
        .with_hint("raise --subsample, or turn it off with --subsample 0"));
    }
    let rows: Vec<f32> = inputs
        .rows()
        .flat_map(|row| row[..settings.dims].iter().copied())
        .collect();
    if rows.iter().any(|value| !value.is_finite()) {
        return Err(diverged(settings));
    }
    Ok(Trained { rows, losses })
}

fn diverged(settings: &Settings) -> Error {
    Error::Diverged {
        what: "the word vectors".to_owned(),
        hint: Some(format!(
            "take a smaller step: --lr {}",
            settings.learning_rate / 4.0
        )),
    }
}

/// Everything the workers of one training share.
struct Run<'a> {
    corpus: &'a Corpus,
    settings: &'a Settings,
    sampler: Sampler,
    stride: usize,
    /// Words to see, over all epochs.
    total: u64,
    /// Words seen, over all epochs and threads.
    words: AtomicU64,
    /// Windows trained on, likewise.
    windows: AtomicU64,
    stopped: AtomicBool,
    observer: Observer<'a>,
}

/// The sum of the losses that were computed, and of how many pairs.
#[derive(Debug, Clone, Copy, Default)]
struct Loss {
    sum: f64,
    pairs: u64,
}

impl Loss {
    fn mean(self) -> f64 {
        self.sum / self.pairs.max(1) as f64
    }
}

impl Run<'_> {
    fn alone(&self, mut inputs: Dense, mut outputs: Dense) -> Result<(Dense, Vec<f64>)> {
        let mut worker = Worker::new(self, true);
        let everything = 0..self.corpus.ends.len();
        let losses = (0..self.settings.epochs)
            .map(|epoch| {
                let loss = worker.epoch(epoch, everything.clone(), &mut inputs, &mut outputs);
                self.end_epoch(epoch, loss)
            })
            .collect::<Result<_>>()?;
        Ok((inputs, losses))
    }

    fn racing(&self, inputs: Dense, outputs: Dense) -> Result<(Dense, Vec<f64>)> {
        let inputs = Shared::from(inputs);
        let outputs = Shared::from(outputs);
        let shards = self.shards(self.settings.threads);
        let losses = (0..self.settings.epochs)
            .map(|epoch| {
                let loss = std::thread::scope(|scope| -> Result<Loss> {
                    let workers = shards
                        .iter()
                        .enumerate()
                        .map(|(number, shard)| {
                            let (mut inputs, mut outputs) = (&inputs, &outputs);
                            std::thread::Builder::new().spawn_scoped(scope, move || {
                                Worker::new(self, number == 0).epoch(
                                    epoch,
                                    shard.clone(),
                                    &mut inputs,
                                    &mut outputs,
                                )
                            })
                        })
                        .collect::<std::io::Result<Vec<_>>>()
                        .map_err(|error| {
                            Error::setting("--threads", error, "as many as the system allows")
                        })?;
                    // A worker that panicked takes the training down with it.
                    Ok(workers.into_iter().fold(Loss::default(), |sum, worker| {
                        let loss = worker
                            .join()
                            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                        Loss {
                            sum: sum.sum + loss.sum,
                            pairs: sum.pairs + loss.pairs,
                        }
                    }))
                })?;
                self.end_epoch(epoch, loss)
            })
            .collect::<Result<_>>()?;
        Ok((Dense::from(inputs), losses))
    }

    fn end_epoch(&self, epoch: usize, loss: Loss) -> Result<f64> {
        if self.stopped.load(Ordering::Relaxed) {
            return Err(Error::Interrupted);
        }
        if !loss.sum.is_finite() {
            return Err(diverged(self.settings));
        }
        self.report(epoch, loss);
        if self.stopped.load(Ordering::Relaxed) {
            return Err(Error::Interrupted);
        }
        Ok(loss.mean())
    }

    fn report(&self, epoch: usize, loss: Loss) {
        let progress = Progress {
            epoch: epoch + 1,
            epochs: self.settings.epochs,
            words: self.words.load(Ordering::Relaxed),
            total: self.total,
            loss: loss.mean(),
        };
        if (self.observer)(&progress).is_break() {
            self.stopped.store(true, Ordering::Relaxed);
        }
    }

    /// The thread's share of the places in an epoch's order.
    fn shards(&self, count: usize) -> Vec<Range<usize>> {
        let sentences = self.corpus.ends.len();
        let cut = |shard: usize| (sentences as u128 * shard as u128 / count as u128) as usize;
        (0..count).map(|shard| cut(shard)..cut(shard + 1)).collect()
    }

    /// The step size after `words` words: falls linearly to almost nothing.
    fn rate(&self, words: u64) -> f32 {
        let left = 1.0 - words as f64 / self.total as f64;
        self.settings.learning_rate as f32 * (left as f32).max(LEAST_RATE)
    }
}

/// The order of the sentences in one epoch: every sentence once, neighbours
/// far apart. Files are often sorted, by label or by date, and what stands at
/// their end would otherwise have the last word.
struct Order {
    sentences: u64,
    step: u64,
    first: u64,
}

impl Order {
    fn new(sentences: usize, seed: u64, epoch: usize) -> Self {
        let sentences = sentences as u64;
        // Steps of about the golden section spread best (Knuth, The Art of
        // Computer Programming, volume 3, section 6.4); a step without a common
        // divisor meets every sentence.
        let golden = (sentences as f64 * 0.618_033_988_749_895) as u64;
        let step = (golden.max(1)..)
            .find(|&step| gcd(step, sentences) == 1)
            .unwrap_or(1);
        Self {
            sentences,
            step,
            first: part(Use::Order, seed, epoch as u64, 0).next_u64() % sentences.max(1),
        }
    }

    fn sentence(&self, place: usize) -> usize {
        let along = place as u128 * u128::from(self.step) + u128::from(self.first);
        (along % u128::from(self.sentences.max(1))) as usize
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// One thread's buffers.
struct Worker<'a> {
    run: &'a Run<'a>,
    reports: bool,
    window: Window,
    kept: Vec<u32>,
    contexts: Vec<u32>,
    targets: Vec<u32>,
    windows: u64,
    simd: pulp::Arch,
}

impl<'a> Worker<'a> {
    fn new(run: &'a Run<'a>, reports: bool) -> Self {
        let contexts = 2 * run.settings.window;
        Self {
            run,
            reports,
            window: Window::new(contexts, 1 + run.settings.negatives, run.stride),
            kept: Vec::new(),
            contexts: Vec::with_capacity(contexts),
            targets: Vec::with_capacity(1 + run.settings.negatives),
            windows: 0,
            simd: pulp::Arch::new(),
        }
    }

    /// Trains on the sentences at these places of the epoch's order.
    fn epoch<M: Rows>(
        &mut self,
        epoch: usize,
        places: Range<usize>,
        inputs: &mut M,
        outputs: &mut M,
    ) -> Loss {
        let run = self.run;
        let mut loss = Loss::default();
        // The first window of an epoch is always counted.
        self.windows = 0;
        let mut unreported = 0;
        let order = Order::new(run.corpus.ends.len(), run.settings.seed, epoch);
        for place in places {
            if run.stopped.load(Ordering::Relaxed) {
                break;
            }
            let sentence = order.sentence(place);
            let ids = run.corpus.sentence(sentence);
            let rate = run.rate(run.words.load(Ordering::Relaxed));
            let simd = self.simd;
            simd.dispatch(|| self.sentence(epoch, sentence, ids, rate, inputs, outputs, &mut loss));
            run.words.fetch_add(ids.len() as u64, Ordering::Relaxed);
            unreported += ids.len() as u64;
            if self.reports && unreported >= WORDS_PER_REPORT {
                unreported = 0;
                run.report(epoch, loss);
            }
        }
        run.windows.fetch_add(self.windows, Ordering::Relaxed);
        loss
    }

    /// Trains on one sentence: each kept word in turn is the centre of a
    /// window of random width.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    fn sentence<M: Rows>(
        &mut self,
        epoch: usize,
        sentence: usize,
        ids: &[u32],
        rate: f32,
        inputs: &mut M,
        outputs: &mut M,
        loss: &mut Loss,
    ) {
        let sampler = &self.run.sampler;
        let mut random = sampler.stream(epoch as u64, sentence as u64);
        self.kept.clear();
        self.kept
            .extend(ids.iter().filter(|&&id| sampler.keeps(id, &mut random)));

        for centre in 0..self.kept.len() {
            let width = sampler.width(&mut random);
            let first = centre.saturating_sub(width);
            let last = (centre + width).min(self.kept.len() - 1);
            self.contexts.clear();
            self.contexts.extend(&self.kept[first..centre]);
            self.contexts.extend(&self.kept[centre + 1..=last]);
            if self.contexts.is_empty() {
                continue;
            }
            self.targets.clear();
            self.targets.push(self.kept[centre]);
            sampler.add_noise(&mut self.targets, &mut random);

            self.window
                .load(inputs, &self.contexts, outputs, &self.targets);
            self.window.step(rate);
            if self.windows.is_multiple_of(WINDOWS_PER_LOSS) {
                loss.sum += f64::from(self.window.loss());
                loss.pairs += (self.contexts.len()) as u64;
            }
            self.windows += 1;
            self.window
                .store(inputs, &self.contexts, outputs, &self.targets);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::stopwords::StopWords;
    use crate::vectors::corpus::CorpusReader;

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
        for threads in [1, 3] {
            let settings = Settings {
                threads,
                ..settings.clone()
            };
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
        for threads in [1, 2] {
            let settings = Settings {
                threads,
                ..settings.clone()
            };
            assert!(matches!(
                train(&corpus, &settings, stop),
                Err(Error::Interrupted)
            ));
        }
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

    #[test]
    fn every_sentence_comes_once_in_every_epoch_and_shard() {
        let (corpus, settings) = small();
        let run = Run {
            corpus: &corpus,
            settings: &settings,
            sampler: Sampler::new(&corpus.vocabulary.counts, &settings),
            stride: 8,
            total: 1,
            words: AtomicU64::new(0),
            windows: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
            observer: QUIET,
        };
        for count in [1, 2, 3, 7, 200] {
            let places: Vec<usize> = run.shards(count).into_iter().flatten().collect();
            assert_eq!(places, (0..corpus.ends.len()).collect::<Vec<_>>());
        }
        for sentences in [1, 2, 3, 10, 60, 97, 1000] {
            for epoch in 0..3 {
                let order = Order::new(sentences, 5, epoch);
                let mut all: Vec<usize> = (0..sentences).map(|p| order.sentence(p)).collect();
                all.sort_unstable();
                assert_eq!(all, (0..sentences).collect::<Vec<_>>());
            }
        }
    }
}
