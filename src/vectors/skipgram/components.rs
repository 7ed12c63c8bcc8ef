//! The rows that an input vector is made of: a word's own and those of its
//! n-grams.
//!
//! With subwords the input matrix has a row for each word and, after them, one
//! for each bucket into which an n-gram of a word falls; a word's vector is the
//! mean of its own row and its n-grams' (fastText's form of Bojanowski et al. 2017, equation 2). Shards
//! know nothing of that: they train a copy of the mean as they train any row.
//! When the round is merged, what changed in the copy is added to every
//! component, as fastText adds the gradient: n components that all move by a
//! change move their mean by it.
//!
//! A bucket gets a change from every word that shares it, in every shard. They
//! are weighed as the changes of several shards to one row are (see
//! [`merge`](super::merge)), with each word's updates as one of the parts; else a
//! frequent ending would be moved by a hundred words at once, and overshoot.

use super::matrix::Matrix;
use super::merge::{Part, Side};
use super::shard::Shard;
use crate::error::{Error, Result};
use crate::vectors::subwords::{NGrams, Subwords};

/// For a bucket into which no word has fallen.
const NONE: u32 = u32::MAX;

/// The rows of each word.
///
/// Rows of buckets are numbered as the vocabulary, from the most frequent word
/// on, falls into them: those of one word stand together as far as others do not
/// share them. In the order of the hash every row would wait for memory.
pub(super) struct Components {
    ngrams: NGrams,
    words: usize,
    /// The bucket of each row behind those of the words.
    buckets: Vec<u32>,
    /// Where each word's begin in `lists`, and where the last one's end.
    starts: Vec<u32>,
    /// Each word's rows, rising: its own first. A bucket stands as often as
    /// n-grams of the word fall into it.
    lists: Vec<u32>,
}

impl Components {
    /// Those of a vocabulary.
    ///
    /// # Errors
    /// [`Error::Setting`] for a vocabulary of too many n-grams.
    pub(super) fn new(words: &[String], ngrams: NGrams) -> Result<Self> {
        let number = |count: usize| {
            u32::try_from(count).map_err(|_| {
                Error::setting(
                    "--subwords",
                    "more than 2^32 words or n-grams of words",
                    "fewer: a higher --min-count, or a lower --maxn",
                )
            })
        };
        let mut rows = vec![NONE; ngrams.buckets()];
        let mut buckets = Vec::new();
        let mut starts = vec![0];
        let mut lists = Vec::new();
        for (word, text) in words.iter().enumerate() {
            let start = lists.len();
            lists.push(number(word)?);
            for bucket in ngrams.of(text) {
                let row = &mut rows[bucket as usize];
                if *row == NONE {
                    *row = number(words.len() + buckets.len())?;
                    buckets.push(bucket);
                }
                lists.push(*row);
            }
            lists[start..].sort_unstable();
            starts.push(number(lists.len())?);
        }
        Ok(Self {
            ngrams,
            words: words.len(),
            buckets,
            starts,
            lists,
        })
    }

    /// A word's rows.
    fn of(&self, word: u32) -> &[u32] {
        let word = word as usize;
        &self.lists[self.starts[word] as usize..self.starts[word + 1] as usize]
    }

    /// Rows of the matrix.
    fn rows(&self) -> usize {
        self.words + self.buckets.len()
    }

    /// A matrix for words and buckets, filled with random numbers.
    ///
    /// # Errors
    /// [`Error::Setting`] when the memory is not to be had.
    pub(super) fn matrix(&self, dims: usize, lanes: usize, seed: u64) -> Result<Matrix> {
        let too_large = || {
            let (words, buckets) = (self.words, self.ngrams.buckets());
            Error::setting(
                "--subwords",
                format!("{dims} dimensions for {words} words and {buckets} buckets"),
                "a matrix that fits into memory: fewer --buckets, fewer dimensions, or a higher --min-count",
            )
        };
        // A file has rows for all buckets, and is made in memory: better to know
        // now than after hours of training.
        let written = (self.words.checked_add(self.ngrams.buckets()))
            .and_then(|rows| rows.checked_mul(2 * dims))
            .ok_or_else(too_large)?;
        Vec::<f32>::new()
            .try_reserve_exact(written)
            .map_err(|_| too_large())?;
        let mut matrix = Matrix::zeros(self.rows(), dims, lanes).map_err(|_| too_large())?;
        matrix.randomise(seed);
        Ok(matrix)
    }

    /// How often each row is expected to be drawn, when each word is drawn so
    /// often.
    pub(super) fn draws(&self, words: &[f64]) -> Vec<f64> {
        let mut draws = vec![0.0; self.rows()];
        for (word, drawn) in words.iter().enumerate() {
            for &row in self.of(word as u32) {
                draws[row as usize] += drawn;
            }
        }
        draws
    }

    /// Makes copies of words' own rows their vectors.
    pub(super) fn compose(&self, matrix: &Matrix, words: &[u32], copies: &mut Matrix) {
        let stride = copies.stride();
        for (copy, &word) in copies.values_mut().chunks_exact_mut(stride).zip(words) {
            let [_, buckets @ ..] = self.of(word) else {
                continue;
            };
            for &bucket in buckets {
                for (value, component) in copy.iter_mut().zip(matrix.row(bucket)) {
                    *value += component;
                }
            }
            let share = 1.0 / (buckets.len() + 1) as f32;
            for value in copy {
                *value *= share;
            }
        }
    }

    /// Adds what the shards changed in the words' vectors to those of their
    /// components that are in a part of the matrix. Words come shard after
    /// shard, so the result does not depend on the parts.
    pub(super) fn merge(&self, part: &mut Part<'_>, shards: &[Shard], rate: f32) {
        for shard in shards {
            let changed = shard.changed(Side::Input);
            for (&word, &updates) in changed.words.iter().zip(changed.updates) {
                for row in self.within(word, part) {
                    part.count(row, updates, rate);
                }
            }
        }
        for shard in shards {
            let changed = shard.changed(Side::Input);
            let changes = changed.rows.values().chunks_exact(changed.rows.stride());
            for (&word, change) in changed.words.iter().zip(changes) {
                for row in self.within(word, part) {
                    part.add(row, change, rate);
                }
            }
        }
        for shard in shards {
            for &word in shard.changed(Side::Input).words {
                for row in self.within(word, part) {
                    part.forget(row);
                }
            }
        }
    }

    /// The rows of a word that are in a part, each once: moved once, a bucket
    /// that counts twice in the mean moves it twice.
    fn within<'a>(&'a self, word: u32, part: &Part<'_>) -> impl Iterator<Item = u32> + use<'a> {
        let rows = self.of(word);
        let place = |bound: usize| rows.partition_point(|&row| (row as usize) < bound);
        let here = &rows[place(part.range().start)..place(part.range().end)];
        here.chunk_by(|a, b| a == b).map(|same| same[0])
    }

    /// The vectors of all words.
    pub(super) fn vectors(&self, matrix: &Matrix) -> Matrix {
        let words: Vec<u32> = (0..self.words as u32).collect();
        let mut vectors = Matrix::like(matrix);
        vectors.gather(matrix, &words);
        self.compose(matrix, &words, &mut vectors);
        vectors
    }

    /// The vectors of all words, words x dims, and those of n-grams.
    ///
    /// # Errors
    /// [`Error::Setting`] when a value of an n-gram's vector is not finite.
    pub(super) fn finish(&self, matrix: &Matrix, dims: usize) -> Result<(Vec<f32>, Subwords)> {
        let words = self.vectors(matrix).trimmed();
        let numbered = (self.words as u32..).zip(self.buckets.iter().copied());
        let mut numbered: Vec<(u32, u32)> = numbered.collect();
        numbered.sort_unstable_by_key(|&(_, bucket)| bucket);
        let rows: Vec<u32> = numbered.iter().map(|&(row, _)| row).collect();
        let mut copies = Matrix::like(matrix);
        copies.gather(matrix, &rows);
        let buckets = numbered.into_iter().map(|(_, bucket)| bucket).collect();
        let subwords = Subwords::new(self.ngrams, buckets, copies.trimmed(), dims)?;
        Ok((words, subwords))
    }
}

#[cfg(test)]
mod tests {
    use super::super::merge::Merger;
    use super::*;

    const DIMS: usize = 3;
    const LANES: usize = 4;
    const NGRAMS: NGrams = NGrams {
        min_n: 3,
        max_n: 5,
        bucket_bits: 12,
    };

    fn words() -> Vec<String> {
        ["banana", "walking", "walked", "i"]
            .map(str::to_owned)
            .to_vec()
    }

    fn start() -> (Components, Matrix) {
        let components = Components::new(&words(), NGRAMS).unwrap();
        let matrix = components.matrix(DIMS, LANES, 5).unwrap();
        (components, matrix)
    }

    fn composed(components: &Components, matrix: &Matrix) -> Vec<f32> {
        components.finish(matrix, DIMS).unwrap().0
    }

    /// A shard that changed some words' vectors.
    fn shard(words: &[u32], changes: &[f32], updates: &[f32]) -> Shard {
        let changes = Matrix::of(changes, DIMS, LANES);
        let outputs = Matrix::of(&vec![0.0; words.len() * DIMS], DIMS, LANES);
        Shard::trained(words, changes, outputs, updates)
    }

    fn merge(components: &Components, matrix: &mut Matrix, shards: &[Shard], parts: usize) {
        let draws = components.draws(&[1.0; 4]);
        let mut merger = Merger::new(Side::Input, &draws, parts);
        for _ in 0..2 {
            // A second time over the same sums: nothing may be left in them.
            let mut again = matrix.clone();
            for mut part in merger.parts(&mut again) {
                components.merge(&mut part, shards, 0.025);
            }
        }
        for mut part in merger.parts(matrix) {
            components.merge(&mut part, shards, 0.025);
        }
    }

    #[test]
    fn a_vector_is_the_mean_of_its_rows_and_unused_buckets_have_none() {
        let (components, matrix) = start();
        let vectors = composed(&components, &matrix);
        for (word, vector) in vectors.chunks(DIMS).enumerate() {
            let mut rows = vec![word as u32];
            rows.extend(NGRAMS.of(&words()[word]).iter().map(|bucket| {
                let known = components.buckets.iter().position(|known| known == bucket);
                4 + known.unwrap() as u32
            }));
            for (column, value) in vector.iter().enumerate() {
                let sum: f32 = rows.iter().map(|&row| matrix.row(row)[column]).sum();
                assert!((value - sum / rows.len() as f32).abs() < 1e-6);
            }
        }
        let (_, subwords) = components.finish(&matrix, DIMS).unwrap();
        let mut used: Vec<u32> = words().iter().flat_map(|word| NGRAMS.of(word)).collect();
        used.sort_unstable();
        used.dedup();
        assert_eq!(subwords.buckets(), used);
        for (bucket, row) in used.iter().zip(subwords.rows().chunks(DIMS)) {
            let place = components.buckets.iter().position(|known| known == bucket);
            assert_eq!(row, &matrix.row(4 + place.unwrap() as u32)[..DIMS]);
        }
    }

    /// banana has "ana" and "nan" in it, the first twice: its change must arrive
    /// whole all the same.
    #[test]
    fn what_changed_in_a_copy_changes_in_its_mean() {
        let (components, mut matrix) = start();
        let before = composed(&components, &matrix);
        merge(
            &components,
            &mut matrix,
            &[shard(&[0], &[1.0, -2.0, 0.5], &[7.0])],
            1,
        );
        let after = composed(&components, &matrix);
        for (column, change) in [1.0, -2.0, 0.5].into_iter().enumerate() {
            assert!((after[column] - before[column] - change).abs() < 1e-5);
        }
        // Words without a common n-gram stay as they were.
        assert_eq!(after[9..], before[9..]);
    }

    #[test]
    fn words_that_share_n_grams_move_together_and_never_too_far() {
        let moved = |updates: f32| {
            let (components, mut matrix) = start();
            let before = composed(&components, &matrix);
            let change = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];
            let shards = [shard(&[1, 2], &change, &[updates; 2])];
            merge(&components, &mut matrix, &shards, 1);
            composed(&components, &matrix)[3] - before[3]
        };
        // Rarely seen: nearly all common n-grams get both changes.
        let (rare, frequent) = (moved(1.0), moved(1e6));
        assert!(rare > 1.25 && rare < 2.0, "{rare}");
        // Seen so often that both are at their goal: the mean.
        assert!((frequent - 1.0).abs() < 1e-3, "{frequent}");
    }

    #[test]
    fn the_result_does_not_depend_on_the_parts() {
        let merged = |parts| {
            let (components, mut matrix) = start();
            let changes: Vec<f32> = (0..9).map(|i| (i as f32).sin()).collect();
            let shards = [
                shard(&[0, 1, 3], &changes, &[3.0, 500.0, 9.0]),
                shard(&[1, 2, 3], &changes, &[200.0, 5.0, 1.0]),
            ];
            merge(&components, &mut matrix, &shards, parts);
            matrix.trimmed()
        };
        for parts in 2..5 {
            assert_eq!(merged(parts), merged(1), "{parts} parts");
        }
    }

    #[test]
    fn too_many_buckets_for_the_memory_are_an_error() {
        let (components, _) = start();
        let error = components.matrix(usize::MAX / 4096, LANES, 0).unwrap_err();
        assert!(error.to_string().contains("4 words and"), "{error}");
    }
}
