//! Words of a text: Unicode word boundaries (UAX #29), lower-cased, each with
//! the bytes it came from.
//!
//! Contractions stay whole (`don't` is one word, so negation is kept), and a
//! typographic apostrophe counts as the plain one. Scripts that UAX #29 does
//! not segment into words (Han, for instance) give one token a character.

use std::borrow::Cow;
use std::ops::Range;

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
        text.unicode_word_indices()
            .map(|(start, word)| Token {
                word: normalise(word),
                span: start..start + word.len(),
            })
            .filter(|token| !self.stop_words.contains(&token.word))
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
        Cow::Owned(word.to_lowercase().replace('\u{2019}', "'"))
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
        assert_eq!(words("Größe, naïve"), ["größe", "naïve"]);
        assert_eq!(words("很好吃"), ["很", "好", "吃"]);
        assert_eq!(words(" ... !? "), Vec::<String>::new());
    }

    #[test]
    fn stop_words_are_left_out_and_negations_are_not() {
        let tokenizer = Tokenizer::new(StopWords::language("english").unwrap());
        let words: Vec<_> = tokenizer
            .tokens("It was not the best, and I didn't like it")
            .map(|token| token.word.into_owned())
            .collect();
        assert_eq!(words, ["not", "best", "didn't", "like"]);
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
