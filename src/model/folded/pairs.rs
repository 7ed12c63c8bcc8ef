//! From two neighbouring words to the place of their pair, in tables that are used as
//! they lie in the file.
//!
//! With b bits to a word's row, a pair is one number of 2 b bits. [`Shape::mix`] turns
//! it into another of as many bits, each into its own, and these numbers are shared among
//! the lines of the table, in equal ranges. A line is 64 bytes, as much as a processor
//! fetches from memory at once: four entries, each with the bits that tell numbers of
//! the line apart, and its values. So a pair is found only if it is the same, and
//! mostly with one look into memory.
//!
//! The pairs of most texts come first. What does not fit into its line stands, with the
//! rows of its words, in a list of its own, which slots (`slots`) lead to; the highest bit
//! of a line's first entry tells of it.

use super::slots::{self, Slots, Wanted};
#[cfg(test)]
use super::text::SEARCH;
use super::text::UNKNOWN;
use super::words::folded_product;

/// Entries of a line.
pub(super) const LINE: usize = 4;
/// Pairs to two lines, on average.
const USUAL: usize = 7;
/// Numbers of 32 bits to an entry: what a pair is known by in its line, and its values.
pub(super) const ENTRY: usize = 1 + VALUES;
/// Numbers to an entry of the list: the rows of its words, and its values.
pub(super) const LISTED: usize = 2 + VALUES;
const VALUES: usize = super::SCALED;

/// There are more pairs that belong into this line.
const MORE: u32 = 1 << 31;
/// What the others know a pair by.
const KNOWN_BY: u32 = MORE - 1;
/// Nothing stands here.
const FREE: u32 = KNOWN_BY;
/// The bits that a pair may be known by, so that none looks free.
const MOST_BITS: u32 = 30;

/// Bits that look random: of the square root of five.
const NOISE: [u64; 2] = [0x3c6e_f372_fe94_f82b, 0x9e37_79b9_7f4a_7c15];
/// Odd, and their bits look random.
const FACTORS: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93];

/// What the numbers of words and pairs say about the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// The bits of a word's row.
    word: u32,
    lines: u64,
}

impl Shape {
    /// For so many words and pairs.
    pub(super) fn new(words: usize, pairs: usize) -> Self {
        let word = usize::BITS - words.saturating_sub(1).max(1).leading_zeros();
        let least = 1 << (2 * word).saturating_sub(MOST_BITS);
        Self {
            word,
            lines: least.max((pairs / USUAL) as u64 * 2 + 1),
        }
    }

    /// How many entries there are.
    pub(super) fn entries(self) -> usize {
        (self.lines as usize).saturating_mul(LINE)
    }

    /// The line of a pair, and what it is known by there.
    #[inline]
    fn mix(self, first: u32, second: u32) -> (u32, u32) {
        let mask = self.mask();
        let pair = u64::from(first) << self.word | u64::from(second);
        // Odd factors and the shift by half of the bits lose nothing.
        let mut mixed = pair.wrapping_mul(FACTORS[0]) & mask;
        mixed ^= mixed >> self.word;
        mixed = mixed.wrapping_mul(FACTORS[1]) & mask;
        // The numbers of a line are in order, and `lines` apart after this product.
        let product = u128::from(mixed) * u128::from(self.lines);
        let known_by = (product as u64 & mask) >> self.lines.ilog2();
        ((product >> (2 * self.word)) as u32, known_by as u32)
    }

    /// The pair that [`mix`](Self::mix) turned into these; another where there is none.
    fn unmix(self, line: usize, known_by: u32) -> (u32, u32) {
        let mask = self.mask();
        let product =
            (line as u128) << (2 * self.word) | u128::from(known_by) << self.lines.ilog2();
        // The lower bits of the product are lost: at least it was this one.
        let mut mixed = product.div_ceil(u128::from(self.lines)) as u64 & mask;
        mixed = mixed.wrapping_mul(inverse(FACTORS[1])) & mask;
        mixed ^= mixed >> self.word;
        mixed = mixed.wrapping_mul(inverse(FACTORS[0])) & mask;
        (
            (mixed >> self.word) as u32,
            (mixed & (mask >> self.word)) as u32,
        )
    }

    /// The bits of a pair.
    #[inline]
    fn mask(self) -> u64 {
        u64::MAX >> (64 - 2 * self.word)
    }
}

/// What an odd factor is undone by, in 64 bits: Newton's iteration doubles the bits
/// that are right, of which there are three at first.
fn inverse(factor: u64) -> u64 {
    (0..5).fold(factor, |inverse, _| {
        inverse.wrapping_mul(2u64.wrapping_sub(factor.wrapping_mul(inverse)))
    })
}

/// The tables, as they lie in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pairs<'f> {
    pub(super) shape: Shape,
    pub(super) lines: &'f [[[u32; ENTRY]; LINE]],
    /// Of the list.
    pub(super) slots: Slots<'f>,
    pub(super) list: &'f [[u32; LISTED]],
}

#[inline]
fn listed_hash(first: u32, second: u32) -> u64 {
    let pair = u64::from(first) << 32 | u64::from(second);
    folded_product(pair ^ NOISE[0], NOISE[1])
}

impl Pairs<'_> {
    /// Where to look for a pair, and for what.
    #[inline]
    pub(super) fn wanted(self, first: u32, second: u32) -> (u32, u32) {
        self.shape.mix(first, second)
    }

    /// Has the lines fetched from memory: so short a loop asks for many at a time.
    #[inline]
    pub(super) fn touch(self, wanted: &[(u32, u32)]) {
        let first = |line: u32| self.lines.get(line as usize).map_or(0, |line| line[0][0]);
        let all = wanted.iter().fold(0, |all, &(line, _)| all | first(line));
        std::hint::black_box(all);
    }

    /// The place of a pair, or [`UNKNOWN`], or `SEARCH` where it is not in its line and may
    /// be on the list. No branch depends on the table.
    #[inline]
    pub(super) fn first(self, (line, known_by): (u32, u32)) -> u32 {
        let entries = self.lines.get(line as usize);
        let entries = entries.unwrap_or(&[[FREE; ENTRY]; LINE]);
        // Counted from 1.
        let mut found = 0;
        for (entry, at) in entries.iter().zip(1u32..) {
            let same = u32::from(entry[0] & KNOWN_BY == known_by);
            found |= at & same.wrapping_neg();
        }
        // Two that are the same, which no sound file has, are not to lead out of the line.
        let found = found.min(LINE as u32);
        // SEARCH is the number below.
        let other = UNKNOWN - (entries[0][0] >> 31);
        let place = line
            .wrapping_mul(LINE as u32)
            .wrapping_add(found)
            .wrapping_sub(1);
        if found > 0 { place } else { other }
    }

    /// Where to look for a pair among the buckets of the list.
    #[inline]
    pub(super) fn wanted_of_list(self, first: u32, second: u32) -> Wanted {
        self.slots.shape.wanted(listed_hash(first, second))
    }

    /// Whether the pair is the one at a place of the list.
    #[inline]
    fn is_listed(self, at: u32, first: u32, second: u32) -> bool {
        let entry = self.list.get(at as usize);
        entry.is_some_and(|entry| (entry[0] == first) & (entry[1] == second))
    }

    /// The place of a pair of the list, or [`UNKNOWN`], or `SEARCH` where this was not seen
    /// at first sight: `found` is what the slots have.
    #[inline]
    pub(super) fn settle(self, found: (u32, bool), first: u32, second: u32) -> u32 {
        let (at, all) = found;
        match self.is_listed(at, first, second) {
            true => (self.lines.len() * LINE) as u32 + at,
            // SEARCH is the number below.
            false => UNKNOWN - u32::from(!all),
        }
    }

    /// The place of a pair.
    pub(super) fn find(self, first: u32, second: u32) -> Option<u32> {
        let place = self.first(self.wanted(first, second));
        if place < UNKNOWN - 1 {
            return Some(place);
        }
        if place == UNKNOWN {
            return None;
        }
        let wanted = self.wanted_of_list(first, second);
        let listed = (self.slots).find(wanted, |at| self.is_listed(at, first, second));
        listed.map(|place| (self.lines.len() * LINE) as u32 + place)
    }

    /// The values of the pair at a place.
    #[inline]
    pub(super) fn values(self, place: u32) -> [f32; VALUES] {
        let place = place as usize;
        let entries = self.lines.as_flattened();
        let values = match entries.get(place) {
            Some(&[_, a, b, c]) => [a, b, c],
            None => match self.list.get(place - entries.len()) {
                Some(&[_, _, a, b, c]) => [a, b, c],
                None => [0; VALUES],
            },
        };
        values.map(f32::from_bits)
    }

    /// All values.
    pub(super) fn all_values(self) -> impl Iterator<Item = f32> {
        let in_lines = self
            .lines
            .as_flattened()
            .iter()
            .flat_map(|entry| &entry[1..]);
        let listed = self.list.iter().flat_map(|entry| &entry[2..]);
        in_lines.chain(listed).map(|&value| f32::from_bits(value))
    }

    /// All pairs with their values.
    pub(super) fn all(self) -> impl Iterator<Item = ((u32, u32), [f32; VALUES])> {
        let lines = self.lines.iter().enumerate();
        let in_lines = lines.flat_map(move |(line, entries)| {
            let entries = entries.iter().filter(|entry| entry[0] & KNOWN_BY != FREE);
            entries.map(move |&[known_by, a, b, c]| {
                let pair = self.shape.unmix(line, known_by & KNOWN_BY);
                (pair, [a, b, c].map(f32::from_bits))
            })
        });
        let listed = self.list.iter();
        in_lines.chain(
            listed
                .map(|&[first, second, a, b, c]| ((first, second), [a, b, c].map(f32::from_bits))),
        )
    }
}

/// The tables of some pairs.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) lines: Vec<[[u32; ENTRY]; LINE]>,
    pub(super) slots: Vec<u32>,
    pub(super) list: Vec<[u32; LISTED]>,
}

/// Lays out pairs with their values; those of most texts come first.
pub(super) fn build(shape: Shape, pairs: &[((u32, u32), [f32; VALUES])]) -> Built {
    let free = [FREE, 0, 0, 0];
    let mut lines = vec![[free; LINE]; shape.lines as usize];
    let mut list = Vec::new();
    for &((first, second), values) in pairs {
        let (line, known_by) = shape.mix(first, second);
        let [a, b, c] = values.map(f32::to_bits);
        let entries = &mut lines[line as usize];
        match entries.iter_mut().find(|entry| entry[0] == FREE) {
            Some(entry) => *entry = [known_by, a, b, c],
            None => {
                entries[0][0] |= MORE;
                list.push([first, second, a, b, c]);
            }
        }
    }
    let hashes = list.iter().map(|entry| listed_hash(entry[0], entry[1]));
    Built {
        slots: slots::build(slots::Shape::new(list.len()), hashes),
        lines,
        list,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pairs_are_found_and_others_are_not(words in prop_oneof![1usize..40, 900usize..1100, Just(1 << 20), Just((1 << 20) + 1)], seeds in proptest::collection::vec(any::<(u32, u32)>(), 0..300), others in proptest::collection::vec(any::<(u32, u32)>(), 0..200)) {
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
            let valued: Vec<_> = (pairs.iter().zip(0u16..))
                .map(|(&pair, at)| (pair, [f32::from(at % 7), -1.5, f32::from(at)]))
                .collect();
            let built = build(shape, &valued);
            let table = Pairs {
                shape,
                lines: &built.lines,
                slots: Slots { shape: slots::Shape::new(built.list.len()), buckets: built.slots.as_chunks().0 },
                list: &built.list,
            };
            for &((first, second), values) in &valued {
                let place = table.find(first, second);
                let at_once = table.first(table.wanted(first, second));
                prop_assert!(Some(at_once) == place || at_once == SEARCH);
                prop_assert_eq!(place.map(|place| table.values(place)), Some(values));
            }
            let mut all: Vec<_> = table.all().collect();
            all.sort_unstable_by_key(|(pair, _)| *pair);
            prop_assert_eq!(&all, &valued);
            for (first, second) in others.into_iter().filter(|pair| !pairs.contains(pair)) {
                prop_assert_eq!(table.find(first, second), None);
                let at_once = table.first(table.wanted(first, second));
                prop_assert!(at_once >= SEARCH);
            }
        }
    }

    #[test]
    fn the_list_is_short() {
        let shape = Shape::new(3000, 20_000);
        let valued: Vec<_> = (0..20_000)
            .map(|at| ((at % 3000, at / 7), [1.0, 0.0, 0.0]))
            .collect();
        let built = build(shape, &valued);
        assert!(
            (1500..3500).contains(&built.list.len()),
            "{}",
            built.list.len()
        );
    }
}
