//! The known words of a text, the breaks between them, and which word follows
//! which.
//!
//! Where no space ends a word the tokenizer's units overlap: 很好吃 yields 很, 很好,
//! 好, 好吃, 吃. A unit is therefore followed not by the next one but by the longest
//! that begins where it ends: 很 by 好吃. Along this chain pairs are formed, cues
//! looked for, scopes and lengths measured. Words between spaces are each followed
//! by the next; unknown ones are not seen.
//!
//! Two kinds of units are less than words. A character within a run of them
//! (`units.rs`) is never the second of a pair: it would make again a unit (很 + 好)
//! or a pair (很好 + 吃 is 很 + 好吃). The first and last syllables of a Korean word
//! end where the word ends, and only the longest known of them is in pairs.

use std::ops::Range;

/// Stands for the end of a clause among the ids of words.
pub(super) const CLAUSE: u32 = u32::MAX - 1;
/// Stands for the end of a sentence.
pub(super) const SENTENCE: u32 = u32::MAX;

/// How a word stands to the others of its text, in one byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Link(u8);

impl Link {
    /// The places to the word that follows; 0 where none does.
    const STEPS: u8 = 0x3f;
    /// That word and this are a pair.
    const PAIR: u8 = 0x40;
    /// This belongs to the same word as what stands before it.
    const PART: u8 = 0x80;

    /// A link over `steps` places; none over more than a byte holds, which no
    /// overlap of units makes.
    pub(super) fn new(steps: usize, pair: bool, part: bool) -> Self {
        let steps = u8::try_from(steps).ok();
        let steps = steps.filter(|&steps| steps <= Self::STEPS).unwrap_or(0);
        let flag = |set, flag| if set { flag } else { 0 };
        Self(steps | flag(pair && steps > 0, Self::PAIR) | flag(part, Self::PART))
    }

    fn steps(self) -> usize {
        usize::from(self.0 & Self::STEPS)
    }

    fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }
}

/// A stretch of text: rows of the vectors, and marks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Text<'d> {
    ids: &'d [u32],
    links: &'d [Link],
}

impl<'d> Text<'d> {
    /// What was read, or a part of it that ends at marks.
    pub(super) fn new(ids: &'d [u32], links: &'d [Link]) -> Self {
        Self { ids, links }
    }

    /// Words and marks, in the order of their start, longer before shorter ones.
    pub(super) fn ids(self) -> &'d [u32] {
        self.ids
    }

    pub(super) fn links(self) -> &'d [Link] {
        self.links
    }

    /// The words.
    pub(super) fn words(self) -> impl Iterator<Item = u32> + Clone + 'd {
        self.ids.iter().copied().filter(|&id| id < CLAUSE)
    }

    /// The place of the word that follows the one at `at`, if no break parts them.
    pub(super) fn after(self, at: usize) -> Option<usize> {
        let steps = self.links.get(at).map_or(0, |link| link.steps());
        (steps > 0).then_some(at + steps)
    }

    /// The words that follow the one at `at`: one, or all the parts of one.
    pub(super) fn all_after(self, at: usize) -> impl Iterator<Item = u32> + 'd {
        let first = self.after(at).unwrap_or(self.ids.len());
        let parts = self.links.get(first + 1..).unwrap_or(&[]).iter();
        let parts = parts.take_while(|link| link.has(Link::PART)).count();
        self.ids.iter().copied().skip(first).take(1 + parts)
    }

    /// The places of pairs of words that follow each other, by the first.
    pub(super) fn pairs(self) -> impl Iterator<Item = (usize, usize)> + Clone + 'd {
        let links = self.links.iter().enumerate();
        links
            .filter(|(_, link)| link.has(Link::PAIR))
            .map(|(at, link)| (at, at + link.steps()))
    }

    /// The places that so many words along the chain from the one at `at` take up,
    /// it left out; less before a break.
    pub(super) fn scope(self, at: usize, words: usize) -> Range<usize> {
        let Some(start) = self.after(at) else {
            return 0..0;
        };
        let mut end = start;
        for _ in 0..words {
            match self.after(end) {
                Some(next) => end = next,
                None => return start..self.clause_end(end),
            }
        }
        start..end
    }

    /// How many words follow each other: fewer than there are units that overlap.
    pub(super) fn length(self) -> usize {
        let (mut at, mut length) = (0, 0);
        while let Some(&id) = self.ids.get(at) {
            if id >= CLAUSE {
                at += 1;
            } else {
                length += 1;
                at = self.after(at).unwrap_or_else(|| self.clause_end(at));
            }
        }
        length
    }

    /// The place of the first mark from `at` on.
    fn clause_end(self, at: usize) -> usize {
        let rest = self.ids[at..].iter();
        at + rest.take_while(|&&id| id < CLAUSE).count()
    }

    /// The sentences.
    pub(super) fn sentences(self) -> impl Iterator<Item = Text<'d>> {
        let mut at = 0;
        self.ids
            .split(|&id| id == SENTENCE)
            .map(move |ids| {
                let links = &self.links[at..at + ids.len()];
                at += ids.len() + 1;
                Self { ids, links }
            })
            .filter(|sentence| !sentence.ids.is_empty())
    }
}
