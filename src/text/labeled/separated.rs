//! Reads tab-, comma- and semicolon-separated rows.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::{Columns, Records, columns, has_header};
use super::formats::{Table, lines, without_labels};
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
    // Without a header the usual row tells how many columns there are. Where
    // that is two, further tabs belong to the text; so they do where rows of
    // several widths are about as usual.
    let (width, rows) = width_and_rows(&records, choice);
    let width = if first_row_decides(&records, choice) {
        width
    } else {
        let narrower = records
            .iter()
            .filter(|(_, fields)| (2..width).contains(&fields.len()));
        if narrower.count() * 2 > rows {
            2
        } else {
            width
        }
    };
    let columns = columns(name, width, &records, choice)?;
    table(name, Format::Tsv, "TSV", width, &columns, records)
}

pub(super) fn csv(name: &str, content: &str, choice: &ColumnChoice) -> Result<Table> {
    let read = by_separator(name, content, choice);
    let recur = |table: &Table| {
        let labels: BTreeSet<&String> = table.rows.iter().map(|row| &row.label).collect();
        labels.len() * 2 <= table.rows.len()
    };
    let sound = read
        .as_ref()
        .is_ok_and(|table| table.named_columns || recur(table));
    match lines(content).next() {
        Some((number, first)) if !sound && *choice == ColumnChoice::default() && prose(content) => {
            Err(without_labels(name, number, first))
        }
        _ => read,
    }
}

/// Whether lines have their commas and semicolons as sentences have them: neither what
/// stands before the first nor what stands behind the last is short and recurs, as
/// labels do.
fn prose(content: &str) -> bool {
    let rows: Vec<&str> = lines(content).map(|(_, line)| line.trim()).collect();
    if rows.iter().filter(|row| row.starts_with('"')).count() * 2 > rows.len() {
        return false;
    }
    // Twice the mean number of words.
    let long = |cells: &[&str], words: usize| {
        let all = cells.iter().flat_map(|cell| cell.split_whitespace());
        2 * all.count() > words * cells.len()
    };
    let differ = |cells: &[&str]| cells.iter().collect::<BTreeSet<_>>().len() * 2 > cells.len();
    [',', ';'].into_iter().all(|separator| {
        let firsts: Vec<&str> = rows
            .iter()
            .filter_map(|row| row.split(separator).next())
            .collect();
        let lasts: Vec<&str> = rows
            .iter()
            .filter_map(|row| row.rsplit(separator).next())
            .collect();
        let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
        for row in &rows {
            *widths.entry(row.split(separator).count()).or_default() += 1;
        }
        // Columns between the first and the last, which may be labels.
        let regular = widths
            .iter()
            .any(|(&width, &of)| width > 2 && of * 4 > rows.len() * 3);
        !regular && long(&firsts, 4) && long(&lasts, 3) && differ(&firsts) && differ(&lasts)
    })
}

/// Rows by whichever separator fits better.
fn by_separator(name: &str, content: &str, choice: &ColumnChoice) -> Result<Table> {
    let commas = separated(name, content, ',');
    let semicolons = separated(name, content, ';');
    let (records, separator) = match (commas, semicolons) {
        (Ok(commas), Ok(semicolons)) => {
            // A file is separated by what shows a header, leaves labels that
            // recur, cuts most rows alike, leaves the fewer labels, comes first.
            let fit = |records: &Records| {
                let (width, rows) = width_and_rows(records, choice);
                let found = columns(name, width, records, choice).ok()?;
                let labels: BTreeSet<&String> = records
                    .iter()
                    .filter_map(|(_, fields)| fields.get(found.label))
                    .collect();
                let recur = records.len() <= 2 || labels.len() < records.len();
                let misfits = records.len() - rows;
                (width > 1).then_some((!found.header, !recur, misfits, labels.len()))
            };
            let first = content
                .find([',', ';'])
                .map(|at| content[at..].starts_with(';'));
            let (by_commas, by_semicolons) = (fit(&commas), fit(&semicolons));
            let semicolons_fit = match (by_commas, by_semicolons) {
                (Some(by_commas), Some(by_semicolons)) => {
                    by_semicolons < by_commas || by_semicolons == by_commas && first == Some(true)
                }
                (by_commas, by_semicolons) => by_commas.is_none() && by_semicolons.is_some(),
            };
            if semicolons_fit {
                (semicolons, ';')
            } else {
                (commas, ',')
            }
        }
        (Err(_), Ok(semicolons)) => (semicolons, ';'),
        (commas, _) => (commas?, ','),
    };
    let (width, _) = width_and_rows(&records, choice);
    if width < 2 {
        let line = records.first().map_or(1, |&(line, _)| line);
        return Err(Error::input(
            Place::line(name, line),
            "1 column",
            "a label and a text, separated by a comma",
        ));
    }
    let columns = columns(name, width, &records, choice)?;
    refuse_open_quotes(name, &columns, width, separator, &records)?;
    let detected = match separator {
        ';' => "CSV with semicolons",
        _ => "CSV",
    };
    table(name, Format::Csv, detected, width, &columns, records)
}

/// Whether the first row tells how many columns there are: it names them, or
/// somebody counted them.
fn first_row_decides(records: &Records, choice: &ColumnChoice) -> bool {
    has_header(records) || *choice != ColumnChoice::default()
}

/// The number of columns, and how many rows have as many fields: that of the
/// first row where it decides, else what most rows have; of equally usual
/// numbers the larger.
fn width_and_rows(records: &Records, choice: &ColumnChoice) -> (usize, usize) {
    let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
    for (_, fields) in records {
        *widths.entry(fields.len()).or_default() += 1;
    }
    if let Some((_, first)) = records.first()
        && first_row_decides(records, choice)
    {
        return (first.len(), widths[&first.len()]);
    }
    widths
        .into_iter()
        .max_by_key(|&(width, rows)| (rows, width))
        .unwrap_or((0, 0))
}

fn separated(name: &str, content: &str, separator: char) -> Result<Records> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator as u8)
        .trim(csv::Trim::All)
        .from_reader(content.as_bytes());
    // The reader's own line numbers are off behind CRLF and empty lines.
    let (mut line, mut counted) = (1, 0);
    let mut records = Vec::new();
    for record in reader.records() {
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
        let start = record.position().map_or(0, csv::Position::byte) as usize;
        let blank = content.as_bytes()[start..]
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .count();
        let newlines = content.as_bytes()[counted..start + blank].iter();
        line += newlines.filter(|&&byte| byte == b'\n').count() as u64;
        counted = start + blank;
        let fields: Vec<String> = record.iter().map(str::to_owned).collect();
        if !matches!(fields.as_slice(), [only] if only.is_empty()) {
            records.push((line, fields));
        }
    }
    Ok(records)
}

/// Refuses a quoted field that runs over lines which are rows of their own: its
/// quote was never closed, and it would swallow them without a word. What gives
/// them away is a label that other rows have.
fn refuse_open_quotes(
    name: &str,
    columns: &Columns,
    width: usize,
    separator: char,
    records: &Records,
) -> Result<()> {
    let spans = |fields: &[String]| fields.iter().any(|field| field.contains('\n'));
    let labels: BTreeSet<&str> = records
        .iter()
        .filter(|(_, fields)| !spans(fields))
        .filter_map(|(_, fields)| fields.get(columns.label))
        .map(String::as_str)
        .collect();
    for (line, fields) in records.iter().filter(|(_, fields)| spans(fields)) {
        let inner = fields.iter().flat_map(|field| field.split('\n').skip(1));
        for row in inner {
            let cells: Vec<&str> = row
                .split(separator)
                .map(|cell| cell.trim().trim_matches('"'))
                .collect();
            if cells.len() == width && labels.contains(cells[columns.label]) {
                return Err(Error::input(
                    Place::line(name, *line),
                    "a quoted field that runs over other rows",
                    "a closing quote on this line",
                )
                .with_hint("if the text really has such lines, write the file as JSON lines"));
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
            let separator = match detected {
                "TSV" => "a tab",
                "CSV" => "a comma",
                _ => "a semicolon",
            };
            let plural = if fields.len() == 1 { "" } else { "s" };
            let found = format!("{} field{plural}", fields.len());
            return Err(Error::input(
                place(),
                found,
                format!("{width}, separated by {separator}, as on the other lines"),
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
