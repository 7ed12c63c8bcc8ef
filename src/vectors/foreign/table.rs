//! Words and their rows, as files have them, and what is left out of them.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Checked, Cleaned, Trouble};
use crate::error::Result;
use crate::vectors::WordVectors;
use crate::vectors::subwords::Subwords;

/// Words, and their rows one after the other.
#[derive(Debug, Default, PartialEq)]
pub(in crate::vectors) struct Table {
    pub(in crate::vectors) words: Vec<String>,
    pub(in crate::vectors) rows: Vec<f32>,
    pub(in crate::vectors) dims: usize,
    /// How often each word stood in the text, where the file says it.
    pub(in crate::vectors) counts: Option<Vec<u64>>,
    /// The vectors of n-grams, where there are any.
    pub(in crate::vectors) subwords: Option<Subwords>,
    /// What the reader left out, in words.
    pub(in crate::vectors) notes: Vec<String>,
}

impl Table {
    /// An empty table, with room for so many words where the size of the file
    /// vouches for them. Otherwise room is made row by row.
    ///
    /// # Errors
    /// [`Trouble::Reading`] when the memory is not to be had: a file with holes may
    /// be larger than any memory.
    pub(super) fn with_room(dims: usize, words: Option<usize>) -> Checked<Self> {
        let mut table = Self {
            dims,
            ..Self::default()
        };
        if let Some(words) = words {
            let reserved = (table.words.try_reserve_exact(words))
                .and_then(|()| table.rows.try_reserve_exact(words * dims));
            reserved.map_err(std::io::Error::from)?;
        }
        Ok(table)
    }

    /// The vectors, and what the reader left out.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::error::Error::Setting), which the readers' own
    /// checks make unreachable.
    pub(in crate::vectors) fn into_vectors(self, notes: &mut Vec<String>) -> Result<WordVectors> {
        notes.extend(self.notes);
        let mut vectors = WordVectors::new(self.words, self.rows, self.dims)?;
        if let Some(counts) = self.counts {
            vectors = vectors.with_counts(counts);
        }
        match self.subwords {
            Some(subwords) => vectors.with_subwords(subwords),
            None => Ok(vectors),
        }
    }

    /// Leaves out the rows with values that are not finite, or finds the first
    /// such value: its place among all.
    pub(super) fn each_value_finite(
        &mut self,
        cleaned: &mut Option<Cleaned>,
    ) -> std::result::Result<(), usize> {
        let Some(bad) = self.rows.iter().position(|value| !value.is_finite()) else {
            return Ok(());
        };
        let Some(cleaned) = cleaned else {
            return Err(bad);
        };
        let finite: Vec<bool> = self
            .rows
            .chunks_exact(self.dims)
            .map(|row| row.iter().all(|value| value.is_finite()))
            .collect();
        cleaned.not_finite += self.keep(&finite);
        Ok(())
    }

    /// Leaves out the words that were there before, or explains the first of
    /// them; `(what, first)` is what its row is called, and the number of the first.
    /// With no word left, there is nothing to read.
    pub(super) fn each_word_once(
        mut self,
        (what, first): (&str, usize),
        cleaned: &mut Option<Cleaned>,
    ) -> Checked<Self> {
        match cleaned {
            Some(cleaned) => {
                let mut seen = FxHashSet::default();
                let new: Vec<bool> = self.words.iter().map(|word| seen.insert(word)).collect();
                drop(seen);
                cleaned.twice += self.keep(&new);
            }
            None => {
                let mut seen = FxHashMap::default();
                for (row, word) in self.words.iter().enumerate() {
                    if let Some(before) = seen.insert(word.as_str(), row) {
                        return Err(Trouble::Flaw {
                            line: (what == "line").then_some((row + first) as u64),
                            byte: None,
                            found: format!("{word:?} twice, first as {what} {}", before + first),
                            expected: "each word once".to_owned(),
                        });
                    }
                }
            }
        }
        if self.words.is_empty() {
            return Err(Trouble::whole(
                "no row that makes sense",
                "words and their vectors",
            ));
        }
        Ok(self)
    }

    /// Keeps some of the words, and says how many go.
    pub(super) fn keep(&mut self, kept: &[bool]) -> u64 {
        let all = self.words.len();
        let dims = self.dims;
        let mut to = 0;
        for (row, _) in kept.iter().enumerate().filter(|(_, kept)| **kept) {
            if row > to {
                self.words.swap(row, to);
                self.rows
                    .copy_within(row * dims..(row + 1) * dims, to * dims);
                if let Some(counts) = &mut self.counts {
                    counts.swap(row, to);
                }
            }
            to += 1;
        }
        self.words.truncate(to);
        self.rows.truncate(to * dims);
        if let Some(counts) = &mut self.counts {
            counts.truncate(to);
        }
        (all - to) as u64
    }
}
