//! The vectors of texts, from each layer, as a user gets them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::Sandbox;
use senti::model::{Classifier, Model};
use senti::vectors::WordVectors;

const TEXTS: &str = "It was great, great!\n\nzxcvb\nA stupid plot\n";

/// The names and values of lines; `names` fields stand before the values.
fn rows(text: &str, names: usize) -> Vec<(String, Vec<f32>)> {
    let row = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let values = fields[names..].iter().map(|value| value.parse().unwrap());
        (fields[..names].join("\t"), values.collect())
    };
    text.lines().map(row).collect()
}

/// The shape and the values of a `.npy` as numpy reads it.
fn matrix(bytes: &[u8]) -> (Vec<usize>, Vec<f32>) {
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\0");
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    assert_eq!((10 + length) % 64, 0);
    let header = std::str::from_utf8(&bytes[10..10 + length]).unwrap();
    assert!(
        header.starts_with("{'descr': '<f4', 'fortran_order': False, 'shape': ("),
        "{header}"
    );
    assert!(header.ends_with(" \n"));
    let shape = header.split(['(', ')']).nth(1).unwrap();
    let shape = shape
        .split(", ")
        .map(|number| number.parse().unwrap())
        .collect();
    (shape, floats(&bytes[10 + length..]))
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    assert_eq!(bytes.len() % 4, 0);
    let value = |b: &[u8]| f32::from_le_bytes([b[0], b[1], b[2], b[3]]);
    bytes.chunks_exact(4).map(value).collect()
}

#[test]
fn words_have_the_vectors_of_the_file() {
    let sandbox = Sandbox::trained();
    sandbox.write("t.txt", TEXTS);
    let vectors = WordVectors::read(&sandbox.path("vectors.fifu")).unwrap();
    let run = sandbox
        .run(&["embed", "--layer", "word", "--file", "t.txt"])
        .exits(0);
    assert!(run.stderr.contains("using vectors.fifu"), "{run:?}");
    assert!(
        run.stderr
            .contains("no word is known in 2 of 4 texts: they have no row"),
        "{run:?}"
    );
    let found = rows(&run.stdout, 2);
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["1\tgreat", "1\tgreat", "4\tstupid", "4\tplot"]);
    for (name, values) in &found {
        let word = name.split('\t').nth(1).unwrap();
        // To the last bit.
        assert_eq!(values, vectors.row(vectors.index(word).unwrap()));
    }
    // A model has them too.
    let model = sandbox.run(&[
        "embed",
        "--layer",
        "word",
        "--file",
        "t.txt",
        "--model",
        "model.senti",
    ]);
    assert_eq!(model.exits(0).stdout, run.stdout);
}

#[test]
fn sentences_are_the_means_that_the_model_sees() {
    let sandbox = Sandbox::trained();
    let model = Model::read(&sandbox.path("model.senti")).unwrap();
    let run = sandbox
        .pipe(&["embed", "--model", "model.senti"], TEXTS)
        .exits(0);
    assert!(
        run.stderr
            .contains("no word is known in 2 of 4 texts: their rows are zeros"),
        "{run:?}"
    );
    let found = rows(&run.stdout, 1);
    assert_eq!(found.len(), 4);
    for ((name, values), text) in found.iter().zip(TEXTS.lines()) {
        assert_eq!(name, text);
        let expected = model.encoder().encode(text).vector;
        let expected: Vec<f32> = expected.iter().map(|&value| value as f32).collect();
        assert_eq!(values, &expected);
    }
    assert!(
        found[1]
            .1
            .iter()
            .chain(&found[2].1)
            .all(|&value| value == 0.0)
    );
    assert!(found[0].1.iter().any(|&value| value != 0.0));
    // Arguments are texts as well, and the vectors have the same weights.
    let run = sandbox
        .run(&["embed", "A stupid plot", "tab\there"])
        .exits(0);
    let again = rows(&run.stdout, 1);
    assert_eq!(again[0], found[3]);
    assert_eq!(again[1].0, "tab\\there");
}

#[test]
fn hidden_units_answer_as_the_model_does() {
    let sandbox = Sandbox::trained();
    let model = Model::read(&sandbox.path("model.senti")).unwrap();
    let Classifier::Layer(layer) = model.classifier() else {
        panic!("vectors without a direction have a hidden layer")
    };
    let run = sandbox
        .pipe(&["embed", "--layer", "hidden"], TEXTS)
        .exits(0);
    assert!(run.stderr.contains("using model.senti"), "{run:?}");
    let found = rows(&run.stdout, 1);
    for (text, values) in &found {
        assert_eq!(values.len(), layer.bias.len());
        let verdict = model.classify(text);
        if verdict.known == 0 {
            assert!(values.iter().all(|&value| value == 0.0));
            continue;
        }
        let logit = |class: usize| {
            let weights = layer.output_weights.row(class).to_vec();
            let sum: f64 = weights
                .iter()
                .zip(values)
                .map(|(w, &a)| w * f64::from(a))
                .sum();
            sum + layer.output_bias[class]
        };
        let [negative, positive] = verdict.probabilities[..] else {
            panic!("two labels")
        };
        let odds = (positive / negative).ln();
        assert!((logit(1) - logit(0) - odds).abs() < 1e-5, "{text}");
    }
}

#[test]
fn files_hold_the_same_rows_in_every_form() {
    let sandbox = Sandbox::trained();
    sandbox.write("t.txt", TEXTS);
    for (layer, dims, names) in [("word", 8, 2), ("sentence", 8, 1), ("hidden", 8, 1)] {
        let embed = |more: &[&str]| {
            let arguments = [&["embed", "--layer", layer, "--file", "t.txt"], more].concat();
            sandbox.run(&arguments).exits(0)
        };
        let expected = rows(&embed(&[]).stdout, names);
        let values: Vec<f32> = expected
            .iter()
            .flat_map(|(_, values)| values.clone())
            .collect();
        let count = expected.len();
        let run = embed(&["-o", "e.tsv"]);
        assert!(run.stdout.is_empty());
        assert!(
            run.stderr
                .contains(&format!("wrote e.tsv: {count} rows of {dims} dimensions")),
            "{run:?}"
        );
        let written = String::from_utf8(sandbox.read("e.tsv")).unwrap();
        assert_eq!(rows(&written, names), expected);
        // Twice: what was written before is replaced.
        for _ in 0..2 {
            embed(&["-o", &format!("{layer}.npy")]);
            embed(&["-o", &format!("{layer}-st.st"), "--to", "safetensors"]);
        }
        assert_eq!(
            matrix(&sandbox.read(&format!("{layer}.npy"))),
            (vec![count, dims], values.clone())
        );
        let bytes = sandbox.read(&format!("{layer}-st.st"));
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let tensor = tensors.tensor("embeddings").unwrap();
        assert_eq!(tensor.shape(), [count, dims]);
        assert_eq!(floats(tensor.data()), values);
        if layer == "word" {
            let named: String = expected
                .iter()
                .map(|(name, _)| format!("{name}\n"))
                .collect();
            assert_eq!(sandbox.read("word.txt"), named.as_bytes());
        }
        assert!(!sandbox.path("sentence.txt").exists());
    }
    // A matrix without rows is one all the same.
    sandbox
        .run(&["embed", "--layer", "word", "zxcvb", "-o", "none.npy"])
        .exits(0);
    assert_eq!(matrix(&sandbox.read("none.npy")), (vec![0, 8], Vec::new()));
}

#[test]
fn what_cannot_be_is_said_and_nothing_is_replaced() {
    let sandbox = Sandbox::trained();
    sandbox
        .write("t.txt", TEXTS)
        .write("notes.tsv", "my\tnotes\tof\ttoday\n");
    sandbox
        .write("words.txt", "mine\n")
        .write("bad.txt", b"fine\nbro\xffken\n");
    let before = sandbox.names();
    for (arguments, code, says) in [
        (&["--to", "npy", "x"][..], 2, "a file to write to"),
        (&["-o", "notes.tsv", "x"], 2, "a file of another kind"),
        (&["-o", "t.txt", "--file", "t.txt"], 2, "an input"),
        (
            &["-o", "model.senti", "--to", "safetensors", "x"],
            2,
            "a file of another kind",
        ),
        (&["-o", "words.npy", "--layer", "word", "x"], 2, "words.txt"),
        (&["-o", "e.xyz", "x"], 2, "--to text, npy"),
        (&["-o", "e.vec", "x"], 2, "whose name says no form"),
        (
            &["-o", "w.txt", "--to", "npy", "--layer", "word", "x"],
            2,
            "the name of its words too",
        ),
        (
            &["--vectors", "vectors.fifu", "--model", "model.senti", "x"],
            2,
            "beside --model",
        ),
        (
            &["--vectors", "vectors.fifu", "--layer", "hidden", "x"],
            2,
            "for --layer hidden",
        ),
        (&["--layer", "attention", "x"], 2, "word, sentence, hidden"),
        (&["--model", "missing.senti", "x"], 5, "missing.senti"),
        (&["-o", "missing/e.npy", "x"], 5, "missing/e.npy"),
        // What was begun is not left there.
        (&["-o", "e.npy", "--file", "bad.txt"], 3, "bad.txt, line 2"),
        (&["-o", "e.tsv", "--file", "bad.txt"], 3, "bad.txt, line 2"),
    ] {
        let run = sandbox
            .run(&[&["embed"], arguments].concat())
            .exits(code)
            .says(&[says]);
        assert!(run.stdout.is_empty(), "{run:?}");
        assert_eq!(sandbox.names(), before, "{arguments:?}");
    }
}

#[cfg(unix)]
/// The words of two matrices cannot share a file.
#[test]
fn matrices_that_differ_in_their_endings_only_are_told_apart() {
    let sandbox = Sandbox::trained();
    let embed = |output: &str| sandbox.run(&["embed", "--layer", "word", "great", "-o", output]);
    embed("w.npy").exits(0);
    embed("w.npy").exits(0);
    embed("w.safetensors").exits(2).says(&[
        "w.safetensors, whose words go into w.txt, where those of w.npy are",
        "more than its ending",
    ]);
    embed("v.safetensors").exits(0);
    // Text has no file beside it.
    sandbox
        .run(&["embed", "great", "-o", "w", "--to", "text"])
        .exits(0);
    sandbox.run(&["embed", "great", "-o", "rows"]).exits(0);
}

#[test]
fn an_interrupt_leaves_nothing_behind() {
    let sandbox = Sandbox::trained();
    let before = sandbox.names();
    let mut child = sandbox
        .command()
        .args(["embed", "-o", "e.npy"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // The file under way is there once the handler is in place.
    let deadline = Instant::now() + Duration::from_secs(30);
    while sandbox.names() == before {
        assert!(Instant::now() < deadline, "it did not begin");
        std::thread::sleep(Duration::from_millis(5));
    }
    let killed = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    // The signal is seen before the next text.
    stdin.write_all(b"It was great\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert_eq!(sandbox.names(), before);
}

/// Where the classifier has no hidden units, it is said what it has instead.
#[test]
fn a_model_without_hidden_units_says_so() {
    let sandbox = Sandbox::new();
    let sentence = |index: usize| {
        let (sides, things) = (
            [["good", "fine", "great"], ["bad", "awful", "poor"]],
            ["film", "plot", "cast"],
        );
        let words = sides[index % 2];
        let thing = things[index / 2 % 3];
        format!(
            "The {thing} is very {}. It is {}.\n",
            words[index % 3],
            words[(index / 3) % 3]
        )
    };
    sandbox.write("corpus.txt", (0..1200).map(sentence).collect::<String>());
    sandbox
        .run(&["pretrain", "corpus.txt", "--language", "english"])
        .exits(0);
    let labels: String = (0..8)
        .map(|index| {
            format!(
                "{}\t{}",
                ["positive", "negative"][index % 2],
                sentence(index)
            )
        })
        .collect();
    sandbox.write("labels.tsv", labels);
    sandbox.run(&["train", "labels.tsv"]).exits(0);
    let model = Model::read(&sandbox.path("model.senti")).unwrap();
    assert!(matches!(model.classifier(), Classifier::Head(_)));
    sandbox
        .run(&["embed", "--layer", "hidden", "good film"])
        .exits(2)
        .says(&[
            "without hidden units",
            "direction of sentiment",
            "--hidden 32",
        ]);
    // With some there are as many values.
    sandbox
        .run(&["train", "labels.tsv", "--hidden", "5"])
        .exits(0);
    let run = sandbox
        .run(&["embed", "--layer", "hidden", "good film"])
        .exits(0);
    assert_eq!(rows(&run.stdout, 1)[0].1.len(), 5);
}
