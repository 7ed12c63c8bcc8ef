//! One step of gradient descent: the arithmetic of one window.
//!
//! A window is a centre word, its context words c, and noise words drawn once
//! for the whole window. Every context word has an input vector v_c; the
//! centre (t = 0, label y = 1) and the noise words (t > 0, label y = 0) have
//! output vectors u_t. The loss is that of Mikolov et al. 2013, equation 4,
//! summed over the window:
//!
//! ```text
//! L = sum over c of [ -ln s(v_c . u_0) - sum over t > 0 of ln s(-v_c . u_t) ]
//! ```
//!
//! with s the logistic function. As d/dx ln s(x) = 1 - s(x), every pair has
//! the same form of gradient, with the error e_ct = s(v_c . u_t) - y_t:
//!
//! ```text
//! dL/dv_c = sum over t of e_ct u_t        dL/du_t = sum over c of e_ct v_c
//! ```
//!
//! Both sides are computed from the vectors as they were before the window.
//! Sharing the noise among the window's words is due to Ji, Satish, Li and
//! Dubey, "Parallelizing Word2Vec in Shared and Distributed Memory" (2016): it
//! turns many small products into one of two small matrices.

use super::matrix::Rows;
use super::sigmoid::{sigmoid, softplus};

/// Rows are padded with zeros to a multiple of this many values; sums run in
/// as many lanes, in the same order on every machine.
pub(super) const LANES: usize = 8;

/// The rows of one window and their changes.
pub(super) struct Window {
    stride: usize,
    contexts: usize,
    targets: usize,
    /// contexts x stride: v.
    inputs: Vec<f32>,
    /// targets x stride: u.
    outputs: Vec<f32>,
    /// contexts x targets: v . u.
    logits: Vec<f32>,
    /// contexts x targets: -rate e, and the same transposed.
    errors: Vec<f32>,
    errors_by_target: Vec<f32>,
    /// One row of changes.
    change: Vec<f32>,
}

impl Window {
    /// Room for the largest window.
    pub(super) fn new(contexts: usize, targets: usize, stride: usize) -> Self {
        debug_assert!(stride.is_multiple_of(LANES));
        Self {
            stride,
            contexts: 0,
            targets: 0,
            inputs: vec![0.0; contexts * stride],
            outputs: vec![0.0; targets * stride],
            logits: vec![0.0; contexts * targets],
            errors: vec![0.0; contexts * targets],
            errors_by_target: vec![0.0; contexts * targets],
            change: vec![0.0; stride],
        }
    }

    /// Copies the window's rows in.
    #[inline(always)]
    pub(super) fn load<M: Rows>(
        &mut self,
        inputs: &M,
        contexts: &[u32],
        outputs: &M,
        targets: &[u32],
    ) {
        self.contexts = contexts.len();
        self.targets = targets.len();
        for (row, &id) in self.inputs.chunks_exact_mut(self.stride).zip(contexts) {
            inputs.read(id as usize, row);
        }
        for (row, &id) in self.outputs.chunks_exact_mut(self.stride).zip(targets) {
            outputs.read(id as usize, row);
        }
    }

    /// Computes the logits and the errors, the latter times the negative step
    /// size, so that [`Window::store`] only has to add.
    #[inline(always)]
    pub(super) fn step(&mut self, rate: f32) {
        let (contexts, targets) = (self.contexts, self.targets);
        for (v, logits) in self
            .inputs
            .chunks_exact(self.stride)
            .zip(self.logits.chunks_exact_mut(targets))
            .take(contexts)
        {
            for (u, logit) in self.outputs.chunks_exact(self.stride).zip(logits) {
                *logit = dot(v, u);
            }
        }
        let pairs = contexts * targets;
        for (error, &logit) in self.errors[..pairs].iter_mut().zip(&self.logits) {
            *error = -rate * sigmoid(logit);
        }
        for errors in self.errors[..pairs].chunks_exact_mut(targets) {
            errors[0] += rate;
        }
        for (context, errors) in self.errors[..pairs].chunks_exact(targets).enumerate() {
            for (target, &error) in errors.iter().enumerate() {
                self.errors_by_target[target * contexts + context] = error;
            }
        }
    }

    /// The loss of the whole window, before the step.
    pub(super) fn loss(&self) -> f32 {
        self.logits[..self.contexts * self.targets]
            .chunks_exact(self.targets)
            .map(|logits| {
                softplus(-logits[0]) + logits[1..].iter().map(|&x| softplus(x)).sum::<f32>()
            })
            .sum()
    }

    /// Adds the changes to both matrices. A word that stands in the window
    /// twice gets both changes.
    #[inline(always)]
    pub(super) fn store<M: Rows>(
        &mut self,
        inputs: &mut M,
        contexts: &[u32],
        outputs: &mut M,
        targets: &[u32],
    ) {
        for (&id, errors) in contexts.iter().zip(self.errors.chunks_exact(self.targets)) {
            combine(errors, &self.outputs, self.stride, &mut self.change);
            inputs.add(id as usize, &self.change);
        }
        for (&id, errors) in targets
            .iter()
            .zip(self.errors_by_target.chunks_exact(self.contexts))
        {
            combine(errors, &self.inputs, self.stride, &mut self.change);
            outputs.add(id as usize, &self.change);
        }
    }
}

/// a . b, in [`LANES`] partial sums that are added pairwise at the end.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    for (a, b) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            sums[lane] += sums[lane + width];
        }
        width /= 2;
    }
    sums[0]
}

/// out = sum over i of factor_i row_i.
#[inline(always)]
fn combine(factors: &[f32], rows: &[f32], stride: usize, out: &mut [f32]) {
    for (chunk, out) in out.chunks_exact_mut(LANES).enumerate() {
        let mut sums = [0.0; LANES];
        for (factor, row) in factors.iter().zip(rows.chunks_exact(stride)) {
            let row = &row[chunk * LANES..][..LANES];
            for lane in 0..LANES {
                sums[lane] += factor * row[lane];
            }
        }
        out.copy_from_slice(&sums);
    }
}

#[cfg(test)]
mod tests {
    use super::super::matrix::Dense;
    use super::*;

    /// The loss of the module's documentation, in double precision, straight
    /// from the formula.
    fn loss(inputs: &[Vec<f64>], outputs: &[Vec<f64>]) -> f64 {
        let log_sigmoid = |x: f64| -(-x).exp().ln_1p();
        inputs
            .iter()
            .flat_map(|v| {
                outputs.iter().enumerate().map(move |(t, u)| {
                    let x: f64 = v.iter().zip(u).map(|(a, b)| a * b).sum();
                    -log_sigmoid(if t == 0 { x } else { -x })
                })
            })
            .sum()
    }

    fn matrix(rows: usize, seed: u64) -> Dense {
        let mut matrix = Dense::zeros(rows, LANES).unwrap();
        matrix.randomise(5, seed);
        // Large enough for the sigmoid to bend.
        for row in 0..rows {
            let mut old = vec![0.0; LANES];
            matrix.read(row, &mut old);
            let change: Vec<f32> = old.iter().map(|value| value * 14.0).collect();
            matrix.add(row, &change);
        }
        matrix
    }

    fn doubles(matrix: &Dense) -> Vec<Vec<f64>> {
        matrix
            .rows()
            .map(|row| row.iter().map(|&value| f64::from(value)).collect())
            .collect()
    }

    #[test]
    fn changes_are_the_negative_gradient_times_the_rate() {
        let rate = 0.01;
        let (mut inputs, mut outputs) = (matrix(3, 1), matrix(4, 2));
        let (v, u) = (doubles(&inputs), doubles(&outputs));
        let (contexts, targets) = ([0, 1, 2], [0, 1, 2, 3]);
        let mut window = Window::new(3, 4, LANES);
        window.load(&inputs, &contexts, &outputs, &targets);
        window.step(rate);
        assert!((f64::from(window.loss()) - loss(&v, &u)).abs() < 1e-5);
        window.store(&mut inputs, &contexts, &mut outputs, &targets);

        let h = 1e-5;
        let mut largest: f64 = 0.0;
        for side in [0, 1] {
            let (before, after) = if side == 0 {
                (&v, doubles(&inputs))
            } else {
                (&u, doubles(&outputs))
            };
            for row in 0..before.len() {
                for column in 0..LANES {
                    let shifted = |by: f64| {
                        let (mut v, mut u) = (v.clone(), u.clone());
                        if side == 0 {
                            v[row][column] += by;
                        } else {
                            u[row][column] += by;
                        }
                        loss(&v, &u)
                    };
                    let numeric = (shifted(h) - shifted(-h)) / (2.0 * h);
                    let ours = -(after[row][column] - before[row][column]) / f64::from(rate);
                    largest = largest.max(numeric.abs());
                    assert!(
                        (numeric - ours).abs() < 2e-4,
                        "side {side} row {row} column {column}: {numeric} against {ours}"
                    );
                }
            }
        }
        assert!(largest > 0.1, "the test must see gradients that matter");
    }

    #[test]
    fn a_repeated_word_gets_every_change() {
        let (mut inputs, mut outputs) = (matrix(2, 3), matrix(2, 4));
        let before = doubles(&inputs);
        let run = |contexts: &[u32], inputs: &mut Dense, outputs: &mut Dense| {
            let mut window = Window::new(2, 2, LANES);
            window.load(inputs, contexts, outputs, &[0, 1]);
            window.step(0.1);
            window.store(inputs, contexts, outputs, &[0, 1]);
        };
        let mut once = inputs.clone();
        run(&[0], &mut once, &mut outputs.clone());
        run(&[0, 0], &mut inputs, &mut outputs);
        let (once, twice) = (doubles(&once), doubles(&inputs));
        for ((start, once), twice) in before[0].iter().zip(&once[0]).zip(&twice[0]) {
            assert!((twice - start - 2.0 * (once - start)).abs() < 1e-6);
        }
    }

    #[test]
    fn dot_and_combine_agree_with_the_obvious_loops() {
        let a: Vec<f32> = (0..24).map(|i| (i as f32 * 0.7).sin()).collect();
        let b: Vec<f32> = (0..24).map(|i| (i as f32 * 0.3).cos()).collect();
        let plain: f32 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
        assert!((dot(&a, &b) - plain).abs() < 1e-5);
        let mut out = vec![0.0; 8];
        combine(&[2.0, -1.0, 0.5], &a, 8, &mut out);
        for column in 0..8 {
            let plain = 2.0 * a[column] - a[8 + column] + 0.5 * a[16 + column];
            assert!((out[column] - plain).abs() < 1e-6);
        }
    }
}
