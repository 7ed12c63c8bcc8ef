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
//! The kernel works on vectors of lanes through [`pulp`], which chooses the
//! processor's widest at run time: two contexts by [`TARGETS`] targets make
//! twelve independent sums, as many as fit into sixteen registers beside their
//! operands. They are written out one by one, because the compiler keeps named
//! variables in registers and arrays of them in memory. A window with more
//! targets takes several steps, one for each [`TARGETS`] of them.

use pulp::Simd;

use super::sigmoid::{sigmoid, softplus};

/// Targets of one step: the centre and five noise words.
pub(super) const TARGETS: usize = 6;

/// A matrix whose rows are whole vectors of lanes.
pub(super) struct Rows<'a> {
    pub(super) values: &'a mut [f32],
    /// Values of a row, a multiple of the lanes; the padding stays zero.
    pub(super) stride: usize,
}

/// The products and errors of one window, which outlive it only to save
/// allocations. Both are contexts x TARGETS.
#[derive(Default)]
pub(super) struct Step {
    /// v . u.
    logits: Vec<f32>,
    /// -rate e.
    errors: Vec<f32>,
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

impl Step {
    /// Takes one step.
    #[inline(always)]
    pub(super) fn take<S: Simd>(
        &mut self,
        simd: S,
        inputs: &mut Rows<'_>,
        contexts: &[u32],
        outputs: &mut Rows<'_>,
        targets: Targets,
        rate: f32,
    ) {
        let pairs = contexts.len() * TARGETS;
        if self.logits.len() < pairs {
            self.logits.resize(pairs, 0.0);
            self.errors.resize(pairs, 0.0);
        }
        self.products(simd, inputs, contexts, outputs, targets.rows);
        let errors = &mut self.errors[..pairs];
        for (error, &logit) in errors.iter_mut().zip(&self.logits[..pairs]) {
            *error = -rate * sigmoid(logit);
        }
        if targets.centre {
            for row in errors.chunks_exact_mut(TARGETS) {
                row[0] += rate;
            }
        }
        if targets.count < TARGETS {
            for row in errors.chunks_exact_mut(TARGETS) {
                row[targets.count..].fill(0.0);
            }
        }
        self.update(simd, inputs, contexts, outputs, targets.rows);
    }

    /// All products of the window, two contexts at a time.
    #[inline(always)]
    fn products<S: Simd>(
        &mut self,
        simd: S,
        inputs: &Rows<'_>,
        contexts: &[u32],
        outputs: &Rows<'_>,
        targets: [u32; TARGETS],
    ) {
        let width = inputs.stride / S::F32_LANES;
        let (v, _) = S::as_simd_f32s(inputs.values);
        let (u, _) = S::as_simd_f32s(outputs.values);
        let u0 = &u[targets[0] as usize * width..][..width];
        let u1 = &u[targets[1] as usize * width..][..width];
        let u2 = &u[targets[2] as usize * width..][..width];
        let u3 = &u[targets[3] as usize * width..][..width];
        let u4 = &u[targets[4] as usize * width..][..width];
        let u5 = &u[targets[5] as usize * width..][..width];
        let zero = simd.splat_f32s(0.0);
        let mut pairs = contexts.chunks_exact(2);
        let mut logits = self.logits.chunks_exact_mut(TARGETS);
        for pair in &mut pairs {
            let a = &v[pair[0] as usize * width..][..width];
            let b = &v[pair[1] as usize * width..][..width];
            let (mut a0, mut a1, mut a2, mut a3, mut a4, mut a5) =
                (zero, zero, zero, zero, zero, zero);
            let (mut b0, mut b1, mut b2, mut b3, mut b4, mut b5) =
                (zero, zero, zero, zero, zero, zero);
            for i in 0..width {
                let (x, y) = (a[i], b[i]);
                let u = u0[i];
                a0 = simd.mul_add_f32s(x, u, a0);
                b0 = simd.mul_add_f32s(y, u, b0);
                let u = u1[i];
                a1 = simd.mul_add_f32s(x, u, a1);
                b1 = simd.mul_add_f32s(y, u, b1);
                let u = u2[i];
                a2 = simd.mul_add_f32s(x, u, a2);
                b2 = simd.mul_add_f32s(y, u, b2);
                let u = u3[i];
                a3 = simd.mul_add_f32s(x, u, a3);
                b3 = simd.mul_add_f32s(y, u, b3);
                let u = u4[i];
                a4 = simd.mul_add_f32s(x, u, a4);
                b4 = simd.mul_add_f32s(y, u, b4);
                let u = u5[i];
                a5 = simd.mul_add_f32s(x, u, a5);
                b5 = simd.mul_add_f32s(y, u, b5);
            }
            if let Some(row) = logits.next() {
                row[0] = simd.reduce_sum_f32s(a0);
                row[1] = simd.reduce_sum_f32s(a1);
                row[2] = simd.reduce_sum_f32s(a2);
                row[3] = simd.reduce_sum_f32s(a3);
                row[4] = simd.reduce_sum_f32s(a4);
                row[5] = simd.reduce_sum_f32s(a5);
            }
            if let Some(row) = logits.next() {
                row[0] = simd.reduce_sum_f32s(b0);
                row[1] = simd.reduce_sum_f32s(b1);
                row[2] = simd.reduce_sum_f32s(b2);
                row[3] = simd.reduce_sum_f32s(b3);
                row[4] = simd.reduce_sum_f32s(b4);
                row[5] = simd.reduce_sum_f32s(b5);
            }
        }
        if let ([last], Some(row)) = (pairs.remainder(), logits.next()) {
            let a = &v[*last as usize * width..][..width];
            let (mut a0, mut a1, mut a2, mut a3, mut a4, mut a5) =
                (zero, zero, zero, zero, zero, zero);
            for i in 0..width {
                let x = a[i];
                a0 = simd.mul_add_f32s(x, u0[i], a0);
                a1 = simd.mul_add_f32s(x, u1[i], a1);
                a2 = simd.mul_add_f32s(x, u2[i], a2);
                a3 = simd.mul_add_f32s(x, u3[i], a3);
                a4 = simd.mul_add_f32s(x, u4[i], a4);
                a5 = simd.mul_add_f32s(x, u5[i], a5);
            }
            row[0] = simd.reduce_sum_f32s(a0);
            row[1] = simd.reduce_sum_f32s(a1);
            row[2] = simd.reduce_sum_f32s(a2);
            row[3] = simd.reduce_sum_f32s(a3);
            row[4] = simd.reduce_sum_f32s(a4);
            row[5] = simd.reduce_sum_f32s(a5);
        }
    }

    /// Adds both sides' changes in one pass over the rows.
    #[inline(always)]
    fn update<S: Simd>(
        &self,
        simd: S,
        inputs: &mut Rows<'_>,
        contexts: &[u32],
        outputs: &mut Rows<'_>,
        targets: [u32; TARGETS],
    ) {
        let width = inputs.stride / S::F32_LANES;
        let (v, _) = S::as_mut_simd_f32s(inputs.values);
        let (u, _) = S::as_mut_simd_f32s(outputs.values);
        let [t0, t1, t2, t3, t4, t5] = targets;
        let row = |t: u32| t as usize * width;
        let zero = simd.splat_f32s(0.0);
        for i in 0..width {
            let (u0, u1, u2) = (u[row(t0) + i], u[row(t1) + i], u[row(t2) + i]);
            let (u3, u4, u5) = (u[row(t3) + i], u[row(t4) + i], u[row(t5) + i]);
            let (mut d0, mut d1, mut d2, mut d3, mut d4, mut d5) =
                (zero, zero, zero, zero, zero, zero);
            for (&context, e) in contexts.iter().zip(self.errors.chunks_exact(TARGETS)) {
                let v = &mut v[row(context) + i];
                let old = *v;
                let e0 = simd.splat_f32s(e[0]);
                let mut new = simd.mul_add_f32s(e0, u0, old);
                d0 = simd.mul_add_f32s(e0, old, d0);
                let e1 = simd.splat_f32s(e[1]);
                new = simd.mul_add_f32s(e1, u1, new);
                d1 = simd.mul_add_f32s(e1, old, d1);
                let e2 = simd.splat_f32s(e[2]);
                new = simd.mul_add_f32s(e2, u2, new);
                d2 = simd.mul_add_f32s(e2, old, d2);
                let e3 = simd.splat_f32s(e[3]);
                new = simd.mul_add_f32s(e3, u3, new);
                d3 = simd.mul_add_f32s(e3, old, d3);
                let e4 = simd.splat_f32s(e[4]);
                new = simd.mul_add_f32s(e4, u4, new);
                d4 = simd.mul_add_f32s(e4, old, d4);
                let e5 = simd.splat_f32s(e[5]);
                new = simd.mul_add_f32s(e5, u5, new);
                d5 = simd.mul_add_f32s(e5, old, d5);
                *v = new;
            }
            for (t, d) in [(t0, d0), (t1, d1), (t2, d2), (t3, d3), (t4, d4), (t5, d5)] {
                let u = &mut u[row(t) + i];
                *u = simd.add_f32s(*u, d);
            }
        }
    }

    /// The loss of the last step's window, before the step.
    pub(super) fn loss(&self, contexts: usize, targets: Targets) -> f32 {
        self.logits[..contexts * TARGETS]
            .chunks_exact(TARGETS)
            .map(|logits| {
                let noise = usize::from(targets.centre);
                let pulled: f32 = logits[..noise].iter().map(|&x| softplus(-x)).sum();
                let pushed: f32 = logits[noise..targets.count]
                    .iter()
                    .map(|&x| softplus(x))
                    .sum();
                pulled + pushed
            })
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::{Arch, Scalar, WithSimd};
    use rand_xoshiro::rand_core::RngCore;

    use crate::random::{Use, stream};

    const STRIDE: usize = 16;
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
    fn matrix(rows: usize, seed: u64) -> Vec<f32> {
        let mut random = stream(Use::Vectors, seed);
        let mut values = vec![0.0; rows * STRIDE];
        for row in values.chunks_exact_mut(STRIDE) {
            for value in &mut row[..DIMS] {
                *value = (random.next_u64() >> 40) as f32 / (1 << 23) as f32 - 1.0;
            }
        }
        values
    }

    fn doubles(values: &[f32]) -> Vec<Vec<f64>> {
        values
            .chunks_exact(STRIDE)
            .map(|row| row.iter().map(|&value| f64::from(value)).collect())
            .collect()
    }

    /// One step on a pair of matrices; gives the loss before it.
    struct Take<'a> {
        inputs: &'a mut [f32],
        outputs: &'a mut [f32],
        contexts: &'a [u32],
        targets: Targets,
    }

    impl WithSimd for Take<'_> {
        type Output = f32;

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> f32 {
            let mut step = Step::default();
            let stride = STRIDE;
            let mut inputs = Rows {
                values: self.inputs,
                stride,
            };
            let mut outputs = Rows {
                values: self.outputs,
                stride,
            };
            step.take(
                simd,
                &mut inputs,
                self.contexts,
                &mut outputs,
                self.targets,
                RATE,
            );
            step.loss(self.contexts.len(), self.targets)
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
            let targets = Targets::new(rows, centre);
            let (mut inputs, mut outputs) = (matrix(4, 1), matrix(6, 2));
            let (v, u) = (doubles(&inputs), doubles(&outputs));
            let before = Arch::new().dispatch(Take {
                inputs: &mut inputs,
                outputs: &mut outputs,
                contexts,
                targets,
            });
            assert!((f64::from(before) - loss(&v, &u, contexts, targets)).abs() < 1e-4);

            let h = 1e-5;
            let mut largest: f64 = 0.0;
            for side in [0, 1] {
                let (start, after) = if side == 0 {
                    (&v, doubles(&inputs))
                } else {
                    (&u, doubles(&outputs))
                };
                for row in 0..start.len() {
                    for column in 0..STRIDE {
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
                        // The padding has a gradient of zero, as it must.
                        let ours = -(after[row][column] - start[row][column]) / f64::from(RATE);
                        largest = largest.max(numeric.abs());
                        assert!(
                            (numeric - ours).abs() < 5e-4,
                            "side {side} row {row} column {column}: {numeric} against {ours}"
                        );
                    }
                }
            }
            assert!(largest > 0.1, "the test must see gradients that matter");
        }
    }

    /// The scalar twin computes one lane at a time; every other kernel must
    /// agree with it but for the order of additions.
    #[test]
    fn the_widest_kernel_agrees_with_the_scalar_one() {
        for contexts in [&[0, 1, 2, 3, 4, 5, 6][..], &[3, 3, 1, 3], &[0]] {
            let targets = Targets::new(&[1, 0, 4, 2, 5], true);
            let take = |wide: bool| {
                let (mut inputs, mut outputs) = (matrix(7, 3), matrix(6, 4));
                let take = Take {
                    inputs: &mut inputs,
                    outputs: &mut outputs,
                    contexts,
                    targets,
                };
                let loss = match wide {
                    true => Arch::new().dispatch(take),
                    false => take.with_simd(Scalar::new()),
                };
                (inputs, outputs, loss)
            };
            let (wide, scalar) = (take(true), take(false));
            let close = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6);
            assert!(close(&wide.0, &scalar.0) && close(&wide.1, &scalar.1));
            assert!((wide.2 - scalar.2).abs() < 1e-4);
        }
    }
}
