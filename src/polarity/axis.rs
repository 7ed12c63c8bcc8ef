//! The first direction: from words of blame to words of praise, in the space of the
//! word vectors.

use super::spread::spread;
use super::topics::medians;
use crate::error::{Error, Result};
use crate::text::cues::Cues;
use crate::text::units::is_character;
use crate::vectors::WordVectors;

/// How many opinion words are taken by their nearness to the seeds where the cues
/// show none.
const NEAREST: usize = 300;
/// The mean of the seed words of praise less that of blame.
pub(super) struct Axis {
    vector: Vec<f64>,
}

impl Axis {
    pub(super) fn new(vectors: &WordVectors, cues: &Cues) -> Result<Self> {
        let mean = |words: &[String]| -> Option<Vec<f64>> {
            let rows: Vec<usize> = words
                .iter()
                .filter_map(|word| vectors.index(word))
                .collect();
            let mut sum = vec![0.0; vectors.dims()];
            for &row in &rows {
                for (sum, &value) in sum.iter_mut().zip(vectors.row(row)) {
                    *sum += f64::from(value) / rows.len() as f64;
                }
            }
            (!rows.is_empty()).then_some(sum)
        };
        let missing = |what: &str| {
            Error::too_little(
                format!("no known word of {what} among the seed words"),
                "at least one on each side",
            )
            .with_hint("give words of your own text: --seed-words good,great/bad,awful")
        };
        let praise = mean(&cues.positive).ok_or_else(|| missing("praise"))?;
        let blame = mean(&cues.negative).ok_or_else(|| missing("blame"))?;
        Ok(Self {
            vector: praise.iter().zip(&blame).map(|(p, b)| p - b).collect(),
        })
    }

    /// How far a vector goes in this direction.
    pub(super) fn of(&self, row: &[f32]) -> f64 {
        self.vector
            .iter()
            .zip(row)
            .map(|(a, &b)| a * f64::from(b))
            .sum()
    }

    /// The words that go farthest, to both sides, rising; no single characters of
    /// scripts without spaces.
    pub(super) fn nearest(&self, vectors: &WordVectors, frequencies: &[u32]) -> Vec<u32> {
        let mut all: Vec<(f64, u32)> = (0..vectors.len() as u32)
            .filter(|word| frequencies[*word as usize] >= 5)
            .filter(|word| !is_character(&vectors.words()[*word as usize]))
            .map(|word| (self.of(vectors.row(word as usize)), word))
            .collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let side = NEAREST.min(all.len() / 8);
        let mut words: Vec<u32> = all[..side]
            .iter()
            .chain(&all[all.len() - side..])
            .map(|&(_, word)| word)
            .collect();
        words.sort_unstable();
        words.dedup();
        words
    }
}

/// The mean weight of each document's opinion words, from the middle of its topic,
/// in deviations.
pub(super) fn scores(own: &[Vec<u32>], weights: &[f64], topics: &[usize]) -> Vec<f64> {
    let means: Vec<f64> = own
        .iter()
        .map(|words| {
            let sum: f64 = words.iter().map(|&word| weights[word as usize]).sum();
            sum / words.len().max(1) as f64
        })
        .collect();
    let medians = medians(&means, topics);
    let centred: Vec<f64> = means.iter().zip(&medians).map(|(s, m)| s - m).collect();
    let (_, deviation) = spread(&centred);
    centred.iter().map(|score| score / deviation).collect()
}
