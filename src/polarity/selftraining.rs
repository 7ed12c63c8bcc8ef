//! A classifier that teaches itself: the documents it is most certain of train
//! the next one.

use super::induction::{GoOn, ask};
use super::ngrams::{COST, Linear, Rows, Space, fit};
use super::spread::spread;
use super::topics::medians;
use crate::error::Result;
use crate::random::{Use, stream, unit};

/// The share of documents at each end that become labels.
const CERTAIN: f64 = 0.35;
/// How much of a topic's median is taken off its documents' scores.
const BALANCE: f64 = 0.5;

/// The documents that the last model is certain of, with their labels, after rounds
/// of self-training from a first score of each document. Each fold is
/// scored by a model of the other, or errors would confirm themselves, and topics
/// are half balanced, or they would be learned for opinions.
pub(super) fn teach(
    space: &Space,
    rows: &Rows,
    start: &[f64],
    topics: &[usize],
    rounds: usize,
    seed: u64,
    go_on: GoOn<'_>,
) -> Result<Vec<(u32, bool)>> {
    let mut random = stream(Use::SelfTraining, seed);
    let folds: Vec<bool> = start.iter().map(|_| unit(&mut random) < 0.5).collect();
    let mut scores = start.to_vec();
    let mut labels = certain(&scores, topics);
    for _ in 0..rounds {
        let model = |fold: bool| {
            let own: Vec<(u32, bool)> = labels
                .iter()
                .copied()
                .filter(|(row, _)| folds[*row as usize] == fold)
                .collect();
            fit(space, rows, &own, COST, seed, u64::from(fold))
        };
        let (first, second) = rayon::join(|| model(false), || model(true));
        for (fold, model) in [(true, &first), (false, &second)] {
            rescore(rows, model, &folds, fold, &mut scores);
        }
        labels = certain(&scores, topics);
        ask(go_on)?;
    }
    Ok(labels)
}

/// Scores the documents of one fold, to median 0 and deviation 1.
fn rescore(rows: &Rows, model: &Linear, folds: &[bool], fold: bool, scores: &mut [f64]) {
    let members: Vec<usize> = (0..folds.len()).filter(|&at| folds[at] == fold).collect();
    let new: Vec<f64> = members.iter().map(|&at| rows.score(at, model)).collect();
    let (middle, deviation) = spread(&new);
    for (at, score) in members.into_iter().zip(new) {
        scores[at] = (score - middle) / deviation;
    }
}

/// The lowest and the highest documents, as many of each.
pub(super) fn certain(scores: &[f64], topics: &[usize]) -> Vec<(u32, bool)> {
    let medians = medians(scores, topics);
    let mut order: Vec<(f64, u32)> = scores
        .iter()
        .zip(&medians)
        .zip(0u32..)
        .map(|((score, median), at)| (score - BALANCE * median, at))
        .collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let count = (scores.len() as f64 * CERTAIN) as usize;
    let label = |part: &[(f64, u32)], positive| -> Vec<(u32, bool)> {
        part.iter().map(|&(_, at)| (at, positive)).collect()
    };
    let mut labels = label(&order[..count], false);
    labels.extend(label(&order[order.len() - count..], true));
    labels.sort_unstable();
    labels
}
