//! The logistic function in plain arithmetic, so that it is the same on every
//! machine, and for as many values at once as the processor computes.

use pulp::{Scalar, Simd};

/// 1 / (1 + exp(-x)), within 2e-7 of the true value.
#[inline(always)]
pub(super) fn sigmoid<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let one = simd.splat_f32s(1.0);
    let power = exp(simd, simd.neg_f32s(x));
    simd.div_f32s(one, simd.add_f32s(one, power))
}

/// e^x of one value.
#[inline(always)]
pub(super) fn exp_of(x: f32) -> f32 {
    exp(Scalar::new(), x)
}

/// e^x for -87 <= x <= 87 (clamped there), within 3 units in the last place.
///
/// Splits x = n ln 2 + r with |r| <= ln 2 / 2, takes the Taylor polynomial of
/// degree 6 for e^r and puts n into the exponent bits.
#[inline(always)]
fn exp<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    /// Adding it rounds to the nearest integer, as there are no bits left for a
    /// fraction, and adds the 127 by which exponents are shifted.
    const ROUND: f32 = 12_582_912.0 + 127.0;
    // ln 2 in two parts, so that n ln 2 is exact enough.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;

    let all = |value: f32| simd.splat_f32s(value);
    let mul_add = |a, b, c| simd.mul_add_e_f32s(a, b, c);
    let x = simd.min_f32s(all(87.0), simd.max_f32s(all(-87.0), x));
    let shifted = mul_add(x, all(std::f32::consts::LOG2_E), all(ROUND));
    let n = simd.sub_f32s(shifted, all(ROUND));
    let r = mul_add(n, all(-LN2_LOW), mul_add(n, all(-LN2_HIGH), x));
    // In powers of r squared, which makes a shorter chain than Horner's rule.
    let squared = simd.mul_f32s(r, r);
    let low = simd.add_f32s(all(1.0), r);
    let middle = mul_add(r, all(1.0 / 6.0), all(0.5));
    let high = mul_add(r, all(1.0 / 120.0), all(1.0 / 24.0));
    let high = mul_add(squared, all(1.0 / 720.0), high);
    let p = mul_add(squared, mul_add(squared, high, middle), low);
    let bits = simd.transmute_u32s_f32s(shifted);
    let power = simd.wrapping_dyn_shl_u32s(bits, simd.splat_u32s(23));
    simd.mul_f32s(p, simd.transmute_f32s_u32s(power))
}

/// The sum of ln(1 + e^x), without overflow; not a number stays so.
///
/// ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|), and a sum of such logarithms is the
/// logarithm of a product: one for all, of which a thousand would still fit.
#[inline(always)]
pub(super) fn softplus_sum(xs: impl Iterator<Item = f32>) -> f64 {
    let (mut sum, mut product) = (0.0, 1.0);
    for x in xs {
        sum += f64::from(if x < 0.0 { 0.0 } else { x });
        product *= 1.0 + f64::from(exp_of(-x.abs()));
    }
    sum + f64::ln(product)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::skipgram::lanes::{Backend, Lanes, Work};

    struct Sigmoids<'a>(&'a mut [f32]);

    impl Work for Sigmoids<'_> {
        type Output = ();

        #[inline(always)]
        fn run<L: Lanes>(self, lanes: L) {
            let (values, rest) = L::as_mut_simd_f32s(self.0);
            assert!(rest.is_empty());
            for value in values {
                *value = sigmoid(lanes, *value);
            }
        }
    }

    #[test]
    fn agrees_with_double_precision() {
        let mut xs: Vec<f32> = (-20_000..20_000).map(|step| step as f32 / 200.0).collect();
        xs.extend([f32::INFINITY, f32::NEG_INFINITY]);
        xs.extend([0.0; 14]);
        for backend in Backend::available() {
            let mut values = xs.clone();
            backend.run(Sigmoids(&mut values));
            for (x, value) in xs.iter().zip(values) {
                let truth = 1.0 / (1.0 + (-f64::from(*x)).exp());
                assert!(
                    (f64::from(value) - truth).abs() < 2e-7,
                    "{x} on {backend:?}"
                );
            }
        }
    }

    #[test]
    fn exponentials_are_close_in_proportion() {
        for step in -17_000..=17_000 {
            let x = step as f32 / 200.0;
            let truth = f64::from(x).exp();
            let off = (f64::from(exp_of(x)) - truth).abs() / truth;
            assert!(off < 4e-7, "{x}: {off}");
        }
    }

    #[test]
    fn softplus_is_the_loss_of_a_pair() {
        let of = |x: f32| softplus_sum([x].into_iter());
        assert!((of(0.0) - std::f64::consts::LN_2).abs() < 1e-7);
        assert_eq!(of(200.0), 200.0);
        assert!(of(-200.0) < 1e-30);
        assert!(of(f32::NAN).is_nan());
        let xs = [-3.0, 0.5, 9.0, -0.1];
        let each: f64 = xs.map(|x: f32| f64::from(x).exp().ln_1p()).iter().sum();
        assert!((softplus_sum(xs.into_iter()) - each).abs() < 1e-6);
    }
}
