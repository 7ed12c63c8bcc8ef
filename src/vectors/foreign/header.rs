//! The first line of word2vec's files: `words dims`.

use std::io::{BufRead, Read};

use super::{Checked, HEAD, MOST_DIMS, Trouble};

/// The numbers in the first line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    pub(super) words: usize,
    pub(super) dims: usize,
    /// Bytes of the line, with its end.
    pub(super) length: u64,
}

impl Header {
    /// Reads the first line, and checks that so many rows can follow it: each takes
    /// `row(dims)` bytes at least, and so does the last but for `spare` bytes.
    pub(super) fn read(
        input: &mut impl BufRead,
        size: Option<u64>,
        row: fn(u64) -> u64,
        spare: u64,
    ) -> Checked<Self> {
        let mut line = Vec::new();
        let length = input.take(HEAD).read_until(b'\n', &mut line)? as u64;
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_ascii();
        let flaw = |found: String, expected: &str| Trouble::in_line(1, found, expected);
        let numbers: Vec<u64> = line
            .split_ascii_whitespace()
            .filter_map(|field| field.parse().ok())
            .collect();
        let (words, dims) = match numbers.as_slice() {
            &[words, dims] if words > 0 && (1..=MOST_DIMS).contains(&dims) => (words, dims),
            _ => {
                let shown: String = line.chars().take(80).collect();
                return Err(flaw(
                    format!("{shown:?}"),
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
        Ok(Self {
            words: words as usize,
            dims: dims as usize,
            length,
        })
    }
}
