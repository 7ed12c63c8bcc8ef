//! Tells the formats of labelled files apart and reads their rows.

use std::collections::BTreeSet;

use serde_json::Value;

use super::labeled::{ColumnChoice, Format, Row};
use crate::error::{Error, Place, Result};

/// Column and field names we recognise, in the order of preference.
const TEXT_NAMES: &[&str] = &[
    "text",
    "sentence",
    "review",
    "content",
    "comment",
    "message",
    "body",
    "document",
    "tweet",
    "texts",
    "sentences",
    "reviews",
    "comments",
    "messages",
    "documents",
    "tweets",
    "opinion",
];
const LABEL_NAMES: &[&str] = &[
    "label",
    "labels",
    "tag",
    "y",
    "sentiment",
    "class",
    "category",
    "polarity",
    "target",
    "rating",
    "stars",
];
const WEIGHT_NAMES: &[&str] = &["weight"];
const FASTTEXT_PREFIX: &str = "__label__";

/// The rows of a file and how they were found.
pub(super) struct Table {
    pub(super) rows: Vec<Row>,
    pub(super) detected: String,
    /// The columns were found by their names.
    pub(super) named_columns: bool,
}

/// Where the columns of a separated file are.
#[derive(Debug, Clone, Copy)]
struct Columns {
    text: usize,
    label: usize,
    weight: Option<usize>,
    header: bool,
}

pub(super) fn parse(name: &str, content: &str, choice: &ColumnChoice) -> Result<Table> {
    let Some((number, first)) = lines(content).next() else {
        return Ok(Table {
            rows: Vec::new(),
            detected: "empty".to_owned(),
            named_columns: false,
        });
    };
    if first.starts_with('{') {
        jsonl(name, content, choice)
    } else if first.starts_with("[{") || first.trim() == "[" {
        Err(Error::input(
            Place::line(name, number),
            "a JSON array",
            "JSON lines: one object a line, without brackets around them",
        )
        .with_hint("with jq: jq -c '.[]' FILE > lines.jsonl"))
    } else if first.starts_with(FASTTEXT_PREFIX) {
        fasttext(name, content)
    } else if first.contains('\t') {
        tsv(name, content, choice)
    } else if first.contains([',', ';']) {
        csv(name, content, choice)
    } else {
        Err(Error::input(
            Place::line(name, number),
            "a line without a tab, a comma, a semicolon, a JSON object or __label__",
            "a label and a text, separated by a tab",
        )
        .with_hint("put a tab between label and text; text without labels is for senti pretrain"))
    }
}

/// The lines that are not blank, with their numbers.
fn lines(content: &str) -> impl Iterator<Item = (u64, &str)> {
    content
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| (index as u64 + 1, line))
}

fn jsonl(name: &str, content: &str, choice: &ColumnChoice) -> Result<Table> {
    let chosen = |name: &Option<String>| name.clone().into_iter().collect::<Vec<_>>();
    let names = |chosen: Vec<String>, usual: &[&str]| match chosen.is_empty() {
        true => usual.iter().map(|&name| name.to_owned()).collect(),
        false => chosen,
    };
    let text_names: Vec<String> = names(chosen(&choice.text), TEXT_NAMES);
    let label_names: Vec<String> = names(chosen(&choice.label), LABEL_NAMES);
    let weight_names: Vec<String> = names(Vec::new(), WEIGHT_NAMES);
    let mut rows = Vec::new();
    let mut detected = String::new();
    for (line, json) in lines(content) {
        let place = || Place::line(name, line);
        let value: Value = serde_json::from_str(json).map_err(|error| {
            Error::input(
                place(),
                format!("broken JSON ({error})"),
                "one JSON object a line",
            )
        })?;
        let field = |names: &[String]| {
            names
                .iter()
                .find_map(|key| value.get(key).map(|found| (key.to_owned(), found)))
        };
        let missing = |what: &str, names: &[String]| {
            Error::input(
                place(),
                format!("no field for the {what}"),
                format!("a field called one of {}", names.join(", ")),
            )
        };
        let (text_key, text) = field(&text_names).ok_or_else(|| missing("text", &text_names))?;
        let (label_key, label) =
            field(&label_names).ok_or_else(|| missing("label", &label_names))?;
        let Some(text) = text.as_str() else {
            return Err(Error::input(
                place(),
                format!("{text_key:?} is not a string"),
                "a string",
            ));
        };
        let label = match label {
            Value::String(label) => label.trim().to_owned(),
            Value::Number(_) | Value::Bool(_) => label.to_string(),
            _ => {
                return Err(Error::input(
                    place(),
                    format!("{label_key:?} is neither a string nor a number"),
                    "a label",
                ));
            }
        };
        let weight = match field(&weight_names) {
            None => None,
            Some((key, weight)) => Some(weight.as_f64().ok_or_else(|| {
                Error::input(place(), format!("{key:?} is not a number"), "a number")
            })?),
        };
        if detected.is_empty() {
            detected = format!(
                "{}, text in {text_key:?}, label in {label_key:?}",
                Format::Jsonl
            );
        }
        rows.push(Row {
            line,
            label,
            text: text.to_owned(),
            weight,
        });
    }
    Ok(Table {
        rows,
        detected,
        named_columns: true,
    })
}

fn fasttext(name: &str, content: &str) -> Result<Table> {
    let rows = lines(content)
        .map(|(line, row)| {
            let (label, text) = row
                .strip_prefix(FASTTEXT_PREFIX)
                .map(|rest| rest.split_once(char::is_whitespace).unwrap_or((rest, "")))
                .ok_or_else(|| {
                    Error::input(
                        Place::line(name, line),
                        "a line without a label",
                        "__label__name, then the text",
                    )
                })?;
            if text
                .split_whitespace()
                .next()
                .is_some_and(|word| word.starts_with(FASTTEXT_PREFIX))
            {
                return Err(Error::input(
                    Place::line(name, line),
                    "several labels on one line",
                    "one label a text",
                ));
            }
            Ok(Row {
                line,
                label: label.to_owned(),
                text: text.trim().to_owned(),
                weight: None,
            })
        })
        .collect::<Result<_>>()?;
    Ok(Table {
        rows,
        detected: Format::FastText.to_string(),
        named_columns: true,
    })
}

fn tsv(name: &str, content: &str, choice: &ColumnChoice) -> Result<Table> {
    let records: Vec<(u64, Vec<String>)> = lines(content)
        .map(|(number, line)| {
            (
                number,
                line.split('\t')
                    .map(|field| field.trim().to_owned())
                    .collect(),
            )
        })
        .collect();
    // Without a header the narrowest row tells how many columns there are: in
    // the others, further tabs belong to the text.
    let width = if has_header(&records) || *choice != ColumnChoice::default() {
        records[0].1.len()
    } else {
        records
            .iter()
            .map(|(_, fields)| fields.len())
            .filter(|&fields| fields > 1)
            .min()
            .unwrap_or(2)
    };
    let columns = columns(name, width, &records, choice)?;
    table(name, Format::Tsv, "TSV", width, &columns, records)
}

fn csv(name: &str, content: &str, choice: &ColumnChoice) -> Result<Table> {
    let commas = separated(name, content, b',');
    let semicolons = separated(name, content, b';');
    // A file is separated by what gives all its rows the same number of fields;
    // where both do, by what leaves the fewer labels.
    let labels = |records: &Records| {
        let width = records[0].1.len();
        columns(name, width, records, choice).map_or(usize::MAX, |columns| {
            let label = |(_, fields): &(u64, Vec<String>)| fields[columns.label].clone();
            records.iter().map(label).collect::<BTreeSet<_>>().len()
        })
    };
    let (records, detected) = match (commas, semicolons) {
        (Ok(commas), Ok(semicolons)) if even(&semicolons) => {
            if even(&commas) && labels(&commas) <= labels(&semicolons) {
                (commas, "CSV")
            } else {
                (semicolons, "CSV with semicolons")
            }
        }
        (Err(_), Ok(semicolons)) if even(&semicolons) => (semicolons, "CSV with semicolons"),
        (commas, _) => (commas?, "CSV"),
    };
    let width = records.first().map_or(0, |(_, fields)| fields.len());
    if width < 2 {
        let line = records.first().map_or(1, |&(line, _)| line);
        return Err(Error::input(
            Place::line(name, line),
            "1 column",
            "a label and a text, separated by a comma",
        ));
    }
    let columns = columns(name, width, &records, choice)?;
    refuse_open_quotes(name, columns.label, &records)?;
    table(name, Format::Csv, detected, width, &columns, records)
}

/// Rows with their lines.
type Records = Vec<(u64, Vec<String>)>;

/// Whether all rows have the same number of fields, and more than one.
fn even(records: &Records) -> bool {
    let width = records.first().map_or(0, |(_, fields)| fields.len());
    width > 1 && records.iter().all(|(_, fields)| fields.len() == width)
}

fn separated(name: &str, content: &str, separator: u8) -> Result<Records> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .trim(csv::Trim::All)
        .from_reader(content.as_bytes());
    reader
        .records()
        .map(|record| {
            let record = record.map_err(|error| {
                let line = error.position().map(csv::Position::line);
                Error::input(
                    Place {
                        line,
                        ..Place::file(name)
                    },
                    format!("a row that is not CSV ({error})"),
                    "comma-separated fields, quoted where they hold a comma",
                )
            })?;
            let line = record.position().map_or(0, csv::Position::line);
            Ok((line, record.iter().map(str::to_owned).collect()))
        })
        .collect()
}

/// Refuses a quoted field that runs over lines which are rows of their own: its
/// quote was never closed, and it would swallow them without a word. What gives
/// them away is a label that other rows have.
fn refuse_open_quotes(name: &str, label: usize, records: &[(u64, Vec<String>)]) -> Result<()> {
    let spans = |fields: &[String]| fields.iter().any(|field| field.contains('\n'));
    let labels: BTreeSet<&str> = records
        .iter()
        .filter(|(_, fields)| !spans(fields))
        .filter_map(|(_, fields)| fields.get(label))
        .map(String::as_str)
        .collect();
    for (line, fields) in records.iter().filter(|(_, fields)| spans(fields)) {
        let inner = fields.iter().flat_map(|field| field.split('\n').skip(1));
        for row in inner.filter(|row| row.contains([',', ';'])) {
            let mut cells = row
                .split([',', ';'])
                .map(|cell| cell.trim().trim_matches('"'));
            let (first, last) = (cells.next(), cells.next_back());
            if [first, last]
                .into_iter()
                .flatten()
                .any(|cell| labels.contains(cell))
            {
                return Err(Error::input(
                    Place::line(name, *line),
                    "a quoted field that runs over other rows",
                    "a closing quote on this line",
                ));
            }
        }
    }
    Ok(())
}

/// Rows of a separated file, once its columns are known.
fn table(
    name: &str,
    format: Format,
    detected: &str,
    width: usize,
    columns: &Columns,
    mut records: Records,
) -> Result<Table> {
    if columns.header {
        records.remove(0);
    }
    let joins_tabs = format == Format::Tsv && width == 2;
    let mut rows = Vec::with_capacity(records.len());
    for (line, mut fields) in records {
        let place = || Place::line(name, line);
        if joins_tabs && fields.len() > 2 {
            let label = fields.remove(if columns.label == 0 {
                0
            } else {
                fields.len() - 1
            });
            let text = fields.join("\t");
            fields = if columns.label == 0 {
                vec![label, text]
            } else {
                vec![text, label]
            };
        }
        if fields.len() != width {
            let separator = if format == Format::Tsv {
                "a tab"
            } else {
                "a comma"
            };
            let plural = if fields.len() == 1 { "" } else { "s" };
            let found = format!("{} field{plural}", fields.len());
            return Err(Error::input(
                place(),
                found,
                format!("{width}, separated by {separator}, as on the first line"),
            ));
        }
        let weight = match columns.weight {
            None => None,
            Some(column) => Some(fields[column].parse().map_err(|_| {
                Error::input(
                    place(),
                    format!("the weight {:?}", fields[column]),
                    "a number",
                )
            })?),
        };
        rows.push(Row {
            line,
            label: std::mem::take(&mut fields[columns.label]),
            text: std::mem::take(&mut fields[columns.text]),
            weight,
        });
    }
    let order = match (width, columns.label < columns.text) {
        (2, true) => "label first".to_owned(),
        (2, false) => "text first".to_owned(),
        _ => format!(
            "label in column {} and text in column {} of {width}",
            columns.label + 1,
            columns.text + 1
        ),
    };
    let header = if columns.header {
        "with a header"
    } else {
        "no header"
    };
    let weights = if columns.weight.is_some() {
        ", weighted"
    } else {
        ""
    };
    Ok(Table {
        rows,
        detected: format!("{detected}, {order}, {header}{weights}"),
        named_columns: columns.header,
    })
}

/// A column's position by its name on the first line.
fn by_name(records: &[(u64, Vec<String>)], names: &[&str]) -> Option<usize> {
    let (_, first) = records.first()?;
    names.iter().find_map(|name| {
        first
            .iter()
            .position(|field| field.eq_ignore_ascii_case(name))
    })
}

fn has_header(records: &[(u64, Vec<String>)]) -> bool {
    by_name(records, TEXT_NAMES).is_some() && by_name(records, LABEL_NAMES).is_some()
}

/// The columns: as chosen, or by their names, or, without a header, by their
/// content: texts have many words, labels recur.
fn columns(
    name: &str,
    width: usize,
    records: &[(u64, Vec<String>)],
    choice: &ColumnChoice,
) -> Result<Columns> {
    let found = find_columns(width, records);
    let mut columns = found;
    for (chosen, option, slot) in [
        (&choice.text, "--text-column", &mut columns.text),
        (&choice.label, "--label-column", &mut columns.label),
    ] {
        let Some(chosen) = chosen else { continue };
        let number = chosen
            .parse()
            .ok()
            .filter(|number| (1..=width).contains(number));
        if let Some(position) = by_name(records, &[chosen]) {
            *slot = position;
            columns.header = true;
        } else if let Some(number) = number {
            *slot = number - 1;
        } else {
            let first = records
                .first()
                .map_or(String::new(), |(_, fields)| fields.join(", "));
            return Err(Error::setting(
                option,
                format!("{chosen:?}"),
                format!(
                    "a number from 1 to {width}, or a name from the first line of {name}: {first}"
                ),
            ));
        }
    }
    if columns.text == columns.label {
        return Err(Error::setting(
            "--text-column and --label-column",
            format!("column {} for both", columns.text + 1),
            "two different columns",
        ));
    }
    Ok(columns)
}

fn find_columns(width: usize, records: &[(u64, Vec<String>)]) -> Columns {
    if let (Some(text), Some(label)) = (by_name(records, TEXT_NAMES), by_name(records, LABEL_NAMES))
    {
        return Columns {
            text,
            label,
            weight: by_name(records, WEIGHT_NAMES),
            header: true,
        };
    }
    let cells = |column: usize| {
        records
            .iter()
            .filter_map(move |(_, fields)| fields.get(column))
            .map(String::as_str)
    };
    let words = |column: usize| {
        cells(column)
            .map(|cell| cell.split_whitespace().count())
            .sum::<usize>()
    };
    let distinct = |column: usize| cells(column).collect::<BTreeSet<_>>().len();
    // Where nothing tells them apart, the label comes first.
    let (label, text) = if width == 2 {
        let text_first = (distinct(1), words(1)) < (distinct(0), words(0));
        if text_first { (1, 0) } else { (0, 1) }
    } else {
        let text = (0..width).max_by_key(|&column| words(column)).unwrap_or(0);
        let label = (0..width)
            .filter(|&column| column != text)
            .min_by_key(|&column| (distinct(column), words(column)))
            .unwrap_or(0);
        (label, text)
    };
    Columns {
        text,
        label,
        weight: None,
        header: false,
    }
}
