//! The settings that were tried, and the one that is used.

use super::network::Dropout;
use super::pooling::Pooling;

/// How an encoder is built and learned.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    pub(crate) name: &'static str,
    /// Of each direction.
    pub(crate) units: usize,
    pub(crate) pooling: Pooling,
    /// Whether word vectors are learned too.
    pub(crate) tuned: bool,
    pub(crate) dropout: Dropout,
    /// Texts of a batch.
    pub(crate) batch: usize,
    /// Of Adam; halved after every round that was not the best so far.
    pub(crate) rate: f64,
}

const FIRST: Settings = Settings {
    name: "64 units, mean, tuned",
    units: 64,
    pooling: Pooling::Mean,
    tuned: true,
    dropout: Dropout {
        inputs: 0.2,
        pooled: 0.5,
    },
    batch: 32,
    rate: 1e-3,
};

/// What `--choose` tries.
pub(crate) const TRIED: [Settings; 3] = [
    FIRST,
    Settings {
        name: "64 units, maximum, tuned",
        pooling: Pooling::Max,
        ..FIRST
    },
    Settings {
        name: "64 units, mean, frozen",
        tuned: false,
        ..FIRST
    },
];

/// Which of them is the method: the best on IMDB's held-out labels.
pub(crate) const CHOSEN: usize = 2;
