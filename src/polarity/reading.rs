//! Reads texts, for the induction and the scoring alike.

use super::chain::{CLAUSE, Link, SENTENCE, Text};
use crate::text::clauses::Break;
use crate::text::tokenizer::Token;
use crate::text::units::Script;

/// What is read of a text. One serves for many texts, one after the other.
#[derive(Debug, Default)]
pub(super) struct Reading {
    ids: Vec<u32>,
    links: Vec<Link>,
    units: Vec<Unit>,
    /// Where the last word between spaces ends.
    reached: usize,
}

/// Where a known word stands, or a mark.
#[derive(Debug, Clone, Copy, Default)]
struct Unit {
    /// Its place among the tokens.
    token: usize,
    start: usize,
    /// Where the word ends that it is a part of; else its own end.
    reach: usize,
    /// Its length in bytes.
    length: usize,
    /// A character within a run of a script without spaces.
    inner: bool,
    /// A word of such a script.
    unspaced: bool,
}

impl Reading {
    /// Reads a text. `breaks` holds what stands after each token, `row` the row of
    /// a known word.
    pub(super) fn read(
        &mut self,
        tokens: &[Token<'_>],
        breaks: impl Iterator<Item = Break>,
        row: impl Fn(&str) -> Option<u32>,
    ) {
        self.ids.clear();
        self.links.clear();
        self.units.clear();
        self.reached = 0;
        for ((at, token), after) in tokens.iter().enumerate().zip(breaks) {
            let unit = self.unit(tokens, at);
            if let Some(row) = row(&token.word) {
                self.insert(row, unit);
            }
            match after {
                Break::None => {}
                Break::Clause => self.mark(CLAUSE),
                Break::Sentence | Break::Question => self.mark(SENTENCE),
            }
        }
        self.link();
    }

    /// What was read.
    pub(super) fn text(&self) -> Text<'_> {
        Text::new(&self.ids, &self.links)
    }

    /// The place among the tokens of the word at `at`.
    pub(super) fn token(&self, at: usize) -> usize {
        self.units[at].token
    }

    fn unit(&mut self, tokens: &[Token<'_>], at: usize) -> Unit {
        let span = &tokens[at].span;
        let first = tokens[at].word.chars().next();
        let unspaced = first.and_then(Script::of).is_some();
        if !unspaced {
            self.reached = self.reached.max(span.end);
        }
        let within = |other: &Token<'_>| {
            other.span.start <= span.start && span.end <= other.span.end && other.span != *span
        };
        let inner = unspaced
            && (tokens.get(at + 1).is_some_and(within)
                || at > 0 && tokens.get(at - 1).is_some_and(within));
        Unit {
            token: at,
            start: span.start,
            reach: if unspaced { span.end } else { self.reached },
            length: span.len(),
            inner,
            unspaced,
        }
    }

    /// Adds a word, before shorter ones that begin where it does.
    fn insert(&mut self, row: u32, unit: Unit) {
        let shorter = |(other, id): &(&Unit, &u32)| {
            **id < CLAUSE && other.start == unit.start && other.length < unit.length
        };
        let last = self.units.iter().zip(&self.ids).rev();
        let place = self.ids.len() - last.take_while(shorter).count();
        self.ids.insert(place, row);
        self.units.insert(place, unit);
    }

    /// Adds a mark. The stronger of two that meet stays; before the first word
    /// there is none.
    fn mark(&mut self, mark: u32) {
        match self.ids.last_mut() {
            Some(last) if *last >= CLAUSE => *last = mark.max(*last),
            Some(_) => {
                self.ids.push(mark);
                self.units.push(Unit::default());
            }
            None => {}
        }
    }

    fn link(&mut self) {
        self.links.resize(self.ids.len(), Link::default());
        for at in 0..self.ids.len() {
            if self.ids[at] >= CLAUSE {
                continue;
            }
            let unit = self.units[at];
            let part = at > 0 && self.ids[at - 1] < CLAUSE && unit.shares(self.units[at - 1]);
            let rest = self.ids[at + 1..].iter().zip(&self.units[at + 1..]);
            let after = rest
                .take_while(|(id, _)| **id < CLAUSE)
                .position(|(_, other)| other.start >= unit.reach);
            let steps = after.map_or(0, |after| after + 1);
            let pair = !part && !self.units[at + steps].inner;
            self.links[at] = Link::new(steps, pair, part);
        }
    }
}

impl Unit {
    /// Whether both are parts of one word between spaces.
    fn shares(self, other: Self) -> bool {
        !self.unspaced && !other.unspaced && self.reach == other.reach
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::clauses::breaks;
    use crate::text::tokenizer::Tokenizer;

    /// A text as it is read, and what was read.
    struct Read {
        words: Vec<String>,
        spans: Vec<std::ops::Range<usize>>,
        breaks: Vec<Break>,
        reading: Reading,
    }

    impl Read {
        fn word(&self, at: usize) -> &str {
            &self.words[self.reading.token(at)]
        }

        fn pairs(&self) -> Vec<String> {
            let pairs = self.reading.text().pairs();
            pairs
                .map(|(first, second)| format!("{} {}", self.word(first), self.word(second)))
                .collect()
        }

        /// The words that follow a word, where it stands first.
        fn after(&self, word: &str) -> Vec<&str> {
            let text = self.reading.text();
            let is_word = |at: &usize| text.ids()[*at] < CLAUSE && self.word(*at) == word;
            let at = (0..text.ids().len()).find(is_word).unwrap();
            let after = text.all_after(at);
            after.map(|row| self.words[row as usize].as_str()).collect()
        }
    }

    /// Reads a text of which some words are unknown. The row of a word is the place
    /// of the first token that is the same.
    fn read(text: &str, is_known: impl Fn(&str) -> bool) -> Read {
        let tokenizer = Tokenizer::default();
        let tokens: Vec<Token<'_>> = tokenizer.tokens(text).collect();
        let breaks: Vec<Break> = breaks(text, &tokens).collect();
        let words: Vec<String> = tokens.iter().map(|t| t.word.to_string()).collect();
        let mut reading = Reading::default();
        let row = |word: &str| {
            let at = words.iter().position(|one| one == word);
            at.filter(|_| is_known(word)).map(|at| at as u32)
        };
        reading.read(&tokens, breaks.iter().copied(), row);
        let spans = tokens.into_iter().map(|token| token.span).collect();
        Read {
            words,
            spans,
            breaks,
            reading,
        }
    }

    fn pairs(text: &str) -> Vec<String> {
        read(text, |_| true).pairs()
    }

    #[test]
    fn words_between_spaces_follow_each_other() {
        assert_eq!(
            pairs("Very good, a good film"),
            ["very good", "a good", "good film"]
        );
        let known = |word: &str| word != "a";
        assert_eq!(
            read("such a film. A good one", known).pairs(),
            ["such film", "good one"]
        );
        assert_eq!(read("good a, film", known).pairs(), [""; 0]);
    }

    #[test]
    fn chinese_units_are_paired_with_what_begins_where_they_end() {
        assert_eq!(pairs("很好吃"), ["很 好吃"]);
        assert_eq!(pairs("味道不错"), ["味道 不错", "味 道不", "道 不错"]);
        assert_eq!(pairs("不好，好吃"), [""; 0]);
        // A character that stands alone is a word, as in the other script.
        assert_eq!(pairs("用 app 好"), ["用 app", "app 好"]);
        assert_eq!(read("很好吃", |_| true).after("很"), ["好吃"]);
        // Where the pair is unknown nothing else takes its place.
        let read = read("很好吃", |word| word != "好吃");
        assert_eq!(read.pairs(), [""; 0]);
        assert_eq!(read.after("很"), ["好"]);
    }

    #[test]
    fn a_negator_does_not_reach_what_overlaps_with_it() {
        let read = read("不错的味道，好", |_| true);
        let text = read.reading.text();
        let at = (0..text.ids().len())
            .find(|&at| read.word(at) == "不")
            .unwrap();
        let words = |range: std::ops::Range<usize>| -> Vec<&str> {
            range.map(|at| read.word(at)).collect()
        };
        let all = ["错的", "错", "的味", "的", "味道", "味", "道"];
        assert_eq!(words(text.scope(at, 1)), all[..4]);
        assert_eq!(words(text.scope(at, 2)), all);
        assert_eq!(words(text.scope(at, 9)), all);
    }

    #[test]
    fn overlapping_units_are_not_so_many_words() {
        let length = |text| read(text, |_| true).reading.text().length();
        assert_eq!(length("good film. Good"), 3);
        assert_eq!(length("味道很好吃"), 3);
        assert_eq!(length("味道，很好。吃"), 3);
        assert_eq!(length("정말 재미있습니다"), 2);
        assert_eq!(length(""), 0);
    }

    #[test]
    fn parts_of_korean_words_follow_as_one() {
        let text = "너무 재미있습니다 추천";
        let all = ["재미있습니다", "재미있", "재미", "~습니다"];
        let whole = read(text, |_| true);
        assert_eq!(whole.pairs(), ["너무 재미있습니다", "재미있습니다 추천"]);
        assert_eq!(whole.after("너무"), all);
        for part in all {
            assert_eq!(whole.after(part), ["추천"]);
        }
        // The longest part that is known stands for the word.
        let stem = read(text, |word| word != all[0]);
        assert_eq!(stem.pairs(), ["너무 재미있", "재미있 추천"]);
        let ending = read(text, |word| !all[..3].contains(&word));
        assert_eq!(ending.pairs(), ["너무 ~습니다", "~습니다 추천"]);
    }

    #[test]
    fn japanese_runs_follow_each_other() {
        assert_eq!(
            pairs("とても面白い"),
            ["と ても", "ても 面白", "も 面白", "面白 い", "白 い"]
        );
        assert_eq!(pairs("カメラは軽い"), ["カメラ は", "は 軽", "軽 い"]);
    }

    proptest! {
        #[test]
        fn what_follows_begins_where_a_word_ends(
            text in "[不很好吃味道面白いもดี가나다라a-c ,。?]{0,40}",
            unknown in proptest::collection::vec(any::<bool>(), 40),
        ) {
            // Each word is known or not, wherever it stands.
            let is_known = |word: &str| {
                let sum: usize = word.bytes().map(usize::from).sum();
                !unknown[sum % unknown.len()]
            };
            let read = read(&text, is_known);
            let found = read.reading.text();
            let known = read.words.iter().filter(|word| is_known(word)).count();
            prop_assert_eq!(found.words().count(), known);
            prop_assert!(found.length() <= known);
            for at in (0..found.ids().len()).filter(|&at| found.ids()[at] < CLAUSE) {
                let Some(next) = found.after(at) else { continue };
                prop_assert!(found.ids()[at..=next].iter().all(|&id| id < CLAUSE));
                let (first, second) = (read.reading.token(at), read.reading.token(next));
                prop_assert!(read.spans[first].end <= read.spans[second].start);
                let last = (first..second).find(|&at| !read.breaks[at].joins());
                prop_assert_eq!(last, None);
            }
            let sentences: usize = found.sentences().map(|part| part.pairs().count()).sum();
            prop_assert_eq!(sentences, found.pairs().count());
        }

        #[test]
        fn between_spaces_all_neighbours_are_pairs(text in "[a-d ,.]{0,40}") {
            let read = read(&text, |word| word != "a");
            let ids = read.reading.text().ids();
            let words = |at: usize| ids[at] < CLAUSE;
            let expected: Vec<(usize, usize)> = (1..ids.len())
                .filter(|&at| words(at - 1) && words(at))
                .map(|at| (at - 1, at))
                .collect();
            prop_assert_eq!(read.reading.text().pairs().collect::<Vec<_>>(), expected);
            prop_assert_eq!(read.reading.text().length(), read.reading.text().words().count());
        }
    }
}
