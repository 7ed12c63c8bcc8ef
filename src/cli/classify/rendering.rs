//! Answers in the form in which they are written.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use clap::ValueEnum;
use senti::error::{Error, Result};
use serde::Serialize;

use super::super::printer::{escape_json, harmless};
use super::answer::{Answer, Answerer};
use super::batch::{Batch, Row};
use super::cells::Style;
use super::columns::Columns;
use super::names::Names;
use super::objects;
use super::shape::Shape;

/// The forms of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// Label, probability and text, for people
    Text,
    /// Tab-separated, with a header
    Tsv,
    /// Comma-separated, with a header
    Csv,
    /// One JSON object a line
    Jsonl,
    /// Apache Parquet
    Parquet,
}

/// What it takes to answer a batch and to write the answers down.
pub(super) struct Rendering {
    pub(super) answerer: Answerer,
    pub(super) form: Form,
    pub(super) shape: Shape,
    /// Of the records, where there are columns.
    pub(super) columns: Arc<Columns>,
    pub(super) names: Names,
    pub(super) explain: bool,
}

/// A batch that is answered.
pub(super) struct Piece {
    pub(super) content: Content,
    /// Records in it.
    pub(super) records: u64,
    /// Those of them that could not be read, and what was wrong with the first.
    pub(super) unreadable: u64,
    pub(super) first_error: Option<Error>,
    /// It should be seen at once.
    pub(super) drained: bool,
}

/// What is written.
pub(super) enum Content {
    Text(String),
    #[cfg(feature = "parquet")]
    Rows(std::result::Result<arrow_array::RecordBatch, arrow_schema::ArrowError>),
}

impl Form {
    /// The form in which tables are handed on, unless another is wanted.
    pub(super) fn of(shape: &Shape) -> Self {
        match shape {
            Shape::Lines => Self::Text,
            Shape::Table {
                style: Style::Tabs, ..
            } => Self::Tsv,
            Shape::Table { .. } => Self::Csv,
            Shape::Objects { .. } => Self::Jsonl,
            #[cfg(feature = "parquet")]
            Shape::Parquet { .. } => Self::Parquet,
        }
    }

    /// The form that the name of a file says; of text no name does.
    pub(super) fn by_name(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_ascii_lowercase();
        [Self::Tsv, Self::Csv, Self::Jsonl, Self::Parquet]
            .into_iter()
            .find(|form| ending == form.ending())
    }

    /// The ending of names of files in this form.
    pub(super) fn ending(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Tsv => "tsv",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Parquet => "parquet",
        }
    }

    /// Whether every answer has the same columns.
    pub(super) fn has_columns(self) -> bool {
        matches!(self, Self::Tsv | Self::Csv | Self::Parquet)
    }

    /// Refuses what cannot be written.
    pub(super) fn check(self, shape: &Shape) -> Result<()> {
        if self == Self::Parquet && cfg!(not(feature = "parquet")) {
            let expected = "another form: this senti was built without Parquet";
            return Err(Error::setting("--to", "parquet", expected).with_hint(
                "to build one that writes it: cargo install --path . --features parquet",
            ));
        }
        match shape {
            #[cfg(feature = "parquet")]
            Shape::Parquet { schema, .. } if !matches!(self, Self::Parquet | Self::Text) => {
                super::parquet::check_spelling(schema)
            }
            _ => Ok(()),
        }
    }
}

impl Rendering {
    /// What stands before the first answer.
    pub(super) fn head(&self) -> Option<String> {
        let style = self.style()?;
        if let Shape::Table { header: false, .. } = self.shape {
            return None;
        }
        let mut head = String::new();
        style.row(self.columns.names().chain(self.names.columns()), &mut head);
        head.push('\n');
        Some(head)
    }

    /// How cells are written, where answers are rows of cells.
    fn style(&self) -> Option<Style> {
        match (self.form, &self.shape) {
            (Form::Tsv, _) => Some(Style::Tabs),
            // Semicolons stay semicolons.
            (
                Form::Csv,
                Shape::Table {
                    style: style @ Style::Quoted(_),
                    ..
                },
            ) => Some(*style),
            (Form::Csv, _) => Some(Style::Quoted(b',')),
            _ => None,
        }
    }

    /// Answers a batch.
    pub(super) fn render(&self, batch: Batch) -> Piece {
        #[cfg(feature = "parquet")]
        let batch = match self.form {
            Form::Tsv | Form::Csv | Form::Jsonl => super::parquet::spelled(batch),
            Form::Text | Form::Parquet => batch,
        };
        let content = match self.form {
            #[cfg(feature = "parquet")]
            Form::Parquet => Content::Rows(super::parquet::rows(self, &batch)),
            _ => {
                let mut out = String::with_capacity(batch.buffer.len() * 2);
                for row in batch.records() {
                    self.write(&row, &mut out);
                }
                Content::Text(out)
            }
        };
        Piece {
            content,
            records: batch.len(),
            unreadable: batch.records().filter(|row| row.text.is_err()).count() as u64,
            drained: batch.drained,
            first_error: batch.into_error(),
        }
    }

    fn write(&self, row: &Row<'_>, out: &mut String) {
        match (self.style(), &self.shape) {
            (Some(style), _) => self.cells(style, row, out),
            (None, _) if self.form == Form::Text => self.text(row, out),
            (None, Shape::Lines) => self.object(row, out),
            (None, _) => self.fields(row, out),
        }
        out.push('\n');
    }

    /// Label, probability and text, with what explains them below.
    fn text(&self, row: &Row<'_>, out: &mut String) {
        let text = match row.text {
            Ok(text) => text,
            Err(error) => {
                // Labels are never empty.
                out.push_str("\t\t");
                out.push_str(&harmless(&error.to_string()));
                return;
            }
        };
        let answer = self.answerer.answer(text);
        out.push_str(&harmless(answer.label()));
        out.push('\t');
        show(answer.probability(), out);
        out.push('\t');
        out.push_str(&harmless(text));
        for ranked in answer.top() {
            out.push_str("\n  ");
            show(ranked.probability, out);
            out.push_str("  ");
            out.push_str(&harmless(ranked.label));
        }
        if self.explain {
            for line in answer.explanation_lines() {
                out.push('\n');
                out.push_str(&line);
            }
        }
    }

    /// All that is known of the answer to a line.
    fn object(&self, row: &Row<'_>, out: &mut String) {
        match row.text {
            Ok(text) => {
                let answer = self.answerer.answer(text);
                out.push_str(&escape_json(&json(&answer.object(self.explain))));
            }
            Err(error) => self.failed_object(row.line, error, out),
        }
    }

    /// In the place of what cannot be read.
    fn failed_object(&self, line: u64, error: &Error, out: &mut String) {
        out.push('{');
        if let Some(name) = &self.names.error {
            objects::field(name, &objects::string(&error.to_string()), out);
        }
        objects::field(&self.names.line, &line.to_string(), out);
        out.push('}');
    }

    /// The object of a record, with the answer at its end.
    fn fields(&self, row: &Row<'_>, out: &mut String) {
        match &self.shape {
            Shape::Table { style, columns, .. } if !row.raw.is_empty() => {
                out.push('{');
                let cells = style.split(row.raw);
                for (column, cell) in columns.iter().zip(&cells) {
                    objects::field(column, &objects::string(cell), out);
                }
            }
            Shape::Objects { .. } if !row.raw.is_empty() => objects::open(row.raw, out),
            #[cfg(feature = "parquet")]
            Shape::Parquet { .. } if !row.raw.is_empty() => objects::open(row.raw, out),
            _ => {
                if let Err(error) = row.text {
                    self.failed_object(row.line, error, out);
                }
                return;
            }
        }
        match row.text {
            Ok(text) => {
                let answer = self.answerer.answer(text);
                let names = &self.names;
                objects::field(&names.label, &objects::string(answer.label()), out);
                objects::field(&names.probability, &json(&answer.probability()), out);
                if let Some(top) = &names.top {
                    objects::field(top, &json(&answer.top()), out);
                }
                if let Some(explanation) = &names.explanation {
                    objects::field(explanation, &json(&answer.explanation()), out);
                }
            }
            Err(error) => {
                if let Some(name) = &self.names.error {
                    objects::field(name, &objects::string(&error.to_string()), out);
                }
            }
        }
        out.push('}');
    }

    /// The cells of a record, as many as there are columns, and those of the answer.
    fn cells(&self, style: Style, row: &Row<'_>, out: &mut String) {
        match &self.shape {
            // What stands there already is not written anew.
            Shape::Table { style: same, .. } if *same == style && row.text.is_ok() => {
                out.push_str(row.raw);
            }
            Shape::Lines => style.write(row.text.unwrap_or_default(), out),
            _ => {
                let cells = self.read_cells(row);
                let cells = cells.iter().map(|cell| cell.as_deref().unwrap_or_default());
                style.row(cells, out);
            }
        }
        for cell in self.added(row) {
            out.push(style.separator());
            style.write(&cell, out);
        }
    }

    /// The cells of a record, as many as there are columns.
    pub(super) fn read_cells<'r>(&self, row: &Row<'r>) -> Vec<Option<Cow<'r, str>>> {
        match &self.shape {
            Shape::Lines => vec![row.text.ok().map(Cow::Borrowed)],
            Shape::Table { style, columns, .. } => {
                let mut cells: Vec<_> = match row.raw.is_empty() {
                    true => Vec::new(),
                    false => style.split(row.raw).into_iter().map(Some).collect(),
                };
                cells.resize(columns.len(), None);
                cells
            }
            _ => self.columns.cells(row.raw),
        }
    }

    /// The cells of the answer.
    fn added(&self, row: &Row<'_>) -> Vec<String> {
        let mut cells = Vec::with_capacity(4);
        match row.text {
            Ok(text) => {
                let answer = self.answerer.answer(text);
                cells.push(answer.label().to_owned());
                cells.push(answer.probability().to_string());
                for ranked in answer.top() {
                    cells.push(ranked.label.to_owned());
                    cells.push(ranked.probability.to_string());
                }
                cells.extend(self.explained(&answer));
                cells.extend(self.names.error.as_ref().map(|_| String::new()));
            }
            Err(error) => {
                let empty = self.names.columns().len() - usize::from(self.names.error.is_some());
                cells.resize(empty, String::new());
                cells.extend(self.names.error.as_ref().map(|_| error.to_string()));
            }
        }
        cells
    }

    /// The explanation as a cell.
    pub(super) fn explained(&self, answer: &Answer<'_>) -> Option<String> {
        let name = self.names.explanation.as_ref();
        name.map(|_| json(&answer.explanation()))
    }
}

/// Numbers, strings and lists of them always have a form in JSON.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Two digits, and never certain.
fn show(probability: f64, out: &mut String) {
    let percent = probability * 100.0;
    let rounded = percent.round();
    // Where rounding is not in doubt, `{:.2}` gives the same and takes longer.
    if (0.0..99.0).contains(&rounded) && (percent - rounded).abs() < 0.499_999 {
        let digits = rounded as u8;
        out.push_str("0.");
        out.push(char::from(b'0' + digits / 10));
        out.push(char::from(b'0' + digits % 10));
        return;
    }
    // Writing to a string cannot fail.
    let _ = write!(out, "{:.2}", probability.min(0.99));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::show;

    fn shown(probability: f64) -> String {
        let mut out = String::new();
        show(probability, &mut out);
        out
    }

    #[test]
    fn probabilities_never_claim_certainty() {
        assert_eq!(shown(0.974), "0.97");
        assert_eq!(shown(0.999_9), "0.99");
        assert_eq!(shown(1.0), "0.99");
        assert_eq!(shown(0.5), "0.50");
        assert_eq!(shown(0.0), "0.00");
    }

    proptest! {
        #[test]
        fn probabilities_are_rounded_as_elsewhere(near in 0u32..=1000, away in -1e-8f64..1e-8, any in 0.0f64..=1.0) {
            for probability in [any, f64::from(near) / 1000.0, f64::from(near) / 1000.0 + away] {
                let probability = probability.clamp(0.0, 1.0);
                prop_assert_eq!(shown(probability), format!("{:.2}", probability.min(0.99)));
            }
        }
    }
}
