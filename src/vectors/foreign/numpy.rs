//! numpy's `.npy`: a matrix, and the words of its rows in a text file beside it.
//!
//! The magic `\x93NUMPY`, the format's version (two bytes), the length of the
//! header (u16, from version 2 on u32), the header, which is a Python dictionary:
//!
//! ```text
//! {'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }
//! ```
//!
//! and the values, row after row, or in Fortran's order column after column.

use std::io::BufRead;
use std::path::Path;

use super::source::Source;
use super::{Checked, Cleaned, MOST_DIMS, Table, Trouble};
use crate::error::{Error, Result};
use crate::vectors::formats::Format;

/// The first bytes.
pub(super) const MAGIC: &[u8] = b"\x93NUMPY";
/// The longest header, in bytes. numpy's own limit is 10,000.
const LONGEST_HEADER: u64 = 1 << 16;

/// A matrix as it is stored.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Header {
    /// Bytes of a value, which is an IEEE float: 2, 4, 8.
    width: usize,
    big_endian: bool,
    fortran: bool,
    rows: usize,
    dims: usize,
}

pub(super) fn read(
    path: &Path,
    input: &mut impl BufRead,
    size: Option<u64>,
    cleaned: &mut Option<Cleaned>,
) -> Result<Table> {
    let in_file = |trouble: Trouble| trouble.in_file(path);
    let (header, start, rows) = matrix(input, size).map_err(in_file)?;
    let beside = Format::Numpy.companion(path).unwrap_or_default();
    let words = words(path, &beside)?;
    if words.len() != header.rows {
        return Err(Error::damaged(
            beside.display().to_string(),
            format!("{} lines", words.len()),
            format!("{}, a word for each row of {}", header.rows, path.display()),
        )
        .with_hint("the words must be those that the matrix was written with, one a line"));
    }
    let mut table = Table {
        words,
        rows,
        dims: header.dims,
        ..Table::default()
    };
    table.each_value_finite(cleaned).map_err(|value| {
        let (row, column) = (value / header.dims, value % header.dims);
        let place = match header.fortran {
            true => column * header.rows + row,
            false => value,
        };
        in_file(Trouble::at(
            start + (place * header.width) as u64,
            format!("a value that is not a finite number in row {}", row + 1),
            "finite numbers",
        ))
    })?;
    table
        .each_word_once(("line", 1), cleaned)
        .map_err(|trouble| trouble.in_file(&beside))
}

/// The words, one a line.
fn words(matrix: &Path, path: &Path) -> Result<Vec<String>> {
    let unreadable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::artifact(
            matrix.display().to_string(),
            "a matrix without words",
            format!("its words beside it, one a line, in {}", path.display()),
        )
        .with_hint("write the words of the rows into that file, in their order"),
        _ => Error::io(path, "read", error),
    };
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let flaw = |line: usize, found: &str| {
        Trouble::in_line(line as u64, found, "a word on each line").in_file(path)
    };
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        flaw(line, "broken UTF-8")
    })?;
    let mut words = Vec::new();
    for (line, word) in text.split_terminator('\n').enumerate() {
        let word = word.strip_suffix('\r').unwrap_or(word);
        if word.is_empty() {
            return Err(flaw(line + 1, "an empty line"));
        }
        words.push(word.to_owned());
    }
    Ok(words)
}

/// The matrix row after row, and where in the file its values start.
fn matrix<R: BufRead>(input: &mut R, size: Option<u64>) -> Checked<(Header, u64, Vec<f32>)> {
    let mut source = Source::new(input, size);
    if source.bytes::<6>("numpy's magic")? != MAGIC {
        return Err(Trouble::at(
            0,
            "another kind of file",
            "a numpy array (.npy)",
        ));
    }
    let [version, _] = source.bytes("the format's version")?;
    let length = match version {
        1 => u64::from(u16::from_le_bytes(source.bytes("the header's length")?)),
        2 | 3 => u64::from(u32::from_le_bytes(source.bytes("the header's length")?)),
        _ => {
            return Err(Trouble::Unsupported {
                found: format!("version {version} of numpy's format"),
                expected: "version 1, 2 or 3".to_owned(),
            });
        }
    };
    let start = source.at;
    if length > LONGEST_HEADER {
        return Err(Trouble::at(
            8,
            format!("a header of {length} bytes"),
            format!("at most {LONGEST_HEADER}"),
        ));
    }
    source.promises(Some(length), 8, || format!("a header of {length} bytes"))?;
    let mut header = vec![0; length as usize];
    source.fill(&mut header, "the header")?;
    let header = parse(&header, start)?;
    let Header {
        width, rows, dims, ..
    } = header;
    let bytes = (rows as u64)
        .checked_mul(dims as u64)
        .and_then(|values| values.checked_mul(width as u64));
    source.promises(bytes, start, || format!("the shape ({rows}, {dims})"))?;
    let values_at = source.at;
    let value = |bytes: &[u8]| value(bytes, header.big_endian);
    let values = source.values(rows * dims, width, "the values", value)?;
    source.end("the values")?;
    let values = match header.fortran {
        true => {
            let place = |at: usize| (at % dims) * rows + at / dims;
            (0..values.len()).map(|at| values[place(at)]).collect()
        }
        false => values,
    };
    Ok((header, values_at, values))
}

/// A value of two, four or eight bytes.
fn value(bytes: &[u8], big_endian: bool) -> f32 {
    let bits = |bits: u64, &byte: &u8| bits << 8 | u64::from(byte);
    let bits = match big_endian {
        true => bytes.iter().fold(0, bits),
        false => bytes.iter().rev().fold(0, bits),
    };
    match bytes.len() {
        2 => half(bits as u16),
        4 => f32::from_bits(bits as u32),
        _ => f64::from_bits(bits) as f32,
    }
}

/// A float of 16 bits: a sign, five bits of exponent, ten of fraction.
pub(super) fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023));
    sign * match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * 2f32.powi(exponent - 25),
    }
}

fn parse(header: &[u8], start: u64) -> Checked<Header> {
    let flaw = |found: String, expected: &str| Err(Trouble::at(start, found, expected));
    let Some(fields) = std::str::from_utf8(header).ok().and_then(fields) else {
        return flaw(
            "a header that is not a dictionary".to_owned(),
            "'descr', 'fortran_order' and 'shape'",
        );
    };
    let field = |name: &str| {
        let mut named = fields.iter().filter(|(key, _)| *key == name);
        match (named.next(), named.next()) {
            (Some((_, value)), None) => *value,
            _ => "nothing",
        }
    };
    let (kind, order, shape) = (field("descr"), field("fortran_order"), field("shape"));
    let (big_endian, width) = match kind.trim_matches(['\'', '"']) {
        "<f2" => (false, 2),
        "<f4" => (false, 4),
        "<f8" => (false, 8),
        ">f2" => (true, 2),
        ">f4" => (true, 4),
        ">f8" => (true, 8),
        _ => {
            return flaw(
                format!("values of the type {kind}"),
                "floats: '<f4', '<f8' or '<f2'",
            );
        }
    };
    let fortran = match order {
        "True" => true,
        "False" => false,
        other => return flaw(format!("'fortran_order': {other}"), "True or False"),
    };
    let numbers: Option<Vec<u64>> = shape
        .strip_prefix('(')
        .and_then(|shape| shape.strip_suffix(')'))
        .map(|shape| shape.trim().trim_end_matches(','))
        .and_then(|shape| {
            shape
                .split(',')
                .map(|number| number.trim().parse().ok())
                .collect()
        });
    match numbers.as_deref() {
        Some(&[rows, dims]) if rows > 0 && (1..=MOST_DIMS).contains(&dims) => Ok(Header {
            width,
            big_endian,
            fortran,
            rows: usize::try_from(rows).unwrap_or(usize::MAX),
            dims: dims as usize,
        }),
        _ => flaw(
            format!("the shape {shape}"),
            "two numbers: of words, and of dimensions up to 65536",
        ),
    }
}

/// The keys and values of a dictionary whose keys are strings, and whose values
/// are strings, tuples or single words. Nothing else stands in such a header.
fn fields(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut rest = text.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let quote = rest.chars().next().filter(|quote| "'\"".contains(*quote))?;
        let (key, after) = rest[1..].split_once(quote)?;
        let after = after.trim_start().strip_prefix(':')?.trim_start();
        let end = match after.chars().next()? {
            '(' => after.find(')')? + 1,
            quote @ ('\'' | '"') => after[1..].find(quote)? + 2,
            _ => after.find(',').unwrap_or(after.len()),
        };
        let (value, after) = after.split_at(end);
        fields.push((key, value.trim()));
        let after = after.trim_start();
        rest = match after.strip_prefix(',') {
            Some(after) => after.trim_start(),
            None if after.is_empty() => after,
            None => return None,
        };
    }
    Some(fields)
}

#[cfg(test)]
mod tests;
