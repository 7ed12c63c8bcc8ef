//! A text's score, and each word's part in it.

use std::collections::BTreeMap;
use std::ops::Range;

use super::chain::CLAUSE;
use super::ngrams::key;
use super::reading::Reading;
use super::{Length, Polarity};
use crate::sentence::WordWeights;
use crate::sentence::negation::Negation;
use crate::text::clauses::{Break, breaks};
use crate::text::tokenizer::{Token, Tokenizer};
use crate::vectors::WordVectors;

/// What a negated opinion is worth, against the same opinion said plainly. Text
/// without labels cannot teach it: negated words keep the company of plain ones.
pub(super) const TURNED: f64 = -0.8;

/// The part of a word, or of a pair of words, in a text's score.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The bytes of the text.
    pub span: Range<usize>,
    /// What it adds to the score.
    pub value: f64,
    /// Whether negation turned it.
    pub turned: bool,
}

/// Where a feature stands.
struct Place {
    feature: usize,
    span: Range<usize>,
    turned: bool,
}

/// A text's score: the sum of the values of its parts, and of the offset.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// Median 0 and deviation 1 over the text that the direction was found in.
    pub score: f64,
    /// The parts, by where they begin; words before pairs.
    pub parts: Vec<Part>,
    /// The score of a text without known words.
    pub offset: f64,
}

impl Polarity {
    /// Scores a text. `vectors` must be those it was induced with, `weights` what
    /// fits them.
    pub fn score(
        &self,
        text: &str,
        length: Length,
        vectors: &WordVectors,
        weights: &WordWeights,
        tokenizer: &Tokenizer,
        negation: &Negation,
    ) -> Scored {
        let tokens: Vec<Token<'_>> = tokenizer.tokens(text).collect();
        let gaps: Vec<Break> = breaks(text, &tokens).collect();
        let words: Vec<&str> = tokens.iter().map(|token| token.word.as_ref()).collect();
        let mut negated = Vec::new();
        negation.scopes(&words, &gaps, &mut negated);
        let turned = |at: usize, row: u32| {
            negated.get(at).copied().unwrap_or(false) && self.opinions.binary_search(&row).is_ok()
        };

        // Every place of a feature, in the order of the text.
        let words = self.idf.len() - self.pairs.len();
        let mut places: Vec<Place> = Vec::new();
        let mut reading = Reading::default();
        let row = |word: &str| vectors.index(word).map(|row| row as u32);
        reading.read(&tokens, gaps.iter().copied(), row);
        let text = reading.text();
        let mut pairs: Vec<(usize, usize)> = text.pairs().collect();
        pairs.sort_by_key(|&(_, second)| second);
        let mut pairs = pairs.into_iter().peekable();
        for (place, &row) in text.ids().iter().enumerate() {
            if row >= CLAUSE {
                continue;
            }
            let at = reading.token(place);
            places.push(Place {
                feature: row as usize,
                span: tokens[at].span.clone(),
                turned: turned(at, row),
            });
            while let Some((before, _)) = pairs.next_if(|&(_, second)| second == place) {
                let (first, from) = (text.ids()[before], reading.token(before));
                let Ok(pair) = self.pairs.binary_search(&key(first, row)) else {
                    continue;
                };
                let both = [from, at].iter().all(|at| negated.get(*at) == Some(&true));
                places.push(Place {
                    feature: words + pair,
                    span: tokens[from].span.start..tokens[at].span.end,
                    turned: both && (turned(from, first) || turned(at, row)),
                });
            }
        }

        // A feature counts once, wherever it stands: its places share its value.
        let mut times: BTreeMap<usize, f64> = BTreeMap::new();
        for place in &places {
            *times.entry(place.feature).or_default() += 1.0;
        }
        let square: f64 = times
            .keys()
            .map(|&at| f64::from(self.idf[at]).powi(2))
            .sum();
        let norm = square.sqrt().max(f64::MIN_POSITIVE);
        let weight = |row: usize| f64::from(weights.as_slice()[row]);
        let total: f64 = times.range(..words).map(|(&row, _)| weight(row)).sum();
        let scale = &self.scales[length as usize];
        let parts: Vec<Part> = places
            .into_iter()
            .map(
                |Place {
                     feature,
                     span,
                     turned,
                 }| {
                    let mut value = f64::from(scale.weights[feature]) / norm;
                    if feature < words {
                        let along = scale.direction.iter().zip(vectors.row(feature));
                        let along: f64 = along.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                        value += along * weight(feature) / total;
                    }
                    let factor = if turned { TURNED } else { 1.0 };
                    Part {
                        span,
                        value: value * factor / times[&feature],
                        turned,
                    }
                },
            )
            .collect();
        Scored {
            score: parts.iter().map(|part| part.value).sum::<f64>() + scale.offset,
            parts,
            offset: scale.offset,
        }
    }
}
