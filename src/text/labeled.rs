//! Labelled texts: what `train` and `eval` read.
//!
//! The format is detected and reported; see [`Format`]. Whatever the format, a
//! row has a text, a label and possibly a weight, and the same rules hold:
//!
//! - labels are trimmed; an empty one is an error, so is one longer than
//!   [`MAX_LABEL_BYTES`] bytes, or one that is called [`UNDECIDED`];
//! - weights are finite and not negative;
//! - empty lines are skipped;
//! - rows keep their order, and classes are sorted by name.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use super::labeled_formats;
use super::lines::read_to_string;
use crate::error::{Error, Place, Result};

/// A longer label is taken for a text in the wrong column.
pub const MAX_LABEL_BYTES: usize = 200;
/// More classes than this are taken for a wrong column.
pub const MAX_CLASSES: usize = 1000;
/// The answer for texts without a known word; no label may have this name.
pub const UNDECIDED: &str = "undecided";

/// The formats of labelled files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Tab-separated, no quoting.
    Tsv,
    /// Comma-separated, quoted as in RFC 4180.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// fastText's `__label__name text`.
    FastText,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tsv => "TSV",
            Self::Csv => "CSV",
            Self::Jsonl => "JSON lines",
            Self::FastText => "fastText labels",
        })
    }
}

/// One labelled text as a format's reader hands it over.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) label: String,
    pub(super) text: String,
    pub(super) weight: Option<f64>,
}

/// Labelled texts.
#[derive(Debug, Clone, PartialEq)]
pub struct LabeledSet {
    /// The distinct labels, sorted.
    pub classes: Vec<String>,
    /// The texts, in the order of the file.
    pub texts: Vec<String>,
    /// For each text, an index into `classes`.
    pub targets: Vec<usize>,
    /// For each text, how much it counts; 1 where nothing is said.
    pub weights: Vec<f32>,
    /// For each text, its line in the file.
    pub lines: Vec<u64>,
    /// How the file was read, in words: `TSV, label first, no header`.
    pub detected: String,
    /// Whether the file has a weight column.
    pub weighted: bool,
}

impl LabeledSet {
    /// Reads a file of any of the formats.
    ///
    /// # Errors
    /// [`Error::Input`] with the line when a row cannot be read;
    /// [`Error::TooLittle`] when there is no row.
    pub fn read(path: &Path) -> Result<Self> {
        Self::parse(&path.display().to_string(), &read_to_string(path)?)
    }

    /// Reads labelled texts from memory; `name` is what errors call them.
    ///
    /// # Errors
    /// As [`LabeledSet::read`].
    pub fn parse(name: &str, content: &str) -> Result<Self> {
        let table = labeled_formats::parse(name, content)?;
        if table.rows.is_empty() {
            return Err(Error::too_little(
                format!("no labelled text in {name}"),
                "a label and a text on each line, separated by a tab",
            )
            .with_hint(
                "write a few lines such as positive<TAB>It was great, about four for each label",
            ));
        }
        Self::from_rows(name, table)
    }

    fn from_rows(name: &str, table: labeled_formats::Table) -> Result<Self> {
        let mut index = BTreeMap::new();
        for row in &table.rows {
            check_label(name, row)?;
            if let Some(weight) = row.weight
                && !(weight >= 0.0 && (weight as f32).is_finite())
            {
                return Err(Error::input(
                    Place::line(name, row.line),
                    format!("the weight {weight}"),
                    "a number that is not negative",
                ));
            }
            index.insert(row.label.clone(), 0);
            if index.len() > MAX_CLASSES {
                return Err(Error::input(
                    Place::line(name, row.line),
                    format!("more than {MAX_CLASSES} different labels"),
                    "a few labels that recur",
                )
                .with_hint("check that the label and text columns are not swapped"));
            }
        }
        let classes: Vec<String> = index.keys().cloned().collect();
        for (position, slot) in index.values_mut().enumerate() {
            *slot = position;
        }
        let weighted = table.rows.iter().any(|row| row.weight.is_some());
        let mut set = Self {
            classes,
            texts: Vec::with_capacity(table.rows.len()),
            targets: Vec::with_capacity(table.rows.len()),
            weights: Vec::with_capacity(table.rows.len()),
            lines: Vec::with_capacity(table.rows.len()),
            detected: table.detected,
            weighted,
        };
        for row in table.rows {
            set.targets.push(index[&row.label]);
            set.texts.push(row.text);
            set.weights.push(row.weight.unwrap_or(1.0) as f32);
            set.lines.push(row.line);
        }
        Ok(set)
    }

    /// The number of texts.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// How many texts each class has.
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        for &target in &self.targets {
            counts[target] += 1;
        }
        counts
    }

    /// Pairs of lines that hold the same text under different labels, in the
    /// order of the file.
    pub fn contradictions(&self) -> Vec<(u64, u64)> {
        let mut first: BTreeMap<&str, usize> = BTreeMap::new();
        let mut pairs = Vec::new();
        for (row, text) in self.texts.iter().enumerate() {
            let earlier = *first.entry(text.trim()).or_insert(row);
            if self.targets[earlier] != self.targets[row] {
                pairs.push((self.lines[earlier], self.lines[row]));
            }
        }
        pairs
    }
}

fn check_label(name: &str, row: &Row) -> Result<()> {
    let place = || Place::line(name, row.line);
    if row.label.is_empty() {
        return Err(Error::input(
            place(),
            "an empty label",
            "a label and a text, separated by a tab",
        ));
    }
    if row.label.len() > MAX_LABEL_BYTES {
        return Err(Error::input(
            place(),
            format!("a label of {} bytes", row.label.len()),
            format!("a label of at most {MAX_LABEL_BYTES} bytes"),
        )
        .with_hint("check that the label and text columns are not swapped"));
    }
    if row.label == UNDECIDED {
        return Err(Error::input(
            place(),
            format!("the label {UNDECIDED:?}"),
            "another name: this one is senti's answer for texts it knows nothing about",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(content: &str) -> LabeledSet {
        LabeledSet::parse("test", content).unwrap()
    }

    fn refused(content: &str) -> String {
        LabeledSet::parse("test", content).unwrap_err().to_string()
    }

    #[test]
    fn every_format_gives_the_same_rows() {
        let want = parse("positive\tIt was great, really\nnegative\tdull\n");
        assert_eq!(want.classes, ["negative", "positive"]);
        assert_eq!(want.targets, [1, 0]);
        for content in [
            "It was great, really\tpositive\ndull\tnegative",
            "text\tlabel\nIt was great, really\tpositive\ndull\tnegative",
            "label,text\npositive,\"It was great, really\"\nnegative,dull\n",
            "\"It was great, really\",positive\r\ndull,negative\r\n",
            "{\"label\":\"positive\",\"text\":\"It was great, really\"}\n\n{\"text\":\"dull\",\"label\":\"negative\"}\n",
            "__label__positive It was great, really\n__label__negative dull\n",
        ] {
            let got = parse(content);
            assert_eq!(
                (&got.classes, &got.texts, &got.targets, &got.weights),
                (&want.classes, &want.texts, &want.targets, &want.weights),
                "{content}"
            );
        }
    }

    #[test]
    fn weights_are_read_by_name() {
        let set = parse("label\ttext\tweight\na\tx y\t2\nb\tz w\t0.5\n");
        assert_eq!(set.weights, [2.0, 0.5]);
        assert!(set.weighted);
        assert!(refused("label\ttext\tweight\na\tx y\t-1\n").contains("line 2"));
        assert!(refused("label\ttext\tweight\na\tx y\tNaN\n").contains("NaN"));
        assert!(refused("label\ttext\tweight\na\tx y\theavy\n").contains("heavy"));
    }

    #[test]
    fn bad_rows_are_refused_with_their_line() {
        for (content, line, says) in [
            ("positive\tfine\nno tab here\n", "line 2", "a tab"),
            ("positive\tfine\n\t text\n", "line 2", "an empty label"),
            (
                "positive\tfine\nundecided\tx y z w v\n",
                "line 2",
                "undecided",
            ),
            ("label,text\na,b\nc\n", "line 3", "1 field"),
            (
                "{\"label\":\"a\",\"text\":\"b\"}\n{\"label\":\"a\"}\n",
                "line 2",
                "text",
            ),
            (
                "{\"label\":\"a\",\"text\":\"b\"}\n{broken\n",
                "line 2",
                "JSON",
            ),
            ("__label__a b\nno label\n", "line 2", "__label__"),
            (
                "just one sentence after another\nwithout any label\n",
                "line 1",
                "a label",
            ),
        ] {
            let message = refused(content);
            assert!(message.contains(line), "{content:?}: {message}");
            assert!(message.contains(says), "{content:?}: {message}");
        }
        let long = format!("positive\tfine\n{}\ta b c\n", "x".repeat(10_000));
        assert!(refused(&long).contains("10000 bytes"));
    }

    #[test]
    fn emptiness_is_too_little() {
        for content in ["", "\n\n", "label\ttext\n"] {
            assert!(matches!(
                LabeledSet::parse("test", content),
                Err(Error::TooLittle { .. })
            ));
        }
    }

    #[test]
    fn contradictions_are_found() {
        let set = parse("a\tsame words\nb\tother words\nb\tsame words\na\tsame words\n");
        assert_eq!(set.contradictions(), [(1, 3)]);
    }

    #[test]
    fn tabs_inside_texts_stay_text() {
        let set = parse("a\tone\ttwo\nb\tthree four\n");
        assert_eq!(set.texts, ["one\ttwo", "three four"]);
    }
}
