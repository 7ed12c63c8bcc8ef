//! How sure a direction of sentiment is, without labels: whether the two halves of a
//! text agree.

use super::chain::{Link, SENTENCE, Text};
use super::documents::Documents;
use super::ngrams::{Linear, Rows, Space};
use super::scale::Scale;
use super::spread::spread;

/// Texts looked at, at most.
const MOST: usize = 5000;
/// Texts without which nothing is said.
const LEAST: usize = 100;

/// The share of texts whose odd and even sentences lie on the same side of the
/// middle, by words and pairs: one half is chance, and topics that have an opinion of
/// their own count for it. Nothing where too few texts have two sentences.
pub(super) fn agreement(documents: &Documents<'_>, space: &Space, scale: &Scale) -> Option<f64> {
    let step = documents.len().div_ceil(MOST).max(1);
    let mut halves: Vec<(Vec<u32>, Vec<Link>)> = Vec::new();
    for document in documents.iter().step_by(step) {
        let mut pair = [(Vec::new(), Vec::new()), (Vec::new(), Vec::new())];
        for (at, sentence) in document.sentences().enumerate() {
            let (ids, links) = &mut pair[at % 2];
            ids.extend_from_slice(sentence.ids());
            ids.push(SENTENCE);
            links.extend_from_slice(sentence.links());
            links.push(Link::default());
        }
        if !pair[1].0.is_empty() {
            halves.extend(pair);
        }
    }
    if halves.len() < 2 * LEAST {
        return None;
    }
    let texts = halves.iter().map(|(ids, links)| Text::new(ids, links));
    let rows = Rows::new(space, texts);
    let model = Linear {
        weights: scale.weights.clone(),
        bias: 0.0,
    };
    let scores: Vec<f64> = (0..halves.len()).map(|at| rows.score(at, &model)).collect();
    let (middle, _) = spread(&scores);
    let same = scores
        .chunks_exact(2)
        .filter(|pair| (pair[0] > middle) == (pair[1] > middle))
        .count();
    Some(same as f64 / (halves.len() / 2) as f64)
}
