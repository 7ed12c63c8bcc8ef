//! Finds the columns of a separated file.

use std::collections::BTreeSet;

use super::ColumnChoice;
use crate::error::{Error, Place, Result};

/// Names of the column or field of the text that we recognise, in the order of
/// preference.
pub const TEXT_NAMES: &[&str] = &[
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
/// Those of the label.
pub(super) const LABEL_NAMES: &[&str] = &[
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
pub(super) const WEIGHT_NAMES: &[&str] = &["weight"];

/// Rows with their lines.
pub(super) type Records = Vec<(u64, Vec<String>)>;

/// Where the columns of a separated file are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    pub(super) text: usize,
    pub(super) label: usize,
    pub(super) weight: Option<usize>,
    pub(super) header: bool,
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

pub(super) fn has_header(records: &[(u64, Vec<String>)]) -> bool {
    by_name(records, TEXT_NAMES).is_some() && by_name(records, LABEL_NAMES).is_some()
}

/// The columns: as chosen, or by their names, or, without a header, by their
/// content: texts have many words, labels recur.
pub(super) fn columns(
    name: &str,
    width: usize,
    records: &[(u64, Vec<String>)],
    choice: &ColumnChoice,
) -> Result<Columns> {
    let mut columns = find_columns(width, records);
    for (chosen, option, slot) in [
        (&choice.text, "--text-column", &mut columns.text),
        (&choice.label, "--label-column", &mut columns.label),
    ] {
        let Some(chosen) = chosen else { continue };
        let number = chosen
            .parse()
            .ok()
            .filter(|number| (1..=width).contains(number));
        // Numbers first: a label on the first line may be one, too.
        if let Some(number) = number {
            *slot = number - 1;
        } else if let Some(position) = by_name(records, &[chosen]) {
            *slot = position;
            columns.header = true;
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
    if columns.header {
        // One name tells that there are names: the others count, too.
        let named = |names, slot| by_name(records, names).unwrap_or(slot);
        if choice.text.is_none() {
            columns.text = named(TEXT_NAMES, columns.text);
        }
        if choice.label.is_none() {
            columns.label = named(LABEL_NAMES, columns.label);
        }
        columns.weight = by_name(records, WEIGHT_NAMES);
    }
    if columns.header {
        for (chosen, option, slot) in [
            (&choice.text, "--text-column", columns.text),
            (&choice.label, "--label-column", columns.label),
        ] {
            let by_number = chosen
                .as_ref()
                .is_some_and(|chosen| chosen.parse::<usize>().is_ok());
            if !by_number {
                only_one_of_its_name(name, records, slot, option)?;
            }
        }
    }
    if columns.text == columns.label && width == 2 {
        // Of two columns, one chosen leaves the other.
        match (&choice.text, &choice.label) {
            (Some(_), None) => columns.label = 1 - columns.text,
            (None, Some(_)) => columns.text = 1 - columns.label,
            _ => {}
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

/// Refuses a column that was found by a name which another has, too.
fn only_one_of_its_name(
    file: &str,
    records: &[(u64, Vec<String>)],
    slot: usize,
    option: &str,
) -> Result<()> {
    let Some((line, names)) = records.first() else {
        return Ok(());
    };
    let Some(name) = names.get(slot) else {
        return Ok(());
    };
    let same = names.iter().enumerate().filter(|(_, other)| *other == name);
    let numbers: Vec<String> = same.map(|(at, _)| (at + 1).to_string()).collect();
    if numbers.len() < 2 {
        return Ok(());
    }
    Err(Error::input(
        Place::line(file, *line),
        format!("{} columns called {name:?}", numbers.len()),
        "one of this name",
    )
    .with_hint(format!(
        "name it by its number: {option} {}",
        numbers.join(&format!(" or {option} "))
    )))
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
            // A column that never changes is no label.
            .min_by_key(|&column| (distinct(column) < 2, distinct(column), words(column)))
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
