//! From a model to a compact one: numbers of eight bits, and fewer pairs where it has to be
//! smaller yet.

use std::path::Path;

use super::codebook;
use super::content::{Content, Valued};
use super::{Folded, Scratch};
use crate::error::{Error, Result};
use crate::files::digest::Fingerprint;
use crate::files::write::write_whole;
use crate::model::{Model, Quantization};

/// Shares of the pairs that are told apart where some are dropped.
const STEPS: usize = 1 << 12;

/// A model whose numbers have eight bits, as it is in its file.
#[derive(Debug)]
pub struct Quantized {
    bytes: Vec<u8>,
    folded: Folded,
    pairs: usize,
    dropped: usize,
}

/// What rounding changed, by the answers to some texts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Loss {
    /// How many they were.
    pub texts: usize,
    /// How many are answered with the same label.
    pub same: usize,
    /// By how much the probability of a label changes that changes most, on average.
    pub mean_change: f64,
    /// And at most.
    pub largest_change: f64,
    /// The share of right answers before and after, where the labels are known.
    pub accuracy: Option<[f64; 2]>,
}

impl Quantized {
    /// Bytes of its file.
    pub fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// The model as it answers.
    pub fn folded(&self) -> &Folded {
        &self.folded
    }

    /// Pairs of words that it has.
    pub fn pairs(&self) -> usize {
        self.pairs
    }

    /// Pairs of words that the model had and that it has not.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// What it answers otherwise than the model that it was made of. `truths` are the
    /// labels of the texts, in their order, where they are known.
    pub fn loss(&self, model: &Model, texts: &[String], truths: Option<&[&str]>) -> Loss {
        let mut loss = Loss::default();
        let mut scratch = Scratch::default();
        let mut right = [0; 2];
        for (at, text) in texts.iter().enumerate() {
            let (before, after) = (
                model.classify(text),
                self.folded.classify(text, &mut scratch),
            );
            loss.texts += 1;
            loss.same += usize::from(before.label == after.label);
            let both = before.probabilities.iter().zip(&after.probabilities);
            let change = both.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            loss.mean_change += change;
            loss.largest_change = loss.largest_change.max(change);
            if let Some(&truth) = truths.and_then(|truths| truths.get(at)) {
                for (right, verdict) in right.iter_mut().zip([&before, &after]) {
                    *right += usize::from(self.folded.name(verdict) == truth);
                }
            }
        }
        let share = |of: f64| of / loss.texts.max(1) as f64;
        loss.mean_change = share(loss.mean_change);
        loss.accuracy = truths.map(|_| right.map(|right| share(right as f64)));
        loss
    }

    /// Writes its file, whole or not at all. Equal models give equal bytes.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write(&self, path: &Path) -> Result<()> {
        write_whole(path, &self.bytes)
    }
}

impl Model {
    /// The model with every number of a word, pair or n-gram rounded to one of 256, each column
    /// to its own. With `most`, the pairs that change answers least are dropped until its
    /// file has no more bytes than that. `source` is the file of this model, which `path`
    /// names.
    ///
    /// # Errors
    /// [`Error::Artifact`] for a model that has no tables ([`Folded`]); [`Error::Setting`]
    /// where the file would be larger than `most` without any pair.
    pub fn quantized(
        &self,
        path: &Path,
        source: &Fingerprint,
        most: Option<u64>,
    ) -> Result<Quantized> {
        let whole = |kept: usize| self.quantized_with(path, source, kept);
        let all = whole(STEPS)?;
        let Some(most) = most.filter(|most| all.size() > *most) else {
            return Ok(all);
        };
        let mut best = whole(0)?;
        if best.size() > most {
            let wanted = format!(
                "at least {} bytes, which this model takes without any pair of words",
                best.size()
            );
            return Err(Error::setting("--size", format!("{most} bytes"), wanted));
        }
        // The first share is small enough, the second too large.
        let (mut small, mut large) = (0, STEPS);
        while large - small > 1 {
            let middle = small.midpoint(large);
            let found = whole(middle)?;
            match found.size() <= most {
                true => (small, best) = (middle, found),
                false => large = middle,
            }
        }
        Ok(best)
    }

    /// With so many of [`STEPS`] shares of the pairs.
    pub(super) fn quantized_with(
        &self,
        path: &Path,
        source: &Fingerprint,
        kept: usize,
    ) -> Result<Quantized> {
        let impossible = || {
            let found = "weights of terms that its tables have no place for";
            let wanted = "a model as senti train writes it";
            Error::artifact(path.display().to_string(), found, wanted)
        };
        let mut content = Content::of(self).ok_or_else(impossible)?;
        let before = content.pairs.len() + content.terms.len();
        content.prune(kept);
        codebook::quantize(&mut content);
        let pairs = content.pairs.len() + content.terms.len();
        let provenance = &mut content.header.provenance;
        let earlier = provenance.quantized.as_ref().map_or(0, |made| made.dropped);
        provenance.quantized = Some(Quantization {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: source.clone(),
            dropped: earlier + (before - pairs) as u64,
        });
        let bytes = content.packed(path)?.ok_or_else(impossible)?;
        let folded = Folded::from_bytes(path, &bytes)?.ok_or_else(impossible)?;
        Ok(Quantized {
            bytes,
            folded,
            pairs,
            dropped: before - pairs,
        })
    }
}

impl Content {
    /// Keeps so many of [`STEPS`] shares of the pairs: those that change answers most.
    fn prune(&mut self, kept: usize) {
        // A pair is in exp(-idf) of the texts, and there its weights are added to scores:
        // the mean square of what is lost without it.
        let of_pair = |[idf, documents, sentences]: [f32; 3]| {
            (-idf).exp() * (documents * documents + sentences * sentences)
        };
        let count = self.pairs.len() * kept / STEPS;
        let kept_pairs = mostly(&self.pairs, count, of_pair);
        retain_at(&mut self.pairs, &kept_pairs);

        // How often a term is met is not known.
        let of_term = |[ratio, weight]: [f32; 2]| (ratio * weight).powi(2);
        let count = self.terms.len() * kept / STEPS;
        let kept = mostly(&self.terms, count, of_term);
        let width = self.others.len() / self.terms.len().max(1);
        self.others = (kept.iter())
            .flat_map(|&at| &self.others[at * width..(at + 1) * width])
            .copied()
            .collect();
        retain_at(&mut self.terms, &kept);
    }
}

/// The places of so many pairs, rising: those of the greatest importance.
fn mostly<const VALUES: usize>(
    pairs: &[Valued<VALUES>],
    count: usize,
    importance: impl Fn([f32; VALUES]) -> f32,
) -> Vec<usize> {
    let mut places: Vec<usize> = (0..pairs.len()).collect();
    places.sort_by(|&a, &b| importance(pairs[b].1).total_cmp(&importance(pairs[a].1)));
    places.truncate(count);
    places.sort_unstable();
    places
}

fn retain_at<T: Copy>(all: &mut Vec<T>, places: &[usize]) {
    *all = places.iter().map(|&at| all[at]).collect();
}
