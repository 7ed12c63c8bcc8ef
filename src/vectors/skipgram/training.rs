//! The loop: epochs of rounds, from one checkpoint to the next.

use rayon::ThreadPool;
use rayon::prelude::*;

use super::checkpoint::{self, Checkpoint, Header, Keeper, Position};
use super::components::Components;
use super::held_out::HeldOut;
use super::lanes::{Backend, Lanes, Work};
use super::matrix::Matrix;
use super::merge::{Merger, Part, Side};
use super::order::Order;
use super::sampling::Sampler;
use super::schedule::Schedule;
use super::settings::Settings;
use super::shard::{Loss, POOL, Shard, Task};
use super::{Observer, Progress, Trained};
use crate::error::{Error, Result};
use crate::vectors::corpus::Corpus;

/// Running words of a shard.
const SHARD_WORDS: usize = 2048;
/// Shards of a round. More would let more threads help, and cost quality: a
/// shard does not see what the others of its round learn.
const SHARDS: usize = 4;
/// Corpora smaller than this are worked on by one shard at a time: every round
/// counts, and nobody waits for them.
pub(super) const SMALL_CORPUS: usize = 200_000;
/// Words between two calls of the observer.
const WORDS_PER_REPORT: u64 = 20_000;
/// A training has run away when its loss is this many times that of knowing
/// nothing.
const RUN_AWAY: f64 = 2.0;

/// A training under way.
pub(super) struct Training<'a> {
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
    pub(super) inputs: Matrix,
    pub(super) outputs: Matrix,
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
    pub(super) fn new(
        corpus: &'a Corpus,
        settings: &'a Settings,
        observer: Observer<'a>,
        keeper: Option<&'a Keeper<'a>>,
    ) -> Result<Self> {
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
        if held_out.words > 0 && held_out.is_empty() {
            return Err(Error::too_little(
                "no two words together in the text that is held out",
                "sentences in which words occur together",
            )
            .with_hint("hold nothing out: --held-out 0, and a number of --epochs"));
        }
        let words = corpus.ids.len() as u64 - held_out.words;
        Ok(Self {
            corpus,
            settings,
            observer,
            keeper,
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
    pub(super) fn go_on_from(&mut self, checkpoint: Checkpoint) -> Result<()> {
        let texts = self.keeper.map_or(&[][..], |keeper| keeper.texts);
        checkpoint.check(self.corpus, self.settings, texts, self.backend.lanes())?;
        checkpoint.check_position(self.corpus.ends.len(), self.schedule.words)?;
        self.position = checkpoint.restore([&mut self.inputs, &mut self.outputs])?;
        self.reported = self.position.seen;
        self.schedule.decide(&self.position.held_out);
        Ok(())
    }

    /// Goes through the corpus until it is enough.
    pub(super) fn epochs(&mut self) -> Result<()> {
        while self.position.losses.len() < self.schedule.epochs {
            self.epoch()?;
        }
        Ok(())
    }

    /// Goes through the corpus once, or through what an interruption left of it.
    fn epoch(&mut self) -> Result<()> {
        let epoch = self.position.losses.len();
        let sentences = self.corpus.ends.len();
        let order = Order::new(sentences, self.settings.seed, epoch);
        let mut places = self.position.place..sentences;
        let mut loss = self.position.loss;
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
            self.position.loss = loss;
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
        position.loss = Loss::default();
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
            epochs_done: self.position.losses.len(),
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
    pub(super) fn keep(&self, keeper: &Keeper<'_>) -> Result<()> {
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

    /// Ends the training, when all epochs are done.
    pub(super) fn finish(self) -> Result<Trained> {
        let Self {
            settings,
            position,
            schedule,
            components,
            inputs,
            outputs,
            backend,
            ..
        } = self;
        if position.windows == 0 {
            return Err(Error::too_little(
                "no two words together after thinning out frequent ones",
                "a text of which more is kept",
            )
            .with_hint("raise --subsample, or turn it off with --subsample 0"));
        }
        drop(outputs);
        let not_finite = || diverged(settings, "numbers that are not finite");
        if !inputs.is_finite() {
            return Err(not_finite());
        }
        let (rows, subwords) = match &components {
            None => (inputs.trimmed(), None),
            Some(components) => {
                let (rows, subwords) = components.finish(&inputs, settings.dims)?;
                (rows, Some(subwords))
            }
        };
        // A mean of finite rows may still be too large.
        if rows.iter().any(|value| !value.is_finite()) {
            return Err(not_finite());
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
}

fn diverged(settings: &Settings, how: &str) -> Error {
    Error::Diverged {
        what: "the word vectors".to_owned(),
        how: Some(how.to_owned()),
        hint: Some(format!(
            "take a smaller step: --lr {}",
            settings.learning_rate / 4.0
        )),
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
