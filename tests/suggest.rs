//! `senti suggest`: texts to label, and the way from there to a model.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::collections::BTreeSet;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use common::Sandbox;

const CORPUS: &str = "corpus/unlabeled.txt";

/// The texts that were suggested, whose labels must be empty.
fn texts(output: &str) -> Vec<String> {
    let text = |line: &str| line.strip_prefix('\t').unwrap().to_owned();
    output.lines().map(text).collect()
}

fn pretrained() -> Sandbox {
    let sandbox = Sandbox::with_corpus();
    sandbox.run(&["pretrain", CORPUS]).exits(0);
    sandbox
}

#[test]
fn suggested_texts_become_labelled_ones() {
    let sandbox = pretrained();
    let run = sandbox
        .run(&["suggest", CORPUS, "-n", "10"])
        .exits(0)
        .says(&["using vectors.fifu", "typical ones", "next: "]);
    let corpus = String::from_utf8(sandbox.read(CORPUS)).unwrap();
    let suggested = texts(&run.stdout);
    let different: BTreeSet<&String> = suggested.iter().collect();
    assert_eq!((suggested.len(), different.len()), (10, 10));
    assert!(
        suggested
            .iter()
            .all(|text| corpus.lines().any(|line| line == text))
    );

    sandbox.write("todo.tsv", &run.stdout);
    sandbox
        .run(&["train", "todo.tsv"])
        .exits(6)
        .says(&["no label yet", "before the tab"]);
    let labels = ["a", "b", "", "a", "b", "", "", "", "", ""];
    let filled: String = labels
        .iter()
        .zip(run.stdout.lines())
        .map(|(label, line)| format!("{label}{line}\n"))
        .collect();
    sandbox.write("todo.tsv", filled);
    sandbox.run(&["train", "todo.tsv"]).exits(0).says(&[
        "4 labelled texts in todo.tsv (TSV, label first, no header)",
        "6 texts without a label, left out (line 3, 6, 7, 8, 9, ...)",
    ]);
    sandbox
        .run(&["eval", "todo.tsv"])
        .exits(0)
        .says(&["6 texts without a label"]);
}

#[test]
fn the_same_seed_gives_the_same_texts() {
    let sandbox = pretrained();
    let suggest = |options: &[&str]| {
        let arguments = [&["suggest", CORPUS], options].concat();
        sandbox.run(&arguments).exits(0).stdout
    };
    let first = suggest(&[]);
    assert_eq!(texts(&first).len(), 8);
    assert_eq!(suggest(&["--seed", "0"]), first);
    let others: Vec<String> = ["1", "2", "3"]
        .map(|seed| suggest(&["--seed", seed]))
        .into();
    assert!(others.iter().any(|other| *other != first));
}

#[test]
fn a_model_is_used_where_there_is_one() {
    let sandbox = pretrained();
    let typical = sandbox.run(&["suggest", CORPUS]).exits(0).stdout;
    sandbox.run(&["train", "corpus/labeled.tsv"]).exits(0);
    let run = sandbox
        .run(&["suggest", CORPUS])
        .exits(0)
        .says(&["using model.senti", "least sure"]);
    assert_eq!(texts(&run.stdout).len(), 8);
    let named = ["suggest", CORPUS, "--model", "model.senti"];
    assert_eq!(sandbox.run(&named).exits(0).stdout, run.stdout);
    for options in [&["--typical"][..], &["--vectors", "vectors.fifu"]] {
        let arguments = [&["suggest", CORPUS], options].concat();
        let run = sandbox.run(&arguments).exits(0).says(&["typical ones"]);
        assert_eq!(run.stdout, typical);
    }
    for options in [
        &["--model", "model.senti", "--typical"][..],
        &["--model", "model.senti", "--vectors", "vectors.fifu"],
    ] {
        sandbox
            .run(&[&["suggest", CORPUS], options].concat())
            .exits(2);
    }
    // The model holds all it needs.
    std::fs::remove_file(sandbox.path("vectors.fifu")).unwrap();
    sandbox.run(&["suggest", CORPUS]).exits(0);
    sandbox.run(&["suggest", CORPUS, "--typical"]).exits(4);
}

#[test]
fn labelled_texts_are_not_suggested_again() {
    let sandbox = pretrained();
    let first = sandbox
        .run(&["suggest", CORPUS, "-n", "20"])
        .exits(0)
        .stdout;
    let labelled: String = first.lines().map(|line| format!("a{line}\n")).collect();
    sandbox.write("done.tsv", labelled.to_uppercase());
    let run = sandbox
        .run(&["suggest", CORPUS, "-n", "1000", "--already", "done.tsv"])
        .exits(0)
        .says(&["20 labelled texts in done.tsv", "there are no more"]);
    let all = sandbox.run(&["suggest", CORPUS, "-n", "1000"]).exits(0);
    let set = |output: &str| texts(output).into_iter().collect::<BTreeSet<_>>();
    let (rest, done, all) = (set(&run.stdout), set(&first), set(&all.stdout));
    assert!(rest.is_disjoint(&done));
    assert_eq!(rest.union(&done).cloned().collect::<BTreeSet<_>>(), all);
    sandbox
        .run(&["suggest", CORPUS, "--already", "missing.tsv"])
        .exits(5);
}

#[test]
fn texts_come_from_files_folders_and_pipes() {
    let sandbox = pretrained();
    let corpus = sandbox.read(CORPUS);
    let one = sandbox.run(&["suggest", CORPUS]).exits(0).stdout;
    assert_eq!(
        sandbox.pipe(&["suggest", "-"], &corpus).exits(0).stdout,
        one
    );
    std::fs::create_dir(sandbox.path("texts")).unwrap();
    let middle = corpus.len() / 2;
    let cut = middle + corpus[middle..].iter().position(|&b| b == b'\n').unwrap() + 1;
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&corpus[..cut]).unwrap();
    sandbox.write("texts/b.gz", packed.finish().unwrap());
    sandbox.write("texts/a.txt", &corpus[cut..]);
    let run = sandbox
        .run(&["suggest", "texts"])
        .exits(0)
        .says(&["62 texts in 2 files"]);
    assert_eq!(run.stdout, one);
}

#[test]
fn whole_texts_are_printed_and_none_is_dangerous() {
    let sandbox = pretrained();
    let long = "one great wonderful film ".repeat(50_000);
    sandbox.write("long.txt", &long);
    let run = sandbox.run(&["suggest", "long.txt", "-n", "1"]).exits(0);
    assert_eq!(run.stdout, format!("\t{long}\n"));
    sandbox.write(
        "evil.txt",
        "a wonderful\tgreat film\u{1b}[2J,\u{202e} great\u{85}\n",
    );
    let run = sandbox.run(&["suggest", "evil.txt", "-n", "1"]).exits(0);
    assert_eq!(run.stdout, "\ta wonderful great film [2J, great \n");
}

#[test]
fn bad_input() {
    let sandbox = pretrained();
    for (content, code, says) in [
        (&b""[..], 3, &["no words", "hint:"][..]),
        (b"\n\n!!!\n", 3, &["no words"]),
        (
            b"zxcvb qwert asdfg\n",
            6,
            &["1 text in", "3 different known words", "hint:"],
        ),
        (
            b"great great great great\n",
            6,
            &["3 different known words"],
        ),
        (b"good film\nbro\xffken\n", 3, &["line 2", "0xFF"]),
        (b"%PDF-1.7\n\x01\x02", 3, &["a PDF document"]),
    ] {
        sandbox.write("texts.txt", content);
        let run = sandbox
            .run(&["suggest", "texts.txt"])
            .exits(code)
            .says(says);
        assert!(run.stdout.is_empty());
    }
    sandbox.write(
        "few.txt",
        "A wonderful great film\na GREAT wonderful film!\nzxcvb\n",
    );
    let run = sandbox
        .run(&["suggest", "few.txt"])
        .exits(0)
        .says(&["1 text instead of 8"]);
    assert_eq!(run.stdout, "\tA wonderful great film\n");
    sandbox.write("done.tsv", "a\tgreat film, wonderful\n");
    sandbox
        .run(&["suggest", "few.txt", "--already", "done.tsv"])
        .exits(6)
        .says(&["the labelled ones left out"]);
    for number in ["0", "1001"] {
        sandbox
            .run(&["suggest", CORPUS, "-n", number])
            .exits(2)
            .says(&["--count", "1 to 1000"]);
    }
    sandbox.run(&["suggest"]).exits(2);
    sandbox.run(&["suggest", "missing.txt"]).exits(5);
    sandbox
        .run(&["suggest", CORPUS, "--vectors", CORPUS])
        .exits(4);
}
