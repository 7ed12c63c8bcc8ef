//! The induction, step by step: from texts without labels to a direction.

use std::ops::ControlFlow;

use rustc_hash::FxHashSet;

use super::axis::{self, Axis};
use super::documents::Documents;
use super::ngrams::{Rows, Space, fit};
use super::scale::Scale;
use super::selftraining::teach;
use super::{Path, Polarity, Report, bayes, halves, opinions, topics, view};
use crate::error::{Error, Result};
use crate::sentence::WordWeights;
use crate::text::cues::Cues;
use crate::vectors::WordVectors;

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
/// Opinion words without which the cues are not believed: of a small vocabulary a
/// tenth.
const LEAST_OPINIONS: usize = 200;
/// The weight of the losses where each sentence of a document has its label: many
/// of those are wrong.
const SENTENCE_COST: f64 = 2.0;
/// How certain the first direction is of a document one deviation from the middle,
/// in log odds.
const FIRST_SLOPE: f64 = 2.0;

/// Asked between the steps, which take seconds on a large text, whether to go on.
pub type GoOn<'a> = &'a dyn Fn() -> ControlFlow<()>;

/// An error where it is not to go on.
pub(super) fn ask(go_on: GoOn<'_>) -> Result<()> {
    match go_on() {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Error::Interrupted),
    }
}

/// Finds the direction of sentiment.
///
/// # Errors
/// [`Error::TooLittle`] for less than [`LEAST_DOCUMENTS`], or when no seed word of
/// one side has a vector; [`Error::Interrupted`] when `go_on` says so.
pub fn induce(
    documents: &Documents<'_>,
    vectors: &WordVectors,
    cues: &Cues,
    seed: u64,
    go_on: GoOn<'_>,
) -> Result<Polarity> {
    if documents.len() < LEAST_DOCUMENTS {
        return Err(Error::too_little(
            format!("{} texts with a known word", documents.len()),
            format!(
                "{LEAST_DOCUMENTS} or more to find the direction of sentiment; 10,000 are good"
            ),
        ));
    }
    let axis = Axis::new(vectors, cues)?;
    let frequencies = documents.frequencies(vectors.len());
    let length = documents.length();
    let found = opinions::find(documents, vectors, cues);
    let by_cues = found.len() >= LEAST_OPINIONS.min(vectors.len() / 10);
    let opinions = match by_cues {
        true => found,
        false => axis.nearest(vectors, &frequencies),
    };
    ask(go_on)?;
    let path = match length {
        LONG.. => Path::Long,
        SHORT..LONG => Path::Short,
        _ => Path::Seeds,
    };

    let negators = cues.negators.iter().filter_map(|word| vectors.index(word));
    let negators: FxHashSet<u32> = negators.map(|row| row as u32).collect();
    let own = opinions::places(documents, &opinions, &negators, vectors.len());
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
    ask(go_on)?;
    let mut scores = axis::scores(&own, &axis_weights, &topics);
    ask(go_on)?;
    if path != Path::Seeds {
        for score in &mut scores {
            *score *= FIRST_SLOPE;
        }
        let weights = bayes::weights(&own, 2 * opinions.len(), &scores, &topics);
        scores = bayes::scores(&own, &weights);
        ask(go_on)?;
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
    let taught = teach(&space, &rows, &scores, &topics, rounds, seed, go_on)?;
    let weights = WordWeights::fitting(vectors);
    let means = view::Means::new(documents.iter(), vectors, &weights);
    let view = view::fit(&means, &taught);

    // Only one kind of row is in memory at a time.
    drop(rows);
    let labelled = || {
        taught.iter().flat_map(|&(at, positive)| {
            let sentences = documents.get(at as usize).sentences();
            sentences.map(move |sentence| (sentence, positive))
        })
    };
    let rows = Rows::new(&space, labelled().map(|(sentence, _)| sentence));
    let labels: Vec<(u32, bool)> = (0u32..).zip(labelled().map(|(_, label)| label)).collect();
    let model = fit(&space, &rows, &labels, SENTENCE_COST, seed, 2);
    // There are too many sentences to hold the means of all.
    let seen = view.scores_of(labelled().map(|(sentence, _)| sentence), vectors, &weights);
    let sentence = Scale::new(&rows, &model, &view, &seen, 1.0);
    drop(rows);
    let rows = Rows::new(&space, documents.iter());
    let document = Scale::new(&rows, &model, &view, &view.scores(&means), 0.5);
    ask(go_on)?;
    let report = Report {
        path,
        documents: (documents.seen(), documents.len()),
        length,
        by_cues,
        opinions: opinions.len(),
        agreement: halves::agreement(documents, &space, &sentence),
    };
    // Seed words are opinions, however frequent: negation must turn them.
    let seeds = cues.positive.iter().chain(&cues.negative);
    let seeds = seeds.filter_map(|word| vectors.index(word));
    let mut opinions = opinions;
    opinions.extend(seeds.map(|row| row as u32));
    opinions.sort_unstable();
    opinions.dedup();
    Ok(Polarity {
        cues: cues.clone(),
        report,
        pairs: space.pairs(),
        idf: space.idf,
        opinions,
        scales: [document, sentence],
    })
}
