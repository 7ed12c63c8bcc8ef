//! Words of a text: Unicode word boundaries (UAX #29), composed (NFC) and
//! lower-cased, each with the bytes it came from.
//!
//! Emoji are words: they say how something is meant. Contractions stay whole (`don't` is one word, so negation is kept), and a
//! typographic apostrophe counts as the plain one. Scripts that UAX #29 does
//! not segment into words (Han, for instance) give a token for each character and
//! for each pair of neighbours, and long Korean words their first and last
//! syllables beside themselves (`units.rs`): there, tokens overlap.
//!
//! Most of most texts is ASCII, where words are found much faster
//! (`ascii.rs`). A text is therefore cut into parts that are ASCII and parts
//! that are not, at places where there is a boundary whatever stands around them.

use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use super::ascii::AsciiWords;
use super::stopwords::StopWords;
use super::units::{self, Units};

/// One word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token<'t> {
    /// The normalised word, as the vocabulary knows it.
    pub word: Cow<'t, str>,
    /// The bytes of the text it stands on.
    pub span: Range<usize>,
}

/// Cuts texts into words; the same settings must be used for the vectors, the
/// training and the classifying, so they are stored in every file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tokenizer {
    stop_words: StopWords,
}

impl Tokenizer {
    /// A tokenizer that leaves out the given words.
    pub fn new(stop_words: StopWords) -> Self {
        Self { stop_words }
    }

    /// The words it leaves out.
    pub fn stop_words(&self) -> &StopWords {
        &self.stop_words
    }

    /// The words of a text in the order of their start, stop words left out.
    /// Units of scripts without spaces overlap.
    pub fn tokens<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Token<'t>> {
        spans(text)
            .map(|span| Token {
                word: word_at(text, span.clone()),
                span,
            })
            .filter(|token| !self.stop_words.contains(&token.word))
    }
}

/// Where the words of a text stand, by their start; what each is, [`word_at`] says.
pub(crate) fn spans(text: &str) -> impl Iterator<Item = Range<usize>> {
    Parts { text, at: 0 }.flatten()
}

/// Cuts a text into parts that are ASCII and parts that need the full rules.
struct Parts<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Iterator for Parts<'t> {
    type Item = Part<'t>;

    fn next(&mut self) -> Option<Part<'t>> {
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return None;
        }
        let offset = self.at;
        let ascii = ascii_length(rest.as_bytes());
        // What stands before a character beyond ASCII may belong to it.
        let length = match ascii == rest.len() {
            true => ascii,
            false => last_cut(&rest.as_bytes()[..ascii]).unwrap_or(0),
        };
        if length > 0 {
            self.at += length;
            let words = AsciiWords::new(&rest.as_bytes()[..length]);
            return Some(Part::Ascii(offset, words));
        }
        let length = first_cut(&rest.as_bytes()[ascii..]).map_or(rest.len(), |cut| ascii + cut);
        self.at += length;
        Some(Part::Unicode(Units::new(
            offset,
            rest[..length].split_word_bound_indices(),
        )))
    }
}

/// The bytes before the first one that is not ASCII.
fn ascii_length(bytes: &[u8]) -> usize {
    // Slices are checked many bytes at once, single bytes are not.
    const STEP: usize = 64;
    let whole = bytes
        .chunks(STEP)
        .take_while(|chunk| chunk.is_ascii())
        .map(<[u8]>::len)
        .sum::<usize>();
    whole
        + bytes[whole..]
            .iter()
            .take_while(|byte| byte.is_ascii())
            .count()
}

/// Whether there is a boundary between two ASCII characters whatever stands
/// around them: before white space, if no white space precedes it. No rule of
/// UAX #29 joins these two (WB3 and WB3d join white space to white space, WB4 what
/// follows it), and none looks across white space for more context, so both
/// sides can be cut into words on their own.
fn is_cut(pair: &[u8]) -> bool {
    let is_space = |byte: u8| matches!(byte, b'\t'..=b'\r' | b' ');
    pair[0].is_ascii() && !is_space(pair[0]) && is_space(pair[1])
}

/// The last certain boundary inside, if there is one.
fn last_cut(bytes: &[u8]) -> Option<usize> {
    bytes.windows(2).rposition(is_cut).map(|at| at + 1)
}

/// The first certain boundary inside, if there is one.
fn first_cut(bytes: &[u8]) -> Option<usize> {
    bytes.windows(2).position(is_cut).map(|at| at + 1)
}

/// The words of a part; of ASCII, and where the part begins.
enum Part<'t> {
    Ascii(usize, AsciiWords<'t>),
    Unicode(Units<'t>),
}

impl Iterator for Part<'_> {
    type Item = Range<usize>;

    #[inline]
    fn next(&mut self) -> Option<Range<usize>> {
        match self {
            Self::Ascii(offset, words) => words
                .next()
                .map(|span| *offset + span.start..*offset + span.end),
            Self::Unicode(units) => units.next(),
        }
    }

    /// Decides once which kind of part it is, not for every word.
    #[inline]
    fn fold<B, F: FnMut(B, Range<usize>) -> B>(self, start: B, mut add: F) -> B {
        match self {
            Self::Ascii(offset, words) => words.fold(start, |sum, span| {
                add(sum, offset + span.start..offset + span.end)
            }),
            Self::Unicode(units) => units.fold(start, add),
        }
    }
}

/// What stands between two boundaries is a word when it holds a letter or a
/// digit, or is an emoji; else it is white space or punctuation.
pub(super) fn is_word(part: &str) -> bool {
    part.chars().any(char::is_alphanumeric) || part.chars().next().is_some_and(is_emoji)
}

/// The blocks of pictographs (Unicode 16, emoji-data.txt), coarsely: what else
/// stands in them is rare and no word.
fn is_emoji(character: char) -> bool {
    matches!(character,
        '\u{2300}'..='\u{23ff}' | '\u{2600}'..='\u{27bf}' | '\u{2b50}' | '\u{1f1e6}'..='\u{1f1ff}'
        | '\u{1f300}'..='\u{1faff}')
}

/// What is typed for an apostrophe inside a word.
const APOSTROPHES: [char; 4] = ['\u{2019}', '\u{2018}', '\u{02bc}', '\u{ff07}'];

/// The word that stands on a span of [`spans`], as the vocabulary knows it.
#[inline]
pub(crate) fn word_at(text: &str, span: Range<usize>) -> Cow<'_, str> {
    let start = span.start;
    let word = normalise(&text[span]);
    match units::is_ending(text, start) {
        true => Cow::Owned(format!("{}{word}", units::ENDING)),
        false => word,
    }
}

/// Lower case, and one kind of apostrophe. Borrows where nothing changes.
fn normalise(word: &str) -> Cow<'_, str> {
    if word.is_ascii() {
        if word.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(word.to_ascii_lowercase())
        } else {
            Cow::Borrowed(word)
        }
    } else {
        // The selector of coloured emoji changes their look, not their meaning.
        let composed: String = word.nfc().filter(|&c| c != '\u{fe0f}').collect();
        Cow::Owned(composed.to_lowercase().replace(APOSTROPHES, "'"))
    }
}

#[cfg(test)]
mod tests {
    use super::units::by_the_book;
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> Vec<String> {
        Tokenizer::default()
            .tokens(text)
            .map(|token| token.word.into_owned())
            .collect()
    }

    #[test]
    fn words_of_the_demo_and_of_other_scripts() {
        assert_eq!(
            words("It was great,loved it."),
            ["it", "was", "great", "loved", "it"]
        );
        assert_eq!(words("I DON’T like it!"), ["i", "don't", "like", "it"]);
        for apostrophe in APOSTROPHES {
            assert_eq!(words(&format!("Don{apostrophe}t")), ["don't"]);
        }
        assert_eq!(words("Größe, naïve"), ["größe", "naïve"]);
        assert_eq!(words("很好吃"), ["很", "很好", "好", "好吃", "吃"]);
        assert_eq!(words(" ... !? "), Vec::<String>::new());
        // Composed and decomposed letters are the same.
        assert_eq!(words("Ko\u{308}stlich"), ["köstlich"]);
        assert_eq!(words("nice 👍🏽 film ❤️!"), ["nice", "👍🏽", "film", "❤"]);
        assert_eq!(words("❤ 🇩🇪 ⏰"), ["❤", "🇩🇪", "⏰"]);
    }

    #[test]
    fn stop_words_are_left_out_and_negations_are_not() {
        let tokenizer = Tokenizer::new(StopWords::language("english").unwrap());
        let words: Vec<_> = tokenizer
            .tokens("It was not the best, and I didn't like it")
            .map(|token| token.word.into_owned())
            .collect();
        assert_eq!(words, ["not", "best", "didn't", "like"]);
        // An accent is no apostrophe, and still the negation stays.
        let words: Vec<_> = tokenizer
            .tokens("I didn´t like it")
            .map(|t| t.word)
            .collect();
        assert_eq!(words, ["didn", "like"]);
    }

    #[test]
    fn a_text_is_cut_only_where_words_end_for_certain() {
        let parts = |text| {
            let mut parts = Parts { text, at: 0 };
            let next = || {
                let at = parts.at;
                parts.next().map(|part| match part {
                    Part::Ascii(start, _) => {
                        assert_eq!(start, at);
                        ('a', at)
                    }
                    Part::Unicode(_) => ('u', at),
                })
            };
            std::iter::from_fn(next).collect::<Vec<_>>()
        };
        assert_eq!(parts("plain text"), [('a', 0)]);
        assert_eq!(parts("a very naïve one"), [('a', 0), ('u', 6), ('a', 13)]);
        assert_eq!(parts("naïve"), [('u', 0)]);
        // The mark joins the white space before it, which joins itself.
        assert_eq!(parts("a b  \u{301} c d"), [('a', 0), ('u', 3), ('a', 9)]);
        assert_eq!(parts("a\r\u{301}\r\nb c"), [('a', 0), ('u', 1), ('a', 7)]);
    }

    /// Characters that join one another, or look as if they did.
    const NASTY: &str = "[ab1_'’.,:;\"\\- \\r\\n\\t\u{b}\u{a0}\u{3000}\u{2003}\u{85}\u{2028}é\u{301}\u{903}\u{200d}\u{fe0f}\u{ad}·‧א״カ１😀👍🏽❤🇩🇪很好すกา가있ㅋ\u{1100}\u{1161}\u{11a8}AZ]{0,24}";
    /// Runs and words long enough for all their units.
    const UNITS: &str = "([很好不〇𠮷]{1,5}|[すごい]{1,4}|[ดีมาก]{1,6}|[가있습니다ㅋ]{1,7}|[\u{1100}\u{1161}\u{11a8}갑]{1,9}|[a1 ,.'\u{301}\u{fe0f}カ]){0,6}";
    const NASTY_AND_PLAIN: &str =
        "([é\u{301}\u{903}\u{200d}א’.' ]{1,3}[a-c1 .']{0,9}([ \\n]{1,2}[a-cé.]{0,3}){0,3}){0,6}";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn parts_change_no_word(text in prop_oneof![NASTY, NASTY_AND_PLAIN, UNITS, "\\PC{0,60}", any::<String>()]) {
            prop_assert_eq!(spans(&text).collect::<Vec<_>>(), by_the_book(&text));
            let mut folded = Vec::new();
            spans(&text).for_each(|span| folded.push(span));
            prop_assert_eq!(folded, by_the_book(&text));
        }

        #[test]
        fn any_character_between_ascii_ones(before in "[a1_'. \t\r\n]{0,3}", between in any::<Vec<char>>(), after in "[a1_'. \t\r\n]{0,3}") {
            let text = between.iter().fold(String::new(), |text, character| {
                format!("{text}{before}{character}{after}")
            });
            prop_assert_eq!(spans(&text).collect::<Vec<_>>(), by_the_book(&text));
        }
    }

    proptest! {
        #[test]
        fn spans_slice_back_to_the_text(text in prop_oneof!["\\PC{0,60}", NASTY, UNITS]) {
            let tokenizer = Tokenizer::default();
            let mut start = 0;
            for token in tokenizer.tokens(&text) {
                prop_assert!(token.span.start >= start);
                start = token.span.start;
                let slice = &text[token.span];
                let plain: String = slice.nfc().filter(|&c| c != '\u{fe0f}').collect();
                let plain = match slice.is_ascii() {
                    true => slice.to_lowercase(),
                    false => plain.to_lowercase().replace(APOSTROPHES, "'"),
                };
                let whole = text
                    .split_word_bound_indices()
                    .any(|(boundary, _)| boundary == start);
                let marked = format!("{}{plain}", units::ENDING);
                prop_assert_eq!(&token.word, if whole { &plain } else { &marked });
            }
        }
    }
}
