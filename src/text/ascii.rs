//! The words of ASCII text, 64 bytes at a time.
//!
//! Restricted to ASCII, the word boundaries of UAX #29 come down to this: a
//! word is a run of letters, digits and underscores (WB5, WB8 to WB10, WB13a
//! and b), and a single mark joins it where two letters (WB6, WB7) or two
//! digits (WB11, WB12) stand around that mark. Every byte of a block becomes a
//! bit, so that words are the runs of ones in a number: no branch is taken for a
//! byte, few for a word.

use std::ops::Range;

/// Bytes to a block: as many as a `u64` has bits.
const BLOCK: usize = 64;

/// Where words begin and end in ASCII text.
pub(super) struct AsciiWords<'t> {
    text: &'t [u8],
    /// Where the next block begins.
    next: usize,
    /// Beginnings and ends of words in the block before it, in turn.
    edges: u64,
    /// That block ended inside a word: 1, or else 0.
    inside: u64,
}

impl<'t> AsciiWords<'t> {
    /// Of a text whose bytes are all below 0x80.
    pub(super) fn new(text: &'t [u8]) -> Self {
        debug_assert!(text.is_ascii());
        Self {
            text,
            next: 0,
            edges: 0,
            inside: 0,
        }
    }

    #[inline]
    fn edge(&mut self) -> Option<usize> {
        while self.edges == 0 {
            if self.next >= self.text.len() {
                return None;
            }
            self.load();
        }
        let bit = self.edges.trailing_zeros() as usize;
        self.edges &= self.edges - 1;
        Some(self.next - BLOCK + bit)
    }

    fn load(&mut self) {
        let rest = &self.text[self.next..];
        let mut padded = [0; BLOCK];
        let block = match rest.first_chunk::<BLOCK>() {
            Some(block) => block,
            None => {
                padded[..rest.len()].copy_from_slice(rest);
                &padded
            }
        };
        let mut core = 0;
        let mut visible = 0;
        for (place, eight) in block.as_chunks::<8>().0.iter().enumerate() {
            let bytes = u64::from_le_bytes(*eight);
            core |= gather(
                between(bytes | every(0x20), b'a', b'z')
                    | between(bytes, b'0', b'9')
                    | between(bytes, b'_', b'_'),
            ) << (8 * place);
            visible |= gather(at_least(bytes, b'!')) << (8 * place);
        }

        // What is left to look at one by one: single marks inside words.
        let follows = rest.get(BLOCK).is_some_and(|&byte| is_core(byte));
        let after_core = core << 1 | self.inside;
        let before_core = core >> 1 | u64::from(follows) << (BLOCK - 1);
        let mut marks = visible & !core & after_core & before_core;
        while marks != 0 {
            let bit = marks.trailing_zeros() as usize;
            let at = self.next + bit;
            if joins(self.text[at - 1], self.text[at], self.text[at + 1]) {
                core |= 1 << bit;
            }
            marks &= marks - 1;
        }
        self.edges = core ^ (core << 1 | self.inside);
        self.inside = core >> (BLOCK - 1);
        self.next += BLOCK;
    }
}

impl Iterator for AsciiWords<'_> {
    type Item = Range<usize>;

    #[inline]
    fn next(&mut self) -> Option<Range<usize>> {
        loop {
            let start = self.edge()?;
            let end = self.edge().unwrap_or(self.text.len());
            // Underscores alone are no word.
            if self.text[start] != b'_' || self.text[start..end].iter().any(|&byte| byte != b'_') {
                return Some(start..end);
            }
        }
    }
}

fn is_core(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether a mark joins what stands around it.
fn joins(before: u8, mark: u8, after: u8) -> bool {
    let letters = before.is_ascii_alphabetic() && after.is_ascii_alphabetic();
    let digits = before.is_ascii_digit() && after.is_ascii_digit();
    match mark {
        b'\'' | b'.' => letters || digits, // Single_Quote, MidNumLet
        b':' => letters,                   // MidLetter
        b',' | b';' => digits,             // MidNum
        _ => false,
    }
}

/// Eight times the same byte.
const fn every(byte: u8) -> u64 {
    0x0101_0101_0101_0101 * byte as u64
}

/// Sets the high bit of every byte that is not below `least`. All bytes must be
/// ASCII, so that no sum carries into the next one.
const fn at_least(bytes: u64, least: u8) -> u64 {
    bytes + every(0x80 - least)
}

/// Sets the high bit of every byte from `first` to `last`; the other bits mean
/// nothing.
const fn between(bytes: u64, first: u8, last: u8) -> u64 {
    at_least(bytes, first) & !at_least(bytes, last + 1)
}

/// The eight high bits as one byte, the first lowest.
const fn gather(flags: u64) -> u64 {
    ((flags & every(0x80)) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// Lower case of the letters among eight bytes. All must be ASCII.
pub(crate) const fn lower(bytes: u64) -> u64 {
    bytes | (between(bytes, b'A', b'Z') & every(0x80)) >> 2
}

/// Whether all eight bytes are ASCII.
pub(crate) const fn all_ascii(bytes: u64) -> bool {
    bytes & every(0x80) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_segmentation::UnicodeSegmentation;

    fn words(text: &str) -> Vec<&str> {
        AsciiWords::new(text.as_bytes())
            .map(|span| &text[span])
            .collect()
    }

    #[test]
    fn marks_join_letters_or_digits() {
        assert_eq!(
            words("don't e.g. a:b 1,000.5;6 3'4"),
            ["don't", "e.g", "a:b", "1,000.5;6", "3'4"]
        );
        assert_eq!(
            words("a,b a;b 1:2 a.1 1'a a..b a_.b"),
            [
                "a", "b", "a", "b", "1", "2", "a", "1", "1", "a", "a", "b", "a_", "b"
            ]
        );
        assert_eq!(words("_ __ _a a_1 x2"), ["_a", "a_1", "x2"]);
        assert_eq!(words(""), Vec::<&str>::new());
    }

    #[test]
    fn eight_bytes_are_lowered_as_one_would_be() {
        for byte in 0..0x80 {
            for place in 0..8 {
                let mut bytes = *b"aZ@[`{09";
                bytes[place] = byte;
                let lowered = lower(u64::from_le_bytes(bytes)).to_le_bytes();
                assert_eq!(lowered, bytes.map(|byte| byte.to_ascii_lowercase()));
            }
        }
    }

    proptest! {
        /// Dense in marks and block borders.
        #[test]
        fn words_are_those_of_the_standard(text in "[aZ0_'.:,; \r\n\t\"-]{0,150}|[ -~]{0,150}|[\0-\x7f]{0,80}|[a'1.]{60,70}") {
            let expected: Vec<_> = text
                .split_word_bounds()
                .filter(|part| part.contains(|c: char| c.is_alphanumeric()))
                .collect();
            prop_assert_eq!(words(&text), expected);
        }
    }
}
