//! Naive Bayes over opinion words, learned without labels by expectation and
//! maximisation.

use super::topics::medians;

/// Rounds of expectation and maximisation.
const ROUNDS: usize = 10;

/// Log odds of each opinion word. `documents` holds the places of each document's
/// different opinion words in the list of `words`, `start` a first score of each
/// document, `topics` its topic.
///
/// Nigam, McCallum, Thrun and Mitchell (2000) with one change: a document's class
/// is judged against the median of its topic, or the two classes would become two
/// topics. The weights are of use without that.
pub(super) fn weights(
    documents: &[Vec<u32>],
    words: usize,
    start: &[f64],
    topics: &[usize],
) -> Vec<f64> {
    let mut scores = start.to_vec();
    let mut weights = vec![0.0; words];
    for _ in 0..ROUNDS {
        let medians = medians(&scores, topics);
        let mut counts = [vec![1.0f64; words], vec![1.0f64; words]];
        let mut totals = [words as f64; 2];
        for ((document, score), median) in documents.iter().zip(&scores).zip(&medians) {
            let positive = 1.0 / (1.0 + (median - score).exp());
            for (side, share) in [positive, 1.0 - positive].into_iter().enumerate() {
                for &word in document {
                    counts[side][word as usize] += share;
                }
                totals[side] += share * document.len() as f64;
            }
        }
        for (word, weight) in weights.iter_mut().enumerate() {
            *weight = (counts[0][word] / totals[0]).ln() - (counts[1][word] / totals[1]).ln();
        }
        scores = self::scores(documents, &weights);
    }
    weights
}

/// The summed log odds of each document.
pub(super) fn scores(documents: &[Vec<u32>], weights: &[f64]) -> Vec<f64> {
    documents
        .iter()
        .map(|words| words.iter().map(|&word| weights[word as usize]).sum())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn companions_of_the_seed_share_its_sign() {
        // Words 0 and 1 go together, 2 and 3; only 0 and 2 have a score at first.
        let documents: Vec<Vec<u32>> = (0..40)
            .map(|at| match at % 4 {
                0 => vec![0, 1],
                1 => vec![1],
                2 => vec![2, 3],
                _ => vec![3],
            })
            .collect();
        let start: Vec<f64> = (0..40).map(|at| [1.0, 0.0, -1.0, 0.0][at % 4]).collect();
        let found = weights(&documents, 4, &start, &[0; 40]);
        assert!(found[0] > 1.0 && found[1] > 1.0, "{found:?}");
        assert!(found[2] < -1.0 && found[3] < -1.0, "{found:?}");
    }

    #[test]
    fn a_topic_is_no_opinion() {
        // Word 0 marks a topic whose documents all scored high; within both topics
        // 1 and 2 go together, and 3 and 4.
        let documents: Vec<Vec<u32>> = (0..80)
            .map(|at| {
                let opinion = [[1, 2], [3, 4]][at % 2];
                let topic = if at < 40 { vec![0] } else { vec![] };
                [topic, opinion.to_vec()].concat()
            })
            .collect();
        let topics: Vec<usize> = (0..80).map(|at| usize::from(at < 40)).collect();
        let start: Vec<f64> = (0..80)
            .map(|at| [0.5, -0.5][at % 2] + if at < 40 { 3.0 } else { 0.0 })
            .collect();
        let found = weights(&documents, 5, &start, &topics);
        assert!(found[1] > 1.0 && found[3] < -1.0, "{found:?}");
        assert!(found[0].abs() < 0.5 * found[1], "{found:?}");
    }
}
