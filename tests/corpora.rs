//! What `senti pretrain` reads: many files, folders, compressed ones.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use senti::files::digest::Fingerprint;

use common::Sandbox;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    compress_to_vec(text, CompressionLevel::Fastest)
}

/// The corpus of the demo in four parts.
fn parts(sandbox: &Sandbox) -> Vec<Vec<u8>> {
    let text = sandbox.read("corpus/unlabeled.txt");
    let lines: Vec<&[u8]> = text.split_inclusive(|&byte| byte == b'\n').collect();
    lines.chunks(16).map(<[&[u8]]>::concat).collect()
}

fn folder(sandbox: &Sandbox, name: &str) {
    std::fs::create_dir(sandbox.path(name)).unwrap();
}

#[test]
fn compressed_text_is_read_as_the_text_inside() {
    let sandbox = Sandbox::with_corpus();
    let text = sandbox.read("corpus/unlabeled.txt");
    let first_line = |run: common::Run| run.stderr.lines().next().unwrap().to_owned();
    let plain = first_line(sandbox.run(&["pretrain", "corpus/unlabeled.txt"]).exits(0));
    let plain = plain.replace("corpus/unlabeled.txt", "IT");
    for (name, packed) in [("text.gz", gzip(&text)), ("text.zst", zstd(&text))] {
        sandbox.write(name, &packed);
        let run = sandbox.run(&["pretrain", name]).exits(0);
        assert_eq!(first_line(run).replace(name, "IT"), plain);
        let vectors = sandbox.read("vectors.fifu");
        // The fingerprint is that of the file as it lies there.
        let sha256 = Fingerprint::of_bytes(&packed).sha256;
        assert!(
            String::from_utf8_lossy(&vectors).contains(&sha256),
            "{name}"
        );
        let run = sandbox.pipe(&["pretrain", "-"], &packed).exits(0);
        assert_eq!(first_line(run).replace('-', "IT"), plain);
        assert_eq!(sandbox.read("vectors.fifu"), vectors, "{name} by a pipe");

        sandbox.write(name, &packed[..packed.len() - 1]);
        sandbox
            .run(&["pretrain", name])
            .exits(3)
            .says(&[name, "truncated", "hint:"]);
        sandbox
            .pipe(&["pretrain", "-"], &packed[..packed.len() / 2])
            .exits(3)
            .says(&["standard input", "truncated"]);
    }
    sandbox.write("bomb.gz", gzip(&vec![b'\n'; 16 << 20]));
    sandbox.run(&["pretrain", "bomb.gz"]).exits(3).says(&[
        "bomb.gz",
        "more than 250 times",
        "gzip -dk bomb.gz",
    ]);
}

#[test]
fn a_folder_is_its_text_files_in_the_order_of_their_paths() {
    let sandbox = Sandbox::with_corpus();
    let parts = parts(&sandbox);
    assert_eq!(parts.len(), 4);
    sandbox.run(&["pretrain", "corpus/unlabeled.txt"]).exits(0);
    let vectors = sandbox.read("vectors.fifu");
    sandbox.run(&["train", "corpus/labeled.tsv"]).exits(0);
    let model = sandbox.read("model.senti");
    let secret = b"hidden secret words\n".to_vec();

    // Sorted: "a.txt" comes before "a/b.txt", as "." does before "/".
    let texts = [
        ("a.txt", parts[0].clone()),
        ("a/b.txt", gzip(&parts[1])),
        ("a/c/d", zstd(&parts[2])),
        ("z.txt", parts[3].clone()),
    ];
    let others = [
        (".hidden.txt", secret.clone()),
        (".git/objects", secret),
        ("old.fifu", vectors.clone()),
        ("old.senti", model.clone()),
        ("run.checkpoint", b"state".to_vec()),
        ("vectors.bin", vectors),
        ("model.bin", model),
        ("picture", b"\x89PNG\r\n\x1a\n".to_vec()),
        ("inside.gz", gzip(b"%PDF-1.7\n\x01\x02")),
    ];
    let all: Vec<_> = texts.iter().chain(&others).collect();
    let fill = |name: &str, reversed: bool| {
        for folder_name in ["", "/a", "/a/c", "/.git"] {
            folder(&sandbox, &format!("{name}{folder_name}"));
        }
        let mut order = all.clone();
        if reversed {
            order.reverse();
        }
        for (file, content) in order {
            sandbox.write(&format!("{name}/{file}"), content);
        }
    };
    fill("one", false);
    fill("two", true);

    sandbox
        .run(&[
            "pretrain",
            "one/a.txt",
            "one/a/b.txt",
            "one/a/c/d",
            "one/z.txt",
            "-o",
            "named.fifu",
        ])
        .exits(0);
    for name in ["one", "two"] {
        let output = format!("{name}.fifu");
        let run = sandbox
            .run(&["pretrain", name, "-o", &output])
            .exits(0)
            .says(&[
                "62 sentences",
                "in 4 files",
                &format!("{name}/picture (a PNG picture)"),
                &format!("{name}/inside.gz (a PDF document)"),
            ]);
        assert_eq!(run.stderr.matches("warning:").count(), 2, "{run:#?}");
        assert_eq!(sandbox.read(&output), sandbox.read("named.fifu"), "{name}");
    }
    // Named, what is no text stays an error.
    sandbox
        .run(&["pretrain", "one", "one/picture"])
        .exits(3)
        .says(&["a PNG picture"]);
    // An output of before, in the folder, is neither read nor in the way.
    sandbox
        .run(&["pretrain", "one", "-o", "one/new.fifu"])
        .exits(0);
    sandbox
        .run(&["pretrain", "one", "-o", "one/new.fifu"])
        .exits(0);
    assert_eq!(sandbox.read("one/new.fifu"), sandbox.read("named.fifu"));
    // A text in it is.
    sandbox
        .run(&["pretrain", "one", "-o", "one/z.txt"])
        .exits(2)
        .says(&["an input"]);
}

#[test]
fn a_file_is_read_once() {
    let sandbox = Sandbox::with_corpus();
    folder(&sandbox, "texts");
    let text = sandbox.read("corpus/unlabeled.txt");
    sandbox.write("texts/a.txt", &text);
    for arguments in [
        &["texts/a.txt", "texts/a.txt"][..],
        &["texts/a.txt", "./texts/../texts/a.txt"],
        &["texts", "texts/a.txt"],
        &["texts/a.txt", "texts"],
        &["texts", "texts"],
    ] {
        let arguments = [&["pretrain"], arguments].concat();
        let run = sandbox.run(&arguments).exits(0).says(&[
            "62 sentences",
            "in texts/a.txt",
            "named more than once",
        ]);
        assert_eq!(run.stderr.matches("warning:").count(), 1, "{run:#?}");
    }
    sandbox
        .pipe(&["pretrain", "-", "-"], &text)
        .exits(0)
        .says(&["62 sentences", "named more than once, and read once: -"]);
    // Two files that are equal are two files.
    sandbox.write("texts/b.txt", &text);
    sandbox
        .run(&["pretrain", "texts"])
        .exits(0)
        .says(&["124 sentences"]);
    // Many warnings of one kind become one.
    for number in 0..20 {
        sandbox.write(&format!("texts/{number}.bin"), b"\x7fELF\x02\x01");
    }
    let run = sandbox
        .run(&["pretrain", "texts"])
        .exits(0)
        .says(&["15 other files"]);
    assert_eq!(run.stderr.matches("warning:").count(), 6, "{run:#?}");
}

#[cfg(unix)]
#[test]
fn links_to_files_are_followed_and_links_to_folders_are_not() {
    use std::os::unix::fs::symlink;
    let sandbox = Sandbox::with_corpus();
    folder(&sandbox, "texts");
    let link = |from: &str, to: &str| symlink(from, sandbox.path(to)).unwrap();
    link("../corpus/unlabeled.txt", "texts/a.txt");
    link("..", "texts/up");
    link(".", "texts/circle");
    link("nowhere", "texts/broken");
    let made = std::process::Command::new("mkfifo")
        .arg(sandbox.path("texts/fifo"))
        .status();
    assert!(made.is_ok());
    sandbox
        .run(&["pretrain", "texts"])
        .exits(0)
        .says(&["62 sentences", "in texts/a.txt"]);
    sandbox
        .run(&["pretrain", "texts", "corpus/unlabeled.txt"])
        .exits(0)
        .says(&["62 sentences", "named more than once"]);
    // Named, a link to a folder is that folder.
    link("texts", "link");
    sandbox
        .run(&["pretrain", "link"])
        .exits(0)
        .says(&["62 sentences"]);
}

#[test]
fn folders_without_text_and_damaged_files_in_folders_are_errors() {
    let sandbox = Sandbox::with_corpus();
    folder(&sandbox, "texts");
    let refused = |says: &[&str]| drop(sandbox.run(&["pretrain", "texts"]).exits(3).says(says));
    refused(&["texts", "a folder without text files", "hint:"]);
    sandbox.write("texts/.hidden", "good film\n");
    refused(&["a folder without text files"]);
    sandbox.write("texts/picture.png", b"\x89PNG\r\n\x1a\n");
    refused(&["a PNG picture", "a folder without text files"]);
    sandbox
        .run(&["pretrain", "corpus/unlabeled.txt", "texts"])
        .exits(3)
        .says(&["a folder without text files"]);

    sandbox.write("texts/good.txt", sandbox.read("corpus/unlabeled.txt"));
    sandbox.run(&["pretrain", "texts"]).exits(0);
    let packed = gzip(&sandbox.read("corpus/unlabeled.txt"));
    for length in [0, 5, packed.len() - 4] {
        sandbox.write("texts/more.gz", &packed[..length]);
        refused(&["texts/more.gz", "truncated"]);
    }
    sandbox.write("texts/more.gz", &packed);
    sandbox.write("texts/latin1.txt", b"sch\xf6n\n");
    refused(&["texts/latin1.txt", "iconv"]);
}
