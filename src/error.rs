//! What can go wrong, in the terms of the person who can mend it.
//!
//! Every variant says what was found, what was expected, and, where one
//! exists, the next thing to do. Nothing here knows about terminals or exit
//! codes; `cli::exit` maps variants to codes.

use std::fmt;
use std::io;
use std::path::Path;

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// A position in an input: which file, which line, which byte.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The file's name as the user gave it, or `standard input`.
    pub file: String,
    /// Line, counted from 1.
    pub line: Option<u64>,
    /// Byte from the start of the file, counted from 0.
    pub byte: Option<u64>,
}

impl Place {
    /// A whole file.
    pub fn file(path: impl AsRef<Path>) -> Self {
        Self {
            file: path.as_ref().display().to_string(),
            ..Self::default()
        }
    }

    /// A line of a named input.
    pub fn line(file: &str, line: u64) -> Self {
        Self {
            file: file.to_owned(),
            line: Some(line),
            byte: None,
        }
    }

    /// The same place, with a byte offset from the start of the file.
    pub fn at_byte(mut self, byte: u64) -> Self {
        self.byte = Some(byte);
        self
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(byte) = self.byte {
            write!(f, ", byte {byte}")?;
        }
        Ok(())
    }
}

/// Everything that can go wrong, one variant for each thing a user can mend.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting is outside its range, or two settings contradict each other.
    #[error("{name}: found {found}, expected {expected}")]
    Setting {
        /// The setting's name, as its option is spelled.
        name: String,
        /// What was given.
        found: String,
        /// The range or the alternatives.
        expected: String,
        /// What to do next.
        hint: Option<String>,
    },

    /// Text or labels that cannot be read as what they should be.
    #[error("{place}: found {found}, expected {expected}")]
    Input {
        /// Where; boxed, so that the rare error does not widen every result.
        place: Box<Place>,
        /// What stands there.
        found: String,
        /// What should stand there.
        expected: String,
        /// What to do next.
        hint: Option<String>,
    },

    /// A vector or model file that is damaged, or is something else.
    #[error("{file}: found {found}, expected {expected}")]
    Artifact {
        /// The file.
        file: String,
        /// What it holds.
        found: String,
        /// What it should hold.
        expected: String,
        /// It is such a file, but not whole or not as it was written; else it
        /// is a file of another kind.
        damaged: bool,
        /// What to do next.
        hint: Option<String>,
    },

    /// Reading or writing failed.
    #[error("{file}: cannot {action}: {source}")]
    Io {
        /// The file.
        file: String,
        /// `open`, `read`, `write`.
        action: &'static str,
        /// The system's own reason.
        source: io::Error,
    },

    /// The input is well formed, but there is not enough of it to learn from.
    #[error("too little to learn from: found {found}, expected {expected}")]
    TooLittle {
        /// How much there is.
        found: String,
        /// How much is needed.
        expected: String,
        /// What to do next.
        hint: Option<String>,
    },

    /// The numbers ran away: a step size too large, or features out of scale.
    #[error("{what} diverged{}", how.as_ref().map_or(String::new(), |how| format!(": {how}")))]
    Diverged {
        /// What was being computed.
        what: String,
        /// How that showed.
        how: Option<String>,
        /// What to do next.
        hint: Option<String>,
    },

    /// The caller asked to stop.
    #[error("interrupted; what was there before is untouched")]
    Interrupted,

    /// An error of the linfa interfaces (shapes that do not fit, for instance).
    #[error("classifier: {0}")]
    Linfa(#[from] linfa::Error),
}

impl Error {
    /// Bad input at a place, without a hint.
    pub fn input(place: Place, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Input {
            place: Box::new(place),
            found: found.into(),
            expected: expected.into(),
            hint: None,
        }
    }

    /// A file that is not of the kind that was wanted, without a hint.
    pub fn artifact(
        file: impl Into<String>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self::Artifact {
            file: file.into(),
            found: found.into(),
            expected: expected.into(),
            damaged: false,
            hint: None,
        }
    }

    /// A damaged vector or model file, without a hint.
    pub fn damaged(
        file: impl Into<String>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self::Artifact {
            file: file.into(),
            found: found.into(),
            expected: expected.into(),
            damaged: true,
            hint: None,
        }
    }

    /// A failed system call on a file.
    pub fn io(file: impl AsRef<Path>, action: &'static str, source: io::Error) -> Self {
        Self::Io {
            file: file.as_ref().display().to_string(),
            action,
            source,
        }
    }

    /// A setting out of range.
    pub fn setting(
        name: impl Into<String>,
        found: impl fmt::Display,
        expected: impl Into<String>,
    ) -> Self {
        Self::Setting {
            name: name.into(),
            found: found.to_string(),
            expected: expected.into(),
            hint: None,
        }
    }

    /// Too little data, without a hint.
    pub fn too_little(found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::TooLittle {
            found: found.into(),
            expected: expected.into(),
            hint: None,
        }
    }

    /// The same error with the next thing to do.
    #[must_use]
    pub fn with_hint(mut self, text: impl Into<String>) -> Self {
        if let Self::Setting { hint, .. }
        | Self::Input { hint, .. }
        | Self::Artifact { hint, .. }
        | Self::TooLittle { hint, .. }
        | Self::Diverged { hint, .. } = &mut self
        {
            *hint = Some(text.into());
        }
        self
    }

    /// What to do next, where that is known.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Setting { hint, .. }
            | Self::Input { hint, .. }
            | Self::Artifact { hint, .. }
            | Self::TooLittle { hint, .. }
            | Self::Diverged { hint, .. } => hint.as_deref(),
            _ => None,
        }
    }
}
