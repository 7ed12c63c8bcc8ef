//! From a word to its row, in a table that is used as it lies in the file.
//!
//! Words stand in the order of a hash of theirs; `starts` says where those with the
//! same highest bits of it begin, so that a search looks at one or two keys that lie
//! side by side. A key is eight bytes:
//!
//! - of a word of up to seven bytes (most running words) these bytes, then zeros: it
//!   is the word;
//! - of a longer one, from the highest bits on, eight ones, 24 bits of the hash, and 32
//!   bits that say where the word stands in `long`: its length in two bytes, then its
//!   own.
//!
//! So a word is found only if it is the same, byte for byte.

use std::ops::Range;

use crate::text::ascii::lower;

/// Bytes of a word that is its own key.
const SHORT: usize = 7;
/// The mark of the others.
const LONG: u64 = 0xff << 56;
/// Odd, and its bits look random (2^64 over the golden ratio).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
/// The longest word that has a place.
pub(super) const LONGEST: usize = u16::MAX as usize;

/// The table, as it lies in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words<'f> {
    pub(super) keys: &'f [u64],
    pub(super) starts: &'f [u32],
    pub(super) long: &'f [u8],
}

/// What is looked for.
#[derive(Debug, Clone, Copy)]
struct Sought<'w> {
    /// The key of a short word; of a long one, what its key begins with.
    key: u64,
    hash: u64,
    long: Option<&'w [u8]>,
}

impl<'w> Sought<'w> {
    #[inline]
    fn short(key: u64) -> Self {
        Self {
            key,
            hash: key.wrapping_mul(SPREAD),
            long: None,
        }
    }

    fn of(word: &'w [u8]) -> Self {
        if word.len() <= SHORT && !word.contains(&0) {
            let mut bytes = [0; 8];
            bytes[..word.len()].copy_from_slice(word);
            return Self::short(u64::from_le_bytes(bytes));
        }
        let mut hash = word.len() as u64;
        let (eights, rest) = word.as_chunks::<8>();
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        for eight in eights.iter().chain([&last]) {
            hash = (hash ^ u64::from_le_bytes(*eight)).wrapping_mul(SPREAD);
            hash ^= hash >> 32;
        }
        Self {
            key: LONG | (hash & 0x00ff_ffff) << 32,
            hash: hash.wrapping_mul(SPREAD),
            long: Some(word),
        }
    }

    /// Its highest `bits` bits.
    #[inline]
    fn bucket(&self, bits: u32) -> usize {
        // Two shifts: one by 64 is none.
        (self.hash >> 1 >> (63 - bits)) as usize
    }
}

/// How many bits number about as many buckets as there are entries, at most 24.
pub(super) fn bits(entries: usize) -> u32 {
    entries.max(1).ilog2().min(24)
}

impl<'f> Words<'f> {
    /// The row of a word, as the vocabulary has it.
    #[inline]
    pub(super) fn find(self, word: &[u8]) -> Option<u32> {
        self.search(Sought::of(word))
    }

    /// The row of the word that stands on a span of a text of which the span is ASCII,
    /// in whatever case.
    #[inline]
    pub(super) fn find_ascii(
        self,
        text: &[u8],
        span: Range<usize>,
        lowered: &mut Vec<u8>,
    ) -> Option<u32> {
        let length = span.len();
        if length <= SHORT
            && let Some(eight) = text
                .get(span.start..)
                .and_then(|rest| rest.first_chunk::<8>())
        {
            let bytes = u64::from_le_bytes(*eight) & !(u64::MAX << (8 * length));
            return self.search(Sought::short(lower(bytes)));
        }
        lowered.clear();
        lowered.extend_from_slice(&text[span]);
        lowered.make_ascii_lowercase();
        self.find(lowered)
    }

    #[inline]
    fn search(self, sought: Sought<'_>) -> Option<u32> {
        let bits = self.starts.len().checked_sub(1)?.checked_ilog2()?;
        let bucket = sought.bucket(bits);
        let start = *self.starts.get(bucket)?;
        let end = *self.starts.get(bucket + 1)?;
        let keys = self.keys.get(start as usize..end as usize)?;
        let place = match sought.long {
            None => keys.iter().position(|&key| key == sought.key),
            Some(word) => keys
                .iter()
                .position(|&key| key & !0xffff_ffff == sought.key && self.long(key) == Some(word)),
        };
        place.map(|place| start + place as u32)
    }

    /// The long word that a key names.
    fn long(self, key: u64) -> Option<&'f [u8]> {
        let at = (key & 0xffff_ffff) as usize;
        let (length, rest) = self.long.get(at..)?.split_first_chunk::<2>()?;
        rest.get(..usize::from(u16::from_le_bytes(*length)))
    }

    /// The word of a row; nothing where the table is not sound.
    pub(super) fn word(self, row: usize) -> Option<String> {
        let key = *self.keys.get(row)?;
        let bytes = match key & LONG == LONG {
            true => self.long(key)?.to_vec(),
            false => {
                let bytes = key.to_le_bytes();
                let length = bytes.iter().position(|&byte| byte == 0)?;
                bytes[..length].to_vec()
            }
        };
        String::from_utf8(bytes).ok()
    }
}

/// The table, and in which order the words stand in it.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) keys: Vec<u64>,
    pub(super) starts: Vec<u32>,
    pub(super) long: Vec<u8>,
    /// The number of the word that stands at each place.
    pub(super) order: Vec<u32>,
}

/// Lays words out; nothing where one is too long, or all the long ones together.
pub(super) fn build(words: &[String]) -> Option<Built> {
    let bits = bits(words.len());
    let mut entries: Vec<(usize, Sought<'_>, u32)> = Vec::with_capacity(words.len());
    for (word, number) in words.iter().zip(0u32..) {
        if word.len() > LONGEST {
            return None;
        }
        let sought = Sought::of(word.as_bytes());
        entries.push((sought.bucket(bits), sought, number));
    }
    entries.sort_by_key(|&(bucket, sought, number)| (bucket, sought.key, number));
    let mut built = Built {
        keys: Vec::with_capacity(words.len()),
        starts: vec![0; (1 << bits) + 1],
        long: Vec::new(),
        order: entries.iter().map(|&(_, _, number)| number).collect(),
    };
    for (bucket, sought, _) in &entries {
        built.starts[bucket + 1] += 1;
        let key = match sought.long {
            None => sought.key,
            Some(word) => {
                let at = u32::try_from(built.long.len()).ok()?;
                built.long.extend((word.len() as u16).to_le_bytes());
                built.long.extend_from_slice(word);
                sought.key | u64::from(at)
            }
        };
        built.keys.push(key);
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
            keys: &built.keys,
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
            for (place, &number) in built.order.iter().enumerate() {
                let word = &words[number as usize];
                prop_assert_eq!(table.find(word.as_bytes()), Some(place as u32));
                prop_assert_eq!(table.word(place).as_ref(), Some(word));
            }
            for other in others.iter().filter(|other| !words.contains(other)) {
                prop_assert_eq!(table.find(other.as_bytes()), None);
            }
            prop_assert_eq!(table.word(words.len()), None);
        }

        #[test]
        fn case_does_not_matter_nor_what_stands_around(words in proptest::collection::vec("[A-Ca-c']{1,12}", 1..20)) {
            let text = words.join(" ");
            let mut lowered: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
            lowered.sort();
            lowered.dedup();
            let built = build(&lowered).unwrap();
            let (mut start, mut scratch) = (0, Vec::new());
            for word in &words {
                let span = start..start + word.len();
                start = span.end + 1;
                let found = table(&built).find_ascii(text.as_bytes(), span, &mut scratch);
                prop_assert_eq!(found, table(&built).find(word.to_lowercase().as_bytes()));
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
            Words { keys: &[], ..whole },
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
            for row in 0..3 {
                table.word(row);
            }
        }
        assert!(build(&["x".repeat(LONGEST + 1)]).is_none());
    }
}
