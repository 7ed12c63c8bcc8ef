//! From a text to its words and pairs, each with how often it stands there.
//!
//! What [`Scorer`](crate::polarity::Scorer) and
//! [`SentenceEncoder`](crate::sentence::SentenceEncoder) do, in one pass and without
//! memory of its own for a text. Two things make it fast: words are looked up in any
//! case as they stand, and negation is looked for in the sentences that have a word
//! which can negate, and in the question before. Texts with scripts where units
//! overlap go the way that all texts go elsewhere.

use super::Folded;
use super::pairs::Pairs;
use super::words::{Sought, Words};
use crate::polarity::places;
use crate::text::clauses::Break;
use crate::text::tokenizer::{spans, word_at};
use crate::text::units::is_overlapping;

/// This word is left out.
pub(super) const STOP: u8 = 1;
/// Negation can begin with this word.
pub(super) const NEGATES: u8 = 2;
/// This is a word that opinions are made of.
pub(super) const OPINION: u8 = 4;

/// This is a seed word of praise.
pub(super) const PRAISE: u8 = 8;
/// This is one of blame, whatever else it is.
pub(super) const BLAME: u8 = 16;
/// What is known of negation says nothing of this word.
pub(super) const PLAIN: u8 = 32;

/// The half of a number that says how often.
const TIMES: u64 = 0xffff_ffff;
/// The row of a word, or the place of a pair, that is not in the table.
pub(super) const UNKNOWN: u32 = u32::MAX;
/// One that may be further on.
pub(super) const SEARCH: u32 = u32::MAX - 1;

/// A word of a text.
#[derive(Debug, Clone, Copy)]
struct Word {
    start: usize,
    end: usize,
    row: u32,
    after: Break,
}

/// A text as the answer needs it; memory that is used for one text after another.
///
/// What is looked up lies anywhere in the tables, and memory answers many questions at
/// a time as long as none waits for the answer of another. So the first entry that may
/// be the right one is taken for every word, and for every pair, before any of them is
/// looked at; where it is another, a second round searches on.
#[derive(Debug, Clone, Default)]
pub(super) struct Text {
    words: Vec<Word>,
    sought: Vec<Sought>,
    /// Where in a table to look.
    ranges: Vec<(u32, u32)>,
    /// Where to look for pairs, and for what.
    mixed: Vec<(u32, u32)>,
    /// The places of words that can negate.
    negates: Vec<usize>,
    negated: Vec<bool>,
    neighbours: Vec<Neighbours>,
    /// For each row the number of the last text with it, and how often it has it.
    seen: Vec<u64>,
    number: u64,
    /// The rows of the different words.
    pub(super) rows: Vec<u32>,
    /// The places of the different pairs.
    pub(super) pairs: Counts,
    /// The rows of words that negation turns, as often as it does.
    pub(super) turned_words: Vec<u32>,
    /// And the places of pairs.
    pub(super) turned_pairs: Vec<u32>,
    /// Words that have a row.
    pub(super) known: usize,
    /// Words, stop words left out.
    pub(super) tokens: usize,
}

/// Two neighbouring words, by their places in the text.
#[derive(Debug, Clone, Copy)]
struct Neighbours {
    first: u32,
    second: u32,
    /// The pair's place, or what is above all.
    place: u32,
}

/// How often each of some numbers was met.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    /// The numbers, in the order in which they were met first.
    pub(super) different: Vec<u32>,
    /// Numbers and their counts by a hash of theirs; a count of 0 is a free slot.
    slots: Vec<(u32, u32)>,
}

impl Counts {
    /// Forgets what was met, and makes room for so many.
    fn begin(&mut self, most: usize) {
        self.different.clear();
        let slots = (2 * most).next_power_of_two();
        self.slots.clear();
        self.slots.resize(slots, (0, 0));
    }

    fn slot(&self, number: u32) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = (number.wrapping_mul(0x9e37_79b9) >> 7) as usize & mask;
        while self.slots[at].1 > 0 && self.slots[at].0 != number {
            at = (at + 1) & mask;
        }
        at
    }

    fn add(&mut self, number: u32) {
        let at = self.slot(number);
        if self.slots[at].1 == 0 {
            self.different.push(number);
        }
        self.slots[at] = (number, self.slots[at].1.saturating_add(1));
    }

    /// How often a number was met.
    pub(super) fn times(&self, number: u32) -> f64 {
        f64::from(self.slots[self.slot(number)].1)
    }
}

impl Text {
    /// How often the text has a word.
    pub(super) fn times(&self, row: u32) -> f64 {
        let seen = self.seen.get(row as usize).copied().unwrap_or(0);
        (seen & TIMES) as f64
    }

    fn begin(&mut self, rows: usize) {
        self.seen.resize(rows, 0);
        self.number += 1;
        self.rows.clear();
        self.turned_words.clear();
        self.turned_pairs.clear();
        self.words.clear();
        self.negates.clear();
        self.pairs.begin(0);
        (self.known, self.tokens) = (0, 0);
    }

    #[inline]
    fn add(&mut self, row: u32) {
        let mark = self.number << 32;
        let Some(seen) = self.seen.get_mut(row as usize) else {
            return;
        };
        if *seen & !TIMES == mark {
            *seen += 1;
        } else {
            *seen = mark | 1;
            self.rows.push(row);
        }
    }

    /// Reads a text.
    pub(super) fn read(&mut self, folded: &Folded, text: &str) {
        let (words, pairs) = (folded.words(), folded.pairs());
        self.begin(words.len());
        if !self.cut(words, text) {
            return self.read_overlapping(folded, text);
        }
        self.find(folded, words, text);
        if folded.has_direction() {
            self.negate(folded, text);
            self.pair(folded.flags(), pairs);
        }
    }

    /// Cuts the text into words, each with a first look into the table; or says that
    /// this is no text for that.
    fn cut(&mut self, table: Words<'_>, text: &str) -> bool {
        let bytes = text.as_bytes();
        let plain = text.is_ascii();
        let (words, sought, ranges) = (&mut self.words, &mut self.sought, &mut self.ranges);
        sought.clear();
        ranges.clear();
        spans(text).for_each(|span| {
            let one = match plain || bytes[span.clone()].is_ascii() {
                true => Sought::of_ascii(bytes, span.clone()),
                false => Sought::default(),
            };
            words.push(Word {
                start: span.start,
                end: span.end,
                row: UNKNOWN,
                after: Break::None,
            });
            sought.push(one);
        });
        // Short rounds: in each, many words wait for memory at the same time.
        ranges.extend(sought.iter().map(|&one| (table.bucket(one), 0)));
        for range in ranges.iter_mut() {
            *range = table.range(range.0);
        }
        for ((word, &sought), &range) in words.iter_mut().zip(sought.iter()).zip(ranges.iter()) {
            word.row = table.first(range, sought);
        }
        if plain {
            return true;
        }
        for word in words.iter_mut() {
            let span = word.start..word.end;
            if !bytes[span.clone()].is_ascii() {
                if is_overlapping(&text[span.clone()]) {
                    return false;
                }
                let found = table.find(word_at(text, span).as_bytes());
                word.row = found.unwrap_or(UNKNOWN);
            }
        }
        true
    }

    /// Searches on for the words that were not found at once, leaves stop words out,
    /// and notes what stands between words.
    fn find(&mut self, folded: &Folded, table: Words<'_>, text: &str) {
        let bytes = text.as_bytes();
        let flags = folded.flags();
        let stops = folded.tokenizer.stop_words();
        let ask = !stops.is_empty() || !folded.unknown_negators.is_empty();
        let mut words = std::mem::take(&mut self.words);
        // Words that stay, those before `kept`.
        let mut kept = 0usize;
        for at in 0..words.len() {
            let mut word = words[at];
            if word.row == SEARCH {
                let span = word.start..word.end;
                let sought = Sought::of_ascii(bytes, span.clone());
                let range = table.range(table.bucket(sought));
                let found = table.search(range, sought, &bytes[span]);
                word.row = found.unwrap_or(UNKNOWN);
            }
            let flag = match word.row {
                UNKNOWN if ask => {
                    let word = word_at(text, word.start..word.end);
                    match stops.contains(&word) {
                        true => STOP,
                        false if folded.unknown_negators.contains(&*word) => NEGATES,
                        false => 0,
                    }
                }
                UNKNOWN => 0,
                row => flags.get(row as usize).copied().unwrap_or(0),
            };
            if flag & STOP != 0 {
                continue;
            }
            if let Some(last) = kept.checked_sub(1) {
                words[last].after = gap(text, words[last].end, word.start);
            }
            if flag & NEGATES != 0 {
                self.negates.push(kept);
            }
            if word.row != UNKNOWN {
                self.known += 1;
                self.add(word.row);
            }
            words[kept] = word;
            kept += 1;
        }
        words.truncate(kept);
        if let Some(last) = words.last_mut() {
            last.after = gap(text, last.end, text.len());
        }
        self.words = words;
        self.tokens = kept;
    }

    /// Says which words are negated, in the sentences where any may be.
    fn negate(&mut self, folded: &Folded, text: &str) {
        self.negated.clear();
        if self.negates.is_empty() {
            return;
        }
        self.negated.resize(self.words.len(), false);
        let (flags, negation) = (folded.flags(), folded.negation());
        let ends = |word: &Word| word.after.ends_sentence();
        let mut done = 0;
        for &at in &self.negates {
            if at < done {
                continue;
            }
            let start_before = |at: usize| {
                self.words[..at]
                    .iter()
                    .rposition(ends)
                    .map_or(0, |end| end + 1)
            };
            let mut start = start_before(at);
            let end = self.words[at..].iter().position(ends);
            let end = end.map_or(self.words.len(), |end| at + end + 1);
            done = end;
            if start > 0 && self.words[start - 1].after == Break::Question {
                start = start_before(start - 1);
            }
            let part = &self.words[start..end];
            let words: Vec<_> = part
                .iter()
                .map(|word| word_at(text, word.start..word.end))
                .collect();
            let breaks: Vec<Break> = part.iter().map(|word| word.after).collect();
            let is_plain = |word: &Word| {
                let flags = flags.get(word.row as usize);
                flags.is_some_and(|flags| flags & PLAIN != 0)
            };
            let plain: Vec<bool> = part.iter().map(is_plain).collect();
            let mut negated = Vec::new();
            negation.scopes_of(&words, &plain, &breaks, &mut negated);
            for (all, one) in self.negated[start..end].iter_mut().zip(negated) {
                *all |= one;
            }
        }
    }

    /// Counts pairs, and what is turned.
    fn pair(&mut self, flags: &[u8], table: Pairs<'_>) {
        self.neighbours.clear();
        let mut first = usize::MAX;
        for (second, word) in self.words.iter().enumerate() {
            if word.row != UNKNOWN {
                if first != usize::MAX {
                    self.neighbours.push(Neighbours {
                        first: first as u32,
                        second: second as u32,
                        place: UNKNOWN,
                    });
                }
                first = second;
            }
            if !word.after.joins() {
                first = usize::MAX;
            }
        }
        self.seek_pairs(table);
        let any = self.negated.len() == self.words.len();
        let opinion = |row: u32| {
            flags
                .get(row as usize)
                .is_some_and(|flags| flags & OPINION != 0)
        };
        if any {
            let negated = self.words.iter().zip(&self.negated);
            let rows = negated
                .filter(|(_, negated)| **negated)
                .map(|(word, _)| word.row);
            self.turned_words.extend(rows.filter(|&row| opinion(row)));
        }
        self.pairs.begin(self.neighbours.len());
        for pair in &self.neighbours {
            let [first, second] = [pair.first, pair.second].map(|at| at as usize);
            let place = match pair.place {
                UNKNOWN => continue,
                SEARCH => match table.find(self.words[first].row, self.words[second].row) {
                    Some(place) => place,
                    None => continue,
                },
                place => place,
            };
            self.pairs.add(place);
            if any
                && self.negated[first]
                && self.negated[second]
                && (opinion(self.words[first].row) || opinion(self.words[second].row))
            {
                self.turned_pairs.push(place);
            }
        }
        self.negated.clear();
    }

    /// Looks for the pairs of neighbours for the first time, in short rounds as
    /// [`cut`](Self::cut) does for words.
    fn seek_pairs(&mut self, table: Pairs<'_>) {
        let row = |at: u32| self.words.get(at as usize).map_or(UNKNOWN, |word| word.row);
        self.mixed.clear();
        let pairs = self.neighbours.iter();
        self.mixed
            .extend(pairs.map(|pair| table.sought(row(pair.first), row(pair.second))));
        self.ranges.clear();
        self.ranges
            .extend(self.mixed.iter().map(|&(bucket, _)| table.range(bucket)));
        let ranges = self.ranges.iter().zip(&self.mixed);
        for (pair, (&range, &(_, rest))) in self.neighbours.iter_mut().zip(ranges) {
            pair.place = table.first(range, rest);
        }
    }

    /// Reads a text of any kind.
    fn read_overlapping(&mut self, folded: &Folded, text: &str) {
        let (words, pairs, flags) = (folded.words(), folded.pairs(), folded.flags());
        let tokens: Vec<_> = folded.tokenizer.tokens(text).collect();
        self.tokens = tokens.len();
        let row = |word: &str| words.find(word.as_bytes());
        for token in &tokens {
            if let Some(row) = row(&token.word) {
                self.known += 1;
                self.add(row);
            }
        }
        if !folded.has_direction() {
            return;
        }
        let first_pair = words.len() as u32;
        let found = places(
            text,
            &tokens,
            folded.negation(),
            row,
            |first, second| pairs.find(first, second).map(|pair| first_pair + pair),
            |row| {
                flags
                    .get(row as usize)
                    .is_some_and(|flags| flags & OPINION != 0)
            },
        );
        self.pairs.begin(found.len());
        for place in found {
            let feature = place.feature as u32;
            match feature.checked_sub(first_pair) {
                Some(pair) => {
                    self.pairs.add(pair);
                    self.turned_pairs.extend(place.turned.then_some(pair));
                }
                None => self.turned_words.extend(place.turned.then_some(feature)),
            }
        }
    }
}

/// What stands between two words.
#[inline]
fn gap(text: &str, start: usize, end: usize) -> Break {
    match text.as_bytes().get(start..end) {
        Some(b" ") => Break::None,
        _ => Break::of(text.get(start..end).unwrap_or("")),
    }
}
