//! Older versions stay readable: files of every format, as the versions wrote them
//! that had no newer one, are read and answer as they did then.
//!
//! The files in `stored/` are not made again when a format changes: a new format adds
//! files. How these were made, [`made_by`] shows.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::path::Path;

use common::{Sandbox, objects};
use senti::error::Error;
use senti::files::seal::Seal;
use senti::model::Model;
use senti::vectors::WordVectors;

/// Far less than what anybody would notice, far more than rounding.
const CLOSE: f64 = 1e-9;

const MODELS: [&str; 12] = [
    "format-1.senti",
    "format-2.senti",
    "format-3.senti",
    "format-4-layer.senti",
    "format-4-direction.senti",
    "format-5-layer.senti",
    "format-5-direction.senti",
    "format-5-terms.senti",
    "format-6-direction.senti",
    "format-6-terms.senti",
    "format-7.senti",
    "format-8.senti",
];
const VECTORS: [&str; 3] = ["plain.fifu", "subwords.fifu", "direction.fifu"];

fn stored(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stored");
    std::fs::read(folder.join(name)).unwrap()
}

fn with_stored(names: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    for name in names {
        sandbox.write(name, stored(name));
    }
    sandbox
}

/// Reviews of a few words, half of either side.
fn reviews(count: usize) -> Vec<(&'static str, String)> {
    let words = [
        ["good", "great", "lovely", "moving"],
        ["bad", "awful", "boring", "weak"],
    ];
    let nouns = ["film", "story", "music"];
    let mut state = 1u64;
    let mut draw = move |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let review = |at: usize| {
        let side = at % 2;
        let mut sentence = || {
            let (noun, first, second) =
                (nouns[draw(3)], words[side][draw(4)], words[side][draw(4)]);
            match draw(3) {
                0 => format!("The {noun} was very {first}."),
                1 => format!("The {noun} is {first}, and so {second}."),
                _ => format!("It was a really {first} {noun}."),
            }
        };
        let text = [sentence(), sentence(), sentence()].join(" ");
        (["praise", "blame"][side], text)
    };
    (0..count).map(review).collect()
}

/// How the files were made, all of them by version 0.1.0; that of the model of format 2
/// before it wrote format 7, those of format 1 and 3 before it wrote format 4, and those of format 4 by the last two commands before
/// it wrote format 5. Later versions write other files by the same commands.
fn made_by(sandbox: &Sandbox) {
    let texts: String = reviews(600)
        .iter()
        .map(|(_, text)| format!("{text}\n"))
        .collect();
    let labels = |count: usize| -> String {
        let reviews = reviews(count);
        reviews
            .iter()
            .map(|(label, text)| format!("{label}\t{text}\n"))
            .collect()
    };
    sandbox.write("reviews.txt", texts);
    sandbox.write("praise-and-blame.tsv", labels(300));
    // Only words without a vector tell the labels apart.
    let told: String = (reviews(2000).iter().enumerate())
        .map(|(at, (_, text))| {
            let (label, word) = [("yes", "aha"), ("no", "oho")][at / 2 % 2];
            format!("{label}\t{word} film. {text}\n")
        })
        .collect();
    sandbox.write("yes-and-no.tsv", told);
    for command in [
        "pretrain corpus/unlabeled.txt --dims 4 -o plain.fifu",
        "train corpus/labeled.tsv --vectors plain.fifu -o format-1.senti",
        "pretrain corpus/unlabeled.txt --dims 4 --subwords --buckets 6 -o subwords.fifu",
        "train corpus/labeled.tsv --vectors subwords.fifu -o format-2.senti",
        "pretrain reviews.txt --dims 4 -o direction.fifu",
        "train praise-and-blame.tsv --vectors direction.fifu -o format-3.senti",
        "train corpus/labeled.tsv --vectors plain.fifu -o format-5-layer.senti",
        "train praise-and-blame.tsv --vectors direction.fifu -o format-5-direction.senti",
        "train yes-and-no.tsv --vectors direction.fifu -o format-5-terms.senti",
        "quantize reviews.txt --model format-5-direction.senti -o format-6-direction.senti",
        "quantize reviews.txt --model format-5-terms.senti -o format-6-terms.senti",
        "pretrain reviews.txt --dims 8 --subwords --buckets 6 -o parts.fifu",
        "train praise-and-blame.tsv --vectors parts.fifu -o format-7.senti",
        "quantize reviews.txt --model format-7.senti -o format-8.senti",
    ] {
        let arguments: Vec<&str> = command.split(' ').collect();
        sandbox.run(&arguments).exits(0);
    }
}

/// Copies what today's version makes so to a folder below `target/`, to be looked at.
#[test]
#[ignore = "writes files"]
fn make_them_as_they_were_made() {
    let sandbox = Sandbox::with_corpus();
    made_by(&sandbox);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stored");
    std::fs::create_dir_all(&folder).unwrap();
    let made = |name: &&&str| !name.starts_with("format-4");
    for name in MODELS.iter().chain(&VECTORS).filter(made) {
        std::fs::write(folder.join(name), sandbox.read(name)).unwrap();
    }
}

#[test]
fn they_are_small() {
    for name in MODELS.iter().chain(&VECTORS) {
        assert!(stored(name).len() < 30_000, "{name}");
    }
}

/// A model, a text, what it answered, with which probability, and the known words.
const ANSWERS: [(&str, &str, &str, f64, u64); 48] = [
    (
        "format-1.senti",
        "It was great",
        "positive",
        0.980_650_173_485_687_3,
        1,
    ),
    (
        "format-1.senti",
        "A dull and boring story, with weak music.",
        "negative",
        0.757_119_146_911_295_8,
        5,
    ),
    (
        "format-1.senti",
        "The film was not very good",
        "negative",
        0.781_606_203_952_870_6,
        2,
    ),
    ("format-1.senti", "greatest dullness", "undecided", 0.5, 0),
    (
        "format-2.senti",
        "It was great",
        "positive",
        0.978_543_871_739_74,
        1,
    ),
    (
        "format-2.senti",
        "A dull and boring story, with weak music.",
        "negative",
        0.814_483_925_036_199_7,
        5,
    ),
    (
        "format-2.senti",
        "The film was not very good",
        "positive",
        0.744_289_761_385_087_8,
        3,
    ),
    (
        "format-2.senti",
        "greatest dullness",
        "positive",
        0.567_478_354_199_905_8,
        2,
    ),
    (
        "format-3.senti",
        "It was great",
        "praise",
        0.996_177_221_799_756_2,
        1,
    ),
    (
        "format-3.senti",
        "A dull and boring story, with weak music.",
        "blame",
        0.965_327_623_465_269_5,
        4,
    ),
    (
        "format-3.senti",
        "The film was not very good",
        "blame",
        0.733_101_521_493_519_5,
        2,
    ),
    ("format-3.senti", "greatest dullness", "undecided", 0.5, 0),
    (
        "format-4-layer.senti",
        "It was great",
        "positive",
        0.980_650_173_485_687_3,
        1,
    ),
    (
        "format-4-layer.senti",
        "A dull and boring story, with weak music.",
        "negative",
        0.757_119_146_911_295_8,
        5,
    ),
    (
        "format-4-layer.senti",
        "The film was not very good",
        "negative",
        0.781_606_203_952_870_6,
        2,
    ),
    (
        "format-4-layer.senti",
        "greatest dullness",
        "undecided",
        0.5,
        0,
    ),
    (
        "format-4-direction.senti",
        "It was great",
        "praise",
        0.989_489_487_469_641_9,
        1,
    ),
    (
        "format-4-direction.senti",
        "A dull and boring story, with weak music.",
        "blame",
        0.965_327_623_465_269_7,
        4,
    ),
    (
        "format-4-direction.senti",
        "The film was not very good",
        "blame",
        0.733_101_521_493_519_7,
        2,
    ),
    (
        "format-4-direction.senti",
        "greatest dullness",
        "undecided",
        0.5,
        0,
    ),
    (
        "format-5-layer.senti",
        "It was great",
        "positive",
        0.980_650_173_485_687_3,
        1,
    ),
    (
        "format-5-layer.senti",
        "A dull and boring story, with weak music.",
        "negative",
        0.757_119_146_911_295_8,
        5,
    ),
    (
        "format-5-layer.senti",
        "The film was not very good",
        "negative",
        0.781_606_203_952_870_6,
        2,
    ),
    (
        "format-5-layer.senti",
        "greatest dullness",
        "undecided",
        0.5,
        0,
    ),
    (
        "format-5-direction.senti",
        "It was great",
        "praise",
        0.989_489_487_469_641_9,
        1,
    ),
    (
        "format-5-direction.senti",
        "A dull and boring story, with weak music.",
        "blame",
        0.965_327_623_465_269_7,
        4,
    ),
    (
        "format-5-direction.senti",
        "The film was not very good",
        "blame",
        0.733_101_521_493_519_7,
        2,
    ),
    (
        "format-5-direction.senti",
        "greatest dullness",
        "undecided",
        0.5,
        0,
    ),
    (
        "format-5-terms.senti",
        "Aha film",
        "yes",
        0.949_981_684_450_213_8,
        1,
    ),
    (
        "format-5-terms.senti",
        "The film, oho",
        "no",
        0.899_345_838_384_330_4,
        1,
    ),
    (
        "format-5-terms.senti",
        "It was a great film",
        "no",
        0.501_099_101_820_671,
        2,
    ),
    (
        "format-5-terms.senti",
        "aha film, lovely story",
        "yes",
        0.976_562_352_134_825_9,
        3,
    ),
    ("format-5-terms.senti", "oho", "undecided", 0.5, 0),
    (
        "format-6-direction.senti",
        "It was great",
        "praise",
        0.989_489_487_469_641_9,
        1,
    ),
    (
        "format-6-direction.senti",
        "A dull and boring story, with weak music.",
        "blame",
        0.965_327_623_465_269_7,
        4,
    ),
    (
        "format-6-direction.senti",
        "The film was not very good",
        "blame",
        0.733_101_521_493_519_7,
        2,
    ),
    (
        "format-6-direction.senti",
        "greatest dullness",
        "undecided",
        0.5,
        0,
    ),
    (
        "format-6-terms.senti",
        "Aha film",
        "yes",
        0.949_981_684_450_213_8,
        1,
    ),
    (
        "format-6-terms.senti",
        "The film, oho",
        "no",
        0.899_345_838_384_330_4,
        1,
    ),
    (
        "format-6-terms.senti",
        "It was a great film",
        "no",
        0.501_099_101_820_671,
        2,
    ),
    (
        "format-6-terms.senti",
        "aha film, lovely story",
        "yes",
        0.976_562_352_134_825_9,
        3,
    ),
    ("format-6-terms.senti", "oho", "undecided", 0.5, 0),
    (
        "format-7.senti",
        "It was great",
        "praise",
        0.988_962_330_734_763_1,
        1,
    ),
    (
        "format-7.senti",
        "A dull and boring story, with weak music.",
        "blame",
        0.974_366_944_532_613_6,
        5,
    ),
    (
        "format-7.senti",
        "greatest dullness",
        "praise",
        0.562_758_354_001_746_3,
        2,
    ),
    (
        "format-8.senti",
        "It was great",
        "praise",
        0.988_962_330_734_763_1,
        1,
    ),
    (
        "format-8.senti",
        "A dull and boring story, with weak music.",
        "blame",
        0.974_366_944_532_613_6,
        5,
    ),
    (
        "format-8.senti",
        "greatest dullness",
        "praise",
        0.562_758_354_001_746_3,
        2,
    ),
];

#[test]
fn models_answer_as_they_did() {
    let sandbox = with_stored(&MODELS);
    for (model, text, label, probability, known) in ANSWERS {
        let run = sandbox.run(&["classify", "--json", "--model", model, text]);
        let answer = &objects(&run.exits(0).stdout)[0];
        assert_eq!(
            (&answer["label"], &answer["known"]),
            (&label.into(), &known.into())
        );
        let found = answer["probability"].as_f64().unwrap();
        assert!(
            (found - probability).abs() < CLOSE,
            "{model}, {text:?}: {found}"
        );
    }
    for model in MODELS {
        let shown = sandbox.run(&["inspect", "--json", model]).exits(0);
        assert_eq!(objects(&shown.stdout)[0]["intact"], "yes", "{model}");
    }
}

#[test]
fn vectors_answer_as_they_did() {
    let sandbox = with_stored(&VECTORS);
    for (vectors, word, nearest, similarity) in [
        ("plain.fifu", "film", "year", 0.919_543_4),
        ("subwords.fifu", "film", "seen", 0.990_510_2),
        ("subwords.fifu", "filmmaker", "plot", 0.995_724_2),
        ("direction.fifu", "film", "story", 0.998_252),
    ] {
        let run = sandbox.run(&["nearest", "--json", "-n", "1", word, "--vectors", vectors]);
        let answer = &objects(&run.exits(0).stdout)[0];
        assert_eq!(answer["word"], nearest, "{vectors}, {word}");
        let found = answer["similarity"].as_f64().unwrap();
        // Sums of f32, in an order that differs between processors.
        assert!(
            (found - similarity).abs() < 1e-6,
            "{vectors}, {word}: {found}"
        );
    }
    sandbox.run(&["polarity", "plain.fifu"]).exits(6);
    let run = sandbox.run(&["polarity", "direction.fifu", "--json", "-n", "1"]);
    let object = &objects(&run.exits(0).stdout)[0];
    assert_eq!(
        (&object["texts"], &object["pairs"]),
        (&600.into(), &56.into())
    );
    for (kind, side, text, weight) in [
        ("words", "praise", "good", 0.638_425_5),
        ("words", "blame", "awful", -0.644_278_1),
        ("phrases", "praise", "really good", 0.757_841_3),
        ("phrases", "blame", "really awful", -0.733_254_3),
    ] {
        let first = &object[kind][side][0];
        assert_eq!(first["text"], text);
        let found = first["weight"].as_f64().unwrap();
        assert!((found - weight).abs() < 1e-6, "{text}: {found}");
    }
}

/// They can still be trained on, and the direction is followed.
#[test]
fn stored_vectors_make_models() {
    let sandbox = with_stored(&VECTORS);
    let labels: String = reviews(8)
        .iter()
        .map(|(label, text)| format!("{label}\t{text}\n"))
        .collect();
    sandbox.write("labels.tsv", labels);
    for (vectors, direction) in VECTORS.iter().zip([false, false, true]) {
        let run = sandbox.run(&["train", "labels.tsv", "--vectors", vectors, "-o", "m.senti"]);
        let followed = run
            .exits(0)
            .stdout
            .contains("direction of sentiment  counts");
        assert_eq!(followed, direction, "{vectors}");
        let answer = sandbox.run(&["classify", "--model=m.senti", "a great film"]);
        assert!(answer.exits(0).stdout.starts_with("praise"), "{vectors}");
    }
}

/// Truncations and flipped bits, all over the files. (Every one of them, of still smaller
/// files, is tried beside the readers, in `src/`.)
#[test]
fn damage_is_refused_and_named() {
    let path = Path::new("FILE");
    let model = |bytes: &[u8]| Model::from_bytes(path, bytes).map(drop);
    for name in MODELS {
        assert!(model(&stored(name)).is_ok());
        refuses(&stored(name), &model);
    }
    let sandbox = Sandbox::new();
    let vectors = |bytes: &[u8]| match WordVectors::from_bytes(path, bytes)? {
        (_, Seal::Intact) => Ok(()),
        _ => {
            sandbox.write("FILE", bytes);
            WordVectors::read(&sandbox.path("FILE")).map(drop)
        }
    };
    for name in VECTORS {
        assert!(vectors(&stored(name)).is_ok());
        refuses(&stored(name), &vectors);
    }
}

/// Odd, so that in turn each bit of a byte is flipped.
const STEP: usize = 17;

fn refuses(whole: &[u8], read: &dyn Fn(&[u8]) -> Result<(), Error>) {
    let check = |bytes: &[u8], how: String| {
        let error = read(bytes).expect_err(&how);
        let said = error.to_string();
        assert!(matches!(error, Error::Artifact { .. }), "{how}: {said}");
        assert!(error.hint().is_some(), "{how}: no hint: {said}");
        assert!(said.contains("FILE"), "{how}: {said}");
        // One line that says what is there and what should be.
        let (_, parts) = said.split_once(": found ").expect(&how);
        let (found, expected) = parts.split_once(", expected ").expect(&how);
        let short = (1..200).contains(&found.len()) && !expected.is_empty();
        assert!(short && said.lines().count() == 1, "{how}: {said}");
    };
    for length in (0..whole.len()).step_by(STEP).chain([whole.len() - 1]) {
        check(&whole[..length], format!("cut to {length} bytes"));
    }
    for at in (0..whole.len()).step_by(STEP) {
        let mut changed = whole.to_vec();
        changed[at] ^= 1 << (at % 8);
        check(&changed, format!("byte {at}"));
    }
    check(&[whole, b"x"].concat(), "a byte more".to_owned());
}
