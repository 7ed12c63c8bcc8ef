//! The logistic function in plain arithmetic, so that it is the same on every
//! machine and the compiler can compute many at once.

/// 1 / (1 + exp(-x)), within 2e-7 of the true value; not a number stays so.
#[inline(always)]
pub(super) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// e^x for -87 <= x <= 87 (clamped there), within 3 units in the last place.
///
/// Splits x = n ln 2 + r with |r| <= ln 2 / 2, takes the Taylor polynomial of
/// degree 7 for e^r and puts n into the exponent bits.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    /// Adding it rounds to the nearest integer: there are no bits left for a
    /// fraction.
    const ROUND: f32 = 12_582_912.0;
    // ln 2 in two parts, so that n ln 2 is exact enough.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;

    let x = x.clamp(-87.0, 87.0);
    let n = (x * std::f32::consts::LOG2_E + ROUND) - ROUND;
    let r = (x - n * LN2_HIGH) - n * LN2_LOW;
    let mut p = 1.0 / 5040.0;
    for coefficient in [
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ] {
        p = p * r + coefficient;
    }
    let power = f32::from_bits(((n as i32 + 127) as u32) << 23);
    p * power
}

/// ln(1 + e^x), without overflow.
pub(super) fn softplus(x: f32) -> f32 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_double_precision() {
        for step in -20_000..=20_000 {
            let x = step as f32 / 200.0;
            let truth = 1.0 / (1.0 + (-f64::from(x)).exp());
            assert!((f64::from(sigmoid(x)) - truth).abs() < 2e-7, "{x}");
        }
        assert_eq!(sigmoid(f32::INFINITY), 1.0);
        assert!(sigmoid(f32::NEG_INFINITY) < 1e-37);
        assert!(sigmoid(f32::NAN).is_nan());
    }

    #[test]
    fn softplus_is_the_loss_of_a_pair() {
        assert!((softplus(0.0) - std::f32::consts::LN_2).abs() < 1e-7);
        assert_eq!(softplus(200.0), 200.0);
        assert_eq!(softplus(-200.0), 0.0);
    }
}
