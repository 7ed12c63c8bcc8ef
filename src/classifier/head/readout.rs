//! A head as plain numbers; see [`readout`](crate::classifier::readout).

use ndarray::Array1;

use super::branch::{BIAS, Branch, CLAMP, LOOSE};
use super::labels::free_logits;
use super::{Head, Scaling, shift};
use crate::classifier::readout::Way;

/// How a head comes to the logits of one text.
pub(crate) struct FreeLogits {
    /// Its branches, with what each counts.
    pub(crate) ways: Vec<(f64, Way)>,
    /// What is added to the log probability of each class.
    pub(crate) shift: Vec<f64>,
}

impl Head {
    /// Without terms.
    pub(crate) fn free_logits(&self) -> FreeLogits {
        let branches = [
            (&self.with_prior, self.gate),
            (&self.without_prior, 1.0 - self.gate),
        ];
        let ways = branches.into_iter().filter_map(|(branch, weight)| {
            let branch = branch.as_ref()?;
            Some((weight, branch.way(&self.scaling, self.classes)))
        });
        let expected = self.expected_shares.as_ref();
        let shift = expected.map_or_else(
            || Array1::zeros(self.classes),
            |expected| shift(expected, &self.train_shares),
        );
        FreeLogits {
            ways: ways.collect(),
            shift: shift.to_vec(),
        }
    }
}

impl Branch {
    fn way(&self, scaling: &Scaling, classes: usize) -> Way {
        let free = free_logits(classes);
        let dims = scaling.mean.len();
        let last = self.weights.ncols() - 1;
        let first = last - dims;
        let mut way = Way {
            start: vec![0.0; free],
            linear: vec![0.0; free],
            learned: vec![0.0; free],
            curved: vec![0.0; free],
            clamp: CLAMP,
            features: Vec::with_capacity(free * dims),
            means: vec![0.0; free],
            units: Vec::new(),
            unit_means: Vec::new(),
            bias: Vec::new(),
            outputs: Vec::new(),
            uses_terms: false,
        };
        for (at, weights) in self.weights.rows().into_iter().enumerate() {
            way.start[at] = BIAS * weights[last];
            match first {
                0 => {}
                1 => way.learned[at] = weights[0],
                _ => {
                    way.linear[at] = LOOSE * weights[0];
                    way.curved[at] = LOOSE * weights[1];
                    way.start[at] -= LOOSE * weights[1];
                }
            }
            for component in 0..dims {
                let slope =
                    self.columns.scale * weights[first + component] / scaling.deviation[component];
                way.means[at] += slope * scaling.mean[component];
                way.features.push(slope);
            }
        }
        way.linear[0] += self.columns.offset;
        if let Some(hidden) = &self.hidden {
            let short = (dims.max(1) as f64).sqrt();
            for unit in hidden.weights.rows() {
                let slopes: Array1<f64> = &unit / &scaling.deviation / short;
                way.unit_means.push(slopes.dot(&scaling.mean));
                way.units.extend(slopes);
            }
            way.bias = hidden.bias.to_vec();
            way.outputs.extend(hidden.output_weights.iter());
        }
        way
    }
}
