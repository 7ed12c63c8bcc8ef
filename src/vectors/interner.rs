//! Every different word once, numbered as they come.
//!
//! A word of at most 15 bytes is its own key: its bytes and its length fill two
//! registers, and comparing words is comparing numbers. Running words are looked
//! up many at a time, in two steps. The first one remembers the word last seen at
//! each place of a small table. It takes no branch on what it finds, so that the
//! processor waits for many places of memory at once. The second one looks up what
//! the first did not find in the full table.

use std::borrow::Cow;
use std::hash::{BuildHasher, Hasher};
use std::ops::Range;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::error::{Error, Result};
use crate::text::ascii::{all_ascii, lower};

/// Places of the small table: with four bytes each they fit into the cache of one
/// core.
const RECENT: usize = 1 << 16;

/// No word's number.
pub(super) const UNKNOWN: u32 = u32::MAX;

/// A word of 1 to [`Key::LONGEST`] bytes: its bytes, zeros, its length.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Key([u64; 2]);

impl Key {
    const LONGEST: usize = 15;

    /// Of no word: none is empty.
    pub(super) const NONE: Self = Self([0; 2]);

    /// What longer words have for a key.
    const LONG: Self = Self([u64::MAX; 2]);

    fn of(word: &str) -> Self {
        Self::at(word.as_bytes(), 0..word.len())
    }

    /// The key of a part of a text.
    #[inline]
    fn at(text: &[u8], span: Range<usize>) -> Self {
        const KEPT: [u128; Key::LONGEST + 1] = {
            let mut kept = [0; Key::LONGEST + 1];
            let mut length = 1;
            while length <= Key::LONGEST {
                kept[length] = (1 << (8 * length)) - 1;
                length += 1;
            }
            kept
        };
        let length = span.len();
        if length > Self::LONGEST {
            return Self::LONG;
        }
        let bytes = match text[span.start..].first_chunk::<16>() {
            Some(bytes) => u128::from_le_bytes(*bytes) & KEPT[length],
            None => {
                let mut bytes = [0; 16];
                bytes[..length].copy_from_slice(&text[span]);
                u128::from_le_bytes(bytes)
            }
        };
        let high = (bytes >> 64) as u64 | (length as u64) << 56;
        Self([bytes as u64, high])
    }

    /// The key of the lower-cased word if it is short and ASCII, or else
    /// [`Key::NONE`].
    #[inline]
    pub(super) fn of_ascii(text: &[u8], span: Range<usize>) -> Self {
        let Self([low, high]) = Self::at(text, span);
        match all_ascii(low | high) {
            true => Self([lower(low), lower(high)]),
            false => Self::NONE,
        }
    }
}

/// A word being looked up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lookup {
    pub(super) key: Key,
    /// A place of the small table at first, the word's number thereafter.
    pub(super) id: u32,
}

/// A place of the full table. The hash spares most looks at the keys, and all
/// of them when the table grows.
#[derive(Debug)]
struct Entry {
    hash: u32,
    id: u32,
}

/// Gives words their numbers.
#[derive(Debug)]
pub(super) struct Interner {
    hasher: DefaultHashBuilder,
    /// The word last seen of those whose hashes end alike.
    recent: Vec<u32>,
    table: HashTable<Entry>,
    keys: Vec<Key>,
    /// All words, one after the other, and where each ends.
    text: String,
    ends: Vec<usize>,
}

impl Default for Interner {
    fn default() -> Self {
        Self {
            hasher: DefaultHashBuilder::default(),
            recent: vec![0; RECENT],
            table: HashTable::new(),
            keys: Vec::new(),
            text: String::new(),
            ends: Vec::new(),
        }
    }
}

impl Interner {
    /// How many different words there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// A word by its number.
    pub(super) fn word(&self, id: u32) -> &str {
        let id = id as usize;
        let start = if id == 0 { 0 } else { self.ends[id - 1] };
        &self.text[start..self.ends[id]]
    }

    /// Begins to look a word up; [`Key::NONE`] is never found.
    #[inline]
    pub(super) fn seek(&self, key: Key) -> Lookup {
        Lookup {
            key,
            id: self.hash(key) as u32 % RECENT as u32,
        }
    }

    /// The first step: sets the numbers of those words that the small table
    /// has, and [`UNKNOWN`] for the others.
    pub(super) fn recall(&self, lookups: &mut [Lookup]) {
        // Two short loops: of these the processor runs many rounds at once.
        for lookup in &mut *lookups {
            lookup.id = self.recent[lookup.id as usize % RECENT];
        }
        for Lookup { key, id } in lookups {
            let found = self.keys.get(*id as usize).copied().unwrap_or(Key::LONG);
            let differing = (found.0[0] ^ key.0[0]) | (found.0[1] ^ key.0[1]);
            // All ones where a bit differs. A comparison would become a branch,
            // often mistaken, and each time only after memory has answered.
            let differs = (differing | differing.wrapping_neg()) >> 63;
            *id |= (differs as u32).wrapping_neg();
        }
    }

    /// The second step: the number of a short word, a new one if it is new.
    /// `word` is only asked for when it is, and must be what the key is of.
    ///
    /// # Errors
    /// [`Error::Setting`] beyond 2^32 - 1 different words.
    pub(super) fn intern_short<'w>(
        &mut self,
        key: Key,
        word: impl FnOnce() -> Cow<'w, str>,
    ) -> Result<u32> {
        let hash = self.hash(key);
        let kept = fold(hash);
        let known = self.table.find(spread(kept), |entry| {
            entry.hash == kept && self.keys[entry.id as usize] == key
        });
        let id = match known.map(|entry| entry.id) {
            Some(id) => id,
            None => self.add(kept, key, &word())?,
        };
        self.recent[hash as usize % RECENT] = id;
        Ok(id)
    }

    /// The number of any word, a new one if it is new.
    ///
    /// # Errors
    /// As [`Interner::intern_short`].
    pub(super) fn intern(&mut self, word: &str) -> Result<u32> {
        let key = Key::of(word);
        if key != Key::LONG {
            return self.intern_short(key, || word.into());
        }
        let hash = fold(self.hasher.hash_one(word));
        let known = self.table.find(spread(hash), |entry| {
            entry.hash == hash && self.word(entry.id) == word
        });
        match known.map(|entry| entry.id) {
            Some(id) => Ok(id),
            None => self.add(hash, key, word),
        }
    }

    #[cold]
    fn add(&mut self, hash: u32, key: Key, word: &str) -> Result<u32> {
        let id = u32::try_from(self.len())
            .ok()
            .filter(|&id| id != UNKNOWN)
            .ok_or_else(|| Error::setting("words", "2^32 different words or more", "fewer"))?;
        self.text.push_str(word);
        self.ends.push(self.text.len());
        self.keys.push(key);
        self.table
            .insert_unique(spread(hash), Entry { hash, id }, |entry| spread(entry.hash));
        Ok(id)
    }

    #[inline]
    fn hash(&self, key: Key) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write_u64(key.0[0]);
        hasher.write_u64(key.0[1]);
        hasher.finish()
    }
}

/// The half of a hash that is kept.
const fn fold(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// A hash again: the table takes its place from the low bits and a check from
/// the high ones.
const fn spread(hash: u32) -> u64 {
    (hash as u64) << 32 | hash as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rustc_hash::FxHashMap;

    #[test]
    fn keys_tell_words_apart() {
        let words = ["a", "b", "ab", "a\0", "\0a", "\0", "abcdefghijklmno", "ä"];
        for (place, word) in words.iter().enumerate() {
            assert_ne!(Key::of(word), Key::NONE);
            assert_ne!(Key::of(word), Key::LONG);
            for other in &words[..place] {
                assert_ne!(Key::of(word), Key::of(other), "{word:?} {other:?}");
            }
        }
        assert_eq!(Key::of("abcdefghijklmnop"), Key::LONG);
    }

    #[test]
    fn ascii_keys_are_those_of_the_lower_cased_word() {
        let text = "Don't SHOUT, naïve Abcdefghijklmno and Abcdefghijklmnop";
        let key = |word: &str| {
            let start = text.find(word).unwrap();
            Key::of_ascii(text.as_bytes(), start..start + word.len())
        };
        for word in ["Don't", "SHOUT", "Abcdefghijklmno", "and"] {
            assert_eq!(key(word), Key::of(&word.to_lowercase()));
        }
        assert_eq!(key("naïve"), Key::NONE);
        assert_eq!(key("Abcdefghijklmnop"), Key::NONE);
    }

    proptest! {
        #[test]
        fn the_same_word_has_the_same_number(words in proptest::collection::vec("[a-c]{1,3}|[ab]{14,17}|[aä很]{1,6}|\\PC{1,20}", 0..200)) {
            let mut interner = Interner::default();
            let mut expected: FxHashMap<&str, u32> = FxHashMap::default();
            for word in &words {
                let next = expected.len() as u32;
                let id = *expected.entry(word).or_insert(next);
                prop_assert_eq!(interner.intern(word).unwrap(), id);
                prop_assert_eq!(interner.word(id), word);
            }
            prop_assert_eq!(interner.len(), expected.len());
        }
    }
}
