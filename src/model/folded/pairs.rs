//! From two neighbouring words to the place of their pair, in a table that is used as
//! it lies in the file.
//!
//! With b bits to a word's number, a pair is one number of 2 b bits. [`Shape::mix`]
//! turns it into another of as many bits, each into its own; of that number the
//! highest bits say where to look (`starts`), and the rest, at most 32 bits, is kept.
//! So a pair is found only if it is the same, in four bytes a pair. Its values stand
//! beside them.

#[cfg(test)]
use super::text::SEARCH;
use super::text::UNKNOWN;
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

/// Numbers of 32 bits to an entry: what a pair is found by, and its values.
pub(super) const ENTRY: usize = 4;

/// The table, as it lies in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pairs<'f> {
    pub(super) shape: Shape,
    pub(super) entries: &'f [[u32; ENTRY]],
    pub(super) starts: &'f [u32],
}

impl Pairs<'_> {
    /// How many pairs there are.
    pub(super) fn len(self) -> usize {
        self.entries.len()
    }

    /// Where to look for a pair, and for what.
    #[inline]
    pub(super) fn sought(self, first: u32, second: u32) -> (u32, u32) {
        let (bucket, rest) = self.shape.mix(first, second);
        (bucket as u32, rest)
    }

    /// Which entries the pairs of a bucket are.
    #[inline]
    pub(super) fn range(self, bucket: u32) -> (u32, u32) {
        let start = |at: usize| self.starts.get(at).copied().unwrap_or(0);
        (start(bucket as usize), start(bucket as usize + 1))
    }

    /// The place of the first entry of a range, if it is the pair's; else [`UNKNOWN`]
    /// or `SEARCH`. No branch depends on the table.
    #[inline]
    pub(super) fn first(self, range: (u32, u32), rest: u32) -> u32 {
        let entry = self.entries.get(range.0 as usize);
        let entry = entry.copied().unwrap_or_default();
        let same = u32::from((range.0 < range.1) & (entry[0] == rest)).wrapping_neg();
        // SEARCH is the number below.
        let other = UNKNOWN - u32::from(range.0 + 1 < range.1);
        range.0 & same | other & !same
    }

    /// The place of a pair.
    pub(super) fn find(self, first: u32, second: u32) -> Option<u32> {
        let (bucket, rest) = self.sought(first, second);
        let (start, end) = self.range(bucket);
        let entries = self.entries.get(start as usize..end as usize)?;
        let place = entries.iter().position(|entry| entry[0] == rest)?;
        Some(start + place as u32)
    }

    /// The values of the pair at a place.
    #[inline]
    pub(super) fn values(self, place: u32) -> [f32; ENTRY - 1] {
        let entry = self.entries.get(place as usize);
        entry.map_or([0.0; ENTRY - 1], |&[_, a, b, c]| {
            [a, b, c].map(f32::from_bits)
        })
    }

    /// All pairs, in the order of their places; nothing where the table is not sound.
    pub(super) fn all(self) -> Option<Vec<(u32, u32)>> {
        let mut pairs = Vec::with_capacity(self.len());
        for (bucket, ends) in self.starts.windows(2).enumerate() {
            let entries = self.entries.get(ends[0] as usize..ends[1] as usize)?;
            pairs.extend(
                entries
                    .iter()
                    .map(|entry| self.shape.unmix(bucket, entry[0])),
            );
        }
        (pairs.len() == self.len()).then_some(pairs)
    }
}

/// The table of some pairs.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) entries: Vec<u32>,
    pub(super) starts: Vec<u32>,
}

/// Lays out pairs with their values.
pub(super) fn build(shape: Shape, pairs: &[((u32, u32), [f32; ENTRY - 1])]) -> Built {
    let mut mixed: Vec<((usize, u32), [f32; ENTRY - 1])> = pairs
        .iter()
        .map(|&((first, second), values)| (shape.mix(first, second), values))
        .collect();
    // The most frequent pair of a bucket is found first.
    mixed.sort_unstable_by(|(a, of_a), (b, of_b)| {
        (a.0.cmp(&b.0))
            .then(of_a[0].total_cmp(&of_b[0]))
            .then(a.1.cmp(&b.1))
    });
    let mut starts = vec![0; shape.starts()];
    let mut entries = Vec::with_capacity(pairs.len() * ENTRY);
    for ((bucket, rest), values) in mixed {
        starts[bucket + 1] += 1;
        entries.push(rest);
        entries.extend(values.map(f32::to_bits));
    }
    for bucket in 1..starts.len() {
        starts[bucket] += starts[bucket - 1];
    }
    Built { entries, starts }
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
            let valued: Vec<_> = (pairs.iter().zip(0u8..))
                .map(|(&pair, at)| (pair, [f32::from(at), -1.5, 0.0]))
                .collect();
            let built = build(shape, &valued);
            prop_assert_eq!(built.starts.len(), shape.starts());
            let table = Pairs { shape, entries: built.entries.as_chunks().0, starts: &built.starts };
            prop_assert_eq!(table.len(), pairs.len());
            for ((first, second), values) in valued {
                let place = table.find(first, second);
                let (bucket, rest) = table.sought(first, second);
                let at_once = table.first(table.range(bucket), rest);
                prop_assert!(Some(at_once) == place || at_once == SEARCH);
                prop_assert_eq!(place.map(|place| table.values(place)), Some(values));
            }
            let mut all = table.all().unwrap();
            all.sort_unstable();
            prop_assert_eq!(&all, &pairs);
            for (first, second) in others.into_iter().filter(|pair| !pairs.contains(pair)) {
                prop_assert_eq!(table.find(first, second), None);
                let (bucket, rest) = table.sought(first, second);
                prop_assert!(table.first(table.range(bucket), rest) >= SEARCH);
            }
        }
    }
}
