//! A direction of sentiment, adapted to other text without labels: what is said of
//! films in reviews, to single sentences about films, or to short messages.
//!
//! The texts that the direction is most certain of teach a model of words and
//! pairs, cross-fitted as in the induction. It sees them as they are scored, with
//! negated opinion words turned, and it counts for more the more texts there are.

use super::chain::{CLAUSE, SENTENCE, Text};
use super::documents::Documents;
use super::induction::{GoOn, ask};
use super::ngrams::{COST, Linear, Rows, Space, fit, key};
use super::scale::Scale;
use super::score::TURNED;
use super::selftraining::certain;
use super::spread::spread;
use super::view::{self, Means, View};
use super::{Length, Polarity};
use crate::error::{Error, Result};
use crate::random::{Use, stream, unit};
use crate::sentence::WordWeights;
use crate::sentence::negation::Negation;
use crate::text::clauses::Break;
use crate::vectors::WordVectors;

/// Texts without which nothing is adapted: the middle of fewer is chance.
pub const LEAST_TEXTS: usize = 200;
/// Texts that a pair which is new stands in, at least.
const LEAST_COUNT: u32 = 3;
/// With so many texts, what they teach counts half as much as it does with many.
const HALF: f64 = 1500.0;
/// What the view of the vectors counts beside words and pairs when texts are
/// labelled.
const VIEW: f64 = 0.5;

/// What the adaptation saw.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Report {
    /// What kind of text it was: the weights for the other kind stay.
    pub length: Length,
    /// Texts with a known word.
    pub texts: usize,
    /// Pairs that are features, and those of them that are new.
    pub pairs: (usize, usize),
    /// What the texts have taught counts so much, where the old direction counts 1.
    pub share: f64,
}

/// Adapts a direction to texts like those that it will be used on. `vectors` must be
/// those it was induced with. Scores have median 0 and deviation 1 over these texts.
///
/// # Errors
/// [`Error::TooLittle`] for less than [`LEAST_TEXTS`]; [`Error::Interrupted`] when
/// `go_on` says so.
pub fn adapt(
    polarity: &Polarity,
    own: &Documents<'_>,
    vectors: &WordVectors,
    seed: u64,
    go_on: GoOn<'_>,
) -> Result<(Polarity, Report)> {
    if own.len() < LEAST_TEXTS {
        return Err(Error::too_little(
            format!("{} texts with a known word", own.len()),
            format!("{LEAST_TEXTS} or more to adapt to them; 5,000 are good"),
        ));
    }
    let length = polarity.kind(own.length());
    let space = Space::new(own.iter(), vectors.len(), LEAST_COUNT).joined(polarity);
    let mut adapted = polarity.over(&space);
    let scale = adapted.scales[length as usize].clone();

    let reader = Reader {
        polarity: &adapted,
        space: &space,
        vectors,
        negation: Negation::new(&polarity.cues),
    };
    let (rows, means) = reader.read(own);
    let (old, direction) = scale.parts();
    let along = direction.scores(&means);
    let start: Vec<f64> = (0..own.len())
        .map(|at| rows.score(at, &old) + along[at])
        .collect();

    let topics = vec![0; own.len()];
    let mut random = stream(Use::SelfTraining, seed);
    let folds: Vec<bool> = start.iter().map(|_| unit(&mut random) < 0.5).collect();
    let labels = certain(&start, &topics);
    let mut scores = standard(&start);
    for fold in [false, true] {
        let of_fold = |(row, _): &(u32, bool)| folds[*row as usize] == fold;
        let taught: Vec<(u32, bool)> = labels.iter().copied().filter(of_fold).collect();
        let model = fit(&space, &rows, &taught, COST, seed, u64::from(fold));
        let seen = view::fit(&means, &taught).scores(&means);
        let others: Vec<usize> = (0..own.len()).filter(|&at| folds[at] != fold).collect();
        let said: Vec<f64> = others.iter().map(|&at| rows.score(at, &model)).collect();
        let seen: Vec<f64> = others.iter().map(|&at| seen[at]).collect();
        for ((at, said), seen) in others.iter().zip(standard(&said)).zip(standard(&seen)) {
            scores[*at] += said + VIEW * seen;
        }
    }
    ask(go_on)?;

    let model = fit(&space, &rows, &certain(&scores, &topics), COST, seed, 2);
    let texts = own.len() as f64;
    let share = texts / (texts + HALF);
    adapted.scales[length as usize] = scale.joined(&start, 1.0, &rows, (&model, share));
    let report = Report {
        length,
        texts: own.len(),
        pairs: (
            adapted.pairs.len(),
            adapted.pairs.len() - polarity.pairs.len(),
        ),
        share,
    };
    Ok((adapted, report))
}

/// Scores with median 0 and deviation 1.
fn standard(scores: &[f64]) -> Vec<f64> {
    let (middle, deviation) = spread(scores);
    scores.iter().map(|s| (s - middle) / deviation).collect()
}

impl Polarity {
    /// The same direction, with weights of 0 for the pairs of `space` that it does
    /// not know. `space` has all of its pairs.
    fn over(&self, space: &Space) -> Self {
        let pairs = space.pairs();
        let words = space.words();
        let mut scales = self.scales.clone();
        for scale in &mut scales {
            let mut known = scale.weights.split_off(words).into_iter();
            scale.weights.extend(pairs.iter().map(|pair| {
                let old = self.pairs.binary_search(pair).is_ok();
                old.then(|| known.next()).flatten().unwrap_or(0.0)
            }));
        }
        Self {
            cues: self.cues.clone(),
            report: self.report.clone(),
            idf: space.idf.clone(),
            pairs,
            opinions: self.opinions.clone(),
            scales,
        }
    }

    /// The inverse frequency of a pair that is a feature.
    pub(super) fn idf_of(&self, words: usize, pair: u64) -> Option<f32> {
        let at = self.pairs.binary_search(&pair).ok()?;
        Some(self.idf[words + at])
    }
}

/// Reads texts as [`Scorer`](super::Scorer) does.
struct Reader<'a> {
    polarity: &'a Polarity,
    space: &'a Space,
    vectors: &'a WordVectors,
    negation: Negation,
}

impl Reader<'_> {
    /// The features of each text, and its mean vector.
    fn read(&self, texts: &Documents<'_>) -> (Rows, Means) {
        let weights = WordWeights::fitting(self.vectors);
        let (mut rows, mut means) = (Rows::default(), Means::none(self.vectors.dims()));
        for text in texts.iter() {
            let features = self.features(text);
            rows.push(self.space, &features);
            let words = features
                .iter()
                .take_while(|(at, _)| (*at as usize) < self.vectors.len());
            means.push(words.copied(), self.vectors, &weights);
        }
        (rows, means)
    }

    /// The different features of a text, rising; each with 1, or [`TURNED`] where
    /// negation turns it, or what lies between where it does so in some places.
    fn features(&self, text: Text<'_>) -> Vec<(u32, f32)> {
        let (mut words, mut gaps) = (Vec::new(), Vec::new());
        // Where the word at a place of the text stands among the words.
        let mut order = Vec::with_capacity(text.ids().len());
        for &id in text.ids() {
            order.push(words.len());
            if id < CLAUSE {
                words.push(id);
                gaps.push(Break::None);
            } else if let Some(gap) = gaps.last_mut() {
                *gap = match id {
                    SENTENCE => Break::Sentence,
                    _ => Break::Clause,
                };
            }
        }
        let name = |&row: &u32| self.vectors.words()[row as usize].as_str();
        let names: Vec<&str> = words.iter().map(name).collect();
        let mut negated = Vec::new();
        self.negation.scopes(&names, &gaps, &mut negated);
        let turned =
            |at: usize| negated[at] && self.polarity.opinions.binary_search(&words[at]).is_ok();
        let factor = |turned: bool| if turned { TURNED as f32 } else { 1.0 };

        let alone = words.iter().enumerate();
        let mut places: Vec<(u32, f32)> = alone
            .map(|(at, &word)| (word, factor(turned(at))))
            .collect();
        for (first, second) in text.pairs().map(|(a, b)| (order[a], order[b])) {
            if let Some(pair) = self.space.feature(key(words[first], words[second])) {
                let both = negated[first] && negated[second];
                places.push((pair, factor(both && (turned(first) || turned(second)))));
            }
        }
        places.sort_by_key(|(feature, _)| *feature);
        let same = places.chunk_by(|a, b| a.0 == b.0);
        same.map(|same| {
            let sum: f32 = same.iter().map(|(_, factor)| factor).sum();
            (same[0].0, sum / same.len() as f32)
        })
        .collect()
    }
}

impl Scale {
    /// The weights as a model of words and pairs, and as a view of the vectors.
    fn parts(&self) -> (Linear, View) {
        let model = Linear {
            weights: self.weights.clone(),
            bias: self.offset,
        };
        let view = View {
            direction: self.direction.iter().map(|&v| f64::from(v)).collect(),
            offset: 0.0,
        };
        (model, view)
    }
}
