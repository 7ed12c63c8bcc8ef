//! Word vectors in the formats of other programs.
//!
//! | format | written by | content |
//! |---|---|---|
//! | word2vec, binary | word2vec.c, gensim | a line `words dims`; then for each word its bytes, a space, little-endian f32 values, and perhaps a newline |
//! | word2vec, text | word2vec.c, gensim, fastText (`.vec`) | a line `words dims`; then for each word a line `word value ... value` |
//! | GloVe | GloVe | the same lines without the first |
//!
//! A file is recognised by its content, not by its name. finalfusion has
//! readers for these formats too, but they believe the header, and panic where
//! it lies. These here are strict: counts are checked against the size of the
//! file before anything is allocated, every value must be finite, every row as
//! long as the first one says, every word there once, and nothing may follow
//! the last row. A word that stands twice is refused rather than dropped: in a
//! file without a header it is the only sign that two files were joined.
//!
//! Rows are read one by one, so that the matrix is what takes memory.

mod binary;
mod text;

use std::io::{self, BufRead, Read};
use std::path::Path;

use rustc_hash::FxHashMap;

use crate::error::{Error, Place, Result};

/// How much of a file [`recognise`] wants to see, in bytes. The first line of a
/// file without a header must fit.
pub(super) const HEAD: u64 = 1 << 16;
/// How much of what follows the header tells text from binary values.
const TELLING: usize = 1 << 12;
/// No format has a limit; this one keeps the buffer of a row small.
const MOST_DIMS: u64 = 1 << 16;

/// A format of another program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// A header, then words and little-endian values.
    Binary,
    /// A header, then lines.
    Text,
    /// Lines.
    GloVe,
}

/// Words, and their rows one after the other.
#[derive(Debug, PartialEq)]
pub(super) struct Table {
    pub(super) words: Vec<String>,
    pub(super) rows: Vec<f32>,
    pub(super) dims: usize,
}

/// The numbers in the first line.
#[derive(Debug, Clone, Copy)]
struct Header {
    words: usize,
    dims: usize,
    /// Bytes of the line, with its end.
    length: u64,
}

/// What is wrong in a file, and where.
enum Trouble {
    Flaw {
        line: Option<u64>,
        byte: Option<u64>,
        found: String,
        expected: String,
    },
    Reading(io::Error),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Reading(error)
    }
}

type Checked<T> = std::result::Result<T, Trouble>;

/// The format of a file that begins so, when it is one of another program;
/// `head` is the whole file or its first [`HEAD`] bytes.
pub(super) fn recognise(head: &[u8]) -> Option<Format> {
    let line_end = head.iter().position(|&byte| byte == b'\n');
    if line_end.is_none() && head.len() as u64 >= HEAD {
        return None;
    }
    let (line, body) = match line_end {
        Some(end) => (&head[..end], &head[end + 1..]),
        None => (head, &head[head.len()..]),
    };
    let line = std::str::from_utf8(line).ok()?;
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    match fields.as_slice() {
        [words, dims] if is_count(words) && is_count(dims) => Some(match dims.parse() {
            Ok(dims) if text::begins_with_row(body, dims) => Format::Text,
            // The values of a tiny binary file may happen to be characters; that
            // its length fits to the byte is no accident.
            _ if (head.len() as u64) < HEAD && binary::read(&mut &*head, None).is_ok() => {
                Format::Binary
            }
            _ if is_text(&body[..body.len().min(TELLING)]) => Format::Text,
            _ => Format::Binary,
        }),
        // A word and one number is a list of counts, not of vectors.
        [_, values @ ..] if values.len() >= 2 => values
            .iter()
            .all(|value| value.parse::<f32>().is_ok())
            .then_some(Format::GloVe),
        _ => None,
    }
}

/// Reads a file of a format. `size` is its length where that is known: not of
/// a pipe.
///
/// # Errors
/// [`Error::Artifact`] when it is damaged, [`Error::Io`] when it cannot be
/// read.
pub(super) fn read(
    path: &Path,
    format: Format,
    input: &mut impl BufRead,
    size: Option<u64>,
) -> Result<Table> {
    let table = match format {
        Format::Binary => binary::read(input, size),
        Format::Text => text::read_with_header(input, size),
        Format::GloVe => text::read_without_header(input, size),
    };
    table
        .and_then(|table| each_word_once(format, table))
        .map_err(|trouble| match trouble {
            Trouble::Reading(error) => Error::io(path, "read", error),
            Trouble::Flaw {
                line,
                byte,
                found,
                expected,
            } => {
                let place = Place {
                    line,
                    byte,
                    ..Place::file(path)
                };
                Error::damaged(place.to_string(), found, expected).with_hint(
                    "the file is damaged or incomplete: restore it, or write it again with the \
                     program that made it",
                )
            }
        })
}

/// Reads the first line, and checks that so many rows can follow it: each takes
/// `row(dims)` bytes at least, and so does the last but for `spare` bytes.
fn header(
    input: &mut impl BufRead,
    size: Option<u64>,
    row: fn(u64) -> u64,
    spare: u64,
) -> Checked<Header> {
    let mut line = Vec::new();
    let length = input.take(HEAD).read_until(b'\n', &mut line)? as u64;
    let line = String::from_utf8_lossy(&line);
    let line = line.trim_ascii();
    let flaw = |found: String, expected: &str| Trouble::Flaw {
        line: Some(1),
        byte: None,
        found,
        expected: expected.to_owned(),
    };
    let numbers: Vec<u64> = line
        .split_ascii_whitespace()
        .filter_map(|field| field.parse().ok())
        .collect();
    let (words, dims) = match numbers.as_slice() {
        &[words, dims] if words > 0 && (1..=MOST_DIMS).contains(&dims) => (words, dims),
        _ => {
            return Err(flaw(
                format!("{line:?}"),
                "the number of words, and of dimensions up to 65536",
            ));
        }
    };
    if let Some(size) = size {
        let left = size.saturating_sub(length);
        let least = words.checked_mul(row(dims));
        if least.is_none_or(|least| least - spare > left) {
            return Err(flaw(
                format!("{words} words of {dims} dimensions"),
                &format!("as many as fit into the {left} bytes that follow"),
            ));
        }
    }
    let values = words.checked_mul(4 * dims);
    if values.is_none_or(|bytes| isize::try_from(bytes).is_err()) {
        return Err(flaw(
            format!("{words} words of {dims} dimensions"),
            "as many as fit into memory",
        ));
    }
    Ok(Header {
        words: words as usize,
        dims: dims as usize,
        length,
    })
}

/// An empty table with room for its rows. Where the size of the file is not
/// known, nothing vouches for the header, and room is made row by row.
///
/// # Errors
/// [`Trouble::Reading`] when the memory is not to be had: a file with holes may
/// be larger than any memory.
fn table(header: Header, size: Option<u64>) -> Checked<Table> {
    let mut table = Table {
        words: Vec::new(),
        rows: Vec::new(),
        dims: header.dims,
    };
    if size.is_some() {
        let reserved = (table.words.try_reserve_exact(header.words))
            .and_then(|()| table.rows.try_reserve_exact(header.words * header.dims));
        reserved.map_err(std::io::Error::from)?;
    }
    Ok(table)
}

fn each_word_once(format: Format, table: Table) -> Checked<Table> {
    let mut seen = FxHashMap::default();
    for (row, word) in table.words.iter().enumerate() {
        if let Some(first) = seen.insert(word.as_str(), row) {
            let (what, before) = match format {
                Format::Binary => ("word", 1),
                Format::Text => ("line", 2),
                Format::GloVe => ("line", 1),
            };
            return Err(Trouble::Flaw {
                line: (format != Format::Binary).then_some((row + before) as u64),
                byte: None,
                found: format!("{word:?} twice, first as {what} {}", first + before),
                expected: "each word once".to_owned(),
            });
        }
    }
    drop(seen);
    Ok(table)
}

fn is_count(field: &str) -> bool {
    field.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether these bytes, perhaps cut in the middle of a character, are text.
fn is_text(bytes: &[u8]) -> bool {
    let whole = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && bytes.len() == TELLING,
    };
    whole
        && !bytes
            .iter()
            .any(|&byte| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(bytes: &[u8], size: Option<u64>) -> Result<(Format, Table)> {
        let head = &bytes[..bytes.len().min(HEAD as usize)];
        let format = recognise(head).expect("a format");
        read(Path::new("v"), format, &mut &*bytes, size).map(|table| (format, table))
    }

    fn lines(table: &Table) -> Vec<u8> {
        let rows = table.rows.chunks(table.dims);
        let lines = table.words.iter().zip(rows).map(|(word, row)| {
            let values: String = row.iter().map(|value| format!(" {value}")).collect();
            format!("{word}{values}\n")
        });
        lines.collect::<String>().into_bytes()
    }

    fn with_header(table: &Table) -> Vec<u8> {
        let mut bytes = format!("{} {}\n", table.words.len(), table.dims).into_bytes();
        bytes.append(&mut lines(table));
        bytes
    }

    fn binary(table: &Table, row_end: &[u8]) -> Vec<u8> {
        let mut bytes = format!("{} {}\n", table.words.len(), table.dims).into_bytes();
        for (word, row) in table.words.iter().zip(table.rows.chunks(table.dims)) {
            bytes.extend(word.bytes().chain(*b" "));
            bytes.extend(row.iter().flat_map(|value| value.to_le_bytes()));
            bytes.extend(row_end);
        }
        bytes
    }

    fn tables() -> impl Strategy<Value = Table> {
        let value = proptest::num::f32::NORMAL | proptest::num::f32::ZERO;
        let word = "[a-zé0-9.,]{1,9}";
        (proptest::collection::btree_set(word, 1..7usize), 2..5usize)
            .prop_flat_map(move |(words, dims)| {
                let rows = proptest::collection::vec(value, words.len() * dims);
                (Just(words), rows, Just(dims))
            })
            .prop_map(|(words, rows, dims)| Table {
                words: words.into_iter().collect(),
                rows,
                dims,
            })
    }

    #[test]
    fn values_that_happen_to_be_characters_are_values() {
        for (word, bytes) in [(",é.", "gޞF況\0"), ("a", "abcdefgh")] {
            let rows: Vec<f32> = bytes
                .as_bytes()
                .chunks_exact(4)
                .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .collect();
            let table = Table {
                words: vec![word.to_owned()],
                dims: rows.len(),
                rows,
            };
            for end in [&b"\n"[..], b""] {
                let bytes = binary(&table, end);
                let (format, read) = parse(&bytes, None).unwrap();
                assert_eq!((format, &read), (Format::Binary, &table));
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(table in tables()) {
            for (format, bytes) in [
                (Format::Text, with_header(&table)),
                (Format::GloVe, lines(&table)),
                (Format::Binary, binary(&table, b"\n")),
                (Format::Binary, binary(&table, b"")),
            ] {
                // Of a pipe the size is not known.
                for size in [Some(bytes.len() as u64), None] {
                    let (found, read) = parse(&bytes, size).unwrap();
                    prop_assert_eq!(found, format);
                    prop_assert_eq!(&read, &table);
                }
            }
        }

        #[test]
        fn no_bytes_make_it_panic(
            start in "([0-9]{1,4} [0-9]{1,3}\n|[a-z]{1,2} 1 2\n)",
            bytes in proptest::collection::vec(any::<u8>(), 0..99),
        ) {
            let bytes = [start.as_bytes(), &bytes].concat();
            for size in [Some(bytes.len() as u64), None] {
                // Either answer will do, and what is read is whole.
                if let Ok((_, table)) = parse(&bytes, size) {
                    prop_assert_eq!(table.rows.len(), table.words.len() * table.dims);
                }
            }
        }
    }

    fn table() -> Table {
        Table {
            words: ["good", "bad", "2008"].map(str::to_owned).to_vec(),
            rows: vec![0.5, -1.25, 0.75, 2.0, 0.1, 1e-7],
            dims: 2,
        }
    }

    #[test]
    fn every_truncation_is_noticed_where_the_rows_are_counted() {
        // The last newline may be missing, and the last digits of a number are
        // missed by nobody.
        for (whole, least) in [
            (binary(&table(), b"\n"), 1),
            (with_header(&table()), b"0.0000001\n".len()),
        ] {
            assert!(parse(&whole, Some(whole.len() as u64)).is_ok());
            for length in b"3 2\n".len()..whole.len() - least {
                let cut = &whole[..length];
                assert!(parse(cut, Some(length as u64)).is_err(), "cut to {length}");
                assert!(parse(cut, None).is_err(), "cut to {length}, from a pipe");
            }
        }
    }

    #[test]
    fn damaged_files_are_explained() {
        let binary = binary(&table(), b"\n");
        let first_value = b"3 2\ngood ".len();
        let patched = |at: usize, with: &[u8]| {
            let mut bytes = binary.clone();
            bytes[at..at + with.len()].copy_from_slice(with);
            bytes
        };
        for (bytes, says) in [
            // The header.
            (&b"0 2\n"[..], &["line 1", "\"0 2\""][..]),
            (b"2 0\n\xff\xfe", &["line 1", "\"2 0\""]),
            (b"2 65537\n", &["line 1", "65536"]),
            (
                b"99999999999999999999 2\na 1 2\n",
                &["line 1", "99999999999999999999"],
            ),
            (
                b"4611686018427387904 4\na 1 2 3 4\n",
                &["4611686018427387904 words", "10 bytes"],
            ),
            (b"3 2\na 1 2\n", &["3 words of 2 dimensions", "6 bytes"]),
            (
                b"1000000 300\nword \0\0\0\0",
                &["1000000 words of 300 dimensions", "9 bytes"],
            ),
            // Text with a header.
            (
                b"2 2\na 0.25 0.5\n",
                &["line 3", "end of the file after 1 words"],
            ),
            (b"1 2\na 1 2\nb 1 2\n", &["line 3, byte 10", "more lines"]),
            (b"1 2\na 1 2\n\n", &["line 3", "more lines"]),
            (
                b"2 2\na 1 2\nbc 12\n",
                &["line 3, byte 10", "a row of 1 numbers"],
            ),
            (b"2 2\na 1 2\nb 1 2 3\n", &["line 3", "more than 2 numbers"]),
            (
                b"2 2\na 1 2\nb 1 x\n",
                &["line 3", "\"x\" in place of a number"],
            ),
            (b"2 2\na 1 2\nb 0,1 2\n", &["line 3", "\"0,1\""]),
            (b"2 2\na 1 2\nb  1 2\n", &["line 3", "more than 2 numbers"]),
            (b"2 2\na 1 2\n 1 22\n", &["line 3", "without a word"]),
            (b"2 2\na 1 2\n\nb 1 2\n", &["line 3", "a row of 0 numbers"]),
            (
                b"2 2\na 1 2\nb 1 nan\n",
                &["line 3", "nan, which is not a finite"],
            ),
            (b"2 2\na 1 2\nb 1e39 2\n", &["line 3", "1e39, which is not"]),
            (
                b"2 2\na 1 2\na 3 4\n",
                &["line 3", "\"a\" twice, first as line 2"],
            ),
            (b"2 2\na 1 2\nb\xff 1 2\n", &["line 3", "broken UTF-8"]),
            // Without a header.
            (b"a 1 2\nb 1\n", &["line 2, byte 6", "a row of 1 numbers"]),
            (b"a 1 2\nb 1 2 3\n", &["line 2", "more than 2 numbers"]),
            (
                b"a 1 2\nb inf 3\n",
                &["line 2", "inf, which is not a finite"],
            ),
            (b"a 1 nan\n", &["line 1", "nan, which is not a finite"]),
            (b"a 1 2\nb 1 2\na 1 2\n", &["line 3", "first as line 1"]),
            (b"a 1 2\n\n", &["line 2", "a row of 0 numbers"]),
            (b"a 1 2\nb\xff 1 2\n", &["line 2", "broken UTF-8"]),
            // Binary.
            (
                &binary[..binary.len() - 2],
                &["byte 36", "the end of the file in row 3"],
            ),
            (&[&binary[..], b"x"].concat(), &["byte 45", "more bytes"]),
            (
                &patched(first_value + 4, &f32::NAN.to_le_bytes()),
                &["byte 13", "not a finite number in row 1"],
            ),
            (
                &patched(first_value, &f32::INFINITY.to_le_bytes()),
                &["byte 9", "not a finite number in row 1"],
            ),
            (
                &patched(4, b"g\xffod"),
                &["byte 4", "broken UTF-8 in row 1"],
            ),
            (&patched(4, b" "), &["byte 4", "an empty word in row 1"]),
            (&patched(0, b"4"), &["the end of the file in row 4"]),
            (&patched(0, b"2"), &["more bytes"]),
            (&patched(2, b"1"), &["in row 2"]),
            (
                &[b"2 2\nx \0\0\0\0\0\0\0\0", &[b'y'; 9999][..]].concat(),
                &["byte 14", "a word without an end in row 2"],
            ),
            (
                b"2 2\nx \0\0\0\0\0\0\0\0x \0\0\0\0\0\0\0\0",
                &["\"x\" twice, first as word 1"],
            ),
        ] {
            let error = parse(bytes, Some(bytes.len() as u64)).unwrap_err();
            let shown = error.to_string();
            for part in says {
                assert!(shown.contains(part), "{part:?} is missing: {shown}");
            }
            assert!(matches!(error, Error::Artifact { damaged: true, .. }));
            assert!(error.hint().is_some(), "{shown} has no hint");
        }
    }

    #[test]
    fn what_other_programs_write_is_read() {
        for (bytes, format, words, dims) in [
            // word2vec.c and fastText end each line with a space.
            (
                &b"2 2\n</s> 0.1 0.2 \ngood 1 2 \n"[..],
                Format::Text,
                &["</s>", "good"][..],
                2,
            ),
            (b"1 1\r\ngood 1\r\n", Format::Text, &["good"], 1),
            (b"2 1\na\t1\nb\t2e-5", Format::Text, &["a", "b"], 1),
            (
                b", 0.1 -0.2\n. . . 1 2\n2008 1 2\nat name@domain.com 1 2\n",
                Format::GloVe,
                &[",", ". . .", "2008", "at name@domain.com"],
                2,
            ),
            (
                b"\xc2\xa0 1 2\n\xc2\x85 1 2",
                Format::GloVe,
                &["\u{a0}", "\u{85}"],
                2,
            ),
            (b"1 1\na \0\0\x80\x3f", Format::Binary, &["a"], 1),
        ] {
            let (found, table) = parse(bytes, Some(bytes.len() as u64)).unwrap();
            assert_eq!((found, table.dims), (format, dims));
            assert_eq!(table.words, words);
        }
    }

    #[test]
    fn other_files_are_not_taken_for_vectors() {
        for head in [
            &b""[..],
            b"It was great\n",
            b"good film\nbad film\n",
            b"the 1061396\nof 593677\n",
            b"word1\tword2\tscore\nman\tking\t8\n",
            b"man king 8\n",
            b"-3 2\n",
            b"3 2.5\n",
            b"FiFu\0\0\0\0\x02\0\0\0",
            b"\x1f\x8b\x08\0 1 2\n",
            b"{\"label\": 1}\n",
        ] {
            assert_eq!(recognise(head), None, "{head:?}");
        }
        let endless = [b"a".to_vec(), b" 1".repeat(HEAD as usize)].concat();
        assert_eq!(recognise(&endless[..HEAD as usize]), None);
    }
}
