//! The direction of sentiment from outside: found in text without labels, looked
//! at, followed or left aside by labels, adapted, and kept in files.
//!
//! The text is made here: reviews of films and of hotels, half of either praise, the
//! other half blame.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::collections::BTreeSet;

use common::{Run, Sandbox};
use serde_json::Value;

const PRAISE: [&str; 20] = [
    "good",
    "great",
    "excellent",
    "wonderful",
    "superb",
    "moving",
    "funny",
    "charming",
    "clever",
    "fresh",
    "warm",
    "gentle",
    "vivid",
    "tender",
    "graceful",
    "witty",
    "radiant",
    "lovely",
    "splendid",
    "brilliant",
];
const BLAME: [&str; 20] = [
    "bad", "terrible", "awful", "horrible", "boring", "stupid", "dull", "weak", "slow", "cheap",
    "clumsy", "silly", "empty", "noisy", "tired", "lifeless", "shallow", "grim", "dreadful",
    "tedious",
];
/// Of films, of hotels.
const NOUNS: [[&str; 6]; 2] = [
    ["film", "story", "plot", "music", "ending", "dialogue"],
    ["room", "staff", "kitchen", "pool", "garden", "breakfast"],
];
const FILLERS: [[&str; 6]; 2] = [
    [
        "We saw it on a Sunday",
        "The cinema was near the station",
        "I read about it in the paper",
        "There was a queue at the box office",
        "The director made three others",
        "It runs for two hours",
    ],
    [
        "We stayed for a week",
        "The bus to the beach runs every hour",
        "My sister had booked it in May",
        "They close the gate at ten",
        "Our luggage came the next day",
        "You reach the town on foot",
    ],
];

/// A text: which side it is on (0 is praise), what it is about, and what it says.
struct Review {
    side: usize,
    topic: usize,
    text: String,
}

/// So many reviews, half of praise, half of films; other ones for another seed.
fn reviews(count: usize, seed: u64) -> Vec<Review> {
    let mut state = seed;
    let mut draw = move |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut review = |at: usize| {
        let (side, topic) = (at % 2, at / 2 % 2);
        let words = [PRAISE, BLAME][side];
        let mut sentences = Vec::new();
        for _ in 0..3 {
            let (noun, first, second) = (
                NOUNS[topic][draw(6)],
                words[draw(words.len())],
                words[draw(words.len())],
            );
            sentences.push(match draw(4) {
                0 => format!("The {noun} was very {first}."),
                1 => format!("The {noun} is {first}, and so {second}."),
                2 => format!("It was a really {first} {noun}."),
                _ => format!("I found the {noun} {first}; it seems quite {second}."),
            });
            sentences.insert(
                draw(sentences.len() + 1),
                format!("{}.", FILLERS[topic][draw(6)]),
            );
        }
        Review {
            side,
            topic,
            text: sentences.join(" "),
        }
    };
    (0..count).map(&mut review).collect()
}

fn lines(reviews: &[Review]) -> String {
    reviews
        .iter()
        .map(|review| review.text.clone() + "\n")
        .collect()
}

/// Labelled by side: the name of praise, the name of blame.
fn by_side(reviews: &[Review], names: [&str; 2]) -> String {
    let line = |review: &Review| format!("{}\t{}\n", names[review.side], review.text);
    reviews.iter().map(line).collect()
}

fn by_topic(reviews: &[Review]) -> String {
    let line = |review: &Review| format!("{}\t{}\n", ["film", "hotel"][review.topic], review.text);
    reviews.iter().map(line).collect()
}

const TEXT: u64 = 1;
const LABELS: u64 = 2;
const HELD_OUT: u64 = 3;
const NAMES: [&str; 2] = ["praise", "blame"];

const PRETRAIN: [&str; 5] = [
    "pretrain",
    "text.txt",
    "--epochs=5",
    "--dims=20",
    "--color=never",
];

fn pretrain(sandbox: &Sandbox, more: &[&str]) -> Run {
    sandbox.run(&[&PRETRAIN[..], more].concat())
}

/// A folder with `text.txt`, of so many texts, 8 labels in `l8.tsv`, 40 in
/// `l40.tsv`, and 200 other texts in `held-out.tsv`.
fn with_texts(count: usize) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox
        .write("text.txt", lines(&reviews(count, TEXT)))
        .write("l8.tsv", by_side(&reviews(8, LABELS), NAMES))
        .write("l40.tsv", by_side(&reviews(40, LABELS), NAMES))
        .write("held-out.tsv", by_side(&reviews(200, HELD_OUT), NAMES));
    sandbox
}

/// The same, with vectors that have a direction.
fn found() -> Sandbox {
    let sandbox = with_texts(1000);
    pretrain(&sandbox, &[])
        .exits(0)
        .says(&["found the direction of sentiment"]);
    sandbox
}

/// The same texts, and vectors without a direction.
fn none() -> Sandbox {
    let sandbox = with_texts(1000);
    let run = pretrain(&sandbox, &["--no-polarity"]).exits(0);
    assert!(!run.stderr.contains("sentiment"), "{run:#?}");
    sandbox
}

/// What `senti train` printed behind this name.
#[track_caller]
fn line<'r>(run: &'r Run, name: &str) -> &'r str {
    let found = run.stdout.lines().find_map(|line| line.strip_prefix(name));
    found
        .unwrap_or_else(|| panic!("no {name:?} in {run:#?}"))
        .trim()
}

/// The share of each answer that follows the direction.
#[track_caller]
fn counts(run: &Run) -> f64 {
    let said = line(run, "direction of sentiment");
    let percent = said.strip_prefix("counts ").unwrap().split(' ').next();
    percent.unwrap().parse().unwrap()
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap()
}

/// The accuracy of the newest model on a file.
#[track_caller]
fn accuracy(sandbox: &Sandbox, file: &str) -> f64 {
    let run = sandbox.run(&["eval", file, "--json"]).exits(0);
    json(&run)["accuracy"]["value"].as_f64().unwrap()
}

/// The probability of a label for a text, by the newest model.
#[track_caller]
fn probability(sandbox: &Sandbox, label: &str, text: &str) -> f64 {
    let run = sandbox.run(&["classify", "--json", text]).exits(0);
    json(&run)["probabilities"][label].as_f64().unwrap()
}

#[test]
fn it_is_found_and_said_and_the_bytes_are_the_same_every_time() {
    let sandbox = with_texts(1000);
    pretrain(&sandbox, &[]).exits(0).says(&[
        "wrote vectors.fifu: ",
        "found the direction of sentiment in 1,000 texts (english, median length ",
        "the two halves of a text agree in ",
        "wrote it into vectors.fifu",
        "senti polarity",
    ]);
    let bytes = sandbox.read("vectors.fifu");
    for more in [
        &["--output=again.fifu"][..],
        &["--output=again.fifu", "--threads=1"],
        &["--output=again.fifu", "--threads=3"],
    ] {
        pretrain(&sandbox, more).exits(0);
        assert!(sandbox.read("again.fifu") == bytes, "{more:?}");
    }
    let piped = [
        "pretrain",
        "-",
        "--epochs=5",
        "--dims=20",
        "--output=pipe.fifu",
    ];
    sandbox
        .pipe(&piped, lines(&reviews(1000, TEXT)))
        .exits(0)
        .says(&["found the direction of sentiment"]);
    assert!(sandbox.read("pipe.fifu") == bytes);
    // The direction is all that is added.
    pretrain(&sandbox, &["--no-polarity", "--output=without.fifu"]).exits(0);
    assert!(sandbox.read("without.fifu").len() < bytes.len());
}

#[test]
fn quiet_is_quiet() {
    let sandbox = with_texts(1000);
    let run = pretrain(&sandbox, &["--quiet"]).exits(0);
    assert_eq!((run.stdout, run.stderr), (String::new(), String::new()));
    sandbox.run(&["polarity", "--quiet"]).exits(0);
}

#[test]
fn what_it_is_made_of_is_shown() {
    let sandbox = found();
    let shown = sandbox.run(&["polarity", "-n", "3"]).exits(0);
    for part in [
        "found in                1,000 texts, median length ",
        "language                english\n",
        "halves that agree       9",
        "intensifiers            ",
        "seeds of praise         good, great, excellent, wonderful, superb\n",
        "word of praise",
        "pair of blame",
    ] {
        assert!(shown.stdout.contains(part), "{part:?}: {shown:#?}");
    }
    let tables = shown.stdout.split("\n\n").skip(1);
    let rows: Vec<usize> = tables.map(|table| table.lines().count()).collect();
    assert_eq!(rows, [4, 4], "a title and three rows: {shown:#?}");

    sandbox.run(&["train", "l8.tsv"]).exits(0);
    for arguments in [
        &["polarity", "--json"][..],
        &["polarity", "vectors.fifu", "--json"],
        &["polarity", "--vectors", "vectors.fifu", "--json"],
        &["polarity", "model.senti", "--json"],
    ] {
        let object = json(&sandbox.run(arguments).exits(0));
        assert_eq!(
            (&object["language"], &object["texts"]),
            (&"english".into(), &1000.into())
        );
        for (side, words) in [("praise", PRAISE), ("blame", BLAME)] {
            let entries = object["words"][side].as_array().unwrap();
            assert_eq!(entries.len(), 10);
            let number = |entry: &Value, name: &str| entry[name].as_f64().unwrap();
            for entry in entries {
                let word = entry["text"].as_str().unwrap();
                assert!(words.contains(&word), "{word} is no {side}");
                assert!((0.0..=1.0).contains(&number(entry, "share_of_texts")));
                assert_eq!(number(entry, "weight") > 0.0, side == "praise");
            }
            let influences = entries.iter().map(|entry| number(entry, "influence").abs());
            assert!(influences.is_sorted_by(|a, b| a >= b), "{entries:#?}");
            assert_eq!(object["phrases"][side].as_array().unwrap().len(), 10);
        }
    }
    let words = json(&sandbox.run(&["polarity", "--json", "-n", "0"]).exits(0));
    assert_eq!(words["words"]["praise"], Value::Array(Vec::new()));
    sandbox
        .run(&["polarity", "vectors.fifu", "--vectors", "vectors.fifu"])
        .exits(2);
}

#[test]
fn a_file_without_one_is_sound_and_says_how_to_find_one() {
    let sandbox = none();
    let expected = &[
        "found no direction of sentiment in the vectors, expected one that was found in 500 texts or more",
        "hint: ",
        "senti pretrain corpus.txt",
    ];
    sandbox.run(&["polarity"]).exits(6).says(expected);
    sandbox.run(&["polarity", "--json"]).exits(6).says(expected);
    let named = sandbox.run(&["polarity", "vectors.fifu"]).exits(6);
    named.says(&["no direction of sentiment in vectors.fifu"]);
    sandbox.run(&["train", "l8.tsv"]).exits(0);
    sandbox
        .run(&["polarity", "model.senti"])
        .exits(6)
        .says(&["in model.senti", "senti train labeled.tsv --unlabeled"]);
    sandbox.run(&["polarity", "text.txt"]).exits(4);
    sandbox.run(&["polarity", "missing.fifu"]).exits(5);
}

#[test]
fn too_few_texts_leave_vectors_without_it() {
    let sandbox = with_texts(499);
    pretrain(&sandbox, &[]).exits(0).says(&[
        "wrote vectors.fifu",
        "no direction of sentiment: 499 texts with a known word, of 500 that it takes",
    ]);
    let run = sandbox.run(&["train", "l8.tsv"]).exits(0);
    assert!(run.stdout.contains("hidden layer"), "{run:#?}");
    assert!(!run.stdout.contains("direction"), "{run:#?}");
}

#[test]
fn words_that_cannot_be_understood_are_refused_before_anything_is_read() {
    let sandbox = Sandbox::new();
    // The files are missing: who read them first would say so.
    for command in [&["pretrain", "missing.txt"][..], &["train", "missing.tsv"]] {
        let run = |more: &[&str]| sandbox.run(&[command, more].concat()).exits(2);
        run(&["--language", "klingon"]).says(&[
            "--language: found \"klingon\", expected one of english, german, ",
            "chinese",
            "hint: for other languages",
            "--seed-words",
        ]);
        for (wrong, why) in [
            ("very good/bad", "more than one word"),
            ("good,fine/bad,fine", "on both sides"),
        ] {
            run(&["--seed-words", wrong]).says(&["--seed-words: found", why]);
        }
        for wrong in [
            "",
            "good",
            "/",
            "good/",
            "/bad",
            ",/,",
            "good, /  ",
            "good/bad/ugly",
        ] {
            run(&["--seed-words", wrong]).says(&[
                "--seed-words: found",
                "a slash",
                "good,great/bad,awful",
            ]);
        }
    }
    for (option, value) in [("--language", "en"), ("--seed-words", "good/bad")] {
        let pretrain = ["pretrain", "missing.txt", "--no-polarity", option, value];
        sandbox.run(&pretrain).exits(2);
        // There is no text that they could be used on.
        sandbox
            .run(&["train", "missing.tsv", option, value])
            .exits(2)
            .says(&[option, "--unlabeled"]);
    }
    assert!(sandbox.names().is_empty());
}

/// The same text in words that no language has.
fn invented(text: &str) -> String {
    let word = |word: &str| -> String { word.chars().rev().chain("ux".chars()).collect() };
    let mut out = String::new();
    let mut letters = String::new();
    for character in text.chars() {
        if character.is_alphabetic() {
            letters.push(character);
        } else {
            if !letters.is_empty() {
                out += &word(&letters);
                letters.clear();
            }
            out.push(character);
        }
    }
    out
}

#[test]
fn a_language_without_a_list_needs_seed_words() {
    let sandbox = Sandbox::new();
    sandbox
        .write("text.txt", invented(&lines(&reviews(1000, TEXT))))
        .write("l8.tsv", tabbed(&reviews(8, LABELS)))
        .write("held-out.tsv", tabbed(&reviews(200, HELD_OUT)));
    pretrain(&sandbox, &[]).exits(0).says(&[
        "no direction of sentiment: the language of the text is none of english, german",
        "--seed-words",
    ]);
    sandbox.run(&["polarity"]).exits(6);
    pretrain(&sandbox, &["--seed-words", "unknown/dabux"])
        .exits(0)
        .says(&["no direction of sentiment: ", "no known word of praise"]);
    pretrain(
        &sandbox,
        &["--seed-words", "Dooguxx,dooGUX, taergux/dabux,lufwaux"],
    )
    .exits(0)
    .says(&["found the direction of sentiment", "by seed words alone"]);
    let object = json(&sandbox.run(&["polarity", "--json"]).exits(0));
    assert_eq!(object["language"], "");
    assert_eq!(
        object["cues"]["seeds_of_praise"],
        serde_json::json!(["doogux", "taergux"])
    );
    let train = sandbox.run(&["train", "l8.tsv"]).exits(0);
    assert!(line(&train, "direction of sentiment").ends_with("praise is praise"));
    assert!(accuracy(&sandbox, "held-out.tsv") >= 0.95);
}

fn tabbed(reviews: &[Review]) -> String {
    let line = |review: &Review| format!("{}\t{}\n", NAMES[review.side], invented(&review.text));
    reviews.iter().map(line).collect()
}

#[test]
fn eight_labels_follow_it_and_only_say_which_side_is_which() {
    let sandbox = found();
    let train = sandbox.run(&["train", "l8.tsv"]).exits(0);
    assert!(counts(&train) > 80.0, "{train:#?}");
    assert!(line(&train, "direction of sentiment").ends_with("praise is praise"));
    assert!(line(&train, "  by itself").starts_with("right about 100.0 % of these texts ["));
    assert!(train.stdout.contains("\n  classifier  "), "{train:#?}");
    assert!(accuracy(&sandbox, "held-out.tsv") >= 0.98);
    // Words that are in none of the labelled texts.
    let labelled = String::from_utf8(sandbox.read("l8.tsv")).unwrap();
    for (label, words) in [("praise", PRAISE), ("blame", BLAME)] {
        let word = words.iter().find(|word| !labelled.contains(**word));
        let text = format!("It was a {} evening", word.unwrap());
        assert!(probability(&sandbox, label, &text) > 0.6, "{text}");
    }

    // Names that say the contrary of the texts.
    let labels = reviews(40, LABELS);
    for (names, warned) in [(["good", "bad"], false), (["bad", "good"], true)] {
        sandbox.write("swapped.tsv", by_side(&labels, names));
        let train = sandbox
            .run(&["train", "swapped.tsv", "-o", "swapped.out"])
            .exits(0);
        let warning = "warning: the direction of sentiment disagrees with the labels";
        assert_eq!(train.stderr.contains(warning), warned, "{train:#?}");
    }
    sandbox.write("strange.tsv", "aye\tfilm zx qw er\nnay\tmusic zy qv et\n");
    sandbox
        .run(&["train", "strange.tsv", "-o", "swapped.out"])
        .exits(0)
        .says(&["warning: only 25.0 % of the words are known"]);

    let labels = reviews(8, LABELS);
    for names in [["aye", "nay"], ["nay", "aye"]] {
        sandbox
            .write("named.tsv", by_side(&labels, names))
            .write("test.tsv", by_side(&reviews(200, HELD_OUT), names));
        let train = sandbox.run(&["train", "named.tsv"]).exits(0);
        let praise = format!("praise is {}", names[0]);
        assert!(
            line(&train, "direction of sentiment").ends_with(&praise),
            "{train:#?}"
        );
        assert!(accuracy(&sandbox, "test.tsv") >= 0.98, "{names:?}");
    }
}

#[test]
fn labels_of_something_else_are_not_bent() {
    let sandbox = found();
    sandbox
        .write("topics.tsv", by_topic(&reviews(40, LABELS)))
        .write("test.tsv", by_topic(&reviews(200, HELD_OUT)));
    let train = sandbox.run(&["train", "topics.tsv"]).exits(0);
    assert!(counts(&train) < 10.0, "{train:#?}");
    assert!(accuracy(&sandbox, "test.tsv") >= 0.95);
    train.says(&[
        "warning: the labels do not follow the direction",
        "--task any",
    ]);

    let any = sandbox
        .run(&["train", "topics.tsv", "--task", "any"])
        .exits(0);
    assert_eq!(
        line(&any, "direction of sentiment"),
        "left out (--task any)"
    );
    assert!(!any.stderr.contains("direction"), "{any:#?}");
    assert!(accuracy(&sandbox, "test.tsv") >= 0.95);
}

#[test]
fn the_task_decides_whether_it_counts() {
    let sandbox = found();
    let run = |task| sandbox.run(&["train", "l8.tsv", "--task", task]).exits(0);
    assert_eq!(counts(&run("sentiment")), 100.0);
    assert!(counts(&run("auto")) < 100.0);
    assert_eq!(
        line(&run("any"), "direction of sentiment"),
        "left out (--task any)"
    );
    sandbox
        .run(&["train", "l8.tsv", "--task", "topic"])
        .exits(2);

    let sandbox = none();
    sandbox
        .run(&["train", "l8.tsv", "--task", "sentiment"])
        .exits(2)
        .says(&[
            "--task: found sentiment, expected vectors that the direction of sentiment was found with",
            "hint: find it: senti pretrain corpus.txt, or senti train --unlabeled",
        ]);
    assert!(!sandbox.names().contains(&"model.senti".to_owned()));
    let layer = sandbox.run(&["train", "l8.tsv", "--task", "any"]).exits(0);
    assert!(layer.stdout.contains("hidden layer"), "{layer:#?}");
}

#[test]
fn labels_that_contradict_it_are_doubted() {
    let sandbox = found();
    // As many of praise and of blame under either name.
    let labels = reviews(40, LABELS);
    let random: String = labels
        .iter()
        .enumerate()
        .map(|(at, review)| format!("{}\t{}\n", NAMES[at / 4 % 2], review.text))
        .collect();
    sandbox.write("random.tsv", random);
    sandbox
        .run(&["train", "random.tsv"])
        .exits(0)
        .says(&["warning: the labels do not follow the direction of sentiment: by itself"]);
    let right = sandbox.run(&["train", "l40.tsv"]).exits(0);
    assert!(!right.stderr.contains("do not follow"), "{right:#?}");
}

#[test]
fn texts_without_labels_find_it_where_the_vectors_have_none() {
    let sandbox = none();
    let run = |more: &[&str]| sandbox.run(&[&["train", "l8.tsv"][..], more].concat());
    let train = run(&["--unlabeled", "text.txt"])
        .exits(0)
        .says(&["found the direction of sentiment in 1,000 texts (english"]);
    assert!(counts(&train) > 80.0, "{train:#?}");
    assert!(accuracy(&sandbox, "held-out.tsv") >= 0.98);
    sandbox.run(&["polarity", "model.senti"]).exits(0);
    // The vectors' own file stays what it is.
    sandbox.run(&["polarity", "vectors.fifu"]).exits(6);
    let bytes = sandbox.read("model.senti");
    let piped = ["train", "l8.tsv", "--unlabeled", "-", "--output=pipe.senti"];
    let text = lines(&reviews(1000, TEXT));
    sandbox.pipe(&piped, &text).exits(0);
    assert!(sandbox.read("pipe.senti") == bytes);

    run(&["--unlabeled", "text.txt", "--seed-words", "vivid/grim"])
        .exits(0)
        .says(&["found the direction of sentiment in 1,000 texts"]);
    let object = json(&sandbox.run(&["polarity", "model.senti", "--json"]).exits(0));
    assert_eq!(
        object["cues"]["seeds_of_praise"],
        serde_json::json!(["vivid"])
    );

    sandbox.write("few.txt", lines(&reviews(100, TEXT)));
    let few = run(&["--unlabeled", "few.txt"]).exits(0);
    assert!(few.stdout.contains("hidden layer"), "{few:#?}");
    few.says(&["no direction of sentiment: 100 texts", "wrote model.senti"]);
    run(&["--unlabeled", "missing.txt"]).exits(5);
    // What is both cannot be read.
    sandbox
        .pipe(&["train", "-", "--unlabeled", "-"], &text)
        .exits(2)
        .says(&["standard input"]);
}

#[test]
fn texts_without_labels_adapt_what_the_vectors_have() {
    let sandbox = found();
    let run = |more: &[&str]| {
        sandbox
            .run(&[&["train", "l8.tsv"][..], more].concat())
            .exits(0)
    };
    run(&[]);
    let before = sandbox.read("model.senti");
    sandbox.write("other.txt", lines(&reviews(400, HELD_OUT + 1)));
    run(&["--unlabeled", "other.txt"]).says(&[
        "adapted the direction of sentiment to 400 texts (median length ",
        " % of it from these texts",
    ]);
    assert!(sandbox.read("model.senti") != before);
    assert!(accuracy(&sandbox, "held-out.tsv") >= 0.98);
    // Other cues begin anew, and 400 are too few for that: it stays as it was.
    run(&[
        "--unlabeled",
        "other.txt",
        "--seed-words",
        "vivid/grim,zxcvb",
    ])
    .says(&[
        "no direction of sentiment: 400 texts",
        "warning: seed words that the text of the vectors does not have, or too seldom: ",
        "zxcvb",
        "warning: the direction of sentiment that the vectors have stays as it is",
    ]);
    sandbox.write("strange.txt", "zxcvb qwert\n".repeat(300));
    sandbox
        .run(&["train", "l8.tsv", "--unlabeled", "strange.txt"])
        .exits(6)
        .says(&[
            "no text with a known word in --unlabeled, of 300 texts",
            "hint: ",
        ]);

    // Text of another language, in which a word happens to be known.
    let foreign: String = (0..300)
        .map(|at| format!("zorp{at} the blix wug{at} film vork\n"))
        .collect();
    sandbox.write("foreign.txt", foreign);
    run(&["--unlabeled", "foreign.txt"]).says(&[
        "warning: only 20.0 % of the words of --unlabeled are known",
        "not adapted to --unlabeled: of 300 texts none has 3 known words or more, and 200 are the least",
        "warning: the direction of sentiment that the vectors have stays as it is",
        "wrote model.senti",
    ]);
    assert!(sandbox.read("model.senti") == before);
    // Half of each text in that language is warned of, and adapted to.
    let half: String = reviews(400, HELD_OUT + 1)
        .iter()
        .map(|review| {
            let strange = review.text.split(' ').map(|word| format!("{word}xq"));
            format!(
                "{} {} zorp\n",
                review.text,
                strange.collect::<Vec<_>>().join(" ")
            )
        })
        .collect();
    sandbox.write("half.txt", half);
    run(&["--unlabeled", "half.txt"]).says(&[
        "of the words of --unlabeled are known",
        "adapted the direction of sentiment to 400 texts",
    ]);

    sandbox.write("few.txt", lines(&reviews(199, HELD_OUT)));
    run(&["--unlabeled", "few.txt"]).says(&[
        "the direction of sentiment stays as it is: ",
        "199 texts with a known word",
        "wrote model.senti",
    ]);
    assert!(sandbox.read("model.senti") == before);
}

#[test]
fn shares_that_are_expected_move_the_probabilities() {
    let sandbox = found();
    let mixed = "The film was very good. The music was very bad.";
    let train = |more: &[&str]| sandbox.run(&[&["train", "l8.tsv"][..], more].concat());
    train(&[]).exits(0);
    let odds = |p: f64| p / (1.0 - p);
    let even = odds(probability(&sandbox, "praise", mixed));
    for prior in [
        &["--prior", "praise=0.1,blame=0.9"][..],
        &["--prior", " blame = 9, praise = 1"],
        &["--prior", "praise=10%,blame=90 %"],
        &["--prior", "praise=10%", "--prior", "blame=0.9"],
    ] {
        train(prior)
            .exits(0)
            .says(&["shares of the labels, as given: blame 90.0 %, praise 10.0 %"]);
        let rare = odds(probability(&sandbox, "praise", mixed));
        // By Bayes' rule: half of the labelled texts are praise.
        assert!((rare * 9.0 / even - 1.0).abs() < 1e-9, "{rare} {even}");
        // Of a text without a known word nothing else is known.
        let share = probability(&sandbox, "praise", "zxcvb");
        assert!((share - 0.1).abs() < 1e-12, "{share}");
    }

    let named = String::from_utf8(sandbox.read("l8.tsv")).unwrap();
    let named = named.replace("praise\t", "good, or so\t");
    sandbox.write("named.tsv", named.replace("blame\t", "bad=worse, or so\t"));
    let shares = ["--prior", "good, or so=10%", "--prior=bad=worse, or so=90%"];
    sandbox
        .run(&[&["train", "named.tsv"][..], &shares].concat())
        .exits(0)
        .says(&["shares of the labels, as given: bad=worse, or so 90.0 %, good, or so 10.0 %"]);
    train(&[]).exits(0);

    // Of four texts three are blame; too few for the direction to be adapted to them.
    let texts = reviews(280, HELD_OUT);
    let rare = |review: &&Review| review.side == 1 || review.text.len().is_multiple_of(3);
    let kept: Vec<&Review> = texts.iter().filter(rare).collect();
    let share = kept.iter().filter(|review| review.side == 0).count() as f64 / kept.len() as f64;
    let text: String = kept
        .iter()
        .map(|review| review.text.clone() + "\n")
        .collect();
    sandbox.write("skewed.txt", &text);
    let estimate = ["--prior", "estimate", "--unlabeled"];
    let said = train(&[&estimate[..], &["skewed.txt"]].concat()).exits(0);
    let said = said
        .says(&[&format!("estimated from {} texts: blame ", kept.len())])
        .stderr;
    let percent = said.split(", praise ").nth(1).unwrap().split(' ').next();
    let estimated = percent.unwrap().parse::<f64>().unwrap() / 100.0;
    assert!((estimated - share).abs() < 0.1, "{estimated}, not {share}");
    let bytes = sandbox.read("model.senti");
    let piped = [&["train", "l8.tsv"][..], &estimate, &["-"]].concat();
    sandbox.pipe(&piped, &text).exits(0);
    assert!(sandbox.read("model.senti") == bytes);
}

#[test]
fn shares_that_make_no_sense_are_refused() {
    let sandbox = found();
    let train = |more: &[&str]| sandbox.run(&[&["train", "l8.tsv"][..], more].concat());
    for (wrong, says) in [
        ("praise", "label=share"),
        ("", "label=share"),
        ("praise=0,blame=1", "above 0"),
        ("praise=-1,blame=2", "above 0"),
        ("praise=nan,blame=1", "above 0"),
        ("praise=20%,blame=%", "\"blame=%\" in"),
        ("praise=20%,blame=80%%", "above 0"),
        ("praise=0.5", "one for each label: blame, praise"),
        (
            "praise=0.5,blame=0.3,other=0.2",
            "one for each label: blame, praise",
        ),
        (
            "praise=0.5,praise=0.3,blame=0.2",
            "one for each label: blame, praise",
        ),
        ("Praise=0.5,blame=0.5", "one for each label: blame, praise"),
    ] {
        train(&["--prior", wrong])
            .exits(2)
            .says(&["--prior: found", says]);
    }
    train(&["--prior", "estimate"])
        .exits(2)
        .says(&["--unlabeled"]);
    assert!(!sandbox.names().contains(&"model.senti".to_owned()));
    // Nothing to estimate from.
    sandbox.write("empty.txt", "");
    train(&["--prior", "estimate", "--unlabeled", "empty.txt"])
        .exits(6)
        .says(&[
            "no text with a known word in --unlabeled, of 0 texts",
            "hint: ",
        ]);
    assert!(!sandbox.names().contains(&"model.senti".to_owned()));
}

#[test]
fn a_hidden_layer_takes_expected_shares_too() {
    let sandbox = none();
    let mixed = "The film was very good. The music was very bad.";
    let odds = |prior: &str| {
        sandbox.run(&["train", "l8.tsv", "--prior", prior]).exits(0);
        let praise = probability(&sandbox, "praise", mixed);
        praise / (1.0 - praise)
    };
    let (even, rare) = (odds("praise=1,blame=1"), odds("praise=1,blame=4"));
    assert!((rare * 4.0 / even - 1.0).abs() < 1e-9, "{rare} {even}");
}

#[test]
fn three_labels_follow_it_as_well() {
    let sandbox = found();
    let labelled = |count: usize, seed: u64| -> String {
        reviews(count, seed)
            .iter()
            .enumerate()
            .map(|(at, review)| match at % 3 {
                0 => format!("none\t{}. {}\n", FILLERS[0][at % 6], FILLERS[1][at / 6 % 6]),
                _ => format!("{}\t{}\n", NAMES[review.side], review.text),
            })
            .collect()
    };
    sandbox
        .write("three.tsv", labelled(24, LABELS))
        .write("test.tsv", labelled(200, HELD_OUT));
    let train = sandbox.run(&["train", "three.tsv"]).exits(0);
    assert!(counts(&train) > 50.0, "{train:#?}");
    assert!(!train.stdout.contains("by itself"), "{train:#?}");
    assert!(accuracy(&sandbox, "test.tsv") >= 0.9);
    sandbox
        .run(&["train", "three.tsv", "--prior", "none=2,praise=1,blame=1"])
        .exits(0)
        .says(&["blame 25.0 %, none 50.0 %, praise 25.0 %"]);
}

#[test]
fn a_model_is_written_read_and_classifies_the_same() {
    let sandbox = found();
    sandbox.run(&["train", "l8.tsv"]).exits(0);
    let bytes = sandbox.read("model.senti");
    sandbox
        .run(&["train", "l8.tsv", "--output=again.senti"])
        .exits(0);
    assert!(sandbox.read("again.senti") == bytes);
    std::fs::remove_file(sandbox.path("again.senti")).unwrap();
    // It needs no other file.
    std::fs::remove_file(sandbox.path("vectors.fifu")).unwrap();
    let text = lines(&reviews(50, HELD_OUT));
    let answers = |input: &str| {
        sandbox
            .pipe(&["classify", "--quiet"], input)
            .exits(0)
            .stdout
    };
    let all = answers(&text);
    assert_eq!(all.lines().count(), 50);
    let different: BTreeSet<&str> = all.lines().filter_map(|l| l.split('\t').next()).collect();
    assert_eq!(different, BTreeSet::from(NAMES));
    let alone: String = text.lines().map(answers).collect();
    assert_eq!(alone, all);
    let inspected = sandbox.run(&["inspect", "model.senti"]).exits(0).stdout;
    for part in [
        "intact                  yes",
        "direction of sentiment  english, in 1,000 texts",
    ] {
        assert!(inspected.contains(part), "{part}: {inspected}");
    }
    let suggest = ["suggest", "text.txt", "-n", "3", "--already", "l8.tsv"];
    let suggested = sandbox.run(&suggest).exits(0).stdout;
    assert_eq!(suggested.lines().count(), 3, "{suggested}");

    let mut damaged = bytes;
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    sandbox.write("model.senti", damaged);
    sandbox
        .run(&["classify", "text"])
        .exits(4)
        .says(&["model.senti"]);
    sandbox.run(&["polarity", "model.senti"]).exits(4);
}

/// What a person tries first: a word or two, of a model of reviews.
#[test]
fn single_phrases_are_answered_by_what_they_say() {
    let sandbox = found();
    sandbox.run(&["train", "l8.tsv"]).exits(0);
    for (label, texts) in [
        (
            "praise",
            &[
                "good",
                "great!",
                "a good film",
                "not bad",
                "Not bad at all.",
                "witty",
            ][..],
        ),
        (
            "blame",
            &[
                "bad",
                "terrible",
                "a bad room",
                "not good",
                "I don't think it is good",
                "I do not think that it was good",
                "Nobody would call it good.",
                "Good? No.",
                "It was not great",
                "hardly moving",
            ],
        ),
    ] {
        for text in texts {
            let probability = probability(&sandbox, label, text);
            assert!(probability > 0.8, "{text}: {probability}");
        }
    }
    for text in ["the film", "the plot", "the room", "We saw it on a Sunday"] {
        let probability = probability(&sandbox, "praise", text);
        assert!((probability - 0.5).abs() < 0.1, "{text}: {probability}");
    }
}

#[test]
fn vectors_of_other_programs_get_one_from_texts_without_labels() {
    let sandbox = none();
    let words = PRAISE.iter().map(|word| (*word, 0.5));
    let words = words.chain(BLAME.iter().map(|word| (*word, -0.5)));
    let cues = [
        "very", "so", "really", "quite", "is", "was", "seems", "it", "the", "a", "and", "i",
    ];
    let words = words.chain(cues.iter().map(|word| (*word, 0.0)));
    let row = |(at, (word, side)): (usize, (&str, f64))| {
        let (x, y) = ((at as f64).sin(), (at as f64).cos());
        format!("{word} {side} {x:.4} {y:.4}\n")
    };
    let glove: String = words.enumerate().map(row).collect();
    sandbox.write("glove.txt", glove);
    sandbox
        .run(&[
            "train",
            "l8.tsv",
            "--vectors=glove.txt",
            "--unlabeled=text.txt",
        ])
        .exits(0)
        .says(&["found the direction of sentiment in 1,000 texts (english"]);
    assert!(accuracy(&sandbox, "held-out.tsv") >= 0.95);
    sandbox
        .run(&["polarity", "glove.txt"])
        .exits(6)
        .says(&["found no direction of sentiment in glove.txt"]);
}

/// Enough text that the search takes seconds, and the signal comes at its beginning.
#[cfg(unix)]
#[test]
fn a_signal_while_it_is_sought_leaves_whole_vectors() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    for signal in ["INT", "TERM"] {
        let sandbox = with_texts(60_000);
        let mut child = sandbox
            .command()
            .args(["pretrain", "text.txt", "--epochs=1", "--dims=4"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        let looking = said.any(|line| line.unwrap().contains("looking for the direction"));
        assert!(looking);
        let id = child.id().to_string();
        let killed = Command::new("kill")
            .args([format!("-{signal}"), id])
            .status();
        assert!(killed.unwrap().success());
        let told: Vec<String> = said.map(Result::unwrap).collect();
        assert_eq!(child.wait().unwrap().code(), Some(130));
        let error = told.last().unwrap();
        assert!(
            error.contains("interrupted; the vectors were written"),
            "{told:?}"
        );
        assert!(!error.contains("untouched"), "{told:?}");
        sandbox.run(&["inspect", "vectors.fifu"]).exits(0);
        sandbox.run(&["polarity", "vectors.fifu"]).exits(6);
        sandbox.run(&["train", "l8.tsv"]).exits(0);
        assert_eq!(
            sandbox.names(),
            [
                "held-out.tsv",
                "l40.tsv",
                "l8.tsv",
                "model.senti",
                "text.txt",
                "vectors.fifu"
            ]
        );
    }
}
