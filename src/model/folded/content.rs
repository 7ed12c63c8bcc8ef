//! What a model's file holds, as lists: what its tables are made of.
//!
//! Words have rows, in the order of the vectors, those without a vector last. Values
//! stand by rows, and pairs in the order of their words' rows.

use super::file::{Header, StoredClassifier, StoredDirection};
use super::terms::{EACH, Layout};
use super::text::{BLAME, OPINION, PRAISE, STOP, TERM};
use super::{BEFORE, SCALED};
use crate::model::{Classifier, Model};
use crate::polarity::parts::Parts;
use crate::polarity::{Full, Scorer};
use crate::vectors::subwords::Subwords;

/// A pair, by the rows of its words, and so many values.
pub(super) type Valued<const VALUES: usize> = ((u32, u32), [f32; VALUES]);

/// The lists, and what stands beside them.
pub(super) struct Content {
    /// Its format and its numbers of pairs are made when it is written.
    pub(super) header: Header,
    pub(super) words: Vec<String>,
    /// What is known of each word.
    pub(super) flags: Vec<u8>,
    /// Columns of `values`.
    pub(super) width: usize,
    /// Of each word: its weight; its vector; with a direction idf, and the weights of
    /// documents and of sentences; the numbers of a term.
    pub(super) values: Vec<f32>,
    /// Of the direction: idf and weights.
    pub(super) pairs: Vec<Valued<SCALED>>,
    /// Terms: their numbers for the first free logit.
    pub(super) terms: Vec<Valued<EACH>>,
    /// Those of each such pair for the other free logits.
    pub(super) others: Vec<f32>,
    /// The vectors of n-grams.
    pub(super) subwords: Option<Subwords>,
}

impl Content {
    /// What a model's tables hold; nothing where it cannot have them.
    pub(super) fn of(model: &Model) -> Option<Self> {
        let vectors = &model.vectors;
        let terms = match Layout::of(model) {
            Layout::None => None,
            Layout::Some(laid) => Some(laid),
            Layout::Impossible => return None,
        };
        let known = vectors.len();
        let words = [
            vectors.words(),
            terms.as_ref().map_or(&[], |terms| &terms.words),
        ]
        .concat();
        let parts = vectors.polarity().map(|one| one.clone().into_parts());
        let stop_words = model.tokenizer.stop_words().sorted();

        let mut flags = vec![0; words.len()];
        let mut mark = |words: &mut dyn Iterator<Item = &str>, flag| {
            for row in words.filter_map(|word| vectors.index(word)) {
                flags[row] |= flag;
            }
        };
        mark(&mut stop_words.iter().copied(), STOP);
        if let Some(Parts { cues, .. }) = &parts {
            mark(&mut cues.positive.iter().map(String::as_str), PRAISE);
            mark(&mut cues.negative.iter().map(String::as_str), BLAME);
        }
        for &opinion in parts.iter().flat_map(|parts| &parts.opinions) {
            flags[opinion as usize] |= OPINION;
        }
        for (row, _) in terms.iter().flat_map(|terms| &terms.singles) {
            flags[*row] |= TERM;
        }

        let scaled = if parts.is_some() { SCALED } else { 0 };
        let free = terms.as_ref().map_or(0, |terms| terms.free);
        let of_terms = BEFORE + vectors.dims() + scaled;
        let width = of_terms + EACH * free;
        let mut values = vec![0.0; words.len() * width];
        for (row, values) in values.chunks_exact_mut(width).take(known).enumerate() {
            let scaled = parts.iter().flat_map(|parts| of_feature(parts, row));
            let weight = model.weights.as_slice()[row];
            let all = [weight].into_iter().chain(vectors.row(row).iter().copied());
            values
                .iter_mut()
                .zip(all.chain(scaled))
                .for_each(|(slot, value)| *slot = value);
        }
        for (row, numbers) in terms.iter().flat_map(|terms| &terms.singles) {
            values[row * width + of_terms..][..numbers.len()].copy_from_slice(numbers);
        }

        let pairs = parts.iter().flat_map(|parts| {
            let rows = |pair: u64| ((pair >> 32) as u32, pair as u32);
            (parts.pairs.iter().zip(known..))
                .map(move |(&pair, at)| (rows(pair), of_feature(parts, at)))
        });
        let mut pairs: Vec<_> = pairs.collect();
        pairs.sort_unstable_by_key(|(pair, _)| *pair);

        let header = Header {
            format: 0,
            labels: model.labels.clone(),
            shares: model.shares.clone(),
            stop_word_list: model.tokenizer.stop_words().name().to_owned(),
            stop_words: stop_words.into_iter().map(str::to_owned).collect(),
            provenance: model.provenance.clone(),
            classifier: match (&model.classifier, &terms) {
                (_, Some(terms)) => StoredClassifier::Head(terms.head.clone()),
                (Classifier::Head(head), None) => StoredClassifier::Head(head.clone()),
                (Classifier::Layer(layer), _) => StoredClassifier::Layer(layer.clone()),
            },
            terms: terms.as_ref().map(|terms| terms.stored.clone()),
            subwords: None,
            direction: parts.map(|parts| StoredDirection {
                pairs: 0,
                offsets: parts.scales.each_ref().map(|scale| scale.offset),
                directions: parts.scales.each_ref().map(|scale| scale.direction.clone()),
                cues: parts.cues,
                report: parts.report,
                length: model.length(),
                full: (model.scorer.as_ref().and_then(Scorer::full)).map(Full::weight),
            }),
        };
        let (terms, others) = match terms {
            Some(terms) => (terms.pairs, terms.others),
            None => (Vec::new(), Vec::new()),
        };
        Some(Self {
            header,
            words,
            flags,
            width,
            values,
            pairs,
            terms,
            others,
            subwords: vectors.subwords().cloned(),
        })
    }
}

/// A feature's idf, and its weights in the two scales.
fn of_feature(parts: &Parts, feature: usize) -> [f32; SCALED] {
    let [documents, sentences] = &parts.scales;
    [
        parts.idf[feature],
        documents.weights[feature],
        sentences.weights[feature],
    ]
}
