//! One step of gradient descent: the arithmetic of one window.
//!
//! A window is a centre word, its context words c, and noise words. Every
//! context word has an input vector v_c; the centre (t = 0, label y = 1) and the
//! noise words (t > 0, label y = 0) have output vectors u_t. The loss is that of
//! Mikolov et al. 2013, equation 4, summed over the window:
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
//! Both sides are computed from the vectors as they were before the step, but
//! for a word that stands in the window twice: its second change starts from its
//! first.
//! Sharing the noise among the window's words is due to Ji, Satish, Li and
//! Dubey, "Parallelizing Word2Vec in Shared and Distributed Memory" (2016): it
//! turns many small products into one of two small matrices.
//!
//! The kernel works on vectors of lanes. Products go two contexts at a time, by
//! [`TARGETS`] targets: twelve independent sums, as many as fit into sixteen
//! registers beside their operands. They are written out one by one, because the
//! compiler keeps named variables in registers and arrays of them in memory. A
//! window with more targets takes several steps, one for each [`TARGETS`] of
//! them.

use super::lanes::Lanes;
use super::matrix::Matrix;
use super::sigmoid::{sigmoid, softplus_sum};

/// Targets of one step: the centre and five noise words.
pub(super) const TARGETS: usize = 6;

/// What is computed of one window; it outlives it only to save allocations.
/// Rows of contexts x targets are filled up with zeros to whole vectors.
#[derive(Default)]
pub(super) struct Step {
    /// v . u.
    logits: Vec<f32>,
    /// -rate e.
    errors: Vec<f32>,
    /// Where each context's row starts, in vectors; for an odd number of
    /// contexts, the first one's once more.
    starts: Vec<usize>,
}

/// The targets of one step: rows of the output matrix, all different.
#[derive(Debug, Clone, Copy)]
pub(super) struct Targets {
    /// The rows; those from `count` on repeat the first and change nothing.
    pub(super) rows: [u32; TARGETS],
    /// How many count.
    pub(super) count: usize,
    /// The first one is the centre, and not noise.
    pub(super) centre: bool,
}

impl Targets {
    /// At most [`TARGETS`] rows, at least one.
    #[inline(always)]
    pub(super) fn new(rows: &[u32], centre: bool) -> Self {
        let mut all = [rows[0]; TARGETS];
        all[..rows.len()].copy_from_slice(rows);
        Self {
            rows: all,
            count: rows.len(),
            centre,
        }
    }
}

/// Values of a row of contexts x targets.
const fn row_length<L: Lanes>() -> usize {
    size_of::<L::Row>() / size_of::<f32>()
}

impl Step {
    /// Takes one step. The matrices have the same stride, of whole vectors.
    #[inline(always)]
    pub(super) fn take<L: Lanes>(
        &mut self,
        lanes: L,
        inputs: &mut Matrix,
        contexts: &[u32],
        outputs: &mut Matrix,
        targets: Targets,
        rate: f32,
    ) {
        let width = inputs.stride() / L::F32_LANES;
        self.starts.clear();
        let start = |&context: &u32| context as usize * width;
        self.starts.extend(contexts.iter().map(start));
        if contexts.len() % 2 == 1 {
            self.starts.push(self.starts[0]);
        }
        let length = self.starts.len() * row_length::<L>();
        if self.errors.len() < length {
            self.errors.resize(length, 0.0);
            self.logits.resize(length, 0.0);
        }
        self.errors(lanes, inputs, outputs, targets, rate);
        self.update(lanes, inputs, contexts.len(), outputs, targets.rows);
    }

    /// All products of the window, and what they are off, two contexts at a
    /// time.
    #[inline(always)]
    fn errors<L: Lanes>(
        &mut self,
        lanes: L,
        inputs: &Matrix,
        outputs: &Matrix,
        targets: Targets,
        rate: f32,
    ) {
        let width = inputs.stride() / L::F32_LANES;
        let (v, _) = L::as_simd_f32s(inputs.values());
        let (u, _) = L::as_simd_f32s(outputs.values());
        let [u0, u1, u2, u3, u4, u5] = targets.rows.map(|t| &u[t as usize * width..][..width]);
        // -rate for a target that counts, and rate y.
        let (mut weights, mut labels) = ([0.0; 2 * TARGETS + 4], [0.0; 2 * TARGETS + 4]);
        weights[..targets.count].fill(-rate);
        labels[0] = if targets.centre { rate } else { 0.0 };
        let (weights, labels) = (L::as_simd_f32s(&weights).0, L::as_simd_f32s(&labels).0);
        let vectors = row_length::<L>() / L::F32_LANES;
        let logits = L::as_mut_simd_f32s(&mut self.logits).0;
        let errors = L::as_mut_simd_f32s(&mut self.errors).0;
        let rows = logits.chunks_exact_mut(2 * vectors);
        let rows = rows.zip(errors.chunks_exact_mut(2 * vectors));
        let zero = lanes.splat_f32s(0.0);
        for (pair, (logits, errors)) in self.starts.chunks_exact(2).zip(rows) {
            let (a, b) = (&v[pair[0]..][..width], &v[pair[1]..][..width]);
            let (mut a0, mut a1, mut a2) = (zero, zero, zero);
            let (mut a3, mut a4, mut a5) = (zero, zero, zero);
            let (mut b0, mut b1, mut b2) = (zero, zero, zero);
            let (mut b3, mut b4, mut b5) = (zero, zero, zero);
            for i in 0..width {
                let (x, y) = (a[i], b[i]);
                let u = u0[i];
                a0 = lanes.mul_add_e_f32s(x, u, a0);
                b0 = lanes.mul_add_e_f32s(y, u, b0);
                let u = u1[i];
                a1 = lanes.mul_add_e_f32s(x, u, a1);
                b1 = lanes.mul_add_e_f32s(y, u, b1);
                let u = u2[i];
                a2 = lanes.mul_add_e_f32s(x, u, a2);
                b2 = lanes.mul_add_e_f32s(y, u, b2);
                let u = u3[i];
                a3 = lanes.mul_add_e_f32s(x, u, a3);
                b3 = lanes.mul_add_e_f32s(y, u, b3);
                let u = u4[i];
                a4 = lanes.mul_add_e_f32s(x, u, a4);
                b4 = lanes.mul_add_e_f32s(y, u, b4);
                let u = u5[i];
                a5 = lanes.mul_add_e_f32s(x, u, a5);
                b5 = lanes.mul_add_e_f32s(y, u, b5);
            }
            let rows = lanes.rows([a0, a1, a2, a3, a4, a5], [b0, b1, b2, b3, b4, b5]);
            for (c, row) in rows.iter().enumerate() {
                for (i, &logit) in row.as_ref().iter().enumerate() {
                    let s = sigmoid(lanes, logit);
                    logits[c * vectors + i] = logit;
                    errors[c * vectors + i] = lanes.mul_add_e_f32s(weights[i], s, labels[i]);
                }
            }
        }
    }

    /// Adds both sides' changes in one pass over the rows.
    #[inline(always)]
    fn update<L: Lanes>(
        &self,
        lanes: L,
        inputs: &mut Matrix,
        contexts: usize,
        outputs: &mut Matrix,
        targets: [u32; TARGETS],
    ) {
        let width = inputs.stride() / L::F32_LANES;
        let (v, _) = L::as_mut_simd_f32s(inputs.values_mut());
        let (u, _) = L::as_mut_simd_f32s(outputs.values_mut());
        let starts = &self.starts[..contexts];
        let errors = &self.errors[..contexts * row_length::<L>()];
        let [t0, t1, t2, t3, t4, t5] = targets.map(|t| t as usize * width);
        for i in 0..width {
            let (u0, u1, u2) = (u[t0 + i], u[t1 + i], u[t2 + i]);
            let (u3, u4, u5) = (u[t3 + i], u[t4 + i], u[t5 + i]);
            let (mut d0, mut d1, mut d2) = (u0, u1, u2);
            let (mut d3, mut d4, mut d5) = (u3, u4, u5);
            let rows = errors.chunks_exact(row_length::<L>());
            for (&start, e) in starts.iter().zip(rows) {
                let v = &mut v[start + i];
                let old = *v;
                // Two chains of three, so that one need not wait for the other.
                let e0 = lanes.splat_f32s(e[0]);
                let mut even = lanes.mul_add_e_f32s(e0, u0, old);
                d0 = lanes.mul_add_e_f32s(e0, old, d0);
                let e1 = lanes.splat_f32s(e[1]);
                let mut odd = lanes.mul_f32s(e1, u1);
                d1 = lanes.mul_add_e_f32s(e1, old, d1);
                let e2 = lanes.splat_f32s(e[2]);
                even = lanes.mul_add_e_f32s(e2, u2, even);
                d2 = lanes.mul_add_e_f32s(e2, old, d2);
                let e3 = lanes.splat_f32s(e[3]);
                odd = lanes.mul_add_e_f32s(e3, u3, odd);
                d3 = lanes.mul_add_e_f32s(e3, old, d3);
                let e4 = lanes.splat_f32s(e[4]);
                even = lanes.mul_add_e_f32s(e4, u4, even);
                d4 = lanes.mul_add_e_f32s(e4, old, d4);
                let e5 = lanes.splat_f32s(e[5]);
                odd = lanes.mul_add_e_f32s(e5, u5, odd);
                d5 = lanes.mul_add_e_f32s(e5, old, d5);
                *v = lanes.add_f32s(even, odd);
            }
            // The first comes last, over those that repeat it.
            for (t, d) in [(t5, d5), (t4, d4), (t3, d3), (t2, d2), (t1, d1), (t0, d0)] {
                u[t + i] = d;
            }
        }
    }

    /// The loss of the last step's window, before the step.
    #[inline(always)]
    pub(super) fn loss<L: Lanes>(&self, _: L, contexts: usize, targets: Targets) -> f64 {
        let pulled = usize::from(targets.centre);
        let rows = self.logits.chunks_exact(row_length::<L>()).take(contexts);
        rows.map(|logits| {
            let logits = logits[..targets.count].iter().enumerate();
            softplus_sum(logits.map(|(t, &x)| if t < pulled { -x } else { x }))
        })
        .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_xoshiro::rand_core::RngCore;

    use crate::vectors::skipgram::lanes::{Backend, Work};

    use crate::random::{Use, stream};

    const DIMS: usize = 11;
    const RATE: f32 = 0.01;

    /// The loss of the module's documentation, in double precision, straight
    /// from the formula.
    fn loss(inputs: &[Vec<f64>], outputs: &[Vec<f64>], contexts: &[u32], targets: Targets) -> f64 {
        let log_sigmoid = |x: f64| -(-x).exp().ln_1p();
        let mut sum = 0.0;
        for &context in contexts {
            for (t, &target) in targets.rows[..targets.count].iter().enumerate() {
                let (v, u) = (&inputs[context as usize], &outputs[target as usize]);
                let x: f64 = v.iter().zip(u).map(|(a, b)| a * b).sum();
                sum -= log_sigmoid(if t == 0 && targets.centre { x } else { -x });
            }
        }
        sum
    }

    /// Large enough for the sigmoid to bend.
    fn matrix(rows: usize, dims: usize, backend: Backend, seed: u64) -> Matrix {
        let mut random = stream(Use::Vectors, seed);
        let mut value = || (random.next_u64() >> 40) as f32 / (1 << 23) as f32 - 1.0;
        let values: Vec<f32> = (0..rows * dims).map(|_| value()).collect();
        Matrix::of(&values, dims, backend.lanes())
    }

    /// All of a row, what fills it up included.
    fn doubles(matrix: &Matrix) -> Vec<Vec<f64>> {
        matrix
            .values()
            .chunks_exact(matrix.stride())
            .map(|row| row.iter().map(|&value| f64::from(value)).collect())
            .collect()
    }

    /// One step on a pair of matrices; gives the loss before it.
    struct Take<'a> {
        inputs: &'a mut Matrix,
        outputs: &'a mut Matrix,
        contexts: &'a [u32],
        targets: Targets,
    }

    impl Work for Take<'_> {
        type Output = f64;

        #[inline(always)]
        fn run<L: Lanes>(self, lanes: L) -> f64 {
            let mut step = Step::default();
            // A larger window before leaves nothing behind.
            let (mut v, mut u) = (self.inputs.clone(), self.outputs.clone());
            step.take(lanes, &mut v, &[0; 9], &mut u, self.targets, RATE);
            step.take(
                lanes,
                self.inputs,
                self.contexts,
                self.outputs,
                self.targets,
                RATE,
            );
            step.loss(lanes, self.contexts.len(), self.targets)
        }
    }

    #[test]
    fn changes_are_the_negative_gradient_times_the_rate() {
        for (contexts, rows, centre) in [
            (&[0, 1, 2][..], &[0, 1, 2, 3, 4, 5][..], true),
            (&[2, 0], &[5, 1, 3], true),
            (&[1], &[4, 2], false),
            (&[0, 1, 2, 3], &[0], true),
        ] {
            for backend in Backend::available() {
                descends(backend, contexts, Targets::new(rows, centre));
            }
        }
    }

    fn descends(backend: Backend, contexts: &[u32], targets: Targets) {
        let mut inputs = matrix(4, DIMS, backend, 1);
        let mut outputs = matrix(6, DIMS, backend, 2);
        let (v, u) = (doubles(&inputs), doubles(&outputs));
        let before = backend.run(Take {
            inputs: &mut inputs,
            outputs: &mut outputs,
            contexts,
            targets,
        });
        assert!((before - loss(&v, &u, contexts, targets)).abs() < 1e-4);

        let h = 1e-5;
        let mut largest: f64 = 0.0;
        for side in [0, 1] {
            let (start, after) = if side == 0 {
                (&v, doubles(&inputs))
            } else {
                (&u, doubles(&outputs))
            };
            for row in 0..start.len() {
                for column in 0..start[row].len() {
                    let shifted = |by: f64| {
                        let (mut v, mut u) = (v.clone(), u.clone());
                        if side == 0 {
                            v[row][column] += by;
                        } else {
                            u[row][column] += by;
                        }
                        loss(&v, &u, contexts, targets)
                    };
                    let numeric = (shifted(h) - shifted(-h)) / (2.0 * h);
                    // What fills a row up has a gradient of zero, as it must.
                    let ours = -(after[row][column] - start[row][column]) / f64::from(RATE);
                    largest = largest.max(numeric.abs());
                    assert!(
                        (numeric - ours).abs() < 5e-4,
                        "{backend:?} side {side} row {row} column {column}: {numeric}, {ours}"
                    );
                }
            }
        }
        assert!(largest > 0.1, "the test must see gradients that matter");
    }

    /// The scalar twin computes one lane at a time; every other kernel must
    /// agree with it but for the order of additions.
    #[test]
    fn every_kernel_agrees_with_the_scalar_one() {
        let windows = [&[0, 1, 2, 3, 4, 5, 6][..], &[3, 3, 1, 3], &[0]];
        for (contexts, dims) in windows.into_iter().zip([DIMS, 37, 300]) {
            let targets = Targets::new(&[1, 0, 4, 2, 5], true);
            let take = |backend: Backend| {
                let mut inputs = matrix(7, dims, backend, 3);
                let mut outputs = matrix(6, dims, backend, 4);
                let loss = backend.run(Take {
                    inputs: &mut inputs,
                    outputs: &mut outputs,
                    contexts,
                    targets,
                });
                let filled = [&inputs, &outputs].map(|matrix| {
                    let rows = matrix.values().chunks_exact(matrix.stride());
                    rows.flat_map(|row| &row[dims..]).all(|&value| value == 0.0)
                });
                assert_eq!(filled, [true; 2], "{backend:?}");
                (inputs.trimmed(), outputs.trimmed(), loss)
            };
            let backends = Backend::available();
            let scalar = take(*backends.last().unwrap());
            for backend in backends {
                let wide = take(backend);
                let close =
                    |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 2e-6);
                assert!(
                    close(&wide.0, &scalar.0) && close(&wide.1, &scalar.1),
                    "{backend:?}, {dims} dimensions"
                );
                assert!((wide.2 - scalar.2).abs() < 1e-3, "{backend:?}");
            }
        }
    }
}
