//! Tables of embeddings in safetensors: a row for each entry of a tokenizer.
//!
//! | tensor | shape | content |
//! |---|---|---|
//! | `embeddings` (model2vec), `embedding.weight` (sentence-transformers), or the only matrix there is | rows, dims | floats, or integers that are floats on a coarse scale |
//! | `mapping` | entries | the row of each entry, where several share one |
//! | `weights` | entries | what each entry's row is multiplied by |
//!
//! The last two may be missing. Which entries are words, `tokenizer_json.rs` says.

use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, TensorView};

use super::numpy::half;
use super::tokenizer_json::{self, Vocabulary};
use super::{Cleaned, MOST_DIMS, Table, Trouble};
use crate::error::{Error, Result};
use crate::vectors::formats::Format;

/// The names that tables of embeddings have.
const NAMES: [&str; 3] = ["embeddings", "embedding.weight", "embeddings.weight"];

/// Whether a file begins like safetensors: a small little-endian length, and the
/// brace that opens a JSON header.
pub(super) fn begins(head: &[u8]) -> bool {
    head.get(4..9) == Some(b"\0\0\0\0{")
}

/// Reads the table in `bytes`, and the tokenizer beside `path`.
pub(in crate::vectors) fn read(
    path: &Path,
    bytes: &[u8],
    cleaned: &mut Option<Cleaned>,
) -> Result<Table> {
    let tensors = parse(path, bytes)?;
    let matrix = table(path, &tensors)?;
    let &[rows, dims] = matrix.shape() else {
        return Err(unsupported(path, "a table that is not a matrix".to_owned()));
    };
    if rows == 0 || !(1..=MOST_DIMS as usize).contains(&dims) {
        let found = format!("a table of {rows} x {dims}");
        return Err(flaw(
            path,
            found,
            "at least one row, and 1 to 65536 columns",
        ));
    }
    let beside = Format::Safetensors.companion(path).unwrap_or_default();
    if !beside.is_file() {
        return Err(Error::artifact(
            path.display().to_string(),
            "a table of embeddings without a tokenizer",
            format!("{} beside it", beside.display()),
        )
        .with_hint("fetch the table with its tokenizer: their rows belong together"));
    }
    let vocabulary = tokenizer_json::read(&beside)?;
    let rows_of = Rows::new(path, &tensors, rows)?;

    let width = matrix.dtype().bitsize() / 8;
    let value = value(path, matrix.dtype())?;
    let mut table = Table::with_room(dims, Some(vocabulary.words.len()))
        .map_err(|trouble| trouble.in_file(path))?;
    for (word, entry) in &vocabulary.words {
        let Some((row, weight)) = rows_of.of(*entry) else {
            return Err(Error::damaged(
                beside.display().to_string(),
                format!("row {entry} for {word:?}"),
                format!("one of the {} of {}", rows_of.entries(), path.display()),
            )
            .with_hint("the tokenizer must be the one that the table was made with"));
        };
        let bytes = &matrix.data()[row * dims * width..][..dims * width];
        table
            .rows
            .extend(bytes.chunks_exact(width).map(|bytes| weight * value(bytes)));
        table.words.push(word.clone());
    }
    table.notes = notes(&vocabulary);
    table
        .each_value_finite(cleaned)
        .map_err(|value| {
            let (word, entry) = &vocabulary.words[value / dims];
            let row = rows_of.of(*entry).map_or(0, |(row, _)| row);
            Trouble::whole(
                format!("a value that is not a finite number in row {row}, of {word:?}"),
                "finite numbers",
            )
        })
        .and_then(|()| table.each_word_once(("word", 1), cleaned))
        .map_err(|trouble| trouble.in_file(path))
}

/// The tensors, after every offset was checked.
fn parse<'b>(path: &Path, bytes: &'b [u8]) -> Result<SafeTensors<'b>> {
    let damaged = |error: SafeTensorError| {
        let found = match &error {
            SafeTensorError::HeaderTooSmall | SafeTensorError::InvalidHeaderLength => {
                "a header that is longer than the file".to_owned()
            }
            SafeTensorError::MetadataIncompleteBuffer => {
                "more or fewer bytes than the header says".to_owned()
            }
            SafeTensorError::InvalidOffset(name) => {
                format!("offsets of the tensor {name:?} with gaps or overlaps")
            }
            SafeTensorError::TensorInvalidInfo | SafeTensorError::ValidationOverflow => {
                "a tensor whose offsets do not fit its shape and type".to_owned()
            }
            other => {
                let reason = other.to_string();
                let line = reason.lines().next().unwrap_or_default();
                line.chars().take(200).collect()
            }
        };
        flaw(path, found, "a safetensors file that is whole")
    };
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    if metadata
        .metadata()
        .as_ref()
        .is_some_and(|metadata| metadata.contains_key("senti"))
    {
        return Err(Error::artifact(
            path.display().to_string(),
            "a model that senti trained",
            "word vectors",
        )
        .with_hint("senti classify takes it as --model; vectors are made by senti pretrain"));
    }
    SafeTensors::deserialize(bytes).map_err(damaged)
}

/// The table of embeddings: by its name, or because it is the only matrix.
fn table<'b>(path: &Path, tensors: &SafeTensors<'b>) -> Result<TensorView<'b>> {
    if let Some(named) = NAMES.iter().find_map(|name| tensors.tensor(name).ok()) {
        return Ok(named);
    }
    let mut matrices: Vec<(String, TensorView<'b>)> = tensors
        .tensors()
        .into_iter()
        .filter(|(_, tensor)| tensor.shape().len() == 2)
        .collect();
    matrices.sort_by(|a, b| a.0.cmp(&b.0));
    match matrices.len() {
        1 => Ok(matrices.remove(0).1),
        0 => Err(unsupported(path, "no matrix".to_owned())),
        count => {
            let first = &matrices[0].0;
            Err(unsupported(
                path,
                format!("{count} matrices ({first:?} and others)"),
            ))
        }
    }
}

/// Which row each entry of the tokenizer has, and what it is multiplied by.
struct Rows {
    rows: usize,
    mapping: Option<Vec<u64>>,
    weights: Option<Vec<f32>>,
}

impl Rows {
    fn new(path: &Path, tensors: &SafeTensors<'_>, rows: usize) -> Result<Self> {
        let mapping = match tensors.tensor("mapping") {
            Err(_) => None,
            Ok(mapping) => Some(
                integers(&mapping)
                    .filter(|all| all.iter().all(|&row| row < rows as u64))
                    .ok_or_else(|| {
                        flaw(
                            path,
                            "a tensor \"mapping\" that does not number rows of the table"
                                .to_owned(),
                            &format!("whole numbers below {rows}"),
                        )
                    })?,
            ),
        };
        let entries = mapping.as_ref().map_or(rows, Vec::len);
        let weights = match tensors.tensor("weights") {
            Ok(weights) if weights.shape() == [entries] => {
                let width = weights.dtype().bitsize() / 8;
                let value = value(path, weights.dtype())?;
                Some(weights.data().chunks_exact(width).map(value).collect())
            }
            Ok(weights) => {
                return Err(flaw(
                    path,
                    format!("a tensor \"weights\" of the shape {:?}", weights.shape()),
                    &format!("[{entries}], a weight for each entry"),
                ));
            }
            Err(_) => None,
        };
        Ok(Self {
            rows,
            mapping,
            weights,
        })
    }

    fn entries(&self) -> usize {
        self.mapping.as_ref().map_or(self.rows, Vec::len)
    }

    fn of(&self, entry: u64) -> Option<(usize, f32)> {
        let entry = usize::try_from(entry)
            .ok()
            .filter(|&entry| entry < self.entries())?;
        let row = self
            .mapping
            .as_ref()
            .map_or(entry, |all| all[entry] as usize);
        Some((row, self.weights.as_ref().map_or(1.0, |all| all[entry])))
    }
}

/// Whole numbers; nothing where the tensor holds others.
fn integers(tensor: &TensorView<'_>) -> Option<Vec<u64>> {
    let width = match tensor.dtype() {
        Dtype::I32 | Dtype::U32 => 4,
        Dtype::I64 | Dtype::U64 => 8,
        _ => return None,
    };
    let number = |bytes: &[u8]| {
        // Negative numbers are large ones, which are no rows either.
        bytes
            .iter()
            .rev()
            .fold(0, |bits, &byte| bits << 8 | u64::from(byte))
    };
    Some(tensor.data().chunks_exact(width).map(number).collect())
}

/// How a type of values is read.
fn value(path: &Path, kind: Dtype) -> Result<fn(&[u8]) -> f32> {
    Ok(match kind {
        Dtype::F32 => |b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]),
        Dtype::F64 => {
            |b| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]) as f32
        }
        Dtype::F16 => |b| half(u16::from_le_bytes([b[0], b[1]])),
        Dtype::BF16 => |b| f32::from_bits(u32::from(u16::from_le_bytes([b[0], b[1]])) << 16),
        Dtype::I8 => |b| f32::from(b[0].cast_signed()),
        other => return Err(unsupported(path, format!("values of the type {other}"))),
    })
}

/// What of a tokenizer is no word.
fn notes(vocabulary: &Vocabulary) -> Vec<String> {
    let Vocabulary {
        entries,
        pieces,
        special,
        twice,
        ..
    } = *vocabulary;
    let all = [
        (pieces, "piece of a word", "pieces of words"),
        (special, "that is special", "that are special"),
        (
            twice,
            "that is another word in lower case",
            "that are another word in lower case",
        ),
    ];
    let parts: Vec<String> = all
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, several)| format!("{count} {}", if count == 1 { one } else { several }))
        .collect();
    match parts.is_empty() {
        true => Vec::new(),
        false => vec![format!(
            "left out {} of the {entries} entries of the tokenizer: {}",
            pieces + special + twice,
            parts.join(", ")
        )],
    }
}

fn flaw(path: &Path, found: String, expected: &str) -> Error {
    Trouble::whole(found, expected).in_file(path)
}

fn unsupported(path: &Path, found: String) -> Error {
    Trouble::Unsupported {
        found,
        expected: "a table of word embeddings: one matrix of floats, named embeddings or \
                   embedding.weight"
            .to_owned(),
    }
    .in_file(path)
}

#[cfg(test)]
mod tests;
