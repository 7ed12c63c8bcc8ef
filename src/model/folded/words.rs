//! From a word to its row, in a table that is used as it lies in the file.
//!
//! Words stand in the order of a hash of theirs; `starts` says where those with the
//! same highest bits of it begin, so that a search looks at one or two keys that lie
//! side by side. Beside its key stands a word's row; rows fall in frequency, so that
//! what is known of frequent words lies together. A key is eight bytes:
//!
//! - of a word of up to seven bytes (most running words) these bytes, then zeros: it
//!   is the word;
//! - of a longer one, from the highest bits on, eight ones, 24 bits of the hash, and 32
//!   bits that say where the word stands in `long`: its length in two bytes, then its
//!   own.
//!
//! So a word is found only if it is the same, byte for byte.

use std::ops::Range;

#[cfg(test)]
use super::text::SEARCH;
use super::text::UNKNOWN;
use crate::text::ascii::lower;

/// Bytes of a word that is its own key.
const SHORT: usize = 7;
/// The mark of the others.
const LONG: u64 = 0xff << 56;
/// Odd, and its bits look random (2^64 over the golden ratio).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
/// The longest word that has a place.
pub(super) const LONGEST: usize = u16::MAX as usize;

/// Numbers of 32 bits to an entry: the two halves of its key, the lower first, and the
/// word's row.
pub(super) const ENTRY: usize = 3;

/// The table, as it lies in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words<'f> {
    pub(super) entries: &'f [[u32; ENTRY]],
    pub(super) starts: &'f [u32],
    pub(super) long: &'f [u8],
}

/// What is looked for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sought {
    /// The key of a short word; of a long one, what its key begins with.
    key: u64,
    hash: u64,
}

impl Sought {
    #[inline]
    fn short(key: u64) -> Self {
        Self {
            key,
            hash: key.wrapping_mul(SPREAD),
        }
    }

    fn of(word: &[u8]) -> Self {
        if word.len() <= SHORT && !word.contains(&0) {
            return Self::short(partial(word));
        }
        let (eights, rest) = word.as_chunks::<8>();
        let eights = eights.iter().map(|eight| u64::from_le_bytes(*eight));
        Self::long(word.len(), eights.chain([partial(rest)]))
    }

    /// The word that stands on a span of a text of which the span is ASCII, in whatever
    /// case.
    #[inline]
    pub(super) fn of_ascii(text: &[u8], span: Range<usize>) -> Self {
        let length = span.len();
        if length <= SHORT {
            let eight = text
                .get(span.start..)
                .and_then(|rest| rest.first_chunk::<8>());
            let bytes = match eight {
                Some(eight) => u64::from_le_bytes(*eight) & !(u64::MAX << (8 * length)),
                None => partial(&text[span]),
            };
            return Self::short(lower(bytes));
        }
        let (eights, rest) = text[span].as_chunks::<8>();
        let eights = eights.iter().map(|eight| lower(u64::from_le_bytes(*eight)));
        Self::long(length, eights.chain([lower(partial(rest))]))
    }

    #[inline]
    fn long(length: usize, eights: impl Iterator<Item = u64>) -> Self {
        let hash = eights.fold(length as u64, |hash, eight| {
            let hash = (hash ^ eight).wrapping_mul(SPREAD);
            hash ^ hash >> 32
        });
        Self {
            key: LONG | (hash & 0x00ff_ffff) << 32,
            hash: hash.wrapping_mul(SPREAD),
        }
    }

    #[inline]
    fn is_long(self) -> bool {
        self.key >= LONG
    }

    /// The highest `bits` bits of its hash.
    #[inline]
    fn bucket(self, bits: u32) -> usize {
        // Two shifts: one by 64 is none.
        (self.hash >> 1 >> (63 - bits)) as usize
    }
}

/// Up to seven bytes, and zeros.
#[inline]
fn partial(bytes: &[u8]) -> u64 {
    let mut eight = [0; 8];
    eight[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(eight)
}

/// How many bits number about as many buckets as there are entries, at most 24.
pub(super) fn bits(entries: usize) -> u32 {
    entries.max(1).ilog2().min(24)
}

impl<'f> Words<'f> {
    /// How many words there are.
    pub(super) fn len(self) -> usize {
        self.entries.len()
    }

    /// The row of a word, as the vocabulary has it.
    pub(super) fn find(self, word: &[u8]) -> Option<u32> {
        let sought = Sought::of(word);
        self.search(self.range(self.bucket(sought)), sought, word)
    }

    /// Which entries the words of a bucket are.
    #[inline]
    pub(super) fn range(self, bucket: u32) -> (u32, u32) {
        let start = |at: usize| self.starts.get(at).copied().unwrap_or(0);
        (start(bucket as usize), start(bucket as usize + 1))
    }

    /// Where to look for the range of a word.
    #[inline]
    pub(super) fn bucket(self, sought: Sought) -> u32 {
        sought.bucket((self.starts.len().max(2) - 1).ilog2()) as u32
    }

    /// The row of the first entry of a range, if it is the word's; else [`UNKNOWN`] or
    /// `SEARCH`. No branch depends on the table.
    #[inline]
    pub(super) fn first(self, range: (u32, u32), sought: Sought) -> u32 {
        let entry = self.entries.get(range.0 as usize);
        let entry = entry.copied().unwrap_or_default();
        let key = u64::from(entry[1]) << 32 | u64::from(entry[0]);
        let some = range.0 < range.1;
        // The key of a long word holds more than what is sought.
        let same = u32::from(some & (key == sought.key)).wrapping_neg();
        // SEARCH is the number below.
        let rest = UNKNOWN - u32::from(some);
        entry[2] & same | rest & !same
    }

    /// The row of the word among the entries of a range. In a long word of ASCII case
    /// does not matter.
    #[inline]
    pub(super) fn search(self, range: (u32, u32), sought: Sought, word: &[u8]) -> Option<u32> {
        let entries = self.entries.get(range.0 as usize..range.1 as usize)?;
        let key = |entry: &[u32; ENTRY]| u64::from(entry[1]) << 32 | u64::from(entry[0]);
        let found = match sought.is_long() {
            false => entries.iter().find(|entry| key(entry) == sought.key),
            true => entries.iter().find(|entry| {
                let same = |long: &[u8]| long.eq_ignore_ascii_case(word);
                key(entry) & !0xffff_ffff == sought.key && self.long(entry[0]).is_some_and(same)
            }),
        };
        found.map(|entry| entry[2])
    }

    /// The long word at a place.
    fn long(self, at: u32) -> Option<&'f [u8]> {
        let (length, rest) = self.long.get(at as usize..)?.split_first_chunk::<2>()?;
        rest.get(..usize::from(u16::from_le_bytes(*length)))
    }

    /// All words by their rows; nothing where the table is not sound.
    pub(super) fn all(self) -> Option<Vec<String>> {
        let mut words = vec![None; self.len()];
        for &[low, high, row] in self.entries {
            let key = u64::from(high) << 32 | u64::from(low);
            let bytes = match key >= LONG {
                true => self.long(low)?.to_vec(),
                false => {
                    let bytes = key.to_le_bytes();
                    let length = bytes.iter().position(|&byte| byte == 0)?;
                    bytes[..length].to_vec()
                }
            };
            *words.get_mut(row as usize)? = Some(String::from_utf8(bytes).ok()?);
        }
        words.into_iter().collect()
    }

    /// Whether every entry has a row that there is.
    pub(super) fn is_sound(self) -> bool {
        let count = self.len();
        self.entries
            .iter()
            .all(|&[_, _, row]| (row as usize) < count)
    }
}

/// The table of some words.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) entries: Vec<u32>,
    pub(super) starts: Vec<u32>,
    pub(super) long: Vec<u8>,
}

/// Lays words out; nothing where one is too long, or all the long ones together.
pub(super) fn build(words: &[String]) -> Option<Built> {
    let bits = bits(words.len());
    let mut sought: Vec<(usize, u64, u32)> = Vec::with_capacity(words.len());
    for (word, row) in words.iter().zip(0u32..) {
        if word.len() > LONGEST {
            return None;
        }
        let one = Sought::of(word.as_bytes());
        sought.push((one.bucket(bits), one.key, row));
    }
    // The most frequent word of a bucket is found first: rows fall in frequency.
    sought.sort_unstable_by_key(|&(bucket, _, row)| (bucket, row));
    let mut built = Built {
        entries: Vec::with_capacity(words.len() * ENTRY),
        starts: vec![0; (1 << bits) + 1],
        long: Vec::new(),
    };
    for (bucket, key, row) in sought {
        built.starts[bucket + 1] += 1;
        let mut low = key as u32;
        if key >= LONG {
            let word = &words[row as usize];
            low = u32::try_from(built.long.len()).ok()?;
            built.long.extend((word.len() as u16).to_le_bytes());
            built.long.extend_from_slice(word.as_bytes());
        }
        built.entries.extend([low, (key >> 32) as u32, row]);
    }
    for bucket in 1..built.starts.len() {
        built.starts[bucket] += built.starts[bucket - 1];
    }
    Some(built)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn table(built: &Built) -> Words<'_> {
        Words {
            entries: built.entries.as_chunks().0,
            starts: &built.starts,
            long: &built.long,
        }
    }

    proptest! {
        #[test]
        fn words_are_found_and_others_are_not(mut words in proptest::collection::vec("[a-c\0é]{1,9}|[ab]{7,8}|好{1,4}", 1..80), others in proptest::collection::vec("[a-cé\0]{0,9}|[ab]{7,8}", 0..40)) {
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
            prop_assert!(table.is_sound());
            prop_assert_eq!(table.all(), Some(words));
        }

        #[test]
        fn case_does_not_matter_nor_what_stands_around(words in proptest::collection::vec("[A-Ca-c']{1,20}", 1..20)) {
            let text = words.join(" ");
            let mut lowered: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
            lowered.sort();
            lowered.dedup();
            let built = build(&lowered).unwrap();
            let table = table(&built);
            let mut start = 0;
            for word in &words {
                let span = start..start + word.len();
                start = span.end + 1;
                let sought = Sought::of_ascii(text.as_bytes(), span);
                let range = table.range(table.bucket(sought));
                let found = table.search(range, sought, word.as_bytes());
                prop_assert_eq!(found, table.find(word.to_lowercase().as_bytes()));
                let first = table.first(range, sought);
                prop_assert!(Some(first) == found || first == SEARCH);
                prop_assert!(found.is_some());
            }
        }
    }

    #[test]
    fn a_broken_table_finds_nothing_and_does_not_panic() {
        let words: Vec<String> = ["good", "excellent"].map(str::to_owned).to_vec();
        let built = build(&words).unwrap();
        let whole = table(&built);
        let broken = [
            Words {
                entries: &[],
                ..whole
            },
            Words {
                starts: &[],
                ..whole
            },
            Words {
                starts: &[7, 3, u32::MAX],
                ..whole
            },
            Words { long: &[], ..whole },
            Words {
                long: &[255, 255, 1],
                ..whole
            },
        ];
        for table in broken {
            assert_eq!(table.find(b"excellent"), None);
            table.all();
        }
        assert_eq!(
            Words {
                long: &[255, 255, 1],
                ..whole
            }
            .all(),
            None
        );
        assert!(
            !Words {
                entries: &[[1, 1, 7]],
                ..whole
            }
            .is_sound()
        );
        assert!(build(&["x".repeat(LONGEST + 1)]).is_none());
    }
}
