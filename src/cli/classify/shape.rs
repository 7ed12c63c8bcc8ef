//! What an input is: plain lines, or a table with a column of texts.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use clap::ValueEnum;
use senti::error::{Error, Place, Result};
use senti::text::labeled::TEXT_NAMES;

use super::cells::{Scanner, Style};
use super::objects::Search;

/// The formats of inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Plain text, one text a line
    Lines,
    /// Tab-separated, no quoting
    Tsv,
    /// Comma- or semicolon-separated, quoted where needed
    Csv,
    /// One JSON object a line
    Jsonl,
    /// Apache Parquet
    Parquet,
}

/// What was asked for.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) format: Option<Format>,
    /// The column of the text, by name or by number from 1.
    pub(super) column: Option<String>,
    /// Tables have names on their first line.
    pub(super) header: bool,
}

/// What an input is, and where its texts are.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    Lines,
    Table {
        style: Style,
        /// The names of the columns; their numbers where they have none.
        columns: Vec<String>,
        header: bool,
        /// The place of the text's.
        text: usize,
    },
    Objects {
        /// Names of the text's field, the preferred ones first.
        names: Vec<String>,
    },
    #[cfg(feature = "parquet")]
    Parquet {
        schema: arrow_schema::SchemaRef,
        /// The place of the text's column.
        text: usize,
    },
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lines => f.write_str("plain lines"),
            Self::Table {
                style,
                columns,
                text,
                ..
            } => {
                let name = match style {
                    Style::Tabs => "TSV",
                    Style::Quoted(b';') => "CSV with semicolons",
                    Style::Quoted(_) => "CSV",
                };
                write!(f, "{name}, text in column {:?}", columns[*text])
            }
            Self::Objects { names } => match names.as_slice() {
                [only] => write!(f, "JSON lines, text in {only:?}"),
                _ => f.write_str("JSON lines"),
            },
            #[cfg(feature = "parquet")]
            Self::Parquet { schema, text } => {
                write!(
                    f,
                    "Parquet, text in column {:?}",
                    schema.field(*text).name()
                )
            }
        }
    }
}

impl Shape {
    /// The names of the columns, where there are columns.
    pub(super) fn columns(&self) -> Vec<String> {
        match self {
            Self::Lines => vec!["text".to_owned()],
            Self::Objects { .. } => Vec::new(),
            Self::Table { columns, .. } => columns.clone(),
            #[cfg(feature = "parquet")]
            Self::Parquet { schema, .. } => {
                let fields = schema.fields().iter();
                fields.map(|field| field.name().clone()).collect()
            }
        }
    }
}

/// The ending of a name, in small letters and without that of a compressed file.
fn ending(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let name = [".gz", ".zst"]
        .iter()
        .find_map(|ending| name.strip_suffix(ending))
        .unwrap_or(&name);
    Some(Path::new(name).extension()?.to_str()?.to_owned())
}

/// The format that a name tells, whether compressed or not.
pub(super) fn by_name(path: &Path) -> Option<Format> {
    match ending(path)?.as_str() {
        "tsv" | "tab" => Some(Format::Tsv),
        "csv" => Some(Format::Csv),
        "jsonl" | "ndjson" => Some(Format::Jsonl),
        "parquet" => Some(Format::Parquet),
        _ => None,
    }
}

/// Whether a text is JSON that nobody means as lines: objects in a list, or by its name.
fn json(name: &str, first: &str) -> Option<Format> {
    let list = first.strip_prefix('[').map(str::trim_start);
    let named = || ending(Path::new(name)).is_some_and(|ending| ending == "json");
    let objects = list.is_some_and(|list| list.starts_with("{\""));
    (objects || first.starts_with(['[', '{']) && named()).then_some(Format::Jsonl)
}

impl Wanted {
    /// Names of the text's column or field.
    fn names(&self) -> Vec<String> {
        match &self.column {
            Some(name) => vec![name.clone()],
            None => TEXT_NAMES.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    /// What the text is that begins with this line; `format` where that is known.
    ///
    /// # Errors
    /// [`Error::Input`] for a table in which no text is found, and for an array of
    /// JSON; [`Error::Setting`] for a column that is not there.
    pub(super) fn shape(
        &self,
        name: &str,
        format: Option<Format>,
        first: Option<&str>,
    ) -> Result<Shape> {
        let by_content = || {
            let first = first?;
            self.by_content(first).or_else(|| json(name, first))
        };
        match format.or_else(by_content) {
            Some(Format::Lines) => Ok(Shape::Lines),
            None if self.column.is_some() && first.is_some() => Err(Error::setting(
                "--text-column",
                format!("{name}, which is no table with this column"),
                "TSV or CSV with this name on the first line, or JSON lines with this field",
            )
            .with_hint(
                "where the column is named by its number, say what the file is: --from tsv",
            )),
            None => Ok(Shape::Lines),
            Some(Format::Tsv) => self.table(name, &[Style::Tabs], first),
            Some(Format::Csv) => {
                self.table(name, &[Style::Quoted(b','), Style::Quoted(b';')], first)
            }
            Some(Format::Jsonl) => match first.map(str::trim_start) {
                Some(line) if line.starts_with('[') => Err(Error::input(
                    Place::file(name),
                    "a JSON array",
                    "JSON lines: one object a line, without brackets around them",
                )
                .with_hint("with jq: jq -c '.[]' FILE > lines.jsonl")),
                Some(line) if line.trim_end() == "{" => Err(Error::input(
                    Place::file(name),
                    "a JSON object over several lines",
                    "JSON lines: one object a line",
                )
                .with_hint("with jq: jq -c . FILE > lines.jsonl")),
                _ => Ok(Shape::Objects {
                    names: self.names(),
                }),
            },
            Some(Format::Parquet) => Err(Error::input(
                Place::file(name),
                "what is not Parquet",
                "a Parquet file, by name",
            )),
        }
    }

    /// What the first line shows, where it is clearly that of a table.
    fn by_content(&self, first: &str) -> Option<Format> {
        let names = self.names();
        if first.starts_with('{') {
            let search = Search {
                names: &names,
                added: &[],
                columns: None,
            };
            let found = search.find(first).ok()?;
            return found.text?.is_string().then_some(Format::Jsonl);
        }
        let named = |style: Style| {
            let cells = style.split(first);
            let known = |cell: &str| names.iter().any(|name| name.eq_ignore_ascii_case(cell));
            cells.len() > 1 && cells.iter().any(|cell| known(cell.trim()))
        };
        if !self.header {
            None
        } else if named(Style::Tabs) {
            Some(Format::Tsv)
        } else if first.contains(char::is_whitespace) && self.column.is_none() {
            // A sentence with commas.
            None
        } else {
            [Style::Quoted(b','), Style::Quoted(b';')]
                .into_iter()
                .any(named)
                .then_some(Format::Csv)
        }
    }

    /// A table, in the first style in which its text is found.
    fn table(&self, name: &str, styles: &[Style], first: Option<&str>) -> Result<Shape> {
        let Some(first) = first else {
            return Err(Error::input(
                Place::file(name),
                "an empty file",
                "a table with the names of its columns on the first line",
            ));
        };
        let split = |style: Style| -> Vec<String> {
            let cells = style.split(first);
            cells.into_iter().map(Cow::into_owned).collect()
        };
        let found = styles.iter().find_map(|&style| {
            let columns = split(style);
            self.place(&columns).map(|text| (style, columns, text))
        });
        let Some((style, columns, text)) = found else {
            let widest = styles.iter().map(|&style| split(style));
            let columns = widest.max_by_key(Vec::len).unwrap_or_default();
            return Err(self.not_found(name, &columns));
        };
        if let (true, Style::Quoted(separator)) = (self.header, style) {
            let mut scanner = Scanner::new(separator);
            scanner.feed(first);
            if scanner.is_open() || scanner.is_malformed() {
                return Err(Error::input(
                    Place::line(name, 1),
                    "a quote that is not closed on this line, or text behind one that is",
                    "the names of the columns",
                ));
            }
        }
        if let (true, Some(numbers)) = (self.header, self.ambiguous(&columns, text)) {
            return Err(Error::input(
                Place::line(name, 1),
                format!("{} columns called {:?}", numbers.len(), columns[text]),
                "one of this name, for the text",
            )
            .with_hint(format!(
                "name it by its number: --text-column {}",
                numbers.join(" or --text-column ")
            )));
        }
        let columns = match self.header {
            true => columns,
            false => (1..=columns.len())
                .map(|number| number.to_string())
                .collect(),
        };
        Ok(Shape::Table {
            style,
            columns,
            header: self.header,
            text,
        })
    }

    /// The place of the text among the columns: by name, in any case of letters where
    /// there is none in this, or by number.
    pub(super) fn place(&self, columns: &[String]) -> Option<usize> {
        let named = |name: &String| {
            let exact = columns.iter().position(|column| column == name);
            exact.or_else(|| {
                let same = |column: &String| column.trim().eq_ignore_ascii_case(name.trim());
                columns.iter().position(same)
            })
        };
        let by_name = || self.names().iter().find_map(named);
        let by_number = || -> Option<usize> {
            let number: usize = self.column.as_ref()?.parse().ok()?;
            // One column is what is not separated so, and there may be another way.
            let place = number.checked_sub(1)?;
            (place < columns.len() && columns.len() > 1).then_some(place)
        };
        match self.header {
            true => by_name().or_else(by_number),
            false => by_number(),
        }
    }

    /// The numbers of the columns that have the name by which the text's was found, where
    /// these are several.
    fn ambiguous(&self, columns: &[String], text: usize) -> Option<Vec<String>> {
        let by_name = self
            .names()
            .iter()
            .any(|name| name.trim().eq_ignore_ascii_case(columns[text].trim()));
        let numbers: Vec<String> = columns
            .iter()
            .enumerate()
            .filter(|(_, column)| **column == columns[text])
            .map(|(at, _)| (at + 1).to_string())
            .collect();
        (by_name && numbers.len() > 1).then_some(numbers)
    }

    pub(super) fn not_found(&self, name: &str, columns: &[String]) -> Error {
        let numbers = format!("a number from 1 to {}", columns.len());
        let listed = columns.join(", ");
        match &self.column {
            Some(column) if self.header => Error::setting(
                "--text-column",
                format!("{column:?}"),
                format!("{numbers}, or a name from the first line of {name}: {listed}"),
            ),
            Some(column) => Error::setting("--text-column", format!("{column:?}"), numbers),
            None if self.header => Error::input(
                Place::line(name, 1),
                format!("no column that is named for texts among {listed}"),
                "a column called text, sentence, review or the like",
            )
            .with_hint(
                "name the column: --text-column NAME; where the first line is none of names: --no-header --text-column NUMBER; for plain text: --from lines",
            ),
            None => Error::setting("--no-header", "no --text-column", numbers),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(column: Option<&str>) -> Wanted {
        Wanted {
            format: None,
            column: column.map(str::to_owned),
            header: true,
        }
    }

    #[test]
    fn names_tell_formats() {
        let of = |name: &str| by_name(Path::new(name));
        assert_eq!(of("a/b.tsv"), Some(Format::Tsv));
        assert_eq!(of("B.CSV.gz"), Some(Format::Csv));
        assert_eq!(of("b.jsonl.zst"), Some(Format::Jsonl));
        assert_eq!(of("b.parquet"), Some(Format::Parquet));
        for lines in ["b.txt", "tsv", "-", "b.tsv.txt", "b.gz"] {
            assert_eq!(of(lines), None, "{lines}");
        }
    }

    #[test]
    fn only_what_is_clearly_a_table_is_one() {
        let format = |first: &str| wanted(None).by_content(first);
        assert_eq!(format("id\tText\tstars"), Some(Format::Tsv));
        assert_eq!(format("id,text"), Some(Format::Csv));
        assert_eq!(format("id;\"review\""), Some(Format::Csv));
        assert_eq!(format(r#"{"id": 1, "text": "a"}"#), Some(Format::Jsonl));
        for lines in [
            "text",
            "a text, with a comma",
            "Good text, bad review",
            "positive\tIt was great",
            "{not JSON, text}",
            r#"{"id": 1, "text": 2}"#,
            r#"{"id": 1}"#,
            "",
        ] {
            assert_eq!(format(lines), None, "{lines}");
        }
        let named = wanted(Some("Meinung des Kunden"));
        assert_eq!(named.by_content("Nr,Meinung des Kunden"), Some(Format::Csv));
        assert!(named.shape("f", None, Some("Nr,Note")).is_err());
        assert_eq!(named.shape("f", None, None).unwrap(), Shape::Lines);
    }

    #[test]
    fn columns_are_found_by_name_and_number() {
        let text = |column: Option<&str>, first: &str, format: Format| match wanted(column).shape(
            "f",
            Some(format),
            Some(first),
        ) {
            Ok(Shape::Table { text, style, .. }) => Ok((text, style)),
            Ok(other) => panic!("{other}"),
            Err(error) => Err(error.to_string()),
        };
        assert_eq!(text(None, "id\tReview", Format::Tsv), Ok((1, Style::Tabs)));
        let comma = Style::Quoted(b',');
        let semicolon = Style::Quoted(b';');
        assert_eq!(text(None, "text", Format::Csv), Ok((0, comma)));
        assert_eq!(text(None, "id;text", Format::Csv), Ok((1, semicolon)));
        assert_eq!(text(Some("b"), "a,B,b", Format::Csv), Ok((2, comma)));
        assert_eq!(text(Some("3"), "a,b,c", Format::Csv), Ok((2, comma)));
        assert_eq!(text(Some("2"), "a;b;c", Format::Csv), Ok((1, semicolon)));
        assert_eq!(text(Some("2"), "2,b,c", Format::Csv), Ok((0, comma)));
        assert_eq!(text(None, "a, Text ,c", Format::Csv), Ok((1, comma)));
        assert!(text(None, "text,\"over several", Format::Csv).is_err());
        let error = text(None, "a,b", Format::Csv).unwrap_err();
        assert!(error.contains("a, b"), "{error}");
        let error = text(Some("c"), "a,b", Format::Csv).unwrap_err();
        assert!(
            error.contains("a, b") && error.contains("1 to 2"),
            "{error}"
        );
        assert!(text(Some("0"), "a,b", Format::Csv).is_err());
        assert!(text(Some("3"), "a,b", Format::Csv).is_err());

        let rows = Wanted {
            header: false,
            ..wanted(Some("2"))
        };
        let shape = rows.shape("f", Some(Format::Tsv), Some("text\tfine"));
        let Ok(Shape::Table { columns, text, .. }) = shape else {
            panic!("{shape:?}");
        };
        assert_eq!((columns, text), (vec!["1".into(), "2".into()], 1));
        assert!(rows.shape("f", Some(Format::Tsv), Some("one")).is_err());
    }

    #[test]
    fn a_text_column_is_the_only_one_of_its_name() {
        let shape = |column: Option<&str>, first: &str| {
            wanted(column).shape("f", Some(Format::Csv), Some(first))
        };
        let error = shape(None, "text,id,text").unwrap_err();
        let hint = error.hint().unwrap_or_default();
        assert!(error.to_string().contains("2 columns called \"text\""));
        assert!(
            hint.contains("--text-column 1 or --text-column 3"),
            "{hint}"
        );
        assert!(shape(Some("text"), "text,id,text").is_err());
        assert!(shape(Some("3"), "text,id,text").is_ok());
        // Others may be alike, and so may names in other letters.
        assert!(shape(None, "text,id,id").is_ok());
        assert!(shape(Some("text"), "text,Text").is_ok());
    }

    #[test]
    fn json_that_is_no_lines_is_not_taken_for_text() {
        let shape = |name: &str, first: &str| wanted(None).shape(name, None, Some(first));
        for (name, first, says) in [
            ("f", "[{\"text\":\"a\"}]", "array"),
            ("f.txt", "[ {\"text\":\"a\"},", "array"),
            ("f.json", "[", "array"),
            ("f.JSON.gz", "[1,2]", "array"),
            ("f.json", "{", "several lines"),
        ] {
            let error = shape(name, first).unwrap_err();
            assert!(error.to_string().contains(says), "{name} {first}: {error}");
        }
        assert!(matches!(
            shape("f.json", "{\"id\":1}"),
            Ok(Shape::Objects { .. })
        ));
        for (name, first) in [
            ("f", "["),
            ("f", "[sic] {x}"),
            ("f.json", "good"),
            ("f", "{"),
        ] {
            assert_eq!(shape(name, first).unwrap(), Shape::Lines, "{name} {first}");
        }
        let lines = wanted(None).shape("f.json", Some(Format::Lines), Some("[{\"a\":1}]"));
        assert_eq!(lines.unwrap(), Shape::Lines);
    }

    #[test]
    fn arrays_and_empty_tables_are_refused() {
        let wanted = wanted(None);
        let refused = |format, first| {
            let error = wanted.shape("f", Some(format), first).unwrap_err();
            error.to_string()
        };
        assert!(refused(Format::Jsonl, Some("[{\"text\":1}]")).contains("array"));
        assert!(refused(Format::Csv, None).contains("empty"));
        assert!(wanted.shape("f", Some(Format::Jsonl), None).is_ok());
    }
}
