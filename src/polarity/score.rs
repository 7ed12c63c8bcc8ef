//! A text's score, and each word's part in it.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::ngrams::key;
use super::{Length, Polarity};
use crate::sentence::WordWeights;
use crate::sentence::negation::Negation;
use crate::text::clauses::{Break, breaks};
use crate::text::tokenizer::{Token, Tokenizer};
use crate::vectors::WordVectors;

/// What a negated opinion is worth, against the same opinion said plainly. Text
/// without labels cannot teach it: negated words keep the company of plain ones.
const TURNED: f64 = -0.8;

/// The part of a word, or of a pair of words, in a text's score.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The bytes of the text.
    pub span: Range<usize>,
    /// What it adds to the score.
    pub value: f64,
    /// Whether it is negated.
    pub negated: bool,
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
        let mut places: Vec<(u32, Option<u32>, Range<usize>, bool)> = Vec::new();
        let mut before: Option<(u32, usize)> = None;
        for (at, token) in tokens.iter().enumerate() {
            let Some(row) = vectors.index(&token.word).map(|row| row as u32) else {
                // The induction does not see unknown words, but what ends at them.
                if !gaps[at].joins() {
                    before = None;
                }
                continue;
            };
            places.push((row, Some(row), token.span.clone(), turned(at, row)));
            if let Some((first, place)) = before
                && let Ok(pair) = self.pairs.binary_search(&key(first, row))
            {
                let feature = (self.idf.len() - self.pairs.len() + pair) as u32;
                let both = negated.get(place) == Some(&true) && negated.get(at) == Some(&true);
                let turned = both && (turned(place, first) || turned(at, row));
                let span = tokens[place].span.start..token.span.end;
                places.push((feature, None, span, turned));
            }
            before = gaps[at].joins().then_some((row, at));
        }

        let mut times: FxHashMap<u32, f64> = FxHashMap::default();
        for (feature, ..) in &places {
            *times.entry(*feature).or_default() += 1.0;
        }
        let mut square = 0.0;
        let mut total = 0.0;
        let mut seen: FxHashMap<u32, ()> = FxHashMap::default();
        for (feature, row, ..) in &places {
            if seen.insert(*feature, ()).is_none() {
                square += f64::from(self.idf[*feature as usize]).powi(2);
                total += row.map_or(0.0, |row| f64::from(weights.as_slice()[row as usize]));
            }
        }
        let norm = f64::sqrt(square).max(f64::MIN_POSITIVE);
        let scale = &self.scales[length as usize];
        let parts: Vec<Part> = places
            .into_iter()
            .map(|(feature, row, span, negated)| {
                let mut value = f64::from(scale.weights[feature as usize]) / norm;
                if let Some(row) = row {
                    let along: f64 = scale
                        .direction
                        .iter()
                        .zip(vectors.row(row as usize))
                        .map(|(a, b)| f64::from(*a) * f64::from(*b))
                        .sum();
                    value += along * f64::from(weights.as_slice()[row as usize]) / total;
                }
                let factor = if negated { TURNED } else { 1.0 };
                Part {
                    span,
                    value: value * factor / times[&feature],
                    negated,
                }
            })
            .collect();
        Scored {
            score: parts.iter().map(|part| part.value).sum::<f64>() + scale.offset,
            parts,
            offset: scale.offset,
        }
    }
}
