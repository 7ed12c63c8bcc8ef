//! The direction of sentiment, found in unlabelled text.
//!
//! A few labels cannot tell which of a thousand differences between texts is the
//! one between praise and blame; much text without labels can, for opinions are
//! the one thing that varies within every topic. [`induce`] finds it in steps, each
//! in a file of its own:
//!
//! | step | file | source |
//! |---|---|---|
//! | words that opinions are made of: those that follow both "very" and "is" | `opinions` | Hatzivassiloglou and Wiebe 2000 |
//! | a first direction among them, from a few seed words in the space of the word vectors | here | Turney 2002; Hamilton et al. 2016 |
//! | topics, which are no opinions | `topics` | |
//! | naive Bayes over the opinion words by EM, judged within topics | `bayes` | Nigam et al. 2000 |
//! | a classifier of words and pairs that teaches itself, cross-fitted | `selftraining`, `ngrams` | Mudinas, Zhang and Levene 2018 |
//! | the same for sentences, and a view of the word vectors | here | |
//!
//! The result, [`Polarity`], is a weight for each word and pair of words: a text's
//! score is their sum, so that each word's part in it is exact (`score`). It has
//! median 0 and deviation 1 over the text it was found in. Which end is praise,
//! the seed words say, and the labels later.

mod bayes;
mod documents;
mod ngrams;
mod opinions;
mod score;
mod selftraining;
mod topics;
mod view;

use rustc_hash::FxHashSet;

pub use documents::Documents;
pub use score::{Part, Scored};

use crate::error::{Error, Result};
use crate::sentence::WordWeights;
use crate::text::cues::Cues;
use crate::vectors::WordVectors;
use documents::{distinct, sentences};
use ngrams::{Rows, Space, fit};
use selftraining::{spread, teach};

/// Documents without which nothing is induced.
pub const LEAST_DOCUMENTS: usize = 500;
/// From this median length on, in words, topics are balanced.
const LONG: usize = 40;
/// Below it there is too little in a text for expectation and maximisation.
const SHORT: usize = 15;
/// Rounds of self-training on long documents, where there are many.
const ROUNDS: usize = 3;
/// Documents that count as many.
const MANY: usize = 20_000;
/// How many opinion words are taken by their nearness to the seeds where the cues
/// show none.
const NEAREST: usize = 1000;
/// Opinion words without which the cues are not believed.
const LEAST_OPINIONS: usize = 50;
/// How certain the first direction is of a document one deviation from the middle,
/// in log odds.
const FIRST_SLOPE: f64 = 2.0;

/// What kind of text is scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Length {
    /// Many sentences.
    Document,
    /// One sentence or a few.
    Sentence,
}

/// The direction of sentiment. Two sets of weights: for documents, for sentences.
#[derive(Debug, Clone, PartialEq)]
pub struct Polarity {
    /// The language of the cues.
    pub language: String,
    /// How it was found.
    pub path: Path,
    /// Words, then pairs: the log of documents over those with the feature.
    idf: Vec<f32>,
    /// The pairs, rising, as first word << 32 | second word.
    pairs: Vec<u64>,
    /// Which words are opinion words, rising.
    opinions: Vec<u32>,
    scales: [Scale; 2],
}

/// The weights for one kind of text.
#[derive(Debug, Clone, PartialEq)]
struct Scale {
    /// One weight a feature.
    weights: Vec<f32>,
    /// The weights of the mean word vector's components.
    direction: Vec<f32>,
    offset: f64,
}

/// The steps that were safe for the text at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Path {
    /// Long documents: topics, EM, self-training.
    Long,
    /// Short documents: EM and one round of self-training, without topics.
    Short,
    /// Very short texts: seed words and one round of self-training.
    Seeds,
}

/// What the induction saw and did.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The steps taken.
    pub path: Path,
    /// Documents read, and those of them in the sample.
    pub documents: (usize, usize),
    /// The median length of a document, in words.
    pub length: usize,
    /// Whether opinion words were found by cues; else by nearness to the seeds.
    pub by_cues: bool,
    /// Opinion words found.
    pub opinions: usize,
    /// Seed words that have a vector: of praise, of blame.
    pub seeds: (usize, usize),
    /// Pairs that are features.
    pub pairs: usize,
}

/// A step of the induction, with each document's score after it, where it gives
/// scores.
pub type Observer<'a> = &'a mut dyn FnMut(&'static str, &[f64]);

/// Finds the direction of sentiment.
///
/// # Errors
/// [`Error::TooLittle`] for less than [`LEAST_DOCUMENTS`], or when no seed word of
/// one side has a vector.
pub fn induce(
    documents: &Documents<'_>,
    vectors: &WordVectors,
    cues: &Cues,
    seed: u64,
    observer: Observer<'_>,
) -> Result<(Polarity, Report)> {
    if documents.len() < LEAST_DOCUMENTS {
        return Err(Error::too_little(
            format!("{} texts with a known word", documents.len()),
            format!(
                "{LEAST_DOCUMENTS} or more to find the direction of sentiment; 10,000 are good"
            ),
        ));
    }
    let axis = Axis::new(vectors, cues)?;
    let (frequencies, length) = survey(documents, vectors.len());
    let found = opinions::find(documents, vectors, cues);
    let by_cues = found.len() >= LEAST_OPINIONS;
    let opinions = match by_cues {
        true => found,
        false => axis.nearest(vectors, &frequencies),
    };
    observer("opinion words", &[]);
    let path = match length {
        LONG.. => Path::Long,
        SHORT..LONG => Path::Short,
        _ => Path::Seeds,
    };

    let negators = cues.negators.iter().filter_map(|word| vectors.index(word));
    let negators: FxHashSet<u32> = negators.map(|row| row as u32).collect();
    let own = places(documents, &opinions, &negators, vectors.len());
    let mut axis_weights: Vec<f64> = opinions
        .iter()
        .map(|&word| {
            let share = f64::from(frequencies[word as usize]) / documents.len() as f64;
            axis.of(vectors.row(word as usize)) * -share.ln()
        })
        .collect();
    // Of negated words nothing is known yet.
    axis_weights.resize(2 * opinions.len(), 0.0);
    let topics = match path {
        Path::Long => topics::find(documents, vectors, &opinions, &frequencies, seed),
        Path::Short | Path::Seeds => vec![0; documents.len()],
    };
    observer("topics", &[]);
    let mut scores = mean_scores(&own, &axis_weights, &topics);
    observer("first direction", &scores);
    if path != Path::Seeds {
        for score in &mut scores {
            *score *= FIRST_SLOPE;
        }
        let weights = bayes::weights(&own, 2 * opinions.len(), &scores, &topics);
        scores = bayes::scores(&own, &weights);
        observer("naive Bayes", &scores);
    }

    let least = match documents.len() {
        ..5_000 => 2,
        5_000..20_000 => 3,
        _ => 5,
    };
    let space = Space::new(documents.iter(), vectors.len(), least);
    let rows = Rows::new(&space, documents.iter());
    let rounds = match path {
        Path::Long if documents.len() >= MANY => ROUNDS,
        _ => 1,
    };
    let taught = teach(&space, &rows, &scores, &topics, rounds, seed, observer);
    let whole = fit(&space, &rows, &taught, seed, 2);
    let weights = WordWeights::fitting(vectors);
    let means = view::Means::new(documents.iter(), vectors, &weights);
    let view = view::fit(&means, &taught);

    let by_words: Vec<f64> = (0..documents.len())
        .map(|at| rows.score(at, &whole))
        .collect();
    let by_vectors = view.scores(&means);
    drop((rows, means));
    let document = Scale::combine(
        &[(&whole, spread(&by_words), 1.0)],
        (&view, spread(&by_vectors), 0.5),
    );
    let blended = blend(&[(&by_words, 1.0), (&by_vectors, 0.5)]);
    observer("words and vectors", &blended);
    let document = document.rescaled(spread(&blended));

    let sentence = sentence_scale(
        documents, vectors, &weights, &space, &whole, &view, &taught, seed,
    );
    observer("sentences", &[]);
    let report = Report {
        path,
        documents: (documents.seen(), documents.len()),
        length,
        by_cues,
        opinions: opinions.len(),
        seeds: axis.seeds,
        pairs: space.idf.len() - space.words(),
    };
    let polarity = Polarity {
        language: cues.language.clone(),
        path,
        pairs: space.pairs(),
        idf: space.idf,
        opinions,
        scales: [document, sentence],
    };
    Ok((polarity, report))
}

/// The weights for sentences: of the model of documents, of one that learned the
/// documents' labels from their sentences, and of the vectors.
#[allow(clippy::too_many_arguments, reason = "all of them are made by induce")]
fn sentence_scale(
    documents: &Documents<'_>,
    vectors: &WordVectors,
    weights: &WordWeights,
    space: &Space,
    whole: &ngrams::Linear,
    view: &view::View,
    taught: &[(u32, bool)],
    seed: u64,
) -> Scale {
    let labelled = || {
        taught.iter().flat_map(|&(at, positive)| {
            sentences(documents.get(at as usize)).map(move |sentence| (sentence, positive))
        })
    };
    let rows = Rows::new(space, labelled().map(|(sentence, _)| sentence));
    let labels: Vec<(u32, bool)> = labelled().zip(0u32..).map(|((_, p), at)| (at, p)).collect();
    let model = fit(space, &rows, &labels, seed, 3);
    let means = view::Means::new(labelled().map(|(sentence, _)| sentence), vectors, weights);
    let score = |model| -> Vec<f64> { (0..labels.len()).map(|at| rows.score(at, model)).collect() };
    let (by_document, by_sentence) = (score(whole), score(&model));
    let by_vectors = view.scores(&means);
    let blended = blend(&[(&by_document, 1.0), (&by_sentence, 1.0), (&by_vectors, 1.0)]);
    Scale::combine(
        &[
            (whole, spread(&by_document), 1.0),
            (&model, spread(&by_sentence), 1.0),
        ],
        (view, spread(&by_vectors), 1.0),
    )
    .rescaled(spread(&blended))
}

impl Scale {
    /// The weighted sum of models, each brought to median 0 and deviation 1.
    fn combine(
        models: &[(&ngrams::Linear, (f64, f64), f64)],
        (view, (middle, deviation), share): (&view::View, (f64, f64), f64),
    ) -> Self {
        let mut weights = vec![0.0; models.first().map_or(0, |(model, ..)| model.weights.len())];
        let mut offset = (view.offset - middle) / deviation * share;
        for (model, (middle, deviation), share) in models {
            for (sum, weight) in weights.iter_mut().zip(&model.weights) {
                *sum += (f64::from(*weight) / deviation * share) as f32;
            }
            offset += (model.bias - middle) / deviation * share;
        }
        let factor = share / deviation;
        Self {
            weights,
            direction: view.direction.iter().map(|v| (v * factor) as f32).collect(),
            offset,
        }
    }

    /// Brought to median 0 and deviation 1, given both.
    fn rescaled(mut self, (middle, deviation): (f64, f64)) -> Self {
        let factor = (1.0 / deviation) as f32;
        self.weights.iter_mut().for_each(|w| *w *= factor);
        self.direction.iter_mut().for_each(|w| *w *= factor);
        self.offset = (self.offset - middle) / deviation;
        self
    }
}

/// The weighted sum of scores, each brought to median 0 and deviation 1.
fn blend(views: &[(&Vec<f64>, f64)]) -> Vec<f64> {
    let mut sums = vec![0.0; views.first().map_or(0, |(scores, _)| scores.len())];
    for (scores, share) in views {
        let (middle, deviation) = spread(scores);
        for (sum, score) in sums.iter_mut().zip(*scores) {
            *sum += (score - middle) / deviation * share;
        }
    }
    sums
}

/// The first direction: from words of blame to words of praise.
struct Axis {
    vector: Vec<f64>,
    seeds: (usize, usize),
}

impl Axis {
    fn new(vectors: &WordVectors, cues: &Cues) -> Result<Self> {
        let mean = |words: &[String]| -> Option<(Vec<f64>, usize)> {
            let rows: Vec<usize> = words
                .iter()
                .filter_map(|word| vectors.index(word))
                .collect();
            let mut sum = vec![0.0; vectors.dims()];
            for &row in &rows {
                for (sum, &value) in sum.iter_mut().zip(vectors.row(row)) {
                    *sum += f64::from(value) / rows.len() as f64;
                }
            }
            (!rows.is_empty()).then_some((sum, rows.len()))
        };
        let missing = |what: &str| {
            Error::too_little(
                format!("no known word of {what} among the seed words"),
                "at least one on each side",
            )
            .with_hint("give words of your own text: --seed-words good,great/bad,awful")
        };
        let (praise, positive) = mean(&cues.positive).ok_or_else(|| missing("praise"))?;
        let (blame, negative) = mean(&cues.negative).ok_or_else(|| missing("blame"))?;
        Ok(Self {
            vector: praise.iter().zip(&blame).map(|(p, b)| p - b).collect(),
            seeds: (positive, negative),
        })
    }

    /// How far a vector goes in this direction.
    fn of(&self, row: &[f32]) -> f64 {
        self.vector
            .iter()
            .zip(row)
            .map(|(a, &b)| a * f64::from(b))
            .sum()
    }

    /// The words that go farthest, to both sides, rising.
    fn nearest(&self, vectors: &WordVectors, frequencies: &[u32]) -> Vec<u32> {
        let mut all: Vec<(f64, u32)> = (0..vectors.len() as u32)
            .filter(|word| frequencies[*word as usize] >= 5)
            .map(|word| (self.of(vectors.row(word as usize)), word))
            .collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let side = NEAREST.min(all.len() / 8);
        let mut words: Vec<u32> = all[..side]
            .iter()
            .chain(&all[all.len() - side..])
            .map(|&(_, word)| word)
            .collect();
        words.sort_unstable();
        words.dedup();
        words
    }
}

/// In how many documents each word stands, and the median length of one.
fn survey(documents: &Documents<'_>, words: usize) -> (Vec<u32>, usize) {
    let mut frequencies = vec![0u32; words];
    let mut lengths = Vec::with_capacity(documents.len());
    let mut different = Vec::new();
    for document in documents.iter() {
        distinct(document, &mut different);
        for &word in &different {
            frequencies[word as usize] += 1;
        }
        lengths.push(
            document
                .iter()
                .filter(|&&id| id < documents::CLAUSE)
                .count(),
        );
    }
    let middle = lengths.len() / 2;
    let length = match lengths.is_empty() {
        true => 0,
        false => *lengths.select_nth_unstable(middle).1,
    };
    (frequencies, length)
}

/// Words that a negator bears on, at most.
const SCOPE: usize = 3;

/// For each document, its different opinion words: their places in the list, and
/// those of negated ones beyond its end, so that they are words of their own.
fn places(
    documents: &Documents<'_>,
    opinions: &[u32],
    negators: &FxHashSet<u32>,
    words: usize,
) -> Vec<Vec<u32>> {
    const NONE: u32 = u32::MAX;
    let mut place = vec![NONE; words];
    for (at, &word) in opinions.iter().enumerate() {
        place[word as usize] = at as u32;
    }
    documents
        .iter()
        .map(|document| {
            let mut places = Vec::new();
            let mut scope = 0;
            for id in document {
                let Some(&at) = place.get(*id as usize) else {
                    scope = 0;
                    continue;
                };
                if at != NONE {
                    places.push(if scope > 0 {
                        at + opinions.len() as u32
                    } else {
                        at
                    });
                }
                scope = match negators.contains(id) {
                    true => SCOPE,
                    false => usize::saturating_sub(scope, 1),
                };
            }
            places.sort_unstable();
            places.dedup();
            places
        })
        .collect()
}

/// The mean weight of each document's opinion words, from the middle of its topic,
/// in deviations.
fn mean_scores(own: &[Vec<u32>], weights: &[f64], topics: &[usize]) -> Vec<f64> {
    let means: Vec<f64> = own
        .iter()
        .map(|words| {
            let sum: f64 = words.iter().map(|&word| weights[word as usize]).sum();
            sum / words.len().max(1) as f64
        })
        .collect();
    let medians = topics::medians(&means, topics);
    let centred: Vec<f64> = means.iter().zip(&medians).map(|(s, m)| s - m).collect();
    let (_, deviation) = spread(&centred);
    centred.iter().map(|score| score / deviation).collect()
}

impl Polarity {
    /// The opinion words, as rows of the vectors.
    pub fn opinions(&self) -> &[u32] {
        &self.opinions
    }

    /// Each word's weight, with its row, for one kind of text.
    pub fn words(&self, length: Length) -> impl Iterator<Item = (u32, f32)> {
        let words = self.idf.len() - self.pairs.len();
        (0u32..).zip(
            self.scales[length as usize].weights[..words]
                .iter()
                .copied(),
        )
    }

    /// Each pair's weight, with the rows of its words.
    pub fn pairs(&self, length: Length) -> impl Iterator<Item = ((u32, u32), f32)> {
        let words = self.idf.len() - self.pairs.len();
        let weights = &self.scales[length as usize].weights[words..];
        let rows = self
            .pairs
            .iter()
            .map(|pair| ((pair >> 32) as u32, *pair as u32));
        rows.zip(weights.iter().copied())
    }
}
