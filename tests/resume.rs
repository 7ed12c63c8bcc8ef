//! A training that is stopped goes on, and ends in the same bytes.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::Sandbox;

/// So many sentences of eight words.
fn text(sentences: usize) -> String {
    (0..sentences)
        .map(|i| {
            let (a, b, c, d) = (i % 97, i % 31, i % 7, i % 53);
            format!("w{a} w{b} good w{c} film w{d} bad plot\n")
        })
        .collect()
}

/// A training with a checkpoint every 6 ms.
fn begin(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    sandbox
        .command()
        .args(["pretrain", "--checkpoint-every", "0.0001"])
        .args(arguments)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < deadline, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Sends a signal as soon as the training has written another checkpoint, so it
/// is surely under way; gives what it said.
fn interrupt(mut child: Child, signal: &str, checkpoint: &Path) -> (Option<i32>, String) {
    let written = |path: &Path| std::fs::metadata(path).and_then(|m| m.modified()).ok();
    let before = written(checkpoint);
    wait_until("a checkpoint", || {
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        written(checkpoint) != before
    });
    let killed = Command::new("kill")
        .args([format!("-{signal}"), child.id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    wait_until("the end", || child.try_wait().unwrap().is_some());
    let output = child.wait_with_output().unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn signals_lose_nothing() {
    let sandbox = Sandbox::new();
    sandbox.write("my text.txt", text(30_000));
    // Long enough to be under way whenever the signal comes: a quarter of a
    // million words, thirty times.
    let options = [
        "my text.txt",
        "--epochs",
        "30",
        "--dims",
        "24",
        "--stop-words",
        "none",
    ];
    sandbox
        .run(&[&["pretrain", "-o", "whole.fifu"], &options[..]].concat())
        .exits(0);
    let checkpoint = sandbox.path("vectors.fifu.checkpoint");
    let mut seen = Vec::new();
    for (signal, resume, threads) in [
        ("INT", &[][..], "1"),
        ("TERM", &["--resume"], "2"),
        ("INT", &["--resume"], "1"),
    ] {
        let arguments = [&options[..], resume, &["--threads", threads]].concat();
        let (code, said) = interrupt(begin(&sandbox, &arguments), signal, &checkpoint);
        assert_eq!(code, Some(130), "{said}");
        for part in [
            "interrupted",
            "kept in vectors.fifu.checkpoint",
            "pretrain --resume --checkpoint-every 0.0001 'my text.txt' --epochs 30",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert_eq!(said.contains("going on in epoch"), !resume.is_empty());
        assert_eq!(
            sandbox.names(),
            ["my text.txt", "vectors.fifu.checkpoint", "whole.fifu"]
        );
        seen.push(sandbox.read("vectors.fifu.checkpoint"));
    }
    assert!(seen[0] != seen[1] && seen[1] != seen[2]);
    sandbox
        .run(&[&["pretrain", "--resume"], &options[..]].concat())
        .exits(0)
        .says(&["going on in epoch", "wrote vectors.fifu"]);
    assert_eq!(sandbox.read("vectors.fifu"), sandbox.read("whole.fifu"));
    assert_eq!(
        sandbox.names(),
        ["my text.txt", "vectors.fifu", "whole.fifu"]
    );
}

/// Every file of a folder counts, whatever its words.
#[test]
fn a_folder_that_changed_is_another_text() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("texts")).unwrap();
    sandbox.write("texts/a.txt", text(4_000));
    sandbox.write("texts/b.txt", text(50));
    let options = ["texts", "--epochs", "3000", "--dims", "8"];
    let checkpoint = sandbox.path("vectors.fifu.checkpoint");
    let (code, said) = interrupt(begin(&sandbox, &options), "INT", &checkpoint);
    assert_eq!(code, Some(130), "{said}");
    sandbox.write("texts/b.txt", text(50) + "!");
    sandbox
        .run(&[&["pretrain", "--resume"], &options[..]].concat())
        .exits(3)
        .says(&["b.txt: found another text"]);
    sandbox.write("texts/c.txt", "unheard");
    sandbox
        .run(&[&["pretrain", "--resume"], &options[..]].concat())
        .exits(2)
        .says(&["3 texts", "2, as"]);
}

#[test]
fn only_the_same_training_goes_on() {
    let sandbox = Sandbox::new();
    sandbox.write("a.txt", text(4_000)).write("b.txt", text(50));
    sandbox.write("list.txt", "film\n");
    let options = ["a.txt", "b.txt", "--epochs", "3000", "--dims", "8"];
    sandbox
        .run(&[&["pretrain", "--resume"], &options[..]].concat())
        .exits(4)
        .says(&["vectors.fifu.checkpoint", "no file", "leave --resume out"]);
    let checkpoint = sandbox.path("vectors.fifu.checkpoint");
    let (code, said) = interrupt(begin(&sandbox, &options), "TERM", &checkpoint);
    assert_eq!(code, Some(130), "{said}");
    let kept = sandbox.read("vectors.fifu.checkpoint");
    for (arguments, code, says) in [
        (
            &["--dims", "9", "a.txt", "b.txt", "--epochs", "3000"][..],
            2,
            &["found --dims 9", "expected --dims 8, as in"][..],
        ),
        (
            &[
                "--lr", "0.1", "--seed", "2", "a.txt", "b.txt", "--epochs", "3000", "--dims", "8",
            ],
            2,
            &["--lr 0.1, --seed 2", "--lr 0.025, --seed 0"],
        ),
        (
            &["a.txt", "--epochs", "3000", "--dims", "8"],
            2,
            &["1 texts", "2, as"],
        ),
        (
            &["b.txt", "a.txt", "--epochs", "3000", "--dims", "8"],
            3,
            &["b.txt: found another text"],
        ),
        (
            &[
                "--stop-words",
                "list.txt",
                "a.txt",
                "b.txt",
                "--epochs",
                "3000",
                "--dims",
                "8",
            ],
            2,
            &["--stop-words: found"],
        ),
    ] {
        sandbox
            .run(&[&["pretrain", "--resume"], arguments].concat())
            .exits(code)
            .says(says);
        assert_eq!(sandbox.read("vectors.fifu.checkpoint"), kept);
    }
    let mut damaged = kept.clone();
    *damaged.last_mut().unwrap() ^= 1;
    sandbox.write("vectors.fifu.checkpoint", &damaged);
    sandbox
        .run(&[&["pretrain", "--resume"], &options[..]].concat())
        .exits(4)
        .says(&["seal does not fit", "hint:"]);

    // Another training does not begin where it would replace this one.
    sandbox.write("vectors.fifu.checkpoint", &kept);
    sandbox
        .run(&["pretrain", "b.txt", "--epochs", "2"])
        .exits(2)
        .says(&["holds an interrupted training", "--resume to go on"]);
    assert_eq!(sandbox.read("vectors.fifu.checkpoint"), kept);
    assert!(!sandbox.path("vectors.fifu").exists());
    // Nothing of anybody else's is replaced.
    sandbox.write("vectors.fifu.checkpoint", "mine");
    sandbox
        .run(&["pretrain", "b.txt"])
        .exits(2)
        .says(&["vectors.fifu.checkpoint", "senti did not write"]);
}

#[test]
fn epochs_can_be_left_to_the_training() {
    let sandbox = Sandbox::new();
    sandbox
        .write("text.txt", text(6_000))
        .write("small.txt", text(50));
    let run = sandbox
        .run(&[
            "pretrain", "text.txt", "--epochs", "auto", "--lr", "0.1", "--dims", "8",
        ])
        .exits(0)
        .says(&[
            "at most 164 epochs, 2,000 words held out",
            "stopped after ",
            "held-out loss",
        ]);
    let why = run
        .stderr
        .split("stopped ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap();
    let inspected = sandbox.run(&["inspect", "vectors.fifu"]).exits(0).stdout;
    assert!(inspected.contains(why), "{why}: {inspected}");
    let json = sandbox.run(&["inspect", "--json", "vectors.fifu"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let epochs = json["epochs"].as_u64().unwrap();
    assert!(why.starts_with(&format!("after {epochs} epochs")), "{why}");
    assert_eq!(json["held_out"], 0.01);

    let usual = sandbox
        .run(&["pretrain", "small.txt", "-o", "usual.fifu"])
        .exits(0);
    assert!(!usual.stderr.contains("held"), "{usual:?}");
    sandbox
        .run(&[
            "pretrain",
            "small.txt",
            "-o",
            "auto.fifu",
            "--epochs",
            "auto",
        ])
        .exits(0)
        .says(&["too little text to hold some out", "200 epochs"]);
    assert_eq!(sandbox.read("auto.fifu"), sandbox.read("usual.fifu"));
    sandbox
        .run(&["pretrain", "small.txt", "--held-out", "0.1"])
        .exits(6)
        .says(&["40000", "--held-out 0"]);
    sandbox
        .run(&[
            "pretrain",
            "text.txt",
            "--epochs",
            "auto",
            "--held-out",
            "0",
        ])
        .exits(2);
    sandbox
        .run(&["pretrain", "text.txt", "--epochs", "many"])
        .exits(2)
        .says(&["a number, or auto"]);
}
