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
use super::words::Words;
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

/// The half of a number that says how often.
const TIMES: u64 = 0xffff_ffff;
/// The row of a word that is not in the table.
const UNKNOWN: u32 = u32::MAX;

/// A word of a text.
#[derive(Debug, Clone, Copy)]
struct Word {
    start: usize,
    end: usize,
    row: u32,
    after: Break,
}

/// A text as the answer needs it; memory that is used for one text after another.
#[derive(Debug, Clone, Default)]
pub(super) struct Text {
    words: Vec<Word>,
    /// The places of words that can negate.
    negates: Vec<usize>,
    negated: Vec<bool>,
    lowered: Vec<u8>,
    /// The text's number in the high half, how often it has the feature in the low one.
    seen: Vec<u64>,
    number: u64,
    /// The different features: words, then pairs.
    pub(super) features: Vec<u32>,
    /// Those that negation turns, as often as it does.
    pub(super) turned: Vec<u32>,
    /// Words that have a row.
    pub(super) known: usize,
    /// Words, stop words left out.
    pub(super) tokens: usize,
}

impl Text {
    /// How often the text has a feature.
    pub(super) fn times(&self, feature: u32) -> f64 {
        let seen = self.seen.get(feature as usize).copied().unwrap_or(0);
        (seen & TIMES) as f64
    }

    fn begin(&mut self, features: usize) {
        self.seen.resize(features, 0);
        self.number += 1;
        for list in [&mut self.features, &mut self.turned] {
            list.clear();
        }
        self.words.clear();
        self.negates.clear();
        (self.known, self.tokens) = (0, 0);
    }

    #[inline]
    fn add(&mut self, feature: u32, turned: bool) {
        let mark = self.number << 32;
        let Some(seen) = self.seen.get_mut(feature as usize) else {
            return;
        };
        if *seen & !TIMES == mark {
            *seen += 1;
        } else {
            *seen = mark | 1;
            self.features.push(feature);
        }
        if turned {
            self.turned.push(feature);
        }
    }

    /// Reads a text.
    pub(super) fn read(&mut self, folded: &Folded, text: &str) {
        let (words, pairs) = (folded.words(), folded.pairs());
        let features = words.keys.len() + pairs.rests.len();
        self.begin(features);
        if !self.cut(folded, words, text) {
            return self.read_overlapping(folded, text, features);
        }
        self.negate(folded, text);
        self.collect(folded.flags(), words.keys.len() as u32, pairs);
    }

    /// Finds the words; says whether this is a text that it can do that for.
    fn cut(&mut self, folded: &Folded, table: Words<'_>, text: &str) -> bool {
        let bytes = text.as_bytes();
        let flags = folded.flags();
        let plain = text.is_ascii();
        let stops = !folded.tokenizer.stop_words().is_empty();
        let mut end = 0;
        for span in spans(text) {
            let ascii = plain || bytes[span.clone()].is_ascii();
            let row = if ascii {
                table.find_ascii(bytes, span.clone(), &mut self.lowered)
            } else if is_overlapping(&text[span.clone()]) {
                return false;
            } else {
                table.find(word_at(text, span.clone()).as_bytes())
            };
            let mut flag = row.map_or(0, |row| flags[row as usize]);
            if row.is_none() && (stops || !folded.unknown_negators.is_empty()) {
                let word = word_at(text, span.clone());
                if stops && folded.tokenizer.stop_words().contains(&word) {
                    flag = STOP;
                } else if folded.unknown_negators.contains(&*word) {
                    flag = NEGATES;
                }
            }
            if flag & STOP != 0 {
                continue;
            }
            if let Some(last) = self.words.last_mut() {
                last.after = gap(text, end, span.start);
            }
            end = span.end;
            if flag & NEGATES != 0 {
                self.negates.push(self.words.len());
            }
            self.known += usize::from(row.is_some());
            self.words.push(Word {
                start: span.start,
                end,
                row: row.unwrap_or(UNKNOWN),
                after: Break::None,
            });
        }
        if let Some(last) = self.words.last_mut() {
            last.after = gap(text, end, text.len());
        }
        self.tokens = self.words.len();
        true
    }

    /// Says which words are negated, in the sentences where any may be.
    fn negate(&mut self, folded: &Folded, text: &str) {
        if self.negates.is_empty() || !folded.has_direction() {
            return;
        }
        self.negated.clear();
        self.negated.resize(self.words.len(), false);
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
            let mut negated = Vec::new();
            folded.negation().scopes(&words, &breaks, &mut negated);
            for (all, one) in self.negated[start..end].iter_mut().zip(negated) {
                *all |= one;
            }
        }
    }

    /// Counts words and pairs.
    fn collect(&mut self, flags: &[u8], first_pair: u32, pairs: Pairs<'_>) {
        let any = !self.negates.is_empty() && self.negated.len() == self.words.len();
        let words = std::mem::take(&mut self.words);
        let mut before: Option<usize> = None;
        for (at, word) in words.iter().enumerate() {
            if word.row != UNKNOWN {
                let negated = any && self.negated[at];
                let turned = negated && flags[word.row as usize] & OPINION != 0;
                self.add(word.row, turned);
                if let Some(from) = before
                    && let Some(pair) = pairs.find(words[from].row, word.row)
                {
                    let both = negated && self.negated[from];
                    let opinion = |row: u32| flags[row as usize] & OPINION != 0;
                    let turned = both && (turned || opinion(words[from].row));
                    self.add(first_pair + pair, turned);
                }
                before = Some(at);
            }
            if !word.after.joins() {
                before = None;
            }
        }
        self.words = words;
        if any {
            self.negated.clear();
        }
    }

    /// Reads a text of any kind.
    fn read_overlapping(&mut self, folded: &Folded, text: &str, features: usize) {
        self.begin(features);
        let (words, pairs, flags) = (folded.words(), folded.pairs(), folded.flags());
        let tokens: Vec<_> = folded.tokenizer.tokens(text).collect();
        self.tokens = tokens.len();
        let row = |word: &str| words.find(word.as_bytes());
        self.known = tokens
            .iter()
            .filter(|token| row(&token.word).is_some())
            .count();
        let first_pair = words.keys.len() as u32;
        if !folded.has_direction() {
            for row in tokens.iter().filter_map(|token| row(&token.word)) {
                self.add(row, false);
            }
            return;
        }
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
        for place in found {
            self.add(place.feature as u32, place.turned);
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
