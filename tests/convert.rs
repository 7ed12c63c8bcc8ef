//! Vectors from every format to every other, as a user runs it; what is lost and
//! what is left out is said, and nothing is replaced that should not be.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::process::Command;

use common::Sandbox;

const NAMES: [&str; 6] = [
    "v.fifu",
    "v.bin",
    "v.vec",
    "v.glove",
    "v.npy",
    "v.safetensors",
];

fn convert(sandbox: &Sandbox, from: &str, to: &str) -> common::Run {
    let mut arguments = vec!["convert", from, to];
    if to.ends_with(".glove") {
        arguments.extend(["--to", "glove"]);
    }
    sandbox.run(&arguments)
}

#[test]
fn every_format_gives_the_same_answers_by_way_of_every_other() {
    let sandbox = Sandbox::trained();
    let ask = |file: &str| {
        let run = sandbox.run(&["nearest", "great", "-n", "5", "-q", "--vectors", file]);
        run.exits(0).stdout
    };
    let ours = ask("vectors.fifu");
    for name in NAMES {
        let run = convert(&sandbox, "vectors.fifu", name).exits(0);
        assert!(run.stdout.is_empty(), "{run:?}");
        assert_eq!(ask(name), ours, "{name}");
        for other in NAMES {
            let folder = format!("by-{name}-{other}");
            std::fs::create_dir(sandbox.path(&folder)).unwrap();
            let other = format!("{folder}/{other}");
            convert(&sandbox, name, &other).exits(0);
            assert_eq!(ask(&other), ours, "{other}");
        }
    }
}

#[test]
fn what_was_read_written_and_lost_is_said() {
    let sandbox = Sandbox::trained();
    convert(&sandbox, "vectors.fifu", "v.npy").exits(0).says(&[
        "read vectors.fifu: 98 vectors of 8 dimensions (finalfusion)",
        "wrote v.npy: 98 vectors of 8 dimensions (numpy), and v.txt",
        "not in this format: how often each word occurred, the settings of the training",
    ]);
    let run = sandbox.run(&["convert", "v.npy", "v.safetensors", "-q"]);
    assert_eq!(run.exits(0).stderr, "");
    convert(&sandbox, "v.safetensors", "back.fifu")
        .exits(0)
        .says(&[
            "left out 1 of the 99 entries of the tokenizer: 1 that is special",
            "wrote back.fifu: 98 vectors",
        ]);
    let inspected = sandbox.run(&["inspect", "back.fifu"]).exits(0).stdout;
    for part in [
        "intact                  yes",
        "converted from          safetensors",
    ] {
        assert!(inspected.contains(part), "{inspected}");
    }
    // Our own vectors stay what they are.
    convert(&sandbox, "vectors.fifu", "same.fifu").exits(0);
    assert_eq!(sandbox.read("same.fifu"), sandbox.read("vectors.fifu"));
}

/// Rows are held as directions and lengths: a value may come back as its neighbour among
/// the 32-bit numbers, and as no other.
#[test]
fn values_of_any_length_stay_but_for_the_last_digit() {
    let sandbox = Sandbox::new();
    let value = |row: u32, at: u32| ((row * 37 + at * 11 + 1) as f32).sin() * (row + 1) as f32;
    let mut text = "60 7\n".to_owned();
    for row in 0..60 {
        text += &format!("w{row}");
        (0..7).for_each(|at| text += &format!(" {}", value(row, at)));
        text += "\n";
    }
    sandbox.write("a.vec", &text);
    convert(&sandbox, "a.vec", "b.vec").exits(0);
    let back = String::from_utf8(sandbox.read("b.vec")).unwrap();
    for (row, line) in (0..).zip(back.lines().skip(1)) {
        for (at, found) in (0..).zip(line.split(' ').skip(1)) {
            let (found, expected): (f32, f32) = (found.parse().unwrap(), value(row, at));
            let apart = found.to_bits().abs_diff(expected.to_bits());
            assert!(apart <= 1, "{found} for {expected}");
        }
    }
    assert_eq!(back.lines().count(), 61);
}

#[test]
fn formats_are_named_or_known() {
    let sandbox = Sandbox::trained();
    for name in ["v", "v.parquet"] {
        convert(&sandbox, "vectors.fifu", name).exits(2).says(&[
            "whose name says no format",
            ".safetensors",
            "--to fifu",
        ]);
    }
    sandbox
        .run(&["convert", "vectors.fifu", "v.dat", "--to", "word2vec"])
        .exits(0);
    // The name of what is read says nothing, and --from overrules the content.
    for from in ["word2vec-text", "glove", "npy", "safetensors", "fasttext"] {
        let run = sandbox.run(&["convert", "v.dat", "w.fifu", "--from", from]);
        run.exits(4).says(&["v.dat", "hint:"]);
    }
    sandbox
        .run(&["convert", "v.dat", "w.fifu", "--from", "word2vec"])
        .exits(0);
    sandbox
        .run(&["convert", "v.dat", "w.bin", "--to", "fasttext"])
        .exits(2);
    sandbox
        .run(&["convert", "missing", "w.bin"])
        .exits(5)
        .says(&["missing"]);
    std::fs::create_dir(sandbox.path("empty")).unwrap();
    sandbox
        .run(&["convert", "empty", "w.bin"])
        .exits(4)
        .says(&["without model.safetensors"]);
}

#[test]
fn what_makes_no_sense_is_an_error_or_left_out_and_counted() {
    let sandbox = Sandbox::new();
    sandbox.write("g", "good 1 2\nbad nan 1\nof the 3 4\ngood 5 6\nshort 1\n");
    sandbox
        .run(&["convert", "g", "v.vec"])
        .exits(4)
        .says(&["g, line 2", "nan"]);
    assert_eq!(sandbox.names(), ["g"]);
    sandbox.run(&["convert", "g", "v.vec", "--clean"]).exits(0).says(&[
        "left out 3 rows: 1 with a word that was there before, 1 with values that are not finite \
         numbers, 1 of another form",
        "left out 1 word with white space",
        "wrote v.vec: 1 vector",
    ]);
    assert_eq!(sandbox.read("v.vec"), b"1 2\ngood 1 2\n");
    // A space is nothing to a format that does not need it.
    sandbox.write("spaces", "good 5 6\nof the 3 4\n");
    sandbox.run(&["convert", "spaces", "v.npy"]).exits(0);
    assert_eq!(sandbox.read("v.txt"), b"good\nof the\n");
    sandbox.run(&["convert", "v.npy", "w.bin"]).exits(2).says(&[
        "1 that a format with a space behind each word cannot hold, the first \"of the\"",
        "--clean",
    ]);
}

#[test]
fn nothing_is_replaced_that_should_not_be() {
    let sandbox = Sandbox::new();
    sandbox
        .write("glove.txt", "good 1 2\nbad 2 1\n")
        .write("notes.vec", "my notes\n");
    sandbox
        .write("words.txt", "mine\n")
        .write("other.npy", "mine\n");
    let before = sandbox.names();
    for (to, says) in [
        ("glove.txt", "an input"),
        // The words would go where the input is.
        ("glove.npy", "glove.txt (an input)"),
        ("notes.vec", "a file of another kind"),
        ("words.npy", "words.txt (there is a file of another kind"),
        ("other.npy", "a file of another kind"),
        ("missing/v.bin", "missing/v.bin"),
    ] {
        let run = convert(&sandbox, "glove.txt", to);
        assert!(matches!(run.code, Some(2 | 5)), "{run:?}");
        run.says(&[says, "hint:"]);
        assert_eq!(sandbox.names(), before, "{to}");
    }
    sandbox
        .run(&["convert", "glove.txt", "new.txt", "--to", "npy"])
        .exits(2)
        .says(&["the name of its words too"]);
    // A file of the same format is replaced, with what belongs to it.
    convert(&sandbox, "glove.txt", "v.npy").exits(0);
    sandbox.write("glove.txt", "fine 1 2\n");
    convert(&sandbox, "glove.txt", "v.npy").exits(0);
    assert_eq!(sandbox.read("v.txt"), b"fine\n");
}

/// A table with pieces of words, in the folder that libraries keep it in.
fn static_table(sandbox: &Sandbox) {
    std::fs::create_dir(sandbox.path("table")).unwrap();
    let words = [
        "[PAD]", "great", "##ness", "loved", "stupid", "boring", "Plot",
    ];
    let vocab: String = (0..)
        .zip(words)
        .map(|(row, word): (u32, _)| format!("{word:?}:{row},"))
        .collect();
    let vocab = vocab.trim_end_matches(',');
    sandbox.write(
        "table/tokenizer.json",
        format!(
            r#"{{"normalizer":{{"type":"BertNormalizer","lowercase":true}},
                "added_tokens":[{{"id":0,"content":"[PAD]","special":true}}],
                "model":{{"type":"WordPiece","continuing_subword_prefix":"{}","vocab":{{{vocab}}}}}}}"#,
            "##"
        ),
    );
    let rows: [[f32; 2]; 7] = [
        [0.0, 0.0],
        [1.0, 0.1],
        [9.0, 9.0],
        [1.0, 0.0],
        [-1.0, 0.1],
        [-1.0, 0.0],
        [0.0, 1.0],
    ];
    let header = r#"{"embeddings":{"dtype":"F32","shape":[7,2],"data_offsets":[0,56]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    bytes.extend(rows.iter().flatten().flat_map(|value| value.to_le_bytes()));
    sandbox.write("table/model.safetensors", bytes);
}

#[test]
fn a_static_table_is_pretrained_vectors() {
    let sandbox = Sandbox::with_corpus();
    static_table(&sandbox);
    let left_out =
        "left out 2 of the 7 entries of the tokenizer: 1 piece of a word, 1 that is special";
    for vectors in ["table", "table/model.safetensors"] {
        let run = sandbox.run(&["nearest", "great", "-n", "1", "--vectors", vectors]);
        let run = run.exits(0).says(&[left_out]);
        assert_eq!(run.stdout, "loved\t0.995\n");
    }
    sandbox.write(
        "few.tsv",
        "positive\tloved it\npositive\tgreat\nnegative\tboring\nnegative\tstupid plot\n",
    );
    sandbox
        .run(&["train", "few.tsv", "--vectors", "table"])
        .exits(0)
        .says(&[left_out]);
    let answers = sandbox
        .run(&["classify", "great plot", "boring"])
        .exits(0)
        .stdout;
    assert!(
        answers.starts_with("positive\t") && answers.contains("\nnegative\t"),
        "{answers}"
    );
    std::fs::remove_file(sandbox.path("table/tokenizer.json")).unwrap();
    sandbox
        .run(&["nearest", "great", "--vectors", "table"])
        .exits(4)
        .says(&["without a tokenizer", "tokenizer.json beside it", "hint:"]);
}

/// What other programs write, and what they read of ours.
const PEERS: &str = r#"
import json, sys
import numpy, fasttext
from gensim.models import KeyedVectors, Word2Vec
if sys.argv[1] == "write":
    lines = [line.split() for line in open("corpus/unlabeled.txt").read().lower().splitlines()]
    lines += [["größe", "schön", "很", "好吃"]] * 6
    open("lines.txt", "w").write("\n".join(" ".join(line) for line in lines) + "\n")
    vectors = Word2Vec(lines, vector_size=6, min_count=1, sg=1, seed=1, workers=1).wv
    vectors.save_word2vec_format("gensim.bin", binary=True)
    vectors.save_word2vec_format("gensim.vec")
    vectors.save_word2vec_format("gensim.glove", write_header=False)
    numpy.save("gensim.npy", vectors.vectors)
    open("gensim.txt", "w").write("\n".join(vectors.index_to_key) + "\n")
    model = fasttext.train_unsupervised("lines.txt", dim=8, minCount=1, minn=2, maxn=4, bucket=5000, thread=1, verbose=0)
    model.save_model("fasttext.bin")
    words = model.get_words()
    numpy.save("expected.npy", numpy.array([model.get_word_vector(word) for word in words]))
    open("expected.txt", "w").write("\n".join(words) + "\n")
else:
    for name, expected in (("gensim", "gensim"), ("fasttext", "expected")):
        rows, words = numpy.load(expected + ".npy"), open(expected + ".txt").read().split("\n")[:-1]
        for read in (
            KeyedVectors.load_word2vec_format(name + "-ours.bin", binary=True),
            KeyedVectors.load_word2vec_format(name + "-ours.vec"),
        ):
            assert read.index_to_key == words, name
            assert numpy.allclose(read.vectors, rows, rtol=1e-5, atol=1e-7), name
        ours = numpy.load(name + "-ours.npy")
        assert ours.dtype == numpy.float32 and numpy.allclose(ours, rows, rtol=1e-5, atol=1e-7), name
"#;

#[test]
fn files_of_the_programs_themselves() {
    let sandbox = Sandbox::with_corpus();
    let python = |step: &str| {
        Command::new("python3")
            .args(["-c", PEERS, step])
            .current_dir(sandbox.path("."))
            .output()
    };
    let importable = Command::new("python3")
        .args(["-c", "import numpy, fasttext, gensim"])
        .output();
    if !importable.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: python3 cannot import numpy, fasttext and gensim");
        return;
    }
    let succeeds = |step: &str| {
        let output = python(step).unwrap();
        assert!(output.status.success(), "{step}: {output:#?}");
    };
    succeeds("write");
    for name in ["gensim.bin", "gensim.vec", "gensim.glove", "gensim.npy"] {
        convert(&sandbox, name, "by-name.npy").exits(0);
        assert_eq!(
            sandbox.read("by-name.txt"),
            sandbox.read("gensim.txt"),
            "{name}"
        );
    }
    for name in ["gensim", "fasttext"] {
        for ending in ["bin", "vec", "npy"] {
            let to = format!("{name}-ours.{ending}");
            convert(&sandbox, &format!("{name}.bin"), &to).exits(0);
        }
    }
    succeeds("read");
}
