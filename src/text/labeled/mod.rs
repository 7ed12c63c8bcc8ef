//! Labelled texts: what `train` and `eval` read.
//!
//! The format is detected and reported; see [`Format`]. Whatever the format, a
//! row has a text, a label and possibly a weight, and the same rules hold:
//!
//! - labels are trimmed; one longer than [`MAX_LABEL_BYTES`] bytes is an error, so
//!   is one that is called [`UNDECIDED`];
//! - a row whose label is empty waits for one (`senti suggest` writes such rows):
//!   it is left out, and its line is kept, so that whoever reads can say so;
//! - weights are finite and not negative;
//! - empty lines are skipped;
//! - rows keep their order, and classes are sorted by name.

mod columns;
mod formats;
pub mod names;
mod separated;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

pub use columns::TEXT_NAMES;

use super::encoding::{STANDARD_INPUT, WholeText, decode, read_whole};
use crate::error::{Error, Place, Result};
use crate::files::digest::Fingerprint;

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

/// Which columns to read, by name or by number from 1; nothing where senti is to
/// find them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnChoice {
    /// The column, or JSON field, of the text.
    pub text: Option<String>,
    /// The column, or JSON field, of the label.
    pub label: Option<String>,
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
    /// Lines whose label is empty; they are in none of the lists above.
    pub unlabeled: Vec<u64>,
    /// Whether the file has a weight column.
    pub weighted: bool,
    /// The label of the first line, when it stands nowhere else and may be the
    /// name of a column that was not recognised.
    pub suspect_header: Option<String>,
    /// The columns, or fields, were found by their names: no text is a header.
    pub named_columns: bool,
    /// The file's digest, when the texts came from one.
    pub fingerprint: Option<Fingerprint>,
}

impl LabeledSet {
    /// Reads a file of any of the formats.
    ///
    /// # Errors
    /// [`Error::Input`] with the line when a row cannot be read;
    /// [`Error::TooLittle`] when there is no row, or none with a label.
    pub fn read(path: &Path, columns: &ColumnChoice) -> Result<Self> {
        let name = match path == Path::new("-") {
            true => STANDARD_INPUT.to_owned(),
            false => path.display().to_string(),
        };
        Self::from_whole(&name, read_whole(path)?, columns)
    }

    /// Reads the labelled texts in the `bytes` of a file; `name` is what errors call it.
    ///
    /// # Errors
    /// As [`LabeledSet::read`].
    pub fn from_bytes(name: &str, bytes: &[u8], columns: &ColumnChoice) -> Result<Self> {
        Self::from_whole(name, decode(name, bytes)?, columns)
    }

    fn from_whole(name: &str, whole: WholeText, columns: &ColumnChoice) -> Result<Self> {
        let WholeText {
            text,
            start,
            fingerprint,
        } = whole;
        let set = Self::parse_columns(name, &text, columns).map_err(|mut error| {
            // Rows know their line; here is what it takes to know its byte.
            if let (Error::Input { place, .. }, Some(start)) = (&mut error, start)
                && let (Some(line), None) = (place.line, place.byte)
            {
                let before = text
                    .split_inclusive('\n')
                    .take(line.saturating_sub(1) as usize);
                place.byte = Some(start + before.map(str::len).sum::<usize>() as u64);
            }
            error
        })?;
        Ok(Self {
            fingerprint: Some(fingerprint),
            ..set
        })
    }

    /// Reads labelled texts from memory; `name` is what errors call them.
    ///
    /// # Errors
    /// As [`LabeledSet::read`].
    pub fn parse(name: &str, content: &str) -> Result<Self> {
        Self::parse_columns(name, content, &ColumnChoice::default())
    }

    fn parse_columns(name: &str, content: &str, columns: &ColumnChoice) -> Result<Self> {
        let mut table = formats::parse(name, content, columns)?;
        let (rows, unlabeled): (Vec<_>, Vec<_>) = table
            .rows
            .into_iter()
            .partition(|row| !row.label.is_empty());
        let unlabeled: Vec<u64> = unlabeled.into_iter().map(|row| row.line).collect();
        table.rows = rows;
        if table.rows.is_empty() && !unlabeled.is_empty() {
            return Err(Error::too_little(
                format!("no label yet in {name}, where every label is empty"),
                "a label on the lines that are to count",
            )
            .with_hint(
                "write a label before the tab of some lines, about four for each label; lines without one are left out",
            ));
        }
        if table.rows.is_empty() {
            return Err(Error::too_little(
                format!("no labelled text in {name}"),
                "a label and a text on each line, separated by a tab",
            )
            .with_hint(
                "write a few lines such as positive<TAB>It was great, about four for each label",
            ));
        }
        Ok(Self {
            unlabeled,
            ..Self::from_rows(name, table)?
        })
    }

    fn from_rows(name: &str, table: formats::Table) -> Result<Self> {
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
        let suspect_header = table
            .rows
            .first()
            .filter(|first| {
                // Two other labels, or it may well be one of two.
                !table.named_columns
                    && index.len() > 2
                    && table.rows[1..].iter().all(|row| row.label != first.label)
            })
            .map(|first| first.label.clone());
        let mut set = Self {
            classes,
            texts: Vec::with_capacity(table.rows.len()),
            targets: Vec::with_capacity(table.rows.len()),
            weights: Vec::with_capacity(table.rows.len()),
            lines: Vec::with_capacity(table.rows.len()),
            detected: table.detected,
            unlabeled: Vec::new(),
            weighted,
            suspect_header,
            named_columns: table.named_columns,
            fingerprint: None,
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
}

fn check_label(name: &str, row: &Row) -> Result<()> {
    let place = || Place::line(name, row.line);
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
    fn rows_that_wait_for_a_label_are_left_out_and_counted() {
        for content in [
            "good\tfine film\n\tno idea\nbad\tdull film\n  \tlater\n",
            "fine film\tgood\nno idea\t\ndull film\tbad\nlater\t \n",
            "good,fine film\n,no idea\nbad,dull film\n\"\",later\n",
            "{\"label\":\"good\",\"text\":\"fine film\"}\n{\"label\":\"\",\"text\":\"no idea\"}\n{\"label\":\"bad\",\"text\":\"dull film\"}\n{\"label\":\" \",\"text\":\"later\"}\n",
        ] {
            let set = parse(content);
            assert_eq!(set.classes, ["bad", "good"], "{content}");
            assert_eq!(set.texts, ["fine film", "dull film"], "{content}");
            assert_eq!((set.lines, set.unlabeled), (vec![1, 3], vec![2, 4]));
        }
        assert!(parse("good\tfine\nbad\tdull\n").unlabeled.is_empty());
        let message = refused("\tfine film\n\tdull film\n");
        assert!(message.contains("no label yet"), "{message}");
    }

    #[test]
    fn emptiness_is_too_little() {
        for content in ["", "\n\n", "label\ttext\n", "\tfine film\n"] {
            assert!(matches!(
                LabeledSet::parse("test", content),
                Err(Error::TooLittle { .. })
            ));
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_swallows_nothing() {
        let content = "label,text\npositive,fine film\npositive,\"good film\nnegative,bad film\npositive,\"nice\nnegative,dull\n";
        let message = refused(content);
        assert!(
            message.contains("line 3") && message.contains("quot"),
            "{message}"
        );
        let content = "fine film,positive\n\"good film,positive\nbad film,negative\n";
        assert!(refused(content).contains("line 2"));
        // Quoted texts may span lines, and have commas.
        let set = parse("label,text\npositive,\"fine,\nreally, it is\"\nnegative,bad\n");
        assert_eq!(set.texts[0], "fine,\nreally, it is");
        assert_eq!(set.lines, [2, 4]);
    }

    #[test]
    fn semicolons_separate_too() {
        let set = parse("good;Tasty, crispy bread\nbad;Cold, stale rolls\ngood;Warm, fresh soup\n");
        assert_eq!(set.classes, ["bad", "good"]);
        assert_eq!(set.texts[0], "Tasty, crispy bread");
        assert!(set.detected.contains("semicolons"), "{}", set.detected);
        let set = parse("label,text\ngood,nice; really\nbad,dull; really\n");
        assert_eq!(set.texts[0], "nice; really");
    }

    #[test]
    fn columns_can_be_named_and_numbered() {
        let read = |content: &str, text: &str, label: &str| {
            let columns = ColumnChoice {
                text: Some(text.to_owned()),
                label: Some(label.to_owned()),
            };
            LabeledSet::parse_columns("test", content, &columns)
        };
        let set = read("Berlin,good,\"fine, really\"\nBerlin,bad,dull\n", "3", "2").unwrap();
        assert_eq!(
            (set.classes.len(), set.texts[0].as_str()),
            (2, "fine, really")
        );
        let table = "Bewertung\tDatum\tMeinung\ngut\tMontag\tsehr fein\nschlecht\tMontag\tfad\n";
        let set = read(table, "Meinung", "Bewertung").unwrap();
        assert_eq!(set.classes, ["gut", "schlecht"]);
        let json = "{\"m\":\"fine\",\"b\":\"good\"}\n";
        assert_eq!(read(json, "m", "b").unwrap().texts, ["fine"]);
        let message = read(table, "Meinung", "Note").unwrap_err().to_string();
        assert!(
            message.contains("Note") && message.contains("Datum"),
            "{message}"
        );
        assert!(read(table, "4", "1").is_err());
        assert!(read(table, "1", "1").is_err());
    }

    #[test]
    fn numbers_that_are_labels_do_not_confuse_the_choice() {
        let read = |content: &str, text: Option<&str>, label: Option<&str>| {
            let columns = ColumnChoice {
                text: text.map(str::to_owned),
                label: label.map(str::to_owned),
            };
            LabeledSet::parse_columns("test", content, &columns).unwrap()
        };
        let set = read("1\tgreat film\n0\tdull film\n", Some("2"), Some("1"));
        assert_eq!((set.len(), set.texts[0].as_str()), (2, "great film"));
        // One named column tells that the others have names as well.
        let table = "Note\tMeinung\tweight\n1\tfein\t2\n0\tfad\t3\n";
        assert_eq!(
            read(table, Some("Meinung"), Some("Note")).weights,
            [2.0, 3.0]
        );
        let table = "split,sentiment,phrase\na,good,fine film\na,bad,dull film\n";
        assert_eq!(read(table, Some("phrase"), None).classes, ["bad", "good"]);
        let set = read("a\tgood\nb\tgood\nc\tgood\n", None, Some("1"));
        assert_eq!(set.classes, ["a", "b", "c"]);
        // A column that never changes is no label.
        let set = parse("NONE\t1\ta fine film\nNONE\t0\ta dull film\nNONE\t1\tan odd film\n");
        assert_eq!(set.classes, ["0", "1"]);
    }

    #[test]
    fn one_bad_row_does_not_change_how_the_others_are_read() {
        let message = refused("1\tpos\tgreat film\n2\tneg\tdull film\n3\tpos\tnice film\n4\tneg\n");
        assert!(message.contains("line 4"), "{message}");
        let message =
            refused("good;great, crispy film\nbad;dull, stale film\ngood;nice; fresh, film\n");
        assert!(
            message.contains("line 3") && message.contains("semicolon"),
            "{message}"
        );
        let message = refused("good;Tasty bread\nbad;Cold rolls\noops\n");
        assert!(message.contains("line 3"), "{message}");
        let set = parse("good;great, crispy film\nbad;dull, stale film\n");
        assert_eq!(set.classes, ["bad", "good"]);
    }

    #[test]
    fn a_header_wider_than_the_rows_is_no_reason_to_panic() {
        for separator in [",", ";", "\t"] {
            for content in [
                "id,text,label\nx,fine film\ny,dull film\n",
                "text,label,weight\nfine film,good\ndull film,bad\n",
                "text,label\nx,fine film,good\ny,dull film,bad\n",
            ] {
                let content = content.replace(',', separator);
                let two_columns = content.starts_with(&format!("text{separator}label\n"));
                match LabeledSet::parse("test", &content) {
                    Ok(_) => assert!(two_columns && separator == "\t", "{content}"),
                    Err(error) => assert!(error.to_string().contains("line 2"), "{error}"),
                }
            }
            for chosen in ["label", "1", "2", "3", "4", "nothing"] {
                let columns = ColumnChoice {
                    text: Some(chosen.to_owned()),
                    label: None,
                };
                let content = "id,text,label\nx,fine film\ny,dull film\n".replace(',', separator);
                assert!(LabeledSet::parse_columns("test", &content, &columns).is_err());
            }
        }
    }

    proptest::proptest! {
        /// Whatever stands in a file, and whatever columns are asked for.
        #[test]
        fn no_content_panics(
            content in "(text|label|weight|a b|1|2|[,;\t\n\r\"{}\\[\\]: ]){0,40}",
            text in proptest::option::of("text|label|[0-4]"),
            label in proptest::option::of("text|label|[0-4]"),
        ) {
            let columns = ColumnChoice { text, label };
            let _ = LabeledSet::parse_columns("test", &content, &columns);
        }
    }

    #[test]
    fn lines_are_counted_as_an_editor_does() {
        let set = parse("label,text\r\npos,great\r\nneg,bad\r\n\r\n  \r\npos,dull\r\n");
        assert_eq!(set.lines, [2, 3, 6]);
        let message = refused("label,text\r\npos,great\r\nneg,bad\r\nundecided,dull\r\n");
        assert!(message.contains("line 4"), "{message}");
        let message = refused("label,text\npos,great\n\n\nundecided,dull\n");
        assert!(message.contains("line 5"), "{message}");
    }

    #[test]
    fn quoted_texts_may_look_like_lists() {
        let set = parse("rating,text\n1,\"bad film\n2, maybe 3 things, all dull\"\n2,great film\n");
        assert_eq!(set.len(), 2);
    }

    #[test]
    fn a_json_array_is_not_json_lines() {
        assert!(refused("[{\"label\":\"a\",\"text\":\"b\"}]\n").contains("a JSON array"));
    }

    #[test]
    fn one_column_is_refused() {
        assert!(refused("\"It was great, really\"\n\"dull, too\"\n").contains("1 column"));
    }

    #[test]
    fn text_without_labels_is_called_so_whatever_its_commas() {
        let prose = "It was long, dull and, in the end, sad.\nI liked the music a lot.\nThe actors were good, the story was not.\nHowever, we left before the end.\nNobody laughed; nobody cried, either.\n";
        let of_two =
            "It was long and dull, in the end.\nThe actors were good, the story was not.\n";
        let short = "\nJust one sentence\n";
        for (content, first) in [
            (
                prose,
                "line 1, found|\"It was long, dull and, in the end, sad.\"",
            ),
            (
                of_two,
                "line 1, found|\"It was long and dull, in the end.\"",
            ),
            (short, "line 2, found|\"Just one sentence\""),
        ] {
            let message = refused(content);
            let (line, shown) = first.split_once(", found|").unwrap();
            for part in [line, "text without labels", shown, "a tab"] {
                assert!(message.contains(part), "{part}: {message}");
            }
        }
        let long = format!("Well, {}\n{prose}", "very ".repeat(50));
        assert!(
            refused(&long).contains("very very very...\""),
            "{}",
            refused(&long)
        );
        // What has labels stays a table, whatever is wrong with a row of it.
        for (content, says) in [
            (
                "good,It was long, and it was good\nbad,It was dull\nbad,It was sad, too\nbad,dull\n",
                "field",
            ),
            (
                "I liked it a lot;good\nIt was dull, and sad;bad\nWell, it was fine;good\noops\n",
                "line 4",
            ),
        ] {
            let message = refused(content);
            assert!(
                message.contains(says) && !message.contains("without labels"),
                "{message}"
            );
        }
        let set = parse(
            "very good,We liked it, all of us\n"
                .replace(", all", " all")
                .as_str(),
        );
        assert_eq!(set.classes, ["very good"]);
        let set = parse(
            "We liked it a lot,good,March 2 2020\nIt was very dull,bad,March 3 2020\nI would see it again,good,May 4 2020\nNobody was there,bad,May 5 2020\n",
        );
        assert_eq!(set.classes, ["bad", "good"]);
    }

    #[test]
    fn a_header_that_is_not_recognised_is_suspected() {
        let set = parse("verdict\topinion\na\tx y\nb\tz w\na\tv u\n");
        assert_eq!(set.suspect_header.as_deref(), Some("verdict"));
        assert_eq!(parse("a\tx y\nb\tz w\na\tv u\n").suspect_header, None);
        assert_eq!(parse("labels\ttexts\na\tx y\nb\tz w\n").classes, ["a", "b"]);
    }

    #[test]
    fn errors_of_files_name_the_byte() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.tsv");
        std::fs::write(&path, "\u{feff}a\tone\nundecided\ttwo\n").unwrap();
        let message = LabeledSet::read(&path, &ColumnChoice::default())
            .unwrap_err()
            .to_string();
        assert!(message.contains("line 2, byte 9"), "{message}");
    }

    #[test]
    fn tabs_inside_texts_stay_text() {
        let set = parse("a\tone\ttwo\nb\tthree four\n");
        assert_eq!(set.texts, ["one\ttwo", "three four"]);
    }
}
