//! The direction of sentiment as its numbers, for a file that lays them out in its own
//! way.

use super::scale::Scale;
use super::{Polarity, Report};
use crate::text::cues::Cues;

/// The numbers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parts {
    pub(crate) cues: Cues,
    pub(crate) report: Report,
    /// Words, then pairs.
    pub(crate) idf: Vec<f32>,
    /// Rising, as first word << 32 | second word.
    pub(crate) pairs: Vec<u64>,
    /// Rising.
    pub(crate) opinions: Vec<u32>,
    /// For documents, for sentences.
    pub(crate) scales: [ScaleParts; 2],
}

/// The weights for one kind of text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ScaleParts {
    /// Words, then pairs.
    pub(crate) weights: Vec<f32>,
    /// One a component of the vectors.
    pub(crate) direction: Vec<f32>,
    pub(crate) offset: f64,
}

impl Polarity {
    /// The numbers.
    pub(crate) fn into_parts(self) -> Parts {
        Parts {
            cues: self.cues,
            report: self.report,
            idf: self.idf,
            pairs: self.pairs,
            opinions: self.opinions,
            scales: self.scales.map(|scale| ScaleParts {
                weights: scale.weights,
                direction: scale.direction,
                offset: scale.offset,
            }),
        }
    }

    /// Of sound numbers: what reads them has checked them.
    pub(crate) fn from_parts(parts: Parts) -> Self {
        Self {
            cues: parts.cues,
            report: parts.report,
            idf: parts.idf,
            pairs: parts.pairs,
            opinions: parts.opinions,
            scales: parts.scales.map(|scale| Scale {
                weights: scale.weights,
                direction: scale.direction,
                offset: scale.offset,
            }),
        }
    }
}

impl Parts {
    /// The words of the vectors that the weights are of.
    pub(crate) fn words(&self) -> usize {
        self.idf.len() - self.pairs.len()
    }

    /// The same for words in another order: `order` has the old number of each, and
    /// `places` the new one of each old.
    pub(crate) fn renumbered(mut self, order: &[u32], places: &[u32]) -> Self {
        let words = self.words();
        let new = |word: u64| u64::from(places[word as usize]);
        // Each pair's new key, and its old place.
        let mut pairs: Vec<(u64, usize)> = (self.pairs.iter().zip(words..))
            .map(|(&pair, at)| (new(pair >> 32) << 32 | new(pair & 0xffff_ffff), at))
            .collect();
        pairs.sort_unstable();
        let moved = |values: &[f32]| -> Vec<f32> {
            let of_words = order.iter().map(|&old| values[old as usize]);
            of_words
                .chain(pairs.iter().map(|&(_, at)| values[at]))
                .collect()
        };
        self.idf = moved(&self.idf);
        for scale in &mut self.scales {
            scale.weights = moved(&scale.weights);
        }
        self.pairs = pairs.into_iter().map(|(key, _)| key).collect();
        for word in &mut self.opinions {
            *word = places[*word as usize];
        }
        self.opinions.sort_unstable();
        self
    }
}
