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
