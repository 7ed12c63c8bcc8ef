//! Rows behind their words: word2vec's formats and GloVe's.

use std::io::{self, Write};

use crate::vectors::WordVectors;
use crate::vectors::formats::Format;

/// Longer words are taken for values by readers of the binary format.
const LONGEST_WORD: usize = 1 << 12;

/// Whether a word can stand before a space.
pub(super) fn fits_a_field(word: &str) -> bool {
    let splits = |byte: u8| byte.is_ascii_whitespace() || byte == b'\x0b' || byte == 0;
    !word.is_empty() && word.len() < LONGEST_WORD && !word.bytes().any(splits)
}

/// Whether a word can stand on a line of its own.
pub(super) fn fits_a_line(word: &str) -> bool {
    !word.is_empty() && !word.contains(['\n', '\r'])
}

/// Writes some of the rows. Values in text are the shortest decimal numbers that
/// are read back as the same value.
pub(super) fn write(
    file: &mut impl Write,
    vectors: &WordVectors,
    rows: &[usize],
    format: Format,
) -> io::Result<()> {
    if format != Format::GloVe {
        writeln!(file, "{} {}", rows.len(), vectors.dims())?;
    }
    let norms = vectors.norms();
    for &row in rows {
        write!(file, "{}", vectors.words()[row])?;
        let values = vectors.original(row, &norms);
        if format == Format::Word2vec {
            file.write_all(b" ")?;
            for value in values {
                file.write_all(&value.to_le_bytes())?;
            }
        } else {
            for value in values {
                write!(file, " {value}")?;
            }
        }
        file.write_all(b"\n")?;
    }
    Ok(())
}
