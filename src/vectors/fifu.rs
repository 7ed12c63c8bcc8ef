//! Checks a finalfusion file before it is believed.
//!
//! The format (all numbers little-endian): the magic `FiFu`, a version (u32,
//! 0), the number of chunks (u32) and their kinds (u32 each); then the chunks,
//! each a kind (u32), a length in bytes (u64) and its content:
//!
//! | kind | content |
//! |---|---|
//! | 5, metadata | TOML text |
//! | 1, vocabulary | number of words (u64), then each a length (u32) and UTF-8 bytes |
//! | 3, subword vocabulary | number of words (u64), shortest and longest n-gram and bucket bits (u32 each), words as above |
//! | 2, matrix | rows (u64), columns (u32), value type (u32, 10 is f32), padding, rows |
//! | 6, norms | number (u64), value type (u32), padding, norms |
//!
//! With a subword vocabulary the matrix has a row for each of the 2^bits buckets
//! after those of the words.
//!
//! Padding brings the next byte to a multiple of four, and is four bytes where
//! it already is one. Every number is checked against the bytes that are
//! there, so that nothing is allocated on the word of a header.

use std::ops::Range;

use rustc_hash::FxHashSet;

use super::subwords::{LONGEST, MOST_BITS, NGrams};

const METADATA: u32 = 5;
const VOCABULARY: u32 = 1;
const MATRIX: u32 = 2;
const SUBWORDS: u32 = 3;
const NORMS: u32 = 6;
const F32: u32 = 10;

/// What a checked file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// The metadata's bytes.
    pub(super) metadata: Option<Range<usize>>,
    /// Words: the first rows of the matrix.
    pub(super) words: usize,
    /// Which n-grams have the rows that follow.
    pub(super) ngrams: Option<NGrams>,
    /// Columns of the matrix.
    pub(super) dims: usize,
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) byte: usize,
    pub(super) found: String,
    pub(super) expected: String,
    /// The file is sound, but of a kind that is not read.
    pub(super) unsupported: bool,
}

type Checked<T> = std::result::Result<T, Flaw>;

/// Checks the whole file: structure, sizes, words, finite values.
pub(super) fn check(bytes: &[u8]) -> Checked<Layout> {
    let mut cursor = Cursor { bytes, at: 0 };
    if cursor.take(4, "the magic FiFu")? != b"FiFu" {
        return Err(cursor.flaw_at(0, "another kind of file", "the magic FiFu"));
    }
    let version = cursor.u32("the format's version")?;
    if version != 0 {
        return Err(Flaw {
            unsupported: true,
            ..cursor.flaw_at(4, format!("format version {version}"), "version 0")
        });
    }
    let kinds = cursor.u32("the number of chunks")?;
    if kinds > 4 {
        return Err(cursor.flaw_at(8, format!("{kinds} chunks"), "two to four"));
    }
    let kinds = (0..kinds)
        .map(|_| cursor.u32("a chunk's kind"))
        .collect::<Checked<Vec<_>>>()?;
    let known = matches!(
        kinds.as_slice(),
        [METADATA, VOCABULARY | SUBWORDS, MATRIX, NORMS]
            | [METADATA, VOCABULARY | SUBWORDS, MATRIX]
            | [VOCABULARY | SUBWORDS, MATRIX, NORMS]
            | [VOCABULARY | SUBWORDS, MATRIX]
    );
    if !known {
        let names: Vec<_> = kinds.iter().map(|&kind| name(kind)).collect();
        return Err(Flaw {
            unsupported: kinds.iter().any(|kind| matches!(kind, 4 | 7 | 8 | 9)),
            ..cursor.flaw_at(
                12,
                format!("the chunks {}", names.join(", ")),
                "a vocabulary (plain, or with buckets of n-grams) and an f32 matrix (not quantised)",
            )
        });
    }

    let mut layout = Layout {
        metadata: None,
        words: 0,
        ngrams: None,
        dims: 0,
    };
    for kind in kinds {
        let start = cursor.at;
        let found = cursor.u32("a chunk's kind")?;
        if found != kind {
            return Err(cursor.flaw_at(start, name(found), name(kind)));
        }
        let length = cursor.u64("a chunk's length")?;
        let content = cursor.at;
        match kind {
            METADATA => {
                let text = cursor.take(length, "the metadata")?;
                if std::str::from_utf8(text).is_err() {
                    return Err(cursor.flaw_at(content, "broken UTF-8", "TOML text"));
                }
                layout.metadata = Some(content..cursor.at);
            }
            VOCABULARY | SUBWORDS => {
                (layout.words, layout.ngrams) = vocabulary(&mut cursor, kind)?;
            }
            MATRIX => layout.dims = matrix(&mut cursor, &layout)?,
            _ => norms(&mut cursor, layout.words)?,
        }
        let read = (cursor.at - content) as u64;
        // Writers differ in how they count the padding.
        if length.abs_diff(read) > 4 || (matches!(kind, VOCABULARY | SUBWORDS) && length != read) {
            return Err(cursor.flaw_at(
                start + 4,
                format!("a chunk length of {length}"),
                format!("{read}, which is what the chunk holds"),
            ));
        }
    }
    if cursor.at != bytes.len() {
        return Err(cursor.flaw_at(
            cursor.at,
            format!("{} more bytes", bytes.len() - cursor.at),
            "the end of the file",
        ));
    }
    Ok(layout)
}

fn vocabulary(cursor: &mut Cursor<'_>, kind: u32) -> Checked<(usize, Option<NGrams>)> {
    let start = cursor.at;
    let words = cursor.u64("the number of words")?;
    // Each word takes four bytes at least.
    if words == 0 || words > (cursor.left() / 4) as u64 {
        return Err(cursor.flaw_at(
            start,
            format!("{words} words"),
            format!(
                "as many as fit into the {} bytes that follow",
                cursor.left()
            ),
        ));
    }
    let ngrams = match kind {
        SUBWORDS => Some(ngrams(cursor)?),
        _ => None,
    };
    let mut seen = FxHashSet::default();
    for _ in 0..words {
        let at = cursor.at;
        let length = cursor.u32("a word's length")?;
        let word = cursor.take(u64::from(length), "a word")?;
        let Ok(word) = std::str::from_utf8(word) else {
            return Err(cursor.flaw_at(at, "broken UTF-8", "a word"));
        };
        if !seen.insert(word) {
            return Err(cursor.flaw_at(at, format!("the word {word:?} twice"), "each word once"));
        }
    }
    Ok((words as usize, ngrams))
}

fn ngrams(cursor: &mut Cursor<'_>) -> Checked<NGrams> {
    let start = cursor.at;
    let ngrams = NGrams {
        min_n: cursor.u32("the shortest n-gram")? as usize,
        max_n: cursor.u32("the longest n-gram")? as usize,
        bucket_bits: cursor.u32("the number of buckets")? as usize,
    };
    if ngrams.check().is_err() {
        let NGrams { min_n, max_n, .. } = ngrams;
        return Err(cursor.flaw_at(
            start,
            format!(
                "n-grams of {min_n} to {max_n} characters in 2^{} buckets",
                ngrams.bucket_bits
            ),
            format!(
                "1 to {LONGEST} characters, the shortest first, and 2^1 to 2^{MOST_BITS} buckets"
            ),
        ));
    }
    Ok(ngrams)
}

fn matrix(cursor: &mut Cursor<'_>, layout: &Layout) -> Checked<usize> {
    let start = cursor.at;
    let rows = cursor.u64("the number of rows")?;
    let (expected, whose) = match layout.ngrams {
        None => (layout.words, "word"),
        Some(ngrams) => (layout.words + ngrams.buckets(), "word and bucket"),
    };
    if rows != expected as u64 {
        return Err(cursor.flaw_at(
            start,
            format!("{rows} rows"),
            format!("{expected}, one for each {whose}"),
        ));
    }
    let columns = cursor.u32("the number of columns")?;
    if columns == 0 {
        return Err(cursor.flaw_at(start + 8, "vectors without components", "at least one"));
    }
    cursor.floats(rows.checked_mul(u64::from(columns)))?;
    Ok(columns as usize)
}

fn norms(cursor: &mut Cursor<'_>, words: usize) -> Checked<()> {
    let start = cursor.at;
    let count = cursor.u64("the number of norms")?;
    if count != words as u64 {
        return Err(cursor.flaw_at(
            start,
            format!("{count} norms"),
            format!("{words}, one for each word"),
        ));
    }
    cursor.floats(Some(count))
}

fn name(kind: u32) -> String {
    match kind {
        1 => "vocabulary".to_owned(),
        2 => "matrix".to_owned(),
        3 => "subword vocabulary".to_owned(),
        7 => "fastText's subword vocabulary".to_owned(),
        8 => "explicit subword vocabulary".to_owned(),
        9 => "floret's subword vocabulary".to_owned(),
        4 => "quantised matrix".to_owned(),
        5 => "metadata".to_owned(),
        6 => "norms".to_owned(),
        other => format!("kind {other}"),
    }
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    fn take(&mut self, length: u64, what: &str) -> Checked<&'a [u8]> {
        match usize::try_from(length) {
            Ok(length) if length <= self.left() => {
                let taken = &self.bytes[self.at..self.at + length];
                self.at += length;
                Ok(taken)
            }
            _ => Err(Flaw {
                byte: self.at,
                found: format!("the end of the file after {} bytes", self.left()),
                expected: format!("{length} bytes for {what}"),
                unsupported: false,
            }),
        }
    }

    fn u32(&mut self, what: &str) -> Checked<u32> {
        let bytes = self.take(4, what)?;
        Ok(bytes
            .iter()
            .rev()
            .fold(0, |sum, &byte| sum << 8 | u32::from(byte)))
    }

    fn u64(&mut self, what: &str) -> Checked<u64> {
        let bytes = self.take(8, what)?;
        Ok(bytes
            .iter()
            .rev()
            .fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
    }

    /// A value type, padding, and `count` finite f32 values.
    fn floats(&mut self, count: Option<u64>) -> Checked<()> {
        let at = self.at;
        let kind = self.u32("the type of the values")?;
        if kind != F32 {
            return Err(self.flaw_at(at, format!("values of type {kind}"), "type 10 (f32)"));
        }
        self.take(4 - self.at as u64 % 4, "padding")?;
        let start = self.at;
        let bytes = count
            .and_then(|count| count.checked_mul(4))
            .unwrap_or(u64::MAX);
        let values = self.take(bytes, "the values")?;
        let bad = values.chunks_exact(4).position(|value| {
            let bits = u32::from_le_bytes([value[0], value[1], value[2], value[3]]);
            !f32::from_bits(bits).is_finite()
        });
        match bad {
            Some(bad) => Err(self.flaw_at(
                start + 4 * bad,
                "a value that is not a finite number",
                "finite numbers",
            )),
            None => Ok(()),
        }
    }

    fn flaw_at(&self, byte: usize, found: impl Into<String>, expected: impl Into<String>) -> Flaw {
        Flaw {
            byte,
            found: found.into(),
            expected: expected.into(),
            unsupported: false,
        }
    }
}
