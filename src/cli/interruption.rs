//! What an interrupted training leaves behind, and how to go on from there.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use senti::error::{Error, Result};
use senti::vectors::skipgram::Checkpoint;
use senti::vectors::skipgram::checkpoint::MAGIC;

use super::locate::check_output;
use super::printer::{Printer, harmless};

/// The checkpoint beside the output, and when to write it.
pub(super) struct Interruption {
    pub(super) file: PathBuf,
    /// Nothing: only when interrupted.
    every: Option<Duration>,
    state: Mutex<State>,
}

struct State {
    last: Instant,
    /// The file is of this training: written by it, or what it went on from.
    ours: bool,
    failed: bool,
}

impl Interruption {
    /// For vectors that go to `output`; `minutes` between two checkpoints, 0 for
    /// none unless interrupted.
    pub(super) fn new(output: &Path, inputs: &[&Path], minutes: f64) -> Result<Self> {
        let expected = "0 (only when interrupted) to 1000000";
        let wrong = |_| Error::setting("--checkpoint-every", minutes, expected);
        let every = Duration::try_from_secs_f64(minutes * 60.0).map_err(wrong)?;
        if minutes > 1e6 {
            return Err(Error::setting("--checkpoint-every", minutes, expected));
        }
        let mut file = output.as_os_str().to_owned();
        file.push(".checkpoint");
        let file = PathBuf::from(file);
        check_output(&file, inputs, |head| head.starts_with(MAGIC))?;
        Ok(Self {
            file,
            every: (minutes > 0.0).then_some(every),
            state: Mutex::new(State {
                last: Instant::now(),
                ours: false,
                failed: false,
            }),
        })
    }

    /// The checkpoint to go on from; none without `resume`, and then there must
    /// not be one: hours of training are not replaced by the first seconds of
    /// another.
    pub(super) fn begin(&self, resume: bool) -> Result<Option<Checkpoint>> {
        if resume {
            let checkpoint = Checkpoint::open(&self.file)?;
            self.change(|state| state.ours = true);
            return Ok(Some(checkpoint));
        }
        let left = std::fs::metadata(&self.file).is_ok_and(|file| file.len() > 0);
        if left {
            return Err(Error::setting(
                "pretrain",
                format!("{}, which holds an interrupted training", self.name()),
                "--resume to go on with it, another --output, or no such file to start anew",
            ));
        }
        Ok(None)
    }

    /// The training proper begins.
    pub(super) fn start(&self) {
        self.change(|state| state.last = Instant::now());
    }

    /// Whether it is time for a checkpoint.
    pub(super) fn due(&self) -> bool {
        let last = self.change(|state| state.last);
        self.every.is_some_and(|every| last.elapsed() >= every)
    }

    /// Notes that one was written, or warns, once, that it could not be.
    pub(super) fn kept(&self, result: Result<()>, printer: &Printer) {
        let warn = self.change(|state| {
            state.last = Instant::now();
            state.ours |= result.is_ok();
            result.is_err() && !std::mem::replace(&mut state.failed, true)
        });
        match result {
            Err(error) if warn => printer.warn(&format!(
                "no checkpoint: {}; the training goes on",
                harmless(&error.to_string())
            )),
            _ => {}
        }
    }

    /// Removes the checkpoint of a training that is done; one of another
    /// training stays.
    pub(super) fn done(&self, printer: &Printer) {
        if self.change(|state| state.ours) {
            if let Err(error) = std::fs::remove_file(&self.file) {
                printer.warn(&format!("cannot remove {}: {error}", self.name()));
            }
        } else if self.file.exists() {
            printer.note(&format!("{} stays: it is of another training", self.name()));
        }
    }

    /// What to do after an interruption.
    pub(super) fn hint(&self) -> String {
        format!(
            "the training is kept in {}; to go on: {}",
            self.name(),
            command_to_resume(std::env::args_os().map(|a| a.to_string_lossy().into_owned()))
        )
    }

    fn name(&self) -> String {
        harmless(&self.file.display().to_string()).into_owned()
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self
            .state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        change(&mut state)
    }
}

/// The command that was typed, with `--resume`.
fn command_to_resume(arguments: impl Iterator<Item = String>) -> String {
    let mut command = Vec::new();
    let mut resume = Some("--resume");
    for argument in arguments {
        let verb = argument == "pretrain" && !command.is_empty();
        if argument == "--resume" {
            continue;
        }
        command.push(quoted(&argument));
        // Behind the verb, because what follows `--` is a file.
        if verb && let Some(resume) = resume.take() {
            command.push(resume.to_owned());
        }
    }
    command.join(" ")
}

/// An argument as a shell reads it.
fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=,:+@%".contains(c);
    match !argument.is_empty() && argument.chars().all(plain) {
        true => argument.to_owned(),
        false => format!("'{}'", argument.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Colours, Manners};
    use super::*;

    #[test]
    fn the_command_goes_on_with_the_same_options() {
        for (typed, resumed) in [
            (
                &["senti", "pretrain", "a.txt"][..],
                "senti pretrain --resume a.txt",
            ),
            (
                &[
                    "./senti", "-v", "pretrain", "--resume", "--dims", "8", "a b",
                ],
                "./senti -v pretrain --resume --dims 8 'a b'",
            ),
            (
                &["senti", "pretrain", "--", "pretrain", "it's"],
                r"senti pretrain --resume -- pretrain 'it'\''s'",
            ),
        ] {
            let typed = typed.iter().map(|&argument| argument.to_owned());
            assert_eq!(command_to_resume(typed), resumed);
        }
    }

    #[test]
    fn intervals_out_of_range_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("v.fifu");
        for minutes in [-1.0, f64::NAN, f64::INFINITY, 1e7] {
            assert!(
                Interruption::new(&output, &[], minutes).is_err(),
                "{minutes}"
            );
        }
        let never = Interruption::new(&output, &[], 0.0).unwrap();
        assert!(!never.due());
        assert!(matches!(never.begin(false), Ok(None)));
        let always = Interruption::new(&output, &[], 1e-12).unwrap();
        assert!(always.due());
    }

    #[test]
    fn only_the_own_checkpoint_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("v.fifu");
        let interruption = Interruption::new(&output, &[], 0.0).unwrap();
        std::fs::write(&interruption.file, MAGIC).unwrap();
        assert!(interruption.begin(false).is_err());
        let printer = Printer::new(&Manners {
            quiet: true,
            verbose: false,
            color: Colours::Auto,
        });
        interruption.done(&printer);
        assert!(interruption.file.exists());
        interruption.kept(Ok(()), &printer);
        interruption.done(&printer);
        assert!(!interruption.file.exists());
        std::fs::write(&interruption.file, "mine").unwrap();
        assert!(Interruption::new(&output, &[], 0.0).is_err());
    }
}
