//! Columns of numbers, each rounded to one of at most 256.
//!
//! Every column has a codebook of its own: the values that lose least, by Lloyd's method
//! (Lloyd 1982, "Least squares quantization in PCM", IEEE Transactions on Information
//! Theory 28, method I). Zero says that there is nothing, and stays zero.

use super::content::{Content, Valued};

/// Codes of a byte.
pub(super) const CODES: usize = 256;
/// Cells by which the density of values is seen.
const CELLS: usize = 1024;
/// Rounds of Lloyd's method, at most: it mostly settles before.
const ROUNDS: usize = 500;

/// The values that a column is rounded to, rising; none of them zero.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Codebook(Vec<f32>);

impl Codebook {
    /// Of these values, which are finite. One code is kept for zero.
    pub(super) fn of(values: impl IntoIterator<Item = f32>) -> Self {
        let values = values.into_iter().filter(|value| *value != 0.0);
        let mut sorted: Vec<f32> = values.collect();
        sorted.sort_unstable_by(f32::total_cmp);
        let mut distinct = sorted.clone();
        distinct.dedup();
        if distinct.len() < CODES {
            return Self(distinct);
        }
        let mut sums = Vec::with_capacity(sorted.len() + 1);
        sums.push(0.0);
        for (at, &value) in sorted.iter().enumerate() {
            sums.push(sums[at] + f64::from(value));
        }
        let mut values = companded(&sorted, CODES - 1);
        for _ in 0..ROUNDS {
            // Each code has the values that are nearest to it, and becomes their mean.
            let mut start = 0;
            let mut means = Vec::with_capacity(values.len());
            for at in 0..values.len() {
                let end = match values.get(at + 1) {
                    Some(next) => {
                        let between = (f64::from(values[at]) + f64::from(*next)) / 2.0;
                        start + sorted[start..].partition_point(|&v| f64::from(v) < between)
                    }
                    None => sorted.len(),
                };
                if end > start {
                    let mean = (sums[end] - sums[start]) / (end - start) as f64;
                    // Sums of many numbers are not exact.
                    means.push((mean as f32).clamp(sorted[start], sorted[end - 1]));
                }
                start = end;
            }
            means.dedup();
            if means == values {
                break;
            }
            values = means;
        }
        values.retain(|value| *value != 0.0);
        Self(values)
    }

    /// What a value becomes.
    pub(super) fn rounded(&self, value: f32) -> f32 {
        let above = self.0.partition_point(|&code| code < value);
        match (value == 0.0, above.checked_sub(1), self.0.get(above)) {
            (true, ..) | (_, None, None) => 0.0,
            (_, None, Some(&only)) => only,
            (_, Some(below), None) => self.0[below],
            (_, Some(below), Some(&over)) => {
                let under = self.0[below];
                let is_nearer =
                    f64::from(value) - f64::from(under) < f64::from(over) - f64::from(value);
                if is_nearer { under } else { over }
            }
        }
    }
}

/// Where so many codes are best placed in the limit of many: with the cube root of the
/// density of values (Panter and Dite 1951, "Quantization distortion in pulse-count
/// modulation with nonuniform spacing of levels", Proceedings of the IRE 39).
fn companded(sorted: &[f32], codes: usize) -> Vec<f32> {
    let last = sorted.len() - 1;
    let at = |cell: usize| f64::from(sorted[cell * last / CELLS]);
    // Cells of equally many values: the density is as their width's inverse.
    let shares = (0..CELLS).map(|cell| (at(cell + 1) - at(cell)).max(0.0).powf(2.0 / 3.0));
    let mut before = vec![0.0];
    for share in shares {
        before.push(before[before.len() - 1] + share);
    }
    let total = before[CELLS];
    let mut values: Vec<f32> = (0..codes)
        .map(|code| {
            let wanted = (code as f64 + 0.5) / codes as f64 * total;
            let cell = before.partition_point(|&b| b <= wanted).clamp(1, CELLS) - 1;
            let share = before[cell + 1] - before[cell];
            let into = if share > 0.0 {
                (wanted - before[cell]) / share
            } else {
                0.0
            };
            (at(cell) + into * (at(cell + 1) - at(cell))) as f32
        })
        .collect();
    values.sort_unstable_by(f32::total_cmp);
    values.dedup();
    values
}

/// Rounds every column to at most 256 values.
pub(super) fn quantize(content: &mut Content) {
    round(&mut content.values, content.width);
    let width = content.others.len() / content.terms.len().max(1);
    round(&mut content.others, width);
    round_pairs(&mut content.pairs);
    round_pairs(&mut content.terms);
    if let Some(subwords) = &mut content.subwords {
        let width = subwords.width();
        round(subwords.rows_mut(), width);
    }
}

/// Rounds the columns of a table.
fn round(table: &mut [f32], width: usize) {
    for column in 0..width {
        let codes = Codebook::of(table.iter().skip(column).step_by(width).copied());
        for value in table.iter_mut().skip(column).step_by(width) {
            *value = codes.rounded(*value);
        }
    }
}

fn round_pairs<const VALUES: usize>(pairs: &mut [Valued<VALUES>]) {
    for column in 0..VALUES {
        let codes = Codebook::of(pairs.iter().map(|(_, values)| values[column]));
        for (_, values) in pairs.iter_mut() {
            values[column] = codes.rounded(values[column]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn few_values_are_kept(values in proptest::collection::vec(-5i8..5, 0..400), scale in 0.1f32..9.0) {
            let values: Vec<f32> = values.into_iter().map(|v| f32::from(v) * scale).collect();
            let codes = Codebook::of(values.iter().copied());
            for value in values {
                prop_assert_eq!(codes.rounded(value), value);
            }
        }

        #[test]
        fn every_value_gets_the_nearest_code_and_never_zero(values in proptest::collection::vec(prop_oneof![-1.0f32..1.0, Just(0.0), 100.0f32..101.0, -1e-30f32..1e-30], 1..2000), more in proptest::collection::vec(-200.0f32..200.0, 0..20)) {
            let codes = Codebook::of(values.iter().copied());
            prop_assert!(codes.0.len() < CODES && codes.0.is_sorted_by(|a, b| a < b));
            let of_any = values.iter().chain(&more);
            for &value in of_any.filter(|value| **value != 0.0) {
                let found = codes.rounded(value);
                let error = |code: f32| (f64::from(code) - f64::from(value)).abs();
                let best = codes.0.iter().map(|&code| error(code)).fold(f64::INFINITY, f64::min);
                prop_assert!(codes.0.is_empty() || error(found) == best, "{value} {found}");
                prop_assert_eq!(found == 0.0, codes.0.is_empty());
            }
            prop_assert_eq!(codes.rounded(0.0), 0.0);
        }
    }

    /// For a normal distribution the best 256 levels lose less than 1e-4 of the variance,
    /// pi sqrt(3) / 2 / 256^2 in the limit (Panter and Dite 1951); equal steps lose more.
    #[test]
    fn a_normal_column_loses_what_the_theory_says() {
        let quantile = |at: usize| {
            use statrs::distribution::{ContinuousCDF, Normal};
            Normal::standard().inverse_cdf((at as f64 + 0.5) / 40_000.0) as f32
        };
        let values: Vec<f32> = (0..40_000).map(quantile).collect();
        let codes = Codebook::of(values.iter().copied());
        let squares = values
            .iter()
            .map(|&value| f64::from(codes.rounded(value) - value).powi(2));
        let loss = squares.sum::<f64>() / values.len() as f64;
        let least = std::f64::consts::PI * 3.0_f64.sqrt() / 2.0 / 256.0_f64.powi(2);
        assert!((0.9 * least..1.2 * least).contains(&loss), "{loss} {least}");
    }
}
