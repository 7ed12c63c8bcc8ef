//! From two neighbouring words to the place of their pair, in a table that is used as
//! it lies in the file.
//!
//! With b bits to a word's number, a pair is one number of 2 b bits. [`Shape::mix`]
//! turns it into another of as many bits, each into its own; of that number the
//! highest bits say where to look (`starts`), and the rest, at most 32 bits, is kept.
//! So a pair is found only if it is the same, in four bytes a pair.

use super::words::bits;

/// What the numbers of the words say about the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// The bits of a word's number.
    word: u32,
    /// The bits that say where to look.
    place: u32,
}

impl Shape {
    /// For so many words and pairs.
    pub(super) fn new(words: usize, pairs: usize) -> Self {
        let word = usize::BITS - words.saturating_sub(1).max(1).leading_zeros();
        Self {
            word,
            place: bits(pairs).max((2 * word).saturating_sub(32)).min(2 * word),
        }
    }

    /// How long `starts` is.
    pub(super) fn starts(self) -> usize {
        (1 << self.place) + 1
    }

    /// Where to look, and for what.
    #[inline]
    fn mix(self, first: u32, second: u32) -> (usize, u32) {
        let (all, mask) = self.all();
        let pair = u64::from(first) << self.word | u64::from(second);
        // Odd factors and the shift by half of the bits lose nothing.
        let mut mixed = pair.wrapping_mul(FACTORS[0]) & mask;
        mixed ^= mixed >> self.word;
        mixed = mixed.wrapping_mul(FACTORS[1]) & mask;
        let rest = all - self.place;
        (
            (mixed >> rest) as usize,
            (mixed & !(u64::MAX << rest)) as u32,
        )
    }

    /// The pair that [`mix`](Self::mix) turned into these.
    fn unmix(self, bucket: usize, rest: u32) -> (u32, u32) {
        let (all, mask) = self.all();
        let mut mixed = (bucket as u64) << (all - self.place) | u64::from(rest);
        mixed = mixed.wrapping_mul(inverse(FACTORS[1])) & mask;
        mixed ^= mixed >> self.word;
        mixed = mixed.wrapping_mul(inverse(FACTORS[0])) & mask;
        (
            (mixed >> self.word) as u32,
            (mixed & (mask >> self.word)) as u32,
        )
    }

    /// The bits of a pair, and the number that is all of them.
    fn all(self) -> (u32, u64) {
        (2 * self.word, u64::MAX >> (64 - 2 * self.word))
    }
}

/// Odd, and their bits look random.
const FACTORS: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93];

/// What an odd factor is undone by, in 64 bits: Newton's iteration doubles the bits
/// that are right, of which there are three at first.
fn inverse(factor: u64) -> u64 {
    (0..5).fold(factor, |inverse, _| {
        inverse.wrapping_mul(2u64.wrapping_sub(factor.wrapping_mul(inverse)))
    })
}

/// The table, as it lies in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pairs<'f> {
    pub(super) shape: Shape,
    pub(super) rests: &'f [u32],
    pub(super) starts: &'f [u32],
}

impl Pairs<'_> {
    /// The place of a pair.
    #[inline]
    pub(super) fn find(self, first: u32, second: u32) -> Option<u32> {
        let (bucket, rest) = self.shape.mix(first, second);
        let start = *self.starts.get(bucket)?;
        let end = *self.starts.get(bucket + 1)?;
        let rests = self.rests.get(start as usize..end as usize)?;
        let place = rests.iter().position(|&one| one == rest)?;
        Some(start + place as u32)
    }

    /// All pairs, in the order of their places; nothing where the table is not sound.
    pub(super) fn all(self) -> Option<Vec<(u32, u32)>> {
        let mut pairs = Vec::with_capacity(self.rests.len());
        for (bucket, ends) in self.starts.windows(2).enumerate() {
            let rests = self.rests.get(ends[0] as usize..ends[1] as usize)?;
            pairs.extend(rests.iter().map(|&rest| self.shape.unmix(bucket, rest)));
        }
        (pairs.len() == self.rests.len()).then_some(pairs)
    }
}

/// The table, and in which order the pairs stand in it.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) rests: Vec<u32>,
    pub(super) starts: Vec<u32>,
    /// The number of the pair that stands at each place.
    pub(super) order: Vec<u32>,
}

/// Lays out pairs of so many words.
pub(super) fn build(shape: Shape, pairs: &[(u32, u32)]) -> Built {
    let mut entries: Vec<((usize, u32), u32)> = pairs
        .iter()
        .zip(0u32..)
        .map(|(&(first, second), number)| (shape.mix(first, second), number))
        .collect();
    entries.sort_unstable();
    let mut starts = vec![0; shape.starts()];
    for ((bucket, _), _) in &entries {
        starts[bucket + 1] += 1;
    }
    for bucket in 1..starts.len() {
        starts[bucket] += starts[bucket - 1];
    }
    Built {
        rests: entries.iter().map(|&((_, rest), _)| rest).collect(),
        starts,
        order: entries.iter().map(|&(_, number)| number).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pairs_are_found_and_others_are_not(words in prop_oneof![1usize..9, 900usize..1100, Just(1 << 20), Just((1 << 20) + 1)], seeds in proptest::collection::vec(any::<(u32, u32)>(), 0..200), others in proptest::collection::vec(any::<(u32, u32)>(), 0..200)) {
            let of = |all: &[(u32, u32)]| {
                let mut pairs: Vec<(u32, u32)> = all
                    .iter()
                    .map(|&(a, b)| (a % words as u32, b % words as u32))
                    .collect();
                pairs.sort_unstable();
                pairs.dedup();
                pairs
            };
            let (pairs, others) = (of(&seeds), of(&others));
            let shape = Shape::new(words, pairs.len());
            let built = build(shape, &pairs);
            prop_assert_eq!(built.starts.len(), shape.starts());
            let table = Pairs { shape, rests: &built.rests, starts: &built.starts };
            for (place, &number) in built.order.iter().enumerate() {
                let (first, second) = pairs[number as usize];
                prop_assert_eq!(table.find(first, second), Some(place as u32));
            }
            let all: Vec<(u32, u32)> =
                built.order.iter().map(|&number| pairs[number as usize]).collect();
            prop_assert_eq!(table.all(), Some(all));
            for (first, second) in others.into_iter().filter(|pair| !pairs.contains(pair)) {
                prop_assert_eq!(table.find(first, second), None);
            }
        }
    }
}
