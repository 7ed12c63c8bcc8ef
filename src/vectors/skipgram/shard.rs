//! A shard: a few thousand running words, sampled, with copies of just the rows
//! they touch. What it does depends on nothing but the matrices as they were
//! when the round began, its sentences and the seed, so the shards of a round
//! can be worked on by any number of threads in any order.
//!
//! Copying pays for itself: the rows of a shard stay in the cache, and no thread
//! waits for another's.

use super::components::Components;
use serde::{Deserialize, Serialize};

use super::lanes::Lanes;
use super::matrix::Matrix;
use super::merge::Side;
use super::sampling::Sampler;
use super::step::{Step, TARGETS, Targets};
use super::touched::Touched;
use crate::random::{Use, below};

/// Noise words drawn for a shard; each window picks its own among them, which
/// keeps the rows that are touched few. A pool of 512 for a shard of 2,048
/// words did as well as independent draws do in word2vec where it was tried; for
/// a shard of 8,192 words it did worse.
pub(super) const POOL: usize = 512;
/// The loss is computed for one window in this many: it costs an exponential a
/// pair and is only reported.
const WINDOWS_PER_LOSS: u64 = 16;

/// The sum of the losses that were computed, and of how many pairs of a centre
/// and a context word; and how many windows there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Loss {
    pub(super) sum: f64,
    pub(super) pairs: u64,
    pub(super) windows: u64,
}

impl Loss {
    pub(super) fn mean(self) -> f64 {
        self.sum / self.pairs.max(1) as f64
    }

    pub(super) fn add(&mut self, other: Self) {
        self.sum += other.sum;
        self.pairs += other.pairs;
        self.windows += other.windows;
    }
}

/// A sentence to work on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task {
    /// Its number in the corpus.
    pub(super) sentence: usize,
    /// The step size.
    pub(super) rate: f32,
}

/// The state of one shard; reused from round to round to save allocations.
pub(super) struct Shard {
    /// The sentences to work on.
    pub(super) tasks: Vec<Task>,
    /// What training them cost.
    pub(super) loss: Loss,
    /// The words whose rows are copied. Only those of the text have input rows.
    touched: Touched,
    /// Copies of the rows.
    inputs: Matrix,
    outputs: Matrix,
    /// With subwords, the input rows before they were trained.
    composed: Vec<f32>,
    /// About how many updates each row gets.
    input_updates: Vec<f32>,
    output_updates: Vec<f32>,
    /// The words kept, as numbers of rows, and where each task's end.
    kept: Vec<u32>,
    kept_ends: Vec<usize>,
    /// Noise words, as numbers of rows.
    pool: Vec<u32>,
    step: Step,
}

/// The rows of one matrix that a shard trained.
pub(super) struct Changed<'a> {
    pub(super) words: &'a [u32],
    /// A row for each of the words; of composed ones, what changed in it.
    pub(super) rows: &'a Matrix,
    /// One number a word.
    pub(super) updates: &'a [f32],
}

impl Shard {
    /// Nothing to do yet, for a vocabulary of so many words; rows will be of
    /// the matrix's form.
    pub(super) fn new(vocabulary: usize, matrix: &Matrix) -> Self {
        Self {
            tasks: Vec::new(),
            loss: Loss::default(),
            touched: Touched::new(vocabulary),
            inputs: Matrix::like(matrix),
            outputs: Matrix::like(matrix),
            composed: Vec::new(),
            input_updates: Vec::new(),
            output_updates: Vec::new(),
            kept: Vec::new(),
            kept_ends: Vec::new(),
            pool: Vec::new(),
            step: Step::default(),
        }
    }

    /// What was trained.
    pub(super) fn changed(&self, side: Side) -> Changed<'_> {
        match side {
            Side::Input => Changed {
                words: self.touched.text(),
                rows: &self.inputs,
                updates: &self.input_updates,
            },
            Side::Output => Changed {
                words: self.touched.words(),
                rows: &self.outputs,
                updates: &self.output_updates,
            },
        }
    }

    /// Samples the tasks and copies the rows they touch.
    pub(super) fn prepare<'c>(
        &mut self,
        sampler: &Sampler,
        sentence: impl Fn(usize) -> &'c [u32],
        epoch: usize,
        (inputs, outputs): (&Matrix, &Matrix),
    ) {
        self.kept.clear();
        self.kept_ends.clear();
        self.pool.clear();
        for task in &self.tasks {
            let mut random = sampler.stream(Use::Sentences, epoch, task.sentence);
            let words = sentence(task.sentence).iter().copied();
            self.kept
                .extend(words.filter(|&word| sampler.keeps(word, &mut random)));
            self.kept_ends.push(self.kept.len());
        }
        if let Some(first) = self.tasks.first() {
            let mut random = sampler.stream(Use::Noise, epoch, first.sentence);
            self.pool
                .extend((0..POOL).map(|_| sampler.noise(&mut random)));
        }
        self.touched.number(&mut self.kept, &mut self.pool);
        self.count_updates(sampler);
        self.inputs.gather(inputs, self.touched.text());
        self.outputs.gather(outputs, self.touched.words());
    }

    /// Makes the copies of input rows composed ones, to be trained instead.
    pub(super) fn compose(&mut self, components: &Components, inputs: &Matrix) {
        components.compose(inputs, self.touched.text(), &mut self.inputs);
        self.composed.clear();
        self.composed.extend_from_slice(self.inputs.values());
    }

    /// Leaves of trained rows that were composed what changed in them.
    pub(super) fn subtract_composed(&mut self) {
        for (value, before) in self.inputs.values_mut().iter_mut().zip(&self.composed) {
            *value -= before;
        }
    }

    fn count_updates(&mut self, sampler: &Sampler) {
        let draws = sampler.negatives() as f32 / POOL as f32;
        self.input_updates.clear();
        self.input_updates.resize(self.touched.text().len(), 0.0);
        self.output_updates.clear();
        self.output_updates.resize(self.touched.words().len(), 0.0);
        let mut noise = 0.0;
        let mut start = 0;
        for &end in &self.kept_ends {
            // A word is the context of about as many centres as it has contexts
            // when it is the centre.
            let others = (end - start).saturating_sub(1) as f32;
            let contexts = sampler.mean_contexts().min(others);
            for &row in &self.kept[start..end] {
                self.input_updates[row as usize] += contexts;
                self.output_updates[row as usize] += contexts;
                noise += contexts * draws;
            }
            start = end;
        }
        for &row in &self.pool {
            self.output_updates[row as usize] += noise;
        }
    }

    /// Trains the copies: each kept word in turn is the centre of a window of
    /// random width.
    #[inline(always)]
    pub(super) fn train<L: Lanes>(&mut self, lanes: L, sampler: &Sampler, epoch: usize) {
        self.loss = Loss::default();
        let mut contexts: Vec<u32> = Vec::new();
        let mut targets: Vec<u32> = Vec::new();
        let mut start = 0;
        for (task, &end) in self.tasks.iter().zip(&self.kept_ends) {
            let words = &self.kept[start..end];
            start = end;
            let mut random = sampler.stream(Use::Windows, epoch, task.sentence);
            for centre in 0..words.len() {
                contexts.clear();
                sampler.add_contexts(words, centre, &mut random, &mut contexts);
                if contexts.is_empty() {
                    continue;
                }
                targets.clear();
                targets.push(words[centre]);
                sampler.add_noise(0, &mut targets, || {
                    self.pool[below(self.pool.len() as u64, &mut random) as usize]
                });
                let counted = self.loss.windows.is_multiple_of(WINDOWS_PER_LOSS);
                for (group, rows) in targets.chunks(TARGETS).enumerate() {
                    let targets = Targets::new(rows, group == 0);
                    self.step.take(
                        lanes,
                        &mut self.inputs,
                        &contexts,
                        &mut self.outputs,
                        targets,
                        task.rate,
                    );
                    if counted {
                        self.loss.sum += self.step.loss(lanes, contexts.len(), targets);
                    }
                }
                self.loss.windows += 1;
                self.loss.pairs += u64::from(counted) * contexts.len() as u64;
            }
        }
    }
}

#[cfg(test)]
impl Shard {
    /// A trained shard; as many of its words have input rows as `inputs` has.
    pub(super) fn trained(words: &[u32], inputs: Matrix, outputs: Matrix, updates: &[f32]) -> Self {
        let text_words = inputs.values().len() / inputs.stride();
        let mut shard = Self::new(0, &inputs);
        shard.touched = Touched::of(words, text_words);
        shard.input_updates = updates[..text_words].to_vec();
        shard.output_updates = updates.to_vec();
        shard.inputs = inputs;
        shard.outputs = outputs;
        shard
    }
}
