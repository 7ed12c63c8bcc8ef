//! One pass over the words of a text.

use super::Number;
use super::lists::{Lists, Word};
use super::phrases::{Effect, is_unspaced};
use crate::text::clauses::Break;
use crate::text::units::is_hangul;

/// How far negation reaches: three words with a meaning of their own, of two
/// characters each where words are not set apart.
const REACH: usize = 3 * WORD;
const WORD: usize = 2;

/// Where negation is in force.
#[derive(Debug, Clone, Copy)]
struct Scope {
    /// The word that opened it.
    from: usize,
    /// Whether it turns what it covers: not after an even number of negators.
    turns: bool,
    /// What of its reach is left.
    left: usize,
}

/// A stretch of words between two breaks, or before a "but".
#[derive(Debug, Clone, Copy, Default)]
struct Segment {
    start: usize,
    end: usize,
    /// Whether it has a word with a meaning of its own.
    content: bool,
    /// The last negator in it that counts.
    negator: Option<usize>,
    /// Whether a negator of it had something to turn.
    covered: bool,
}

impl Segment {
    fn starting(start: usize) -> Self {
        Self {
            start,
            ..Self::default()
        }
    }
}

/// The state of the pass.
pub(super) struct Scan<'a, W> {
    lists: &'a Lists,
    /// The words, where some may have parts; else none.
    units: &'a [W],
    /// What the lists call the words.
    numbers: &'a [Number],
    breaks: &'a [Break],
    out: &'a mut [bool],
    scope: Option<Scope>,
    segment: Segment,
    /// What a negator on its own would turn: the segment before in the same
    /// sentence, or the question before.
    before: Option<Segment>,
    /// The sentence up to here, as one segment.
    sentence: Segment,
    /// Up to where negators and endings are part of a phrase.
    fixed: usize,
    /// The last word of a phrase that negates.
    negating: Option<usize>,
    /// Whether the last word with a meaning is parted from here by an "and".
    joined: bool,
}

impl<'a, W: AsRef<str>> Scan<'a, W> {
    pub(super) fn new(
        lists: &'a Lists,
        units: &'a [W],
        numbers: &'a [Number],
        breaks: &'a [Break],
        out: &'a mut [bool],
    ) -> Self {
        Self {
            lists,
            units,
            numbers,
            breaks,
            out,
            scope: None,
            segment: Segment::default(),
            before: None,
            sentence: Segment::default(),
            fixed: 0,
            negating: None,
            joined: false,
        }
    }

    /// Takes the next word.
    pub(super) fn step(&mut self, at: usize) {
        const UNKNOWN: &Word = &Word {
            listed: false,
            negator: false,
            behind: false,
            verb: false,
            light: false,
            raising: false,
            joining: false,
            phrases: Vec::new(),
        };
        if self.is_spaced() && self.passes(at) {
            return;
        }
        if let Some(whole) = self.whole(at) {
            self.out[at] = self.out[whole];
            if !self.at_break(at).joins() {
                self.close(at + 1, self.at_break(at));
            }
            return;
        }
        let word = self.listed(at).unwrap_or(UNKNOWN);
        self.phrases(at, word);
        if at == self.sentence.start && word.negator && word.verb && self.is_asked(at) {
            self.fixed = self.fixed.max(at + 1);
        }
        if word.behind && at >= self.fixed {
            self.negate_behind(at);
            return;
        }
        self.joined |= word.joining;
        let own = self.is_unit_of_negator(at);
        if self.negating == Some(at) || word.negator && at >= self.fixed && !own {
            self.negate(at);
        } else if own {
            // 不好 after 不 is negated already: its own negator is in it.
            if let Some(scope) = self.scope.as_mut().filter(|_| word.negator) {
                scope.from = at;
            }
        } else {
            self.cover(at, word);
        }
        match self.at_break(at) {
            Break::None => {}
            kind => self.close(at + 1, kind),
        }
    }

    /// Takes the next word, as [`step`](Self::step) does, if nothing is in force that it
    /// could be subject to, and it begins nothing: most words.
    #[inline]
    fn passes(&mut self, at: usize) -> bool {
        let listed = self.numbers.get(at).and_then(|one| self.lists.at(*one));
        let (mut content, mut joining) = (true, false);
        if let Some(word) = listed {
            if word.negator || !word.phrases.is_empty() {
                return false;
            }
            content = !(word.light | word.raising);
            joining = word.joining;
        }
        if self.scope.is_some() || self.negating == Some(at) || !self.at_break(at).joins() {
            return false;
        }
        self.segment.content |= content;
        self.sentence.content |= content;
        self.joined = (self.joined | joining) & !content;
        true
    }

    /// Takes the end of the text.
    pub(super) fn finish(&mut self) {
        if self.segment.start < self.numbers.len() {
            self.close(self.numbers.len(), Break::Sentence);
        }
    }

    /// No word has parts, and each is as long as any.
    fn is_spaced(&self) -> bool {
        self.units.is_empty()
    }

    /// The word at a place, where some may have parts.
    fn unit(&self, at: usize) -> Option<&'a str> {
        self.units.get(at).map(AsRef::as_ref)
    }

    /// Those that are parts of the word at a place.
    fn parts(&self, at: usize) -> impl Iterator<Item = usize> {
        (at + 1..self.units.len()).take_while(move |&part| self.whole(part) == Some(at))
    }

    fn at_break(&self, at: usize) -> Break {
        self.breaks.get(at).copied().unwrap_or_default()
    }

    /// The word that this is a part of: units of a Korean word follow it.
    fn whole(&self, at: usize) -> Option<usize> {
        match self.is_spaced() {
            true => None,
            false => part_of(self.units, at),
        }
    }

    /// What the lists say of a word, or of its first part that they know: a stem
    /// stands for its forms.
    fn listed(&self, at: usize) -> Option<&'a Word> {
        let listed = |at: usize| self.lists.at(*self.numbers.get(at)?);
        match self.is_spaced() {
            true => listed(at),
            false => std::iter::once(at).chain(self.parts(at)).find_map(listed),
        }
    }

    /// Looks for phrases that begin here.
    fn phrases(&mut self, at: usize, word: &Word) {
        let fixed = self.fixed;
        let follows = at > 0 && self.at_break(at - 1).joins();
        for phrase in &word.phrases {
            if phrase.opens && follows {
                continue;
            }
            let Some(end) = phrase.end(self.numbers, self.breaks, at) else {
                continue;
            };
            match phrase.effect {
                // "But" ends nothing in "nothing but".
                Effect::Ending if at < fixed => {}
                Effect::Ending => self.close(at, Break::None),
                Effect::Unnegated => self.fixed = self.fixed.max(end),
                Effect::Negating if at < fixed => {}
                Effect::Negating => {
                    self.fixed = self.fixed.max(end);
                    self.negating = Some(end - 1);
                }
            }
        }
    }

    /// Whether the sentence that begins here is a question.
    fn is_asked(&self, at: usize) -> bool {
        let rest = self.breaks.get(at..).unwrap_or(&[]);
        rest.iter().find(|kind| kind.ends_sentence()) == Some(&Break::Question)
    }

    /// Whether this is a unit of a script without spaces that begins with the
    /// negator before it, or is the end of it.
    fn is_unit_of_negator(&self, at: usize) -> bool {
        let previous = self.scope.filter(|scope| scope.from + 1 == at);
        let units = previous.and_then(|scope| Some((self.unit(scope.from)?, self.unit(at)?)));
        units.is_some_and(|(negator, word)| {
            negator.chars().all(is_unspaced)
                && (word.starts_with(negator) || negator.ends_with(word))
        })
    }

    fn negate(&mut self, at: usize) {
        // "No fun no charm": the same again is said of something else.
        let cancelled = self.scope.filter(|scope| {
            self.lists.cancels && !self.joined && self.numbers[scope.from] != self.numbers[at]
        });
        self.scope = Some(Scope {
            from: at,
            turns: cancelled.is_none_or(|scope| !scope.turns),
            left: REACH,
        });
        for segment in [&mut self.segment, &mut self.sentence] {
            segment.negator = Some(at);
        }
    }

    /// Takes a negator that follows what it turns. What one before has turned already is
    /// said with two words, and turned once; a question expects a yes.
    fn negate_behind(&mut self, at: usize) {
        for segment in [&mut self.segment, &mut self.sentence] {
            segment.negator = Some(at);
        }
        // What is behind a word is behind its last part.
        let end = self.parts(at).last().unwrap_or(at);
        let is_asked = self.at_break(end) == Break::Question;
        self.segment.covered = self.scope.is_some() || is_asked;
        self.close(at + 1, self.at_break(at));
    }

    /// Whether this is a pair of characters that an "and" begins.
    fn bridges(&self, at: usize) -> bool {
        let Some(unit) = self.unit(at) else {
            return false;
        };
        let mut characters = unit.char_indices();
        let (first, second) = (characters.next(), characters.next());
        first.is_some_and(|(_, first)| is_unspaced(first))
            && second.is_some_and(|(end, _)| {
                let first = self.lists.get(&unit[..end]);
                first.is_some_and(|word| word.joining)
            })
    }

    /// Takes a word that is no negator.
    fn cover(&mut self, at: usize, word: &Word) {
        let negator = word.negator;
        let content = !(word.light || word.raising || negator);
        for segment in [&mut self.segment, &mut self.sentence] {
            segment.content |= content;
        }
        self.joined &= !content || self.bridges(at);
        let size = if content { self.size(at) } else { 0 };
        let Some(scope) = &mut self.scope else {
            return;
        };
        self.out[at] = scope.turns && !negator;
        if word.raising {
            scope.left = REACH;
        }
        self.segment.covered |= content;
        scope.left = scope.left.saturating_sub(size);
        if scope.left == 0 {
            self.scope = None;
        }
    }

    /// How much of a scope's reach a word takes up: where units overlap, each
    /// character once.
    fn size(&self, at: usize) -> usize {
        let unit = self.unit(at).filter(|unit| !unit.is_ascii());
        let Some(unit) = unit.filter(|unit| unit.chars().all(is_unspaced)) else {
            return WORD;
        };
        let before = at.checked_sub(1).and_then(|before| self.unit(before));
        let last = before.and_then(|before| before.chars().next_back());
        let overlaps = last.is_some() && last == unit.chars().next();
        unit.chars().count() - usize::from(overlaps)
    }

    /// Ends the segment before `end`, and the sentence where `kind` says so.
    fn close(&mut self, end: usize, kind: Break) {
        for segment in [&mut self.segment, &mut self.sentence] {
            segment.end = end;
        }
        if let Some(negator) = self.segment.negator
            && !self.segment.covered
            // "It is great, no?"
            && kind != Break::Question
        {
            self.turn_back(negator);
        }
        if self.segment.content || self.segment.negator.is_some() {
            self.before = Some(self.segment);
        }
        self.segment = Segment::starting(end);
        self.scope = None;
        self.joined = false;
        if kind.ends_sentence() {
            self.before = (kind == Break::Question).then_some(self.sentence);
            self.sentence = Segment::starting(end);
        }
    }

    /// Turns what a negator at the end of its segment refers to.
    fn turn_back(&mut self, negator: usize) {
        let mut left = REACH;
        let (start, end) = if self.segment.content {
            (self.segment.start, negator)
        } else if let Some(before) = self.before.filter(|before| before.negator.is_none()) {
            left = usize::MAX;
            (before.start, before.end)
        } else {
            return;
        };
        for at in (start..end).rev() {
            if let Some(whole) = self.whole(at) {
                self.out[at] = self.listed(whole).is_none_or(|word| !word.negator);
                continue;
            }
            let word = self.listed(at);
            let (light, negator) = word.map_or((false, false), |word| (word.light, word.negator));
            self.out[at] = !negator;
            if !light {
                left = left.saturating_sub(self.size(at));
            }
            if left == 0 {
                break;
            }
        }
    }
}

/// The place of the Hangul word that the one at `at` is a unit of: its first
/// syllables, or its last behind a mark.
fn part_of<W: AsRef<str>>(words: &[W], at: usize) -> Option<usize> {
    /// The units of a word.
    const MOST: usize = 3;
    let part = words[at].as_ref();
    // Most words are not Hangul, as their first byte says.
    if part
        .as_bytes()
        .first()
        .is_none_or(|&byte| byte < 0x80 && byte != b'~')
    {
        return None;
    }
    (at.saturating_sub(MOST)..at).rev().find(|&whole| {
        let whole = words[whole].as_ref();
        let rest = match part.strip_prefix('~') {
            Some(end) => whole.strip_suffix(end),
            None => whole.strip_prefix(part),
        };
        rest.is_some_and(|rest| !rest.is_empty()) && whole.chars().all(is_hangul)
    })
}
