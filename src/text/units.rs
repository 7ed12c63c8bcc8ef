//! Units of the scripts whose words no space ends, and of Korean, whose words
//! carry their grammar as endings.
//!
//! UAX #29 cuts Han, Hiragana, Thai, Lao, Khmer and Burmese after every
//! character, which means little alone. A run of such characters of one script
//! therefore yields the characters and the pairs of neighbours, in the order of
//! their start: c1, c1c2, c2, c2c3, c3. Most Chinese words are pairs, and the
//! pairs that are no word are rare or do no harm; no dictionary is needed. A run
//! ends at anything else, another script included, so Japanese 面白い is 面, 面白,
//! 白, い.
//!
//! A Korean word of three syllables or more yields itself, then its first two and,
//! from four on, its first three and its last three: 재미있습니다, 재미, 재미있,
//! ~습니다. The first syllables are plain, because they mostly are the stem, which
//! stands as a word elsewhere. The last ones are mostly grammar, and as plain words
//! would be taken for others, so they carry the mark [`ENDING`], which no word of
//! Hangul begins with.

use std::ops::Range;

use unicode_segmentation::{UWordBoundIndices, UnicodeSegmentation};

use super::tokenizer::is_word;

/// What stands before the last syllables of a word. It is punctuation: between it
/// and a letter there is always a word boundary.
pub(super) const ENDING: char = '~';

/// The words and units of a text, and where it begins in a larger one.
pub(super) struct Units<'t> {
    offset: usize,
    bounds: UWordBoundIndices<'t>,
    /// The last character that may have neighbours.
    neighbour: Option<(Script, Range<usize>)>,
    /// What comes before the rest of the text.
    waiting: Waiting,
}

impl<'t> Units<'t> {
    pub(super) fn new(offset: usize, bounds: UWordBoundIndices<'t>) -> Self {
        Self {
            offset,
            bounds,
            neighbour: None,
            waiting: Waiting::default(),
        }
    }
}

impl Iterator for Units<'_> {
    type Item = Range<usize>;

    #[inline]
    fn next(&mut self) -> Option<Range<usize>> {
        if let Some(unit) = self.waiting.next() {
            return Some(unit);
        }
        let (start, word) = self.bounds.find(|(_, part)| is_word(part))?;
        let start = self.offset + start;
        let span = start..start + word.len();
        // The scripts concerned begin at U+0E00.
        if word.as_bytes().first().is_none_or(|&byte| byte < 0xe0) {
            return Some(span);
        }
        if let Some(script) = word.chars().next().and_then(Script::of) {
            let before = self.neighbour.replace((script, span.clone()));
            return match before {
                Some((same, before)) if same == script && before.end == start => {
                    self.waiting.push(span.clone());
                    Some(before.start..span.end)
                }
                _ => Some(span),
            };
        }
        self.waiting = parts_of_hangul(word, start);
        Some(span)
    }
}

/// At most three units, in order.
#[derive(Default)]
struct Waiting {
    units: [Range<usize>; 3],
    next: usize,
    end: usize,
}

impl Waiting {
    fn push(&mut self, unit: Range<usize>) {
        if self.next == self.end {
            (self.next, self.end) = (0, 0);
        }
        if let Some(free) = self.units.get_mut(self.end) {
            *free = unit;
            self.end += 1;
        }
    }

    #[inline]
    fn next(&mut self) -> Option<Range<usize>> {
        if self.next == self.end {
            return None;
        }
        self.next += 1;
        self.units.get(self.next - 1).cloned()
    }
}

/// Scripts without spaces that UAX #29 cuts after every character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    Han,
    Hiragana,
    Thai,
    Lao,
    Burmese,
    Khmer,
}

impl Script {
    /// By the blocks of Unicode 16.
    pub(crate) fn of(character: char) -> Option<Self> {
        match character {
            '\u{3007}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{323af}' => Some(Self::Han),
            '\u{3041}'..='\u{3096}' | '\u{309d}'..='\u{309f}' => Some(Self::Hiragana),
            // Their digits are numbers, which are not cut.
            _ if character.is_numeric() => None,
            '\u{e00}'..='\u{e7f}' => Some(Self::Thai),
            '\u{e80}'..='\u{eff}' => Some(Self::Lao),
            '\u{1000}'..='\u{109f}' => Some(Self::Burmese),
            '\u{1780}'..='\u{17ff}' => Some(Self::Khmer),
            _ => None,
        }
    }
}

/// Whether a word is one character, with its marks, of a script that is cut into
/// characters: such a unit is seldom a word of its own.
pub(crate) fn is_character(word: &str) -> bool {
    word.chars().next().and_then(Script::of).is_some() && word.split_word_bounds().nth(1).is_none()
}

/// Whether units may overlap where this word stands.
pub(crate) fn is_overlapping(word: &str) -> bool {
    word.chars()
        .any(|c| is_hangul(c) || Script::of(c).is_some())
}

/// The first and last syllables of a word that is all Hangul and long enough.
fn parts_of_hangul(word: &str, start: usize) -> Waiting {
    let mut syllables = 0;
    let (mut two, mut three) = (0, 0);
    let mut last = [0; 3];
    for (at, character) in word.char_indices() {
        if !is_hangul(character) {
            return Waiting::default();
        }
        if at > 0 && continues_syllable(character) {
            continue;
        }
        match syllables {
            2 => two = at,
            3 => three = at,
            _ => {}
        }
        syllables += 1;
        last = [last[1], last[2], at];
    }
    let mut parts = Waiting::default();
    if syllables > 2 {
        parts.push(start..start + two);
    }
    if syllables > 3 {
        parts.push(start..start + three);
        parts.push(start + last[0]..start + word.len());
    }
    parts
}

/// Syllables, and letters of syllables, whether they join or stand alone (ㅋㅋㅋ).
pub(crate) fn is_hangul(character: char) -> bool {
    matches!(character, '\u{1100}'..='\u{11ff}' | '\u{3131}'..='\u{318e}' | '\u{ac00}'..='\u{d7a3}')
}

/// Vowels and finals of decomposed syllables.
fn continues_syllable(character: char) -> bool {
    matches!(character, '\u{1160}'..='\u{11ff}')
}

/// Whether a unit that starts there is the end of a word. Between two letters of
/// Hangul there is no word boundary, so what starts there is no word.
#[inline]
pub(super) fn is_ending(text: &str, start: usize) -> bool {
    // All but Korean and other far scripts is settled by one byte.
    if text
        .as_bytes()
        .get(start)
        .is_none_or(|&byte| !(0xe1..=0xed).contains(&byte))
    {
        return false;
    }
    let Some((before, after)) = text.split_at_checked(start) else {
        return false;
    };
    before.chars().next_back().is_some_and(is_hangul) && after.chars().next().is_some_and(is_hangul)
}

/// The units by their definition, one word after the other.
#[cfg(test)]
pub(super) fn by_the_book(text: &str) -> Vec<Range<usize>> {
    let words: Vec<(usize, &str)> = text
        .split_word_bound_indices()
        .filter(|(_, part)| is_word(part))
        .collect();
    let script = |word: &str| word.chars().next().and_then(Script::of);
    let mut units = Vec::new();
    for (place, &(start, word)) in words.iter().enumerate() {
        let end = start + word.len();
        units.push(start..end);
        if script(word).is_some() {
            units.extend(
                words
                    .get(place + 1)
                    .filter(|&&(next, other)| next == end && script(other) == script(word))
                    .map(|&(next, other)| start..next + other.len()),
            );
        } else if word.chars().all(is_hangul) {
            let starts: Vec<usize> = word
                .char_indices()
                .filter(|&(at, character)| at == 0 || !continues_syllable(character))
                .map(|(at, _)| start + at)
                .collect();
            units.extend(starts.get(2).map(|&third| start..third));
            units.extend(starts.get(3).map(|&fourth| start..fourth));
            if let [_, .., third_last, _, _] = starts[..] {
                units.push(third_last..end);
            }
        }
    }
    units
}

#[cfg(test)]
mod tests {
    use crate::text::Tokenizer;
    use crate::text::clauses::{Break, breaks};

    fn words(text: &str) -> Vec<String> {
        Tokenizer::default()
            .tokens(text)
            .map(|token| token.word.into_owned())
            .collect()
    }

    #[test]
    fn characters_and_pairs_within_a_run() {
        assert_eq!(words("很好吃"), ["很", "很好", "好", "好吃", "吃"]);
        assert_eq!(words("好"), ["好"]);
        assert_eq!(
            words("不好，别买"),
            ["不", "不好", "好", "别", "别买", "买"]
        );
        assert_eq!(words("好 吃"), ["好", "吃"]);
        assert_eq!(words("用app很好"), ["用", "app", "很", "很好", "好"]);
        assert_eq!(words("二〇"), ["二", "二〇", "〇"]);
        // Beyond the basic plane, and with a selector of a variant.
        assert_eq!(words("𠮷野"), ["𠮷", "𠮷野", "野"]);
        assert_eq!(
            words("葛\u{e0100}城"),
            ["葛\u{e0100}", "葛\u{e0100}城", "城"]
        );
    }

    #[test]
    fn negators_are_units() {
        for negator in ["不", "没", "别", "无", "未"] {
            assert_eq!(words(negator), [negator]);
            assert_eq!(words(&format!("我{negator}去"))[2], negator);
        }
        assert!(words("服务没有问题").contains(&"没有".to_owned()));
    }

    #[test]
    fn japanese_and_thai() {
        assert_eq!(words("面白い"), ["面", "面白", "白", "い"]);
        assert_eq!(words("すごい"), ["す", "すご", "ご", "ごい", "い"]);
        // Katakana is cut into words by the standard.
        assert_eq!(words("カメラは"), ["カメラ", "は"]);
        // Marks stay on their letter.
        assert_eq!(words("ดีมาก"), ["ดี", "ดีม", "ม", "มา", "า", "าก", "ก"]);
        assert_eq!(words("๑๒๓"), ["๑๒๓"]);
    }

    #[test]
    fn korean_words_have_stems_and_endings() {
        assert_eq!(words("영화"), ["영화"]);
        assert_eq!(words("영화는"), ["영화는", "영화"]);
        assert_eq!(words("지루하다"), ["지루하다", "지루", "지루하", "~루하다"]);
        assert_eq!(
            words("재미있습니다 안"),
            ["재미있습니다", "재미", "재미있", "~습니다", "안"]
        );
        assert_eq!(
            words("ㅋㅋㅋㅋㅋ"),
            ["ㅋㅋㅋㅋㅋ", "ㅋㅋ", "ㅋㅋㅋ", "~ㅋㅋㅋ"]
        );
        // Mixed words stay whole, and no text yields the mark.
        assert_eq!(words("tv프로그램은"), ["tv프로그램은"]);
        assert_eq!(
            words("~니다 재미~습니다"),
            ["니다", "재미", "습니다", "습니"]
        );
    }

    #[test]
    fn decomposed_syllables_are_the_same() {
        use unicode_normalization::UnicodeNormalization;
        for text in ["재미있습니다", "영화는", "값없는 것이었다"] {
            let decomposed: String = text.nfd().collect();
            assert_ne!(decomposed, text);
            assert_eq!(words(&decomposed), words(text));
        }
    }

    #[test]
    fn punctuation_after_overlapping_units_is_found_once_each() {
        let text = "很好，재미있다! 好";
        let tokenizer = Tokenizer::default();
        let tokens: Vec<_> = tokenizer.tokens(text).collect();
        let found: Vec<_> = tokens
            .iter()
            .map(|token| &*token.word)
            .zip(breaks(text, &tokens))
            .filter(|(_, gap)| !gap.joins())
            .collect();
        assert_eq!(found, [("好", Break::Clause), ("~미있다", Break::Sentence)]);
    }
}
