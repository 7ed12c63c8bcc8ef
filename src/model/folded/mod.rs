//! A trained model ready to answer: one short row a word or pair, in one file that is
//! used as it lies.
//!
//! [`Model::folded`] leaves of each word's vector what answers depend on. This is what
//! remains, laid out so that nothing is built when it is read: tables of words
//! (`words`) and of pairs (`pairs`), found by their hashes (`slots`), and the classifier.
//! `file` specifies the file (format 5) and `reading` checks it, block by block (`blocks`)
//! where only a few texts are asked for (`opened`). `text` reads a text, and
//! [`Folded::to_model`] makes a [`Model`] of it again, for explanations and whatever else
//! asks for one (`unfolding`).
//!
//! The answers are those of the model, up to the order in which numbers are added:
//! the same labels, and probabilities within 1e-6.
//!
//! `compact` is a smaller file (formats 6 and 8), of numbers of eight bits (`quantizing`, written by
//! `packing`): it is laid out in memory when it is read.
//!
//! Words and pairs with weights of their own have theirs in the same tables (`terms`).
//! Words without a row may have a vector by their n-grams (`ngrams`, format 7).

mod blocks;
mod codebook;
mod compact;
mod content;
mod file;
mod memory;
mod neighbours;
mod ngrams;
mod older;
mod opened;
mod packing;
mod pairs;
mod quantizing;
mod reading;
mod slots;
mod tables;
mod terms;
#[cfg(test)]
mod tests;
mod text;
mod unfolding;
mod words;

use std::sync::OnceLock;

use rustc_hash::FxHashSet;

#[cfg(doc)]
use super::Model;
use super::{Classifier, Provenance, Undecided, Verdict};
use crate::classifier::argmax;
use crate::classifier::readout::{self, Input, Readout};
use crate::polarity::{Full, Length, Mixture, TURNED};
use crate::sentence::negation::{Negation, Number};
use crate::text::cues::Cues;
use crate::text::labeled::UNDECIDED;
use crate::text::tokenizer::Tokenizer;
use ngrams::Unseen;
use pairs::Pairs;
use tables::Tables;
use terms::Added;
use text::{BLAME, OPINION, PRAISE, Text};
use words::Words;

#[cfg(test)]
pub(super) use blocks::seal;
pub use opened::FewAnswers;
pub use quantizing::{Loss, Quantized};

/// A model that answers.
#[derive(Debug)]
pub struct Folded {
    labels: Vec<String>,
    shares: Vec<f64>,
    tokenizer: Tokenizer,
    provenance: Provenance,
    /// As it is in the file, for models that are made of this one.
    classifier: Classifier,
    readout: Readout,
    direction: Option<Direction>,
    /// Words and pairs with weights of their own.
    terms: Option<terms::Stored>,
    /// What makes vectors of words that have none.
    subwords: Option<ngrams::Stored>,
    tables: Tables,
}

/// What is known of the direction of sentiment beside the values of words and pairs.
#[derive(Debug)]
struct Direction {
    cues: Cues,
    report: crate::polarity::Report,
    offsets: [f64; 2],
    directions: [Vec<f32>; 2],
    /// What kind of text is scored.
    length: Length,
    /// From which weight of words on a text is as long as those of the training.
    full: Option<Full>,
    /// Made when the first text needs it.
    negation: OnceLock<Negating>,
}

/// What is known of negation, by the rows of words.
#[derive(Debug, Default)]
struct Negating {
    negation: Negation,
    /// What its lists call the word of each row. None where words are known by their
    /// names.
    numbers: Vec<Number>,
    /// Bits that say of each row whether negation can begin with its word.
    starting: Vec<u64>,
    /// Words that negation can begin with, without a row there.
    unknown: FxHashSet<String>,
}

impl Negating {
    /// Where words' rows cannot be looked up.
    fn by_name(cues: &Cues) -> Self {
        let negation = Negation::new(cues);
        let starting = negation.numbers().filter(|(_, _, starts)| *starts);
        Self {
            unknown: starting.map(|(word, _, _)| word.to_owned()).collect(),
            negation,
            ..Self::default()
        }
    }

    fn new(cues: &Cues, words: Words<'_>) -> Self {
        let negation = Negation::new(cues);
        let mut numbers = vec![Number::NONE; words.len()];
        let mut starting = vec![0; words.len().div_ceil(64)];
        let mut unknown = FxHashSet::default();
        for (word, number, starts) in negation.numbers() {
            match words.find(word.as_bytes()) {
                Some(row) => {
                    let row = row as usize;
                    numbers[row] = number;
                    starting[row / 64] |= u64::from(starts) << (row % 64);
                }
                None if starts => {
                    unknown.insert(word.to_owned());
                }
                None => {}
            }
        }
        Self {
            negation,
            numbers,
            starting,
            unknown,
        }
    }

    /// Whether negation can begin with the word of a row.
    #[inline]
    fn starts(&self, row: u32) -> bool {
        let bits = self.starting.get(row as usize / 64).copied().unwrap_or(0);
        bits >> (row % 64) & 1 != 0
    }
}

/// Columns of a word's values before its vector: its weight.
const BEFORE: usize = 1;
/// Columns behind it where there is a direction, and all of a pair's: the log of
/// documents over those with it, and the weights of the two scales.
const SCALED: usize = 3;

/// Memory that is used for one text after another.
#[derive(Debug, Clone, Default)]
pub struct Scratch {
    text: Text,
    vector: Vec<f64>,
    unseen: Unseen,
    added: Added,
    terms: Vec<f64>,
    readout: readout::Scratch,
}

impl Folded {
    /// The label names, sorted.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Where the model comes from.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// The name of a verdict's label, or `undecided`.
    pub fn name(&self, verdict: &Verdict) -> &str {
        let label = verdict.label.and_then(|label| self.labels.get(label));
        label.map_or(UNDECIDED, String::as_str)
    }

    /// Answers one text, as [`Model::classify`] does.
    pub fn classify(&self, text: &str, scratch: &mut Scratch) -> Verdict {
        scratch.text.read(self, text);
        scratch.unseen.read(self, &mut scratch.text);
        let (tokens, unseen) = (scratch.text.tokens, scratch.unseen.times);
        let known = scratch.text.known + unseen;
        if known == 0 {
            return self.unknown(tokens);
        }
        let (score, weight) = self.sum(scratch);
        let weight = scratch.unseen.join(&mut scratch.vector, weight);
        let mut probabilities = Vec::with_capacity(self.labels.len());
        let input = Input {
            vector: &scratch.vector,
            score,
            terms: &scratch.terms,
            extent: match self.classifier {
                Classifier::Head(_) => self.extent(weight),
                // It knows nothing of that.
                Classifier::Layer(_) => 1.0,
            },
        };
        let memory = &mut scratch.readout;
        self.readout
            .probabilities(input, memory, &mut probabilities);
        Verdict {
            label: Some(argmax(&probabilities)),
            why: None,
            probabilities,
            known,
            unseen,
            tokens,
        }
    }

    /// How much there is of a text whose words have this weight, beside those of the
    /// training: 0 to 1.
    fn extent(&self, weight: f64) -> f64 {
        let full = self.direction.as_ref().and_then(|direction| direction.full);
        full.map_or(1.0, |full| full.extent(weight))
    }

    /// The answer to so many words, none of them known.
    fn unknown(&self, tokens: usize) -> Verdict {
        Verdict {
            label: None,
            why: Some(Undecided::NoKnownWord),
            probabilities: self.shares.clone(),
            known: 0,
            unseen: 0,
            tokens,
        }
    }

    /// Sums up what was read of words that have rows: the mean of their vectors stands in
    /// `scratch` after, and its score (0 without a direction) and weight are returned.
    fn sum(&self, scratch: &mut Scratch) -> (f64, f64) {
        let Scratch {
            text,
            vector,
            added,
            terms,
            ..
        } = scratch;
        let (dims, width) = (self.tables.dims, self.width());
        let values = self.tables.singles(&self.tables.values);
        let row = |row: u32| {
            let row = row as usize;
            values.get(row * width..(row + 1) * width).unwrap_or(&[])
        };
        vector.clear();
        vector.resize(dims, 0.0);
        let first = |&word: &u32| values.get(word as usize * width).map_or(0, |v| v.to_bits());
        // Has the rows fetched from memory: so short a loop asks for many at a time.
        let all = text.different.iter().fold(0, |all, word| all | first(word));
        std::hint::black_box(all);

        let rows = text.different.iter().filter_map(|&word| {
            let (&weight, rest) = row(word).split_first()?;
            Some((word, f64::from(weight), rest))
        });
        let mut sums = Sums::default();
        for (at, columns) in vector.chunks_mut(WIDE).enumerate() {
            let rows = rows.clone();
            let rows = rows.map(|(_, weight, rest)| (weight, &rest[at * WIDE..]));
            match columns.len() {
                WIDE => add::<WIDE>(rows, columns),
                NARROW => add::<NARROW>(rows, columns),
                _ => rows.for_each(|(weight, values)| add_row(weight, values, columns)),
            }
        }
        added.begin(self.tables.free);
        let flags = self.flags();
        for (word, weight, rest) in rows {
            sums.total += weight;
            if let Some((values, of_term)) = rest[dims..].split_first_chunk::<SCALED>() {
                sums.add(*values);
                added.add_word(of_term);
                let flag = flags[word as usize];
                if flag & (OPINION | PRAISE | BLAME) != 0 {
                    sums.judge(flag, weight);
                }
            }
        }
        if sums.total > 0.0 {
            vector.iter_mut().for_each(|sum| *sum /= sums.total);
        }
        let Some(direction) = &self.direction else {
            return (0.0, sums.total);
        };
        let pairs = self.pairs();
        for &pair in &text.pairs.counts.different {
            sums.add(pairs.values(pair));
        }
        if let Some(stored) = &self.terms {
            let table = self.term_pairs();
            for &pair in &text.terms.counts.different {
                added.add_pair(table.values(pair), &self.tables);
            }
            added.logits(stored.scale, terms);
        }
        if sums.total == 0.0 {
            // Nothing that it could say anything about.
            return (0.0, 0.0);
        }
        // What negation turns, as far as it does.
        let mut turned_views = [0.0; 2];
        text.turned_words.sort_unstable();
        for same in text.turned_words.chunk_by(|a, b| a == b) {
            let (row, flag) = (row(same[0]), flags[same[0] as usize]);
            let change = (TURNED - 1.0) * same.len() as f64 / text.times(same[0]);
            let (components, scaled) = row[BEFORE..].split_at(dims);
            for (at, along) in direction.directions.iter().enumerate() {
                let products = components.iter().zip(along);
                let view: f64 = products.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                turned_views[at] += change * view * f64::from(row[0]);
                sums.scaled[at] += change * f64::from(scaled[1 + at]);
            }
            sums.sides += change * side(flag);
        }
        text.turned_pairs.sort_unstable();
        for same in text.turned_pairs.chunk_by(|a, b| a == b) {
            let change = (TURNED - 1.0) * same.len() as f64 / text.pairs.counts.times(same[0]);
            let [_, weights @ ..] = pairs.values(same[0]);
            for (sum, weight) in sums.scaled.iter_mut().zip(weights) {
                *sum += change * f64::from(weight);
            }
        }

        let mixture = match direction.full {
            None => Mixture::plain(direction.length),
            Some(full) => {
                let slope = direction.report.slopes();
                Mixture::new(direction.length, full, slope, sums.total, sums.opinions)
            }
        };
        let norm = sums.square.sqrt().max(f64::MIN_POSITIVE);
        let mut score = mixture.seeds * sums.sides / sums.seeds.max(1.0);
        for (at, along) in direction.directions.iter().enumerate() {
            let products = vector.iter().zip(along);
            let view: f64 = products.map(|(a, b)| a * f64::from(*b)).sum();
            let turned = turned_views[at] / sums.total.max(f64::MIN_POSITIVE);
            let own = sums.scaled[at] / norm + view + turned + direction.offsets[at];
            score += mixture.scales[at] * own;
        }
        (score, sums.total)
    }

    fn words(&self) -> Words<'_> {
        let tables = &self.tables;
        let keys = bytemuck::try_cast_slice(tables.bytes(&tables.keys)).unwrap_or(&[]);
        Words {
            slots: tables.slots(&tables.word_slots, keys.len()),
            keys,
            long: tables.bytes(&tables.long),
        }
    }

    fn pairs(&self) -> Pairs<'_> {
        self.tables.pairs_at(&self.tables.pairs)
    }

    /// Those with weights of their own in the classifier.
    fn term_pairs(&self) -> Pairs<'_> {
        self.tables.pairs_at(&self.tables.terms)
    }

    fn flags(&self) -> &[u8] {
        self.tables.bytes(&self.tables.flags)
    }

    fn width(&self) -> usize {
        let scaled = if self.has_direction() { SCALED } else { 0 };
        BEFORE + self.tables.dims + scaled + terms::EACH * self.tables.free
    }

    /// What makes vectors of words that have none, and of what.
    fn ngrams(&self) -> Option<(&ngrams::Stored, ngrams::Rows<'_>)> {
        let (stored, ranges) = self.subwords.as_ref().zip(self.tables.subwords.as_ref())?;
        let rows = ngrams::Rows {
            index: self.tables.numbers(&ranges.index).as_chunks().0,
            rows: self.tables.singles(&ranges.rows),
            width: ranges.width,
        };
        Some((stored, rows))
    }

    /// Whether words without a row may have vectors.
    pub fn has_subwords(&self) -> bool {
        self.subwords.is_some()
    }

    fn has_direction(&self) -> bool {
        self.direction.is_some()
    }

    /// Nothing without a direction.
    fn negating(&self) -> &Negating {
        static NONE: OnceLock<Negating> = OnceLock::new();
        match &self.direction {
            Some(direction) => direction
                .negation
                .get_or_init(|| match self.tables.is_complete {
                    false => Negating::by_name(&direction.cues),
                    true => Negating::new(&direction.cues, self.words()),
                }),
            None => NONE.get_or_init(Negating::default),
        }
    }
}

/// Columns that are added up at once, in registers.
const WIDE: usize = 8;
/// As many as a sentence vector has where there is a direction.
const NARROW: usize = 4;

/// Adds the first columns of some rows, each times its weight.
#[inline]
fn add<'r, const N: usize>(rows: impl Iterator<Item = (f64, &'r [f32])>, sums: &mut [f64]) {
    let mut own = [0.0; N];
    for (weight, values) in rows {
        if let Some(values) = values.first_chunk::<N>() {
            add_row(weight, values, &mut own);
        }
    }
    sums.copy_from_slice(&own);
}

#[inline]
fn add_row(weight: f64, values: &[f32], sums: &mut [f64]) {
    for (sum, &value) in sums.iter_mut().zip(values) {
        *sum += weight * f64::from(value);
    }
}

/// What is added up of a text's different words and pairs.
#[derive(Debug, Default)]
struct Sums {
    /// The weights of words, and of opinion words among them.
    total: f64,
    opinions: f64,
    /// The squares of idf.
    square: f64,
    /// The weights in the two scales.
    scaled: [f64; 2],
    /// Seed words, and what they say.
    seeds: f64,
    sides: f64,
}

impl Sums {
    #[inline]
    fn add(&mut self, [idf, weights @ ..]: [f32; SCALED]) {
        self.square += f64::from(idf).powi(2);
        for (sum, weight) in self.scaled.iter_mut().zip(weights) {
            *sum += f64::from(weight);
        }
    }

    fn judge(&mut self, flag: u8, weight: f64) {
        if flag & OPINION != 0 {
            self.opinions += weight;
        }
        if flag & (PRAISE | BLAME) != 0 {
            self.seeds += 1.0;
            self.sides += side(flag);
        }
    }
}

/// What a seed word says: 1 for praise, -1 for blame.
fn side(flag: u8) -> f64 {
    match flag {
        _ if flag & BLAME != 0 => -1.0,
        _ if flag & PRAISE != 0 => 1.0,
        _ => 0.0,
    }
}
