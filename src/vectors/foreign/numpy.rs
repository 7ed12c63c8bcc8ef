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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn array(descr: &str, fortran: bool, shape: &str, values: &[u8]) -> Vec<u8> {
        let order = if fortran { "True" } else { "False" };
        let header =
            format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
        with_header(&header, values)
    }

    fn with_header(header: &str, values: &[u8]) -> Vec<u8> {
        let length = (header.len() as u16).to_le_bytes();
        [MAGIC, b"\x01\0", &length, header.as_bytes(), values].concat()
    }

    fn floats(values: &[f32]) -> Vec<u8> {
        values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect()
    }

    fn read_both(bytes: &[u8], words: &[u8], clean: bool) -> Result<Table> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("v.txt"), words).unwrap();
        let path = folder.path().join("v.npy");
        let mut cleaned = clean.then(Cleaned::default);
        // Of a pipe the size is not known; the answer is the same, in other words.
        let piped = read(&path, &mut &*bytes, None, &mut cleaned.clone());
        let known = read(&path, &mut &*bytes, Some(bytes.len() as u64), &mut cleaned);
        assert_eq!(piped.is_ok(), known.is_ok());
        known
    }

    #[test]
    fn every_type_and_order_of_values() {
        let values = [1.0_f32, -2.5, 3.0, 0.25, 5.0, -0.0];
        let bytes = |each: fn(f32) -> Vec<u8>, order: [usize; 6]| {
            order
                .into_iter()
                .flat_map(|at| each(values[at]))
                .collect::<Vec<u8>>()
        };
        let (rows, columns) = ([0, 1, 2, 3, 4, 5], [0, 2, 4, 1, 3, 5]);
        let half = |value: f32| match value.to_bits() {
            0x3f80_0000 => vec![0, 0x3c],
            0xc020_0000 => vec![0, 0xc1],
            0x4040_0000 => vec![0, 0x42],
            0x3e80_0000 => vec![0, 0x34],
            0x40a0_0000 => vec![0, 0x45],
            _ => vec![0, 0x80],
        };
        for (descr, fortran, values_of) in [
            ("<f4", false, bytes(|v| v.to_le_bytes().to_vec(), rows)),
            (">f4", false, bytes(|v| v.to_be_bytes().to_vec(), rows)),
            (
                "<f8",
                false,
                bytes(|v| f64::from(v).to_le_bytes().to_vec(), rows),
            ),
            (
                ">f8",
                true,
                bytes(|v| f64::from(v).to_be_bytes().to_vec(), columns),
            ),
            ("<f4", true, bytes(|v| v.to_le_bytes().to_vec(), columns)),
            ("<f2", false, bytes(half, rows)),
        ] {
            let bytes = array(descr, fortran, "(3, 2)", &values_of);
            let table = read_both(&bytes, "a\nb c\r\nö".as_bytes(), false).unwrap();
            assert_eq!(table.words, ["a", "b c", "ö"]);
            assert_eq!(
                (table.rows.as_slice(), table.dims),
                (&values[..], 2),
                "{descr} {fortran}"
            );
        }
    }

    #[test]
    fn halves() {
        for (bits, value) in [
            (0x0001, 2f32.powi(-24)),
            (0x03ff, 1023.0 * 2f32.powi(-24)),
            (0x0400, 2f32.powi(-14)),
            (0x3555, 0.333_251_95),
            (0x7bff, 65504.0),
            (0xfc00, f32::NEG_INFINITY),
        ] {
            assert_eq!(half(bits), value, "{bits:x}");
        }
        assert!(half(0x7c01).is_nan());
    }

    /// What numpy writes, and what it would read.
    #[test]
    fn headers_are_dictionaries() {
        let expected = Header {
            width: 4,
            big_endian: false,
            fortran: false,
            rows: 3,
            dims: 2,
        };
        for header in [
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }          \n",
            "{\"shape\":(3,2),\"fortran_order\":False,\"descr\":\"<f4\"}",
            "{'shape': (3, 2,) , 'descr': '<f4' , 'fortran_order':False,}",
        ] {
            assert_eq!(parse(header.as_bytes(), 10).unwrap(), expected);
        }
    }

    #[test]
    fn every_truncation_is_refused() {
        let whole = array("<f4", false, "(2, 2)", &floats(&[1.0, 2.0, 3.0, 4.0]));
        assert!(read_both(&whole, b"a\nb", false).is_ok());
        for length in 0..whole.len() {
            assert!(
                read_both(&whole[..length], b"a\nb", false).is_err(),
                "{length}"
            );
        }
    }

    #[test]
    fn what_does_not_fit_is_explained() {
        let two = floats(&[1.0, 2.0, 3.0, 4.0]);
        let array = |descr: &str, shape: &str| array(descr, false, shape, &two);
        let sound = || array("<f4", "(2, 2)");
        let with = |header: &str| with_header(header, &two);
        let nan = self::array(
            "<f4",
            true,
            "(2, 2)",
            &floats(&[1.0, 2.0, f32::INFINITY, 4.0]),
        );
        for (bytes, words, says) in [
            (b"\x93NUMPZ\x01\0".to_vec(), "a\nb", "another kind of file"),
            ([MAGIC, b"\x04\0"].concat(), "a\nb", "version 4"),
            (
                [MAGIC, b"\x01\0\xff\xff{"].concat(),
                "a\nb",
                "a header of 65535 bytes",
            ),
            (
                [MAGIC, b"\x02\0\xff\xff\xff\xff{"].concat(),
                "a\nb",
                "a header of 4294967295 bytes",
            ),
            (with("shape"), "a\nb", "not a dictionary"),
            (
                with("{'descr': '<f4' 'shape': (2, 2)}"),
                "a\nb",
                "not a dictionary",
            ),
            (
                with("{'descr': '<f4', 'fortran_order': False}"),
                "a\nb",
                "the shape nothing",
            ),
            (
                with("{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 2)}"),
                "a\nb",
                "'fortran_order': 0",
            ),
            (
                with("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (2, 2)}"),
                "a\nb",
                "not a dictionary",
            ),
            (array("<i8", "(2, 2)"), "a\nb", "values of the type '<i8'"),
            (array("|O", "(2, 2)"), "a\nb", "values of the type '|O'"),
            (array("<f4", "(4,)"), "a\nb", "the shape (4,)"),
            (array("<f4", "(2, 2, 1)"), "a\nb", "the shape (2, 2, 1)"),
            (array("<f4", "(0, 2)"), "a\nb", "the shape (0, 2)"),
            (array("<f4", "(2, -2)"), "a\nb", "the shape (2, -2)"),
            (array("<f4", "(2, 70000)"), "a\nb", "up to 65536"),
            (array("<f4", "(3, 2)"), "a\nb", "the shape (3, 2)"),
            (array("<f4", "(1, 2)"), "a", "more bytes"),
            (
                array("<f4", "(4611686018427387904, 2)"),
                "a\nb",
                "the 16 bytes that follow",
            ),
            (
                array("<f4", "(99999999999999999999, 2)"),
                "a\nb",
                "the shape",
            ),
            (sound(), "a", "v.txt: found 1 lines, expected 2"),
            (sound(), "a\nb\nc\n", "v.txt: found 3 lines"),
            (sound(), "a\n\n", "v.txt, line 2: found an empty line"),
            (
                sound(),
                "a\na",
                "v.txt, line 2: found \"a\" twice, first as line 1",
            ),
            (
                nan.clone(),
                "a\nb",
                "byte 77: found a value that is not a finite number in row 1",
            ),
        ] {
            let error = read_both(&bytes, words.as_bytes(), false).unwrap_err();
            let shown = error.to_string();
            assert!(shown.contains(says), "{says:?} is missing: {shown}");
            assert!(error.hint().is_some(), "{shown} has no hint");
        }
        let error = read_both(&sound(), b"a\n\xff", false).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("v.txt, line 2: found broken UTF-8"),
            "{error}"
        );
        assert_eq!(read_both(&nan, b"a\nb", true).unwrap().words, ["b"]);
        assert_eq!(read_both(&sound(), b"a\na", true).unwrap().rows, [1.0, 2.0]);
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(header in "[{}()',:a-f0-9< ]{0,60}|\\PC{0,40}", values in proptest::collection::vec(any::<u8>(), 0..40)) {
            let bytes = with_header(&header, &values);
            if let Ok(table) = read_both(&bytes, b"a\nb", false) {
                prop_assert_eq!(table.rows.len(), 2 * table.dims);
            }
        }
    }
}
