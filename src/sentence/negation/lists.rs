//! What the lists of a language say about each word.

use rustc_hash::FxHashMap;

use super::Number;
use super::phrases::{Effect, Phrase};
use crate::text::cues::{Cues, sections};
use crate::text::stopwords::StopWords;

/// What is known of a word.
#[derive(Debug, Clone, Default)]
pub(super) struct Word {
    /// It is more than a word inside of phrases.
    pub(super) listed: bool,
    /// It turns what follows: not.
    pub(super) negator: bool,
    /// It turns what stands before it in its clause, and ends that: 않다.
    pub(super) behind: bool,
    /// And is a verb, so that a question can begin with it: isn't.
    pub(super) verb: bool,
    /// It uses up nothing of a scope: is, the, very.
    pub(super) light: bool,
    /// Its negation belongs to what it introduces: think.
    pub(super) raising: bool,
    /// It joins equals, so that a negator after it starts anew: and.
    pub(super) joining: bool,
    /// What begins with it.
    pub(super) phrases: Vec<Phrase>,
}

impl Word {
    /// Whether words can be negated from here on: it negates, or a phrase that begins
    /// with it does.
    pub(super) fn starts(&self) -> bool {
        let mut effects = self.phrases.iter().map(|phrase| phrase.effect);
        self.negator || effects.any(|effect| effect == Effect::Negating)
    }
}

/// The words of a language that bear on negation.
#[derive(Debug, Clone, Default)]
pub(super) struct Lists {
    /// Where in `words` a word stands: those of phrases too.
    numbers: FxHashMap<String, Number>,
    words: Vec<Word>,
    /// Whether two negators cancel. In many languages they agree instead (no es
    /// nada bueno), so they cancel only where it is listed which words part one
    /// negation from the next.
    pub(super) cancels: bool,
}

impl Lists {
    pub(super) fn new(cues: &Cues) -> Self {
        let mut lists = Self::default();
        lists.mark(&cues.copulas, |word| word.light = true);
        lists.mark(&cues.intensifiers, |word| word.light = true);
        lists.mark(&cues.negators, |word| word.negator = true);
        lists.mark(&cues.raising, |word| word.raising = true);
        if let Ok(stop_words) = StopWords::language(&cues.language) {
            lists.mark(&stop_words.sorted(), |word| word.light = true);
        }
        lists.read(own(&cues.language));
        lists
    }

    pub(super) fn get(&self, word: &str) -> Option<&Word> {
        self.at(self.number(word)?)
    }

    /// The number of a word that is on a list.
    pub(super) fn number(&self, word: &str) -> Option<Number> {
        self.numbers.get(word).copied()
    }

    /// What is known of a word that is more than a word inside of phrases.
    #[inline]
    pub(super) fn at(&self, number: Number) -> Option<&Word> {
        let word = self.words.get(usize::from(number.0));
        word.filter(|word| word.listed)
    }

    /// All words with their numbers.
    pub(super) fn numbers(&self) -> impl Iterator<Item = (&str, Number)> {
        (self.numbers.iter()).map(|(word, &number)| (word.as_str(), number))
    }

    fn mark<W: AsRef<str>>(&mut self, words: &[W], mark: impl Fn(&mut Word)) {
        for word in words {
            let number = self.numbered(word.as_ref());
            self.change(number, &mark);
        }
    }

    fn change(&mut self, number: Number, change: impl FnOnce(&mut Word)) {
        if let Some(word) = self.words.get_mut(usize::from(number.0)) {
            word.listed = true;
            change(word);
        }
    }

    /// The number of a word, which has one from now on.
    fn numbered(&mut self, word: &str) -> Number {
        self.number(word).unwrap_or_else(|| {
            // The lists are ours, and far shorter.
            let number = Number(self.words.len() as u16);
            self.words.push(Word::default());
            self.numbers.insert(word.to_owned(), number);
            number
        })
    }

    /// Adds what a file of this folder says; `english.txt` describes the form.
    fn read(&mut self, text: &str) {
        let more: Vec<String> = sections(text)
            .filter(|(section, _)| *section == "more")
            .flat_map(|(_, line)| line.split_whitespace().map(str::to_owned))
            .collect();
        for (section, line) in sections(text) {
            let words: Vec<&str> = line.split_whitespace().collect();
            match section {
                "negators" => self.mark(&words, |word| word.negator = true),
                "behind" => self.mark(&words, |word| (word.negator, word.behind) = (true, true)),
                "verbs" => self.mark(&words, |word| word.verb = true),
                "light" => self.mark(&words, |word| word.light = true),
                "joining" => {
                    self.cancels = true;
                    self.mark(&words, |word| (word.joining, word.light) = (true, true));
                }
                "ending" => self.add(line, Effect::Ending, &more),
                "negating" => self.add(line, Effect::Negating, &more),
                "unnegated" => self.add(line, Effect::Unnegated, &more),
                // The words of <more>; a test knows the names of all sections.
                _ => {}
            }
        }
    }

    fn add(&mut self, line: &str, effect: Effect, more: &[String]) {
        let phrases = Phrase::read(line, effect, more, |word| self.numbered(word));
        for (first, phrase) in phrases {
            for number in first {
                self.change(number, |word| word.phrases.push(phrase.clone()));
            }
        }
    }
}

/// The languages with a file in this folder; the others have their cues.
const OWN: [(&str, &str); 8] = [
    ("english", include_str!("english.txt")),
    ("german", include_str!("german.txt")),
    ("french", include_str!("french.txt")),
    ("spanish", include_str!("spanish.txt")),
    ("italian", include_str!("italian.txt")),
    ("portuguese", include_str!("portuguese.txt")),
    ("chinese", include_str!("chinese.txt")),
    ("korean", include_str!("korean.txt")),
];

fn own(language: &str) -> &'static str {
    OWN.iter()
        .find(|(name, _)| *name == language)
        .map_or("", |(_, text)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_every_file_is_of_use() {
        let names = [
            "negators",
            "behind",
            "verbs",
            "light",
            "joining",
            "more",
            "ending",
            "negating",
            "unnegated",
        ];
        for (language, text) in OWN {
            let cues = Cues::language(language).unwrap();
            let known = |section: &str, word: &str| {
                let lists = match section {
                    "negators" => vec![&cues.negators],
                    "light" => vec![&cues.copulas, &cues.intensifiers],
                    _ => vec![],
                };
                lists.iter().any(|list| list.iter().any(|one| one == word))
            };
            let lines = text.lines().filter(|line| !line.starts_with('#'));
            let mut section = "";
            for line in lines.filter(|line| !line.is_empty()) {
                // As the tokenizer makes words.
                assert_eq!(line, line.to_lowercase(), "{language}");
                if let Some(name) = line.strip_prefix('[') {
                    section = name.trim_end_matches(']');
                    assert!(names.contains(&section), "{line} in {language}");
                } else if matches!(section, "negators" | "light") {
                    let twice = line.split_whitespace().find(|word| known(section, word));
                    assert_eq!(twice, None, "{section} of {language}");
                } else if matches!(section, "ending" | "negating" | "unnegated") {
                    let phrases = Phrase::read(line, Effect::Ending, &[], |_| Number(0));
                    assert!(!phrases.is_empty(), "{line} in {language}");
                }
            }
        }
    }
}
