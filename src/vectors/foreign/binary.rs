//! Rows as words and little-endian f32 values.
//!
//! word2vec.c ends each row with a newline, other programs do not; both are
//! read.

use std::io::{self, BufRead, Read};

use super::{Checked, Table, Trouble, header, table};

/// The longest word, in bytes. word2vec.c cuts words at 100; what is longer
/// than this are values, read from the wrong place on.
const LONGEST_WORD: u64 = 1 << 12;

pub(super) fn read(input: &mut impl BufRead, size: Option<u64>) -> Checked<Table> {
    // A letter, a space, the values.
    let header = header(input, size, |dims| 2 + 4 * dims, 0)?;
    let mut table = table(header, size)?;
    let mut at = header.length;
    let mut values = vec![0; 4 * header.dims];
    for row in 1..=header.words {
        let flaw = |byte: u64, found: String, expected: String| Trouble::Flaw {
            line: None,
            byte: Some(byte),
            found: format!("{found} in row {row}"),
            expected,
        };
        if row > 1 {
            at += skip_newline(input)?;
        }
        let (word, length) = word(input)?;
        table.words.push(word.map_err(|found| {
            flaw(
                at,
                found.to_owned(),
                format!("a word of at most {LONGEST_WORD} bytes and a space"),
            )
        })?);
        at += length;
        match input.read_exact(&mut values) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(flaw(
                    at,
                    "the end of the file".to_owned(),
                    format!("{} words, as the first line says", header.words),
                ));
            }
            Err(error) => return Err(error.into()),
        }
        for (place, bytes) in values.chunks_exact(4).enumerate() {
            let value = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            if !value.is_finite() {
                return Err(flaw(
                    at + 4 * place as u64,
                    "a value that is not a finite number".to_owned(),
                    "finite numbers".to_owned(),
                ));
            }
            table.rows.push(value);
        }
        at += values.len() as u64;
    }
    at += skip_newline(input)?;
    if !input.fill_buf()?.is_empty() {
        return Err(Trouble::Flaw {
            line: None,
            byte: Some(at),
            found: "more bytes".to_owned(),
            expected: format!("the end of the file after {} words", header.words),
        });
    }
    Ok(table)
}

/// A word up to the space behind it, or what stands there; and how many bytes
/// were read.
fn word(input: &mut impl BufRead) -> Checked<(Result<String, &'static str>, u64)> {
    let mut word = Vec::new();
    let length = input
        .by_ref()
        .take(LONGEST_WORD + 1)
        .read_until(b' ', &mut word)? as u64;
    let word = if word.pop() == Some(b' ') {
        match String::from_utf8(word) {
            Ok(word) if word.is_empty() => Err("an empty word"),
            Ok(word) => Ok(word),
            Err(_) => Err("broken UTF-8"),
        }
    } else if length > LONGEST_WORD {
        Err("a word without an end")
    } else {
        Err("the end of the file")
    };
    Ok((word, length))
}

/// Skips a newline, if there is one; returns the number of bytes skipped.
fn skip_newline(input: &mut impl BufRead) -> Checked<u64> {
    let found = input.fill_buf()?.first() == Some(&b'\n');
    input.consume(usize::from(found));
    Ok(u64::from(found))
}
