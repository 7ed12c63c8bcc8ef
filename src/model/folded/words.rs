//! From a word to its row, in tables that are used as they lie in the file.
//!
//! Slots (`slots`) lead from the hash of a word's key to its row, and each row has its
//! key. Rows fall in frequency, so that what is known of frequent words lies together. A
//! key is 16 bytes:
//!
//! - of a word of up to sixteen bytes (nearly all words) these bytes, then zeros: it is
//!   the word;
//! - of a longer one, or one with a zero byte, eight bytes of hash, four that say where
//!   it stands in `long` (its length in two bytes, then its own), and four that no
//!   UTF-8 has: ones.
//!
//! So a word is found only if it is the same, byte for byte.

use super::slots::{self, MOST, Shape, Slots, Wanted};
use super::text::UNKNOWN;
use crate::text::ascii::{all_ascii, lower};

/// Bytes of a word that is its own key.
pub(super) const SHORT: usize = 16;
/// The highest bits of the other keys.
const LONG: u64 = 0xffff_ffff << 32;

/// A word, as it is compared: the lower eight bytes first.
pub(super) type Key = [u64; 2];

/// Bits that look random: of the square roots of two and of three.
const NOISE: [u64; 2] = [0x6a09_e667_f3bc_c909, 0xbb67_ae85_84ca_a73b];

/// A product of 128 bits, both halves in one.
#[inline]
pub(super) fn folded_product(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

#[inline]
pub(super) fn hash_of(key: Key) -> u64 {
    // The second factor is none of few bits for short words too.
    folded_product(key[0] ^ NOISE[0], key[1] ^ NOISE[1])
}

/// The bits of the first bytes of a key.
const MASKS: [Key; SHORT + 1] = {
    let mut masks = [[0; 2]; SHORT + 1];
    let mut length = 1;
    while length <= SHORT {
        masks[length] = masks[length - 1];
        masks[length][(length - 1) / 8] |= 0xff << (8 * ((length - 1) % 8));
        length += 1;
    }
    masks
};

/// The key of the word that `length` of these bytes are, in whatever case, and whether
/// that is so: it is not if they are not ASCII or more than all.
#[inline]
pub(super) fn key_of_ascii(bytes: &[u8; SHORT], length: usize) -> (Key, bool) {
    let mask = MASKS[length.min(SHORT)];
    let (eights, _) = bytes.as_chunks::<8>();
    let low = u64::from_le_bytes(eights[0]) & mask[0];
    let high = u64::from_le_bytes(eights[1]) & mask[1];
    let plain = all_ascii(low | high) & (length <= SHORT);
    // Of what is not ASCII only that is said.
    let ascii = |bytes: u64| bytes & (u64::MAX / 0xff * 0x7f);
    ([lower(ascii(low)), lower(ascii(high))], plain)
}

/// The key of a word, and whether it is one of a long word: all but its place.
fn key_of(word: &[u8]) -> (Key, bool) {
    let eight = |bytes: &[u8]| {
        let mut eight = [0; 8];
        eight[..bytes.len()].copy_from_slice(bytes);
        u64::from_le_bytes(eight)
    };
    if word.len() <= SHORT && !word.contains(&0) {
        let (low, high) = word.split_at(word.len().min(8));
        return ([eight(low), eight(high)], false);
    }
    let hash = word.chunks(8).fold(word.len() as u64, |hash, bytes| {
        folded_product(hash ^ eight(bytes), NOISE[0])
    });
    ([hash, LONG], true)
}

/// The tables, as they lie in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words<'f> {
    pub(super) slots: Slots<'f>,
    /// The keys, by rows.
    pub(super) keys: &'f [Key],
    pub(super) long: &'f [u8],
}

impl<'f> Words<'f> {
    /// How many words there are.
    pub(super) fn len(self) -> usize {
        self.keys.len()
    }

    #[inline]
    fn key(self, row: u32) -> Option<&'f Key> {
        self.keys.get(row as usize)
    }

    /// Where to look for a word that is not short and ASCII, and whether what is found
    /// there has to be compared with the long words.
    pub(super) fn wanted_word(self, word: &[u8]) -> (Wanted, bool) {
        let (key, is_long) = key_of(word);
        (self.wanted(key), is_long)
    }

    /// Where to look for a word.
    #[inline]
    pub(super) fn wanted(self, key: Key) -> Wanted {
        self.slots.shape.wanted(hash_of(key))
    }

    /// Has the keys of rows fetched from memory.
    #[inline]
    pub(super) fn touch(self, found: &[(u32, bool)]) {
        let low = |row: u32| self.keys.get(row as usize).map_or(0, |key| key[0]);
        let all = found.iter().fold(0, |all, &(row, _)| all | low(row));
        std::hint::black_box(all);
    }

    /// The row of a short word, or [`UNKNOWN`], or `SEARCH` where this was not seen at
    /// first sight: `first` is what the slots have.
    #[inline]
    pub(super) fn settle(self, (row, all): (u32, bool), key: Key) -> u32 {
        let same = self.key(row).is_some_and(|[low, high]| {
            // One comparison, no branch between the halves.
            (low ^ key[0]) | (high ^ key[1]) == 0
        });
        // SEARCH is the number below.
        let other = UNKNOWN - u32::from(!all);
        if same { row } else { other }
    }

    /// The row of a short word.
    pub(super) fn find_key(self, key: Key) -> Option<u32> {
        let wanted = self.wanted(key);
        self.slots.find(wanted, |row| self.key(row) == Some(&key))
    }

    /// The row of a word, as the vocabulary has it.
    pub(super) fn find(self, word: &[u8]) -> Option<u32> {
        match key_of(word) {
            (key, false) => self.find_key(key),
            (key, true) => self.slots.find(self.wanted(key), |row| {
                self.key(row).is_some_and(|&[hash, place]| {
                    hash == key[0] && place >= LONG && self.long(place as u32) == Some(word)
                })
            }),
        }
    }

    /// The long word at a place.
    fn long(self, at: u32) -> Option<&'f [u8]> {
        let (length, rest) = self.long.get(at as usize..)?.split_first_chunk::<2>()?;
        rest.get(..usize::from(u16::from_le_bytes(*length)))
    }

    /// All words by their rows; nothing where the tables are not sound.
    pub(super) fn all(self) -> Option<Vec<String>> {
        let word = |row| {
            let [low, high] = *self.key(row)?;
            let bytes = match high >= LONG {
                true => self.long(high as u32)?.to_vec(),
                false => {
                    let bytes = [low.to_le_bytes(), high.to_le_bytes()].concat();
                    let length = bytes.iter().position(|&byte| byte == 0);
                    bytes[..length.unwrap_or(SHORT)].to_vec()
                }
            };
            String::from_utf8(bytes).ok()
        };
        (0..self.len() as u32).map(word).collect()
    }
}

/// The tables of some words.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) slots: Vec<u32>,
    pub(super) keys: Vec<Key>,
    pub(super) long: Vec<u8>,
}

/// Lays words out; nothing where one is too long, or there are too many.
pub(super) fn build(words: &[String]) -> Option<Built> {
    if words.len() > MOST {
        return None;
    }
    let (mut keys, mut hashes) = (Vec::with_capacity(words.len()), Vec::new());
    let mut long = Vec::new();
    for word in words {
        let (mut key, is_long) = key_of(word.as_bytes());
        hashes.push(hash_of(key));
        if is_long {
            let length = u16::try_from(word.len()).ok()?;
            key[1] |= u64::from(u32::try_from(long.len()).ok()?);
            long.extend(length.to_le_bytes());
            long.extend_from_slice(word.as_bytes());
        }
        keys.push(key);
    }
    let slots = slots::build(Shape::new(words.len()), hashes);
    Some(Built { slots, keys, long })
}

#[cfg(test)]
mod tests {
    use super::super::text::SEARCH;
    use super::*;
    use proptest::prelude::*;

    fn table(built: &Built) -> Words<'_> {
        let keys = built.keys.as_slice();
        Words {
            slots: Slots {
                shape: Shape::new(keys.len()),
                buckets: built.slots.as_chunks().0,
            },
            keys,
            long: &built.long,
        }
    }

    proptest! {
        #[test]
        fn words_are_found_and_others_are_not(mut words in proptest::collection::vec("[a-c\0é]{1,9}|[ab]{15,18}|好{1,7}", 1..80), others in proptest::collection::vec("[a-cé\0]{0,9}|[ab]{15,18}", 0..40)) {
            words.sort();
            words.dedup();
            let built = build(&words).unwrap();
            let table = table(&built);
            for (row, word) in (0u32..).zip(&words) {
                prop_assert_eq!(table.find(word.as_bytes()), Some(row));
            }
            for other in others.iter().filter(|other| !words.contains(other)) {
                prop_assert_eq!(table.find(other.as_bytes()), None);
            }
            prop_assert_eq!(table.all(), Some(words));
        }

        #[test]
        fn case_does_not_matter_nor_what_stands_behind(words in proptest::collection::vec("[A-Ca-c']{1,18}", 1..20), behind in "[ -~]{16}") {
            let mut lowered: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
            lowered.sort();
            lowered.dedup();
            let built = build(&lowered).unwrap();
            let table = table(&built);
            for word in &words {
                let text = format!("{word}{behind}");
                let (key, plain) = key_of_ascii(text.as_bytes().first_chunk().unwrap(), word.len());
                prop_assert_eq!(plain, word.len() <= SHORT);
                let row = table.find(word.to_lowercase().as_bytes());
                prop_assert!(row.is_some());
                if plain {
                    prop_assert_eq!(table.find_key(key), row);
                    let settled = table.settle(table.slots.first(table.wanted(key)), key);
                    prop_assert!(Some(settled) == row || settled == SEARCH);
                }
            }
        }

        #[test]
        fn what_is_not_ascii_is_said_to_be(word in "[a-zé]{1,16}") {
            let text = format!("{word}{:16}", "");
            let (_, plain) = key_of_ascii(text.as_bytes().first_chunk().unwrap(), word.len());
            prop_assert_eq!(plain, word.is_ascii());
        }
    }

    #[test]
    fn a_broken_table_finds_nothing_and_does_not_panic() {
        let words: Vec<String> = ["good", "a very long word indeed"]
            .map(str::to_owned)
            .to_vec();
        let built = build(&words).unwrap();
        let whole = table(&built);
        let none = Slots {
            buckets: &[],
            ..whole.slots
        };
        let full = Slots {
            buckets: &[[u32::MAX; slots::BUCKET]],
            ..whole.slots
        };
        let broken = [
            Words {
                slots: none,
                ..whole
            },
            Words {
                slots: full,
                ..whole
            },
            Words { keys: &[], ..whole },
            Words { long: &[], ..whole },
            Words {
                long: &[255, 255, 1],
                ..whole
            },
        ];
        for table in broken {
            assert_eq!(table.find(words[1].as_bytes()), None);
            table.find(b"good");
            table.all();
        }
        assert_eq!(broken[4].all(), None);
        assert!(build(&["x".repeat(1 << 16)]).is_none());
    }
}
