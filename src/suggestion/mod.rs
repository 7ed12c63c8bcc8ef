//! Which texts to label first.
//!
//! [`Pool`] keeps a sample of the texts that could be labelled. Of these
//! [`typical`] takes some that stand for many others and differ from each other,
//! where there is no model yet, and [`uncertain`] some of those that a model
//! knows least about.
//!
//! Both cut their candidates into clusters, one for each text that is wanted,
//! and take from each the text nearest to its centre. With few labels, typical
//! texts serve better than the ones that a model is least sure of, which are
//! often merely odd (Hacohen, Dekel and Weinshall, "Active Learning on a Budget:
//! Opposite Strategies Suit High and Low Budgets", 2022). Clusters for the
//! labelled texts too, and a choice among those that hold the fewest of them, are
//! taken from that paper. What is typical is simpler here: the paper looks at the
//! nearest neighbours of a text, and this at the centre of its cluster. Texts of
//! unusual length, which a centre would not keep out, are left out before.
//!
//! The same texts, seed and number give the same suggestions, whatever the order
//! of the texts; of texts with the same known words, the first stands for all.

mod pool;

pub use pool::{LEAST_WORDS, Pool};

use std::cmp::Reverse;

use crate::clusters::{Clusters, Points};
use crate::error::{Error, Result};
use crate::model::{Model, Verdict};
use crate::random::{Use, stream};
use pool::Candidate;

/// The most texts that are suggested at once.
pub const MOST_SUGGESTIONS: usize = 1000;
/// The most clusters, unless more texts are wanted.
const MOST_CLUSTERS: usize = 500;
/// A text is of ordinary length when at most a tenth of all has less words, and
/// at most a tenth has more.
const UNUSUAL: usize = 10;
/// A model is in doubt about a tenth of the texts; of few texts about more, so
/// that there is a choice: so many for each that is wanted,
const DOUBTFUL_FOR_EACH: usize = 10;
/// but at most a quarter.
const DOUBTFUL_OF_FEW: usize = 4;
const DOUBTFUL: usize = 10;

/// At most `count` texts that stand for many, the one with the most like it
/// first.
///
/// # Errors
/// [`Error::Setting`] when `count` is 0 or above [`MOST_SUGGESTIONS`].
pub fn typical<'p>(pool: &'p Pool<'_>, count: usize) -> Result<Vec<&'p str>> {
    check(count)?;
    let candidates = ordinary(pool, count);
    let chosen = spread(&candidates, pool, count);
    Ok(chosen.into_iter().map(|at| text(candidates[at])).collect())
}

/// At most `count` texts that a model is unsure of and that differ from each
/// other, the least certain first. The pool's words must be those of the model's vectors.
///
/// # Errors
/// [`Error::Setting`] when `count` is 0 or above [`MOST_SUGGESTIONS`].
pub fn uncertain<'p>(pool: &'p Pool<'_>, model: &Model, count: usize) -> Result<Vec<&'p str>> {
    check(count)?;
    let mut judged: Vec<(f64, &Candidate)> = ordinary(pool, count)
        .into_iter()
        .map(|candidate| (margin(&model.classify(&candidate.text)), candidate))
        .collect();
    judged.sort_by(|a, b| a.0.total_cmp(&b.0));
    let of_few = (count * DOUBTFUL_FOR_EACH).min(judged.len() / DOUBTFUL_OF_FEW);
    judged.truncate((judged.len() / DOUBTFUL).max(of_few).max(count));
    let candidates: Vec<&Candidate> = judged.iter().map(|&(_, candidate)| candidate).collect();
    let mut chosen = spread(&candidates, pool, count);
    // They are in the order of their margins.
    chosen.sort_unstable();
    Ok(chosen.into_iter().map(|at| text(candidates[at])).collect())
}

fn text(candidate: &Candidate) -> &str {
    &candidate.text
}

/// Whether so many texts can be asked for.
///
/// # Errors
/// [`Error::Setting`] when they are none, or more than [`MOST_SUGGESTIONS`].
pub fn check(count: usize) -> Result<()> {
    match count {
        1..=MOST_SUGGESTIONS => Ok(()),
        _ => Err(Error::setting(
            "--count",
            count,
            format!("1 to {MOST_SUGGESTIONS}"),
        )),
    }
}

/// How much more probable the first label is than the second.
fn margin(verdict: &Verdict) -> f64 {
    let mut sorted = verdict.probabilities.clone();
    sorted.sort_by(|a, b| b.total_cmp(a));
    match sorted.as_slice() {
        [first, second, ..] => first - second,
        _ => 1.0,
    }
}

/// The candidates of ordinary length; all of them where that leaves too few.
fn ordinary<'p>(pool: &'p Pool<'_>, count: usize) -> Vec<&'p Candidate> {
    let mut lengths: Vec<usize> = pool.candidates().map(|one| one.words).collect();
    lengths.sort_unstable();
    let tail = lengths.len() / UNUSUAL;
    let ends = lengths.get(tail).zip(lengths.iter().nth_back(tail));
    let usual: Vec<&Candidate> = pool
        .candidates()
        .filter(|one| ends.is_some_and(|(&low, &high)| (low..=high).contains(&one.words)))
        .collect();
    match usual.len() < count {
        true => pool.candidates().collect(),
        false => usual,
    }
}

/// Up to `count` candidates, as positions: the nearest to the centre of each
/// cluster; first the clusters with the fewest labelled texts, of these the
/// largest. Where clusters are fewer, they give their second nearest too, and so
/// on.
fn spread(candidates: &[&Candidate], pool: &Pool<'_>, count: usize) -> Vec<usize> {
    if candidates.is_empty() {
        return Vec::new();
    }
    let labelled: Vec<&[f32]> = pool.labelled().collect();
    let rows = || candidates.iter().map(|one| one.vector.as_slice());
    let mean = mean(rows());
    let points = Points::new(rows(), &mean);
    let wanted = (count + labelled.len())
        .min(MOST_CLUSTERS.max(count))
        .min(candidates.len());
    let clusters = Clusters::find(&points, wanted, &mut stream(Use::Clusters, pool.seed()));

    let mut taken = vec![0; wanted];
    for (cluster, _) in clusters.nearest(&Points::new(labelled.into_iter(), &mean)) {
        taken[cluster] += 1;
    }
    let mut members: Vec<Vec<(f32, usize)>> = vec![Vec::new(); wanted];
    for (point, (cluster, distance)) in clusters.nearest(&points).into_iter().enumerate() {
        members[cluster].push((distance, point));
    }
    for cluster in &mut members {
        cluster.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    }
    let mut ranked: Vec<usize> = (0..wanted).collect();
    ranked.sort_by_key(|&cluster| (taken[cluster], Reverse(members[cluster].len())));

    let longest = members.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest)
        .flat_map(|rank| ranked.iter().map(move |&cluster| (cluster, rank)))
        .filter_map(|(cluster, rank)| members[cluster].get(rank))
        .map(|&(_, point)| point)
        .take(count)
        .collect()
}

/// The mean of vectors; nothing of none.
fn mean<'v>(rows: impl Iterator<Item = &'v [f32]>) -> Vec<f32> {
    let mut sum: Vec<f64> = Vec::new();
    let mut number = 0.0;
    for row in rows {
        sum.resize(row.len(), 0.0);
        number += 1.0;
        for (sum, &value) in sum.iter_mut().zip(row) {
            *sum += f64::from(value);
        }
    }
    sum.iter().map(|sum| (sum / number) as f32).collect()
}

#[cfg(test)]
mod tests;
