//! Rows as lines: `word value ... value`, the values as decimal numbers, a
//! space or a tab between them.
//!
//! A word may hold spaces (GloVe's largest vocabulary has ". . ." and a few
//! more), as long as what stands before its values is not a number too.

use std::io::{BufRead, Read};

use super::{Checked, HEAD, Header, Table, Trouble, header, table};

/// The longest line, in bytes: more than [`super::MOST_DIMS`] values take as
/// programs write them.
const LONGEST_LINE: u64 = 1 << 21;

/// Rows behind a line with their number and length.
pub(super) fn read_with_header(input: &mut impl BufRead, size: Option<u64>) -> Checked<Table> {
    // A letter; then a space and a digit for each value; a line end, which the
    // last row may lack.
    let header = header(input, size, |dims| 2 + 2 * dims, 1)?;
    let mut table = table(header, size)?;
    let mut lines = Lines::behind(input, 1, header.length);
    while table.words.len() < header.words {
        if !lines.next()? {
            return Err(lines.flaw(
                format!("the end of the file after {} words", table.words.len()),
                format!("{}, as the first line says", header.words),
            ));
        }
        lines.row_into(&mut table)?;
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
pub(super) fn read_without_header(input: &mut impl BufRead, size: Option<u64>) -> Checked<Table> {
    let mut lines = Lines::behind(input, 0, 0);
    lines.next()?;
    let length = lines.line.len().max(1);
    let dims = lines.text()?.split_ascii_whitespace().skip(1).count();
    // Room for as many rows of this length as the file can hold.
    let words = size.map_or(0, |size| size as usize / length + 1);
    let mut table = table(
        Header {
            words,
            dims,
            length: 0,
        },
        size,
    )?;
    loop {
        lines.row_into(&mut table)?;
        if !lines.next()? {
            table.rows.shrink_to_fit();
            return Ok(table);
        }
    }
}

/// Whether text begins with a row of this length.
pub(super) fn begins_with_row(body: &[u8], dims: usize) -> bool {
    let line = body.split(|&byte| byte == b'\n').next().unwrap_or(body);
    // No row has more values than the bytes of its line.
    dims <= line.len()
        && std::str::from_utf8(line).is_ok_and(|line| row(line, dims, &mut Vec::new()).is_ok())
}

/// Appends the values of a row, and returns its word; else what was found in
/// place of such a row.
fn row<'l>(line: &'l str, dims: usize, values: &mut Vec<f32>) -> Result<&'l str, String> {
    let first = values.len();
    let mut rest = line.trim_ascii_end();
    // From the end, where the word is not.
    for count in 0..dims {
        let Some((before, field)) = split_last(rest) else {
            return Err(format!("a row of {count} numbers"));
        };
        match field.parse::<f32>() {
            Ok(value) if value.is_finite() => values.push(value),
            Ok(_) => return Err(format!("{field}, which is not a finite number")),
            Err(_) => return Err(format!("{field:?} in place of a number")),
        }
        rest = before;
    }
    values[first..].reverse();
    match split_last(rest) {
        Some((_, last)) if last.is_empty() || last.parse::<f32>().is_ok() => {
            Err(format!("a row of more than {dims} numbers"))
        }
        None if rest.is_empty() => Err("a row without a word".to_owned()),
        _ => Ok(rest),
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

    fn row_into(&self, table: &mut Table) -> Checked<()> {
        let word = row(self.text()?, table.dims, &mut table.rows)
            .map_err(|found| self.flaw(found, format!("a word and {} numbers", table.dims)))?;
        table.words.push(word.to_owned());
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
