//! What every choice of texts must be, and what it should be where that is plain.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::model::Settings;
use crate::sentence::{SentenceEncoder, WordWeights};
use crate::text::LabeledSet;
use crate::text::tokenizer::Tokenizer;
use crate::vectors::WordVectors;

/// Words of three kinds, each in a direction of its own.
const KINDS: [&[&str]; 3] = [
    &["good", "great", "fine", "lovely", "superb", "grand"],
    &["bad", "awful", "dull", "weak", "poor", "dire"],
    &["plot", "actor", "music", "scene", "script", "role"],
];

struct World {
    vectors: WordVectors,
    weights: WordWeights,
    tokenizer: Tokenizer,
}

impl World {
    fn new() -> Self {
        let words: Vec<String> = KINDS.concat().into_iter().map(str::to_owned).collect();
        let mut rows = Vec::new();
        for kind in 0..KINDS.len() {
            for word in 0..KINDS[kind].len() {
                let mut row = [0.0f32; 3];
                row[kind] = 1.0;
                row[(kind + 1) % 3] = 0.02 * word as f32;
                rows.extend(row);
            }
        }
        let vectors = WordVectors::new(words, rows, 3).unwrap();
        Self {
            weights: WordWeights::fitting(&vectors),
            tokenizer: vectors.tokenizer(),
            vectors,
        }
    }

    fn encoder(&self) -> SentenceEncoder<'_> {
        SentenceEncoder::new(&self.vectors, &self.weights, &self.tokenizer)
    }

    fn pool(&self, seed: u64, texts: &[impl AsRef<str>]) -> Pool<'_> {
        let mut pool = Pool::new(self.encoder(), seed);
        texts.iter().for_each(|text| pool.add(text.as_ref()));
        pool
    }
}

/// Every choice of three words of one kind.
fn threes(kind: usize) -> Vec<String> {
    let words = KINDS[kind];
    let mut texts = Vec::new();
    for a in 0..words.len() {
        for b in a + 1..words.len() {
            for c in b + 1..words.len() {
                texts.push(format!("{} {} {}", words[a], words[b], words[c]));
            }
        }
    }
    texts
}

fn words(text: &str) -> BTreeSet<String> {
    text.split_whitespace().map(str::to_lowercase).collect()
}

fn kind(text: &str) -> usize {
    let first = text.split_whitespace().next().unwrap();
    KINDS.iter().position(|kind| kind.contains(&first)).unwrap()
}

#[test]
fn typical_texts_stand_for_every_kind_the_most_frequent_first() {
    let world = World::new();
    let mut texts = threes(1);
    texts.extend(threes(0).into_iter().take(8));
    texts.extend(threes(2).into_iter().take(4));
    for seed in 0..10 {
        let pool = world.pool(seed, &texts);
        let kinds: Vec<usize> = typical(&pool, 3).unwrap().into_iter().map(kind).collect();
        assert_eq!(kinds, [1, 0, 2], "seed {seed}");
    }
}

#[test]
fn what_is_like_a_labelled_text_comes_last() {
    let world = World::new();
    let mut texts = threes(1);
    texts.extend(threes(0).into_iter().take(8));
    for seed in 0..10 {
        let mut pool = world.pool(seed, &texts);
        pool.leave_out("AWFUL, bad; dull!");
        assert_eq!(pool.len(), texts.len() - 1);
        let first = typical(&pool, 1).unwrap();
        assert_eq!(kind(first[0]), 0, "seed {seed}");
        // In whatever order the two come.
        let mut pool = Pool::new(world.encoder(), seed);
        pool.leave_out("awful bad dull");
        texts.iter().for_each(|text| pool.add(text));
        assert_eq!(typical(&pool, 1).unwrap(), first);
    }
}

#[test]
fn a_model_is_asked_what_it_does_not_know() {
    let world = World::new();
    let set = LabeledSet::parse("test", "p\tgood great\np\tfine\nn\tbad awful\nn\tdull\n");
    let (model, _) =
        Model::train(world.vectors.clone(), &set.unwrap(), &Settings::default()).unwrap();
    let mut texts: Vec<String> = threes(0).into_iter().chain(threes(1)).collect();
    for (good, bad) in KINDS[0].iter().zip(KINDS[1]) {
        for neutral in ["plot", "music", "script"] {
            texts.push(format!("{good} {bad} {neutral}"));
        }
    }
    for seed in 0..5 {
        let mut pool = Pool::new(model.encoder(), seed);
        texts.iter().for_each(|text| pool.add(text));
        let margins: Vec<f64> = uncertain(&pool, &model, 2)
            .unwrap()
            .into_iter()
            .map(|text| margin(&model.classify(text)))
            .collect();
        assert!(margins.is_sorted(), "{margins:?}");
        let pure = margin(&model.classify("good great fine"));
        assert!(
            margins.iter().all(|&margin| margin < pure / 2.0),
            "{margins:?}, {pure}"
        );
    }
}

#[test]
fn margins_are_of_the_two_first() {
    let verdict = |probabilities: &[f64]| Verdict {
        label: Some(0),
        why: None,
        probabilities: probabilities.to_vec(),
        known: 1,
        unseen: 0,
        tokens: 1,
    };
    assert!((margin(&verdict(&[0.2, 0.5, 0.3])) - 0.2).abs() < 1e-12);
    assert_eq!(margin(&verdict(&[1.0])), 1.0);
}

#[test]
fn the_number_has_bounds() {
    let world = World::new();
    let pool = world.pool(0, &threes(0));
    for count in [0, MOST_SUGGESTIONS + 1] {
        let error = typical(&pool, count).unwrap_err();
        assert!(matches!(error, Error::Setting { .. }), "{error}");
    }
    assert_eq!(typical(&pool, MOST_SUGGESTIONS).unwrap().len(), 20);
    assert!(typical(&world.pool(0, &["zxcvb"]), 3).unwrap().is_empty());
}

#[test]
fn outliers_in_length_are_left_out_where_there_is_enough() {
    let world = World::new();
    let mut texts: Vec<String> = (0..3).flat_map(threes).collect();
    let all = KINDS.concat().join(" ");
    texts.push(all.clone());
    let pool = world.pool(0, &texts);
    assert!(!typical(&pool, 60).unwrap().contains(&all.as_str()));
    assert!(typical(&pool, 61).unwrap().contains(&all.as_str()));
}

#[test]
fn a_sample_is_bounded_and_fair() {
    let world = World::new();
    let texts: Vec<String> = (0..3).flat_map(threes).collect();
    let mut drawn = vec![0; texts.len()];
    for seed in 0..600 {
        let mut pool = Pool::limited(world.encoder(), seed, 6, usize::MAX);
        // What was given up does not come back.
        for text in texts.iter().chain(&texts) {
            pool.add(text);
        }
        assert_eq!((pool.len(), pool.seen()), (6, 120));
        assert!(pool.is_sample());
        for candidate in pool.candidates() {
            drawn[texts
                .iter()
                .position(|text| *text == candidate.text)
                .unwrap()] += 1;
        }
    }
    // A tenth each: 60 of 600, with a standard deviation of 7.3.
    assert!(
        drawn.iter().all(|&times| (30..=90).contains(&times)),
        "{drawn:?}"
    );

    let room = texts[0].len() * 3 + 60;
    let mut pool = Pool::limited(world.encoder(), 0, 100, room);
    texts.iter().for_each(|text| pool.add(text));
    let bytes = |one: &Candidate| one.text.len() + 12;
    assert!(pool.candidates().map(bytes).sum::<usize>() <= room);
    assert!(!pool.is_empty());
}

proptest! {
    #[test]
    fn suggestions_are_different_texts_of_the_pool(
        texts in proptest::collection::vec("(good|great|Fine|bad|dull|plot|actor|zxcvb)( (good|great|fine|bad|dull|plot|actor|zxcvb)){0,5}", 0..40),
        labelled in proptest::collection::vec("(good|bad|plot)( (great|dull|fine)){2,3}", 0..5),
        count in 1usize..12,
        seed in 0u64..5,
    ) {
        let world = World::new();
        let choose = |texts: &[String]| {
            let mut pool = world.pool(seed, texts);
            labelled.iter().for_each(|text| pool.leave_out(text));
            typical(&pool, count).unwrap().into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        let chosen = choose(&texts);
        let known = |text: &String| {
            let mut words = words(text);
            words.remove("zxcvb");
            words
        };
        let done: BTreeSet<_> = labelled.iter().map(known).collect();
        let possible: BTreeSet<_> = texts
            .iter()
            .map(known)
            .filter(|words| words.len() >= LEAST_WORDS && !done.contains(words))
            .collect();
        let sets: BTreeSet<_> = chosen.iter().map(known).collect();
        prop_assert!(chosen.iter().all(|text| texts.contains(text)));
        prop_assert!(sets.is_subset(&possible));
        prop_assert_eq!(sets.len(), chosen.len());
        prop_assert_eq!(chosen.len(), count.min(possible.len()));
        // Neither the order of the texts nor a repetition changes anything.
        let mut others = texts.clone();
        others.reverse();
        others.extend(texts.iter().cloned());
        let others: Vec<_> = choose(&others).iter().map(known).collect();
        prop_assert_eq!(others, chosen.iter().map(known).collect::<Vec<_>>());
    }
}
