//! From a text to its words and pairs, each with how often it stands there.
//!
//! What [`Scorer`](crate::polarity::Scorer) and
//! [`SentenceEncoder`](crate::sentence::SentenceEncoder) do, without memory of its own
//! for a text, in short loops over all its words. In each, many words wait for memory at
//! the same time, and no branch depends on which word it is: processors guess branches,
//! and what a word is they guess wrong. Negation is looked for in the sentences that
//! have a word which can negate, and in the question before. Texts with scripts where
//! units overlap go the way that all texts go elsewhere.

use std::borrow::Cow;

use super::Folded;
use super::Negating;
use super::neighbours::{Neighbours, first_of};
use super::slots::Wanted;
use super::words::{Key, SHORT, Words, key_of_ascii};
use crate::classifier::terms::neighbours;
use crate::polarity::places;
use crate::sentence::negation::Number;
use crate::text::clauses::Break;
use crate::text::tokenizer::{spans, word_at};
use crate::text::units::is_overlapping;

/// This word is left out.
pub(super) const STOP: u8 = 1;
/// This word has weights of its own in the classifier.
pub(super) const TERM: u8 = 2;
/// This is a word that opinions are made of.
pub(super) const OPINION: u8 = 4;
/// This is a seed word of praise.
pub(super) const PRAISE: u8 = 8;
/// This is one of blame, whatever else it is.
pub(super) const BLAME: u8 = 16;

/// The last number of a text, after which they begin anew.
const LAST: u64 = 0xffff_ffff;
/// The half of a number that says how often.
const TIMES: u64 = 0xffff_ffff;
/// The row of a word, or the place of a pair, that is not in the table.
pub(super) const UNKNOWN: u32 = u32::MAX;
/// One that may be, though not where it was looked for first.
pub(super) const SEARCH: u32 = u32::MAX - 1;

/// A text as the answer needs it; memory that is used for one text after another. What
/// belongs to a word stands at its place in the text, in one list each.
#[derive(Debug, Clone, Default)]
pub(super) struct Text {
    /// The bytes that each word stands on: from, to.
    pub(super) spans: Vec<[u32; 2]>,
    pub(super) rows: Vec<u32>,
    /// What stands behind each word.
    breaks: Vec<Break>,
    pub(super) keys: Vec<Key>,
    pub(super) wanted: Vec<Wanted>,
    found: Vec<(u32, bool)>,
    /// What has to be looked at again, by its place.
    again: Vec<u32>,
    /// The places of words that can negate.
    negates: Vec<u32>,
    /// Which words are negated; none where it is shorter.
    negated: Vec<bool>,
    /// Of a sentence: what its words are called by the lists of negation, and which are
    /// negated.
    numbers: Vec<Number>,
    in_sentence: Vec<bool>,
    /// For each row the number of the last text with it, and how often it has it.
    seen: Vec<u64>,
    number: u64,
    /// The rows of the different words.
    pub(super) different: Vec<u32>,
    /// The pairs that the direction knows.
    pub(super) pairs: Neighbours,
    /// Those with weights of their own in the classifier.
    pub(super) terms: Neighbours,
    /// The rows of words that negation turns, as often as it does.
    pub(super) turned_words: Vec<u32>,
    /// And the places of pairs.
    pub(super) turned_pairs: Vec<u32>,
    /// Words without a vector, where such may have one by their n-grams.
    pub(super) unseen: Vec<String>,
    /// Words that have a vector in their row.
    pub(super) known: usize,
    /// Words, stop words left out.
    pub(super) tokens: usize,
    /// It went the way of most texts.
    pub(super) is_plain: bool,
    /// How many keys were looked for.
    pub(super) sought: usize,
}

impl Text {
    /// How often the text has a word.
    pub(super) fn times(&self, row: u32) -> f64 {
        let seen = self.seen.get(row as usize).copied().unwrap_or(0);
        (seen & TIMES) as f64
    }

    fn begin(&mut self, rows: usize) {
        // One more stands for all words that have no row.
        if self.seen.len() != rows + 1 || self.number == LAST {
            // Memory that is not touched costs nothing.
            self.seen = vec![0; rows + 1];
            self.number = 0;
        }
        self.number += 1;
        self.different.clear();
        self.turned_words.clear();
        self.turned_pairs.clear();
        self.spans.clear();
        self.rows.clear();
        self.again.clear();
        self.negates.clear();
        self.negated.clear();
        self.unseen.clear();
        self.pairs.begin();
        self.terms.begin();
        (self.known, self.tokens, self.is_plain) = (0, 0, false);
        self.sought = 0;
    }

    /// As if so many texts had been read.
    #[cfg(test)]
    pub(super) fn begin_at(&mut self, number: u64) {
        self.number = number;
    }

    /// Reads a text.
    pub(super) fn read(&mut self, folded: &Folded, text: &str) {
        let words = folded.words();
        self.begin(words.len());
        if u32::try_from(text.len()).is_err() {
            return self.read_overlapping(folded, text);
        }
        self.cut(text);
        self.seek(words, text.as_bytes());
        if !self.find(words, text) {
            return self.read_overlapping(folded, text);
        }
        self.is_plain = true;
        if !folded.tokenizer.stop_words().is_empty() {
            self.leave_out(folded, text);
        }
        self.tokens = self.spans.len();
        self.count(words, folded.tables.vectors);
        if folded.has_subwords() && self.known < self.tokens {
            self.list_unseen(folded.tables.vectors, text);
        }
        if folded.has_direction() {
            self.part(text);
            self.find_negators(folded.negating(), text);
            self.negate(folded.negating(), folded.flags(), text);
            self.pair(folded);
            if folded.terms.is_some() {
                self.terms.adjoin(&self.rows, &self.breaks);
                self.terms.find(&self.rows, folded.term_pairs());
            }
        }
    }

    /// Cuts the text into words.
    fn cut(&mut self, text: &str) {
        let list = &mut self.spans;
        spans(text).for_each(|span| list.push([span.start as u32, span.end as u32]));
    }

    /// Says for what to look, and where.
    fn seek(&mut self, words: Words<'_>, text: &[u8]) {
        let count = self.spans.len();
        self.sought = count;
        let keys = first_of(&mut self.keys, count);
        let wanted = first_of(&mut self.wanted, count);
        // Where the text ends too soon behind a word, it is continued.
        let whole = |span: &[u32; 2]| text.len() - span[0] as usize >= SHORT;
        let inner = self.spans.partition_point(whole);
        let rest = self.spans.get(inner);
        let rest = rest.map_or(text.len(), |span| span[0] as usize);
        let mut end = [0; 2 * SHORT];
        end[..text.len() - rest].copy_from_slice(&text[rest..]);
        for (text, from, range) in [(text, 0, 0..inner), (&end[..], rest, inner..count)] {
            let spans = self.spans[range.clone()].iter().zip(range.clone());
            let outs = keys[range.clone()].iter_mut().zip(&mut wanted[range]);
            for ((&[start, end], at), (key, wanted)) in spans.zip(outs) {
                let Some(sixteen) = text[start as usize - from..].first_chunk() else {
                    continue;
                };
                let plain;
                (*key, plain) = key_of_ascii(sixteen, (end - start) as usize);
                *wanted = words.wanted(*key);
                if !plain {
                    self.again.push(at as u32);
                }
            }
        }
    }

    /// Finds the rows of words; or says that this is no text for that.
    fn find(&mut self, words: Words<'_>, text: &str) -> bool {
        let count = self.spans.len();
        words.slots.touch(&self.wanted[..count]);
        let found = first_of(&mut self.found, count);
        for (found, &wanted) in found.iter_mut().zip(&self.wanted) {
            *found = words.slots.first(wanted);
        }
        words.touch(found);
        let settled = found.iter().zip(&self.keys);
        self.rows
            .extend(settled.map(|(&found, &key)| words.settle(found, key)));
        for &at in &self.again {
            let span = self.spans[at as usize];
            if is_overlapping(&text[span[0] as usize..span[1] as usize]) {
                return false;
            }
            let row = words.find(word(text, span).as_bytes());
            self.rows[at as usize] = row.unwrap_or(UNKNOWN);
        }
        for (row, &key) in self.rows.iter_mut().zip(&self.keys) {
            if *row == SEARCH {
                *row = words.find_key(key).unwrap_or(UNKNOWN);
            }
        }
        true
    }

    /// Leaves stop words out.
    fn leave_out(&mut self, folded: &Folded, text: &str) {
        let (flags, stops) = (folded.flags(), folded.tokenizer.stop_words());
        let stays = |span: &[u32; 2], row: u32| match flags.get(row as usize) {
            Some(flags) => flags & STOP == 0,
            None => !stops.contains(&word(text, *span)),
        };
        let kept = self.spans.iter().zip(&self.rows);
        let kept = kept.filter(|(span, row)| stays(span, **row));
        (self.spans, self.rows) = kept.unzip();
    }

    /// Counts words, of which some have a vector: their rows come first.
    fn count(&mut self, words: Words<'_>, vectors: usize) {
        let none = words.len();
        let mark = self.number << 32;
        let different = first_of(&mut self.different, self.rows.len());
        let seen = first_of(&mut self.seen, none + 1);
        let (mut met, mut known) = (0, 0);
        for &row in &self.rows {
            let row = (row as usize).min(none);
            known += usize::from(row < vectors);
            let before = seen[row];
            let is_first = before & !TIMES != mark;
            seen[row] = if is_first { mark | 1 } else { before + 1 };
            different[met] = row as u32;
            met += usize::from(is_first & (row < none));
        }
        self.different.truncate(met);
        self.known = known;
    }

    /// Lists the words without a vector.
    fn list_unseen(&mut self, vectors: usize, text: &str) {
        let words = self.spans.iter().zip(&self.rows);
        let unseen = words.filter(|(_, row)| **row as usize >= vectors);
        let unseen = unseen.map(|(&span, _)| word(text, span).into_owned());
        self.unseen.extend(unseen);
    }

    /// Notes what stands between words.
    fn part(&mut self, text: &str) {
        self.breaks.clear();
        let gaps = self.spans.windows(2);
        let gaps = gaps.map(|pair| Break::between(text, pair[0][1] as usize, pair[1][0] as usize));
        self.breaks.extend(gaps);
        if let Some(&[_, end]) = self.spans.last() {
            self.breaks
                .push(Break::between(text, end as usize, text.len()));
        }
    }

    /// Notes the words that negation can begin with.
    fn find_negators(&mut self, negating: &Negating, text: &str) {
        let list = first_of(&mut self.negates, self.rows.len());
        let mut met = 0;
        for (&row, at) in self.rows.iter().zip(0u32..) {
            list[met] = at;
            met += usize::from(negating.starts(row));
        }
        self.negates.truncate(met);
        // By their names where they are not known by their rows.
        let by_name = negating.numbers.is_empty();
        if negating.unknown.is_empty() || self.known == self.tokens && !by_name {
            return;
        }
        for (at, (&span, &row)) in self.spans.iter().zip(&self.rows).enumerate() {
            if (row == UNKNOWN || by_name) && negating.unknown.contains(&*word(text, span)) {
                self.negates.push(at as u32);
            }
        }
        if self.negates.len() > met {
            self.negates.sort_unstable();
        }
    }

    /// Says which words are negated, in the sentences where any may be.
    fn negate(&mut self, negating: &Negating, flags: &[u8], text: &str) {
        if self.negates.is_empty() {
            return;
        }
        self.negated.resize(self.spans.len(), false);
        let breaks = &self.breaks;
        let ends = |gap: &Break| gap.ends_sentence();
        let start_before = |at: usize| breaks[..at].iter().rposition(ends).map_or(0, |end| end + 1);
        let mut done = 0;
        for &at in &self.negates {
            let at = at as usize;
            if at < done {
                continue;
            }
            let mut start = start_before(at);
            let end = breaks[at..].iter().position(ends);
            let end = end.map_or(breaks.len(), |end| at + end + 1);
            done = end;
            if start > 0 && breaks[start - 1] == Break::Question {
                start = start_before(start - 1);
            }
            let (spans, rows) = (&self.spans[start..end], &self.rows[start..end]);
            // Only opinions are turned.
            if !rows.iter().any(|&row| is_opinion(flags, row)) {
                continue;
            }
            let numbers = first_of(&mut self.numbers, end - start);
            for (number, (&span, &row)) in numbers.iter_mut().zip(spans.iter().zip(rows)) {
                *number = match negating.numbers.get(row as usize) {
                    Some(number) => *number,
                    None => negating.negation.number(&word(text, span)),
                };
            }
            let mut words = Vec::new();
            // Words that are not ASCII were looked for once more.
            if !self.again.is_empty() {
                words.extend(spans.iter().map(|&span| word(text, span)));
            }
            let (gaps, in_sentence) = (&breaks[start..end], &mut self.in_sentence);
            (negating.negation).scopes_of(&words, numbers, gaps, in_sentence);
            for (all, one) in self.negated[start..end].iter_mut().zip(in_sentence) {
                *all |= *one;
            }
        }
    }

    /// Counts pairs, and what is turned.
    fn pair(&mut self, folded: &Folded) {
        let (flags, vectors) = (folded.flags(), folded.tables.vectors as u32);
        self.pairs.join(&self.rows, &self.breaks, vectors);
        self.pairs.find(&self.rows, folded.pairs());
        if self.negated.is_empty() {
            return;
        }
        let opinion = |row: u32| is_opinion(flags, row);
        let negated = self.rows.iter().zip(&self.negated);
        let rows = negated.filter(|(row, negated)| **negated && opinion(**row));
        self.turned_words.extend(rows.map(|(&row, _)| row));
        for (place, words) in self.pairs.found() {
            if words.iter().all(|&at| self.negated[at])
                && words.iter().any(|&at| opinion(self.rows[at]))
            {
                self.turned_pairs.push(place);
            }
        }
    }

    /// Reads a text of any kind.
    fn read_overlapping(&mut self, folded: &Folded, text: &str) {
        let (words, pairs, flags) = (folded.words(), folded.pairs(), folded.flags());
        let tokens: Vec<_> = folded.tokenizer.tokens(text).collect();
        self.tokens = tokens.len();
        let row = |word: &str| words.find(word.as_bytes());
        self.rows.clear();
        let rows = tokens.iter().map(|token| row(&token.word));
        self.rows.extend(rows.map(|row| row.unwrap_or(UNKNOWN)));
        self.count(words, folded.tables.vectors);
        if folded.has_subwords() {
            let words = tokens.iter().zip(&self.rows);
            let unseen = words.filter(|(_, row)| **row as usize >= folded.tables.vectors);
            let unseen = unseen.map(|(token, _)| token.word.clone().into_owned());
            self.unseen.extend(unseen);
        }
        if !folded.has_direction() {
            return;
        }
        let first_pair = words.len() as u32;
        let with_vector =
            |word: &str| row(word).filter(|row| (*row as usize) < folded.tables.vectors);
        let found = places(
            text,
            &tokens,
            &folded.negating().negation,
            with_vector,
            |first, second| pairs.find(first, second).map(|pair| first_pair + pair),
            |row| is_opinion(flags, row),
        );
        let mut of_pairs = Vec::new();
        for place in found {
            let feature = place.feature as u32;
            let (list, number) = match feature.checked_sub(first_pair) {
                Some(pair) => {
                    of_pairs.push(pair);
                    (&mut self.turned_pairs, pair)
                }
                None => (&mut self.turned_words, feature),
            };
            list.extend(place.turned.then_some(number));
        }
        self.pairs.counts.count(&of_pairs);
        if folded.terms.is_some() {
            let (table, rows) = (folded.term_pairs(), &self.rows);
            let next = neighbours(text, &tokens).into_iter().enumerate();
            let pairs = next.filter_map(|(at, next)| Some((rows[at], rows[next?])));
            let known = pairs.filter(|pair| pair.0 != UNKNOWN && pair.1 != UNKNOWN);
            let found = known.filter_map(|(first, second)| table.find(first, second));
            self.terms.counts.count(&found.collect::<Vec<_>>());
        }
    }
}

/// Whether the word of a row is one that opinions are made of.
fn is_opinion(flags: &[u8], row: u32) -> bool {
    let flags = flags.get(row as usize);
    flags.is_some_and(|flags| flags & OPINION != 0)
}

/// The word on a span of a text.
pub(super) fn word(text: &str, [start, end]: [u32; 2]) -> Cow<'_, str> {
    word_at(text, start as usize..end as usize)
}
