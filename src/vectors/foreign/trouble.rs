//! What is wrong in a file, and where.

use std::io;
use std::path::Path;

use crate::error::{Error, Place};

/// Why a file is not read.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It is damaged.
    Flaw {
        line: Option<u64>,
        byte: Option<u64>,
        found: String,
        expected: String,
    },
    /// It is sound, but word vectors cannot be had from it.
    Unsupported { found: String, expected: String },
    /// The system does not give it.
    Reading(io::Error),
}

pub(super) type Checked<T> = std::result::Result<T, Trouble>;

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Reading(error)
    }
}

impl Trouble {
    /// A flaw at a byte.
    pub(super) fn at(byte: u64, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Flaw {
            line: None,
            byte: Some(byte),
            found: found.into(),
            expected: expected.into(),
        }
    }

    /// A flaw in a line.
    pub(super) fn in_line(
        line: u64,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self::Flaw {
            line: Some(line),
            byte: None,
            found: found.into(),
            expected: expected.into(),
        }
    }

    /// A flaw that has no place.
    pub(super) fn whole(found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Flaw {
            line: None,
            byte: None,
            found: found.into(),
            expected: expected.into(),
        }
    }

    /// The error, with the name of the file.
    pub(super) fn in_file(self, path: &Path) -> Error {
        match self {
            Self::Reading(error) => Error::io(path, "read", error),
            Self::Unsupported { found, expected } => {
                Error::artifact(path.display().to_string(), found, expected)
                    .with_hint("convert it with the program that made it")
            }
            Self::Flaw {
                line,
                byte,
                found,
                expected,
            } => {
                let place = Place {
                    line,
                    byte,
                    ..Place::file(path)
                };
                Error::damaged(place.to_string(), found, expected).with_hint(
                    "the file is damaged or incomplete: restore it, or write it again with the \
                     program that made it",
                )
            }
        }
    }
}
