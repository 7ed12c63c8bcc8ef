//! Phrases of a few words: how they are written in the lists, and where one
//! stands in a text.

use super::Number;
use crate::text::clauses::Break;
use crate::text::units::Script;

/// The most words that a gap of a phrase stands for: the two parts of "can't
/// recommend this hotel enough" are rarely further apart.
const GAP: usize = 3;

/// What a phrase does to the negation around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// A negator in it turns nothing: not only.
    Unnegated,
    /// It turns what follows: far from.
    Negating,
    /// A scope ends before it: but.
    Ending,
}

/// One place in a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Slot {
    /// One of these words.
    OneOf(Vec<Number>),
    /// Up to [`GAP`] words, whichever they are.
    Gap,
    /// What follows is not this word.
    Not(Number),
}

/// A phrase that begins with a certain word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phrase {
    pub(super) effect: Effect,
    /// Whether it has to stand where a clause begins.
    pub(super) opens: bool,
    /// What follows its first word.
    rest: Vec<Slot>,
}

impl Phrase {
    /// The phrases that a line of a list means, each with the words it can begin
    /// with; `more` are the words that `<more>` stands for, and `number` says what a
    /// word is called.
    pub(super) fn read(
        line: &str,
        effect: Effect,
        more: &[String],
        mut number: impl FnMut(&str) -> Number,
    ) -> Vec<(Vec<Number>, Self)> {
        let (opens, line) = match line.strip_prefix('^') {
            Some(line) => (true, line),
            None => (false, line),
        };
        let mut phrases = Vec::new();
        for line in spellings(line.trim()) {
            let slots = line.split_whitespace();
            let mut slots = slots.map(|slot| Slot::read(slot, more, &mut number));
            if let Some(Slot::OneOf(first)) = slots.next() {
                let rest = slots.collect();
                let phrase = Self {
                    effect,
                    opens,
                    rest,
                };
                phrases.push((first, phrase));
            }
        }
        phrases
    }

    /// Where the phrase ends, if the word at `start` begins it. No phrase
    /// reaches across a break.
    pub(super) fn end(&self, words: &[Number], breaks: &[Break], start: usize) -> Option<usize> {
        end(&self.rest, words, breaks, start + 1)
    }
}

impl Slot {
    fn read(slot: &str, more: &[String], number: &mut impl FnMut(&str) -> Number) -> Self {
        if slot == "*" {
            return Self::Gap;
        }
        if let Some(word) = slot.strip_prefix('!') {
            return Self::Not(number(word));
        }
        let mut words = Vec::new();
        for word in slot.split('/') {
            match word {
                "<more>" => words.extend(more.iter().map(|word| number(word))),
                _ => words.push(number(word)),
            }
        }
        Self::OneOf(words)
    }
}

/// Where the slots end when the first stands at `at`, which is never the
/// beginning of the text.
fn end(slots: &[Slot], words: &[Number], breaks: &[Break], at: usize) -> Option<usize> {
    let Some((slot, rest)) = slots.split_first() else {
        return Some(at);
    };
    // Nothing of the phrase stands behind a break.
    let is_open = |at: usize| at < words.len() && breaks.get(at - 1).is_none_or(|b| b.joins());
    let word = words.get(at).filter(|_| is_open(at));
    match slot {
        Slot::Not(other) => match word == Some(other) {
            true => None,
            false => end(rest, words, breaks, at),
        },
        Slot::OneOf(some) => match word {
            Some(word) if some.contains(word) => end(rest, words, breaks, at + 1),
            _ => None,
        },
        Slot::Gap => (at..=at + GAP)
            .take_while(|&at| is_open(at))
            .find_map(|at| end(rest, words, breaks, at)),
    }
}

/// A phrase of a script without spaces, as its characters and with the pairs
/// of neighbours between them, which is how a text of that script may be cut.
fn spellings(line: &str) -> Vec<String> {
    let characters: Vec<char> = line.chars().collect();
    if characters.len() < 2 || !characters.iter().all(|&c| is_unspaced(c)) {
        return vec![line.to_owned()];
    }
    let mut single = String::new();
    let mut paired = String::new();
    for (at, character) in characters.iter().enumerate() {
        if at > 0 {
            single.push(' ');
            paired.extend([' ', characters[at - 1], *character, ' ']);
        }
        single.push(*character);
        paired.push(*character);
    }
    vec![single, paired]
}

/// Whether a character is of a script that is cut into characters and pairs.
pub(super) fn is_unspaced(character: char) -> bool {
    Script::of(character).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many words of the text the phrase takes, from its beginning.
    fn length(phrase: &str, text: &str) -> Option<usize> {
        let words: Vec<&str> = text.split(' ').collect();
        let breaks: Vec<Break> = words
            .iter()
            .map(|word| Break::of(word.get(word.len() - 1..).unwrap_or("")))
            .collect();
        let words: Vec<&str> = words.iter().map(|word| word.trim_matches(',')).collect();
        let more = ["better".to_owned(), "worse".to_owned()];
        let mut known: Vec<String> = Vec::new();
        let mut number = |word: &str| {
            let at = known.iter().position(|known| known == word);
            Number(at.unwrap_or_else(|| {
                known.push(word.to_owned());
                known.len() - 1
            }) as u16)
        };
        let phrases = Phrase::read(phrase, Effect::Unnegated, &more, &mut number);
        let words: Vec<Number> = words.iter().map(|word| number(word)).collect();
        phrases
            .into_iter()
            .filter(|(first, _)| first.contains(&words[0]))
            .find_map(|(_, phrase)| phrase.end(&words, &breaks, 0))
    }

    #[test]
    fn places_alternatives_gaps_and_exceptions() {
        assert_eq!(length("not only/just", "not just good"), Some(2));
        assert_eq!(length("not only/just", "not so good"), None);
        assert_eq!(length("not only/just", "not"), None);
        assert_eq!(length("not only", "not, only good"), None);
        assert_eq!(length("too * to", "too to"), Some(2));
        assert_eq!(length("too * to", "too late by far to help"), Some(5));
        assert_eq!(length("too * to", "too a b c d to help"), None);
        assert_eq!(length("too * to", "too late, to help"), None);
        assert_eq!(length("no <more> !than", "no better film"), Some(2));
        assert_eq!(length("no <more> !than", "no better"), Some(2));
        assert_eq!(length("no <more> !than", "no better, than"), Some(2));
        assert_eq!(length("no <more> !than", "no worse than"), None);
    }

    #[test]
    fn scripts_without_spaces_are_spelled_both_ways() {
        assert_eq!(length("不仅仅", "不 仅 仅 好"), Some(3));
        assert_eq!(length("不仅仅", "不 不仅 仅 仅仅 仅 好"), Some(5));
        assert_eq!(length("不仅仅", "不 好"), None);
    }
}
