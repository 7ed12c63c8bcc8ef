//! Vectors and models from standard input: what comes out is what comes out of files.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{Run, Sandbox};

#[test]
fn vectors_and_models_come_from_standard_input() {
    let sandbox = Sandbox::trained();
    let direction = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stored/direction.fifu");
    std::fs::copy(direction, sandbox.path("direction.bin")).unwrap();
    let convert = ["convert", "vectors.fifu", "vectors.vec"];
    sandbox.run(&convert).exits(0);
    for (command, file) in [
        ("nearest great --vectors", "vectors.fifu"),
        ("nearest great --vectors", "vectors.vec"),
        ("analogy great good dull --vectors", "vectors.fifu"),
        ("classify great --model", "model.senti"),
        ("eval corpus/test.tsv --model", "model.senti"),
        ("embed great --vectors", "vectors.fifu"),
        ("embed great --model", "model.senti"),
        ("suggest corpus/unlabeled.txt --vectors", "vectors.fifu"),
        ("suggest corpus/unlabeled.txt --model", "model.senti"),
        ("polarity -n 3", "direction.bin"),
    ] {
        let command: Vec<&str> = command.split(' ').collect();
        let named = sandbox.run(&[&command[..], &[file]].concat()).exits(0);
        let piped = sandbox
            .pipe(&[&command[..], &["-"]].concat(), sandbox.read(file))
            .exits(0);
        assert!(!named.stdout.is_empty());
        assert_eq!(named.stdout, piped.stdout, "{command:?} {file}");
    }
    for file in ["vectors.fifu", "model.senti"] {
        // Below the name of the file.
        let rest = |run: Run| {
            let stdout = run.exits(0).stdout;
            stdout.split_once('\n').unwrap().1.to_owned()
        };
        let named = rest(sandbox.run(&["inspect", file]));
        let piped = rest(sandbox.pipe(&["inspect", "-"], sandbox.read(file)));
        assert_eq!(named, piped);
    }
    let vectors = sandbox.read("vectors.fifu");
    let convert = ["convert", "-", "piped.vec", "--clean"];
    sandbox.pipe(&convert, &vectors).exits(0);
    assert_eq!(sandbox.read("piped.vec"), sandbox.read("vectors.vec"));
    let train = "train corpus/labeled.tsv --vectors - -o piped.senti";
    let train: Vec<&str> = train.split(' ').collect();
    sandbox.pipe(&train, &vectors).exits(0);
    assert_eq!(sandbox.read("piped.senti"), sandbox.read("model.senti"));

    // What is wrong with it is said as of a file.
    let model = sandbox.read("model.senti");
    let without = sandbox.pipe(&["polarity", "-"], &model).exits(6);
    without.says(&["no direction of sentiment"]);
    for command in [
        &["nearest", "great", "--vectors", "-"][..],
        &["classify", "great", "--model", "-"],
        &["polarity", "-"],
    ] {
        let text = sandbox.pipe(command, "this is text\n").exits(4);
        text.says(&["plain text"]);
        sandbox.pipe(command, "").exits(4).says(&["an empty file"]);
    }
}

#[test]
fn standard_input_is_one_file() {
    let sandbox = Sandbox::trained();
    for command in [
        "classify --model -",
        "classify - --model -",
        "classify -f corpus/test.tsv -f - --model -",
        "eval - --model -",
        "embed --model -",
        "embed -f - --vectors -",
        "suggest - --vectors -",
        "suggest corpus/unlabeled.txt --already - --model -",
        "train - --vectors -",
        "train corpus/labeled.tsv --unlabeled - --vectors -",
        "vectors eval - --vectors -",
    ] {
        let command: Vec<&str> = command.split(' ').collect();
        let run = sandbox.pipe(&command, "great\n").exits(2);
        run.says(&["standard input, which other input"]);
    }
    let explain = ["classify", "great", "--explain", "--model", "-"];
    let run = sandbox.pipe(&explain, sandbox.read("model.senti")).exits(2);
    run.says(&["read once"]);
    for command in [
        "pretrain corpus/unlabeled.txt -o -",
        "convert vectors.fifu - --to glove",
        "classify great -o -",
    ] {
        let command: Vec<&str> = command.split(' ').collect();
        sandbox
            .run(&command)
            .exits(2)
            .says(&["stands for standard input"]);
    }
    assert!(!sandbox.names().contains(&"-".to_owned()));
}
