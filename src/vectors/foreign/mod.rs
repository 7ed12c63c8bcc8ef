//! Word vectors in the formats of other programs.
//!
//! | format | written by | content | file |
//! |---|---|---|---|
//! | word2vec, binary | word2vec.c, gensim | a line `words dims`; then for each word its bytes, a space, little-endian f32 values, and perhaps a newline | `binary.rs` |
//! | word2vec, text | word2vec.c, gensim, fastText (`.vec`) | a line `words dims`; then for each word a line `word value ... value` | `text.rs` |
//! | GloVe | GloVe | the same lines without the first | `text.rs` |
//! | fastText | fastText (`.bin`) | settings, dictionary, and the rows of words and of buckets of n-grams | `fasttext.rs` |
//! | numpy | numpy | a matrix, and a file of words beside it | `numpy.rs` |
//! | safetensors | model2vec, sentence-transformers | a table of embeddings, and a `tokenizer.json` beside it | `safetensors.rs`, `tokenizer_json.rs` |
//!
//! A file is recognised by its content, not by its name. finalfusion has
//! readers for some of these formats too, but they believe the header, and panic
//! where it lies. These here are strict: counts are checked against the size of the
//! file before anything is allocated, every value must be finite, every row as
//! long as the first one says, every word there once, and nothing may follow
//! the last row. A word that stands twice is refused rather than dropped: in a
//! file without a header it is the only sign that two files were joined. Where
//! cleaning is asked for, such rows are left out and counted ([`Cleaned`]); what a
//! file says of its size must be true all the same.
//!
//! Rows of words are read one by one, so that the matrix is what takes memory.

mod binary;
mod fasttext;
mod header;
mod numpy;
mod safetensors;
mod source;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod tokenizer_json;
mod trouble;

use std::io::BufRead;
use std::path::Path;

use super::formats::{Cleaned, Format};
use crate::error::Result;
use trouble::{Checked, Trouble};

pub(super) use safetensors::read as read_safetensors;
pub(super) use table::Table;

/// How much of a file [`recognise`] wants to see, in bytes. The first line of a
/// file without a header must fit.
pub(super) const HEAD: u64 = 1 << 16;
/// How much of what follows the header tells text from binary values.
const TELLING: usize = 1 << 12;
/// No format has a limit; this one keeps the buffer of a row small.
pub(super) const MOST_DIMS: u64 = 1 << 16;

/// The format of a file that begins so, when it is one of another program;
/// `head` is the whole file or its first [`HEAD`] bytes.
pub(super) fn recognise(head: &[u8]) -> Option<Format> {
    for (magic, format) in [
        (fasttext::MAGIC, Format::FastText),
        (numpy::MAGIC, Format::Numpy),
    ] {
        if head.starts_with(magic) {
            return Some(format);
        }
    }
    if safetensors::begins(head) {
        return Some(Format::Safetensors);
    }
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
            Ok(dims) if text::begins_with_row(body, dims) => Format::Word2vecText,
            // The values of a tiny binary file may happen to be characters; that
            // its length fits to the byte is no accident.
            _ if (head.len() as u64) < HEAD
                && binary::read(&mut &*head, None, &mut None).is_ok() =>
            {
                Format::Word2vec
            }
            _ if is_text(&body[..body.len().min(TELLING)]) => Format::Word2vecText,
            _ => Format::Word2vec,
        }),
        // A word and one number is a list of counts, not of vectors.
        [_, values @ ..] if values.len() >= 2 => values
            .iter()
            .all(|value| value.parse::<f32>().is_ok())
            .then_some(Format::GloVe),
        _ => None,
    }
}

/// Reads a file of a format whose rows are read one by one: all but finalfusion
/// and safetensors. `size` is its length where that is known: not of a pipe.
/// With `cleaned`, rows that make no sense are counted there and left out.
///
/// # Errors
/// [`Error::Artifact`](crate::error::Error::Artifact) when it is damaged,
/// [`Error::Io`](crate::error::Error::Io) when it cannot be read.
pub(super) fn read(
    path: &Path,
    format: Format,
    input: &mut impl BufRead,
    size: Option<u64>,
    cleaned: &mut Option<Cleaned>,
) -> Result<Table> {
    let table = match format {
        Format::Numpy => return numpy::read(path, input, size, cleaned),
        Format::Word2vec => binary::read(input, size, cleaned),
        Format::Word2vecText => text::read_with_header(input, size, cleaned),
        Format::FastText => fasttext::read(input, size, cleaned),
        _ => text::read_without_header(input, size, cleaned),
    };
    // What a row is called, and which is the first.
    let row = match format {
        Format::Word2vecText => ("line", 2),
        Format::GloVe => ("line", 1),
        _ => ("word", 1),
    };
    table
        .and_then(|table| table.each_word_once(row, cleaned))
        .map_err(|trouble| trouble.in_file(path))
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
