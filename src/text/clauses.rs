//! Where clauses and sentences end: the punctuation between words.

use super::tokenizer::Token;

/// What stands between a word and the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Break {
    /// White space, or nothing that separates.
    #[default]
    None,
    /// A comma, a colon, a dash, a bracket: a clause ends.
    Clause,
    /// A full stop or an exclamation mark: a sentence ends.
    Sentence,
    /// A question mark: a question ends.
    Question,
}

impl Break {
    /// The strongest break in what stands between two words.
    pub fn of(gap: &str) -> Self {
        // Nearly all gaps are one space.
        if gap == " " {
            return Self::None;
        }
        gap.chars()
            .map(Self::of_character)
            .max()
            .unwrap_or_default()
    }

    fn of_character(character: char) -> Self {
        match character {
            ',' | ';' | ':' | '(' | ')' | '[' | ']' | '"' | '–' | '—' | '，' | '、' | '；'
            | '：' | '（' | '）' | '،' | '؛' => Self::Clause,
            '.' | '!' | '…' | '\n' | '。' | '！' | '｡' | '।' => Self::Sentence,
            '?' | '？' | '؟' => Self::Question,
            _ => Self::None,
        }
    }

    /// Whether words on its two sides may belong together.
    pub fn joins(self) -> bool {
        self == Self::None
    }

    /// Whether a sentence ends here.
    pub fn ends_sentence(self) -> bool {
        self >= Self::Sentence
    }
}

/// The break after each of a text's tokens; after the last, what follows it.
pub fn breaks<'t>(text: &'t str, tokens: &'t [Token<'_>]) -> impl Iterator<Item = Break> + 't {
    tokens.iter().enumerate().map(|(at, token)| {
        let end = token.span.end;
        let next = tokens
            .get(at + 1)
            .map_or(text.len(), |next| next.span.start);
        // Units of a script without spaces overlap.
        Break::of(text.get(end..next.max(end)).unwrap_or(""))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::tokenizer::Tokenizer;

    #[test]
    fn the_strongest_mark_counts() {
        let text = "Good, really: (very) good?! No. Well";
        let tokenizer = Tokenizer::default();
        let tokens: Vec<_> = tokenizer.tokens(text).collect();
        let found: Vec<_> = breaks(text, &tokens).collect();
        use Break::{Clause, None, Question, Sentence};
        assert_eq!(found, [Clause, Clause, Clause, Question, Sentence, None]);
        assert_eq!(Break::of("。"), Sentence);
        assert_eq!(Break::of(" - "), None);
    }
}
