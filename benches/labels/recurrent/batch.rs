//! Texts of a batch, step after step.
//!
//! Texts are put in order of falling length. At each step stand the texts that are
//! still going on, so a step's texts are always the first ones of the step before:
//! nothing is padded, and nothing has to be masked.

use std::cmp::Reverse;
use std::ops::Range;

use rand_xoshiro::Xoshiro256PlusPlus;

use crate::draws::shuffle;

/// Texts of similar length are looked for among so many batches' texts.
const AMONG: usize = 32;

/// Some texts, none of them empty. A place is a word of one of them.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Which texts, longest first.
    pub(crate) rows: Vec<usize>,
    pub(crate) lengths: Vec<usize>,
    /// The word of each place.
    pub(crate) words: Vec<u32>,
    /// For each place, the one that is as far from the text's other end: the
    /// places of the same texts, read backwards.
    pub(crate) mirror: Vec<usize>,
    starts: Vec<usize>,
}

impl Batch {
    pub(crate) fn new(texts: &[Vec<u32>], mut rows: Vec<usize>) -> Self {
        rows.sort_by_key(|&row| Reverse(texts[row].len()));
        let lengths: Vec<usize> = rows.iter().map(|&row| texts[row].len()).collect();
        let mut starts = vec![0];
        let mut words = Vec::new();
        for step in 0..lengths.first().copied().unwrap_or(0) {
            let going_on = rows.iter().take_while(|&&row| texts[row].len() > step);
            words.extend(going_on.map(|&row| texts[row][step]));
            starts.push(words.len());
        }
        let mut mirror = vec![0; words.len()];
        for (text, &length) in lengths.iter().enumerate() {
            for step in 0..length {
                mirror[starts[step] + text] = starts[length - 1 - step] + text;
            }
        }
        Self {
            rows,
            lengths,
            words,
            mirror,
            starts,
        }
    }

    /// The places of each step.
    pub(crate) fn steps(&self) -> impl DoubleEndedIterator<Item = Range<usize>> {
        self.starts.windows(2).map(|ends| ends[0]..ends[1])
    }

    /// The text of each place, by its number in the batch.
    pub(crate) fn texts(&self) -> impl Iterator<Item = usize> {
        self.steps().flat_map(|places| 0..places.len())
    }
}

/// All rows once, in random batches of texts of similar length.
pub(crate) fn shuffled(
    texts: &[Vec<u32>],
    rows: &[usize],
    size: usize,
    random: &mut Xoshiro256PlusPlus,
) -> Vec<Batch> {
    let mut rows = rows.to_vec();
    shuffle(&mut rows, random);
    let mut batches: Vec<Batch> = rows
        .chunks(size * AMONG)
        .flat_map(|some| in_order(texts, some, size))
        .collect();
    shuffle(&mut batches, random);
    batches
}

/// All rows once, in batches by length.
pub(crate) fn in_order(texts: &[Vec<u32>], rows: &[usize], size: usize) -> Vec<Batch> {
    let mut rows = rows.to_vec();
    rows.sort_by_key(|&row| texts[row].len());
    let batches = rows.chunks(size);
    batches
        .map(|some| Batch::new(texts, some.to_vec()))
        .collect()
}
