//! Reads tab-, comma- and semicolon-separated rows.

use std::collections::BTreeSet;

use super::columns::{Columns, Records, columns, has_header};
use super::formats::{Table, lines};
use super::{ColumnChoice, Format, Row};
use crate::error::{Error, Place, Result};

pub(super) fn tsv(name: &str, content: &str, choice: &ColumnChoice) -> Result<Table> {
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

pub(super) fn csv(name: &str, content: &str, choice: &ColumnChoice) -> Result<Table> {
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
