//! How much of negation the mechanism gets right, apart from all learning.
//!
//! `negation/cases.tsv` holds 302 short sentences on films, products,
//! restaurants, apps and hotels, written for this project: label, text, kind of
//! negation. They were written before the mechanism and have not been changed
//! since. But both have the same author, who knew the examples of the task: what
//! is reached here says that the rules do what they are for, not how often they
//! are right on text of others. For idioms, which are lists, it says least.
//! `negation/later.tsv` holds 60 more, longer ones, written when the mechanism was
//! done, to find where it fails; it has not been changed for them, and half of
//! them are wrong.
//!
//! The words' own polarity is given (`POSITIVE`, `NEGATIVE`), and the verdict is
//! the sign of their sum, negated words counting the other way round. A sum of
//! zero is no verdict, and wrong.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use senti::sentence::negation::Negation;
use senti::text::Tokenizer;
use senti::text::clauses::breaks;
use senti::text::cues::Cues;

const CASES: &str = include_str!("negation/cases.tsv");
const LATER: &str = include_str!("negation/later.tsv");

/// Of each kind, how many cases are right at least. Wrong are "Not great but
/// good" and its mirror image, since a word turned counts as much as a plain one,
/// and "Not a single meal was not delicious" and its, where the same negator
/// stands twice.
const REACHED: [(&str, usize); 14] = [
    ("answer", 22),
    ("comparative", 24),
    ("contrast", 20),
    ("double", 20),
    ("idiom", 30),
    ("intensified", 20),
    ("litotes", 20),
    ("never", 18),
    ("not", 24),
    ("not-bad", 24),
    ("plain", 20),
    ("raising", 20),
    ("too-to", 18),
    ("without", 18),
];

const POSITIVE: &str = "amuse beautiful best better brilliant charm charming clean clever comfortable \
    convincing delicious enjoy enjoyed enthusiasm excellent exciting fast friendly fun \
    funny good great gripping happier happy helped helpful impress impressed interesting \
    joy like love loved lovely loves masterpiece perfect perfectly please pleasure \
    praise quiet recommend satisfying superb thrill useful wonderful worth";
const NEGATIVE: &str = "afraid awful bad bland boring bother breaks complain complaints crash crashed \
    crashes dirty disappoint disappointed disappoints disgusting dull feared hate hates \
    horrible noisy problem problems regret regrets regretted rude slow stupid terrible \
    trouble ugly uninteresting unpleasant useless waste wasting worse worst wrong";

/// The cases that are right, of how many.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Score {
    right: usize,
    of: usize,
}

fn polarity(word: &str) -> i32 {
    let among = |list: &str| list.split_whitespace().any(|known| known == word);
    i32::from(among(POSITIVE)) - i32::from(among(NEGATIVE))
}

/// The sum of the words' polarities.
fn verdict(text: &str, negation: &Negation) -> i32 {
    let tokenizer = Tokenizer::default();
    let tokens: Vec<_> = tokenizer.tokens(text).collect();
    let words: Vec<&str> = tokens.iter().map(|token| &*token.word).collect();
    let breaks: Vec<_> = breaks(text, &tokens).collect();
    let mut negated = Vec::new();
    negation.scopes(&words, &breaks, &mut negated);
    let signed = words
        .iter()
        .zip(negated)
        .map(|(word, negated)| match negated {
            true => -polarity(word),
            false => polarity(word),
        });
    signed.sum()
}

fn read(table: &str) -> impl Iterator<Item = (bool, &str, &str)> {
    table.lines().map(|line| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [label, text, kind] = fields[..] else {
            panic!("three columns expected: {line}");
        };
        assert!(matches!(label, "positive" | "negative"), "{line}");
        (label == "positive", text, kind)
    })
}

fn english() -> Negation {
    Negation::new(&Cues::language("english").unwrap())
}

/// The score by kind.
fn scores<'t>(table: &'t str, negation: &Negation) -> BTreeMap<&'t str, Score> {
    let mut scores: BTreeMap<_, Score> = BTreeMap::new();
    for (positive, text, kind) in read(table) {
        let sum = verdict(text, negation);
        let score = scores.entry(kind).or_default();
        score.of += 1;
        score.right += usize::from(sum != 0 && (sum > 0) == positive);
    }
    scores
}

fn total(scores: &BTreeMap<&str, Score>) -> Score {
    Score {
        right: scores.values().map(|score| score.right).sum(),
        of: scores.values().map(|score| score.of).sum(),
    }
}

#[test]
fn the_cases_are_balanced_and_different() {
    for (table, cases, positive) in [(CASES, 302, 153), (LATER, 60, 27)] {
        let texts: BTreeSet<_> = read(table).map(|(_, text, _)| text).collect();
        assert_eq!((read(table).count(), texts.len()), (cases, cases));
        assert_eq!(read(table).filter(|case| case.0).count(), positive);
    }
}

#[test]
fn every_kind_is_as_right_as_it_was() {
    let with = scores(CASES, &english());
    let kinds: Vec<_> = with.keys().copied().collect();
    assert_eq!(kinds, REACHED.map(|(kind, _)| kind));
    for (kind, reached) in REACHED {
        assert!(with[kind].right >= reached, "{kind}: {:?}", with[kind]);
    }
    let total = total(&with);
    assert!(total.right * 10 >= total.of * 9, "{total:?}");
}

#[test]
fn without_the_mechanism_most_are_wrong() {
    // That the cases are about negation, and the words alone do not tell.
    let without = total(&scores(CASES, &Negation::default()));
    assert!(without.right * 3 < without.of, "{without:?}");
}

#[test]
fn longer_sentences_are_harder() {
    // Right are 29 of 60, and 18 without the mechanism: what is missed is a
    // comparison with another thing, a wish, "few", "stopped being", a negated
    // clause between, "it was not" in a sentence of its own.
    let with = total(&scores(LATER, &english()));
    let without = total(&scores(LATER, &Negation::default()));
    assert!(with.right >= 29, "{with:?}");
    assert!(with.right > without.right, "{without:?}");
}
