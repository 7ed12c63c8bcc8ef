//! How good word vectors are by themselves: similarity judgements and analogies.

use std::path::Path;

use ndarray::{Array2, ArrayView2, Axis};

use crate::error::{Error, Place, Result};
use crate::text::lines::{Lines, LongLines};
use crate::vectors::WordVectors;

/// A longer line is no question.
const LONGEST_LINE: usize = 1 << 16;
/// Analogies that are answered at once: bounds the memory of their scores.
const BATCH: usize = 256;

/// Questions about word vectors, of one of two kinds.
#[derive(Debug, Clone, PartialEq)]
pub enum Questions {
    /// Two words and how similar people find them.
    Similarity(Vec<(String, String, f64)>),
    /// A is to B as C is to D.
    Analogies(Vec<[String; 4]>),
}

/// What vectors make of questions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answers {
    /// For similarity, Spearman's rank correlation of cosines and judgements;
    /// for analogies, the share answered right. Nothing when too few could be
    /// asked.
    pub score: Option<f64>,
    /// Questions all of whose words have a vector.
    pub asked: usize,
    /// Questions in the file.
    pub questions: usize,
}

impl Questions {
    /// Reads questions: lines of two words and a number, or of four words, with
    /// section names behind a colon. Fields stand apart by white space; words
    /// are lower-cased; a first line that is neither is a header.
    ///
    /// # Errors
    /// [`Error::Input`] with the line, or when there is no question.
    pub fn read(path: &Path) -> Result<Self> {
        let mut lines = Lines::open(path, LongLines::Refuse(LONGEST_LINE))?;
        let (mut pairs, mut analogies) = (Vec::new(), Vec::new());
        while let Some(line) = lines.next_line()? {
            let lower = line.text.to_lowercase();
            if lower.trim().is_empty() || lower.starts_with(':') {
                continue;
            }
            let fields: Vec<&str> = lower.split_whitespace().collect();
            match fields.as_slice() {
                [a, b, score] if score.parse::<f64>().is_ok_and(f64::is_finite) => {
                    let score = score.parse().unwrap_or_default();
                    pairs.push(((*a).to_owned(), (*b).to_owned(), score));
                }
                [a, b, c, d] => analogies.push([a, b, c, d].map(|word| (*word).to_owned())),
                _ if line.number == 1 => {}
                _ => {
                    return Err(Error::input(
                        Place::line(&path.display().to_string(), line.number).at_byte(line.offset),
                        format!("{} fields", fields.len()),
                        "two words and a number, or four words",
                    ));
                }
            }
        }
        match (pairs.is_empty(), analogies.is_empty()) {
            (false, true) => Ok(Self::Similarity(pairs)),
            (true, false) => Ok(Self::Analogies(analogies)),
            (true, true) => Err(Error::input(
                Place::file(path),
                "no questions",
                "lines of two words and a number, or of four words",
            )),
            (false, false) => Err(Error::input(
                Place::file(path),
                "both kinds of questions",
                "one kind in a file",
            )),
        }
    }

    /// Asks the vectors. Analogies are answered among the first `candidates`
    /// words of the vocabulary (the most frequent ones, where senti trained it),
    /// and asked only when all four words are among them.
    pub fn ask(&self, vectors: &WordVectors, candidates: usize) -> Answers {
        match self {
            Self::Similarity(pairs) => similarity(vectors, pairs),
            Self::Analogies(analogies) => ask_analogies(vectors, analogies, candidates),
        }
    }
}

fn similarity(vectors: &WordVectors, pairs: &[(String, String, f64)]) -> Answers {
    let (mut cosines, mut judgements) = (Vec::new(), Vec::new());
    for (a, b, judgement) in pairs {
        if let (Some(a), Some(b)) = (vectors.vector(a), vectors.vector(b)) {
            let products = a.iter().zip(&*b);
            cosines.push(products.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum());
            judgements.push(*judgement);
        }
    }
    Answers {
        score: spearman(&cosines, &judgements),
        asked: cosines.len(),
        questions: pairs.len(),
    }
}

/// Spearman's rank correlation (1904), equal values sharing their mean rank;
/// nothing for less than two values or when one side is constant.
pub fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    let (a, b) = (ranks(a), ranks(b));
    let mean = (a.len() as f64 - 1.0) / 2.0;
    let product = |a: &[f64], b: &[f64]| -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - mean) * (b - mean)).sum()
    };
    let spread = (product(&a, &a) * product(&b, &b)).sqrt();
    (spread > 0.0).then(|| product(&a, &b) / spread)
}

fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    while first < order.len() {
        let equal = order[first..]
            .iter()
            .take_while(|&&at| values[at] == values[order[first]])
            .count();
        for &at in &order[first..first + equal] {
            ranks[at] = first as f64 + (equal as f64 - 1.0) / 2.0;
        }
        first += equal;
    }
    ranks
}

fn ask_analogies(vectors: &WordVectors, analogies: &[[String; 4]], candidates: usize) -> Answers {
    let candidates = candidates.min(vectors.len());
    let rows = &vectors.rows()[..candidates * vectors.dims()];
    // The rows are whole, so this cannot fail; no matrix, no question.
    let Ok(rows) = ArrayView2::from_shape((candidates, vectors.dims()), rows) else {
        return Answers {
            score: None,
            asked: 0,
            questions: analogies.len(),
        };
    };
    let known: Vec<[usize; 4]> = analogies
        .iter()
        .filter_map(|words| {
            let mut found = [0; 4];
            for (slot, word) in found.iter_mut().zip(words) {
                *slot = vectors.index(word).filter(|&index| index < candidates)?;
            }
            Some(found)
        })
        .collect();
    let right: usize = known
        .chunks(BATCH)
        .map(|batch| {
            // 3CosAdd: the word nearest to B - A + C that is none of the three
            // (Mikolov, Yih and Zweig 2013, section 4).
            let mut queries = Array2::zeros((batch.len(), rows.ncols()));
            for (mut query, [a, b, c, _]) in queries.rows_mut().into_iter().zip(batch) {
                query += &rows.row(*b);
                query -= &rows.row(*a);
                query += &rows.row(*c);
            }
            let scores = queries.dot(&rows.t());
            scores
                .axis_iter(Axis(0))
                .zip(batch)
                .filter(|(scores, [a, b, c, d])| {
                    let best = scores
                        .iter()
                        .enumerate()
                        .filter(|(word, _)| word != a && word != b && word != c)
                        .max_by(|x, y| x.1.total_cmp(y.1));
                    best.is_some_and(|(word, _)| word == *d)
                })
                .count()
        })
        .sum();
    Answers {
        score: (!known.is_empty()).then(|| right as f64 / known.len() as f64),
        asked: known.len(),
        questions: analogies.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors() -> WordVectors {
        let words = ["man", "woman", "king", "queen", "tree"].map(str::to_owned);
        let rows = [
            [0.1, 1.0, 0.2],
            [0.1, -1.0, 0.2],
            [1.0, 1.0, 0.0],
            [1.0, -1.0, 0.0],
            [0.0, 0.0, 1.0],
        ];
        WordVectors::new(words.to_vec(), rows.concat(), 3).unwrap()
    }

    fn read(content: &str) -> Result<Questions> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("questions");
        std::fs::write(&path, content).unwrap();
        Questions::read(&path)
    }

    #[test]
    fn spearman_agrees_with_the_textbook() {
        // Ranks 0 1 2 3 4 against 1 0 3 2 4: 1 - 6 * 4 / (5 * 24) = 0.8.
        let a = [1.0, 2.0, 3.0, 4.0, 5.0];
        assert!((spearman(&a, &[20.0, 10.0, 40.0, 30.0, 50.0]).unwrap() - 0.8).abs() < 1e-12);
        assert_eq!(spearman(&a, &[5.0, 4.0, 3.0, 2.0, 1.0]), Some(-1.0));
        // Ties: ranks 0.5 0.5 2 against 0 1 2.
        let tied = spearman(&[7.0, 7.0, 9.0], &[1.0, 2.0, 3.0]).unwrap();
        assert!((tied - 0.866_025_4).abs() < 1e-6);
        assert_eq!(spearman(&[1.0, 1.0], &[1.0, 2.0]), None);
        assert_eq!(spearman(&[], &[]), None);
    }

    #[test]
    fn both_kinds_are_read_and_asked() {
        let similar =
            read("word1\tword2\tscore\nman\tKING\t8\nman\twoman\t5\nman\tx\t1\n").unwrap();
        let answers = similar.ask(&vectors(), 99);
        assert_eq!((answers.asked, answers.questions), (2, 3));
        assert_eq!(answers.score, Some(1.0));
        let analogies = read(": family\nman woman king queen\nking queen man tree\nman x king y\n");
        let answers = analogies.unwrap().ask(&vectors(), 99);
        assert_eq!((answers.asked, answers.score), (2, Some(0.5)));
        let few = read("man woman king queen\n").unwrap().ask(&vectors(), 3);
        assert_eq!((few.asked, few.score), (0, None));
    }

    #[test]
    fn what_is_no_question_is_refused() {
        assert!(read("").is_err());
        assert!(read("man woman king queen\nman woman 3\n").is_err());
        let error = read("a b 1\nnonsense\n").unwrap_err().to_string();
        assert!(error.contains("line 2, byte 6"), "{error}");
        assert!(read("header only\n").is_err());
    }
}
