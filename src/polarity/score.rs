//! A text's score, and each word's part in it.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::brevity::Mixture;
use super::chain::CLAUSE;
use super::ngrams::key;
use super::reading::Reading;
use super::{Full, Length, Polarity};
use crate::sentence::WordWeights;
use crate::sentence::negation::Negation;
use crate::text::clauses::{Break, breaks};
use crate::text::tokenizer::{Token, Tokenizer};
use crate::vectors::WordVectors;

/// What a negated opinion is worth, against the same opinion said plainly. Text
/// without labels cannot teach it: negated words keep the company of plain ones.
pub(crate) const TURNED: f64 = -0.8;

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
pub(crate) struct Place {
    pub(crate) feature: usize,
    pub(crate) span: Range<usize>,
    pub(crate) turned: bool,
}

/// A text's score: the sum of the values of its parts. That of a text of which nothing
/// is known is 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// Median 0 and deviation 1 over the text that the direction was found in.
    pub score: f64,
    /// The parts, by where they begin; words before pairs. What belongs to no word in
    /// particular, words share as they share the text's mean vector.
    pub parts: Vec<Part>,
}

/// A direction made ready to score texts of one kind, so that no text waits for what
/// is the same for all.
#[derive(Debug, Clone)]
pub struct Scorer {
    length: Length,
    /// From where on texts are no shorter than they should be; without, none is.
    full: Option<Full>,
    /// The slope of sentences, over that of documents.
    slope: f64,
    negation: Negation,
    /// The feature of each pair.
    pairs: FxHashMap<u64, u32>,
    /// What the views of the vectors give each word, as documents and as sentences.
    views: Vec<[f64; 2]>,
    /// The seed words: 1 for praise, -1 for blame.
    seeds: FxHashMap<usize, f64>,
}

impl Scorer {
    /// `vectors` must be those the direction was found with. Texts of less words than
    /// `full` are scored as what they are; without it all are of the kind `length`.
    pub fn new(
        polarity: &Polarity,
        length: Length,
        full: Option<Full>,
        vectors: &WordVectors,
    ) -> Self {
        let words = polarity.word_count();
        let view = |row: usize| {
            polarity.scales.each_ref().map(|scale| {
                let products = scale.direction.iter().zip(vectors.row(row));
                products.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
            })
        };
        let rows = |words: &[String]| -> Vec<usize> {
            words
                .iter()
                .filter_map(|word| vectors.index(word))
                .collect()
        };
        let praise = rows(&polarity.cues.positive)
            .into_iter()
            .map(|row| (row, 1.0));
        let blame = rows(&polarity.cues.negative)
            .into_iter()
            .map(|row| (row, -1.0));
        Self {
            length,
            full,
            slope: polarity.report.slopes(),
            negation: Negation::new(&polarity.cues),
            pairs: polarity.pairs.iter().copied().zip(words as u32..).collect(),
            views: (0..words).map(view).collect(),
            seeds: praise.chain(blame).collect(),
        }
    }

    /// What kind of text is scored.
    pub fn length(&self) -> Length {
        self.length
    }

    /// From where on texts are as long as those that the model was trained on.
    pub fn full(&self) -> Option<Full> {
        self.full
    }

    /// Scores a text by the direction that this was made of; `weights` and
    /// `tokenizer` must be what fits the vectors.
    pub fn score(
        &self,
        polarity: &Polarity,
        text: &str,
        vectors: &WordVectors,
        weights: &WordWeights,
        tokenizer: &Tokenizer,
    ) -> Scored {
        let places = self.places(polarity, text, vectors, tokenizer);
        let words = self.views.len();
        // A feature counts once, wherever it stands: its places share its value.
        let mut features: Vec<usize> = places.iter().map(|place| place.feature).collect();
        features.sort_unstable();
        let times: Vec<(usize, f64)> = features
            .chunk_by(|a, b| a == b)
            .map(|same| (same[0], same.len() as f64))
            .collect();
        let square: f64 = times
            .iter()
            .map(|&(at, _)| f64::from(polarity.idf[at]).powi(2))
            .sum();
        let norm = square.sqrt().max(f64::MIN_POSITIVE);
        let weight = |row: usize| f64::from(weights.as_slice()[row]);
        let distinct = || times.iter().map(|&(at, _)| at).take_while(|&at| at < words);
        let total: f64 = distinct().map(weight).sum();
        let mixture = self.full.map_or(Mixture::plain(self.length), |full| {
            let opinions = distinct().filter(|&row| polarity.is_opinion(row as u32));
            let opinions = opinions.map(weight).sum();
            Mixture::new(self.length, full, self.slope, total, opinions)
        });
        let seeds = distinct()
            .filter(|row| self.seeds.contains_key(row))
            .count();
        let seed = mixture.seeds / seeds.max(1) as f64;
        // What a place of a feature adds, turned or not.
        let value = |feature: usize, factor: f64| {
            let scales = polarity.scales.iter().zip(mixture.scales);
            let mut value: f64 = scales
                .clone()
                .map(|(scale, times)| times * f64::from(scale.weights[feature]))
                .sum();
            value *= factor / norm;
            if feature < words {
                let views = scales.zip(self.views[feature]);
                let mean: f64 = views
                    .map(|((scale, times), view)| times * (view * factor + scale.offset))
                    .sum();
                value += mean * weight(feature) / total;
                value += seed * factor * self.seeds.get(&feature).copied().unwrap_or(0.0);
            }
            let found = times.binary_search_by_key(&feature, |&(at, _)| at);
            value / found.map_or(1.0, |found| times[found].1)
        };
        let parts: Vec<Part> = places
            .into_iter()
            .map(|place| Part {
                value: value(place.feature, if place.turned { TURNED } else { 1.0 }),
                span: place.span,
                turned: place.turned,
            })
            .collect();
        Scored {
            score: parts.iter().map(|part| part.value).sum(),
            parts,
        }
    }

    /// Every place of a feature, in the order of the text.
    fn places(
        &self,
        polarity: &Polarity,
        text: &str,
        vectors: &WordVectors,
        tokenizer: &Tokenizer,
    ) -> Vec<Place> {
        let tokens: Vec<Token<'_>> = tokenizer.tokens(text).collect();
        places(
            text,
            &tokens,
            &self.negation,
            |word| vectors.index(word).map(|row| row as u32),
            |first, second| self.pairs.get(&key(first, second)).copied(),
            |row| polarity.is_opinion(row),
        )
    }
}

/// Every place of a feature, in the order of the text; of a word its row is the
/// feature.
pub(crate) fn places(
    text: &str,
    tokens: &[Token<'_>],
    negation: &Negation,
    row: impl Fn(&str) -> Option<u32>,
    pair: impl Fn(u32, u32) -> Option<u32>,
    is_opinion: impl Fn(u32) -> bool,
) -> Vec<Place> {
    let gaps: Vec<Break> = breaks(text, tokens).collect();
    let words: Vec<&str> = tokens.iter().map(|token| token.word.as_ref()).collect();
    let mut negated = Vec::new();
    negation.scopes(&words, &gaps, &mut negated);
    let turned = |at: usize, row: u32| negated.get(at) == Some(&true) && is_opinion(row);

    let mut places: Vec<Place> = Vec::new();
    let mut reading = Reading::default();
    reading.read(tokens, gaps.iter().copied(), row);
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
            let Some(feature) = pair(first, row) else {
                continue;
            };
            let both = [from, at].iter().all(|at| negated.get(*at) == Some(&true));
            places.push(Place {
                feature: feature as usize,
                span: tokens[from].span.start..tokens[at].span.end,
                turned: both && (turned(from, first) || turned(at, row)),
            });
        }
    }
    places
}
