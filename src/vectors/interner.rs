//! Every different word once, numbered as they come.
//!
//! A word of at most 15 bytes is its own key: its bytes and its length fill two
//! registers, and comparing words is comparing numbers. Running words are looked
//! up a line at a time, in two steps. The first one guesses from a small
//! table of words seen lately. It takes no branch, so that the processor waits for
//! many places of memory at once; where the guess is wrong, the second one looks
//! into the full table.

use std::borrow::Cow;
use std::hash::{BuildHasher, Hasher};
use std::ops::Range;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::error::{Error, Result};
use crate::text::ascii::{all_ascii, lower};

/// Words of the small table, at most: it fits into the cache of one core.
const RECENT: usize = 1 << 14;

/// Nothing was found; as an id it is never given.
const UNKNOWN: u32 = u32::MAX;

/// A word of 1 to [`Key::LONGEST`] bytes: its bytes, zeros, its length.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Key([u64; 2]);

impl Key {
    const LONGEST: usize = 15;

    /// Stands for every longer word, and for no other: no word is empty.
    const NONE: Self = Self([0; 2]);

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
            return Self::NONE;
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

    /// The key of the lower-cased word, if the word is short and ASCII.
    #[inline]
    pub(super) fn of_ascii(text: &[u8], span: Range<usize>) -> Option<Self> {
        let Self([low, high]) = Self::at(text, span);
        (high != 0 && all_ascii(low | high)).then(|| Self([lower(low), lower(high)]))
    }
}

#[derive(Debug, Clone, Copy)]
struct Recent {
    key: Key,
    id: u32,
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
    recent: Vec<Recent>,
    table: HashTable<Entry>,
    keys: Vec<Key>,
    /// All words, one after the other, and where each ends.
    text: String,
    ends: Vec<usize>,
}

impl Default for Interner {
    fn default() -> Self {
        let nothing = Recent {
            key: Key::NONE,
            id: UNKNOWN,
        };
        Self {
            hasher: DefaultHashBuilder::default(),
            recent: vec![nothing; RECENT],
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

    /// The first step: the number of a short word, if the small table has it.
    #[inline]
    pub(super) fn recent(&self, key: Key) -> Option<u32> {
        let recent = &self.recent[self.hash(key) as usize % RECENT];
        (recent.key == key).then_some(recent.id)
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
        self.recent[hash as usize % RECENT] = Recent { key, id };
        Ok(id)
    }

    /// The number of any word, a new one if it is new.
    ///
    /// # Errors
    /// As [`Interner::intern_short`].
    pub(super) fn intern(&mut self, word: &str) -> Result<u32> {
        let key = Key::of(word);
        if key != Key::NONE {
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
            for other in &words[..place] {
                assert_ne!(Key::of(word), Key::of(other), "{word:?} {other:?}");
            }
        }
        assert_eq!(Key::of("abcdefghijklmnop"), Key::NONE);
    }

    #[test]
    fn ascii_keys_are_those_of_the_lower_cased_word() {
        let text = "Don't SHOUT, naïve Abcdefghijklmno and Abcdefghijklmnop";
        let key = |word: &str| {
            let start = text.find(word).unwrap();
            Key::of_ascii(text.as_bytes(), start..start + word.len())
        };
        for word in ["Don't", "SHOUT", "Abcdefghijklmno", "and"] {
            assert_eq!(key(word), Some(Key::of(&word.to_lowercase())));
        }
        assert_eq!(key("naïve"), None);
        assert_eq!(key("Abcdefghijklmnop"), None);
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
