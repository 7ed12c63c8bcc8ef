//! Words that carry no meaning of their own, by language.
//!
//! The lists are those of the NLTK project (through the `stop-words` crate),
//! less every negation: a list that drops "not" turns "not good" into "good".

use std::path::Path;

use rustc_hash::FxHashSet;

use super::lines::{Lines, LongLines};
use crate::error::{Error, Result};

/// A language with a stop list, and the negations that are kept off it.
struct Language {
    name: &'static str,
    code: &'static str,
    negations: &'static [&'static str],
}

const LANGUAGES: &[Language] = &[
    Language {
        name: "english",
        code: "en",
        negations: &[
            "no", "nor", "not", "never", "none", "nothing", "nobody", "nowhere", "neither",
            "cannot", "without", "hardly",
        ],
    },
    Language {
        name: "german",
        code: "de",
        negations: &[
            "nicht", "nichts", "nie", "niemals", "niemand", "nirgends", "kein", "keine", "keinem",
            "keinen", "keiner", "keines", "ohne", "weder",
        ],
    },
    Language {
        name: "french",
        code: "fr",
        negations: &[
            "ne", "n", "pas", "non", "ni", "jamais", "rien", "aucun", "aucune", "aucuns", "sans",
            "plus", "guère",
        ],
    },
    Language {
        name: "spanish",
        code: "es",
        negations: &[
            "no", "ni", "nunca", "nada", "nadie", "ningún", "ninguno", "ninguna", "sin", "tampoco",
            "jamás",
        ],
    },
    Language {
        name: "italian",
        code: "it",
        negations: &[
            "non", "no", "né", "mai", "niente", "nulla", "nessun", "nessuno", "nessuna", "senza",
        ],
    },
    Language {
        name: "portuguese",
        code: "pt",
        negations: &[
            "não", "nem", "nunca", "nada", "ninguém", "nenhum", "nenhuma", "sem", "jamais",
        ],
    },
    Language {
        name: "dutch",
        code: "nl",
        negations: &[
            "niet", "niets", "nooit", "niemand", "geen", "noch", "zonder",
        ],
    },
    Language {
        name: "danish",
        code: "da",
        negations: &["ikke", "intet", "ingen", "aldrig", "uden", "hverken"],
    },
    Language {
        name: "swedish",
        code: "sv",
        negations: &[
            "inte", "icke", "ej", "ingen", "inget", "inga", "aldrig", "utan",
        ],
    },
    Language {
        name: "norwegian",
        code: "no",
        negations: &[
            "ikke", "ikkje", "ingen", "inga", "inkje", "aldri", "uten", "ei",
        ],
    },
    Language {
        name: "russian",
        code: "ru",
        negations: &[
            "не",
            "нет",
            "ни",
            "никогда",
            "ничего",
            "никто",
            "без",
            "нельзя",
        ],
    },
];

/// English negations cut before their "t". The list of stop words has them.
const HALVES: &[&str] = &[
    "ain", "aren", "couldn", "didn", "doesn", "don", "hadn", "hasn", "haven", "isn", "mightn",
    "mustn", "needn", "shan", "shouldn", "wasn", "weren", "won", "wouldn",
];

impl Language {
    fn is_negation(&self, word: &str) -> bool {
        self.negations.contains(&word)
            // English contractions, and what is left of them where the
            // apostrophe was typed as an accent: "don't", "don".
            || self.code == "en" && (word.ends_with("n't") || HALVES.contains(&word))
    }
}

/// The share of running words that must be on a language's list before
/// [`StopWords::detect`] believes that the text is in that language.
const DETECTION_SHARE: f64 = 0.2;

/// A set of words to leave out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StopWords {
    name: String,
    words: FxHashSet<String>,
}

impl StopWords {
    /// No stop words.
    pub fn none() -> Self {
        Self::default()
    }

    /// A list from words that were stored with a name.
    pub fn from_words(name: &str, words: impl IntoIterator<Item = String>) -> Self {
        Self {
            name: name.to_owned(),
            words: words.into_iter().collect(),
        }
    }

    /// The list of a language, by English name (`german`) or ISO 639-1 code
    /// (`de`), without its negations.
    ///
    /// # Errors
    /// [`Error::Setting`] when there is no list for it.
    pub fn language(name: &str) -> Result<Self> {
        let wanted = name.to_lowercase();
        let language = LANGUAGES
            .iter()
            .find(|language| language.name == wanted || language.code == wanted)
            .ok_or_else(|| {
                Error::setting(
                    "--stop-words",
                    format!("{name:?}"),
                    format!(
                        "auto, none, a file with one word a line, or one of {}",
                        Self::languages().collect::<Vec<_>>().join(", ")
                    ),
                )
            })?;
        let words = stop_words::lookup(language.code)
            .unwrap_or_default()
            .iter()
            .filter(|word| !language.is_negation(word));
        Ok(Self {
            name: language.name.to_owned(),
            words: words.map(|&word| word.to_owned()).collect(),
        })
    }

    /// The languages that have a list.
    pub fn languages() -> impl Iterator<Item = &'static str> {
        LANGUAGES.iter().map(|language| language.name)
    }

    /// The user's own list, one word a line. Words that are negations in a
    /// language we know are left off it and returned, so that the caller can
    /// say so.
    ///
    /// # Errors
    /// As [`Lines`].
    pub fn file(path: &Path) -> Result<(Self, Vec<String>)> {
        let mut lines = Lines::open(path, LongLines::Refuse(1024))?;
        let mut words = FxHashSet::default();
        let mut negations = Vec::new();
        while let Some(line) = lines.next_line()? {
            let word = line.text.trim().to_lowercase();
            if word.is_empty() {
                continue;
            }
            if LANGUAGES.iter().any(|language| language.is_negation(&word)) {
                negations.push(word);
            } else {
                words.insert(word);
            }
        }
        let stop_words = Self {
            name: path.display().to_string(),
            words,
        };
        Ok((stop_words, negations))
    }

    /// The list of the language that a text is in, judged by how many of its
    /// running words stand on each list; none when no list fits.
    pub fn detect<'w>(counts: impl Iterator<Item = (&'w str, u64)> + Clone) -> Self {
        let total: u64 = counts.clone().map(|(_, count)| count).sum();
        LANGUAGES
            .iter()
            .filter_map(|language| Self::language(language.name).ok())
            .map(|list| {
                let covered: u64 = counts
                    .clone()
                    .filter(|(word, _)| list.contains(word))
                    .map(|(_, count)| count)
                    .sum();
                (covered, list)
            })
            // On a tie the first language of the table stays.
            .rev()
            .max_by_key(|(covered, _)| *covered)
            .filter(|(covered, _)| *covered as f64 >= DETECTION_SHARE * total.max(1) as f64)
            .map_or_else(Self::none, |(_, list)| list)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether a normalised word is on the list.
    pub fn contains(&self, word: &str) -> bool {
        self.words.contains(word)
    }

    /// `none`, the language, or the file's name.
    pub fn name(&self) -> &str {
        if self.name.is_empty() {
            "none"
        } else {
            &self.name
        }
    }

    /// The words in alphabetical order.
    pub fn sorted(&self) -> Vec<&str> {
        let mut words: Vec<_> = self.words.iter().map(String::as_str).collect();
        words.sort_unstable();
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_negation_is_on_any_list() {
        for language in LANGUAGES {
            let list = StopWords::language(language.code).unwrap();
            assert!(list.words.len() > 50, "{} is nearly empty", language.name);
            for negation in language.negations {
                assert!(!list.contains(negation), "{negation} in {}", language.name);
            }
        }
        // Every contraction of the full list, whole and cut, is off ours.
        let english = StopWords::language("en").unwrap();
        let full = stop_words::lookup("en").unwrap();
        let contractions: Vec<_> = full.iter().filter(|word| word.ends_with("n't")).collect();
        assert!(contractions.len() > 15);
        for contraction in contractions {
            assert!(!english.contains(contraction));
            assert!(!english.contains(contraction.trim_end_matches("'t")));
        }
    }

    #[test]
    fn languages_are_detected_by_their_small_words() {
        let detect = |text: &str| {
            let words: Vec<_> = text.split(' ').map(|word| (word, 1)).collect();
            StopWords::detect(words.into_iter()).name().to_owned()
        };
        assert_eq!(detect("the film was a waste of my time"), "english");
        assert_eq!(detect("der film war eine reine verschwendung"), "german");
        assert_eq!(detect("很 好 吃"), "none");
        assert_eq!(detect(""), "none");
    }

    #[test]
    fn unknown_languages_name_the_known_ones() {
        let error = StopWords::language("klingon").unwrap_err().to_string();
        assert!(error.contains("german"), "{error}");
    }
}
