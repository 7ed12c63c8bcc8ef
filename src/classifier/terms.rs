//! The words and pairs of words of labelled texts, as features: where labels are
//! thousands each has a weight of its own, whether it has a vector or not.

use std::hash::Hash;
use std::ops::Range;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::text::clauses::Break;
use crate::text::tokenizer::{Token, Tokenizer};

/// Texts that a term stands in, at least. Those of two are half as many again, and
/// tell next to nothing more.
const LEAST: u32 = 3;

/// The terms: words, then pairs of neighbouring words that nothing separates. A
/// term's number is its place in that order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Terms {
    /// The words, rising.
    words: Vec<String>,
    /// The pairs, rising, as numbers of words.
    pairs: Vec<(u32, u32)>,
}

/// Where a term stands in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The term's number.
    pub term: u32,
    /// The bytes of the text.
    pub span: Range<usize>,
}

/// A word of a text that terms are learned from, and its neighbour's place.
struct Link {
    word: u32,
    next: Option<usize>,
}

impl Terms {
    /// The words and pairs that stand in three of the texts or more, and the
    /// numbers of each text's terms, different and rising.
    pub fn learn<S: AsRef<str>>(texts: &[S], tokenizer: &Tokenizer) -> (Self, Vec<Vec<u32>>) {
        // Every word by the order of its first appearance.
        let mut numbers: FxHashMap<String, u32> = FxHashMap::default();
        let mut chains: Vec<Vec<Link>> = Vec::with_capacity(texts.len());
        for text in texts {
            let tokens: Vec<Token<'_>> = tokenizer.tokens(text.as_ref()).collect();
            let mut chain = Vec::with_capacity(tokens.len());
            for (token, next) in tokens.iter().zip(neighbours(text.as_ref(), &tokens)) {
                let known = numbers.get(token.word.as_ref()).copied();
                let word = known.unwrap_or_else(|| {
                    let number = numbers.len() as u32;
                    numbers.insert(token.word.as_ref().to_owned(), number);
                    number
                });
                chain.push(Link { word, next });
            }
            chains.push(chain);
        }

        let frequent_words = frequent(&chains, |chain, at| Some(chain[at].word));
        let mut words: Vec<(String, u32)> = numbers
            .into_iter()
            .filter(|(_, number)| frequent_words.binary_search(number).is_ok())
            .collect();
        words.sort_unstable();
        let renumbered: FxHashMap<u32, u32> = words.iter().map(|(_, old)| *old).zip(0..).collect();
        let words: Vec<String> = words.into_iter().map(|(word, _)| word).collect();

        let word = |chain: &[Link], at: usize| renumbered.get(&chain[at].word).copied();
        let pair =
            |chain: &[Link], at: usize| Some((word(chain, at)?, word(chain, chain[at].next?)?));
        let pairs = frequent(&chains, pair);
        let first = words.len() as u32;
        let of_pair: FxHashMap<(u32, u32), u32> = pairs.iter().copied().zip(first..).collect();
        let rows = chains.iter().map(|chain| {
            let mut row: Vec<u32> = (0..chain.len())
                .flat_map(|at| {
                    let pair = pair(chain, at).and_then(|pair| of_pair.get(&pair).copied());
                    [word(chain, at), pair]
                })
                .flatten()
                .collect();
            row.sort_unstable();
            row.dedup();
            row
        });
        let rows = rows.collect();
        (Self { words, pairs }, rows)
    }

    /// The terms of a text, by where they begin; words before pairs.
    pub fn find(&self, text: &str, tokenizer: &Tokenizer) -> Vec<Place> {
        let tokens: Vec<Token<'_>> = tokenizer.tokens(text).collect();
        let number = |token: &Token<'_>| {
            let found = self
                .words
                .binary_search_by(|word| (**word).cmp(&token.word));
            found.ok().map(|word| word as u32)
        };
        let words: Vec<Option<u32>> = tokens.iter().map(number).collect();
        let mut places = Vec::new();
        for (at, next) in neighbours(text, &tokens).into_iter().enumerate() {
            let Some(word) = words[at] else { continue };
            let span = tokens[at].span.clone();
            let start = span.start;
            places.push(Place { term: word, span });
            if let Some(next) = next
                && let Some(following) = words[next]
                && let Ok(pair) = self.pairs.binary_search(&(word, following))
            {
                places.push(Place {
                    term: (self.words.len() + pair) as u32,
                    span: start..tokens[next].span.end,
                });
            }
        }
        places
    }

    /// The numbers of a text's terms, different and rising.
    pub fn numbers(&self, text: &str, tokenizer: &Tokenizer) -> Vec<u32> {
        let places = self.find(text, tokenizer).into_iter();
        let mut numbers: Vec<u32> = places.map(|place| place.term).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// Of words and pairs that rise, the pairs as numbers of words; nothing where they
    /// are not sound.
    pub(crate) fn stored(words: Vec<String>, pairs: Vec<(u32, u32)>) -> Option<Self> {
        let terms = Self { words, pairs };
        terms.is_sound().then_some(terms)
    }

    /// The words, rising.
    pub(crate) fn single(&self) -> &[String] {
        &self.words
    }

    /// The pairs, rising, as numbers of words.
    pub(crate) fn pairs(&self) -> &[(u32, u32)] {
        &self.pairs
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.words.len() + self.pairs.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A term's one or two words.
    pub fn words(&self, term: u32) -> Option<(&str, Option<&str>)> {
        let word = |number: u32| self.words.get(number as usize).map(String::as_str);
        match (term as usize).checked_sub(self.words.len()) {
            None => Some((word(term)?, None)),
            Some(pair) => {
                let &(first, second) = self.pairs.get(pair)?;
                Some((word(first)?, Some(word(second)?)))
            }
        }
    }

    /// Whether words and pairs rise and the pairs are of known words: for readers
    /// of files.
    pub fn is_sound(&self) -> bool {
        let known = |word: u32| (word as usize) < self.words.len();
        self.words.is_sorted_by(|a, b| a < b)
            && self.pairs.is_sorted_by(|a, b| a < b)
            && self.pairs.iter().all(|&(a, b)| known(a) && known(b))
            && u32::try_from(self.len()).is_ok()
    }
}

/// For each token the place of the first one behind it, unless something
/// separates them. Where units of a script without spaces overlap, that is the
/// first that begins behind its end.
pub(crate) fn neighbours(text: &str, tokens: &[Token<'_>]) -> Vec<Option<usize>> {
    let of = |(at, token): (usize, &Token<'_>)| {
        let end = token.span.end;
        let behind = tokens[at..]
            .iter()
            .position(|next| next.span.start >= end)?;
        let next = at + behind;
        let gap = text.get(end..tokens[next].span.start)?;
        Break::of(gap).joins().then_some(next)
    };
    tokens.iter().enumerate().map(of).collect()
}

/// What stands in enough of the texts, rising.
fn frequent<T: Copy + Ord + Hash>(
    chains: &[Vec<Link>],
    term: impl Fn(&[Link], usize) -> Option<T>,
) -> Vec<T> {
    // Texts with the term, and the last of them.
    let mut counts: FxHashMap<T, (u32, usize)> = FxHashMap::default();
    for (text, chain) in chains.iter().enumerate() {
        for term in (0..chain.len()).filter_map(|at| term(chain, at)) {
            let (count, last) = counts.entry(term).or_insert((0, usize::MAX));
            if *last != text {
                (*count, *last) = (*count + 1, text);
            }
        }
    }
    let enough = counts.into_iter().filter(|(_, (count, _))| *count >= LEAST);
    let mut terms: Vec<T> = enough.map(|(term, _)| term).collect();
    terms.sort_unstable();
    terms
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn learn(texts: &[&str]) -> (Terms, Vec<Vec<u32>>) {
        Terms::learn(texts, &Tokenizer::default())
    }

    fn found(terms: &Terms, text: &str) -> Vec<String> {
        let places = terms.find(text, &Tokenizer::default());
        let name = |place: Place| match terms.words(place.term).unwrap() {
            (word, None) => format!("{word}@{}", &text[place.span]),
            (first, Some(second)) => format!("{first} {second}@{}", &text[place.span]),
        };
        places.into_iter().map(name).collect()
    }

    #[test]
    fn words_and_pairs_of_three_texts_are_terms() {
        let (terms, rows) = learn(&["Not good", "not GOOD not good", "not good film", "film"]);
        assert_eq!(terms.len(), 3);
        assert_eq!(terms.words(0), Some(("good", None)));
        assert_eq!(terms.words(1), Some(("not", None)));
        assert_eq!(terms.words(2), Some(("not", Some("good"))));
        assert_eq!(terms.words(3), None);
        assert_eq!(rows, [vec![0, 1, 2], vec![0, 1, 2], vec![0, 1, 2], vec![]]);
        let expected = ["not@Not", "not good@Not  good", "good@good", "good@good"];
        assert_eq!(found(&terms, "Not  good, film good"), expected);
    }

    #[test]
    fn nothing_separates_the_words_of_a_pair() {
        let (terms, _) = learn(&["not, good"; 3]);
        assert_eq!(terms.len(), 2);
        let (terms, _) = learn(&["not good"; 3]);
        assert_eq!(found(&terms, "not. good"), ["not@not", "good@good"]);
        // A word that is no term stands between others all the same.
        assert_eq!(found(&terms, "not very good"), ["not@not", "good@good"]);
    }

    #[test]
    fn units_that_overlap_pair_with_what_is_behind_them() {
        let (terms, _) = learn(&["很好吃"; 3]);
        let places = found(&terms, "很好吃");
        let expected = [
            "很@很",
            "很 好@很好",
            "很好@很好",
            "很好 吃@很好吃",
            "好@好",
            "好 吃@好吃",
            "好吃@好吃",
            "吃@吃",
        ];
        assert_eq!(places, expected);
    }

    #[test]
    fn damage_is_noticed() {
        let (terms, _) = learn(&["a b c"; 3]);
        assert!(terms.is_sound() && Terms::default().is_sound());
        let with = |change: fn(&mut Terms)| {
            let mut terms = terms.clone();
            change(&mut terms);
            terms
        };
        assert!(!with(|terms| terms.words.swap(0, 1)).is_sound());
        assert!(!with(|terms| terms.words[1] = "a".to_owned()).is_sound());
        assert!(!with(|terms| terms.pairs.swap(0, 1)).is_sound());
        assert!(!with(|terms| terms.pairs[1] = (1, 3)).is_sound());
        let broken = with(|terms| terms.pairs[1] = (1, 3));
        assert_eq!(broken.words(4), None);
    }

    proptest! {
        /// What is found again in the texts is what was learned of them.
        #[test]
        fn rows_are_what_is_found(texts in proptest::collection::vec("(a|b|c|é|好|너무나|,|\\. | ){0,12}", 0..12)) {
            let tokenizer = Tokenizer::default();
            let (terms, rows) = Terms::learn(&texts, &tokenizer);
            prop_assert!(terms.is_sound());
            prop_assert_eq!(rows.len(), texts.len());
            let mut texts_with = vec![0; terms.len()];
            for (text, row) in texts.iter().zip(&rows) {
                prop_assert_eq!(&terms.numbers(text, &tokenizer), row);
                for &term in row {
                    texts_with[term as usize] += 1;
                }
                for place in terms.find(text, &tokenizer) {
                    prop_assert!(text.get(place.span).is_some());
                }
            }
            prop_assert!(texts_with.iter().all(|&count| count >= LEAST));
        }
    }
}
