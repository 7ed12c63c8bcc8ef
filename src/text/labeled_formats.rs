//! Tells the formats of labelled files apart and reads their rows.

use std::collections::BTreeSet;

use serde_json::Value;

use super::labeled::{Format, Row};
use crate::error::{Error, Place, Result};

/// Column and field names we recognise, in the order of preference.
const TEXT_NAMES: &[&str] = &[
    "text", "sentence", "review", "content", "comment", "message", "body", "document", "tweet",
];
const LABEL_NAMES: &[&str] = &[
    "label",
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
}

/// Where the columns of a separated file are.
struct Columns {
    text: usize,
    label: usize,
    weight: Option<usize>,
    header: bool,
}

pub(super) fn parse(name: &str, content: &str) -> Result<Table> {
    let Some((number, first)) = lines(content).next() else {
        return Ok(Table {
            rows: Vec::new(),
            detected: "empty".to_owned(),
        });
    };
    if first.starts_with('{') {
        jsonl(name, content)
    } else if first.starts_with(FASTTEXT_PREFIX) {
        fasttext(name, content)
    } else if first.contains('\t') {
        tsv(name, content)
    } else if first.contains(',') {
        csv(name, content)
    } else {
        Err(Error::input(
            Place::line(name, number),
            "a line without a tab, a comma, a JSON object or __label__",
            "a label and a text, separated by a tab",
        )
        .with_hint("for text without labels: senti pretrain, or senti classify"))
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

fn jsonl(name: &str, content: &str) -> Result<Table> {
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
        let field = |names: &[&str]| {
            names
                .iter()
                .find_map(|&key| value.get(key).map(|found| (key.to_owned(), found)))
        };
        let missing = |what: &str, names: &[&str]| {
            Error::input(
                place(),
                format!("no field for the {what}"),
                format!("a field called one of {}", names.join(", ")),
            )
        };
        let (text_key, text) = field(TEXT_NAMES).ok_or_else(|| missing("text", TEXT_NAMES))?;
        let (label_key, label) = field(LABEL_NAMES).ok_or_else(|| missing("label", LABEL_NAMES))?;
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
        let weight = match field(WEIGHT_NAMES) {
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
    Ok(Table { rows, detected })
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
    })
}

fn tsv(name: &str, content: &str) -> Result<Table> {
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
    let width = if has_header(&records) {
        records[0].1.len()
    } else {
        records
            .iter()
            .map(|(_, fields)| fields.len())
            .filter(|&fields| fields > 1)
            .min()
            .unwrap_or(2)
    };
    table(name, Format::Tsv, width, records)
}

fn csv(name: &str, content: &str) -> Result<Table> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(content.as_bytes());
    let mut records = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            Error::input(
                Place::file(name),
                format!("a row that is not CSV ({error})"),
                "comma-separated fields, quoted where they hold a comma",
            )
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        records.push((line, record.iter().map(str::to_owned).collect::<Vec<_>>()));
    }
    let width = records.first().map_or(0, |(_, fields)| fields.len());
    table(name, Format::Csv, width, records)
}

/// Rows of a separated file, once its columns are known.
fn table(
    name: &str,
    format: Format,
    width: usize,
    mut records: Vec<(u64, Vec<String>)>,
) -> Result<Table> {
    let columns = columns(width, &records);
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
    let order = if columns.label < columns.text {
        "label first"
    } else {
        "text first"
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
        detected: format!("{format}, {order}, {header}{weights}"),
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

/// Finds the columns by their names, or, without a header, by their content:
/// texts have many words, labels recur.
fn columns(width: usize, records: &[(u64, Vec<String>)]) -> Columns {
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
