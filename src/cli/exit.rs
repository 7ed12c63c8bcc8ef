//! How a command ends.

use std::io;
use std::process::ExitCode;

use senti::error::Error;

/// Success, or why not.
pub(crate) type Outcome = Result<(), Failure>;

/// Everything that ends a command early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// An error of the library.
    Error(Error),
    /// The user stopped it, and this is how to go on.
    Stopped(String),
    /// The user stopped it when a part was done: what is there.
    Partly(String),
    /// Some records could not be read; the others are answered.
    Unreadable {
        /// How many could not,
        unreadable: u64,
        /// of so many in all,
        records: u64,
        /// what was wrong with the first of them,
        first: String,
        /// and what helps.
        hint: Option<String>,
    },
    /// The command ran, and the answer is no; it has said so.
    No,
    /// Nobody reads our output any more.
    ClosedPipe,
    /// Our output cannot be written.
    Output(io::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<io::Error> for Failure {
    /// Errors of standard output.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::ClosedPipe
        } else {
            Self::Output(error)
        }
    }
}

/// The exit code, as `senti --help` lists them.
pub(crate) fn code(outcome: &Outcome) -> ExitCode {
    ExitCode::from(match outcome {
        Ok(()) | Err(Failure::ClosedPipe) => 0,
        Err(Failure::No) => 1,
        Err(Failure::Stopped(_) | Failure::Partly(_)) => 130,
        Err(Failure::Unreadable { .. }) => 3,
        Err(Failure::Output(_)) => 5,
        Err(Failure::Error(error)) => match error {
            Error::Setting { .. } => 2,
            Error::Input { .. } | Error::Diverged { .. } | Error::Linfa(_) => 3,
            Error::Artifact { .. } => 4,
            Error::Io { .. } => 5,
            Error::TooLittle { .. } => 6,
            Error::Interrupted => 130,
        },
    })
}
