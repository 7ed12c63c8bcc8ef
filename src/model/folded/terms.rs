//! Words and pairs of words with weights of their own in the classifier, as the file has
//! them.
//!
//! A term is a word or a pair of neighbours, and has two numbers for each free logit: its
//! ratio r, by which the terms of a text are brought to one length, and its weight v (see
//! [`TermWeights`]). Those of a word stand behind its other values, with a row for words
//! that have no vector, too. Pairs have a table as those of the direction have; three
//! values stand there: r and v of the first free logit, and the number of the pair, by
//! which those of the others are found.

use ndarray::Array2;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::Folded;
use super::content::Valued;
use super::tables::Tables;
use super::text::TERM;
use crate::classifier::head::{Head, TermWeights};
use crate::classifier::{Terms, is_parameter};
use crate::model::{Classifier, Model};

/// Numbers to a term for each free logit.
pub(super) const EACH: usize = 2;

/// What the header says of terms.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Stored {
    /// Whether they are in the head with the prior.
    pub(super) with_prior: bool,
    /// The length that the terms of a text are brought to.
    pub(super) scale: f64,
    /// How many words have a vector: their rows come first.
    pub(super) vectors: usize,
    /// How many pairs there are.
    pub(super) pairs: usize,
}

impl Stored {
    /// Whether it fits a classifier without terms, and so many rows.
    pub(super) fn fits(&self, classifier: &Classifier, rows: usize) -> bool {
        let Classifier::Head(head) = classifier else {
            return false;
        };
        let branch = match self.with_prior {
            true => &head.with_prior,
            false => &head.without_prior,
        };
        branch.is_some() && is_parameter(self.scale) && (1..=rows).contains(&self.vectors)
    }
}

/// Terms, laid out.
pub(super) struct Laid {
    pub(super) stored: Stored,
    /// The head without them.
    pub(super) head: Box<Head>,
    /// Words that have no vector: their rows come last.
    pub(super) words: Vec<String>,
    /// Which rows' words are terms, and their numbers.
    pub(super) singles: Vec<(usize, Vec<f32>)>,
    /// In the order of their rows, with the numbers for the first free logit.
    pub(super) pairs: Vec<Valued<EACH>>,
    /// Their numbers for the other free logits.
    pub(super) others: Vec<f32>,
    pub(super) free: usize,
}

/// Where there is nothing to lay out, where there are terms, and where these cannot be
/// laid out.
pub(super) enum Layout {
    None,
    Some(Laid),
    Impossible,
}

impl Layout {
    pub(super) fn of(model: &Model) -> Self {
        let (Some(terms), Classifier::Head(head)) = (&model.terms, &model.classifier) else {
            return Self::None;
        };
        let mut head = head.clone();
        let branches = [&mut head.with_prior, &mut head.without_prior];
        let [with, without] = branches.map(|branch| branch.as_mut()?.terms.take());
        let with_prior = with.is_some();
        let weights = match (with, without) {
            (None, None) => return Self::None,
            (Some(weights), None) | (None, Some(weights)) => weights,
            // None is trained so.
            (Some(_), Some(_)) => return Self::Impossible,
        };
        // The direction's values stand before theirs.
        if model.vectors.polarity().is_none() {
            return Self::Impossible;
        }
        let free = weights.ratios.nrows();
        let known = model.vectors.len();
        let mut words = Vec::new();
        let mut rows = Vec::with_capacity(terms.single().len());
        for word in terms.single() {
            rows.push(model.vectors.index(word).unwrap_or_else(|| {
                words.push(word.clone());
                known + words.len() - 1
            }));
        }
        let singles = rows.iter().enumerate();
        let singles = singles
            .map(|(term, &row)| (row, numbers(&weights, term)))
            .collect();
        let row = |term: u32| rows[term as usize] as u32;
        let mut pairs: Vec<_> = (terms.pairs().iter().zip(rows.len()..))
            .map(|(&(a, b), term)| ((row(a), row(b)), numbers(&weights, term)))
            .collect();
        pairs.sort_unstable_by_key(|(pair, _)| *pair);
        let others = pairs.iter().flat_map(|(_, numbers)| &numbers[EACH..]);
        let others = others.copied().collect();
        let pairs: Vec<_> = (pairs.iter())
            .map(|(pair, numbers)| (*pair, [numbers[0], numbers[1]]))
            .collect();
        Self::Some(Laid {
            stored: Stored {
                with_prior,
                scale: weights.scale,
                vectors: known,
                pairs: pairs.len(),
            },
            others,
            head,
            words,
            singles,
            pairs,
            free,
        })
    }
}

/// Those of a term, for each free logit. One that has none adds nothing.
fn numbers(weights: &TermWeights, term: usize) -> Vec<f32> {
    let number = |of: &Array2<f32>, at| of.get((at, term)).copied().unwrap_or(0.0);
    let free = 0..weights.ratios.nrows();
    free.flat_map(|at| [number(&weights.ratios, at), number(&weights.weights, at)])
        .collect()
}

impl Tables {
    /// The numbers of a pair for the free logits behind the first, by its number.
    fn others_of(&self, number: u32) -> &[f32] {
        let width = EACH * self.free.saturating_sub(1);
        let from = (number as usize).saturating_mul(width);
        let all = self.singles(&self.others);
        all.get(from..from.saturating_add(width)).unwrap_or(&[])
    }

    /// Where these stand in the file.
    pub(super) fn place_of_others(&self, number: u32) -> std::ops::Range<usize> {
        let width = 4 * EACH * self.free.saturating_sub(1);
        let from = (number as usize).saturating_mul(width);
        let place = |at: usize| self.others.start.saturating_add(at).min(self.others.end);
        place(from)..place(from.saturating_add(width))
    }

    /// Whether the others of a pair are finite.
    pub(super) fn are_sound(&self, number: u32) -> bool {
        self.others_of(number).iter().all(|value| value.is_finite())
    }
}

/// What terms add to the free logits: the sums of r squared and of r v.
#[derive(Debug, Clone, Default)]
pub(super) struct Added(Vec<[f64; 2]>);

impl Added {
    pub(super) fn begin(&mut self, free: usize) {
        self.0.clear();
        self.0.resize(free, [0.0; 2]);
    }

    /// Adds the numbers of a term, from a free logit on.
    #[inline]
    fn add_from(&mut self, first: usize, numbers: &[f32]) {
        let sums = self.0[first..]
            .iter_mut()
            .zip(numbers.as_chunks::<EACH>().0);
        for ([square, sum], numbers) in sums {
            let [ratio, weight] = numbers.map(f64::from);
            *square += ratio * ratio;
            *sum += ratio * weight;
        }
    }

    /// Adds those of a word.
    #[inline]
    pub(super) fn add_word(&mut self, numbers: &[f32]) {
        self.add_from(0, numbers);
    }

    /// Adds those of a pair.
    pub(super) fn add_pair(&mut self, [ratio, weight, number]: [f32; 3], tables: &Tables) {
        self.add_from(0, &[ratio, weight]);
        if tables.free > 1 {
            self.add_from(1, tables.others_of(number.to_bits()));
        }
    }

    /// What they add: s / |r| times the sum of r v.
    pub(super) fn logits(&self, scale: f64, out: &mut Vec<f64>) {
        out.clear();
        out.extend(self.0.iter().map(|&[square, sum]| match square > 0.0 {
            true => scale / square.sqrt() * sum,
            false => 0.0,
        }));
    }
}

impl Folded {
    /// The terms and their weights, of the words of all rows; nothing where the file was
    /// sealed with wrong content.
    pub(super) fn unfolded_terms(
        &self,
        stored: &Stored,
        words: &[String],
    ) -> Option<(Terms, TermWeights)> {
        let tables = &self.tables;
        let (free, width) = (tables.free, self.width());
        let flags = self.flags();
        let mut single: Vec<usize> = (0..words.len()).collect();
        single.retain(|&row| flags.get(row).is_some_and(|flags| flags & TERM != 0));
        single.sort_unstable_by_key(|&row| &words[row]);
        let numbers = single.iter().zip(0u32..).map(|(&row, at)| (row as u32, at));
        let number_of: FxHashMap<u32, u32> = numbers.collect();
        let mut pairs = Vec::with_capacity(stored.pairs);
        for ((first, second), values) in tables.pairs_at(&tables.terms).all() {
            let pair = (*number_of.get(&first)?, *number_of.get(&second)?);
            pairs.push((pair, values));
        }
        pairs.sort_unstable_by_key(|(pair, _)| *pair);
        let mut ratios = Array2::zeros((free, single.len() + pairs.len()));
        let mut weights = ratios.clone();
        let mut set = |term: usize, first: usize, numbers: &[f32]| {
            for (at, &[ratio, weight]) in (first..free).zip(numbers.as_chunks::<EACH>().0) {
                (ratios[(at, term)], weights[(at, term)]) = (ratio, weight);
            }
        };
        let values = tables.singles(&tables.values);
        for (term, &row) in single.iter().enumerate() {
            let row = values.get(row * width..(row + 1) * width)?;
            set(term, 0, &row[width - EACH * free..]);
        }
        for (term, &(_, [ratio, weight, number])) in (single.len()..).zip(&pairs) {
            set(term, 0, &[ratio, weight]);
            set(term, 1, tables.others_of(number.to_bits()));
        }
        let words = single.iter().map(|&row| words[row].clone()).collect();
        let pairs = pairs.into_iter().map(|(pair, _)| pair).collect();
        let weights = TermWeights {
            scale: stored.scale,
            ratios,
            weights,
        };
        Some((Terms::stored(words, pairs)?, weights))
    }
}
