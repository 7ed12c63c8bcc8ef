//! The words that opinions are made of: those that follow both an intensifier
//! ("very") and a copula ("is") more often than chance has it.

use rustc_hash::FxHashSet;

use super::documents::{CLAUSE, Documents};
use crate::text::cues::Cues;
use crate::vectors::WordVectors;

/// Added to a word's count, so that rare words need more evidence.
const SMOOTHING: f64 = 20.0;
/// The least geometric mean of the two lifts.
const LEAST_LIFT: f64 = 0.5;
/// So many of the most frequent words are never opinions.
const TOO_FREQUENT: usize = 100;

/// Words that a negator bears on, at most.
const SCOPE: usize = 3;

/// Rows of the opinion words, rising.
///
/// With c(C, w) how often w follows a cue of the class C, n(w) how often it occurs
/// and p(C) the share of cues among words, lift(w, C) = c(C, w) / (n(w) + 20) /
/// p(C); kept is what has sqrt(lift(w, intensifiers) lift(w, copulas)) > 0.5. That
/// adjectives which carry opinion are those that can be graded is Hatzivassiloglou
/// and Wiebe's observation (2000).
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
        for &word in document.iter().filter(|&&id| id < CLAUSE) {
            counts[word as usize] += 1;
        }
        for pair in document.windows(2) {
            let &[first, second] = pair else { continue };
            if first >= CLAUSE || second >= CLAUSE {
                continue;
            }
            for (marks, after) in classes.iter().zip(&mut after) {
                after[second as usize] += u32::from(marks[first as usize]);
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
    let mut by_count: Vec<u32> = counts.clone();
    by_count.sort_unstable_by(|a, b| b.cmp(a));
    let most = by_count.get(TOO_FREQUENT).copied().unwrap_or(u32::MAX);
    (0..vectors.len())
        .filter(|&word| {
            let lift = |class: usize| {
                f64::from(after[class][word])
                    / (f64::from(counts[word]) + SMOOTHING)
                    / shares[class]
            };
            counts[word] <= most
                && after.iter().all(|after| after[word] >= least)
                && !classes.iter().any(|marks| marks[word])
                && (lift(0) * lift(1)).sqrt() > LEAST_LIFT
        })
        .map(|word| word as u32)
        .collect()
}

/// For each document, its different opinion words: their places in the list, and
/// those of negated ones beyond its end, so that they are words of their own.
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
            let mut scope = 0;
            for id in document {
                let Some(&at) = place.get(*id as usize) else {
                    scope = 0;
                    continue;
                };
                if at != NONE {
                    places.push(if scope > 0 {
                        at + opinions.len() as u32
                    } else {
                        at
                    });
                }
                scope = match negators.contains(id) {
                    true => SCOPE,
                    false => usize::saturating_sub(scope, 1),
                };
            }
            places.sort_unstable();
            places.dedup();
            places
        })
        .collect()
}
