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
//! The formula is our own. Tried on English Wikipedia text with eight shards:
//! adding the changes diverges, and their mean (tried with larger shards) loses
//! nearly half of the analogies; this comes close to one shard after the other.

use rayon::ThreadPool;
use rayon::prelude::*;

use super::matrix::Matrix;
use super::shard::Shard;
use super::sigmoid::exp;

/// c by step size. Chosen on English Wikipedia text.
const CLOSED_BY_STEP: f32 = 0.15;

/// Which of the two matrices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Input,
    Output,
}

/// Sums over the shards of a round, for each word of the vocabulary.
pub(super) struct Merger {
    /// M, and the sum of (1 - e^(-c m)).
    sums: Vec<(f32, f32)>,
}

impl Merger {
    pub(super) fn new(words: usize) -> Self {
        Self {
            sums: vec![(0.0, 0.0); words],
        }
    }

    /// Adds the shards' changes to a matrix. Every row is worked on by one
    /// thread, shard after shard, so the result does not depend on how many
    /// threads there are.
    pub(super) fn merge(
        &mut self,
        shards: &[Shard],
        side: Side,
        matrix: &mut Matrix,
        stride: usize,
        rate: f32,
        pool: Option<&ThreadPool>,
    ) {
        let c = CLOSED_BY_STEP * rate;
        for shard in shards {
            for (&word, &updates) in shard
                .changed(side)
                .words
                .iter()
                .zip(shard.changed(side).updates)
            {
                let (all, parts) = &mut self.sums[word as usize];
                *all += updates;
                *parts += closed(c, updates);
            }
        }
        let dims = matrix.dims;
        let sums = &self.sums;
        let merge_rows = |first: usize, values: &mut [f32]| {
            for shard in shards {
                let changed = shard.changed(side);
                for (&word, change) in changed.words.iter().zip(changed.rows.chunks_exact(stride)) {
                    let Some(row) = (word as usize).checked_sub(first) else {
                        continue;
                    };
                    if let Some(row) = values.get_mut(row * dims..(row + 1) * dims) {
                        let (all, parts) = sums[word as usize];
                        let weight = weight(c, all, parts);
                        for (value, change) in row.iter_mut().zip(change) {
                            *value += weight * change;
                        }
                    }
                }
            }
        };
        match pool {
            None => merge_rows(0, &mut matrix.values),
            Some(pool) => {
                let rows = sums.len().div_ceil(pool.current_num_threads());
                pool.install(|| {
                    matrix
                        .values
                        .par_chunks_mut(rows * dims)
                        .enumerate()
                        .for_each(|(part, values)| merge_rows(part * rows, values));
                });
            }
        }
        for shard in shards {
            for &word in shard.changed(side).words {
                self.sums[word as usize] = (0.0, 0.0);
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
        1.0 - exp(-x)
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

    /// Two shards, each over some of three words of two dimensions.
    #[test]
    fn changes_arrive_in_their_rows_with_their_weights() {
        let shard = |words: &[u32], inputs: &[f32], outputs: &[f32], updates: &[f32]| {
            Shard::with_changes(words, 2, inputs, outputs, updates)
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
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(2)
            .build()
            .unwrap();
        for pool in [None, Some(&pool)] {
            let merged = |side| {
                let mut matrix = Matrix::zeros(3, 2).unwrap();
                Merger::new(3).merge(&shards, side, &mut matrix, 2, 0.025, pool);
                matrix.values
            };
            let close = |values: Vec<f32>, expected: [f32; 6]| {
                let far = values
                    .iter()
                    .zip(expected)
                    .any(|(a, b)| (a - b).abs() > 1e-3);
                assert!(!far, "{values:?}, expected {expected:?}");
            };
            // Word 0 was changed a million times by both: the mean. The others
            // by one shard each: whole. Only text words have input rows.
            close(merged(Side::Input), [16.5, 22.0, 5.0, 6.0, 1.0, 2.0]);
            close(merged(Side::Output), [0.0, 6.0, 7.0, 3.0, 0.0, 1.0]);
        }
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
