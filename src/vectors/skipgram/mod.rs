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
//!
//! This file is the loop around them. An epoch is a run of rounds. In a round a
//! few shards of 2,048 words each start from the same vectors; each trains
//! copies of the rows it touches, by plain stochastic gradient descent, and then
//! the changes of all shards are merged in a fixed order. How many shards there
//! are depends on the corpus, never on the threads that work on them: the result
//! is the same for any number of threads.

mod components;
mod lanes;
mod matrix;
mod merge;
mod order;
mod sampling;
pub mod settings;
mod shard;
mod sigmoid;
mod step;
mod touched;

use std::ops::ControlFlow;

use rayon::ThreadPool;
use rayon::prelude::*;

use components::Components;
use lanes::{Backend, Lanes, Work};
use matrix::Matrix;
use merge::{Merger, Part, Side};
use order::Order;
use sampling::Sampler;
use shard::{Loss, POOL, Shard, Task};

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
    /// The vectors of n-grams, when they were wanted.
    pub subwords: Option<Subwords>,
    /// Mean loss of each epoch, in nats a pair.
    pub losses: Vec<f64>,
    /// Values that the processor computed at once; sums of other widths round
    /// differently, so only equal widths give equal bytes.
    pub lanes: usize,
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
    let mut training = Training::new(corpus, settings, observer)?;
    let losses = (0..settings.epochs)
        .map(|epoch| training.epoch(epoch))
        .collect::<Result<Vec<Loss>>>()?;
    if losses.iter().all(|loss| loss.windows == 0) {
        return Err(Error::too_little(
            "no two words together after thinning out frequent ones",
            "a text of which more is kept",
        )
        .with_hint("raise --subsample, or turn it off with --subsample 0"));
    }
    drop(training.outputs);
    let finite = |values: &[f32]| values.iter().all(|value| value.is_finite());
    if !finite(training.inputs.values()) {
        return Err(diverged(settings));
    }
    let (rows, subwords) = match &training.components {
        None => (training.inputs.trimmed(), None),
        Some(components) => {
            let (rows, subwords) = components.finish(&training.inputs, settings.dims)?;
            (rows, Some(subwords))
        }
    };
    // A mean of finite rows may still be too large.
    if !finite(&rows) {
        return Err(diverged(settings));
    }
    Ok(Trained {
        rows,
        subwords,
        losses: losses.into_iter().map(Loss::mean).collect(),
        lanes: training.backend.lanes(),
    })
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

/// A training under way.
struct Training<'a> {
    corpus: &'a Corpus,
    settings: &'a Settings,
    observer: Observer<'a>,
    sampler: Sampler,
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
    /// Words seen, over all epochs, and those to see.
    seen: u64,
    total: u64,
    reported: u64,
}

impl<'a> Training<'a> {
    fn new(corpus: &'a Corpus, settings: &'a Settings, observer: Observer<'a>) -> Result<Self> {
        let words = corpus.vocabulary.words.len();
        let backend = Backend::best();
        let components = settings
            .subwords
            .map(|ngrams| Components::new(&corpus.vocabulary.words, ngrams))
            .transpose()?;
        let inputs = match &components {
            Some(components) => components.matrix(settings.dims, backend.lanes(), settings.seed)?,
            None => {
                let mut inputs = Matrix::zeros(words, settings.dims, backend.lanes())?;
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
        Ok(Self {
            corpus,
            settings,
            observer,
            sampler,
            components,
            outputs: Matrix::zeros(words, settings.dims, backend.lanes())?,
            shards: (0..shards).map(|_| Shard::new(words, &inputs)).collect(),
            inputs,
            mergers,
            backend,
            pool,
            seen: 0,
            total: corpus.ids.len() as u64 * settings.epochs as u64,
            reported: 0,
        })
    }

    /// Goes through the corpus once.
    fn epoch(&mut self, epoch: usize) -> Result<Loss> {
        let sentences = self.corpus.ends.len();
        let order = Order::new(sentences, self.settings.seed, epoch);
        let mut places = 0..sentences;
        let mut loss = Loss::default();
        while !places.is_empty() {
            let rate = self.rate();
            self.deal(&mut places, &order);
            self.round(epoch, rate);
            for shard in &self.shards {
                loss.add(shard.loss);
            }
            if !loss.sum.is_finite() {
                return Err(diverged(self.settings));
            }
            if self.seen >= self.reported + WORDS_PER_REPORT || places.is_empty() {
                self.reported = self.seen;
                let progress = Progress {
                    epoch: epoch + 1,
                    epochs: self.settings.epochs,
                    words: self.seen,
                    total: self.total,
                    loss: loss.mean(),
                };
                if (self.observer)(&progress).is_break() {
                    return Err(Error::Interrupted);
                }
            }
        }
        Ok(loss)
    }

    /// Deals the next sentences out to the shards, one shard after the other.
    fn deal(&mut self, places: &mut std::ops::Range<usize>, order: &Order) {
        for at in 0..self.shards.len() {
            self.shards[at].tasks.clear();
            let mut words = 0;
            while words < SHARD_WORDS
                && let Some(place) = places.next()
            {
                let sentence = order.sentence(place);
                let rate = self.rate();
                self.shards[at].tasks.push(Task { sentence, rate });
                let length = self.corpus.sentence(sentence).len();
                words += length;
                self.seen += length as u64;
            }
        }
    }

    /// The step size now: falls linearly to almost nothing.
    fn rate(&self) -> f32 {
        let left = 1.0 - self.seen as f64 / self.total as f64;
        self.settings.learning_rate as f32 * (left as f32).max(LEAST_RATE)
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
