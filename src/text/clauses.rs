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

    /// The strongest break in a gap of a text, from one byte up to another.
    #[inline]
    pub(crate) fn between(text: &str, start: usize, end: usize) -> Self {
        // Nearly all gaps are one or two ASCII characters.
        if let Some(&[first]) = text.as_bytes().get(start..end)
            && let Some(class) = ASCII.get(usize::from(first))
        {
            return *class;
        }
        if let Some(&[first, second]) = text.as_bytes().get(start..end)
            && let Some(one) = ASCII.get(usize::from(first))
            && let Some(other) = ASCII.get(usize::from(second))
        {
            return *one.max(other);
        }
        text.get(start..end).map_or(Self::None, Self::of)
    }

    const fn of_character(character: char) -> Self {
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

/// What each ASCII character is.
const ASCII: [Break; 0x80] = {
    let mut all = [Break::None; 0x80];
    let mut byte = 0;
    while byte < all.len() {
        all[byte] = Break::of_character(byte as u8 as char);
        byte += 1;
    }
    all
};

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

    #[test]
    fn gaps_are_what_their_text_is() {
        for gap in [
            "", " ", ".", ", ", " (", "?!", "…", "é", "。 ", "\n\n", "...", " – ",
        ] {
            let text = format!("a{gap}b");
            assert_eq!(
                Break::between(&text, 1, 1 + gap.len()),
                Break::of(gap),
                "{gap}"
            );
        }
        assert_eq!(Break::between("a", 1, 9), Break::None);
    }
}
