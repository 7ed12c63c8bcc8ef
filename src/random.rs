//! Streams of random numbers: one for each use, so that what is drawn for one
//! is independent of what is drawn, from the same seed, for another.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};

/// A stream of random numbers.
pub(crate) type Stream = Xoshiro256PlusPlus;

/// What random numbers are drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Use {
    /// Where word vectors start.
    Vectors = 1,
    /// Which words of a sentence are kept.
    Sentences,
    /// The windows of a sentence, and their noise words.
    Windows,
    /// The noise words that the windows of a shard choose among.
    Noise,
    /// The order of the sentences.
    Order,
    /// Where the classifier's weights start.
    Classifier,
    /// The folds of a cross-validation.
    Folds,
    /// Resamples of a bootstrap.
    Bootstrap,
    /// The demo's random vectors.
    RandomVectors,
    /// The demo's shuffled labels.
    ShuffledLabels,
    /// Which texts are looked at for suggestions.
    Sample,
    /// Where the clusters of suggestions start.
    Clusters,
    /// The topics of documents.
    Topics,
    /// The folds and the order of self-training.
    SelfTraining,
}

/// The stream for a use and a seed.
pub(crate) fn stream(purpose: Use, seed: u64) -> Stream {
    part(purpose, seed, 0, 0)
}

/// The stream for one part of a use, such as an epoch and a sentence.
pub(crate) fn part(purpose: Use, seed: u64, a: u64, b: u64) -> Stream {
    Stream::seed_from_u64(mix(mix(mix(mix(purpose as u64) ^ seed) ^ a) ^ b))
}

/// A number for a sequence: as good as drawn at random, and always the same.
pub(crate) fn key(purpose: Use, seed: u64, sequence: impl Iterator<Item = u64>) -> u64 {
    sequence.fold(mix(mix(purpose as u64) ^ seed), |key, item| mix(key ^ item))
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A number below `bound`, which is at most 2^32.
#[inline(always)]
pub(crate) fn below(bound: u64, random: &mut Stream) -> u64 {
    ((random.next_u64() >> 32) * bound) >> 32
}

/// A number in [0, 1).
pub(crate) fn unit(random: &mut Stream) -> f32 {
    (random.next_u64() >> 40) as f32 / (1u64 << 24) as f32
}

/// Puts items into a random order (Fisher and Yates 1938, in Durstenfeld's
/// form).
pub(crate) fn shuffle<T>(items: &mut [T], random: &mut Stream) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(last as u64 + 1, random) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_by_use_seed_and_part() {
        let mut firsts: Vec<u64> = [
            stream(Use::Vectors, 0),
            stream(Use::Vectors, 1),
            stream(Use::Folds, 0),
            part(Use::Vectors, 0, 1, 0),
            part(Use::Vectors, 0, 0, 1),
        ]
        .map(|mut stream| stream.next_u64())
        .to_vec();
        firsts.sort_unstable();
        firsts.dedup();
        assert_eq!(firsts.len(), 5);
    }

    #[test]
    fn numbers_are_in_range_and_shuffling_loses_nothing() {
        let mut random = stream(Use::Folds, 3);
        let mut seen = [0; 5];
        for _ in 0..1000 {
            seen[below(5, &mut random) as usize] += 1;
            assert!((0.0..1.0).contains(&unit(&mut random)));
        }
        assert!(seen.iter().all(|&count| count > 140), "{seen:?}");
        let mut items: Vec<_> = (0..20).collect();
        shuffle(&mut items, &mut random);
        assert_ne!(items, (0..20).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..20).collect::<Vec<_>>());
    }
}
