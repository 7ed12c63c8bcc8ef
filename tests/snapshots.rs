//! What a user sees, word for word. To accept a change:
//! `SNAPSHOTS=overwrite cargo test --test snapshots`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use snapbox::assert_data_eq;
use snapbox::{Data, data::DataFormat};

use common::Sandbox;

fn snapshot(name: &str) -> Data {
    let path = format!("{}/tests/snapshots/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    Data::read_from(path.as_ref(), Some(DataFormat::Text))
}

#[test]
fn help_pages() {
    let sandbox = Sandbox::new();
    let commands = [
        "demo", "pretrain", "polarity", "suggest", "train", "classify", "eval", "embed", "nearest",
        "analogy", "vectors", "convert", "quantize", "inspect",
    ];
    let page = |arguments: &[&str]| {
        // A width of its own, whatever terminal the test runs in.
        let output = sandbox
            .command()
            .args(arguments)
            .env("COLUMNS", "100")
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_data_eq!(page(&["--help"]), snapshot("help"));
    for command in commands {
        assert_data_eq!(
            page(&[command, "--help"]),
            snapshot(&format!("help-{command}"))
        );
    }
}

#[test]
fn errors() {
    let sandbox = Sandbox::trained();
    sandbox.write("latin1.txt", b"sch\xf6n\n");
    sandbox.write(
        "one-label.tsv",
        "positive\tgreat film\npositive\tgood film\n",
    );
    sandbox.write("no-labels.txt", "It was great\n");
    let all: String = [
        &["pretrain", "latin1.txt"][..],
        &["pretrain", "missing.txt"],
        &["pretrain", "corpus/unlabeled.txt", "--dims", "0"],
        &["train", "one-label.tsv"],
        &["train", "no-labels.txt"],
        &["classify", "--model", "vectors.fifu", "text"],
        &["eval", "no-labels.txt"],
        &["nearest", "excelent"],
        &["frobnicate"],
    ]
    .iter()
    .map(|arguments| {
        let run = sandbox.run(arguments);
        let code = run.code.unwrap();
        format!(
            "$ senti {}\n{}[exit {code}]\n\n",
            arguments.join(" "),
            run.stderr
        )
    })
    .collect();
    assert_data_eq!(all, snapshot("errors"));
}

#[test]
fn reports() {
    let sandbox = Sandbox::trained();
    sandbox.write(
        "test.tsv",
        "positive\tgreat film\npositive\tzxcvb\nnegative\tstupid film\nnegative\tgreat plot\n",
    );
    let train = sandbox.run(&["train", "corpus/labeled.tsv"]).exits(0);
    assert_data_eq!(train.stdout, snapshot("train"));
    let eval = sandbox.run(&["eval", "test.tsv"]).exits(0);
    assert_data_eq!(eval.stdout, snapshot("eval"));
}
