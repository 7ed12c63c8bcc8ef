//! Rows as words and little-endian f32 values.
//!
//! word2vec.c ends each row with a newline, other programs do not; both are
//! read.

use std::io::{self, BufRead, Read};

use super::header::Header;
use super::{Checked, Cleaned, Table, Trouble};

/// The longest word, in bytes. word2vec.c cuts words at 100; what is longer
/// than this are values, read from the wrong place on.
const LONGEST_WORD: u64 = 1 << 12;

pub(super) fn read(
    input: &mut impl BufRead,
    size: Option<u64>,
    cleaned: &mut Option<Cleaned>,
) -> Checked<Table> {
    // A letter, a space, the values.
    let header = Header::read(input, size, |dims| 2 + 4 * dims, 0)?;
    let mut table = Table::with_room(header.dims, size.map(|_| header.words))?;
    let mut at = header.length;
    let mut values = vec![0; 4 * header.dims];
    for row in 1..=header.words {
        let flaw = |byte: u64, found: &str, expected: String| {
            Trouble::at(byte, format!("{found} in row {row}"), expected)
        };
        if row > 1 {
            at += skip_newline(input)?;
        }
        let (word, length) = word(input)?;
        let (word_at, values_at) = (at, at + length);
        let word = match (word, &mut *cleaned) {
            (Ok(word), _) => Some(word),
            (Err(Bad::Word(_)), Some(cleaned)) => {
                cleaned.malformed += 1;
                None
            }
            (Err(Bad::Word(found) | Bad::File(found)), _) => {
                return Err(flaw(
                    word_at,
                    found,
                    format!("a word of at most {LONGEST_WORD} bytes and a space"),
                ));
            }
        };
        match input.read_exact(&mut values) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(flaw(
                    values_at,
                    "the end of the file",
                    format!("{} words, as the first line says", header.words),
                ));
            }
            Err(error) => return Err(error.into()),
        }
        at = values_at + values.len() as u64;
        let Some(word) = word else { continue };
        let start = table.rows.len();
        table.rows.extend(
            values
                .chunks_exact(4)
                .map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])),
        );
        let bad = table.rows[start..]
            .iter()
            .position(|value| !value.is_finite());
        match (bad, &mut *cleaned) {
            (None, _) => table.words.push(word),
            (Some(_), Some(cleaned)) => {
                cleaned.not_finite += 1;
                table.rows.truncate(start);
            }
            (Some(place), None) => {
                return Err(flaw(
                    values_at + 4 * place as u64,
                    "a value that is not a finite number",
                    "finite numbers".to_owned(),
                ));
            }
        }
    }
    at += skip_newline(input)?;
    if !input.fill_buf()?.is_empty() {
        return Err(Trouble::at(
            at,
            "more bytes",
            format!("the end of the file after {} words", header.words),
        ));
    }
    Ok(table)
}

/// What stands in place of a word.
enum Bad {
    /// A word that cannot be one, with its space.
    Word(&'static str),
    /// Nothing after which the file could be read on.
    File(&'static str),
}

/// A word up to the space behind it, or what stands there; and how many bytes
/// were read.
fn word(input: &mut impl BufRead) -> Checked<(Result<String, Bad>, u64)> {
    let mut word = Vec::new();
    let length = input
        .by_ref()
        .take(LONGEST_WORD + 1)
        .read_until(b' ', &mut word)? as u64;
    let word = if word.pop() == Some(b' ') {
        match String::from_utf8(word) {
            Ok(word) if word.is_empty() => Err(Bad::Word("an empty word")),
            Ok(word) => Ok(word),
            Err(_) => Err(Bad::Word("broken UTF-8")),
        }
    } else if length > LONGEST_WORD {
        Err(Bad::File("a word without an end"))
    } else {
        Err(Bad::File("the end of the file"))
    };
    Ok((word, length))
}

/// Skips a newline, if there is one; returns the number of bytes skipped.
fn skip_newline(input: &mut impl BufRead) -> Checked<u64> {
    let found = input.fill_buf()?.first() == Some(&b'\n');
    input.consume(usize::from(found));
    Ok(u64::from(found))
}
