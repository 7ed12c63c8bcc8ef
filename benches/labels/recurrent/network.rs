//! Words to vectors, through one recurrent layer from left to right and one from
//! right to left, pooled, to the log odds of the second class; and its gradient.

use linfa::Float;
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, s};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::RngCore;

use super::batch::Batch;
use super::gru::{Gru, States, row, row_mut, sigmoid, slice_mut};
use super::pooling::Pooling;

/// Which shares are dropped while training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Dropout {
    /// Of the components of a text's word vectors, the same ones for all its words
    /// (Gal and Ghahramani 2016).
    pub(crate) inputs: f64,
    /// Of the pooled states.
    pub(crate) pooled: f64,
}

/// Weights, or the gradient by them.
#[derive(Debug, Clone)]
pub(crate) struct Network<F> {
    pub(crate) pooling: Pooling,
    /// Whether word vectors are learned too.
    pub(crate) tuned: bool,
    /// words x components
    pub(crate) words: Array2<F>,
    /// Left to right, right to left.
    pub(crate) layers: [Gru<F>; 2],
    /// 1 x (2 units, and the bias)
    pub(crate) output: Array2<F>,
}

/// What the gradient needs to know of a pass.
struct Pass<F> {
    dropped: [Array2<F>; 2],
    inputs: [Array2<F>; 2],
    states: [States<F>; 2],
    /// The place of each maximum: texts x units.
    maxima: [Vec<usize>; 2],
    pooled: Array2<F>,
    logits: Vec<F>,
}

impl<F: Float> Network<F> {
    /// Word vectors as they are; the other weights uniform within one by the root
    /// of the number of units, biases zero.
    pub(crate) fn new(
        words: Array2<F>,
        units: usize,
        pooling: Pooling,
        tuned: bool,
        random: &mut Xoshiro256PlusPlus,
    ) -> Self {
        let mut network = Self {
            pooling,
            tuned,
            layers: [(), ()].map(|()| Gru::zeros(words.ncols(), units)),
            output: Array2::zeros((1, 2 * units + 1)),
            words,
        };
        let bound = 1.0 / (units as f64).sqrt();
        let mut fill = |values: &mut [F]| {
            for value in values {
                *value = F::cast(bound * (2.0 * uniform(random) - 1.0));
            }
        };
        for layer in &mut network.layers {
            let [input, _, gates, candidate] = layer.parts_mut();
            for part in [input, gates, candidate] {
                fill(part);
            }
        }
        fill(&mut slice_mut(&mut network.output)[..2 * units]);
        network
    }

    pub(crate) fn zeros_like(&self) -> Self {
        let mut zeros = self.clone();
        for part in zeros.everything_mut() {
            part.fill(F::zero());
        }
        zeros
    }

    /// All weights but the word vectors.
    pub(crate) fn parts_mut(&mut self) -> Vec<&mut [F]> {
        let mut parts = self.everything_mut();
        parts.pop();
        parts
    }

    /// All weights, the word vectors last.
    pub(crate) fn everything_mut(&mut self) -> Vec<&mut [F]> {
        let layers = self.layers.iter_mut().flat_map(Gru::parts_mut);
        let others = [&mut self.output, &mut self.words].map(slice_mut);
        layers.chain(others).collect()
    }

    /// The log odds of each text of a batch, in its order.
    pub(crate) fn logits(&self, batch: &Batch) -> Vec<F> {
        let everything = Dropout {
            inputs: 0.0,
            pooled: 0.0,
        };
        self.forward(batch, everything, None).logits
    }

    /// The mean logistic loss over a batch; adds its gradient. The targets are those
    /// of all texts.
    pub(crate) fn learn(
        &self,
        batch: &Batch,
        targets: &[usize],
        dropout: Dropout,
        random: &mut Xoshiro256PlusPlus,
        gradient: &mut Self,
    ) -> F {
        let units = self.layers[0].units();
        let Pass {
            dropped,
            inputs,
            states,
            maxima,
            pooled,
            logits,
        } = self.forward(batch, dropout, Some(random));
        let share = F::one() / F::cast(logits.len());
        let mut loss = F::zero();
        // By the pooled states.
        let mut slopes = Array2::zeros(pooled.dim());
        let weights = row(&self.output, 0);
        let by_output = row_mut(&mut gradient.output, 0);
        for (text, (&logit, &of)) in logits.iter().zip(&batch.rows).enumerate() {
            let target = F::cast(targets[of]);
            loss += share * logistic(logit, target);
            let slope = share * (sigmoid(logit) - target);
            by_output[2 * units] += slope;
            let mask = row(&dropped[1], text);
            let values = row(&pooled, text);
            for (unit, onto) in row_mut(&mut slopes, text).iter_mut().enumerate() {
                // The pooled values are masked already.
                by_output[unit] += slope * values[unit];
                *onto = slope * weights[unit] * mask[unit];
            }
        }
        let mut by_words = Array2::zeros((batch.words.len(), self.words.ncols()));
        for (side, layer) in self.layers.iter().enumerate() {
            let own = s![.., side * units..(side + 1) * units];
            let slopes = slopes.slice(own);
            let slopes = self.pooling.backward(batch, &slopes, &maxima[side]);
            let inner = layer.backward(
                &inputs[side],
                batch,
                &states[side],
                slopes,
                &mut gradient.layers[side],
            );
            if !self.tuned {
                continue;
            }
            let mut by_inputs = Array2::zeros(by_words.dim());
            let (one, weights) = (F::one(), layer.input.t());
            general_mat_mul(one, &inner, &weights, F::zero(), &mut by_inputs);
            for (place, &mirrored) in batch.mirror.iter().enumerate() {
                let at = if side == 0 { place } else { mirrored };
                add(row_mut(&mut by_words, at), row(&by_inputs, place));
            }
        }
        if self.tuned {
            for ((place, text), &word) in batch.texts().enumerate().zip(&batch.words) {
                let onto = row_mut(&mut gradient.words, word as usize);
                let values = row(&by_words, place).iter().zip(row(&dropped[0], text));
                for (onto, (&value, &mask)) in onto.iter_mut().zip(values) {
                    *onto += value * mask;
                }
            }
        }
        loss
    }

    fn forward(
        &self,
        batch: &Batch,
        dropout: Dropout,
        mut random: Option<&mut Xoshiro256PlusPlus>,
    ) -> Pass<F> {
        let (units, texts) = (self.layers[0].units(), batch.lengths.len());
        let mut mask = |columns, share: f64| {
            let mut kept = || match &mut random {
                Some(random) if share > 0.0 => match uniform(random) < share {
                    true => F::zero(),
                    false => F::cast(1.0 / (1.0 - share)),
                },
                _ => F::one(),
            };
            Array2::from_shape_simple_fn((texts, columns), &mut kept)
        };
        let dropped = [
            mask(self.words.ncols(), dropout.inputs),
            mask(2 * units, dropout.pooled),
        ];
        let mut forwards = Array2::zeros((batch.words.len(), self.words.ncols()));
        for ((place, text), &word) in batch.texts().enumerate().zip(&batch.words) {
            let values = row(&self.words, word as usize).iter();
            let values = values.zip(row(&dropped[0], text));
            let onto = row_mut(&mut forwards, place).iter_mut();
            for (onto, (&value, &mask)) in onto.zip(values) {
                *onto = value * mask;
            }
        }
        let mut backwards = Array2::zeros(forwards.dim());
        for (place, &mirrored) in batch.mirror.iter().enumerate() {
            row_mut(&mut backwards, place).copy_from_slice(row(&forwards, mirrored));
        }
        let inputs = [forwards, backwards];
        let states = [0, 1].map(|side| self.layers[side].forward(&inputs[side], batch));
        let mut pooled = Array2::zeros((texts, 2 * units));
        let maxima = [0, 1].map(|side| {
            let mut own = pooled.slice_mut(s![.., side * units..(side + 1) * units]);
            self.pooling.forward(batch, &states[side].hidden, &mut own)
        });
        pooled *= &dropped[1];
        let weights = row(&self.output, 0);
        let logits = (0..texts)
            .map(|text| {
                let products = row(&pooled, text).iter().zip(weights);
                products.fold(weights[2 * units], |sum, (&value, &weight)| {
                    sum + value * weight
                })
            })
            .collect();
        Pass {
            dropped,
            inputs,
            states,
            maxima,
            pooled,
            logits,
        }
    }
}

/// -ln of the probability of the target, 0 or 1.
pub(crate) fn logistic<F: Float>(logit: F, target: F) -> F {
    // Softplus, written so that nothing overflows.
    let softplus = logit.max(F::zero()) + (-logit.abs()).exp().ln_1p();
    softplus - target * logit
}

fn add<F: Float>(onto: &mut [F], values: &[F]) {
    for (onto, &value) in onto.iter_mut().zip(values) {
        *onto += value;
    }
}

/// From 0 up to 1.
pub(crate) fn uniform(random: &mut Xoshiro256PlusPlus) -> f64 {
    (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}
