//! Rows as lines: `word value ... value`, the values as decimal numbers, a
//! space or a tab between them.
//!
//! A word may hold spaces (GloVe's largest vocabulary has ". . ." and a few
//! more), as long as what stands before its values is not a number too.

use std::io::{BufRead, Read};

use super::header::Header;
use super::{Checked, Cleaned, HEAD, Table, Trouble};

/// The longest line, in bytes: more than [`super::MOST_DIMS`] values take as
/// programs write them.
const LONGEST_LINE: u64 = 1 << 21;

/// Rows behind a line with their number and length.
pub(super) fn read_with_header(
    input: &mut impl BufRead,
    size: Option<u64>,
    cleaned: &mut Option<Cleaned>,
) -> Checked<Table> {
    // Of a file that is cleaned, rows may be shorter than its header says.
    let size = size.filter(|_| cleaned.is_none());
    // A letter; then a space and a digit for each value; a line end, which the
    // last row may lack.
    let header = Header::read(input, size, |dims| 2 + 2 * dims, 1)?;
    let mut table = Table::with_room(header.dims, size.map(|_| header.words))?;
    let mut lines = Lines::behind(input, 1, header.length);
    for row in 0..header.words {
        if !lines.next()? {
            return Err(lines.flaw(
                format!("the end of the file after {row} words"),
                format!("{}, as the first line says", header.words),
            ));
        }
        lines.row_into(&mut table, cleaned)?;
    }
    if lines.next()? {
        return Err(lines.flaw(
            "more lines",
            format!("the end of the file after {} words", header.words),
        ));
    }
    Ok(table)
}

/// Rows from the first line on, as long as the first of them.
pub(super) fn read_without_header(
    input: &mut impl BufRead,
    size: Option<u64>,
    cleaned: &mut Option<Cleaned>,
) -> Checked<Table> {
    let mut lines = Lines::behind(input, 0, 0);
    lines.next()?;
    let length = lines.line.len().max(1);
    let dims = lines.text()?.split_ascii_whitespace().skip(1).count();
    if dims == 0 {
        return Err(lines.flaw("a row of 0 numbers", "a word and its values"));
    }
    // Room for as many rows of this length as the file can hold.
    let words = size.map(|size| size as usize / length + 1);
    let mut table = Table::with_room(dims, words)?;
    loop {
        lines.row_into(&mut table, cleaned)?;
        if !lines.next()? {
            break;
        }
    }
    table.rows.shrink_to_fit();
    match cleaned {
        // Then the first row is the one that makes no sense.
        Some(cleaned) if cleaned.malformed > table.words.len() as u64 => Err(Trouble::whole(
            format!(
                "{} rows that are not a word and {dims} numbers, as the first is",
                cleaned.malformed
            ),
            "rows of one length, but for a few",
        )),
        _ => Ok(table),
    }
}

/// Whether text begins with a row of this length.
pub(super) fn begins_with_row(body: &[u8], dims: usize) -> bool {
    let line = body.split(|&byte| byte == b'\n').next().unwrap_or(body);
    // No row has more values than the bytes of its line.
    dims <= line.len()
        && std::str::from_utf8(line).is_ok_and(|line| row(line, dims, &mut Vec::new()).is_ok())
}

/// What was found in place of a row.
enum Bad {
    /// A word and as many numbers, not all of them finite.
    NotFinite(String),
    /// Something else.
    Malformed(String),
}

/// Appends the values of a row, and returns its word; else what was found in
/// place of such a row.
fn row<'l>(line: &'l str, dims: usize, values: &mut Vec<f32>) -> Result<&'l str, Bad> {
    let malformed = |found: String| Err(Bad::Malformed(found));
    let first = values.len();
    let mut not_finite = None;
    let mut rest = line.trim_ascii_end();
    // From the end, where the word is not.
    for count in 0..dims {
        let Some((before, field)) = split_last(rest) else {
            return malformed(format!("a row of {count} numbers"));
        };
        match field.parse::<f32>() {
            Ok(value) if value.is_finite() => values.push(value),
            Ok(_) => not_finite = Some(format!("{field}, which is not a finite number")),
            Err(_) => return malformed(format!("{field:?} in place of a number")),
        }
        rest = before;
    }
    values[first..].reverse();
    match split_last(rest) {
        Some((_, last)) if last.is_empty() || last.parse::<f32>().is_ok() => {
            malformed(format!("a row of more than {dims} numbers"))
        }
        None if rest.is_empty() => malformed("a row without a word".to_owned()),
        _ => match not_finite {
            Some(found) => Err(Bad::NotFinite(found)),
            None => Ok(rest),
        },
    }
}

/// What stands before the last space or tab, and after it.
fn split_last(text: &str) -> Option<(&str, &str)> {
    let at = text
        .bytes()
        .rposition(|byte| matches!(byte, b' ' | b'\t'))?;
    Some((&text[..at], &text[at + 1..]))
}

/// The lines of a file, one at a time.
struct Lines<'r, R> {
    input: &'r mut R,
    line: Vec<u8>,
    number: u64,
    offset: u64,
}

impl<'r, R: BufRead> Lines<'r, R> {
    /// Those behind `number` lines of `offset` bytes, which were read.
    fn behind(input: &'r mut R, number: u64, offset: u64) -> Self {
        Self {
            input,
            line: Vec::new(),
            number,
            offset,
        }
    }

    /// Goes to the next line; false when there is none.
    fn next(&mut self) -> Checked<bool> {
        self.offset += self.line.len() as u64;
        self.number += 1;
        self.line.clear();
        let read = self
            .input
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut self.line)?;
        if read as u64 == LONGEST_LINE {
            return Err(self.flaw(
                "a line of more than two megabytes",
                "a word and its values on each line",
            ));
        }
        Ok(read > 0)
    }

    fn text(&self) -> Checked<&str> {
        std::str::from_utf8(&self.line).map_err(|_| self.flaw("broken UTF-8", "UTF-8 text"))
    }

    /// Adds the row of this line, unless it makes no sense and is left out.
    fn row_into(&self, table: &mut Table, cleaned: &mut Option<Cleaned>) -> Checked<()> {
        let start = table.rows.len();
        let bad = match std::str::from_utf8(&self.line) {
            Ok(line) => match row(line, table.dims, &mut table.rows) {
                Ok(word) => {
                    table.words.push(word.to_owned());
                    return Ok(());
                }
                Err(bad) => bad,
            },
            Err(_) => Bad::Malformed("broken UTF-8".to_owned()),
        };
        table.rows.truncate(start);
        match (bad, cleaned) {
            (Bad::NotFinite(_), Some(cleaned)) => cleaned.not_finite += 1,
            (Bad::Malformed(_), Some(cleaned)) => cleaned.malformed += 1,
            (Bad::NotFinite(found) | Bad::Malformed(found), None) => {
                return Err(self.flaw(found, format!("a word and {} numbers", table.dims)));
            }
        }
        Ok(())
    }

    fn flaw(&self, found: impl Into<String>, expected: impl Into<String>) -> Trouble {
        Trouble::Flaw {
            line: Some(self.number),
            byte: Some(self.offset),
            found: found.into(),
            expected: expected.into(),
        }
    }
}

const _: () = assert!(HEAD < LONGEST_LINE, "a first line may not be too long");
