//! The processors the kernel knows: how many values each computes at once, and
//! the one thing each does in its own way, adding up a register.
//!
//! The arithmetic itself is written once, over [`pulp::Simd`]. What pulp has no
//! portable form of is the step from twelve registers of partial sums to two
//! rows of sums. Done one register at a time it costs as much as the products
//! themselves; done together, by transposing, a quarter of that.

use pulp::{Scalar, Simd, WithSimd};

use super::step::TARGETS;

/// A processor's vectors.
pub(super) trait Lanes: Simd {
    /// The sums of one context with every target, and zeros up to whole vectors.
    type Row: Copy + AsMut<[Self::f32s]> + AsRef<[Self::f32s]>;

    /// Adds up the lanes of every register; a row for each of two contexts.
    fn rows(self, a: [Self::f32s; TARGETS], b: [Self::f32s; TARGETS]) -> [Self::Row; 2];
}

/// What is to be computed, for any processor.
pub(super) trait Work {
    type Output;

    /// To be inlined always, so that it is compiled for the processor.
    fn run<L: Lanes>(self, lanes: L) -> Self::Output;
}

/// The instructions to compute with.
#[derive(Debug, Clone, Copy)]
pub(super) enum Backend {
    /// AVX-512: sixteen lanes.
    #[cfg(target_arch = "x86_64")]
    V4(pulp::x86::V4),
    /// AVX2 with fused multiply-add: eight lanes.
    #[cfg(target_arch = "x86_64")]
    V3(pulp::x86::V3),
    /// Four lanes.
    #[cfg(target_arch = "aarch64")]
    Neon(pulp::aarch64::Neon),
    /// One value at a time, on any processor.
    Scalar(Scalar),
}

impl Backend {
    /// All that this processor has, the widest first.
    pub(super) fn available() -> Vec<Self> {
        [
            #[cfg(target_arch = "x86_64")]
            pulp::x86::V4::try_new().map(Self::V4),
            #[cfg(target_arch = "x86_64")]
            pulp::x86::V3::try_new().map(Self::V3),
            #[cfg(target_arch = "aarch64")]
            pulp::aarch64::Neon::try_new().map(Self::Neon),
            Some(Self::Scalar(Scalar::new())),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The widest.
    pub(super) fn best() -> Self {
        Self::available()[0]
    }

    /// Values computed at once.
    pub(super) fn lanes(self) -> usize {
        self.run(Count)
    }

    /// Computes something with these instructions.
    pub(super) fn run<W: Work>(self, work: W) -> W::Output {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::V4(lanes) => Simd::vectorize(lanes, Run { lanes, work }),
            #[cfg(target_arch = "x86_64")]
            Self::V3(lanes) => Simd::vectorize(lanes, Run { lanes, work }),
            #[cfg(target_arch = "aarch64")]
            Self::Neon(lanes) => Simd::vectorize(lanes, Run { lanes, work }),
            Self::Scalar(lanes) => work.run(lanes),
        }
    }
}

/// Carries the processor's own type through [`Simd::vectorize`], which hands on
/// no more than a [`Simd`].
struct Run<L, W> {
    lanes: L,
    work: W,
}

impl<L: Lanes, W: Work> WithSimd for Run<L, W> {
    type Output = W::Output;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> W::Output {
        self.work.run(self.lanes)
    }
}

struct Count;

impl Work for Count {
    type Output = usize;

    #[inline(always)]
    fn run<L: Lanes>(self, _: L) -> usize {
        L::F32_LANES
    }
}

impl Lanes for Scalar {
    type Row = [f32; TARGETS];

    #[inline(always)]
    fn rows(self, a: [f32; TARGETS], b: [f32; TARGETS]) -> [Self::Row; 2] {
        [a, b]
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use pulp::core_arch::x86::Avx;
    use pulp::x86::{V3, V4};
    use pulp::{cast, f32x8, f32x16};

    use super::{Lanes, TARGETS};

    impl Lanes for V3 {
        type Row = [f32x8; 1];

        #[inline(always)]
        fn rows(self, a: [f32x8; TARGETS], b: [f32x8; TARGETS]) -> [Self::Row; 2] {
            let [a, b] = rows(self.avx, a, b);
            [[a], [b]]
        }
    }

    impl Lanes for V4 {
        type Row = [f32x16; 1];

        #[inline(always)]
        fn rows(self, a: [f32x16; TARGETS], b: [f32x16; TARGETS]) -> [Self::Row; 2] {
            let half = |sum: f32x16| {
                let [low, high]: [f32x8; 2] = cast(sum);
                cast(self.avx._mm256_add_ps(cast(low), cast(high)))
            };
            let zeros = f32x8(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
            rows(self.avx, a.map(half), b.map(half)).map(|row| [cast([row, zeros])])
        }
    }

    /// Halves of a and b side by side, then sums of neighbours, twice.
    #[inline(always)]
    fn rows(avx: Avx, a: [f32x8; TARGETS], b: [f32x8; TARGETS]) -> [f32x8; 2] {
        let side_by_side = |t: usize| {
            let (a, b) = (cast(a[t]), cast(b[t]));
            let low = avx._mm256_permute2f128_ps::<0x20>(a, b);
            let high = avx._mm256_permute2f128_ps::<0x31>(a, b);
            avx._mm256_add_ps(low, high)
        };
        let pair = |t| avx._mm256_hadd_ps(side_by_side(t), side_by_side(t + 1));
        let [s01, s23, s45] = [pair(0), pair(2), pair(4)];
        let s0123 = avx._mm256_hadd_ps(s01, s23);
        let s45 = avx._mm256_hadd_ps(s45, avx._mm256_setzero_ps());
        [
            cast(avx._mm256_permute2f128_ps::<0x20>(s0123, s45)),
            cast(avx._mm256_permute2f128_ps::<0x31>(s0123, s45)),
        ]
    }
}

#[cfg(target_arch = "aarch64")]
mod aarch64 {
    use pulp::aarch64::Neon;
    use pulp::{cast, f32x4};

    use super::{Lanes, Simd, TARGETS};

    impl Lanes for Neon {
        type Row = [f32x4; 2];

        #[inline(always)]
        fn rows(self, a: [f32x4; TARGETS], b: [f32x4; TARGETS]) -> [Self::Row; 2] {
            [a, b].map(|sums| {
                let [s0, s1, s2, s3, s4, s5] = sums.map(|sum| self.reduce_sum_f32s(sum));
                cast([s0, s1, s2, s3, s4, s5, 0.0, 0.0])
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Registers that hold 0, 1, 2, ... lane after lane, and their sums.
    struct Sums;

    impl Work for Sums {
        type Output = ();

        #[inline(always)]
        fn run<L: Lanes>(self, lanes: L) {
            let values: Vec<f32> = (0..2 * TARGETS * L::F32_LANES).map(|i| i as f32).collect();
            let registers = L::as_simd_f32s(&values).0;
            let tile = |first| std::array::from_fn(|t| registers[first + t]);
            let rows = lanes.rows(tile(0), tile(TARGETS));
            for (row, values) in rows.iter().zip(values.chunks(TARGETS * L::F32_LANES)) {
                let sums: &[f32] = pulp::bytemuck::cast_slice(row.as_ref());
                for (t, values) in values.chunks(L::F32_LANES).enumerate() {
                    assert_eq!(sums[t], values.iter().sum::<f32>());
                }
                assert!(sums[TARGETS..].iter().all(|&sum| sum == 0.0));
            }
        }
    }

    #[test]
    fn every_register_is_added_up_into_its_place() {
        for backend in Backend::available() {
            backend.run(Sums);
        }
    }
}
