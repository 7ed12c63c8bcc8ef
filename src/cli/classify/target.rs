//! Where answers go: standard output, or a file that appears as a whole.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use senti::error::{Error, Result};
use senti::files::digest::{Digester, Fingerprint, Hashing};
use senti::files::write::Pending;

use super::super::exit::{Failure, Outcome};
use super::super::printer::{Printer, shown_on_terminal};
use super::rendering::{Content, Form, Rendering};

/// Takes answers in their order.
pub(super) enum Target<'p> {
    /// Text with colours, which the printer knows about.
    Printed(&'p mut Printer),
    /// Anything else on standard output, byte for byte; made harmless where it is a
    /// terminal.
    Raw {
        out: BufWriter<io::Stdout>,
        terminal: bool,
    },
    /// A file.
    File {
        file: Hashing<Pending>,
        /// Colours, which are for terminals, are left out.
        coloured: bool,
        digester: Digester,
        path: PathBuf,
    },
    #[cfg(feature = "parquet")]
    Parquet {
        writer: Box<super::parquet::Writer>,
        digester: Digester,
        path: PathBuf,
    },
}

impl<'p> Target<'p> {
    /// Standard output. Only explanations have colours.
    pub(super) fn standard_output(form: Form, explain: bool, printer: &'p mut Printer) -> Self {
        let out = io::stdout();
        let terminal = out.is_terminal();
        match form {
            Form::Text if explain || terminal => Self::Printed(printer),
            _ => {
                let out = BufWriter::with_capacity(1 << 16, out);
                Self::Raw { out, terminal }
            }
        }
    }

    /// A file that appears when it is finished.
    pub(super) fn file(path: &Path, rendering: &Rendering) -> Result<Self> {
        let (file, digester) = Hashing::new(Pending::create(path)?);
        let path = path.to_owned();
        match rendering.form {
            #[cfg(feature = "parquet")]
            Form::Parquet => Ok(Self::Parquet {
                writer: Box::new(super::parquet::Writer::new(file, rendering, &path)?),
                digester,
                path,
            }),
            form => Ok(Self::File {
                file,
                coloured: form == Form::Text,
                digester,
                path,
            }),
        }
    }

    pub(super) fn write(&mut self, content: &Content) -> Outcome {
        match (self, content) {
            (Self::Printed(printer), Content::Text(text)) => Ok(printer.bytes(text.as_bytes())?),
            (
                Self::Raw {
                    out,
                    terminal: true,
                },
                Content::Text(text),
            ) => Ok(out.write_all(shown_on_terminal(text).as_bytes())?),
            (Self::Raw { out, .. }, Content::Text(text)) => Ok(out.write_all(text.as_bytes())?),
            (
                Self::File {
                    file,
                    coloured,
                    path,
                    ..
                },
                Content::Text(text),
            ) => {
                let written = match coloured {
                    true => write!(file, "{}", anstream::adapter::strip_str(text)),
                    false => file.write_all(text.as_bytes()),
                };
                written.map_err(|error| Error::io(path, "write", error).into())
            }
            #[cfg(feature = "parquet")]
            (Self::Parquet { writer, path, .. }, Content::Rows(rows)) => {
                Ok(writer.write(rows, path)?)
            }
            #[cfg(feature = "parquet")]
            _ => Err(Failure::Output(io::Error::other(
                "answers of another form than the output",
            ))),
        }
    }

    /// Shows what was written so far, where somebody may be waiting for it.
    pub(super) fn flush(&mut self) -> Outcome {
        match self {
            Self::Printed(printer) => Ok(printer.flush()?),
            Self::Raw { out, .. } => Ok(out.flush()?),
            _ => Ok(()),
        }
    }

    /// Ends the output; of a file, the digest.
    pub(super) fn finish(mut self) -> std::result::Result<Option<Fingerprint>, Failure> {
        self.flush()?;
        match self {
            Self::File { file, digester, .. } => {
                file.into_inner().finish()?;
                Ok(Some(digester.fingerprint()))
            }
            #[cfg(feature = "parquet")]
            Self::Parquet {
                writer,
                digester,
                path,
            } => {
                writer.finish(&path)?;
                Ok(Some(digester.fingerprint()))
            }
            _ => Ok(None),
        }
    }
}
