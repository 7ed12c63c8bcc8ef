//! Where scores lie, and how far apart: scores of different models are compared in
//! these terms.

/// The middle value, or the mean of the two in the middle; 0 of none. The order of
/// the values is lost.
pub(super) fn median(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let (middle, even) = (values.len() / 2, values.len().is_multiple_of(2));
    let (below, &mut upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    match even {
        true => (below.iter().copied().fold(f64::NEG_INFINITY, f64::max) + upper) / 2.0,
        false => upper,
    }
}

/// The median, and the standard deviation around it, which is never 0.
pub(super) fn spread(values: &[f64]) -> (f64, f64) {
    let middle = median(&mut values.to_vec());
    let square: f64 = values.iter().map(|value| (value - middle).powi(2)).sum();
    let deviation = (square / values.len().max(1) as f64).sqrt();
    (middle, if deviation > 0.0 { deviation } else { 1.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn middles() {
        assert_eq!(median(&mut []), 0.0);
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), 2.5);
    }

    #[test]
    fn deviations_are_around_the_median_and_never_zero() {
        assert_eq!(spread(&[1.0, 2.0, 6.0]), (2.0, (17.0f64 / 3.0).sqrt()));
        assert_eq!(spread(&[5.0, 5.0]), (5.0, 1.0));
        assert_eq!(spread(&[]), (0.0, 1.0));
    }
}
