//! What the tables of a file hold, and the model that it makes.

use std::path::Path;

use super::terms::EACH;
use super::text::OPINION;
use super::{BEFORE, Direction, Folded, SCALED};
use crate::error::{Error, Result};
use crate::model::file::REPAIR;
use crate::model::{Classifier, Model, Provenance};
use crate::polarity::parts::{Parts, ScaleParts};
use crate::polarity::{Full, Length, Polarity, Report, Scorer};
use crate::sentence::WordWeights;
use crate::text::cues::Cues;
use crate::text::tokenizer::Tokenizer;
use crate::vectors::WordVectors;

/// What a file is that was sealed with wrong content.
pub(super) fn damaged(path: &Path, found: impl Into<String>) -> Error {
    Error::damaged(path.display().to_string(), found, "a whole model file").with_hint(REPAIR)
}

/// A model as tables.
pub(super) struct Unfolded {
    pub(super) labels: Vec<String>,
    pub(super) shares: Vec<f64>,
    pub(super) tokenizer: Tokenizer,
    pub(super) provenance: Provenance,
    pub(super) classifier: Classifier,
    pub(super) words: Vec<String>,
    /// What is known of each word.
    pub(super) flags: Vec<u8>,
    /// Components of a word's vector.
    pub(super) dims: usize,
    /// Of each word: weight, vector and, with a direction, scaled values.
    pub(super) values: Vec<f32>,
    pub(super) direction: Option<UnfoldedDirection>,
}

/// Its direction of sentiment.
pub(super) struct UnfoldedDirection {
    pub(super) cues: Cues,
    pub(super) report: Report,
    pub(super) offsets: [f64; 2],
    pub(super) directions: [Vec<f32>; 2],
    pub(super) length: Length,
    pub(super) full: Option<Full>,
    /// Pairs of rows, and their scaled values.
    pub(super) pairs: Vec<((u32, u32), [f32; SCALED])>,
}

impl Unfolded {
    /// The model; `path` is what errors call it.
    pub(super) fn into_model(self, path: &Path) -> Result<Model> {
        let damaged = |found: &str| damaged(path, found);
        let (count, dims) = (self.words.len(), self.dims);
        let width = BEFORE + dims + if self.direction.is_some() { SCALED } else { 0 };
        if self.values.len() != count * width || self.flags.len() != count {
            return Err(damaged("tables of different lengths"));
        }
        let rows = || self.values.chunks_exact(width);
        let vectors = rows().flat_map(|row| &row[BEFORE..BEFORE + dims]);
        let vectors = vectors.copied().collect();
        let mut vectors = WordVectors::from_unit(self.words, vectors, dims, vec![1.0; count])?;
        if let Some(origin) = &self.provenance.origin {
            vectors = vectors.with_origin(origin.clone());
        }
        let weights = rows().map(|row| row[0]).collect();
        let weights = WordWeights::stored(weights, count)
            .ok_or_else(|| damaged("word weights that are not positive numbers"))?;
        let mut scorer = None;
        if let Some(direction) = self.direction {
            let (length, full) = (direction.length, direction.full);
            let scaled = rows().map(|row| &row[BEFORE + dims..]).collect();
            let polarity = direction
                .into_polarity(scaled, &self.flags)
                .ok_or_else(|| damaged("pairs of words that there are not"))?;
            vectors = vectors.with_polarity(polarity);
            scorer =
                (vectors.polarity()).map(|polarity| Scorer::new(polarity, length, full, &vectors));
        }
        Ok(Model {
            labels: self.labels,
            shares: self.shares,
            tokenizer: self.tokenizer,
            weights,
            vectors,
            scorer,
            classifier: self.classifier,
            terms: None,
            provenance: self.provenance,
        })
    }
}

impl UnfoldedDirection {
    fn into_polarity(mut self, scaled: Vec<&[f32]>, flags: &[u8]) -> Option<Polarity> {
        let known = |word: u32| (word as usize) < scaled.len();
        let mut pairs = self.pairs.iter().map(|(pair, _)| *pair);
        if !pairs.all(|(first, second)| known(first) && known(second)) {
            return None;
        }
        self.pairs.sort_unstable_by_key(|(pair, _)| *pair);
        let column = |at: usize| -> Vec<f32> {
            let of_words = scaled.iter().map(|row| row[at]);
            let of_pairs = self.pairs.iter().map(|(_, values)| values[at]);
            of_words.chain(of_pairs).collect()
        };
        let weights = [1, 2].map(column);
        let mut scales = weights.into_iter().zip(self.directions).zip(self.offsets);
        let mut scale = || {
            let ((weights, direction), offset) = scales.next()?;
            Some(ScaleParts {
                weights,
                direction,
                offset,
            })
        };
        let opinions = (0u32..).zip(flags);
        Some(Polarity::from_parts(Parts {
            cues: self.cues,
            report: self.report,
            idf: column(0),
            opinions: opinions
                .filter(|(_, flags)| **flags & OPINION != 0)
                .map(|(word, _)| word)
                .collect(),
            scales: [scale()?, scale()?],
            pairs: (self.pairs.iter())
                .map(|&((first, second), _)| u64::from(first) << 32 | u64::from(second))
                .collect(),
        }))
    }
}

impl Folded {
    /// The model that this was made of: its answers and explanations are the same.
    ///
    /// # Errors
    /// [`Error::Artifact`] where the file was sealed with wrong content.
    pub fn to_model(&self, path: &Path) -> Result<Model> {
        let words = self.words().all();
        let mut words =
            words.ok_or_else(|| damaged(path, "words that are not UTF-8, or missing"))?;
        let terms = match &self.terms {
            None => None,
            Some(stored) => Some((
                stored.with_prior,
                (self.unfolded_terms(stored, &words))
                    .ok_or_else(|| damaged(path, "terms that there are not"))?,
            )),
        };
        let tables = &self.tables;
        words.truncate(tables.vectors);
        let of_term = EACH * tables.free;
        let values = tables.singles(&tables.values).chunks_exact(self.width());
        let values = values.take(tables.vectors);
        let values = values.flat_map(|row| &row[..row.len() - of_term]);
        let unfolded = Unfolded {
            labels: self.labels.clone(),
            shares: self.shares.clone(),
            tokenizer: self.tokenizer.clone(),
            provenance: self.provenance.clone(),
            classifier: self.classifier.clone(),
            flags: self.flags()[..words.len()].to_vec(),
            words,
            dims: self.tables.dims,
            values: values.copied().collect(),
            direction: (self.direction.as_ref()).map(|direction| self.unfolded(direction)),
        };
        let mut model = unfolded.into_model(path)?;
        if let Some((stored, rows)) = self.ngrams() {
            let buckets = rows.buckets();
            let buckets = buckets.ok_or_else(|| damaged(path, "n-grams that there are not"))?;
            let subwords = stored.subwords(buckets, rows.rows.to_vec(), rows.width)?;
            model.vectors = model.vectors.with_subwords(subwords)?;
        }
        if let (Classifier::Head(head), Some((with_prior, (terms, weights)))) =
            (&mut model.classifier, terms)
        {
            let branch = match with_prior {
                true => &mut head.with_prior,
                false => &mut head.without_prior,
            };
            if let Some(branch) = branch {
                branch.terms = Some(weights);
            }
            model.terms = Some(terms);
        }
        Ok(model)
    }

    fn unfolded(&self, direction: &Direction) -> UnfoldedDirection {
        UnfoldedDirection {
            cues: direction.cues.clone(),
            report: direction.report.clone(),
            offsets: direction.offsets,
            directions: direction.directions.clone(),
            length: direction.length,
            full: direction.full,
            pairs: self.pairs().all().collect(),
        }
    }
}
