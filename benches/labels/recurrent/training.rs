//! Rounds over the labels until a held-out tenth of them says that it is enough.

use ndarray::Array2;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;
use senti::vectors::WordVectors;

use super::adam::Adam;
use super::batch::{in_order, shuffled};
use super::network::{Network, logistic};
use super::settings::Settings;
use crate::draws::shuffle;

/// One label in so many is held out.
const ONE_IN: usize = 10;
/// A round is one pass over the labels, or as many as show it so many texts.
const ROUND: usize = 2_000;
/// Rounds, at most.
const ROUNDS: usize = 20;
/// Rounds that may pass without a better one.
const PATIENCE: usize = 3;
/// Texts that are answered at a time.
const ANSWERED: usize = 128;

/// All texts, as rows of the vectors, and their classes, 0 or 1.
pub(crate) struct Examples<'a> {
    pub(crate) texts: &'a [Vec<u32>],
    pub(crate) targets: &'a [usize],
}

/// How good a round was on the held-out labels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Round {
    pub(crate) number: usize,
    pub(crate) accuracy: f64,
    pub(crate) loss: f64,
}

/// The weights of the best round, and which it was.
pub(crate) struct Fitted {
    pub(crate) network: Network<f32>,
    pub(crate) best: Round,
}

/// Learns from the labelled rows, none of whose texts is empty.
pub(crate) fn fit(
    examples: &Examples<'_>,
    rows: &[usize],
    vectors: &WordVectors,
    settings: &Settings,
    seed: u64,
    say: impl Fn(String),
) -> Fitted {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut rows = rows.to_vec();
    shuffle(&mut rows, &mut random);
    let (held_out, rows) = rows.split_at(rows.len().div_ceil(ONE_IN));
    let passes = ROUND.div_ceil(rows.len().max(1)).min(ROUND);

    let mut network = Network::new(
        scaled(vectors),
        settings.units,
        settings.pooling,
        settings.tuned,
        &mut random,
    );
    let mut adam = Adam::new(&network);
    let mut gradient = network.zeros_like();
    let mut rate = settings.rate;
    let mut best = Fitted {
        best: measured(&network, examples, held_out, 0),
        network: network.clone(),
    };
    for number in 1..=ROUNDS {
        let (mut loss, mut seen) = (0.0, 0.0);
        for _ in 0..passes {
            for batch in shuffled(examples.texts, rows, settings.batch, &mut random) {
                let texts = batch.rows.len() as f64;
                let of_batch = network.learn(
                    &batch,
                    examples.targets,
                    settings.dropout,
                    &mut random,
                    &mut gradient,
                );
                loss += texts * f64::from(of_batch);
                seen += texts;
                let mut words = batch.words;
                words.sort_unstable();
                words.dedup();
                adam.step(&mut network, &mut gradient, &words, rate);
            }
        }
        let round = measured(&network, examples, held_out, number);
        say(format!(
            "round {number}: loss {:.4}; held out: loss {:.4}, {:.2} % of {} right",
            loss / seen,
            round.loss,
            100.0 * round.accuracy,
            held_out.len(),
        ));
        if (round.accuracy, -round.loss) > (best.best.accuracy, -best.best.loss) {
            best = Fitted {
                network: network.clone(),
                best: round,
            };
        } else {
            rate *= 0.5;
        }
        if number >= best.best.number + PATIENCE {
            break;
        }
    }
    best
}

/// Vectors with components of about 1, the size that the layers' weights are made
/// for.
fn scaled(vectors: &WordVectors) -> Array2<f32> {
    let scale = (vectors.dims() as f32).sqrt();
    let mut words = Array2::zeros((vectors.len(), vectors.dims()));
    for (onto, &value) in words.iter_mut().zip(vectors.rows()) {
        *onto = scale * value;
    }
    words
}

fn measured(
    network: &Network<f32>,
    examples: &Examples<'_>,
    rows: &[usize],
    number: usize,
) -> Round {
    let (mut right, mut loss) = (0.0, 0.0);
    for (row, logit) in logits(network, examples.texts, rows) {
        let target = examples.targets[row];
        right += f64::from(u8::from((logit > 0.0) == (target == 1)));
        loss += logistic(f64::from(logit), target as f64);
    }
    Round {
        number,
        accuracy: right / rows.len() as f64,
        loss: loss / rows.len() as f64,
    }
}

/// Rows and their log odds, in any order.
pub(crate) fn logits(
    network: &Network<f32>,
    texts: &[Vec<u32>],
    rows: &[usize],
) -> Vec<(usize, f32)> {
    in_order(texts, rows, ANSWERED)
        .iter()
        .flat_map(|batch| batch.rows.iter().copied().zip(network.logits(batch)))
        .collect()
}
