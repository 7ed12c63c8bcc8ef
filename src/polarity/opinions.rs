//! The words that opinions are made of: those that follow both an intensifier
//! ("very") and a copula ("is") more often than chance has it.

use rustc_hash::FxHashSet;

use super::documents::Documents;
use crate::text::cues::Cues;
use crate::text::units::is_character;
use crate::vectors::WordVectors;

/// Added to a word's count, so that rare words need more evidence.
const SMOOTHING: f64 = 20.0;
/// The least geometric mean of the two lifts.
const LEAST_LIFT: f64 = 0.5;
/// So many of the most frequent words are never opinions.
const TOO_FREQUENT: usize = 100;

/// Words that a negator bears on, at most, along the chain.
const SCOPE: usize = 3;

/// Rows of the opinion words, rising.
///
/// With c(C, w) how often w follows a cue of the class C, n(w) how often it occurs
/// and p(C) the share of cues among words, lift(w, C) = c(C, w) / (n(w) + 20) /
/// p(C); kept is what has sqrt(lift(w, intensifiers) lift(w, copulas)) > 0.5. That
/// adjectives which carry opinion are those that can be graded is Hatzivassiloglou
/// and Wiebe's observation (2000). A character of a script without spaces is part of
/// too many words to be an opinion, and is not counted among the frequent words.
pub(super) fn find(documents: &Documents<'_>, vectors: &WordVectors, cues: &Cues) -> Vec<u32> {
    let marked = |list: &[String]| {
        let mut marks = vec![false; vectors.len()];
        for row in list.iter().filter_map(|word| vectors.index(word)) {
            marks[row] = true;
        }
        marks
    };
    let classes = [marked(&cues.intensifiers), marked(&cues.copulas)];
    let mut counts = vec![0u32; vectors.len()];
    let mut after = [counts.clone(), counts.clone()];
    for document in documents.iter() {
        for word in document.words() {
            counts[word as usize] += 1;
        }
        for (at, &first) in document.ids().iter().enumerate() {
            for (marks, after) in classes.iter().zip(&mut after) {
                if marks.get(first as usize) == Some(&true) {
                    for second in document.all_after(at) {
                        after[second as usize] += 1;
                    }
                }
            }
        }
    }
    let total = counts.iter().map(|&n| f64::from(n)).sum::<f64>().max(1.0);
    let share = |marks: &[bool]| {
        let cued = counts.iter().zip(marks).filter(|(_, mark)| **mark);
        cued.map(|(&n, _)| f64::from(n)).sum::<f64>().max(1.0) / total
    };
    let shares = [share(&classes[0]), share(&classes[1])];
    let least = match documents.len() {
        ..5_000 => 2,
        5_000..20_000 => 3,
        _ => 5,
    };
    let is_word: Vec<bool> = vectors.words().iter().map(|w| !is_character(w)).collect();
    let words = counts.iter().zip(&is_word).filter(|(_, is_word)| **is_word);
    let mut by_count: Vec<u32> = words.map(|(&count, _)| count).collect();
    by_count.sort_unstable_by(|a, b| b.cmp(a));
    let most = by_count.get(TOO_FREQUENT).copied().unwrap_or(u32::MAX);
    (0..vectors.len())
        .filter(|&word| {
            let lift = |class: usize| {
                f64::from(after[class][word])
                    / (f64::from(counts[word]) + SMOOTHING)
                    / shares[class]
            };
            is_word[word]
                && counts[word] <= most
                && after.iter().all(|after| after[word] >= least)
                && !classes.iter().any(|marks| marks[word])
                && (lift(0) * lift(1)).sqrt() > LEAST_LIFT
        })
        .map(|word| word as u32)
        .collect()
}

/// For each document, its different opinion words: their places in the list, and
/// those of negated ones beyond its end, so that they are words of their own. What
/// overlaps with its negator is not negated: 不错 begins with 不.
pub(super) fn places(
    documents: &Documents<'_>,
    opinions: &[u32],
    negators: &FxHashSet<u32>,
    words: usize,
) -> Vec<Vec<u32>> {
    const NONE: u32 = u32::MAX;
    let mut place = vec![NONE; words];
    for (at, &word) in opinions.iter().enumerate() {
        place[word as usize] = at as u32;
    }
    documents
        .iter()
        .map(|document| {
            let mut places = Vec::new();
            let mut scope = 0..0;
            for (position, id) in document.ids().iter().enumerate() {
                let Some(&at) = place.get(*id as usize) else {
                    continue;
                };
                if at != NONE {
                    places.push(if scope.contains(&position) {
                        at + opinions.len() as u32
                    } else {
                        at
                    });
                }
                if negators.contains(id) {
                    scope = document.scope(position, SCOPE);
                }
            }
            places.sort_unstable();
            places.dedup();
            places
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::tokenizer::Tokenizer;

    /// Vectors of all units of some texts, and the texts as documents.
    fn vectors(texts: &[&str]) -> WordVectors {
        let tokenizer = Tokenizer::default();
        let mut words: Vec<String> = Vec::new();
        for token in texts.iter().flat_map(|text| tokenizer.tokens(text)) {
            if !words.iter().any(|word| *word == token.word) {
                words.push(token.word.into_owned());
            }
        }
        let rows = vec![1.0; words.len()];
        WordVectors::new(words, rows, 1).unwrap()
    }

    fn documents<'v>(vectors: &'v WordVectors, texts: &[&str]) -> Documents<'v> {
        let mut documents = Documents::new(vectors);
        texts.iter().for_each(|text| documents.add(text));
        documents
    }

    fn list(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    /// The opinion words that texts show, each text read often enough.
    fn found(texts: &[&str], intensifiers: &[&str], copulas: &[&str]) -> Vec<String> {
        let vectors = vectors(texts);
        let documents = documents(&vectors, &texts.repeat(10));
        let cues = Cues {
            intensifiers: list(intensifiers),
            copulas: list(copulas),
            ..Cues::default()
        };
        let words = find(&documents, &vectors, &cues).into_iter();
        words
            .map(|row| vectors.words()[row as usize].clone())
            .collect()
    }

    #[test]
    fn cues_reach_over_units_that_overlap_with_them() {
        let texts = ["味道很好吃。", "觉得好吃。", "很快", "是我"];
        assert_eq!(found(&texts, &["很"], &["觉得"]), ["好吃"]);
        let texts = ["너무 재미있습니다.", "정말로 재미있습니다"];
        let all = ["재미있습니다", "재미", "재미있", "~습니다"];
        assert_eq!(found(&texts, &["너무"], &["정말로"]), all);
    }

    #[test]
    fn single_characters_of_a_script_without_spaces_are_no_opinions() {
        assert_eq!(found(&["很 好。", "是 好"], &["很"], &["是"]), [""; 0]);
        assert_eq!(found(&["very x. ", "is x"], &["very"], &["is"]), ["x"]);
    }

    /// The opinion words of a text, the negated ones with a mark.
    fn placed(text: &str, opinions: &[&str], negators: &[&str]) -> Vec<String> {
        let vectors = vectors(&[text]);
        let row = |word: &&str| vectors.index(word).map(|row| row as u32);
        let mut rows: Vec<u32> = opinions.iter().filter_map(row).collect();
        rows.sort_unstable();
        let negators = negators.iter().filter_map(row).collect();
        let documents = documents(&vectors, &[text]);
        let places = places(&documents, &rows, &negators, vectors.len());
        let word = |at: u32| vectors.words()[rows[at as usize] as usize].clone();
        let count = rows.len() as u32;
        let shown = places[0].iter().map(|&at| match at < count {
            true => word(at),
            false => format!("not {}", word(at - count)),
        });
        shown.collect()
    }

    #[test]
    fn a_negator_bears_on_three_words_of_its_clause() {
        let negators = ["not"];
        let placed = |text| placed(text, &["good"], &negators);
        assert_eq!(placed("not a very good film"), ["not good"]);
        assert_eq!(placed("not such a very good film"), ["good"]);
        assert_eq!(placed("not, good"), ["good"]);
        assert_eq!(placed("not good, good"), ["good", "not good"]);
    }

    #[test]
    fn a_negator_does_not_bear_on_words_that_hold_it() {
        let placed = |text| placed(text, &["不错", "好吃", "推荐"], &["不", "没有"]);
        assert_eq!(placed("味道不错"), ["不错"]);
        assert_eq!(placed("不好吃"), ["not 好吃"]);
        assert_eq!(placed("不是很好吃"), ["not 好吃"]);
        assert_eq!(placed("没有不错"), ["not 不错"]);
        assert_eq!(placed("不吃，好吃"), ["好吃"]);
        // Six characters are three words.
        assert_eq!(placed("不会给别人推荐"), ["not 推荐"]);
        assert_eq!(placed("不会再给别的人推荐"), ["推荐"]);
    }

    #[test]
    fn a_negator_bears_on_all_parts_of_a_korean_word() {
        let placed = placed("안 재미있습니다", &["재미있습니다", "재미"], &["안"]);
        assert_eq!(placed, ["not 재미있습니다", "not 재미"]);
    }
}
