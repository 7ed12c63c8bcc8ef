//! Writes the compact model file that `compact` specifies.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::codebook::CODES;
use super::compact::{END, FORMAT, FORMAT_WITH_SUBWORDS};
use super::content::{Content, Valued};
use super::file::{bytes, in_one};
use super::terms::EACH;
use super::{SCALED, ngrams};
use crate::classifier::head::free_logits;
use crate::error::{Error, Result};
use crate::files::seal;
use crate::model::file::{SEAL_BYTES, seal_field};

impl Content {
    /// The bytes of a file of format 6, or 8 with n-grams; nothing where a column has more than 256 values.
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
        if let Some(subwords) = &self.subwords {
            let stored = ngrams::Stored::of(subwords);
            let index = ngrams::index_of(subwords.buckets(), stored.runs());
            let bits: Vec<u8> = (index.iter())
                .flat_map(|[bits, _]| bits.to_le_bytes())
                .collect();
            let (rows, width) = (subwords.rows(), subwords.width());
            let Some((codes, books)) =
                coded((0..width).map(|at| rows.iter().skip(at).step_by(width)))
            else {
                return Ok(None);
            };
            add("bucket_bits", &bits)?;
            add("bucket_codes", &codes)?;
            add("bucket_codebooks", &books)?;
            self.header.format = FORMAT_WITH_SUBWORDS;
            self.header.subwords = Some(stored);
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
