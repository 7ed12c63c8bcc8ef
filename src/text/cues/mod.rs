//! The few words of a language that show where opinions stand.
//!
//! One plain file a language, written by hand: sections in brackets, words
//! between white space, comments after `#`. What the sections mean, the fields
//! of [`Cues`] say. Which language a text is in: `detection.rs`.

mod detection;

/// A language with a list.
struct Language {
    name: &'static str,
    /// ISO 639-1.
    code: &'static str,
    list: &'static str,
}

const LANGUAGES: &[Language] = &[
    Language {
        name: "english",
        code: "en",
        list: include_str!("english.txt"),
    },
    Language {
        name: "german",
        code: "de",
        list: include_str!("german.txt"),
    },
    Language {
        name: "french",
        code: "fr",
        list: include_str!("french.txt"),
    },
    Language {
        name: "spanish",
        code: "es",
        list: include_str!("spanish.txt"),
    },
    Language {
        name: "italian",
        code: "it",
        list: include_str!("italian.txt"),
    },
    Language {
        name: "portuguese",
        code: "pt",
        list: include_str!("portuguese.txt"),
    },
    Language {
        name: "chinese",
        code: "zh",
        list: include_str!("chinese.txt"),
    },
    Language {
        name: "korean",
        code: "ko",
        list: include_str!("korean.txt"),
    },
];

/// Their names, in the order of the table.
const NAMES: [&str; LANGUAGES.len()] = {
    let mut names = [""; LANGUAGES.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = LANGUAGES[at].name;
        at += 1;
    }
    names
};

/// Words that point at opinions, of one language. All in lower case, as the
/// tokenizer makes them.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Cues {
    /// The language's English name, in lower case; empty where there are seeds
    /// of the user's only.
    pub language: String,
    /// Words that strengthen the next: very, so, too.
    pub intensifiers: Vec<String>,
    /// Words that ascribe what follows: is, was, seems.
    pub copulas: Vec<String>,
    /// Words that turn what follows: not, never, don't.
    pub negators: Vec<String>,
    /// Verbs whose negation belongs to what they introduce: I don't think it is
    /// good.
    pub raising: Vec<String>,
    /// Words that are praise wherever they stand.
    pub positive: Vec<String>,
    /// Words that are blame wherever they stand.
    pub negative: Vec<String>,
}

impl Cues {
    /// The cues of a language, by its English name or two-letter code; nothing
    /// where there is no list.
    pub fn language(name: &str) -> Option<Self> {
        let wanted = name.to_lowercase();
        LANGUAGES
            .iter()
            .find(|language| language.name == wanted || language.code == wanted)
            .map(Self::of)
    }

    /// The languages that there are lists for, by name.
    pub fn languages() -> &'static [&'static str] {
        &NAMES
    }

    /// The cues of the language that a text's words show, given each word with
    /// its count; nothing when no language with a list fits.
    pub fn detect<'w>(counted: impl Iterator<Item = (&'w str, u64)>) -> Option<Self> {
        detection::language(counted).and_then(Self::language)
    }

    /// Words of praise and blame for a language without a list.
    pub fn from_seeds(positive: Vec<String>, negative: Vec<String>) -> Self {
        Self::default().with_seeds(positive, negative)
    }

    /// The same cues with other words of praise and blame: the text's own are
    /// better than general ones.
    #[must_use]
    pub fn with_seeds(self, positive: Vec<String>, negative: Vec<String>) -> Self {
        Self {
            positive,
            negative,
            ..self
        }
    }

    fn of(language: &Language) -> Self {
        let of = |section| {
            words(language.list)
                .filter(|&(name, _)| name == section)
                .map(|(_, word)| word.to_owned())
                .collect()
        };
        Self {
            language: language.name.to_owned(),
            intensifiers: of("intensifiers"),
            copulas: of("copulas"),
            negators: of("negators"),
            raising: of("raising"),
            positive: of("positive"),
            negative: of("negative"),
        }
    }
}

/// The lines of a list that say something, each with the name of its section: what
/// stands between brackets above it. From # on a line is a comment.
pub(crate) fn sections(list: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut section = "";
    list.lines()
        .map(|line| line.split('#').next().unwrap_or("").trim())
        .filter(|line| !line.is_empty())
        .filter_map(move |line| {
            let name = line
                .strip_prefix('[')
                .and_then(|line| line.strip_suffix(']'));
            section = name.unwrap_or(section);
            name.is_none().then_some((section, line))
        })
}

/// The words of a list, each with the name of its section.
fn words(list: &str) -> impl Iterator<Item = (&str, &str)> {
    sections(list)
        .flat_map(|(section, line)| line.split_whitespace().map(move |word| (section, word)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::text::Tokenizer;

    const SECTIONS: [&str; 6] = [
        "intensifiers",
        "copulas",
        "negators",
        "raising",
        "positive",
        "negative",
    ];

    #[test]
    fn lists_are_what_the_tokenizer_yields() {
        let tokenizer = Tokenizer::default();
        for language in LANGUAGES {
            let mut seen = BTreeSet::new();
            for (section, word) in words(language.list) {
                let place = format!("{word} of {section}, {}", language.name);
                assert!(SECTIONS.contains(&section), "{place}");
                assert!(seen.insert((section, word)), "twice: {place}");
                let tokens: Vec<_> = tokenizer.tokens(word).map(|token| token.word).collect();
                // Of scripts without spaces, one of the units.
                match language.name {
                    "chinese" | "korean" => {
                        assert!(tokens.iter().any(|token| token == word), "{place}");
                    }
                    _ => assert_eq!(tokens, [word], "{place}"),
                }
            }
        }
    }

    #[test]
    fn no_list_contradicts_itself() {
        for &name in Cues::languages() {
            let cues = Cues::language(name).unwrap();
            assert_eq!(cues.language, name);
            assert!(cues.intensifiers.len() >= 20, "{name}");
            assert!(cues.copulas.len() >= 20, "{name}");
            assert!(cues.negators.len() >= 10, "{name}");
            assert!(cues.raising.len() >= 10, "{name}");
            for seeds in [&cues.positive, &cues.negative] {
                assert!((8..=16).contains(&seeds.len()), "{name}");
                for seed in seeds {
                    for others in [&cues.intensifiers, &cues.copulas, &cues.negators] {
                        assert!(!others.contains(seed), "{seed}, {name}");
                    }
                }
            }
            let both = |a: &[String], b: &[String]| a.iter().any(|word| b.contains(word));
            assert!(!both(&cues.positive, &cues.negative), "{name}");
            assert!(!both(&cues.intensifiers, &cues.negators), "{name}");
            assert!(!both(&cues.intensifiers, &cues.copulas), "{name}");
        }
    }

    #[test]
    fn languages_have_names_and_codes() {
        for language in LANGUAGES {
            assert_eq!(
                Cues::language(language.code),
                Cues::language(&language.name.to_uppercase())
            );
        }
        assert_eq!(Cues::language("klingon"), None);
        assert_eq!(Cues::language(""), None);
        let english = Cues::language("en").unwrap();
        assert!(english.intensifiers.contains(&"very".to_owned()));
        assert!(english.copulas.contains(&"is".to_owned()));
        assert!(english.negators.contains(&"don't".to_owned()));
    }

    #[test]
    fn comments_and_section_names_are_no_words() {
        let list = "# a\n[one]\nb c # d\n\n  e\n[two]\nf\n";
        let found: Vec<_> = words(list).collect();
        assert_eq!(
            found,
            [("one", "b"), ("one", "c"), ("one", "e"), ("two", "f")]
        );
    }

    #[test]
    fn seeds_replace_seeds_only() {
        let (good, bad) = (vec!["tasty".to_owned()], vec!["cold".to_owned()]);
        let english = Cues::language("english").unwrap();
        let mine = english.clone().with_seeds(good.clone(), bad.clone());
        assert_eq!((&mine.positive, &mine.negative), (&good, &bad));
        assert_eq!(
            mine.with_seeds(english.positive.clone(), english.negative.clone()),
            english
        );
        let alone = Cues::from_seeds(good.clone(), bad.clone());
        assert_eq!(alone, Cues::default().with_seeds(good, bad));
        assert!(alone.language.is_empty() && alone.negators.is_empty());
    }
}
