//! Tells the formats of labelled files apart, and reads those whose rows name
//! their parts: JSON lines and fastText's.

use serde_json::Value;

use super::columns::{LABEL_NAMES, TEXT_NAMES, WEIGHT_NAMES};
use super::separated::{csv, tsv};
use super::{ColumnChoice, Format, Row};
use crate::error::{Error, Place, Result};

const FASTTEXT_PREFIX: &str = "__label__";
/// Characters of a line that an error shows.
const SHOWN: usize = 60;

/// The rows of a file and how they were found.
pub(super) struct Table {
    pub(super) rows: Vec<Row>,
    pub(super) detected: String,
    /// The columns were found by their names.
    pub(super) named_columns: bool,
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
        Err(without_labels(name, number, first))
    }
}

/// Says of a file that it is text for another command, and shows its first line.
pub(super) fn without_labels(name: &str, number: u64, first: &str) -> Error {
    let mut shown: String = first.chars().take(SHOWN).collect();
    if shown.len() < first.len() {
        shown += "...";
    }
    Error::input(
        Place::line(name, number),
        format!("what looks like text without labels, {shown:?}"),
        "a label and a text on each line, separated by a tab",
    )
    .with_hint(
        "put a tab between label and text; text without labels is for senti pretrain, and senti suggest picks lines of it to be labelled",
    )
}

/// The lines that are not blank, with their numbers.
pub(super) fn lines(content: &str) -> impl Iterator<Item = (u64, &str)> {
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
