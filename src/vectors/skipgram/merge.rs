//! Puts what the shards of a round changed back into a matrix.
//!
//! All shards of a round start from the same vectors, so a row that several of
//! them changed has several new values. Adding all their changes is right for a
//! rare word: each shard saw it a few times, and moved it a little. For a word
//! that every shard saw a hundred times it is wrong: each shard moved it all the
//! way to where it wants to be, and the sum overshoots; there the mean is right.
//!
//! Between the two: if every update closes a share c of the distance to the
//! goal, m updates close 1 - e^(-c m) of it. What M = sum m updates in a row
//! would have done is compared with what the shards did in parallel:
//!
//! ```text
//! weight = (1 - e^(-c M)) / sum over shards of (1 - e^(-c m))
//! ```
//!
//! It is 1 for a row that one shard changed, nearly 1 for rare words, and one by
//! the number of shards for frequent ones. c is proportional to the step size.
//! The formula is our own. Tried on English Wikipedia text, with eight shards:
//! adding the changes diverges, and their mean (tried with larger shards) loses
//! nearly half of the analogies; this comes close to one shard after the other.

use super::matrix::Matrix;
use super::shard::Shard;
use super::sigmoid::exp_of;

/// c by step size. Chosen on English Wikipedia text.
const CLOSED_BY_STEP: f32 = 0.15;

/// Which of the two matrices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Input,
    Output,
}

/// What is known of a word while a round is merged.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    /// M, and the sum of (1 - e^(-c m)).
    all: f32,
    parts: f32,
    /// How many changes there are to merge: one a shard that has the row.
    changes: u32,
    /// What their changes count for, once the first of them is merged.
    weight: Option<f32>,
}

/// Merges into one of the matrices.
pub(super) struct Merger {
    side: Side,
    sums: Vec<Sum>,
    /// Where the words of each part begin, and where the last part's end.
    cuts: Vec<usize>,
}

/// Some words' rows and sums: no two parts have any in common, so that each can
/// be worked on by another thread.
pub(super) struct Part<'a> {
    side: Side,
    first: usize,
    rows: &'a mut [f32],
    stride: usize,
    sums: &'a mut [Sum],
}

impl Merger {
    /// For so many parts. As the words come by frequency, parts of equally many
    /// words would be far from equal work; `draws` says how often each word is
    /// expected to be drawn in a round.
    pub(super) fn new(side: Side, draws: &[f64], parts: usize) -> Self {
        let touched = |draws: &f64| 1.0 - (-draws).exp();
        let total: f64 = draws.iter().map(touched).sum();
        let mut cuts = vec![0];
        let mut before = 0.0;
        for (word, draws) in draws.iter().enumerate() {
            if before >= total * cuts.len() as f64 / parts as f64 {
                cuts.push(word);
            }
            before += touched(draws);
        }
        cuts.push(draws.len());
        Self {
            side,
            sums: vec![Sum::default(); draws.len()],
            cuts,
        }
    }

    /// The parts of a matrix, to be merged in any order. Every row is worked on
    /// within one part, shard after shard, so the result does not depend on how
    /// many there are.
    pub(super) fn parts<'a>(&'a mut self, matrix: &'a mut Matrix) -> Vec<Part<'a>> {
        let stride = matrix.stride();
        let (mut rows, mut sums) = (matrix.values_mut(), &mut self.sums[..]);
        let mut parts = Vec::with_capacity(self.cuts.len());
        for cut in self.cuts.windows(2) {
            let words = cut[1] - cut[0];
            let (these, rest) = rows.split_at_mut(words * stride);
            rows = rest;
            let (those, rest) = sums.split_at_mut(words);
            sums = rest;
            parts.push(Part {
                side: self.side,
                first: cut[0],
                rows: these,
                stride,
                sums: those,
            });
        }
        parts
    }
}

impl Part<'_> {
    /// Merges what the shards changed in these rows.
    pub(super) fn merge(&mut self, shards: &[Shard], rate: f32) {
        for shard in shards {
            let changed = shard.changed(self.side);
            for (&word, &updates) in changed.words.iter().zip(changed.updates) {
                self.count(word, updates, rate);
            }
        }
        let c = CLOSED_BY_STEP * rate;
        for shard in shards {
            let changed = shard.changed(self.side);
            let rows = changed.rows.values().chunks_exact(self.stride);
            for (&word, trained) in changed.words.iter().zip(rows) {
                let place = (word as usize).wrapping_sub(self.first);
                if let Some(sum) = self.sums.get_mut(place) {
                    let row = &mut self.rows[place * self.stride..][..self.stride];
                    sum.merge(c, row, trained);
                }
            }
        }
        for shard in shards {
            for &word in shard.changed(self.side).words {
                self.forget(word);
            }
        }
    }
}

/// For changes that arrive one at a time, in any row of the part.
impl Part<'_> {
    /// The matrix that it is a part of.
    pub(super) fn side(&self) -> Side {
        self.side
    }

    /// The rows of the matrix that are in this part.
    pub(super) fn range(&self) -> std::ops::Range<usize> {
        self.first..self.first + self.sums.len()
    }

    /// Counts a change that is to come, of so many updates.
    pub(super) fn count(&mut self, row: u32, updates: f32, rate: f32) {
        if let Some(sum) = self.sums.get_mut((row as usize).wrapping_sub(self.first)) {
            sum.all += updates;
            sum.parts += closed(CLOSED_BY_STEP * rate, updates);
            sum.changes += 1;
        }
    }

    /// Adds a change, with the weight that fits all that were counted.
    pub(super) fn add(&mut self, row: u32, change: &[f32], rate: f32) {
        let place = (row as usize).wrapping_sub(self.first);
        if let Some(sum) = self.sums.get_mut(place) {
            let weight = *sum
                .weight
                .get_or_insert_with(|| weight(CLOSED_BY_STEP * rate, sum.all, sum.parts));
            let row = &mut self.rows[place * self.stride..][..self.stride];
            for (value, change) in row.iter_mut().zip(change) {
                *value += weight * change;
            }
        }
    }

    /// Forgets what was counted.
    pub(super) fn forget(&mut self, row: u32) {
        if let Some(sum) = self.sums.get_mut((row as usize).wrapping_sub(self.first)) {
            *sum = Sum::default();
        }
    }
}

impl Sum {
    /// Merges one shard's row: all of them together add their weighted changes,
    /// row + sum over shards of weight (trained - row).
    fn merge(&mut self, c: f32, row: &mut [f32], trained: &[f32]) {
        if let Some(weight) = self.weight {
            for (value, trained) in row.iter_mut().zip(trained) {
                *value += weight * trained;
            }
            return;
        }
        let weight = weight(c, self.all, self.parts);
        self.weight = Some(weight);
        if self.changes == 1 && weight == 1.0 {
            row.copy_from_slice(trained);
        } else {
            let left = 1.0 - weight * self.changes as f32;
            for (value, trained) in row.iter_mut().zip(trained) {
                *value = left * *value + weight * trained;
            }
        }
    }
}

/// The share of the distance that so many updates close: 1 - e^(-c m), by its
/// series where the difference would cancel.
fn closed(c: f32, updates: f32) -> f32 {
    let x = c * updates;
    if x < 0.02 {
        x * (1.0 - x * (0.5 - x / 6.0))
    } else {
        1.0 - exp_of(-x)
    }
}

fn weight(c: f32, all: f32, parts: f32) -> f32 {
    if parts > 0.0 {
        (closed(c, all) / parts).min(1.0)
    } else {
        // Rows without updates have no change either.
        1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight_of(c: f32, updates: &[f32]) -> f32 {
        let parts = updates.iter().map(|&m| closed(c, m)).sum();
        weight(c, updates.iter().sum(), parts)
    }

    /// What the words' rows were before.
    const START: [[f32; 2]; 3] = [[1.0, -1.0], [0.5, 2.0], [-3.0, 0.0]];

    /// Two shards, each over some of three words of two dimensions.
    #[test]
    fn changes_arrive_in_their_rows_with_their_weights() {
        let shard = |words: &[u32], inputs: &[f32], outputs: &[f32], updates: &[f32]| {
            let matrix = |changes: &[f32]| {
                let started = words.iter().flat_map(|&word| START[word as usize]);
                let trained: Vec<f32> = changes.iter().zip(started).map(|(a, b)| a + b).collect();
                Matrix::of(&trained, 2, 4)
            };
            Shard::trained(words, matrix(inputs), matrix(outputs), updates)
        };
        let shards = [
            shard(
                &[2, 0, 1],
                &[1.0, 2.0, 3.0, 4.0],
                &[0.0, 1.0, 0.0, 2.0, 0.0, 3.0],
                &[1.0, 1e6, 0.0],
            ),
            shard(
                &[0, 1],
                &[30.0, 40.0, 5.0, 6.0],
                &[0.0, 10.0, 7.0, 0.0],
                &[1e6, 1.0],
            ),
        ];
        for parts in 1..=4 {
            let merged = |side| {
                let mut matrix = Matrix::of(START.as_flattened(), 2, 4);
                let mut merger = Merger::new(side, &[9.0, 0.5, 0.5], parts);
                let mut covered = 0;
                for mut part in merger.parts(&mut matrix) {
                    part.merge(&shards, 0.025);
                    covered += part.sums.len();
                }
                assert_eq!(covered, 3);
                assert!(merger.sums.iter().all(|sum| sum.changes == 0));
                matrix.trimmed()
            };
            let close = |values: Vec<f32>, changes: [f32; 6]| {
                let expected = START.as_flattened().iter().zip(changes);
                let far = values
                    .iter()
                    .zip(expected)
                    .any(|(value, (start, change))| (value - start - change).abs() > 1e-3);
                assert!(!far, "{values:?}, expected changes {changes:?}");
            };
            // Word 0 was changed a million times by both: the mean. The others
            // by one shard each: whole. Only text words have input rows.
            close(merged(Side::Input), [16.5, 22.0, 5.0, 6.0, 1.0, 2.0]);
            close(merged(Side::Output), [0.0, 6.0, 7.0, 3.0, 0.0, 1.0]);
        }
    }

    /// Parts of equal work, not of equally many words.
    #[test]
    fn frequent_words_make_smaller_parts() {
        let draws: Vec<f64> = (1..=1000).map(|rank| 100.0 / f64::from(rank)).collect();
        let merger = Merger::new(Side::Input, &draws, 2);
        let [0, cut, 1000] = merger.cuts[..] else {
            panic!("{:?}", merger.cuts)
        };
        assert!((150..300).contains(&cut), "{cut}");
    }

    #[test]
    fn one_shard_counts_whole_rare_words_add_up_frequent_ones_are_averaged() {
        assert_eq!(weight_of(0.003, &[7.0]), 1.0);
        assert!(weight_of(0.003, &[6.0, 6.0]) > 0.98);
        assert!((weight_of(0.003, &[1e5; 4]) - 0.25).abs() < 1e-3);
        assert_eq!(weight_of(0.003, &[0.0, 0.0]), 1.0);
        // Tiny steps do not cancel.
        assert!(weight_of(1.5e-8, &[6.0; 4]) > 0.999);
        // More updates, less weight.
        let weights: Vec<f32> = (0..20)
            .map(|i| weight_of(0.003, &[2f32.powi(i); 4]))
            .collect();
        assert!(
            weights.windows(2).all(|pair| pair[0] >= pair[1]),
            "{weights:?}"
        );
    }
}
