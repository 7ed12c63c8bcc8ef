//! Which words of a text are negated.
//!
//! A negator (not, never, without) turns the words of its scope: those that
//! follow it, up to a break, to a word such as "but", or until three words with
//! a meaning of their own have been met. Copulas, intensifiers and stop words use
//! nothing up: in "not such a very good film", "good" is negated. Beyond that:
//!
//! | rule | example |
//! |---|---|
//! | a verb of opinion passes negation on, whole | I don't think that the end of it is *good* |
//! | two negators cancel, if nothing parts them | never not funny; not without charm |
//! | but after "and", "or", "nor" one starts anew | neither *good* nor *bad*; not *good* and never *fast* |
//! | some phrases turn nothing | not only good; no doubt; if not the best |
//! | some phrases negate without a negator | far from *good*; too slow to *help* |
//! | a negated comparative is the highest degree | it couldn't be better; never a worse film |
//! | some verbs turn what stands before them in their clause, and end it | *재미있지* 않지만 좋다 |
//! | a question that begins with a negated verb expects a yes | isn't it great? |
//! | a negator with nothing to turn, last in its clause, turns what stands before it there | das *gefällt* mir nicht |
//! | or, where its clause has no other words, the clause before | they *call it funny*, but it isn't |
//! | or the question that it answers | *is it good*? Not really. |
//!
//! So no negation crosses the end of a sentence, but for the last. What a
//! language adds to its [`Cues`] stands in a file of this folder; a language
//! without one has the rules that need no list.
//!
//! These are rules of thumb: they know no syntax. "I do not go there for the
//! great food" negates "great".

mod lists;
mod phrases;
mod scan;
#[cfg(test)]
mod tests;

use crate::text::clauses::Break;
use crate::text::cues::Cues;
use lists::Lists;
use scan::Scan;

/// What one language says about negation, ready for use.
#[derive(Debug, Clone, Default)]
pub struct Negation {
    lists: Lists,
}

impl Negation {
    /// The negation of a language. Without negators nothing is ever negated.
    pub fn new(cues: &Cues) -> Self {
        if cues.negators.is_empty() {
            return Self::default();
        }
        Self {
            lists: Lists::new(cues),
        }
    }

    /// The words that are on lists or in phrases, with their numbers, and whether negation
    /// can begin with them: in a sentence without one with which it can no word is
    /// negated, but by an answer that follows the question it is.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = (&str, Number, bool)> {
        self.lists.numbers().map(|(word, number)| {
            let listed = self.lists.at(number);
            (word, number, listed.is_some_and(|one| one.starts()))
        })
    }

    /// The number of a word.
    pub(crate) fn number(&self, word: &str) -> Number {
        self.lists.number(word).unwrap_or(Number::NONE)
    }

    /// Says of each word of a text whether it is negated; a negator never is.
    /// `breaks` holds what stands after each word, and nothing where it is
    /// shorter. What `out` held is replaced.
    ///
    /// ```
    /// use senti::sentence::negation::Negation;
    /// use senti::text::clauses::breaks;
    /// use senti::text::cues::Cues;
    /// use senti::text::Tokenizer;
    ///
    /// let text = "Not very good, great!";
    /// let tokenizer = Tokenizer::default();
    /// let tokens: Vec<_> = tokenizer.tokens(text).collect();
    /// let words: Vec<&str> = tokens.iter().map(|token| &*token.word).collect();
    /// let breaks: Vec<_> = breaks(text, &tokens).collect();
    ///
    /// let negation = Negation::new(&Cues::language("english").unwrap());
    /// let mut negated = Vec::new();
    /// negation.scopes(&words, &breaks, &mut negated);
    /// assert_eq!(negated, [false, true, true, false]);
    /// ```
    pub fn scopes<W: AsRef<str>>(&self, words: &[W], breaks: &[Break], out: &mut Vec<bool>) {
        let numbers: Vec<Number> = words
            .iter()
            .map(|word| self.number(word.as_ref()))
            .collect();
        self.scopes_of(words, &numbers, breaks, out);
    }

    /// The same where the words' numbers are known. Of ASCII no more is needed: `words`
    /// may be none then.
    pub(crate) fn scopes_of<W: AsRef<str>>(
        &self,
        words: &[W],
        numbers: &[Number],
        breaks: &[Break],
        out: &mut Vec<bool>,
    ) {
        out.clear();
        out.resize(numbers.len(), false);
        let is_ascii = |word: &W| word.as_ref().is_ascii();
        // None of them has parts then, and each is as long as any.
        let units = if words.iter().all(is_ascii) {
            &[]
        } else {
            words
        };
        let mut scan = Scan::new(&self.lists, units, numbers, breaks, out);
        for at in 0..numbers.len() {
            scan.step(at);
        }
        scan.finish();
    }
}

/// What a word is called by the lists of a [`Negation`]; of a word that is on none, nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number(u16);

impl Number {
    /// Of a word that is on no list.
    pub(crate) const NONE: Self = Self(u16::MAX);
}

impl Default for Number {
    fn default() -> Self {
        Self::NONE
    }
}
