//! How the program behaves among others: pipes, signals, terminals.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::Sandbox;

#[test]
fn a_closed_pipe_ends_quietly() {
    let sandbox = Sandbox::trained();
    sandbox.write("many.txt", "It was great\n".repeat(200_000));
    let mut child = sandbox
        .command()
        .args(["classify", "--file", "many.txt"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 8];
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut first).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr, "using model.senti\n");
}

#[test]
fn quiet_says_nothing_and_colours_stay_off_pipes() {
    let sandbox = Sandbox::with_corpus();
    let quiet = sandbox
        .run(&["pretrain", "-q", "corpus/unlabeled.txt"])
        .exits(0);
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
    let error = sandbox.run(&["classify", "-q", "text"]).exits(4);
    assert!(error.stderr.starts_with("error: "), "{error:#?}");
    let coloured = sandbox.run(&["classify", "--color", "always", "text"]);
    assert!(coloured.stderr.contains("\u{1b}["), "{coloured:#?}");
    let verbose = sandbox.run(&["classify", "-v", "text"]);
    assert!(verbose.stderr.len() > error.stderr.len());
}

#[test]
fn names_of_files_cannot_move_the_cursor() {
    let sandbox = Sandbox::new();
    let run = sandbox.run(&["pretrain", "a\u{1b}[2Jb"]).exits(5);
    assert!(!run.stderr.contains('\u{1b}'), "{run:?}");
    sandbox.write("evil.tsv", "good\u{1b}[2J\tgreat film\nbad\tboring film\n");
    sandbox.write("corpus.txt", "great film here\nboring film there\n");
    sandbox.run(&["pretrain", "corpus.txt"]).exits(0);
    let run = sandbox.run(&["train", "evil.tsv"]).exits(0);
    assert!(
        !run.stdout.contains('\u{1b}') && run.stdout.contains("\\u{1b}[2J"),
        "{run:?}"
    );
    let run = sandbox.run(&["eval", "evil.tsv"]).exits(0);
    assert!(!run.stdout.contains('\u{1b}'), "{run:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_output_error() {
    let sandbox = Sandbox::trained();
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = sandbox
        .command()
        .args(["classify", "It was great"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(5));
}

#[cfg(unix)]
#[test]
fn an_interrupted_training_leaves_what_was_there() {
    let sandbox = Sandbox::trained();
    let before = sandbox.read("vectors.fifu");
    for signal in ["INT", "TERM"] {
        let mut child = sandbox
            .command()
            .args([
                "pretrain",
                "corpus/unlabeled.txt",
                "--epochs",
                "100000",
                "--dims",
                "300",
            ])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The note about the training comes when the handler is in place.
        let mut stderr = child.stderr.take().unwrap();
        let mut said = Vec::new();
        let mut byte = [0];
        while !String::from_utf8_lossy(&said).contains("training 300") {
            assert_eq!(stderr.read(&mut byte).unwrap(), 1, "it ended too early");
            said.push(byte[0]);
        }
        let killed = Command::new("kill")
            .args([format!("-{signal}"), child.id().to_string()])
            .status()
            .unwrap();
        assert!(killed.success());
        let deadline = Instant::now() + Duration::from_secs(30);
        let status = loop {
            match child.try_wait().unwrap() {
                Some(status) => break status,
                None if Instant::now() > deadline => {
                    child.kill().unwrap();
                    panic!("it did not stop");
                }
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        assert_eq!(status.code(), Some(130), "{signal}");
        assert_eq!(sandbox.read("vectors.fifu"), before);
        let checkpoint = "vectors.fifu.checkpoint";
        let names = ["corpus", "model.senti", "vectors.fifu", checkpoint];
        assert_eq!(sandbox.names(), names);
        std::fs::remove_file(sandbox.path(checkpoint)).unwrap();
    }
}

/// Nobody waits for a text that does not come, and Ctrl-C ends the wait.
#[test]
fn waiting_for_a_text_can_be_interrupted() {
    let sandbox = Sandbox::new();
    let mut child = sandbox
        .command()
        .args(["pretrain", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stdin = child.stdin.take().unwrap();
    // Until the handler is in place the signal ends it in another way.
    let deadline = Instant::now() + Duration::from_secs(30);
    std::thread::sleep(Duration::from_millis(300));
    Command::new("kill")
        .args(["-INT".to_owned(), child.id().to_string()])
        .status()
        .unwrap();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if Instant::now() > deadline => {
                child.kill().unwrap();
                panic!("it did not stop");
            }
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    assert!(!status.success());
    assert!(sandbox.names().is_empty());
    drop(stdin);
}

/// A pipe that trickles gets each answer before the next text is written.
#[test]
fn answers_do_not_wait_for_the_end_of_the_input() {
    use std::io::{BufRead, BufReader, Write};
    let sandbox = Sandbox::trained();
    let mut child = sandbox
        .command()
        .arg("classify")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut answer = String::new();
    for text in ["It was great", "It was really stupid"] {
        writeln!(stdin, "{text}").unwrap();
        answer.clear();
        stdout.read_line(&mut answer).unwrap();
        assert!(answer.ends_with(&format!("{text}\n")), "{answer:?}");
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}
