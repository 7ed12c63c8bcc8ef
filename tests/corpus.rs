//! The demo's sentences are what `corpus/SOURCES.md` says they are.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;

use senti::demo::{LABELED, TEST, UNLABELED};
use senti::text::LabeledSet;
use senti::text::Tokenizer;

/// The opinion words of the two test sentences, and their word families.
const OPINIONS: [&str; 3] = ["great", "lov", "stupid"];

fn labelled(content: &str) -> LabeledSet {
    LabeledSet::parse("corpus", content).unwrap()
}

#[test]
fn counts() {
    assert_eq!(UNLABELED.lines().count(), 62);
    let eight = labelled(LABELED);
    assert_eq!(eight.classes, ["negative", "positive"]);
    assert_eq!(eight.class_counts(), [4, 4]);
    let two = labelled(TEST);
    assert_eq!(
        two.texts,
        ["It was great,loved it.", "It was really stupid."]
    );
    assert_eq!(two.targets, [1, 0]);
}

#[test]
fn no_sentence_stands_twice() {
    let eight = labelled(LABELED);
    let two = labelled(TEST);
    let words = |text: &str| -> Vec<String> {
        Tokenizer::default()
            .tokens(text)
            .map(|token| token.word.into_owned())
            .collect()
    };
    // Not even with other punctuation.
    let all: Vec<Vec<String>> = UNLABELED
        .lines()
        .chain(eight.texts.iter().map(String::as_str))
        .chain(two.texts.iter().map(String::as_str))
        .map(words)
        .collect();
    assert_eq!(all.len(), 72);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 72);
}

#[test]
fn the_labelled_sentences_lack_the_opinion_words_of_the_test() {
    let test = TEST.to_lowercase();
    assert!(OPINIONS.iter().all(|opinion| test.contains(opinion)));
    for text in labelled(LABELED).texts {
        for token in Tokenizer::default().tokens(&text) {
            assert!(
                !OPINIONS
                    .iter()
                    .any(|opinion| token.word.starts_with(opinion)),
                "{} in {text}",
                token.word
            );
        }
    }
}
