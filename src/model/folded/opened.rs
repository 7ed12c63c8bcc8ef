//! A model of whose file only as much is read as the answers to a few texts depend on.
//!
//! What a text needs is found as it is read: first where its words are looked for, then
//! what is found there, and so on, until nothing is missing. So the time to the first
//! answer does not depend on how large the model is. No byte is used before it is
//! verified (`blocks`); what is not used is not looked at, but in small files.

use std::ops::Range;
use std::path::Path;

use super::ngrams::{INDEX, Rows};
use super::pairs::{ENTRY, LINE, LISTED};
use super::reading::trouble_of;
use super::slots::{BUCKET, Wanted};
use super::text::{Text, UNKNOWN, word};
use super::unfolding::damaged;
use super::words::{Key, SHORT};
use super::{BEFORE, Folded, Scratch};
use crate::error::Result;
use crate::model::Verdict;

/// Bytes of a file that is read whole in any case.
const SMALL: usize = 1 << 20;

impl Folded {
    /// Answers a few texts, as [`classify`](Self::classify) does, and reads no more of the
    /// file than that takes.
    pub(in crate::model) fn answer_few(
        mut self,
        path: &Path,
        texts: &[impl AsRef<str>],
    ) -> Result<FewAnswers> {
        // Small files are soon verified whole. The numbers of others are used as they lie
        // there.
        let small = self.tables.memory.bytes().len() <= SMALL;
        if small || cfg!(target_endian = "big") {
            self.complete(path)?;
        }
        let mut scratch = Scratch::default();
        let mut verdicts = Vec::with_capacity(texts.len());
        for text in texts {
            let text = text.as_ref();
            self.fetch_for(path, text, &mut scratch)?;
            verdicts.push(self.classify(text, &mut scratch));
        }
        Ok(FewAnswers {
            folded: self,
            verdicts,
        })
    }

    /// Has all in memory that a text needs.
    fn fetch_for(&mut self, path: &Path, text: &str, scratch: &mut Scratch) -> Result<()> {
        let mut any = true;
        while any && !self.tables.is_complete {
            scratch.text.read(self, text);
            let Some(needs) = scratch.text.needs(self, text) else {
                return self.complete(path);
            };
            any = false;
            let tables = &mut self.tables;
            for range in needs {
                any |= (tables.blocks.fetch(&mut tables.memory, range))
                    .map_err(|trouble| trouble_of(path, trouble))?;
            }
            if any {
                continue;
            }
            // Only now is it known which words have no row.
            for range in scratch.text.needs_of_ngrams(self) {
                let tables = &mut self.tables;
                any |= (tables.blocks.fetch(&mut tables.memory, range))
                    .map_err(|trouble| trouble_of(path, trouble))?;
            }
        }
        match scratch.text.is_sound(self) {
            true => Ok(()),
            false => Err(damaged(
                path,
                "a value of a word or pair that is no usable number",
            )),
        }
    }
}

/// The answers to a few texts.
#[derive(Debug)]
pub struct FewAnswers {
    folded: Folded,
    verdicts: Vec<Verdict>,
}

impl FewAnswers {
    /// One for each text, in their order.
    pub fn verdicts(&self) -> &[Verdict] {
        &self.verdicts
    }

    /// The answer to a text of which no word is known.
    pub fn unknown(&self) -> Verdict {
        self.folded.unknown(0)
    }

    /// The label names, sorted.
    pub fn labels(&self) -> &[String] {
        self.folded.labels()
    }

    /// The name of a verdict's label, or `undecided`.
    pub fn name(&self, verdict: &Verdict) -> &str {
        self.folded.name(verdict)
    }

    /// Whether unseen words may have vectors.
    pub fn has_subwords(&self) -> bool {
        self.folded.has_subwords()
    }
}

impl Text {
    /// The bytes of the file that the text was seen to need; nothing where that is not
    /// known.
    fn needs(&self, folded: &Folded, text: &str) -> Option<Vec<Range<usize>>> {
        if !self.is_plain {
            return None;
        }
        let (tables, words) = (&folded.tables, folded.words());
        let mut needs = Vec::new();
        let mut need = |table: &Range<usize>, width: usize, row: usize| {
            let place = |row: usize| {
                let behind = row.saturating_mul(width);
                table.start.saturating_add(behind).min(table.end)
            };
            needs.push(place(row)..place(row + 1));
        };
        let mut sought: Vec<Wanted> = Vec::new();
        sought.extend(
            self.keys[..self.sought]
                .iter()
                .map(|&key| words.wanted(key)),
        );
        let mut any_long = false;
        for &span in &self.spans {
            // As they stand: what they are made to may be short and ASCII.
            let raw = &text[span[0] as usize..span[1] as usize];
            if raw.len() > SHORT || !raw.is_ascii() {
                let (wanted, is_long) = words.wanted_word(word(text, span).as_bytes());
                sought.push(wanted);
                any_long |= is_long;
            }
        }
        let mut places = Vec::new();
        for wanted in sought {
            let look = |bucket| need(&tables.word_slots, 4 * BUCKET, bucket);
            (words.slots).walk(wanted, look, |row| places.push(row as usize));
        }
        for row in places {
            need(&tables.keys, size_of::<Key>(), row);
        }
        if any_long {
            need(&tables.long, tables.long.len(), 0);
        }
        for &row in self.rows.iter().filter(|row| **row != UNKNOWN) {
            need(&tables.values, 4 * folded.width(), row as usize);
            need(&tables.flags, 1, row as usize);
        }
        if folded.has_direction() {
            for (ranges, neighbours) in [(&tables.pairs, &self.pairs), (&tables.terms, &self.terms)]
            {
                let pairs = tables.pairs_at(ranges);
                for line in neighbours.lines() {
                    need(&ranges.lines, 4 * LINE * ENTRY, line as usize);
                }
                let mut places = Vec::new();
                for &wanted in neighbours.of_list() {
                    let look = |bucket| need(&ranges.slots, 4 * BUCKET, bucket);
                    (pairs.slots).walk(wanted, look, |place| places.push(place as usize));
                }
                for place in places {
                    need(&ranges.listed, 4 * LISTED, place);
                }
            }
            needs.extend(
                self.numbers_of_terms(folded)
                    .map(|number| tables.place_of_others(number)),
            );
        }
        Some(needs)
    }

    /// The bytes of the vectors of n-grams that the text was seen to need, and of what
    /// leads to them.
    fn needs_of_ngrams(&self, folded: &Folded) -> Vec<Range<usize>> {
        let mut needs = Vec::new();
        let ranges = folded.tables.subwords.as_ref();
        let Some(((stored, rows), ranges)) = folded.ngrams().zip(ranges) else {
            return needs;
        };
        let mut need = |table: &Range<usize>, width: usize, at: usize| {
            let from = table.start.saturating_add(at.saturating_mul(width));
            needs.push(from.min(table.end)..from.saturating_add(width).min(table.end));
        };
        for bucket in self.unseen.iter().flat_map(|word| stored.ngrams.of(word)) {
            need(&ranges.index, 4 * INDEX, Rows::run(bucket));
            if let Some(place) = rows.place(bucket) {
                need(&ranges.rows, 4 * ranges.width, place);
            }
        }
        needs
    }

    /// Whether the vectors of n-grams that it needs are numbers.
    fn has_sound_ngrams(&self, folded: &Folded) -> bool {
        let Some((stored, rows)) = folded.ngrams() else {
            return true;
        };
        let mut buckets = (self.unseen.iter()).flat_map(|word| stored.ngrams.of(word));
        buckets.all(|bucket| {
            let row = rows.row(bucket).unwrap_or(&[]);
            row.iter().all(|value| value.is_finite())
        })
    }

    /// The numbers of its pairs that have weights of their own.
    fn numbers_of_terms(&self, folded: &Folded) -> impl Iterator<Item = u32> {
        let terms = folded.term_pairs();
        let places = self.terms.counts.different.iter();
        places.map(move |&at| terms.values(at)[2].to_bits())
    }

    /// Whether the values that the text has are numbers to be reckoned with.
    fn is_sound(&self, folded: &Folded) -> bool {
        let (width, idf) = (folded.width(), BEFORE + folded.tables.dims);
        let values = folded.tables.singles(&folded.tables.values);
        let row = |row: u32| values.get(row as usize * width..(row as usize + 1) * width);
        let is_sound = |&at: &u32| {
            row(at).is_none_or(|row| {
                // Those without a vector have no weight.
                let positive = row[0] > 0.0 && row.get(idf).is_none_or(|&idf| idf > 0.0);
                row.iter().all(|value| value.is_finite())
                    && (positive || at as usize >= folded.tables.vectors)
            })
        };
        let tables = [
            (folded.pairs(), &self.pairs),
            (folded.term_pairs(), &self.terms),
        ];
        let mut of_pairs = tables.into_iter().flat_map(|(table, found)| {
            let places = found.counts.different.iter();
            places.flat_map(move |&at| table.values(at))
        });
        self.different.iter().all(is_sound)
            && self.has_sound_ngrams(folded)
            && of_pairs.all(f32::is_finite)
            && (self.numbers_of_terms(folded)).all(|number| folded.tables.are_sound(number))
    }
}
