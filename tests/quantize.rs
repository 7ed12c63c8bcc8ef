//! `senti quantize`: a smaller model that answers like the one it was made of.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::Sandbox;

#[test]
fn a_smaller_model_answers_the_same_and_says_what_it_was() {
    let sandbox = Sandbox::trained();
    let run = sandbox
        .run(&["quantize", "corpus/labeled.tsv"])
        .exits(0)
        .says(&[
            "using model.senti",
            "8 labelled texts",
            "wrote model-8bit.senti",
        ]);
    for says in ["word pairs", "same label", "8 texts", "at most", "accuracy"] {
        assert!(run.stdout.contains(says), "{says}: {}", run.stdout);
    }
    let sizes = ["model.senti", "model-8bit.senti"].map(|name| sandbox.read(name).len());
    assert!(sizes[1] < sizes[0], "{sizes:?}");

    let answer = |model: &str, more: &[&str]| {
        let all = [&["classify", "It was great", "--model", model], more].concat();
        sandbox.run(&all).exits(0).stdout
    };
    for more in [&[][..], &["--explain"]] {
        assert_eq!(
            answer("model.senti", more),
            answer("model-8bit.senti", more)
        );
    }
    let shown = sandbox
        .run(&["inspect", "model-8bit.senti"])
        .exits(0)
        .stdout;
    let digest = sandbox.run(&["inspect", "model.senti"]).exits(0).stdout;
    let digest = digest
        .lines()
        .find(|line| line.starts_with("sha256"))
        .unwrap();
    let digest = digest.split_whitespace().nth(1).unwrap();
    assert!(
        shown.contains(&format!("quantized model sha256  {digest}")),
        "{shown}"
    );

    // The same once more gives the same bytes, from lines without labels too.
    let first = sandbox.read("model-8bit.senti");
    let lines = ["quantize", "corpus/unlabeled.txt", "--model", "model.senti"];
    let run = sandbox.run(&lines).exits(0).says(&["62 unlabelled texts"]);
    assert!(!run.stdout.contains("accuracy"), "{}", run.stdout);
    assert_eq!(sandbox.read("model-8bit.senti"), first);
}

#[test]
fn what_cannot_be_done_is_said() {
    let sandbox = Sandbox::trained();
    let run = |more: &[&str], code| {
        let all = [
            &["quantize", "corpus/labeled.tsv", "--model", "model.senti"],
            more,
        ]
        .concat();
        sandbox.run(&all).exits(code)
    };
    run(&["--size", "1kB"], 2).says(&["1000 bytes", "without any pair"]);
    run(&["--size", "much"], 2).says(&["500kB"]);
    run(&["--output", "model.senti"], 2).says(&["an input"]);
    run(&["--output", "corpus/unlabeled.txt"], 2).says(&["another kind"]);
    sandbox.write("empty.txt", "");
    let empty = ["quantize", "empty.txt", "--model", "model.senti"];
    sandbox.run(&empty).exits(3);
    sandbox
        .run(&["quantize", "none.txt", "--model", "model.senti"])
        .exits(5);
}
