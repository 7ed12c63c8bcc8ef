//! The vocabulary pass against the plain one: Unicode words, lower-cased,
//! counted in a map of strings.
//!
//! The text is the file that `SENTI_BENCH_TEXT` names, or else one made up.

#![allow(missing_docs)]

use std::collections::HashMap;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use senti::vectors::corpus::CorpusReader;
use unicode_segmentation::UnicodeSegmentation;

const MADE_UP_BYTES: usize = 4_000_000;

fn naive(text: &str) -> HashMap<String, u64> {
    let mut counts = HashMap::new();
    for line in text.lines() {
        for word in line.unicode_words() {
            *counts.entry(word.to_lowercase()).or_default() += 1;
        }
    }
    counts
}

fn senti(text: &str) -> CorpusReader {
    let mut reader = CorpusReader::new();
    for line in text.lines() {
        reader.add(line).expect("there are not that many words");
    }
    reader
}

/// Sentences of syllables. As in any language, few words are frequent and most
/// are rare: the rank of a word is a power of a uniform number.
fn made_up() -> String {
    const SYLLABLES: [&str; 32] = [
        "a", "be", "con", "de", "en", "for", "ing", "it", "ka", "lo", "ment", "ne", "o", "per",
        "qui", "re", "s", "ti", "un", "ver", "wor", "ly", "er", "ed", "tion", "th", "st", "an",
        "in", "ous", "ple", "gra",
    ];
    let mut state = 1_u64;
    let mut next = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 40) as f64 / (1_u64 << 24) as f64
    };
    let mut text = String::new();
    while text.len() < MADE_UP_BYTES {
        let mut rank = (next() * 12.0).exp() as usize;
        let mut word = String::new();
        while rank > 0 {
            word.push_str(SYLLABLES[rank % SYLLABLES.len()]);
            rank /= SYLLABLES.len();
        }
        let (first, rest) = word.split_at(1);
        match (next() * 40.0) as u32 {
            0 => text += &format!(". {}{rest}", first.to_uppercase()),
            1 => text += &format!(", {word}"),
            2 => text += &format!(" {word}'s"),
            3 => text += &format!(".\n{}{rest}", first.to_uppercase()),
            4 if next() < 0.2 => text += &format!(" {word}é"),
            _ => text += &format!(" {word}"),
        }
    }
    text
}

fn vocabulary(criterion: &mut Criterion) {
    let text = match std::env::var_os("SENTI_BENCH_TEXT") {
        Some(path) => std::fs::read_to_string(path).expect("SENTI_BENCH_TEXT is a text file"),
        None => made_up(),
    };
    // Both must have counted the same before their times can be compared.
    let expected = naive(&text);
    let reader = senti(&text);
    if text.is_ascii() {
        assert_eq!(reader.counted().count(), expected.len());
        assert!(
            reader
                .counted()
                .all(|(word, count)| expected[word] == count)
        );
    }
    drop((reader, expected));

    let mut group = criterion.benchmark_group("vocabulary");
    group
        .throughput(Throughput::Bytes(text.len() as u64))
        .sample_size(10);
    group.bench_function("naive", |bencher| bencher.iter(|| naive(black_box(&text))));
    group.bench_function("senti", |bencher| bencher.iter(|| senti(black_box(&text))));
    group.finish();
}

criterion_group!(benches, vocabulary);
criterion_main!(benches);
