//! Whatever a user hands over ends in an error that says what to do, or in a
//! stated, sensible treatment: no panic, no signal, no silent truncation.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::Sandbox;

const GZIP: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\0\x03hello";

#[test]
fn corpora() {
    let sandbox = Sandbox::new();
    for (content, code, says) in [
        (&b""[..], 3, &["no words"][..]),
        (b"\n\n\n", 3, &["no words"]),
        (b"!!! ???\n", 3, &["no words"]),
        (b"word\n", 6, &["a single word", "hint:"]),
        (b"word word word word\n", 6, &["a single word"]),
        (b"one\ntwo\nthree\n", 6, &["no sentence with two words"]),
        (GZIP, 3, &["damaged gzip data", "gzip -t"]),
        (b"\xfd7zXZ\0\0", 3, &["an xz archive", "xz -dk"]),
        (
            b"good film\nbro\xffken\n",
            3,
            &["line 2", "byte 13", "0xFF", "iconv"],
        ),
        (b"good film\n\0\0\0\n", 3, &["NUL", "line 2", "byte 10"]),
        (b"a\0b\0c\0d\0", 3, &["UTF-16"]),
        (b"%PDF-1.7\n\x01\x02", 3, &["a PDF document"]),
    ] {
        sandbox.write("corpus.txt", content);
        let run = sandbox
            .run(&["pretrain", "corpus.txt"])
            .exits(code)
            .says(says);
        assert!(run.stdout.is_empty());
        assert!(
            !sandbox.names().contains(&"vectors.fifu".to_owned()),
            "{run:#?}"
        );
    }
    sandbox
        .run(&["pretrain", "missing.txt"])
        .exits(5)
        .says(&["missing.txt", "cannot open"]);
    sandbox.run(&["pretrain", "."]).exits(3).says(&["a folder"]);
    sandbox.run(&["pretrain"]).exits(2);
}

#[test]
fn corpora_with_a_stated_treatment() {
    let sandbox = Sandbox::with_corpus();
    let plain = String::from_utf8(sandbox.read("corpus/unlabeled.txt")).unwrap();
    let words = |content: Vec<u8>| {
        sandbox.write("corpus.txt", content);
        let run = sandbox.run(&["pretrain", "corpus.txt"]).exits(0);
        run.stderr.lines().next().unwrap().to_owned()
    };
    let reference = words(plain.clone().into_bytes());
    assert!(reference.contains("62 sentences"));
    let mut marked = b"\xef\xbb\xbf".to_vec();
    marked.extend(plain.bytes());
    assert_eq!(words(marked), reference, "byte-order mark");
    assert_eq!(
        words(plain.replace('\n', "\r\n").into_bytes()),
        reference,
        "CRLF"
    );
    assert_eq!(
        words(plain.trim_end().as_bytes().to_vec()),
        reference,
        "no final newline"
    );
    for (mark, bytes) in [
        ("\u{feff}", u16::to_le_bytes as fn(u16) -> [u8; 2]),
        ("\u{feff}", u16::to_be_bytes),
    ] {
        let wide = format!("{mark}{plain}")
            .encode_utf16()
            .flat_map(bytes)
            .collect();
        assert_eq!(words(wide), reference, "UTF-16");
    }
    // One endless line: cut into pieces, every word kept.
    let endless = plain.replace('\n', " ").repeat(800);
    let words_in = |line: &str| {
        line.split(" running")
            .next()
            .unwrap()
            .rsplit(' ')
            .next()
            .unwrap()
            .replace(',', "")
    };
    sandbox.write("corpus.txt", &endless);
    let run = sandbox
        .run(&[
            "pretrain",
            "corpus.txt",
            "--epochs",
            "1",
            "--stop-words",
            "en",
        ])
        .exits(0);
    let once: u64 = words_in(&reference).parse().unwrap();
    let many: u64 = words_in(run.stderr.lines().next().unwrap())
        .parse()
        .unwrap();
    assert_eq!(many, once * 800);
    assert!(
        run.stderr.starts_with("2 sentences") || run.stderr.starts_with("3 sentences"),
        "{}",
        run.stderr
    );
}

#[test]
fn settings_out_of_range() {
    let sandbox = Sandbox::with_corpus();
    for (option, value) in [
        ("--dims", "0"),
        ("--dims", "5000"),
        ("--window", "0"),
        ("--negatives", "0"),
        ("--epochs", "0"),
        ("--min-count", "0"),
        ("--subsample", "NaN"),
        ("--subsample", "-1"),
        ("--lr", "NaN"),
        ("--lr", "0"),
        ("--lr", "inf"),
        ("--threads", "0"),
        ("--seed", "18446744073709551615"),
        ("--dims", "many"),
        ("--output", "."),
        ("--output", "corpus/unlabeled.txt"),
        ("--output", "corpus/test.tsv"),
    ] {
        let option = format!("{option}={value}");
        let run = sandbox
            .run(&["pretrain", "corpus/unlabeled.txt", &option])
            .exits(2);
        assert!(run.stderr.contains("error:"), "{option}: {run:#?}");
    }
    sandbox
        .run(&[
            "pretrain",
            "corpus/unlabeled.txt",
            "--output",
            "missing/out.fifu",
        ])
        .exits(5);
    sandbox.run(&["pretrain", "corpus/unlabeled.txt"]).exits(0);
    sandbox
        .run(&["train", "corpus/labeled.tsv", "--hidden", "0"])
        .exits(2);
    sandbox.run(&["demo", "--seeds", "1"]).exits(2);
    let buckets = [
        "pretrain",
        "corpus/unlabeled.txt",
        "--subwords",
        "--buckets",
    ];
    for (number, hint) in [
        ("1000", "--buckets 9 makes 512"),
        ("99999999999", "--buckets 24 "),
    ] {
        sandbox
            .run(&[&buckets[..], &[number]].concat())
            .exits(2)
            .says(&["1 to 24, the exponent of a power of two", hint]);
    }
    sandbox.run(&[&buckets[..], &["0"]].concat()).exits(2);
    sandbox.run(&["frobnicate"]).exits(2);
}

#[test]
fn files_of_others_are_never_overwritten() {
    let sandbox = Sandbox::trained();
    let theirs = [
        ("notes.senti", &b"config: {important}"[..]),
        (
            "theirs.senti",
            b"\x40\0\0\0\0\0\0\0{\"__metadata__\":{\"format\":\"pt\"}}",
        ),
    ];
    for (name, content) in theirs {
        sandbox.write(name, content);
        sandbox
            .run(&[
                "train",
                "corpus/labeled.tsv",
                "--vectors",
                "vectors.fifu",
                "-o",
                name,
            ])
            .exits(2)
            .says(&["did not write"]);
        assert_eq!(sandbox.read(name), content);
    }
    // A downloaded file under the name that pretrain would use.
    let theirs = b"FiFu\0\0\0\0\x02\0\0\0\x01\0\0\0\x02\0\0\0";
    sandbox.write("vectors.fifu", theirs);
    sandbox.run(&["pretrain", "corpus/unlabeled.txt"]).exits(2);
    assert_eq!(sandbox.read("vectors.fifu"), theirs);
    let made = std::process::Command::new("mkfifo")
        .arg(sandbox.path("fifo"))
        .status();
    if made.is_ok_and(|status| status.success()) {
        sandbox
            .run(&["pretrain", "corpus/unlabeled.txt", "-o", "fifo"])
            .exits(2)
            .says(&["not a plain file"]);
    }
}

#[test]
fn texts_of_which_nothing_is_left() {
    let sandbox = Sandbox::with_corpus();
    sandbox.write("small.txt", "I was there\nwe were here\n");
    sandbox
        .run(&["pretrain", "small.txt"])
        .exits(3)
        .says(&["only stop words (english)", "--stop-words none"]);
    sandbox
        .run(&["pretrain", "corpus/unlabeled.txt", "--subsample", "1e-12"])
        .exits(6)
        .says(&["--subsample 0"]);
    // Fewer windows than the loss is sampled at.
    sandbox.write("small.txt", "good film\nbad film\nnice film\n");
    let run = sandbox.run(&["pretrain", "small.txt"]).exits(0);
    assert!(!run.stderr.contains("loss 0.0000"), "{run:?}");
}

#[test]
fn a_wild_step_ends_in_an_error_or_in_finite_vectors() {
    let sandbox = Sandbox::with_corpus();
    let run = sandbox.run(&["pretrain", "corpus/unlabeled.txt", "--lr", "10"]);
    match run.code {
        Some(0) => drop(sandbox.run(&["inspect", "vectors.fifu"]).exits(0)),
        _ => drop(run.exits(3).says(&["diverged", "--lr"])),
    }
}

#[test]
fn labelled_files() {
    let sandbox = Sandbox::trained();
    let before = sandbox.read("model.senti");
    let long = format!("positive\tfine film\n{}\tgood film\n", "x".repeat(10_000));
    for (content, code, says) in [
        (&b""[..], 6, &["no labelled text", "hint:"][..]),
        (b"label\ttext\n", 6, &["no labelled text"]),
        (
            b"positive\tgreat film\npositive\tgood film\n",
            6,
            &["one label", "\"positive\"", "hint:"],
        ),
        (b"just some text\n", 3, &["line 1", "a tab"]),
        (b"positive\tgreat\nno tab\n", 3, &["line 2", "1 field"]),
        (b"\tgreat film\n", 6, &["no label yet", "before the tab"]),
        (
            b"undecided\tgreat film\nnegative\tbad film\n",
            3,
            &["line 1", "undecided"],
        ),
        (long.as_bytes(), 3, &["line 2", "10000 bytes"]),
        (GZIP, 3, &["a gzip archive"]),
        (b"positive\tgr\xffeat\n", 3, &["line 1", "byte 11", "0xFF"]),
        (
            b"positive\tzxcvb qwert\nnegative\tasdfg yxcvb\n",
            6,
            &["with a word that has a vector", "hint:"],
        ),
        (b"{\"label\":1}\n", 3, &["line 1", "text"]),
        (
            b"label,text,text\npositive,great,film\nnegative,dull,plot\n",
            3,
            &[
                "line 1",
                "2 columns called \"text\"",
                "--text-column 2 or --text-column 3",
            ],
        ),
    ] {
        sandbox.write("labels", content);
        sandbox.run(&["train", "labels"]).exits(code).says(says);
        assert_eq!(
            sandbox.read("model.senti"),
            before,
            "the old model must stay"
        );
    }
    sandbox.write(
        "labels",
        "label,text,weight\na,great film,0\nb,dull film,1\n",
    );
    sandbox
        .run(&["train", "labels"])
        .exits(6)
        .says(&["\"a\"", "weight 0", "hint:"]);
    // Stated treatments.
    sandbox.write(
        "labels",
        "positive\tgreat film\nnegative\tboring film\nnegative\tgreat film\npositive\tzxcvb\n",
    );
    sandbox.run(&["train", "labels"]).exits(0).says(&[
        "two labels",
        "lines 1 and 3",
        "without any known word",
        "line 4",
    ]);
    sandbox.write("labels", "positive\tgreat film\nnegative\tboring film\n");
    let run = sandbox.run(&["train", "labels"]).exits(0);
    assert!(
        run.stdout.contains("no accuracy can be estimated"),
        "{run:#?}"
    );
}

#[test]
fn texts_to_classify() {
    let sandbox = Sandbox::trained();
    sandbox
        .pipe(&["classify"], GZIP)
        .exits(3)
        .says(&["standard input", "damaged gzip data"]);
    let run = sandbox
        .pipe(&["classify"], b"It was great\nbro\xffken\n")
        .exits(3);
    // What came before is answered.
    assert!(run.stdout.starts_with("positive\t"), "{run:#?}");
    assert!(run.stderr.contains("line 2"), "{run:#?}");
    let endless = vec![b'a'; 17 << 20];
    sandbox
        .pipe(&["classify"], endless)
        .exits(3)
        .says(&["line 1", "a line of more than"]);
    sandbox.run(&["classify", ""]).exits(0);
    let combining = "e\u{301}".repeat(10_000);
    sandbox.run(&["classify", &combining]).exits(0);
}

#[test]
fn test_files_for_eval() {
    let sandbox = Sandbox::trained();
    sandbox.write("test.tsv", "positive\tgreat film\nneutral\tsome film\n");
    sandbox.run(&["eval", "test.tsv"]).exits(3).says(&[
        "line 2",
        "\"neutral\"",
        "negative, positive",
        "hint:",
    ]);
    sandbox.write("test.tsv", "");
    sandbox.run(&["eval", "test.tsv"]).exits(6);
}

#[test]
fn labels_of_others_are_named_beside_the_models() {
    let sandbox = Sandbox::trained();
    let models = "the model's labels: negative, positive";
    let header = "if the first line is a header";
    for (content, says, hint) in [
        // None is the model's.
        (
            "pos\tgreat film\nneg\tdull film\npos\ta good film\n",
            &[
                "found labels that are none of the model's: neg, pos",
                models,
            ][..],
            "rename those of the file",
        ),
        (
            "Positive\tgreat film\nNEGATIVE\tdull film\n",
            &["none of the model's: NEGATIVE, Positive", models],
            "write \"negative\" for \"NEGATIVE\"",
        ),
        (
            "rather very good\tgreat\nrather very bad\tdull\nneither of them\tfine\n",
            &["none of the model's: dull, fine, great", models],
            "are the columns swapped?",
        ),
        (
            "verdict\topinion\npos\tgreat film\nneg\tdull film\npos\ta good film\n",
            &["none of the model's: neg, pos, verdict", models],
            header,
        ),
        // One is not.
        (
            "verdict\topinion\npositive\tgreat film\nnegative\tdull film\n",
            &["line 1", "the label \"verdict\"", models],
            header,
        ),
        (
            "positive\tgreat film\nneutral\ta film\nneutral\tfilms\n",
            &["line 2", "the label \"neutral\"", models],
            "rename those of the file",
        ),
        (
            "{\"label\":\"neutral\",\"text\":\"a film\"}\n{\"label\":\"positive\",\"text\":\"great film\"}\n",
            &["line 1", "the label \"neutral\"", models],
            "rename those of the file",
        ),
    ] {
        sandbox.write("test.tsv", content);
        let run = sandbox.run(&["eval", "test.tsv"]).exits(3).says(says);
        let run = run.says(&["hint: ", hint]);
        assert_eq!(run.stderr.contains(header), hint == header, "{run:#?}");
    }
    let many: String = (0..30)
        .map(|at| format!("x{at}\tthe {at} great film\n"))
        .collect();
    sandbox.write("test.tsv", many);
    let run = sandbox.run(&["eval", "test.tsv"]).exits(3);
    run.says(&["x0, x1, x10,", ", ... (30 in all)"]);
}

#[test]
fn labels_that_are_spelled_in_several_ways_are_told() {
    let sandbox = Sandbox::trained();
    let labels = "Positive\tgreat film\npositive\tgood film\nPOSITIVE \tfine film\nnegative\tdull film\nnegative\tstupid film\n";
    sandbox.write("labels", labels);
    let warning = "warning: 3 labels that differ in case or white space only: \"POSITIVE\" (1 text), \"Positive\" (1 text), \"positive\" (1 text); each counts as a label of its own";
    let train = sandbox.run(&["train", "labels", "-o", "four.senti"]);
    let train = train
        .exits(0)
        .says(&[warning, "write them alike in labels"]);
    // They are not joined.
    assert!(
        train.stdout.contains("Positive                1 text\n"),
        "{train:#?}"
    );
    let eval = sandbox.run(&["eval", "labels", "--model=four.senti"]);
    eval.exits(0).says(&[warning]);
    let one = sandbox.run(&["eval", "corpus/labeled.tsv", "--model=model.senti"]);
    assert!(!one.exits(0).stderr.contains("white space"));
}

#[test]
fn text_without_labels_is_not_taken_for_a_table() {
    let sandbox = Sandbox::trained();
    let text = "It was long, dull and, in the end, sad.\nI liked the music a lot.\nThe actors were good, the story was not.\nHowever, we left before the end.\n";
    sandbox.write("text.txt", text);
    for command in ["train", "eval"] {
        let run = sandbox.run(&[command, "text.txt"]).exits(3).says(&[
            "text.txt, line 1",
            "what looks like text without labels, \"It was long, dull and, in the end, sad.\"",
            "hint: put a tab",
            "senti pretrain",
        ]);
        assert!(!run.stderr.contains("column"), "{run:#?}");
    }
}

#[test]
fn lists_of_nothing_are_refused() {
    let sandbox = Sandbox::trained();
    for command in [
        &["nearest", "great"][..],
        &["analogy", "great", "good", "dull"],
        &["suggest", "corpus/unlabeled.txt"],
    ] {
        sandbox.run(&[command, &["-n", "1"]].concat()).exits(0);
        let run = sandbox.run(&[command, &["-n", "0"]].concat()).exits(2);
        run.says(&["--count: found 0", "expected 1"]);
    }
}

/// What lies in people's folders beside models and vectors, by its first bytes.
#[test]
fn files_of_other_kinds_are_named_for_what_they_are() {
    let sandbox = Sandbox::with_corpus();
    let zeros = |head: &[u8]| [head, &[0; 600]].concat();
    let mut tar = vec![0; 1024];
    tar[..9].copy_from_slice(b"model.bin");
    tar[257..262].copy_from_slice(b"ustar");
    for (bytes, kind, hint) in [
        (GZIP.to_vec(), "a gzip archive", "gzip -dk FILE"),
        (
            zeros(b"\x28\xb5\x2f\xfd"),
            "a zstd archive",
            "zstd -dk FILE",
        ),
        (zeros(b"\xfd7zXZ\0"), "an xz archive", "xz -dk FILE"),
        (zeros(b"BZh9"), "a bzip2 archive", "bzip2 -dk FILE"),
        (tar, "a tar archive", "tar -xf FILE"),
        (zeros(b"PK\x03\x04"), "a ZIP archive", "unzip FILE"),
        (zeros(b"%PDF-1.7\n"), "a PDF document", ""),
        (
            b"<!DOCTYPE html>\n<html><body>404</body></html>\n".to_vec(),
            "an HTML page",
            "downloaded",
        ),
        (
            b"\n<HTML><body>404</body>\n".to_vec(),
            "an HTML page",
            "downloaded",
        ),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n".to_vec(),
            "a Git LFS pointer",
            "git lfs pull",
        ),
        (zeros(b"\x80\x04\x95\x10"), "a Python pickle", ""),
        (zeros(b"\x93NUMPY\x01\0"), "a numpy array", ""),
        (zeros(b"\xba\x16\x4f\x2f\x0c\0\0\0"), "a fastText model", ""),
        (zeros(b"\x89HDF\r\n\x1a\n"), "an HDF5 file", ""),
        (zeros(b"GGUF\x03\0"), "a GGUF model", ""),
        (zeros(b"SQLite format 3\0"), "an SQLite database", ""),
        (zeros(b"sentickp"), "an interrupted training", ""),
        (b"\x02\0\0\0\0\0\0\0{}".to_vec(), "a safetensors file", ""),
    ] {
        sandbox.write("FILE", &bytes);
        let text = ["classify", "--model", "FILE", "great"];
        sandbox
            .run(&text)
            .exits(4)
            .says(&["FILE: found ", kind, "expected a model", "hint: "]);
        let labels = ["train", "corpus/labeled.tsv", "--vectors", "FILE"];
        let run = sandbox.run(&labels);
        // Vectors may be of these kinds: what is wrong in the file is said.
        let read = ["a numpy array", "a fastText model", "a safetensors file"];
        match read.contains(&kind) {
            true => run
                .exits(4)
                .says(&["FILE", ": found ", "expected ", "hint: "]),
            false => run.exits(4).says(&[
                "FILE, byte 0: found ",
                kind,
                "expected word vectors",
                "hint: ",
                hint,
            ]),
        };
    }
}

#[test]
fn folders_are_no_files() {
    let sandbox = Sandbox::trained();
    let model = |path: &str| sandbox.run(&["classify", "great", "--model", path]);
    model(".")
        .exits(2)
        .says(&["(a folder)", "--model ./model.senti"]);
    std::fs::create_dir(sandbox.path("empty")).unwrap();
    model("empty").exits(2).says(&["no .senti file is in it"]);
    sandbox
        .run(&["inspect", "."])
        .exits(5)
        .says(&["name a file in this folder"]);
}

#[test]
fn model_and_vector_files() {
    let sandbox = Sandbox::trained();
    let model = sandbox.read("model.senti");
    let vectors = sandbox.read("vectors.fifu");
    let altered = |bytes: &[u8], at: usize| {
        let mut bytes = bytes.to_vec();
        bytes[at] ^= 0x10;
        bytes
    };
    let mut nan = vectors.clone();
    let end = nan.len();
    nan[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    for (file, bytes, says) in [
        ("m", Vec::new(), "an empty file"),
        ("m", b"hello world, this is text".to_vec(), "plain text"),
        ("m", GZIP.to_vec(), "a gzip archive"),
        ("m", vectors.clone(), "a finalfusion vector file"),
        ("m", model[..model.len() - 1].to_vec(), "incomplete"),
        ("m", model[..100].to_vec(), "incomplete"),
        (
            "m",
            altered(&model, model.len() - 5),
            "its seal does not fit",
        ),
        (
            "v",
            Vec::new(),
            "an empty file, expected word vectors (finalfusion, word2vec",
        ),
        (
            "v",
            b"word one two\nother three four\n".to_vec(),
            "plain text",
        ),
        ("v", b"2 2\nword 1 2\nother 3\n".to_vec(), "line 3"),
        ("v", model.clone(), "a model that senti trained"),
        (
            "v",
            vectors[..vectors.len() - 1].to_vec(),
            "the end of the file",
        ),
        (
            "v",
            altered(&vectors, vectors.len() - 300),
            "its seal does not fit",
        ),
        ("v", nan, "not a finite number"),
        // A header that claims more than there is must not be believed.
        (
            "v",
            [
                b"FiFu\0\0\0\0\x02\0\0\0\x01\0\0\0\x02\0\0\0\x01\0\0\0",
                &[0xff; 16][..],
            ]
            .concat(),
            "words",
        ),
    ] {
        sandbox.write(file, &bytes);
        let run = match file {
            "m" => sandbox.run(&["classify", "--model", "m", "great"]),
            _ => sandbox.run(&[
                "train",
                "corpus/labeled.tsv",
                "--vectors",
                "v",
                "-o",
                "new.senti",
            ]),
        };
        run.exits(4).says(&[says, "hint:"]);
    }
    assert!(!sandbox.names().contains(&"new.senti".to_owned()));
    let empty = Sandbox::new();
    empty
        .run(&["classify", "great"])
        .exits(4)
        .says(&["no .senti file", "senti train"]);
    empty
        .run(&["nearest", "great"])
        .exits(4)
        .says(&["no .fifu file", "senti pretrain"]);
}
