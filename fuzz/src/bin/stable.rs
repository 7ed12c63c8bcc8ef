//! Runs a target without libFuzzer: see README.md.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Seek, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use senti_fuzz::mutation::{Random, mutated};
use senti_fuzz::{TARGETS, Target};

/// Inputs that ended in a way of their own and are mutated further.
const MOST_KEPT: usize = 2000;
/// An execution that takes longer is kept as a finding.
const SLOW: Duration = Duration::from_secs(5);
/// Different panics, after which a run ends.
const MOST_PANICS: usize = 10;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let target = |name: &str| TARGETS.iter().find(|target| target.name == name);
    let found = match arguments.as_slice() {
        [name, file] if Path::new(file).is_file() => target(name).map(|target| again(target, file)),
        [name, seconds] => target(name)
            .zip(seconds.parse().ok())
            .map(|(target, seconds)| run(target, seconds, 1, None)),
        [name, seconds, seed] => target(name)
            .zip(seconds.parse().ok().zip(seed.parse().ok()))
            .map(|(target, (seconds, seed))| run(target, seconds, seed, None)),
        [name, seconds, seed, stop] => target(name)
            .zip(
                seconds
                    .parse()
                    .ok()
                    .zip(seed.parse().ok())
                    .zip(stop.parse().ok()),
            )
            .map(|(target, ((seconds, seed), stop))| run(target, seconds, seed, Some(stop))),
        _ => None,
    };
    match found {
        Some(0) => ExitCode::SUCCESS,
        Some(_) => ExitCode::FAILURE,
        None => {
            let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
            eprintln!("usage: stable TARGET SECONDS [SEED [STOP]], or stable TARGET FILE");
            eprintln!("targets: {}", names.join(", "));
            ExitCode::from(2)
        }
    }
}

/// One input once more; a panic ends the program.
fn again(target: &Target, file: &str) -> usize {
    match fs::read(file) {
        Ok(bytes) => println!("{}", (target.run)(&bytes)),
        Err(error) => eprintln!("{file}: {error}"),
    }
    0
}

/// Mutates and runs; returns the number of findings.
fn run(target: &Target, seconds: u64, seed: u64, stop: Option<u64>) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("artifacts")
        .join(target.name);
    fs::create_dir_all(&folder).expect("a folder for findings");
    // What a crash that is no panic leaves behind: the number of its execution.
    let mut running = fs::File::create(folder.join("running")).expect("a file");
    let mut random = Random(seed);
    let mut pool = (target.seeds)();
    let mut outcomes = BTreeSet::new();
    let (mut panics, mut findings) = (BTreeSet::new(), 0);
    let (mut executions, mut slowest) = (0u64, Duration::ZERO);
    let started = Instant::now();
    std::panic::set_hook(Box::new(|_| {}));
    while started.elapsed() < Duration::from_secs(seconds) && panics.len() < MOST_PANICS {
        // The seeds themselves come first.
        let input = match pool.get(executions as usize) {
            Some(first) if executions < 32 => first.clone(),
            _ => mutated(&mut random, &pool),
        };
        executions += 1;
        if stop == Some(executions) {
            println!("{}", saved(&folder, "stopped-at", &input).display());
            return 0;
        }
        running
            .rewind()
            .and_then(|()| running.write_all(&executions.to_le_bytes()))
            .expect("room");
        let begun = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| (target.run)(&input)));
        let took = begun.elapsed();
        slowest = slowest.max(took);
        if took > SLOW {
            findings += 1;
            println!("{took:?}: {}", saved(&folder, "slow", &input).display());
        }
        match outcome {
            Ok(outcome) => {
                if outcomes.insert(alike(&outcome)) && pool.len() < MOST_KEPT {
                    pool.push(input);
                }
            }
            Err(panic) => {
                let said = panic
                    .downcast_ref::<String>()
                    .cloned()
                    .or_else(|| panic.downcast_ref::<&str>().map(|&said| said.to_owned()))
                    .unwrap_or_default();
                if panics.insert(alike(&said)) {
                    findings += 1;
                    println!(
                        "panic: {said}\n  {}",
                        saved(&folder, "panic", &input).display()
                    );
                }
            }
        }
    }
    drop(fs::remove_file(folder.join("running")));
    println!(
        "{}: {executions} executions, {} ways to end, {findings} findings, the slowest {} ms",
        target.name,
        outcomes.len(),
        slowest.as_millis()
    );
    findings
}

/// A message without its numbers and quotations.
fn alike(message: &str) -> String {
    let mut quoted = false;
    let mut short = String::new();
    for character in message.chars().take(400) {
        match character {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '0'..='9' if short.ends_with('0') => {}
            '0'..='9' => short.push('0'),
            _ => short.push(character),
        }
    }
    short
}

fn saved(folder: &Path, kind: &str, input: &[u8]) -> PathBuf {
    let digest = input.iter().fold(0xcbf2_9ce4_8422_2325u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    let file = folder.join(format!("{kind}-{digest:016x}"));
    fs::write(&file, input).expect("room for a finding");
    file
}
