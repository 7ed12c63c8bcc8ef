//! Which texts are labelled: seeded draws, the same for every method.

use std::fmt;
use std::str::FromStr;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use senti::error::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::data::Examples;

/// How many texts are labelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) enum Labels {
    /// So many, the same number of each class.
    Number(usize),
    /// All of the pool, as they come.
    All,
}

impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::All => f.write_str("all"),
        }
    }
}

impl FromStr for Labels {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "all" => Ok(Self::All),
            _ => text
                .parse()
                .map(Self::Number)
                .map_err(|_| format!("{text:?} is neither a number nor all")),
        }
    }
}

impl From<Labels> for String {
    fn from(labels: Labels) -> Self {
        labels.to_string()
    }
}

impl TryFrom<String> for Labels {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Self, String> {
        text.parse()
    }
}

/// The texts of one draw, as rows of the pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draw {
    pub(crate) labels: Labels,
    /// Which one; it is the seed too.
    pub(crate) number: u64,
    pub(crate) rows: Vec<usize>,
}

/// The draws of so many labels: one of all, `count` of a number.
///
/// A larger draw holds the smaller ones of its number, so that what more labels
/// change is not blurred by which they are.
pub(crate) fn draws(
    labels: Labels,
    count: u64,
    pool: &Examples,
    classes: usize,
) -> Result<Vec<Draw>> {
    match labels {
        Labels::All => Ok(vec![Draw {
            labels,
            number: 0,
            rows: (0..pool.targets.len()).collect(),
        }]),
        Labels::Number(number) => (0..count)
            .map(|draw| {
                Ok(Draw {
                    labels,
                    number: draw,
                    rows: balanced(number, draw, pool, classes)?,
                })
            })
            .collect(),
    }
}

fn balanced(number: usize, seed: u64, pool: &Examples, classes: usize) -> Result<Vec<usize>> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut by_class = Vec::new();
    for class in 0..classes {
        let mut rows: Vec<usize> = (0..pool.targets.len())
            .filter(|&row| pool.targets[row] == class)
            .collect();
        shuffle(&mut rows, &mut random);
        by_class.push(rows);
    }
    let each = number / classes;
    let most = by_class.iter().map(Vec::len).min().unwrap_or(0);
    if each == 0 || !number.is_multiple_of(classes) || each > most {
        return Err(Error::setting(
            "--labels",
            number,
            format!(
                "a multiple of {classes}, at most {}, or all",
                classes * most
            ),
        ));
    }
    Ok((0..each)
        .flat_map(|place| by_class.iter().map(move |rows| rows[place]))
        .collect())
}

/// Puts items into a random order (Fisher and Yates 1938, in Durstenfeld's
/// form).
pub(crate) fn shuffle<T>(items: &mut [T], random: &mut Xoshiro256PlusPlus) {
    for last in (1..items.len()).rev() {
        let bound = last as u64 + 1;
        items.swap(last, (((random.next_u64() >> 32) * bound) >> 32) as usize);
    }
}
