//! Class shares that differ between training and use.

use ndarray::Array2;

/// Iterations, at most.
const ITERATIONS: usize = 1000;
/// The largest change of a share at which the iteration ends.
const TOLERANCE: f64 = 1e-9;

/// The class shares of unlabelled samples, from the probabilities that a
/// classifier gives them (samples x classes) and the class shares that it was
/// trained with: the EM algorithm of Saerens, Latinne and Decaestecker (2002,
/// "Adjusting the outputs of a classifier to new a priori probabilities",
/// Neural Computation 14). In turn, the probabilities are multiplied by the
/// ratio of new and old share and brought to sum 1, and the shares become
/// their means.
///
/// The answer is as good as the probabilities: those of a classifier that is
/// too sure or not sure enough give shares that are off. Without samples, and
/// for a class without training samples, nothing changes.
pub fn estimate_shares(probabilities: &Array2<f64>, train: &[f64]) -> Vec<f64> {
    let mut shares = train.to_vec();
    if probabilities.nrows() == 0 {
        return shares;
    }
    for _ in 0..ITERATIONS {
        let ratios: Vec<f64> = shares
            .iter()
            .zip(train)
            .map(|(new, old)| if *old > 0.0 { new / old } else { 0.0 })
            .collect();
        let mut next = vec![0.0; shares.len()];
        for row in probabilities.rows() {
            let sum: f64 = row.iter().zip(&ratios).map(|(p, ratio)| p * ratio).sum();
            if sum > 0.0 {
                for ((share, p), ratio) in next.iter_mut().zip(row).zip(&ratios) {
                    *share += p * ratio / sum;
                }
            }
        }
        let total: f64 = next.iter().sum();
        if total <= 0.0 || !total.is_finite() {
            return shares;
        }
        let mut change: f64 = 0.0;
        for (share, next) in shares.iter_mut().zip(next) {
            let next = next / total;
            change = change.max((next - *share).abs());
            *share = next;
        }
        if change < TOLERANCE {
            break;
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Use, stream, unit};

    /// Two normal classes with means -1 and 1: the exact posterior for equal
    /// shares is the logistic function of 2x.
    #[test]
    fn shares_of_a_shifted_sample_are_found() {
        let mut random = stream(Use::Folds, 7);
        for truth in [0.2, 0.5, 0.85] {
            let samples = 8000;
            let mut probabilities = Array2::zeros((samples, 2));
            let mut positive = 0;
            for mut row in probabilities.rows_mut() {
                let class = f64::from(unit(&mut random)) < truth;
                positive += usize::from(class);
                // Twelve uniform numbers make a nearly normal one.
                let noise: f64 = (0..12).map(|_| f64::from(unit(&mut random))).sum::<f64>() - 6.0;
                let x = noise + if class { 1.0 } else { -1.0 };
                row[1] = 1.0 / (1.0 + (-2.0 * x).exp());
                row[0] = 1.0 - row[1];
            }
            let found = estimate_shares(&probabilities, &[0.5, 0.5]);
            let exact = positive as f64 / samples as f64;
            assert!((found[1] - exact).abs() < 0.02, "{found:?} for {exact}");
            assert!((found[0] + found[1] - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_class_without_training_samples_stays_without() {
        let probabilities = ndarray::array![[0.6, 0.4, 0.0], [0.1, 0.9, 0.0]];
        let found = estimate_shares(&probabilities, &[0.5, 0.5, 0.0]);
        assert_eq!(found[2], 0.0);
        assert_eq!(
            estimate_shares(&Array2::zeros((0, 2)), &[0.3, 0.7]),
            [0.3, 0.7]
        );
    }
}
