//! `senti classify --explain`: which words decided.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use serde_json::Value;

use common::{Sandbox, objects};

/// Asserts that the object explains its answer, with nothing left over.
#[track_caller]
fn accounts(answer: &Value) {
    let explanation = &answer["explanation"];
    let text = answer["text"].as_str().unwrap();
    let mut sum = explanation["base"].as_f64().unwrap();
    let mut behind = (0, 0);
    for part in explanation["parts"].as_array().unwrap() {
        sum += part["value"].as_f64().unwrap();
        let place = |name: &str| part[name].as_u64().unwrap() as usize;
        let span = (place("start"), place("end"));
        assert!(behind < span, "{explanation}");
        assert_eq!(part["text"], text[span.0..span.1], "{explanation}");
        assert!(part["negated"].is_boolean(), "{explanation}");
        behind = span;
    }
    let p = answer["probability"].as_f64().unwrap();
    for log_odds in [
        explanation["log_odds"].as_f64().unwrap(),
        (p / (1.0 - p)).ln(),
    ] {
        assert!((sum - log_odds).abs() < 1e-6, "{answer}");
    }
}

#[test]
fn the_parts_of_every_answer_sum_to_its_log_odds() {
    let sandbox = Sandbox::trained();
    sandbox.write(
        "texts.txt",
        "Great film, great\nthe plot is Stupid, the zxcvb cast lovely\n\nzxcvb\n",
    );
    let run = sandbox.run(&["classify", "--explain", "--json", "-f", "texts.txt"]);
    let answers = objects(&run.exits(0).stdout);
    assert_eq!(answers.len(), 4);
    answers.iter().for_each(accounts);

    let parts = |answer: &Value| -> Vec<Value> {
        let parts = answer["explanation"]["parts"].as_array().unwrap();
        parts.iter().map(|part| part["text"].clone()).collect()
    };
    assert_eq!(parts(&answers[0]), ["Great", "film", "great"]);
    let values = &answers[0]["explanation"]["parts"];
    assert_eq!(values[0]["value"], values[2]["value"]);
    assert!(values[0]["value"].as_f64().unwrap() > 0.3, "{values}");
    let unknown = &answers[1]["explanation"]["unknown"];
    assert!(
        unknown
            .as_array()
            .unwrap()
            .contains(&serde_json::json!({"start": 24, "end": 29, "text": "zxcvb"})),
        "{unknown}"
    );
    // Without a known word there are no parts: the base is all.
    for answer in &answers[2..] {
        assert_eq!(answer["label"], "undecided");
        assert!(parts(answer).is_empty());
        assert_eq!(
            answer["explanation"]["base"],
            answer["explanation"]["log_odds"]
        );
    }

    // The same from standard input; without the option all but the explanation.
    let input = sandbox.read("texts.txt");
    let piped = sandbox.pipe(&["classify", "--explain", "--json"], &input);
    assert_eq!(objects(&piped.exits(0).stdout), answers);
    let plain = objects(&sandbox.pipe(&["classify", "--json"], &input).stdout);
    for (mut answer, plain) in answers.into_iter().zip(plain) {
        answer.as_object_mut().unwrap().remove("explanation");
        assert_eq!(answer, plain);
    }
}

#[test]
fn expected_shares_and_n_grams_are_accounted_for() {
    let sandbox = Sandbox::with_corpus();
    sandbox
        .run(&["pretrain", "corpus/unlabeled.txt", "--subwords"])
        .exits(0);
    sandbox.write(
        "three.tsv",
        "positive\tgreat film\nnegative\tawful plot\nneutral\tthe city\n\
         positive\tloved it\nnegative\tstupid script\nneutral\ta garden\n",
    );
    for (labels, prior) in [
        ("corpus/labeled.tsv", "positive=0.8,negative=0.2"),
        ("three.tsv", "positive=0.2,negative=0.2,neutral=0.6"),
    ] {
        sandbox.run(&["train", labels, "--prior", prior]).exits(0);
        let run = sandbox.run(&[
            "classify",
            "--explain",
            "--json",
            "wonderfully great stupidity",
            "greatest",
            "garden city",
        ]);
        for answer in objects(&run.exits(0).stdout) {
            accounts(&answer);
            let parts = answer["explanation"]["parts"].as_array().unwrap();
            assert_eq!(parts.len() as u64, answer["known"].as_u64().unwrap());
        }
    }
}

#[test]
fn the_table_says_by_signs_what_colours_say() {
    let sandbox = Sandbox::trained();
    let explain = |options: &[&str], text: &str| {
        let arguments = [&["classify", "--explain", "--quiet"], options, &[text]].concat();
        sandbox.run(&arguments).exits(0).stdout
    };
    let text = "A stupid plot, but the cast is wonderful, zxcvb";
    let plain = explain(&[], text);
    let lines: Vec<&str> = plain.lines().collect();
    assert!(lines[0].ends_with(text), "{plain}");
    let numbers: Vec<f64> = lines[1..lines.len() - 1]
        .iter()
        .map(|line| line.split_whitespace().next().unwrap().parse().unwrap())
        .collect();
    let [parts @ .., base, total] = &numbers[..] else {
        panic!("{plain}")
    };
    assert!(parts.is_sorted_by(|a, b| a.abs() >= b.abs()), "{plain}");
    // Each is rounded to two digits.
    let sum = parts.iter().sum::<f64>() + base;
    assert!(
        (sum - total).abs() < 0.005 * numbers.len() as f64,
        "{plain}"
    );
    assert!(lines[lines.len() - 1] == "  unknown: zxcvb", "{plain}");

    let coloured = explain(&["--color", "always"], text);
    assert!(coloured.contains("\u{1b}[32m+") && coloured.contains("\u{1b}[31m-"));
    let without: String = coloured
        .replace("\u{1b}[32m", "")
        .replace("\u{1b}[31m", "")
        .replace("\u{1b}[0m", "");
    assert_eq!(without, plain);

    // A text says one thing sixteen times: one is counted, not shown.
    let many = explain(&[], &"great ".repeat(16));
    assert_eq!(many.matches("  great\n").count(), 15, "{many}");
    assert!(many.contains("  (1 more)\n"), "{many}");
    // What could move the cursor does not.
    let hostile = explain(&[], "great \u{202e}zxcvb\u{7}");
    assert!(!hostile.contains('\u{202e}') && !hostile.contains('\u{7}'));
}

#[test]
fn undecided_texts_say_why() {
    let sandbox = Sandbox::trained();
    let explain = |options: &[&str], text: &str| {
        let arguments = [&["classify", "--explain", "--quiet"], options, &[text]].concat();
        sandbox.run(&arguments).exits(0).stdout
    };
    let nothing = explain(&[], "zxcvb qwert");
    let expected = "undecided\t0.50\tzxcvb qwert\n  undecided: no word of it is known\n  \
                    unknown: zxcvb, qwert\n";
    assert_eq!(nothing, expected);
    let few = explain(&["--min-known", "0.9"], "great zxcvb");
    assert!(
        few.contains("1 of 2 words, less than --min-known; it would be positive"),
        "{few}"
    );
    assert!(few.contains("(log odds of positive)"), "{few}");
    let unsure = explain(&["--min-probability", "1"], "great film");
    assert!(
        unsure.contains("less probable than --min-probability; it would be positive"),
        "{unsure}"
    );
}
