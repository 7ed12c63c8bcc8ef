//! Rows of numbers on standard output or in a file, in any of the forms.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use senti::error::{Error, Result};
use senti::files::write::Pending;
use senti::vectors::export::{Container, MatrixFile};
use senti::vectors::formats::Format;

use super::exit::Outcome;
use super::locate::{check_named, read_start};
use super::printer::{Printer, counted, harmless};

/// How much of a file that is there tells whether it is one of rows.
const HEAD: u64 = 1 << 16;

/// The form that rows are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    Text,
    Npy,
    Safetensors,
}

impl Form {
    /// As ordered, or by the name of the output.
    pub(super) fn of(ordered: Option<Self>, output: Option<&Path>) -> Result<Self> {
        let named = || match output {
            Some(output) => Self::by_name(output),
            None => Ok(Self::Text),
        };
        let form = ordered.map_or_else(named, Ok)?;
        match (form, output) {
            (Self::Npy | Self::Safetensors, None) => Err(Error::setting(
                "--to",
                "npy or safetensors without --output",
                "a file to write to: how many rows there are is known in the end only",
            )),
            _ => Ok(form),
        }
    }

    /// The form that a name says. One without an ending may be any, and is text.
    fn by_name(output: &Path) -> Result<Self> {
        let ending = output.extension().unwrap_or_default().to_ascii_lowercase();
        match Format::of_name(output) {
            Some(Format::Numpy) => Ok(Self::Npy),
            Some(Format::Safetensors) => Ok(Self::Safetensors),
            _ if ["", "txt", "tsv", "tab", "text"]
                .iter()
                .any(|text| ending == *text) =>
            {
                Ok(Self::Text)
            }
            _ => Err(Error::setting(
                "--output",
                format!("{}, whose name says no form", output.display()),
                "a name that ends in .txt or .tsv (text), .npy or .safetensors",
            )
            .with_hint("--to text, npy or safetensors says it too")),
        }
    }

    /// What a matrix is written as; nothing for text.
    fn container(self) -> Option<Container> {
        match self {
            Self::Text => None,
            Self::Npy => Some(Container::Numpy),
            Self::Safetensors => Some(Container::Safetensors),
        }
    }
}

/// Where rows are to go, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowOptions<'o> {
    /// Nothing: standard output.
    pub(super) output: Option<&'o Path>,
    pub(super) form: Form,
    /// A matrix has the names of its rows in a file beside it.
    pub(super) named: bool,
}

impl RowOptions<'_> {
    /// Checks, before anything is read, that the output can be written.
    pub(super) fn check(&self, input: Option<&Path>) -> Result<()> {
        let Some(output) = self.output else {
            return Ok(());
        };
        let inputs: Vec<&Path> = input.into_iter().collect();
        let ours = |path: &Path| {
            let head = read_start(path, HEAD)?;
            Ok(match self.form.container() {
                None => is_row(&head),
                Some(container) => container.wrote(&head),
            })
        };
        check_named("--output", output, &inputs, ours)?;
        let Some(names) = self.names() else {
            return Ok(());
        };
        if names == output {
            return Err(Error::setting(
                "--output",
                format!("{}, which is the name of its words too", output.display()),
                "a name that does not end in .txt",
            ));
        }
        let others = [
            Self::other(output, "npy"),
            Self::other(output, "safetensors"),
        ];
        if let Some(other) = others.into_iter().flatten().next()
            && names.is_file()
            && !output.is_file()
        {
            return Err(Error::setting(
                "--output",
                format!(
                    "{}, whose words go into {}, where those of {} are",
                    output.display(),
                    names.display(),
                    other.display()
                ),
                "a name that differs in more than its ending",
            ));
        }
        check_named("--output", &names, &inputs, |_| {
            Ok(output.is_file() && ours(output)?)
        })
    }

    /// Another matrix of this name, with this ending.
    fn other(output: &Path, ending: &str) -> Option<PathBuf> {
        let other = output.with_extension(ending);
        (other != output && other.is_file()).then_some(other)
    }

    /// The file of the names that rows of a matrix have.
    fn names(&self) -> Option<PathBuf> {
        let output = self.output?;
        (self.named && self.form != Form::Text).then(|| output.with_extension("txt"))
    }
}

/// Whether a file begins like one that was written before: a text, or a number and
/// a word, and then two numbers or more, with tabs between.
fn is_row(head: &[u8]) -> bool {
    let head = String::from_utf8_lossy(head);
    let line = head.split('\n').next().unwrap_or_default();
    let mut fields: Vec<&str> = line.split('\t').collect();
    if line.len() == head.len() {
        // Cut, perhaps within a number.
        fields.pop();
    }
    let values = match fields.as_slice() {
        [number, _, values @ ..] if number.parse::<u64>().is_ok() => values,
        [_, values @ ..] => values,
        [] => &[],
    };
    values.len() >= 2 && values.iter().all(|value| value.parse::<f32>().is_ok())
}

/// Rows under way.
pub(super) struct Rows {
    rows: u64,
    dims: usize,
    /// The name of the file, where there is one.
    output: PathBuf,
    to: Target,
}

enum Target {
    Printer,
    Text(Pending),
    /// With the file of its names.
    Matrix(MatrixFile, Option<Pending>),
}

impl Rows {
    /// No row yet, of so many numbers.
    pub(super) fn new(options: RowOptions<'_>, dims: usize) -> Result<Self> {
        let to = match (options.output, options.form.container()) {
            (None, _) => Target::Printer,
            (Some(output), None) => Target::Text(Pending::create(output)?),
            (Some(output), Some(container)) => {
                let names = options.names();
                let names = names.map(|names| Pending::create(&names)).transpose()?;
                Target::Matrix(MatrixFile::create(output, container, dims)?, names)
            }
        };
        Ok(Self {
            rows: 0,
            dims,
            output: options.output.unwrap_or(Path::new("")).to_owned(),
            to,
        })
    }

    /// Adds a row with its name.
    pub(super) fn row(&mut self, name: &str, values: &[f32], printer: &mut Printer) -> Outcome {
        self.rows += 1;
        let line = |values: &[f32]| {
            let mut line = name.to_owned();
            for value in values {
                line.push('\t');
                line += &value.to_string();
            }
            line
        };
        match &mut self.to {
            Target::Printer => printer.line(&line(values))?,
            Target::Text(file) => write_line(file, &line(values))?,
            Target::Matrix(matrix, names) => {
                matrix.row(values)?;
                if let Some(names) = names {
                    write_line(names, name)?;
                }
            }
        }
        Ok(())
    }

    /// Puts the files in their places, and says so.
    pub(super) fn finish(self, printer: &Printer) -> Outcome {
        match self.to {
            Target::Printer => return Ok(()),
            Target::Text(file) => file.finish()?,
            Target::Matrix(matrix, None) => matrix.finish()?,
            Target::Matrix(matrix, Some(names)) => matrix.finish_with(names)?,
        }
        printer.note(&format!(
            "wrote {}: {} of {}",
            harmless(&self.output.display().to_string()),
            counted(self.rows, "row"),
            counted(self.dims as u64, "dimension")
        ));
        Ok(())
    }
}

fn write_line(file: &mut Pending, line: &str) -> Result<()> {
    let written = writeln!(file, "{line}");
    written.map_err(|error| file.failed(error))
}

#[cfg(test)]
mod tests {
    use super::is_row;

    #[test]
    fn rows_are_told_from_other_text() {
        for row in [
            "1\tgreat\t0.5\t-1\n2\tx\t0\t0\n",
            "a text\t1\t2.5\n",
            "a text\t1\t2\t0.12-",
        ] {
            assert!(is_row(row.as_bytes()), "{row}");
        }
        for other in [
            "",
            "my notes\n",
            "positive\tgreat film\n",
            "man\tking\t8\n",
            "the\t12\n",
        ] {
            assert!(!is_row(other.as_bytes()), "{other}");
        }
    }
}
