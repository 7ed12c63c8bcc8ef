//! Unlabelled text as numbers: every word interned once, sentences as runs of
//! word ids.
//!
//! The text is read a single time. What to leave out (stop words, rare words)
//! is decided afterwards, from the counts, by [`CorpusReader::settle`].

use std::ops::Range;

use super::interner::{Interner, Key, Lookup, UNKNOWN};
use crate::error::{Error, Result};
use crate::files::digest::Fingerprint;
use crate::text::lines::Lines;
use crate::text::stopwords::StopWords;
use crate::text::tokenizer::{spans, word_at};

/// Words of a sentence, at most; longer ones are cut, and no window reaches
/// across the cut.
const LONGEST_SENTENCE: usize = 1000;

/// Words looked up at once: few enough for the fastest cache.
const AT_ONCE: usize = 256;

/// The words kept, most frequent first; equally frequent ones in alphabetical
/// order, so that ids do not depend on the order of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocabulary {
    /// The words; their positions are their ids.
    pub words: Vec<String>,
    /// How often each occurs.
    pub counts: Vec<u64>,
}

/// Sentences of word ids, and what was left out to get them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Corpus {
    /// The words.
    pub vocabulary: Vocabulary,
    /// All sentences, one after the other.
    pub ids: Vec<u32>,
    /// For each sentence, where it ends in `ids`.
    pub ends: Vec<usize>,
    /// Words that occurred too rarely to be kept.
    pub types_dropped: usize,
    /// How many running words that left out.
    pub tokens_dropped: u64,
}

impl Corpus {
    /// The sentences.
    pub fn sentences(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.ends.len()).map(|sentence| self.sentence(sentence))
    }

    /// One sentence, by its position.
    pub fn sentence(&self, sentence: usize) -> &[u32] {
        let start = match sentence {
            0 => 0,
            _ => self.ends[sentence - 1],
        };
        &self.ids[start..self.ends[sentence]]
    }
}

/// Interns text as it comes.
#[derive(Debug, Default)]
pub struct CorpusReader {
    words: Interner,
    counts: Vec<u64>,
    ids: Vec<u32>,
    ends: Vec<usize>,
    /// The places of the words at hand, and the look-ups for them.
    places: Vec<Range<usize>>,
    lookups: Vec<Lookup>,
}

impl CorpusReader {
    /// An empty corpus.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one sentence (or document: words further apart than the window
    /// never meet).
    ///
    /// # Errors
    /// [`Error::Setting`] beyond 2^32 - 1 different words.
    pub fn add(&mut self, text: &str) -> Result<()> {
        let before = self.ids.len();
        let bytes = text.as_bytes();
        let mut places = std::mem::take(&mut self.places);
        spans(text).for_each(|span| places.push(span));
        for places in places.chunks(AT_ONCE) {
            self.lookups.clear();
            self.lookups.extend(
                places
                    .iter()
                    .map(|span| self.words.seek(Key::of_ascii(bytes, span.clone()))),
            );
            self.words.recall(&mut self.lookups);
            self.count(text, places)?;
        }
        places.clear();
        self.places = places;
        if self.ids.len() > before {
            self.ends.push(self.ids.len());
        }
        Ok(())
    }

    /// Counts the words at hand, and appends them to the sentence.
    fn count(&mut self, text: &str, places: &[Range<usize>]) -> Result<()> {
        for (&Lookup { key, mut id }, span) in self.lookups.iter().zip(places) {
            if id == UNKNOWN {
                let word = || word_at(text, span.clone());
                id = match key {
                    Key::NONE => self.words.intern(&word())?,
                    _ => self.words.intern_short(key, word)?,
                };
            }
            match self.counts.get_mut(id as usize) {
                Some(count) => *count += 1,
                None => self.counts.push(1),
            }
            self.ids.push(id);
        }
        Ok(())
    }

    /// Adds every line of a file, and returns the file's digest. `on_line` is
    /// called with the bytes read so far, and ends the reading by returning an
    /// error.
    ///
    /// # Errors
    /// As [`Lines`].
    pub fn add_lines(
        &mut self,
        mut lines: Lines,
        mut on_line: impl FnMut(u64) -> Result<()>,
    ) -> Result<Fingerprint> {
        while let Some(line) = lines.next_line()? {
            self.add(line.text)?;
            on_line(line.offset + line.text.len() as u64)?;
        }
        Ok(lines.fingerprint())
    }

    /// Lines with at least one word.
    pub fn sentences(&self) -> usize {
        self.ends.len()
    }

    /// Running words that are not stop words.
    pub fn tokens_without(&self, stop_words: &StopWords) -> u64 {
        self.counted()
            .filter(|(word, _)| !stop_words.contains(word))
            .map(|(_, count)| count)
            .sum()
    }

    /// Each word with its count.
    pub fn counted(&self) -> impl Iterator<Item = (&str, u64)> + Clone {
        self.counts
            .iter()
            .enumerate()
            .map(|(id, &count)| (self.words.word(id as u32), count))
    }

    /// Leaves out stop words and words that occur less than `min_count` times,
    /// and numbers the others.
    ///
    /// # Errors
    /// [`Error::TooLittle`] when less than two words are left.
    pub fn settle(mut self, stop_words: &StopWords, min_count: u64) -> Result<Corpus> {
        let mut kept: Vec<u32> = Vec::new();
        let mut types_dropped = 0;
        let mut tokens_dropped = 0;
        for (id, (word, count)) in self.counted().enumerate() {
            if stop_words.contains(word) {
                continue;
            }
            if count < min_count {
                types_dropped += 1;
                tokens_dropped += count;
            } else {
                kept.push(id as u32);
            }
        }
        if kept.len() < 2 {
            return Err(Error::too_little(
                match kept.len() {
                    0 => format!("no word that occurs {min_count} times or more"),
                    _ => format!("a single word that occurs {min_count} times or more"),
                },
                "at least two, of which some occur together",
            )
            .with_hint("give it more text, or lower --min-count"));
        }
        kept.sort_by(|&a, &b| {
            self.counts[b as usize]
                .cmp(&self.counts[a as usize])
                .then_with(|| self.words.word(a).cmp(self.words.word(b)))
        });

        const DROPPED: u32 = u32::MAX;
        let mut renumbered = vec![DROPPED; self.counts.len()];
        for (new, &old) in kept.iter().enumerate() {
            renumbered[old as usize] = new as u32;
        }
        // In place: what is kept never overtakes what is read.
        let mut ends = Vec::with_capacity(self.ends.len());
        let mut start = 0;
        let mut length = 0;
        for &end in &self.ends {
            let before = length;
            for place in start..end {
                let new = renumbered[self.ids[place] as usize];
                if new != DROPPED {
                    self.ids[length] = new;
                    length += 1;
                }
            }
            // Long documents are cut, as word2vec does: work is dealt out by
            // sentences.
            ends.extend((before..length).step_by(LONGEST_SENTENCE).skip(1));
            if length > before {
                ends.push(length);
            }
            start = end;
        }
        self.ids.truncate(length);
        Ok(Corpus {
            vocabulary: Vocabulary {
                words: kept
                    .iter()
                    .map(|&id| self.words.word(id).to_owned())
                    .collect(),
                counts: kept.iter().map(|&id| self.counts[id as usize]).collect(),
            },
            ids: self.ids,
            ends,
            types_dropped,
            tokens_dropped,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::text::Tokenizer;

    fn reader(texts: &[&str]) -> CorpusReader {
        let mut reader = CorpusReader::new();
        for text in texts {
            reader.add(text).unwrap();
        }
        reader
    }

    #[test]
    fn words_are_numbered_by_frequency() {
        let corpus = reader(&["b a b", "", "c b a", "d"])
            .settle(&StopWords::none(), 2)
            .unwrap();
        assert_eq!(corpus.vocabulary.words, ["b", "a"]);
        assert_eq!(corpus.vocabulary.counts, [3, 2]);
        assert_eq!(
            corpus.sentences().collect::<Vec<_>>(),
            [&[0, 1, 0][..], &[0, 1]]
        );
        assert_eq!((corpus.types_dropped, corpus.tokens_dropped), (2, 2));
    }

    #[test]
    fn long_sentences_are_cut() {
        let corpus = reader(&["a b ".repeat(1250).as_str(), "b a"])
            .settle(&StopWords::none(), 1)
            .unwrap();
        assert_eq!(corpus.ends, [1000, 2000, 2500, 2502]);
        let exact = reader(&["a b ".repeat(500).as_str()]).settle(&StopWords::none(), 1);
        assert_eq!(exact.unwrap().ends, [1000]);
    }

    #[test]
    fn stop_words_leave_no_gap() {
        let corpus = reader(&["the film was great", "the film was dull"])
            .settle(&StopWords::language("en").unwrap(), 1)
            .unwrap();
        assert_eq!(corpus.vocabulary.words, ["film", "dull", "great"]);
        assert_eq!(corpus.types_dropped, 0);
    }

    #[test]
    fn one_word_is_too_little() {
        assert!(matches!(
            reader(&["good good good"]).settle(&StopWords::none(), 1),
            Err(Error::TooLittle { .. })
        ));
        assert!(reader(&[]).settle(&StopWords::none(), 1).is_err());
    }

    /// Word by word, as texts to classify are cut.
    fn naive_words(text: &str) -> Vec<String> {
        Tokenizer::default()
            .tokens(text)
            .map(|token| token.word.into_owned())
            .collect()
    }

    proptest! {
        #[test]
        fn counts_and_order_are_those_of_the_naive_pass(
            texts in proptest::collection::vec("\\PC{0,40}|[很好가있다 ]{0,20}|[aAbB.',’é 1_-]{0,40}|([a-zA-Z]{1,17}[ ,.-]{1,2}){0,12}|([aA]{14,17} ){0,9}", 0..12),
        ) {
            let mut reader = CorpusReader::new();
            let mut counts: BTreeMap<String, u64> = BTreeMap::new();
            let mut running = Vec::new();
            for text in &texts {
                reader.add(text).unwrap();
                let words = naive_words(text);
                for word in &words {
                    *counts.entry(word.clone()).or_default() += 1;
                }
                running.extend(words);
            }
            let counted = reader.counted().map(|(word, count)| (word.to_owned(), count));
            prop_assert_eq!(counted.collect::<BTreeMap<_, _>>(), counts.clone());
            prop_assert_eq!(reader.counted().count(), counts.len());
            if let Ok(corpus) = reader.settle(&StopWords::none(), 2) {
                let kept: Vec<_> = corpus.ids.iter().map(|&id| &corpus.vocabulary.words[id as usize]).collect();
                let expected: Vec<_> = running.iter().filter(|word| counts[*word] >= 2).collect();
                prop_assert_eq!(kept, expected);
            }
        }

        #[test]
        fn counts_add_up(texts in proptest::collection::vec("[a-e ]{0,20}", 1..20), min in 1u64..4) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let reader = reader(&texts);
            let total = reader.tokens_without(&StopWords::none());
            if let Ok(corpus) = reader.settle(&StopWords::none(), min) {
                let kept: u64 = corpus.vocabulary.counts.iter().sum();
                prop_assert_eq!(kept, corpus.ids.len() as u64);
                prop_assert_eq!(kept + corpus.tokens_dropped, total);
                prop_assert_eq!(corpus.sentences().map(<[u32]>::len).sum::<usize>(), corpus.ids.len());
                prop_assert!(corpus.sentences().all(|sentence| !sentence.is_empty()));
            }
        }
    }
}
