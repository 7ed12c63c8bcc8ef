//! Answers that are withheld: what the thresholds do, and what `senti eval`
//! says that they do.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use serde_json::Value;

use common::{Sandbox, objects};

/// Every opinion word with every noun, and each label wrong for one noun; two of
/// the texts have no known word.
fn labelled() -> String {
    let mut rows = String::new();
    for (label, other, words) in [
        (
            "positive",
            "negative",
            ["great", "moving", "clever", "loved"],
        ),
        ("negative", "positive", ["stupid", "dull", "awful", "slow"]),
    ] {
        for word in words {
            for noun in ["film", "plot", "cast"] {
                let label = if noun == "plot" { other } else { label };
                rows += &format!("{label}\t{word} {noun}\n");
            }
        }
        rows += &format!("{label}\tzxcvb\n");
    }
    rows
}

#[test]
fn classify_withholds_what_is_below_a_threshold() {
    let sandbox = Sandbox::trained();
    let texts = ["great film", "great film zxcvb qwert asdfg", "zxcvb"];
    let json = |options: &[&str]| {
        let arguments = [&["classify", "--json"], options, &texts].concat();
        objects(&sandbox.run(&arguments).exits(0).stdout)
    };
    let plain = json(&[]);
    assert_eq!(plain[0]["label"], "positive");
    assert_eq!(plain[0].get("why"), None);
    assert_eq!(plain[2]["why"], "no_known_word");

    // Two of five words are known: as many as are asked for, then too few.
    assert_eq!(json(&["--min-known", "0.4"]), plain);
    let strict = json(&["--min-known", "0.41"]);
    assert_eq!(strict[0], plain[0]);
    assert_eq!(strict[1]["label"], "undecided");
    assert_eq!(strict[1]["why"], "too_few_known_words");
    assert_eq!(strict[1]["probabilities"], plain[1]["probabilities"]);
    assert_eq!(strict[1]["probability"], plain[1]["probability"]);
    assert_eq!(strict[2], plain[2]);

    // The probability itself is enough for the threshold.
    let probability = plain[0]["probability"].to_string();
    assert_eq!(json(&["--min-probability", &probability]), plain);
    let strict = json(&["--min-probability", "1"]);
    assert_eq!(strict[0]["label"], "undecided");
    assert_eq!(strict[0]["why"], "not_sure_enough");
    assert_eq!(strict[2], plain[2]);

    let shown = |options: &[&str]| {
        let arguments = [&["classify", "great film"], options].concat();
        sandbox.run(&arguments).exits(0).stdout
    };
    let withheld = shown(&["--min-probability", "1"]);
    assert!(withheld.starts_with("undecided\t0."), "{withheld}");
    let given = shown(&[]);
    assert_eq!(withheld.replace("undecided", "positive"), given);
}

#[test]
fn thresholds_out_of_range_end_it_before_anything_is_read() {
    let empty = Sandbox::new();
    for command in [&["classify", "great"][..], &["eval", "missing.tsv"]] {
        for (option, values) in [
            ("--min-probability", ["1.01", "-0.1", "nan", "80"]),
            ("--min-known", ["1.01", "-0.1", "inf", "50"]),
        ] {
            for value in values {
                let arguments = [command, &[option, value]].concat();
                let says = format!("{option}: found ");
                empty
                    .run(&arguments)
                    .exits(2)
                    .says(&[&says, "expected 0 to 1"]);
            }
        }
    }
    empty
        .run(&["classify", "great", "--min-probability", "half"])
        .exits(2);
}

#[test]
fn eval_shows_what_each_threshold_costs_and_gains() {
    let sandbox = Sandbox::trained();
    sandbox.write("some.tsv", labelled());
    let report = |options: &[&str]| -> Value {
        let arguments = [&["eval", "some.tsv", "--json"], options].concat();
        objects(&sandbox.run(&arguments).exits(0).stdout).remove(0)
    };
    let plain = report(&[]);
    let curve = &plain["coverage_curve"];
    let points = curve["points"].as_array().unwrap();
    assert!(points.len() > 3, "{curve}");
    assert_eq!(points[0]["answered"], 24);
    assert_eq!(points[0]["coverage"], plain["coverage"]);
    assert_eq!(
        points[0]["accuracy"]["value"],
        plain["accuracy_of_answered"]
    );
    let area = curve["aurc"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&area), "{area}");

    // What the curve says of a threshold is what the threshold then does.
    for point in [&points[1], points.last().unwrap()] {
        let strict = report(&["--min-probability", &point["threshold"].to_string()]);
        assert_eq!(strict["coverage"], point["coverage"]);
        assert_eq!(strict["accuracy_of_answered"], point["accuracy"]["value"]);
        // A text without an answer counts as wrong.
        let right =
            point["accuracy"]["value"].as_f64().unwrap() * point["coverage"].as_f64().unwrap();
        let accuracy = strict["accuracy"]["value"].as_f64().unwrap();
        assert!((accuracy - right).abs() < 1e-12, "{strict}");
    }
    // All words of these are known, but of two texts.
    assert_eq!(report(&["--min-known", "1"])["coverage"], plain["coverage"]);

    let run = sandbox.run(&["eval", "some.tsv"]).exits(0);
    let run = run.says(&["senti classify --min-probability"]);
    let table: Vec<&str> = run
        .stdout
        .lines()
        .skip_while(|line| !line.starts_with("--min-probability"))
        .collect();
    assert!((3..=6).contains(&table.len()), "{}", run.stdout);
    // The first row is what is answered already, the others less and less.
    let coverages: Vec<f64> = table[1..]
        .iter()
        .map(|row| row.split_whitespace().nth(1).unwrap().parse().unwrap())
        .collect();
    assert_eq!(coverages[0], 92.3);
    assert!(coverages.is_sorted_by(|a, b| a > b), "{coverages:?}");
    let first = table[1].split_whitespace().next().unwrap();
    assert_eq!(
        report(&["--min-probability", first])["coverage"],
        plain["coverage"]
    );
    let last = table[table.len() - 1].split_whitespace().next().unwrap();
    let strict = report(&["--min-probability", last]);
    let shown = format!("{:.1}", strict["coverage"].as_f64().unwrap() * 100.0);
    assert_eq!(shown, format!("{:.1}", coverages[coverages.len() - 1]));
}

#[test]
fn eval_keeps_silent_about_thresholds_where_it_knows_too_little() {
    let sandbox = Sandbox::trained();
    // Twenty texts, one probability.
    sandbox.write("same.tsv", "positive\tgreat film\n".repeat(20));
    for file in ["corpus/test.tsv", "same.tsv"] {
        let json = sandbox.run(&["eval", file, "--json"]).exits(0).stdout;
        assert_eq!(objects(&json)[0]["coverage_curve"], Value::Null);
        let run = sandbox.run(&["eval", file]).exits(0);
        assert!(!run.stdout.contains("--min-probability"), "{}", run.stdout);
        assert!(!run.stderr.contains("--min-probability"), "{}", run.stderr);
    }
}
