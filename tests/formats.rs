//! Word vectors in the formats of other programs give the answers that the
//! same vectors give in ours.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::Sandbox;
use senti::vectors::WordVectors;

/// The trained vectors, with their lengths, in every format.
fn foreign(sandbox: &Sandbox) -> [(&'static str, Vec<u8>); 4] {
    let vectors = WordVectors::read(&sandbox.path("vectors.fifu")).unwrap();
    let header = format!("{} {}\n", vectors.len(), vectors.dims()).into_bytes();
    let (mut lines, mut binary, mut packed) = (Vec::new(), header.clone(), header.clone());
    for (index, (word, norm)) in vectors.words().iter().zip(vectors.norms()).enumerate() {
        for bytes in [&mut lines, &mut binary, &mut packed] {
            bytes.extend(word.bytes().chain(*b" "));
        }
        for value in vectors.row(index).iter().map(|value| value * norm) {
            lines.extend(format!("{value} ").bytes());
            binary.extend(value.to_le_bytes());
            packed.extend(value.to_le_bytes());
        }
        lines.push(b'\n');
        binary.push(b'\n');
    }
    [
        ("text.vec", [header, lines.clone()].concat()),
        ("glove.txt", lines),
        ("vectors.bin", binary),
        ("packed.bin", packed),
    ]
}

#[test]
fn every_format_gives_the_same_answers() {
    let sandbox = Sandbox::trained();
    sandbox.write(
        "pairs.tsv",
        "great\tloved\t9\ngreat\tboring\t1\ngreat\txx\t5\nstupid\tboring\t8\n",
    );
    sandbox.write("four.txt", ": section\ngreat loved boring stupid\n");
    let files = foreign(&sandbox);
    for questions in [
        &["vectors", "eval", "pairs.tsv", "four.txt"][..],
        &["nearest", "great", "-n", "5"],
        &["analogy", "wonderful", "excellent", "terrible"],
    ] {
        let ask = |file: &str| {
            let arguments = [questions, &["--vectors", file]].concat();
            let run = sandbox.run(&arguments).exits(0);
            assert!(!run.stdout.is_empty());
            run.stdout
        };
        let ours = ask("vectors.fifu");
        for (name, bytes) in &files {
            // By its content: the name tells nothing.
            for name in [name, "renamed.fifu"] {
                sandbox.write(name, bytes);
                assert_eq!(ask(name), ours, "{name}");
            }
        }
    }
}

/// A model takes them too. They bring no list of stop words, so that all words
/// of the texts are counted.
#[test]
fn a_model_is_trained_on_them() {
    let sandbox = Sandbox::trained();
    for (name, bytes) in foreign(&sandbox) {
        sandbox.write(name, bytes);
        let train = ["train", "corpus/labeled.tsv", "--vectors", name];
        let run = sandbox.run(&[&train[..], &["-o", "other.senti"]].concat());
        let run = run.exits(0);
        assert!(run.stdout.contains("30 of 58 (51.7 %)"), "{run:?}");
        let model = ["classify", "--model", "other.senti", "great"];
        assert!(sandbox.run(&model).exits(0).stdout.starts_with("positive"));
    }
}

#[test]
fn damaged_files_are_refused() {
    let sandbox = Sandbox::trained();
    let [text, glove, binary, packed] = foreign(&sandbox).map(|(_, bytes)| bytes);
    for (bytes, says) in [
        (text[..text.len() / 2].to_vec(), "line "),
        (binary[..binary.len() / 2].to_vec(), "dimensions"),
        (packed[..packed.len() - 1].to_vec(), "the end of the file"),
        ([&binary[..], &binary].concat(), "more bytes"),
        ([&glove[..], &glove].concat(), "twice, first as line 1"),
        (
            b"4000000000 4000\nword \0\0\0\0".to_vec(),
            "4000000000 words",
        ),
        (b"good 1 2\nbad 1 inf\n".to_vec(), "line 2"),
        (b"good 1 2\nbad 1\n".to_vec(), "line 2"),
        (b"the 1061396\nof 593677\n".to_vec(), "plain text"),
    ] {
        sandbox.write("v", &bytes);
        let run = sandbox.run(&["nearest", "great", "--vectors", "v"]);
        let run = run.exits(4).says(&[says, "hint:"]);
        assert!(run.stdout.is_empty(), "{run:?}");
    }
}
