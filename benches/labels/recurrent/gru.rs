//! The gated recurrent unit (Cho et al., "Learning Phrase Representations using RNN
//! Encoder-Decoder for Statistical Machine Translation", 2014, equations 5 to 8),
//! with biases:
//!
//! ```text
//! r_t = sigmoid(W_r x_t + U_r h_(t-1) + b_r)        reset gate
//! z_t = sigmoid(W_z x_t + U_z h_(t-1) + b_z)        update gate
//! c_t = tanh(W x_t + U (r_t * h_(t-1)) + b)         candidate
//! h_t = z_t * h_(t-1) + (1 - z_t) * c_t             h_0 = 0
//! ```
//!
//! `*` is by component. With g the gradient of the loss by h_t, from the layer above
//! and from step t + 1, the gradients by what the sigmoids and the tangent are taken
//! of, and by h_(t-1), are
//!
//! ```text
//! c':  g * (1 - z_t) * (1 - c_t^2)
//! z':  g * (h_(t-1) - c_t) * z_t * (1 - z_t)
//! r':  (U' c') * h_(t-1) * r_t * (1 - r_t)
//! h':  g * z_t + (U' c') * r_t + U_r' r' + U_z' z'
//! ```
//!
//! where U' is U transposed. What is summed over places (the gradients by W and U)
//! is one product of matrices for all steps.

use linfa::Float;
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, Axis, s};

use super::batch::Batch;

/// Weights, or the gradient by them. Columns: reset, update, candidate.
#[derive(Debug, Clone)]
pub(crate) struct Gru<F> {
    /// inputs x 3 units
    pub(crate) input: Array2<F>,
    /// 1 x 3 units
    pub(crate) bias: Array2<F>,
    /// units x 2 units
    pub(crate) gates: Array2<F>,
    /// units x units
    pub(crate) candidate: Array2<F>,
}

/// What happened at each place: places x units, but for the activations, which
/// are r, z and c beside each other.
#[derive(Debug)]
pub(crate) struct States<F> {
    activations: Array2<F>,
    before: Array2<F>,
    reset: Array2<F>,
    pub(crate) hidden: Array2<F>,
}

impl<F: Float> Gru<F> {
    pub(crate) fn zeros(inputs: usize, units: usize) -> Self {
        Self {
            input: Array2::zeros((inputs, 3 * units)),
            bias: Array2::zeros((1, 3 * units)),
            gates: Array2::zeros((units, 2 * units)),
            candidate: Array2::zeros((units, units)),
        }
    }

    pub(crate) fn units(&self) -> usize {
        self.candidate.nrows()
    }

    pub(crate) fn parts_mut(&mut self) -> [&mut [F]; 4] {
        [
            slice_mut(&mut self.input),
            slice_mut(&mut self.bias),
            slice_mut(&mut self.gates),
            slice_mut(&mut self.candidate),
        ]
    }

    /// The states of all places, from left to right.
    pub(crate) fn forward(&self, inputs: &Array2<F>, batch: &Batch) -> States<F> {
        let (one, units) = (F::one(), self.units());
        let zeros = || Array2::zeros((inputs.nrows(), units));
        let (mut before, mut reset, mut hidden) = (zeros(), zeros(), zeros());
        let mut activations = Array2::zeros((inputs.nrows(), 3 * units));
        activations += &self.bias;
        general_mat_mul(one, inputs, &self.input, one, &mut activations);
        let mut earlier = 0;
        for places in batch.steps() {
            let (start, end) = (places.start, places.end);
            let here = s![start..end, ..];
            if start > 0 {
                let from = hidden.slice(s![earlier..earlier + places.len(), ..]);
                before.slice_mut(here).assign(&from);
                let mut gates = activations.slice_mut(s![start..end, ..2 * units]);
                general_mat_mul(one, &before.slice(here), &self.gates, one, &mut gates);
            }
            for place in places.clone() {
                let gates = &mut row_mut(&mut activations, place)[..2 * units];
                for value in gates.iter_mut() {
                    *value = sigmoid(*value);
                }
                let kept = row_mut(&mut reset, place);
                for ((kept, &r), &h) in kept.iter_mut().zip(&*gates).zip(row(&before, place)) {
                    *kept = r * h;
                }
            }
            if start > 0 {
                let mut candidate = activations.slice_mut(s![start..end, 2 * units..]);
                general_mat_mul(
                    one,
                    &reset.slice(here),
                    &self.candidate,
                    one,
                    &mut candidate,
                );
            }
            for place in places {
                let (gates, candidate) = row_mut(&mut activations, place).split_at_mut(2 * units);
                let after = row_mut(&mut hidden, place).iter_mut().zip(&gates[units..]);
                let values = candidate.iter_mut().zip(row(&before, place));
                for ((after, &z), (c, &h)) in after.zip(values) {
                    *c = tanh(*c);
                    *after = z * h + (one - z) * *c;
                }
            }
            earlier = start;
        }
        States {
            activations,
            before,
            reset,
            hidden,
        }
    }

    /// Adds to `gradient`, given the gradient by the hidden states (`slopes`, which
    /// are used up). Returns the gradient by what the activations are taken of.
    pub(crate) fn backward(
        &self,
        inputs: &Array2<F>,
        batch: &Batch,
        states: &States<F>,
        mut slopes: Array2<F>,
        gradient: &mut Self,
    ) -> Array2<F> {
        let (one, units) = (F::one(), self.units());
        let mut inner = Array2::zeros(states.activations.dim());
        let steps: Vec<_> = batch.steps().collect();
        for (step, places) in steps.iter().enumerate().rev() {
            let (start, end) = (places.start, places.end);
            for place in places.clone() {
                let activations = row(&states.activations, place);
                let (z, c) = (&activations[units..2 * units], &activations[2 * units..]);
                let (to_gates, to_c) = row_mut(&mut inner, place).split_at_mut(2 * units);
                let to_z = &mut to_gates[units..];
                let (g, h) = (row(&slopes, place), row(&states.before, place));
                for unit in 0..units {
                    let (g, z, c) = (g[unit], z[unit], c[unit]);
                    to_c[unit] = g * (one - z) * (one - c * c);
                    to_z[unit] = g * (h[unit] - c) * z * (one - z);
                }
            }
            // Before the first step is nothing, for which no gate is needed either.
            let Some(earlier) = step.checked_sub(1).map(|step| steps[step].start) else {
                break;
            };
            let mut through = Array2::zeros((places.len(), units));
            let to_c = inner.slice(s![start..end, 2 * units..]);
            general_mat_mul(one, &to_c, &self.candidate.t(), F::zero(), &mut through);
            for (text, place) in places.clone().enumerate() {
                let activations = row(&states.activations, place);
                let (r, z) = activations[..2 * units].split_at(units);
                let to_r = &mut row_mut(&mut inner, place)[..units];
                let (g, h) = (row(&slopes, place), row(&states.before, place));
                let through = row_mut(&mut through, text);
                for unit in 0..units {
                    let (r, back) = (r[unit], through[unit]);
                    to_r[unit] = back * h[unit] * r * (one - r);
                    through[unit] = g[unit] * z[unit] + back * r;
                }
            }
            let to_gates = inner.slice(s![start..end, ..2 * units]);
            general_mat_mul(one, &to_gates, &self.gates.t(), one, &mut through);
            let mut onto = slopes.slice_mut(s![earlier..earlier + places.len(), ..]);
            onto += &through;
        }
        let (to_gates, to_c) = inner.view().split_at(Axis(1), 2 * units);
        general_mat_mul(one, &inputs.t(), &inner, one, &mut gradient.input);
        general_mat_mul(one, &states.before.t(), &to_gates, one, &mut gradient.gates);
        general_mat_mul(one, &states.reset.t(), &to_c, one, &mut gradient.candidate);
        gradient.bias += &inner.sum_axis(Axis(0));
        inner
    }
}

pub(crate) fn sigmoid<F: Float>(x: F) -> F {
    F::one() / (F::one() + (-x).exp())
}

fn tanh<F: Float>(x: F) -> F {
    // Several times faster than the function of that name; its rounding near zero
    // does not matter here.
    let twice = F::one() + F::one();
    twice * sigmoid(twice * x) - F::one()
}

/// All values of a matrix that was made row after row, as all here are.
pub(crate) fn slice_mut<F>(matrix: &mut Array2<F>) -> &mut [F] {
    matrix.as_slice_mut().expect("row after row")
}

pub(crate) fn row<F>(matrix: &Array2<F>, row: usize) -> &[F] {
    let columns = matrix.ncols();
    let values = matrix.as_slice().expect("row after row");
    &values[row * columns..(row + 1) * columns]
}

pub(crate) fn row_mut<F>(matrix: &mut Array2<F>, row: usize) -> &mut [F] {
    let columns = matrix.ncols();
    &mut slice_mut(matrix)[row * columns..(row + 1) * columns]
}
