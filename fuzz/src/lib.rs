//! What cargo-fuzz and the stable runner share: a function for each reader, files that
//! mutation begins with, and the mutation itself. See README.md.

pub mod mutation;
pub mod resealing;
pub mod seeds;
pub mod targets;

/// A target: its name, what is run, and what its first inputs are.
pub struct Target {
    /// As cargo-fuzz calls it.
    pub name: &'static str,
    /// Runs it on an input, and tells how that ended.
    pub run: fn(&[u8]) -> String,
    /// Sound files, and damaged ones of an interesting kind.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All targets.
pub const TARGETS: [Target; 8] = [
    Target {
        name: "model",
        run: targets::model,
        seeds: seeds::models,
    },
    Target {
        name: "fifu",
        run: targets::fifu,
        seeds: seeds::fifu,
    },
    Target {
        name: "word2vec_text",
        run: targets::word2vec_text,
        seeds: seeds::word2vec_text,
    },
    Target {
        name: "word2vec_binary",
        run: targets::word2vec_binary,
        seeds: seeds::word2vec_binary,
    },
    Target {
        name: "glove",
        run: targets::glove,
        seeds: seeds::glove,
    },
    Target {
        name: "labels",
        run: targets::labels,
        seeds: seeds::labels,
    },
    Target {
        name: "corpus",
        run: targets::corpus,
        seeds: seeds::corpus,
    },
    Target {
        name: "checkpoint",
        run: targets::checkpoint,
        seeds: seeds::checkpoints,
    },
];
