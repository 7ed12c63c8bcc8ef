//! Words and pairs of neighbouring words as features, and a logistic regression
//! on them.

use rustc_hash::FxHashMap;

use super::Polarity;
use super::chain::Text;
use crate::random::{Use, part, shuffle};

/// Slots of the sketch that tells rare pairs before they are counted, as a power
/// of two.
const SKETCH_BITS: u32 = 24;
/// Passes of the regression over its rows.
const EPOCHS: u64 = 4;
/// The step size it begins with; rows are of unit length.
const STEP: f64 = 8.0;

/// The weight of the losses beside the penalty, as liblinear's C, where a label is
/// about the whole of the text.
pub(super) const COST: f64 = 50.0;

/// The features: every word, then every pair that is frequent enough.
#[derive(Debug)]
pub(super) struct Space {
    words: usize,
    /// The feature of each pair.
    pairs: FxHashMap<u64, u32>,
    /// The log of documents over those with the feature.
    pub(super) idf: Vec<f32>,
}

/// A pair of words as one number.
pub(super) fn key(first: u32, second: u32) -> u64 {
    u64::from(first) << 32 | u64::from(second)
}

/// The pairs of words that follow each other.
fn pairs(text: Text<'_>) -> impl Iterator<Item = u64> + Clone {
    text.pairs()
        .map(move |(first, second)| key(text.ids()[first], text.ids()[second]))
}

impl Space {
    /// The features of documents with `words` different words; pairs in less than
    /// `least` of them are none.
    pub(super) fn new<'d>(
        documents: impl Iterator<Item = Text<'d>> + Clone,
        words: usize,
        least: u32,
    ) -> Self {
        // Most pairs are rare. A small table of counts, in which pairs that meet
        // are counted together, tells which cannot be frequent.
        let slot =
            |key: u64| (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - SKETCH_BITS)) as usize;
        let mut sketch = vec![0u8; 1 << SKETCH_BITS];
        for pair in documents.clone().flat_map(pairs) {
            let count = &mut sketch[slot(pair)];
            *count = count.saturating_add(1);
        }
        let mut counts: FxHashMap<u64, (u32, u32)> = FxHashMap::default();
        let mut frequencies = vec![(0u32, 0u32); words];
        let mut total = 0u32;
        for document in documents {
            total += 1;
            for word in document.words() {
                if let Some((count, last)) = frequencies.get_mut(word as usize)
                    && *last != total
                {
                    (*count, *last) = (*count + 1, total);
                }
            }
            for pair in pairs(document) {
                if u32::from(sketch[slot(pair)]) < least.min(255) {
                    continue;
                }
                let (count, last) = counts.entry(pair).or_default();
                if *last != total {
                    (*count, *last) = (*count + 1, total);
                }
            }
        }
        let mut frequent: Vec<(u64, u32)> = counts
            .into_iter()
            .filter(|(_, (count, _))| *count >= least)
            .map(|(pair, (count, _))| (pair, count))
            .collect();
        frequent.sort_unstable();
        let idf = |count: u32| (f64::from(total) / f64::from(count.max(1))).ln().max(0.01) as f32;
        Self {
            words,
            idf: frequencies
                .iter()
                .map(|(count, _)| *count)
                .chain(frequent.iter().map(|(_, count)| *count))
                .map(idf)
                .collect(),
            pairs: frequent
                .iter()
                .enumerate()
                .map(|(at, (pair, _))| (*pair, (words + at) as u32))
                .collect(),
        }
    }

    /// These features and those of a direction, which has the same words. What it
    /// knows keeps the inverse frequency that it was learned with.
    pub(super) fn joined(mut self, polarity: &Polarity) -> Self {
        let mut pairs = self.pairs();
        pairs.extend(&polarity.pairs);
        pairs.sort_unstable();
        pairs.dedup();
        let mut idf = polarity.idf[..self.words].to_vec();
        idf.extend(pairs.iter().map(|&pair| {
            let own = || self.feature(pair).map(|at| self.idf[at as usize]);
            polarity
                .idf_of(self.words, pair)
                .or_else(own)
                .unwrap_or(1.0)
        }));
        self.idf = idf;
        self.pairs = pairs.into_iter().zip(self.words as u32..).collect();
        self
    }

    /// The feature of a pair.
    pub(super) fn feature(&self, pair: u64) -> Option<u32> {
        self.pairs.get(&pair).copied()
    }

    /// The pairs in the order of their features.
    pub(super) fn pairs(&self) -> Vec<u64> {
        let mut all: Vec<(u32, u64)> = self.pairs.iter().map(|(pair, at)| (*at, *pair)).collect();
        all.sort_unstable();
        all.into_iter().map(|(_, pair)| pair).collect()
    }

    pub(super) fn words(&self) -> usize {
        self.words
    }

    /// The different features of a text, rising.
    pub(super) fn features(&self, text: Text<'_>, features: &mut Vec<u32>) {
        features.clear();
        features.extend(text.words());
        features.extend(pairs(text).filter_map(|pair| self.pairs.get(&pair)));
        features.sort_unstable();
        features.dedup();
    }
}

/// The features of many texts, one after the other.
#[derive(Debug, Default)]
pub(super) struct Rows {
    features: Vec<u32>,
    /// What each counts; nothing where all count 1.
    factors: Vec<f32>,
    ends: Vec<usize>,
    norms: Vec<f32>,
}

impl Rows {
    pub(super) fn new<'d>(space: &Space, texts: impl Iterator<Item = Text<'d>>) -> Self {
        let mut rows = Self::default();
        let mut features = Vec::new();
        for text in texts {
            space.features(text, &mut features);
            rows.features.extend_from_slice(&features);
            rows.ends.push(rows.features.len());
            let square: f32 = features
                .iter()
                .map(|&feature| space.idf[feature as usize].powi(2))
                .sum();
            rows.norms.push(square.sqrt().max(f32::MIN_POSITIVE));
        }
        rows
    }

    /// Adds a text whose features, rising, do not count the same. In one matrix all
    /// texts are added so, or none.
    pub(super) fn push(&mut self, space: &Space, features: &[(u32, f32)]) {
        self.features.extend(features.iter().map(|(at, _)| at));
        self.factors
            .extend(features.iter().map(|(_, factor)| factor));
        self.ends.push(self.features.len());
        let square: f32 = features
            .iter()
            .map(|(at, _)| space.idf[*at as usize].powi(2))
            .sum();
        self.norms.push(square.sqrt().max(f32::MIN_POSITIVE));
    }

    /// The features of a row, with what each counts.
    fn row(&self, at: usize) -> impl Iterator<Item = (usize, f32)> {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        (start..self.ends[at]).map(|place| {
            let factor = self.factors.get(place).copied().unwrap_or(1.0);
            (self.features[place] as usize, factor)
        })
    }

    /// The score of a row: the sum of its features' weights over its length.
    pub(super) fn score(&self, at: usize, model: &Linear) -> f64 {
        let sum: f32 = self
            .row(at)
            .map(|(feature, factor)| model.weights[feature] * factor)
            .sum();
        f64::from(sum / self.norms[at]) + model.bias
    }
}

/// A linear model: `weights` hold each feature's idf already.
#[derive(Debug, Clone)]
pub(super) struct Linear {
    pub(super) weights: Vec<f32>,
    pub(super) bias: f64,
}

/// Logistic regression on binary features times idf, of unit length, with an L2
/// penalty, by stochastic gradient descent with the step sizes of Bottou (2012).
/// `labels` says of each row whether it is positive; other rows take no part. The
/// worse the labels, the lower `cost` should be.
pub(super) fn fit(
    space: &Space,
    rows: &Rows,
    labels: &[(u32, bool)],
    cost: f64,
    seed: u64,
    fold: u64,
) -> Linear {
    let mut order: Vec<(u32, bool)> = labels.to_vec();
    let penalty = 1.0 / (cost * labels.len().max(1) as f64);
    // The weights are `scale` times these: shrinking all is one product.
    let mut weights = vec![0.0f32; space.idf.len()];
    let (mut scale, mut bias, mut steps) = (1.0f64, 0.0f64, 0u64);
    for epoch in 0..EPOCHS {
        shuffle(&mut order, &mut part(Use::SelfTraining, seed, fold, epoch));
        for &(row, positive) in &order {
            let norm = rows.norms[row as usize];
            let sum: f32 = rows
                .row(row as usize)
                .map(|(at, factor)| weights[at] * space.idf[at] * factor)
                .sum();
            let margin = scale * f64::from(sum / norm) + bias;
            let error = f64::from(u8::from(positive)) - 1.0 / (1.0 + (-margin).exp());
            let step = STEP / (1.0 + STEP * penalty * steps as f64);
            scale *= 1.0 - (step * penalty).min(0.5);
            let change = (step * error / scale) as f32 / norm;
            for (at, factor) in rows.row(row as usize) {
                weights[at] += change * space.idf[at] * factor;
            }
            bias += 0.01 * step * error;
            steps += 1;
            if scale < 1e-4 {
                weights.iter_mut().for_each(|w| *w *= scale as f32);
                scale = 1.0;
            }
        }
    }
    for (weight, idf) in weights.iter_mut().zip(&space.idf) {
        *weight *= scale as f32 * idf;
    }
    Linear { weights, bias }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::polarity::documents::Documents;
    use crate::vectors::WordVectors;

    /// Texts between spaces: `,` ends a clause.
    const TEXTS: [&str; 4] = ["0 1 0 1", "0 1, 0", "1, 0 2", "2"];

    /// Documents whose words are the rows' numbers.
    fn documents<'v>(vectors: &'v WordVectors, texts: &[&str]) -> Documents<'v> {
        let mut documents = Documents::new(vectors);
        texts.iter().for_each(|text| documents.add(text));
        documents
    }

    fn vectors() -> WordVectors {
        let words = ["0", "1", "2"].map(str::to_owned).to_vec();
        WordVectors::new(words, vec![1.0, 2.0, 3.0], 1).unwrap()
    }

    #[test]
    fn pairs_are_counted_once_a_text_and_not_across_breaks() {
        let vectors = vectors();
        let documents = documents(&vectors, &TEXTS);
        let space = Space::new(documents.iter(), 3, 2);
        // 0 1 stands in two texts, 1 0 and 0 2 in one each.
        assert_eq!(space.pairs(), [key(0, 1)]);
        let idf: Vec<f32> = [4.0f32 / 3.0, 4.0 / 3.0, 2.0, 2.0].map(f32::ln).to_vec();
        for (got, expected) in space.idf.iter().zip(&idf) {
            assert!((got - expected).abs() < 1e-6, "{:?}", space.idf);
        }
        let mut features = Vec::new();
        space.features(documents.get(0), &mut features);
        assert_eq!(features, [0, 1, 3]);
        space.features(documents.get(2), &mut features);
        assert_eq!(features, [0, 1, 2]);
    }

    #[test]
    fn what_labels_differ_in_is_learned_and_a_score_is_a_sum() {
        let vectors = vectors();
        let documents = documents(&vectors, &["0 2", "1 2"].repeat(20));
        let space = Space::new(documents.iter(), 3, 100);
        let rows = Rows::new(&space, documents.iter());
        let labels: Vec<(u32, bool)> = (0..40).map(|at| (at, at % 2 == 0)).collect();
        let model = fit(&space, &rows, &labels, COST, 0, 0);
        assert!(
            model.weights[0] > 0.0 && model.weights[1] < 0.0,
            "{model:?}"
        );
        let norm = (space.idf[0].powi(2) + space.idf[2].powi(2)).sqrt();
        let expected = f64::from((model.weights[0] + model.weights[2]) / norm) + model.bias;
        assert!((rows.score(0, &model) - expected).abs() < 1e-6);
        assert!((0..40).all(|at| (rows.score(at, &model) > 0.0) == (at % 2 == 0)));
    }
}
