//! From a hash to the place of what has it, in a table that is used as it lies in the
//! file.
//!
//! A slot is a number of 32 bits: a place, counted from 1, in as many of the lowest bits
//! as the largest needs, and above it bits of the hash; 0 is a free slot. The hash says
//! in which bucket of eight a place begins to be looked for; what does not fit there
//! stands in the next bucket with a free slot. What a slot leads to has to be compared
//! with what is sought: a slot knows only a part of the hash.

#[cfg(test)]
use super::text::SEARCH;
use super::text::UNKNOWN;

/// Slots that are looked at together: half a line of most processors' caches.
pub(super) const BUCKET: usize = 8;
/// Places to a bucket, on average: so few buckets overflow, and the table stays small.
const USUAL: usize = 5;
/// The most places that there can be, so that the hash has bits left in a slot.
pub(super) const MOST: usize = 1 << 28;

/// What the number of places says about the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// The bits of a place that is counted from 1.
    bits: u32,
    buckets: u32,
}

impl Shape {
    /// For so many places, [`MOST`] at most.
    pub(super) fn new(places: usize) -> Self {
        let places = places.min(MOST);
        Self {
            bits: usize::BITS - places.leading_zeros(),
            buckets: (places / USUAL + 1) as u32,
        }
    }

    /// How many buckets there are.
    pub(super) fn buckets(self) -> usize {
        self.buckets as usize
    }

    /// Where to look, and for what.
    #[inline]
    pub(super) fn wanted(self, hash: u64) -> Wanted {
        Wanted {
            bucket: (((hash >> 32) * u64::from(self.buckets)) >> 32) as u32,
            print: (hash as u32) << self.bits,
        }
    }

    #[inline]
    fn place(self, slot: u32) -> u32 {
        (slot & !(u32::MAX << self.bits)).wrapping_sub(1)
    }

    #[inline]
    fn fits(self, slot: u32, print: u32) -> bool {
        (slot ^ print) >> self.bits == 0
    }
}

/// Where to look first, and for which bits of the hash.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wanted {
    bucket: u32,
    print: u32,
}

/// The table, as it lies in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slots<'f> {
    pub(super) shape: Shape,
    pub(super) buckets: &'f [[u32; BUCKET]],
}

impl Slots<'_> {
    /// Has the first buckets fetched from memory: so short a loop asks for many at a time.
    #[inline]
    pub(super) fn touch(self, wanted: &[Wanted]) {
        let first = |wanted: &Wanted| {
            self.buckets
                .get(wanted.bucket as usize)
                .map_or(0, |one| one[0])
        };
        let all = wanted.iter().fold(0, |all, wanted| all | first(wanted));
        std::hint::black_box(all);
    }

    /// The place that the first bucket has, and whether that is all that there may be.
    /// Where it has two for these bits of the hash the place is that of neither. No
    /// branch depends on the table.
    #[inline]
    pub(super) fn first(self, wanted: Wanted) -> (u32, bool) {
        let bucket = self.buckets.get(wanted.bucket as usize);
        let bucket = bucket.unwrap_or(&[0; BUCKET]);
        let mut found = 0;
        for &slot in bucket {
            let fits = u32::from(self.shape.fits(slot, wanted.print));
            found |= slot & fits.wrapping_neg();
        }
        let place = self.shape.place(found);
        (place, (place == UNKNOWN) & (bucket[BUCKET - 1] == 0))
    }

    /// The place of what is sought: `is` says whether a place is that.
    pub(super) fn find(self, wanted: Wanted, is: impl Fn(u32) -> bool) -> Option<u32> {
        let count = self.buckets.len();
        let home = (wanted.bucket as usize).min(count);
        let (before, rest) = self.buckets.split_at(home);
        for &slot in rest.iter().chain(before).flatten() {
            if slot == 0 {
                return None;
            }
            let place = self.shape.place(slot);
            if self.shape.fits(slot, wanted.print) && is(place) {
                return Some(place);
            }
        }
        None
    }
}

impl Slots<'_> {
    /// Tells the buckets that a search looks at, and the places that it may find there: as
    /// far as the buckets are in memory, and zeros where they are not.
    pub(super) fn walk(
        self,
        wanted: Wanted,
        mut look: impl FnMut(usize),
        mut find: impl FnMut(u32),
    ) {
        let count = self.buckets.len();
        for step in 0..count {
            let at = (wanted.bucket as usize + step) % count;
            look(at);
            for &slot in self.buckets[at].iter().filter(|slot| **slot != 0) {
                if self.shape.fits(slot, wanted.print) {
                    find(self.shape.place(slot));
                }
            }
            if self.buckets[at][BUCKET - 1] == 0 {
                return;
            }
        }
    }
}

/// The table of the places 0, 1, 2 ... by their hashes. What comes first is found
/// fastest.
pub(super) fn build(shape: Shape, hashes: impl IntoIterator<Item = u64>) -> Vec<u32> {
    let mut slots = vec![0; shape.buckets() * BUCKET];
    for (hash, place) in hashes.into_iter().zip(1u32..) {
        let wanted = shape.wanted(hash);
        let home = wanted.bucket as usize * BUCKET;
        let (before, rest) = slots.split_at_mut(home);
        let free = rest.iter_mut().chain(before).find(|slot| **slot == 0);
        // There are more slots than places.
        if let Some(slot) = free {
            *slot = wanted.print | place;
        }
    }
    slots
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_there_is_found_and_nothing_else(hashes in proptest::collection::vec(prop_oneof![any::<u64>(), (0u64..4).prop_map(|high| high << 62), Just(u64::MAX)], 0..200), others in proptest::collection::vec(any::<u64>(), 0..50)) {
            let mut hashes = hashes;
            hashes.sort_unstable();
            hashes.dedup();
            let shape = Shape::new(hashes.len());
            let built = build(shape, hashes.iter().copied());
            let slots = Slots { shape, buckets: built.as_chunks().0 };
            prop_assert_eq!(slots.buckets.len(), shape.buckets());
            for (place, &hash) in (0u32..).zip(&hashes) {
                let wanted = shape.wanted(hash);
                let is = |place: u32| hashes.get(place as usize) == Some(&hash);
                prop_assert_eq!(slots.find(wanted, is), Some(place));
                let (first, all) = slots.first(wanted);
                prop_assert!(!all);
                prop_assert!(first == place || first == UNKNOWN || !is(first));
                prop_assert_ne!(first, SEARCH);
            }
            for hash in others {
                let is = |place: u32| hashes.get(place as usize) == Some(&hash);
                if !hashes.contains(&hash) {
                    prop_assert_eq!(slots.find(shape.wanted(hash), is), None);
                }
            }
        }

        #[test]
        fn nonsense_leads_nowhere_and_ends(slots in proptest::collection::vec(any::<u32>(), 0..40), places in 0usize..40, hash in any::<u64>()) {
            let shape = Shape::new(places);
            let slots = Slots { shape, buckets: slots.as_chunks().0 };
            let wanted = shape.wanted(hash);
            slots.first(wanted);
            prop_assert_eq!(slots.find(wanted, |_| false), None);
        }
    }
}
