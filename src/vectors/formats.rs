//! Which formats word vectors come and go in, and what was found on reading.

use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{WordVectors, foreign};
use crate::error::{Error, Result};
use crate::files::digest::{Fingerprint, Hashing};
use crate::files::seal::Seal;

/// A format of files of word vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Our own: finalfusion's, with more in the metadata.
    Finalfusion,
    /// word2vec, binary: a header, then words and little-endian values.
    Word2vec,
    /// word2vec, text, which is fastText's `.vec` too: a header, then lines.
    Word2vecText,
    /// Lines without a header.
    GloVe,
    /// An unsupervised model of fastText (`.bin`). It is read, not written.
    FastText,
    /// numpy's `.npy`, with a file of words beside it.
    Numpy,
    /// A table of embeddings in safetensors, with a `tokenizer.json` beside it.
    Safetensors,
}

impl Format {
    /// The format that the name of a file to be written asks for.
    pub fn of_name(path: &Path) -> Option<Self> {
        let extension = path.extension().and_then(OsStr::to_str)?;
        Some(match extension.to_ascii_lowercase().as_str() {
            "fifu" => Self::Finalfusion,
            "bin" => Self::Word2vec,
            "vec" | "txt" => Self::Word2vecText,
            "npy" => Self::Numpy,
            "safetensors" => Self::Safetensors,
            _ => return None,
        })
    }

    /// The format of a file that begins so, where it is one of these; `head` is
    /// the whole file or its first 64 KiB.
    pub fn of_content(head: &[u8]) -> Option<Self> {
        match head.starts_with(b"FiFu") {
            true => Some(Self::Finalfusion),
            false => foreign::recognise(head),
        }
    }

    /// The file that belongs beside one of this format: of its words, of its
    /// tokenizer.
    pub fn companion(self, path: &Path) -> Option<PathBuf> {
        match self {
            Self::Numpy => Some(path.with_extension("txt")),
            Self::Safetensors => Some(path.with_file_name("tokenizer.json")),
            _ => None,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Finalfusion => "finalfusion",
            Self::Word2vec => "word2vec, binary",
            Self::Word2vecText => "word2vec, text",
            Self::GloVe => "GloVe",
            Self::FastText => "fastText",
            Self::Numpy => "numpy",
            Self::Safetensors => "safetensors",
        })
    }
}

/// How a file is to be read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reading {
    /// Its format; nothing: its content says it.
    pub format: Option<Format>,
    /// Rows that make no sense are left out and counted. Otherwise they are
    /// errors.
    pub clean: bool,
}

/// What was left out of a file that was cleaned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Words that were there before; the first row of a word is kept.
    pub twice: u64,
    /// Rows with values that are not finite numbers.
    pub not_finite: u64,
    /// Rows that are not a word and as many numbers as the others have.
    pub malformed: u64,
}

impl Cleaned {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.twice + self.not_finite + self.malformed
    }
}

/// What was found on reading a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The file itself, where a folder was named.
    pub path: PathBuf,
    /// Its format.
    pub format: Format,
    /// What was left out because it made no sense.
    pub cleaned: Cleaned,
    /// What was left out because word vectors cannot have it, in words.
    pub notes: Vec<String>,
}

/// Which file vectors were converted from; stored in the file that they were
/// converted to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversion {
    /// The version of senti that converted them.
    pub version: String,
    /// The format that they had.
    pub format: String,
    /// The file.
    pub source: Fingerprint,
}

impl WordVectors {
    /// Reads a file of vectors in any of the formats, after checking every byte
    /// of it.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read, [`Error::Artifact`] when it is
    /// something else, damaged, or changed since senti wrote it.
    pub fn read(path: &Path) -> Result<Self> {
        Self::read_as(path, &Reading::default()).map(|(vectors, _)| vectors)
    }

    /// As [`Self::read`], with what was found. A folder stands for the
    /// `model.safetensors` in it.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_as(path: &Path, reading: &Reading) -> Result<(Self, Report)> {
        let path = &inside(path)?;
        let unreadable = |error| Error::io(path, "read", error);
        let file = File::open(path).map_err(unreadable)?;
        let size = match file.metadata().map_err(unreadable)? {
            metadata if metadata.is_file() => Some(metadata.len()),
            _ => None,
        };
        Self::read_from(path, file, size, reading)
    }

    /// Reads vectors from any source, of `size` bytes where that is known; `path` is
    /// what errors call it.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn from_reader(path: &Path, source: impl Read, size: Option<u64>) -> Result<Self> {
        Self::read_from(path, source, size, &Reading::default()).map(|(vectors, _)| vectors)
    }

    fn read_from(
        path: &Path,
        source: impl Read,
        size: Option<u64>,
        reading: &Reading,
    ) -> Result<(Self, Report)> {
        let unreadable = |error| Error::io(path, "read", error);
        let (mut source, digester) = Hashing::new(source);
        let mut bytes = Vec::new();
        (&mut source)
            .take(foreign::HEAD)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        let format = reading.format.or_else(|| Format::of_content(&bytes));
        let mut cleaned = reading.clean.then(Cleaned::default);
        let mut notes = Vec::new();
        let vectors = match format {
            None | Some(Format::Finalfusion | Format::Safetensors) => {
                let rest = size
                    .map_or(0, |size| size as usize)
                    .saturating_sub(bytes.len());
                bytes
                    .try_reserve_exact(rest)
                    .map_err(|error| unreadable(error.into()))?;
                source.read_to_end(&mut bytes).map_err(unreadable)?;
                match format {
                    Some(Format::Safetensors) => {
                        foreign::read_safetensors(path, &bytes, &mut cleaned)?
                            .into_vectors(&mut notes)?
                    }
                    _ => unbroken(path, &bytes)?,
                }
            }
            Some(format) => {
                let mut input = BufReader::with_capacity(1 << 16, Cursor::new(bytes).chain(source));
                foreign::read(path, format, &mut input, size, &mut cleaned)?
                    .into_vectors(&mut notes)?
            }
        };
        let report = Report {
            path: path.to_owned(),
            // What is of no format was refused.
            format: format.unwrap_or(Format::Finalfusion),
            cleaned: cleaned.unwrap_or_default(),
            notes,
        };
        let fingerprint = Some(digester.fingerprint());
        Ok((
            Self {
                fingerprint,
                ..vectors
            },
            report,
        ))
    }

    /// Vectors of another program with a record of the file they were read from.
    /// Those that senti trained stay as they are.
    #[must_use]
    pub fn with_conversion(mut self, from: Format) -> Self {
        if let (None, None, Some(source)) = (&self.origin, &self.conversion, &self.fingerprint) {
            self.conversion = Some(Conversion {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                format: from.to_string(),
                source: source.clone(),
            });
        }
        self.with_metadata()
    }
}

/// Where libraries of static embeddings keep the table in their folders.
const TABLES: [&str; 2] = ["model.safetensors", "0_StaticEmbedding/model.safetensors"];

/// The file to read: the one that was named, or the table in a folder.
fn inside(path: &Path) -> Result<PathBuf> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let mut tables = TABLES.iter().map(|name| path.join(name));
    tables.find(|table| table.is_file()).ok_or_else(|| {
        Error::artifact(
            path.display().to_string(),
            "a folder without model.safetensors",
            "a file of word vectors, or the folder of a table of embeddings",
        )
        .with_hint("name the file itself")
    })
}

/// Vectors whose seal fits, or that have none.
fn unbroken(path: &Path, bytes: &[u8]) -> Result<WordVectors> {
    match WordVectors::from_bytes(path, bytes)? {
        (_, Seal::Broken) => Err(Error::damaged(
            path.display().to_string(),
            "a file that was changed after senti wrote it (its seal does not fit)",
            "the bytes that were written",
        )
        .with_hint("restore it from a copy, or train it again: senti pretrain")),
        (vectors, Seal::Intact | Seal::None) => Ok(vectors),
    }
}
