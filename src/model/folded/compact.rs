//! The compact model file, format 6: eight bits to a number.
//!
//! A sealed safetensors file, as those of formats 1 to 4: the seal is SHA-256 of the file
//! with its own bytes zero. All other tensors are u8 and hold a deflate stream (RFC 1951)
//! of what is listed. It is read whole, and laid out in memory as a file of format 5 is;
//! the metadata is that of format 5. Models with n-grams have no such form.
//!
//! With V words, W columns of values to a word, P pairs and T terms that are pairs, G
//! columns of values to those:
//!
//! | tensor | inflated bytes | content |
//! |---|---|---|
//! | `words` | | each word (UTF-8), and a byte 255 behind it |
//! | `flags` | V | as in format 5 |
//! | `word_codes` | W V | column after column, the codes of the values of format 5 |
//! | `word_codebooks` | 1024 W | for each column the f32 of each of 256 codes |
//! | `pair_rows` | 8 P | pairs, rising: four planes of P bytes, the lowest first, of how much the first row is above that of the pair before; four of how much the second is, where the first are equal, and of the second itself elsewhere |
//! | `pair_codes`, `pair_codebooks` | 3 P, 3072 | idf, and the weights of documents and of sentences |
//! | `term_rows`, `term_codes`, `term_codebooks` | 8 T, G T, 1024 G | as for pairs: the numbers of a term for each free logit |
//!
//! Tensors of pairs are there with a direction of sentiment, and those of terms with terms.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use rustc_hash::FxHashSet;
use safetensors::tensor::{Dtype, SafeTensors};

use super::codebook::CODES;
use super::content::{Content, Valued};
use super::file::{Header, bytes, in_one};
use super::memory::Memory;
use super::reading::whole;
use super::terms::EACH;
use super::unfolding::damaged;
use super::{BEFORE, SCALED};
use crate::classifier::head::free_logits;
use crate::error::{Error, Result};
use crate::files::seal;
use crate::model::file::{SEAL_BYTES, seal_field};

/// The format's number.
pub(super) const FORMAT: u32 = 6;

/// Bytes of a codebook.
const BOOK: usize = 4 * CODES;
/// Bytes that one byte of a deflate stream stands for, at most: 258 to each two bits.
const MOST_INFLATED: usize = 1032;
/// Follows each word: no byte of UTF-8.
const END: u8 = 0xff;

impl Content {
    /// The bytes of a file of format 6; nothing where a column has more than 256 values.
    pub(super) fn packed(mut self, path: &Path) -> Result<Option<Vec<u8>>> {
        let refused =
            |reason: String| Error::artifact(path.display().to_string(), reason, "a model");
        self.header.format = FORMAT;
        let mut tensors = Vec::new();
        let mut add = |name, content: &[u8]| -> Result<()> {
            tensors.push(bytes(
                name,
                deflated(content).map_err(|e| refused(e.to_string()))?,
            ));
            Ok(())
        };
        let mut words = Vec::new();
        for word in &self.words {
            words.extend_from_slice(word.as_bytes());
            words.push(END);
        }
        add("words", &words)?;
        add("flags", &self.flags)?;
        let columns = (0..self.width).map(|at| self.values.iter().skip(at).step_by(self.width));
        let Some((codes, books)) = coded(columns) else {
            return Ok(None);
        };
        add("word_codes", &codes)?;
        add("word_codebooks", &books)?;
        if let Some(direction) = &mut self.header.direction {
            direction.pairs = self.pairs.len();
            let columns = (0..SCALED).map(|at| self.pairs.iter().map(move |(_, v)| &v[at]));
            let Some((codes, books)) = coded(columns) else {
                return Ok(None);
            };
            add("pair_rows", &rows_of(&self.pairs))?;
            add("pair_codes", &codes)?;
            add("pair_codebooks", &books)?;
        }
        if let Some(terms) = &mut self.header.terms {
            terms.pairs = self.terms.len();
            let width = EACH * free_logits(self.header.labels.len());
            let others = width - EACH;
            let columns = (0..width).map(|at| {
                let first = self.terms.iter().filter_map(move |(_, v)| v.get(at));
                let skipped = at.saturating_sub(EACH);
                let rest = match at < EACH {
                    true => &[][..],
                    false => &self.others[..],
                };
                first.chain(rest.iter().skip(skipped).step_by(others.max(1)))
            });
            let Some((codes, books)) = coded(columns) else {
                return Ok(None);
            };
            add("term_rows", &rows_of(&self.terms))?;
            add("term_codes", &codes)?;
            add("term_codebooks", &books)?;
        }
        tensors.push(bytes("seal", vec![0; SEAL_BYTES]));
        let header =
            serde_json::to_string(&self.header).map_err(|error| refused(error.to_string()))?;
        let mut bytes = in_one(header, &tensors).map_err(refused)?;
        let field = seal_field(&bytes).ok_or_else(|| refused("no room for the seal".to_owned()))?;
        let digest = seal::digest(&bytes, field.clone(), 0);
        bytes[field].copy_from_slice(&digest);
        Ok(Some(bytes))
    }
}

/// Codes, column after column, and the codebooks; nothing where these do not suffice.
fn coded<'v>(
    columns: impl Iterator<Item = impl Iterator<Item = &'v f32> + Clone>,
) -> Option<(Vec<u8>, Vec<u8>)> {
    let (mut codes, mut books) = (Vec::new(), Vec::new());
    for column in columns {
        let mut book: Vec<f32> = column.clone().copied().collect();
        book.sort_unstable_by(f32::total_cmp);
        book.dedup_by_key(|value| value.to_bits());
        if book.len() > CODES {
            return None;
        }
        codes.extend(
            column.map(|value| book.partition_point(|code| code.total_cmp(value).is_lt()) as u8),
        );
        // The last is repeated: every code has a value.
        book.resize(CODES, book.last().copied().unwrap_or(0.0));
        books.extend(book.iter().flat_map(|value| value.to_le_bytes()));
    }
    Some((codes, books))
}

/// The rows of pairs, in the planes of the file.
fn rows_of<const VALUES: usize>(pairs: &[Valued<VALUES>]) -> Vec<u8> {
    let mut last = (0, 0);
    let steps = pairs.iter().map(|&((first, second), _)| {
        let step = match first == last.0 {
            true => (0, second - last.1),
            false => (first - last.0, second),
        };
        last = (first, second);
        step
    });
    let (firsts, seconds): (Vec<u32>, Vec<u32>) = steps.unzip();
    let planes = [firsts, seconds].into_iter().flat_map(|numbers| {
        let plane = |at: usize| numbers.iter().map(move |n| n.to_le_bytes()[at]).collect();
        (0..4).map(plane).collect::<Vec<Vec<u8>>>()
    });
    planes.collect::<Vec<_>>().concat()
}

fn deflated(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}

/// Reads a file that is in memory, or of which only the header is.
pub(super) fn read(
    path: &Path,
    mut memory: Memory,
    file: Option<File>,
    header: impl FnOnce() -> Result<Header>,
) -> Result<Content> {
    let unfit = |found: String| damaged(path, found);
    whole(path, &mut memory, file)?;
    let header = header()?;
    let file = SafeTensors::deserialize(memory.bytes()).map_err(|e| unfit(e.to_string()))?;
    content(&Packed(file), header).map_err(unfit)
}

struct Packed<'f>(SafeTensors<'f>);

type Found<T> = std::result::Result<T, String>;

impl Packed<'_> {
    /// What a tensor holds: so many bytes, where that is known.
    fn inflated(&self, name: &str, length: Option<usize>) -> Found<Vec<u8>> {
        let tensor = (self.0.tensor(name).ok())
            .filter(|tensor| tensor.dtype() == Dtype::U8)
            .ok_or_else(|| format!("no {name}"))?;
        let stream = tensor.data();
        let most = stream.len().saturating_mul(MOST_INFLATED);
        let limit = length.unwrap_or(most);
        if limit > most {
            return Err(format!("{name} that are too short"));
        }
        let mut content = Vec::new();
        // It grows with what is there.
        let mut decoder = DeflateDecoder::new(stream);
        let read = (&mut decoder)
            .take(limit as u64 + 1)
            .read_to_end(&mut content);
        let is_all = read.is_ok() && decoder.total_in() == stream.len() as u64;
        match is_all && length.is_none_or(|length| length == content.len()) {
            true => Ok(content),
            false => Err(format!("{name} that cannot be unpacked")),
        }
    }

    /// A table of so many rows, row after row.
    fn table(
        &self,
        [codes, books]: [&str; 2],
        rows: usize,
        width: Option<usize>,
    ) -> Found<Vec<f32>> {
        let books = self.inflated(books, width.map(|width| BOOK.saturating_mul(width)))?;
        let (books, rest) = books.as_chunks::<BOOK>();
        if !rest.is_empty() {
            return Err("a codebook of another length".to_owned());
        }
        let width = books.len();
        let length = rows.checked_mul(width).ok_or("too many values")?;
        let codes = self.inflated(codes, Some(length))?;
        let mut values = vec![0.0; length];
        for (at, (book, codes)) in books.iter().zip(codes.chunks(rows.max(1))).enumerate() {
            let book = book.as_chunks::<4>().0;
            let column = values.iter_mut().skip(at).step_by(width);
            for (value, &code) in column.zip(codes) {
                *value = f32::from_le_bytes(book[usize::from(code)]);
            }
        }
        match values.iter().all(|value| value.is_finite()) {
            true => Ok(values),
            false => Err("a value that is not finite".to_owned()),
        }
    }

    /// The rows of so many pairs of so many words.
    fn rows(&self, name: &str, pairs: usize, words: usize) -> Found<Vec<(u32, u32)>> {
        let length = pairs.checked_mul(8).ok_or("too many pairs")?;
        let planes = self.inflated(name, Some(length))?;
        let step = |of: usize, pair: usize| {
            u32::from_le_bytes([0, 1, 2, 3].map(|plane| planes[(of + plane) * pairs + pair]))
        };
        let mut last = (0u32, 0u32);
        let mut rows = Vec::with_capacity(pairs);
        for pair in 0..pairs {
            let (first, second) = (step(0, pair), step(4, pair));
            let next = match first {
                0 => last.1.checked_add(second).map(|second| (last.0, second)),
                first => last.0.checked_add(first).map(|first| (first, second)),
            };
            let is_known = |&(first, second): &(u32, u32)| {
                let rises = pair == 0 || (first, second) > last;
                rises && (first.max(second) as usize) < words
            };
            last = next
                .filter(is_known)
                .ok_or("pairs of words that there are not")?;
            rows.push(last);
        }
        Ok(rows)
    }
}

fn content(file: &Packed<'_>, header: Header) -> Found<Content> {
    let words = words(&file.inflated("words", None)?)?;
    let count = words.len();
    let values = file.table(["word_codes", "word_codebooks"], count, None)?;
    let width = values.len().checked_div(count).ok_or("no words")?;
    let mut pairs = Vec::new();
    if let Some(direction) = &header.direction {
        let rows = file.rows("pair_rows", direction.pairs, count)?;
        let names = ["pair_codes", "pair_codebooks"];
        let values = file.table(names, rows.len(), Some(SCALED))?;
        pairs = rows
            .into_iter()
            .zip(values.as_chunks().0.iter().copied())
            .collect();
    }
    let (mut terms, mut others) = (Vec::new(), Vec::new());
    if let Some(stored) = &header.terms {
        let free = free_logits(header.labels.len());
        let rows = file.rows("term_rows", stored.pairs, count)?;
        let width = EACH.saturating_mul(free);
        let values = file.table(["term_codes", "term_codebooks"], rows.len(), Some(width))?;
        for (pair, values) in rows.into_iter().zip(values.chunks_exact(width)) {
            let (first, rest) = values.split_first_chunk().ok_or("terms without values")?;
            terms.push((pair, *first));
            others.extend_from_slice(rest);
        }
    }
    let of_terms = header
        .terms
        .as_ref()
        .map_or(0, |_| EACH * free_logits(header.labels.len()));
    let scaled = header.direction.as_ref().map_or(0, |_| SCALED);
    if width <= BEFORE + scaled + of_terms {
        return Err("values of too few columns".to_owned());
    }
    Ok(Content {
        flags: file.inflated("flags", Some(count))?,
        header,
        words,
        width,
        values,
        pairs,
        terms,
        others,
        subwords: None,
    })
}

fn words(bytes: &[u8]) -> Found<Vec<String>> {
    let unfit = "words that are not UTF-8, or missing";
    let bytes = bytes.strip_suffix(&[END]).ok_or(unfit)?;
    let words = bytes.split(|&byte| byte == END);
    let words = words.map(|word| std::str::from_utf8(word).map(str::to_owned));
    let words: Vec<String> = words
        .collect::<std::result::Result<_, _>>()
        .map_err(|_| unfit)?;
    let mut seen = FxHashSet::default();
    match words.iter().all(|word| seen.insert(word)) {
        true => Ok(words),
        false => Err("a word that there is twice".to_owned()),
    }
}
