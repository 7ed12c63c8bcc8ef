//! The compact model file, format 6; with n-grams, 8: eight bits to a number.
//!
//! A sealed safetensors file, as those of formats 1 to 4: the seal is SHA-256 of the file
//! with its own bytes zero. All other tensors are u8 and hold a deflate stream (RFC 1951)
//! of what is listed. It is read whole, and laid out in memory as a file of format 5 is, or
//! 7 with n-grams; the metadata is that of these, with its own number. A file that would be
//! unpacked to more than 16 MiB and 128 times its size is refused.
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
//! | `bucket_bits` | 4 ceil(B / 32) | format 8: for each of B buckets of n-grams a bit, the lowest of a byte for the first, that says whether it has a vector; those beyond B are zero |
//! | `bucket_codes`, `bucket_codebooks` | d N, 1024 d | format 8: the vectors of the N that have one, of d components, column after column |
//!
//! Tensors of pairs are there with a direction of sentiment, and those of terms with terms.

use std::cell::Cell;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::read::DeflateDecoder;
use rustc_hash::FxHashSet;
use safetensors::tensor::{Dtype, SafeTensors};

use super::codebook::CODES;
use super::content::Content;
use super::file::Header;
use super::memory::Memory;
use super::ngrams::Stored;
use super::reading::whole;
use super::terms::EACH;
use super::unfolding::damaged;
use super::{BEFORE, SCALED};
use crate::classifier::head::free_logits;
use crate::error::Result;
use crate::vectors::subwords::{Projection, Subwords};

/// The format's number.
pub(super) const FORMAT: u32 = 6;
/// That with n-grams.
pub(super) const FORMAT_WITH_SUBWORDS: u32 = 8;

/// Bytes of a codebook.
const BOOK: usize = 4 * CODES;
/// Bytes that one byte of a deflate stream stands for, at most: 258 to each two bits.
const MOST_INFLATED: usize = 1032;
/// Bytes that the tensors of a file may be unpacked to, to each byte of it and beside that.
/// A small file from elsewhere is not to fill the memory; words are all different and most
/// vectors too, so what `packing` writes is far from this.
const MOST_UNPACKED: [usize; 2] = [128, 16 << 20];
/// Follows each word: no byte of UTF-8.
pub(super) const END: u8 = 0xff;

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
    let packed = Packed::new(file, memory.bytes().len());
    content(&packed, header).map_err(unfit)
}

struct Packed<'f> {
    tensors: SafeTensors<'f>,
    /// Bytes that may still be unpacked.
    left: Cell<usize>,
}

type Found<T> = std::result::Result<T, String>;

impl<'f> Packed<'f> {
    /// Of a file of so many bytes.
    fn new(tensors: SafeTensors<'f>, bytes: usize) -> Self {
        let [to_each, beside] = MOST_UNPACKED;
        let left = Cell::new(bytes.saturating_mul(to_each).saturating_add(beside));
        Self { tensors, left }
    }

    /// What a tensor holds: so many bytes, where that is known.
    fn inflated(&self, name: &str, length: Option<usize>) -> Found<Vec<u8>> {
        let tensor = (self.tensors.tensor(name).ok())
            .filter(|tensor| tensor.dtype() == Dtype::U8)
            .ok_or_else(|| format!("no {name}"))?;
        let stream = tensor.data();
        let most = stream.len().saturating_mul(MOST_INFLATED);
        let limit = length.unwrap_or(most);
        if limit > most {
            return Err(format!("{name} that are too short"));
        }
        let limit = limit.min(self.left.get());
        let mut content = Vec::new();
        // It grows with what is there.
        let mut decoder = DeflateDecoder::new(stream);
        let read = (&mut decoder)
            .take(limit as u64 + 1)
            .read_to_end(&mut content);
        let left = self.left.get().checked_sub(content.len());
        let left = left.ok_or_else(|| format!("{name} of more than so small a file has"))?;
        self.left.set(left);
        let is_all = read.is_ok() && decoder.total_in() == stream.len() as u64;
        match is_all && length.is_none_or(|length| length == content.len()) {
            true => Ok(content),
            false => Err(format!("{name} that cannot be unpacked")),
        }
    }

    /// A table of so many rows, row after row; of so many columns, where that is known.
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
    header.check_subwords(FORMAT_WITH_SUBWORDS)?;
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
        let names = ["term_codes", "term_codebooks"];
        let values = file.table(names, rows.len(), Some(width))?;
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
    let dims = (width.checked_sub(BEFORE + scaled + of_terms))
        .filter(|&dims| dims > 0)
        .ok_or("values of too few columns")?;
    let subwords = match &header.subwords {
        Some(stored) => Some(subwords(file, stored, dims)?),
        None => None,
    };
    Ok(Content {
        flags: file.inflated("flags", Some(count))?,
        header,
        words,
        width,
        values,
        pairs,
        terms,
        others,
        subwords,
    })
}

/// The vectors of n-grams, for words of so many dimensions.
fn subwords(file: &Packed<'_>, stored: &Stored, dims: usize) -> Found<Subwords> {
    stored.ngrams.check().map_err(|error| error.to_string())?;
    // Each run of the index has a number of bits.
    let bits = file.inflated("bucket_bits", Some(4 * stored.runs()))?;
    let has = |&bucket: &u32| bits[bucket as usize / 8] >> (bucket % 8) & 1 != 0;
    let buckets: Vec<u32> = (0..8 * bits.len() as u32).filter(has).collect();
    let names = ["bucket_codes", "bucket_codebooks"];
    // Even where no bucket has a vector: all words may be shorter than n-grams.
    let width = (stored.projection.as_ref()).map_or(dims, Projection::takes);
    let rows = file.table(names, buckets.len(), Some(width))?;
    (stored.subwords(buckets, rows, width)).map_err(|error| error.to_string())
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

#[cfg(test)]
mod tests {
    use flate2::{Compression, write::DeflateEncoder};
    use safetensors::tensor::TensorView;
    use std::io::Write;

    use super::*;

    /// A file of so many zeros, in one tensor.
    fn zeros(count: usize) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&vec![0; count]).unwrap();
        let stream = encoder.finish().unwrap();
        let view = TensorView::new(Dtype::U8, vec![stream.len()], &stream).unwrap();
        safetensors::serialize([("zeros", view)], None).unwrap()
    }

    #[test]
    fn small_files_are_not_unpacked_to_large_ones() {
        let unpacked = |count: usize, length: Option<usize>, times: usize| {
            let bytes = zeros(count);
            let file = SafeTensors::deserialize(&bytes).unwrap();
            let packed = Packed::new(file, bytes.len());
            (0..times)
                .map(|_| packed.inflated("zeros", length))
                .collect::<Found<Vec<_>>>()
        };
        let count = 15 << 20;
        for length in [None, Some(count)] {
            let once = unpacked(count, length, 1).unwrap();
            assert!(once[0].len() == count && once[0].iter().all(|&byte| byte == 0));
            // All tensors of a file have one measure.
            let error = unpacked(count, length, 2).unwrap_err();
            assert!(error.contains("so small a file"), "{error}");
        }
        let error = unpacked(25 << 20, Some(25 << 20), 1).unwrap_err();
        assert!(error.contains("so small a file"), "{error}");
    }
}
