//! What documents are about, so that it is not taken for what they think of it.

use rustc_hash::FxHashSet;

use super::documents::{Documents, distinct};
use super::spread::median;
use crate::clusters::{Clusters, Points};
use crate::random::{Use, stream};
use crate::vectors::WordVectors;

/// Words that show topics.
const BURSTY: usize = 5_000;
/// Documents that such a word stands in, at least: in fewer, lumps are chance.
const LEAST_FREQUENCY: u32 = 50;
/// Topics at most; fewer where there is little text.
const MOST_TOPICS: usize = 100;
/// Documents a topic, at least.
const DOCUMENTS_A_TOPIC: usize = 100;
/// Documents that the centres are made from.
const SAMPLE: usize = 10_000;

/// The topic of each document: clusters of the mean vectors of the burstiest
/// words, those that come in lumps (the log of occurrences over documents; Church
/// and Gale 1995), for opinion words do not.
pub(super) fn find(
    documents: &Documents<'_>,
    vectors: &WordVectors,
    opinions: &[u32],
    frequencies: &[u32],
    seed: u64,
) -> Vec<usize> {
    let mut counts = vec![0u32; vectors.len()];
    for document in documents.iter() {
        for word in document.words() {
            counts[word as usize] += 1;
        }
    }
    let opinions: FxHashSet<u32> = opinions.iter().copied().collect();
    let mut bursty: Vec<(f64, u32)> = (0..vectors.len() as u32)
        .filter(|word| frequencies[*word as usize] >= LEAST_FREQUENCY && !opinions.contains(word))
        .map(|word| {
            let of = |counts: &[u32]| f64::from(counts[word as usize]);
            ((of(&counts) / of(frequencies)).ln(), word)
        })
        .collect();
    bursty.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut weights = vec![0.0f32; vectors.len()];
    for &(_, word) in bursty.iter().take(BURSTY) {
        let share = f64::from(frequencies[word as usize]) / documents.len() as f64;
        weights[word as usize] = -share.ln() as f32;
    }

    let dims = vectors.dims();
    let mut rows = Vec::with_capacity(documents.len());
    let mut words = Vec::new();
    for document in documents.iter() {
        distinct(document, &mut words);
        let mut row = vec![0.0f32; dims];
        for &word in words.iter().filter(|&&word| weights[word as usize] > 0.0) {
            for (sum, value) in row.iter_mut().zip(vectors.row(word as usize)) {
                *sum += weights[word as usize] * value;
            }
        }
        let length = row.iter().map(|value| value * value).sum::<f32>().sqrt();
        if length > 0.0 {
            row.iter_mut().for_each(|value| *value /= length);
        }
        rows.push(row);
    }
    let mut mean = vec![0.0f32; dims];
    for row in &rows {
        for (sum, value) in mean.iter_mut().zip(row) {
            *sum += value / rows.len() as f32;
        }
    }
    let topics = (documents.len() / DOCUMENTS_A_TOPIC).clamp(1, MOST_TOPICS);
    let step = rows.len().div_ceil(SAMPLE).max(1);
    let sample = Points::new(rows.iter().step_by(step).map(Vec::as_slice), &mean);
    let clusters = Clusters::find(&sample, topics, &mut stream(Use::Topics, seed));
    let all = Points::new(rows.iter().map(Vec::as_slice), &mean);
    clusters
        .nearest(&all)
        .into_iter()
        .map(|(topic, _)| topic)
        .collect()
}

/// For each document, the median score of its topic.
pub(super) fn medians(scores: &[f64], topics: &[usize]) -> Vec<f64> {
    let count = topics.iter().max().map_or(0, |most| most + 1);
    let mut members = vec![Vec::new(); count];
    for (&score, &topic) in scores.iter().zip(topics) {
        members[topic].push(score);
    }
    let medians: Vec<f64> = members.iter_mut().map(|scores| median(scores)).collect();
    topics.iter().map(|&topic| medians[topic]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_topic_has_its_median() {
        let scores = [1.0, 5.0, 3.0, 7.0];
        assert_eq!(medians(&scores, &[0, 1, 0, 1]), [2.0, 6.0, 2.0, 6.0]);
    }
}
