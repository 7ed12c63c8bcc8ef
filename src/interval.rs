//! 95 % intervals.

use serde::{Deserialize, Serialize};
use statrs::distribution::{Beta, ContinuousCDF};

use crate::random::{Use, below, stream};

/// The share of intervals that cover the truth.
pub(crate) const COVERAGE: f64 = 0.95;
/// Resamples of a bootstrap.
const RESAMPLES: usize = 1000;

/// An interval for a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Interval {
    /// The exact interval for a proportion: `hits` of `trials` (Clopper and
    /// Pearson 1934). `hits` may be an average over repetitions, and then need
    /// not be whole. Without trials: everything.
    pub fn proportion(hits: f64, trials: f64) -> Self {
        let tail = (1.0 - COVERAGE) / 2.0;
        let quantile =
            |a: f64, b: f64, p: f64| Beta::new(a, b).ok().map(|beta| beta.inverse_cdf(p));
        let misses = trials - hits;
        let low = if hits > 0.0 {
            quantile(hits, misses + 1.0, tail)
        } else {
            None
        };
        let high = if misses > 0.0 {
            quantile(hits + 1.0, misses, 1.0 - tail)
        } else {
            None
        };
        Self {
            low: low.unwrap_or(0.0),
            high: high.unwrap_or(1.0),
        }
    }

    /// The percentile bootstrap (Efron 1979) of any statistic of `samples`
    /// samples; the statistic gets the indices of a resample.
    pub fn bootstrap(samples: usize, seed: u64, statistic: impl Fn(&[usize]) -> f64) -> Self {
        let mut random = stream(Use::Bootstrap, seed);
        let mut indices = vec![0; samples];
        let mut values: Vec<f64> = (0..RESAMPLES)
            .map(|_| {
                for index in &mut indices {
                    *index = below(samples as u64, &mut random) as usize;
                }
                statistic(&indices)
            })
            .collect();
        values.sort_by(f64::total_cmp);
        let at = |share: f64| values[((RESAMPLES - 1) as f64 * share).round() as usize];
        let tail = (1.0 - COVERAGE) / 2.0;
        Self {
            low: at(tail),
            high: at(1.0 - tail),
        }
    }
}

/// The mean; 0 of nothing.
pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(interval: Interval, low: f64, high: f64) {
        assert!((interval.low - low).abs() < 5e-4, "{interval:?}");
        assert!((interval.high - high).abs() < 5e-4, "{interval:?}");
    }

    #[test]
    fn proportions_agree_with_the_closed_forms() {
        // All of n: the lower end solves p^n = 0.025.
        close(Interval::proportion(2.0, 2.0), 0.025f64.sqrt(), 1.0);
        close(Interval::proportion(0.0, 2.0), 0.0, 1.0 - 0.025f64.sqrt());
        // Clopper and Pearson's own kind of example: 8 of 10.
        close(Interval::proportion(8.0, 10.0), 0.4439, 0.9748);
        close(Interval::proportion(0.0, 0.0), 0.0, 1.0);
    }

    #[test]
    fn the_bootstrap_of_a_mean_resembles_the_formula() {
        let values: Vec<f64> = (0..200).map(|i| f64::from(i % 10)).collect();
        let statistic = |indices: &[usize]| {
            indices.iter().map(|&i| values[i]).sum::<f64>() / indices.len() as f64
        };
        let bootstrap = Interval::bootstrap(values.len(), 0, statistic);
        // Mean 4.5, deviation 2.879, 1.96 standard errors are 0.399.
        assert!((bootstrap.low - 4.101).abs() < 0.1, "{bootstrap:?}");
        assert!((bootstrap.high - 4.899).abs() < 0.1, "{bootstrap:?}");
        assert_eq!(bootstrap, Interval::bootstrap(values.len(), 0, statistic));
    }
}
