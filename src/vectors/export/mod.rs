//! Word vectors for other programs.
//!
//! | format | what is written |
//! |---|---|
//! | word2vec, binary and text; GloVe | `lines.rs` |
//! | numpy, safetensors | `matrix.rs`, with the words (`tokenizer.rs`) beside it |
//!
//! All of them hold words and rows and no more. Rows have the lengths that they
//! were learned with, or that the file had which they were read from. What else
//! there was goes, and [`Written`] says what that is.

mod lines;
mod matrix;
#[cfg(test)]
mod tests;
mod tokenizer;

use std::io::Write;
use std::path::Path;

use super::WordVectors;
use super::formats::Format;
use crate::error::{Error, Result};
use crate::files::write::Pending;

pub use matrix::{Container, MatrixFile};

/// What was written, and what was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Words in the file.
    pub words: usize,
    /// Words that the format cannot hold, and that were left out.
    pub left_out: usize,
    /// What the vectors have and the format has no place for, in words.
    pub lost: Vec<&'static str>,
}

impl WordVectors {
    /// Writes the vectors in a format, whole or not at all. Words that it cannot
    /// hold are an error, or with `clean` left out.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Setting`] for a format that is read only, and for
    /// words that a format cannot hold.
    pub fn export(&self, path: &Path, format: Format, clean: bool) -> Result<Written> {
        let rows = self.rows_for(format, clean)?;
        let written = Written {
            words: rows.len(),
            left_out: self.len() - rows.len(),
            lost: self.lost(format),
        };
        match format {
            Format::Finalfusion => self.write(path)?,
            Format::FastText => return Err(no_writer(format)),
            Format::Word2vec | Format::Word2vecText | Format::GloVe => {
                let mut file = Pending::create(path)?;
                lines::write(&mut file, self, &rows, format).map_err(|error| file.failed(error))?;
                file.finish()?;
            }
            Format::Numpy | Format::Safetensors => {
                let container = match format {
                    Format::Numpy => Container::Numpy,
                    _ => Container::Safetensors,
                };
                let mut matrix = MatrixFile::create(path, container, self.dims())?;
                let norms = self.norms();
                for &row in &rows {
                    matrix.row(&self.original(row, &norms).collect::<Vec<_>>())?;
                }
                let beside = format.companion(path).ok_or_else(|| no_writer(format))?;
                let mut companion = Pending::create(&beside)?;
                let words = rows.iter().map(|&row| self.words()[row].as_str());
                if container == Container::Safetensors && tokenizer::needs_unknown(words.clone()) {
                    matrix.row(&vec![0.0; self.dims()])?;
                }
                match container {
                    Container::Numpy => {
                        let mut words = words;
                        words.try_for_each(|word| writeln!(companion, "{word}"))
                    }
                    Container::Safetensors => tokenizer::write(&mut companion, words),
                }
                .map_err(|error| companion.failed(error))?;
                matrix.finish_with(companion)?;
            }
        }
        Ok(written)
    }

    /// The rows whose words a format can hold.
    fn rows_for(&self, format: Format, clean: bool) -> Result<Vec<usize>> {
        let holds = |word: &str| match format {
            Format::Finalfusion | Format::FastText => true,
            // An entry of white space stands for itself, and is no word.
            Format::Safetensors => !word.trim().is_empty(),
            Format::Numpy => lines::fits_a_line(word),
            Format::Word2vec | Format::Word2vecText | Format::GloVe => lines::fits_a_field(word),
        };
        let (kept, others): (Vec<usize>, Vec<usize>) =
            (0..self.len()).partition(|&row| holds(&self.words()[row]));
        match others.first() {
            Some(&first) if !clean => Err(Error::setting(
                "words",
                format!(
                    "{} that {} cannot hold, the first {:?}",
                    others.len(),
                    name_of_words(format),
                    self.words()[first]
                ),
                "words without white space",
            )
            .with_hint("--clean leaves them out; .fifu holds them")),
            _ if kept.is_empty() => Err(Error::setting(
                "words",
                "none that the format can hold",
                "words without white space",
            )),
            _ => Ok(kept),
        }
    }

    /// The values of a row, of the length they had.
    fn original<'v>(&'v self, row: usize, norms: &'v [f32]) -> impl Iterator<Item = f32> + 'v {
        let norm = norms.get(row).copied().unwrap_or(1.0);
        self.row(row).iter().map(move |value| value * norm)
    }

    fn lost(&self, format: Format) -> Vec<&'static str> {
        let all = [
            (self.counts().is_some(), "how often each word occurred"),
            (self.subwords().is_some(), "the vectors of n-grams"),
            (self.polarity().is_some(), "the direction of sentiment"),
            (self.origin().is_some(), "the settings of the training"),
        ];
        all.into_iter()
            .filter(|&(there, _)| there && format != Format::Finalfusion)
            .map(|(_, what)| what)
            .collect()
    }
}

fn name_of_words(format: Format) -> &'static str {
    match format {
        Format::Numpy => "a file with a word on each line",
        _ => "a format with a space behind each word",
    }
}

fn no_writer(format: Format) -> Error {
    Error::setting("--to", format, "a format that senti writes")
}
