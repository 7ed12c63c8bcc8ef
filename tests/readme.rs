//! Every command that the README shows is run, and prints what it shows.
//!
//! A block that opens with ```console holds commands behind `$ ` and what they
//! print, standard error first. All blocks run in one folder, one after the
//! other, as a reader would type them. Durations may differ, and so may digits
//! past the fourth: processors round sums in their own order.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::process::Command;

use common::Sandbox;

const README: &str = include_str!("../README.md");

struct Step {
    line: usize,
    command: String,
    shown: String,
}

fn steps() -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for (number, line) in README.lines().enumerate() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if inside && let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step {
                line: number + 1,
                command: command.to_owned(),
                shown: String::new(),
            });
        } else if inside {
            let step = steps.last_mut().expect("a block begins with a command");
            step.shown += line;
            step.shown.push('\n');
        }
    }
    steps
}

/// Replaces every duration, such as `0.3 s`, by the same word, and cuts long
/// fractions.
fn comparable(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let is_number = |word: &str| word.parse::<f64>().is_ok();
    let words: Vec<&str> = words
        .iter()
        .enumerate()
        .map(|(at, word)| {
            let next = words.get(at + 1).copied().unwrap_or_default();
            match is_number(word) && (next == "s" || next.starts_with("s\n")) {
                true => "some",
                false => word,
            }
        })
        .collect();
    let mut cut = String::new();
    // Digits since a decimal point; nothing outside a fraction.
    let mut fraction: Option<usize> = None;
    for character in words.join(" ").chars() {
        fraction = match (fraction, character) {
            (_, '.') => Some(0),
            (Some(digits), '0'..='9') => Some(digits + 1),
            _ => None,
        };
        if fraction.is_none_or(|digits| digits <= 4) {
            cut.push(character);
        }
    }
    cut
}

#[test]
fn every_command_prints_what_is_shown() {
    let sandbox = Sandbox::with_corpus();
    let program = env!("CARGO_BIN_EXE_senti");
    let steps = steps();
    assert!(
        steps.len() >= 10,
        "the README shows only {} commands",
        steps.len()
    );
    for step in steps {
        // `cargo run --release -- demo` is `senti demo`.
        let command = step.command.replace("cargo run --release -- ", "senti ");
        if command.starts_with("cargo ") {
            continue;
        }
        assert!(command.contains("senti"), "line {}: {command}", step.line);
        // Through a shell, for its pipes and quotes; both outputs in order.
        let output = Command::new("sh")
            .arg("-c")
            .arg(format!(
                "senti() {{ {program:?} \"$@\"; }}\n{{ {command}\n}} 2>&1"
            ))
            .current_dir(sandbox.path("."))
            .env_remove("SENTI_VECTORS")
            .env_remove("SENTI_MODEL")
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(
            comparable(&printed),
            comparable(&step.shown),
            "README.md, line {}: {}",
            step.line,
            step.command
        );
    }
}

/// Every command that `senti --help` lists is shown in the README.
#[test]
fn every_command_is_shown() {
    let help = Sandbox::new().run(&["--help"]).exits(0).stdout;
    let commands = help
        .split("Commands:")
        .nth(1)
        .unwrap()
        .split("Options:")
        .next()
        .unwrap();
    for command in commands
        .lines()
        .filter_map(|line| line.split_whitespace().next())
    {
        if command != "help" {
            assert!(
                README.contains(&format!("senti {command}")),
                "senti {command}"
            );
        }
    }
}
