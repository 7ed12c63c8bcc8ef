//! Words of a text: Unicode word boundaries (UAX #29), composed (NFC) and
//! lower-cased, each with the bytes it came from.
//!
//! Emoji are words: they say how something is meant. Contractions stay whole (`don't` is one word, so negation is kept), and a
//! typographic apostrophe counts as the plain one. Scripts that UAX #29 does
//! not segment into words (Han, for instance) give one token a character.

use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use super::stopwords::StopWords;

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

    /// The words of a text in order, stop words left out.
    pub fn tokens<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Token<'t>> {
        text.split_word_bound_indices()
            .filter(|(_, part)| is_word(part))
            .map(|(start, word)| Token {
                word: normalise(word),
                span: start..start + word.len(),
            })
            .filter(|token| !self.stop_words.contains(&token.word))
    }
}

/// What stands between two boundaries is a word when it holds a letter or a
/// digit, or is an emoji; else it is white space or punctuation.
fn is_word(part: &str) -> bool {
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
        assert_eq!(words("很好吃"), ["很", "好", "吃"]);
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

    proptest! {
        #[test]
        fn spans_slice_back_to_the_text(text in "\\PC{0,60}") {
            let tokenizer = Tokenizer::default();
            let mut end = 0;
            for token in tokenizer.tokens(&text) {
                prop_assert!(token.span.start >= end);
                end = token.span.end;
                prop_assert_eq!(&normalise(&text[token.span]), &token.word);
            }
            prop_assert!(end <= text.len());
        }
    }
}
