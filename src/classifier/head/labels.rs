//! The labels, and how badly given logits fit them.
//!
//! With two classes one logit is free: class 0 has logit 0, and class 1 the
//! one that is learned. With K > 2 classes all K are free, and the ridge alone
//! settles what may be added to all of them.

use ndarray::{Array2, Axis, s};

/// Class numbers and sample weights.
#[derive(Debug, Clone)]
pub(super) struct Labels {
    pub(super) targets: Vec<usize>,
    pub(super) weights: Vec<f64>,
    pub(super) classes: usize,
}

/// What logits cost.
pub(super) struct Loss {
    /// - sum w ln p(target).
    pub(super) value: f64,
    /// w (p - onehot), samples x free logits.
    pub(super) errors: Array2<f64>,
    /// p, samples x free logits.
    pub(super) probabilities: Array2<f64>,
}

/// Logits that are free for so many classes.
pub(crate) fn free_logits(classes: usize) -> usize {
    if classes == 2 { 1 } else { classes }
}

/// ln p, samples x classes, from the free logits.
pub(super) fn log_probabilities(free: &Array2<f64>, classes: usize) -> Array2<f64> {
    let mut all = Array2::zeros((free.nrows(), classes));
    all.slice_mut(s![.., classes - free.ncols()..]).assign(free);
    for mut row in all.rows_mut() {
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = row.iter().map(|value| (value - largest).exp()).sum();
        row -= largest + sum.ln();
    }
    all
}

impl Labels {
    pub(super) fn free(&self) -> usize {
        free_logits(self.classes)
    }

    /// The loss of free logits.
    pub(super) fn loss(&self, free: &Array2<f64>) -> Loss {
        let log = log_probabilities(free, self.classes);
        let first = self.classes - self.free();
        let probabilities = log.slice(s![.., first..]).mapv(f64::exp);
        let mut errors = probabilities.clone();
        let mut value = 0.0;
        for (sample, mut row) in errors.rows_mut().into_iter().enumerate() {
            let (target, weight) = (self.targets[sample], self.weights[sample]);
            value -= weight * log[[sample, target]];
            if let Some(free) = target.checked_sub(first) {
                row[free] -= 1.0;
            }
            row *= weight;
        }
        Loss {
            value,
            errors,
            probabilities,
        }
    }

    /// The same of some samples only.
    pub(super) fn select(&self, samples: &[usize]) -> Self {
        Self {
            targets: samples.iter().map(|&sample| self.targets[sample]).collect(),
            weights: samples.iter().map(|&sample| self.weights[sample]).collect(),
            classes: self.classes,
        }
    }

    /// Each sample's - w ln p(target).
    pub(super) fn losses(&self, free: &Array2<f64>) -> Vec<f64> {
        log_probabilities(free, self.classes)
            .axis_iter(Axis(0))
            .zip(self.targets.iter().zip(&self.weights))
            .map(|(row, (&target, weight))| -weight * row[target])
            .collect()
    }

    /// Each class's share of the weight.
    pub(super) fn shares(&self) -> Vec<f64> {
        let mut shares = vec![0.0; self.classes];
        for (&target, weight) in self.targets.iter().zip(&self.weights) {
            shares[target] += weight;
        }
        let total: f64 = shares.iter().sum();
        shares.iter().map(|share| share / total).collect()
    }
}
