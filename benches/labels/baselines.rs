//! The methods that senti is compared with. None has a setting that was chosen
//! on a development set: each stands as its authors or its programs have it.
//!
//! The two on n-grams answer every text, as such programs do, with the bias if
//! they know nothing of it. The two on vectors leave a text without a known word
//! undecided, as senti does.

use linfa::traits::Fit;
use ndarray::{Array1, Array2, Axis};
use rayon::prelude::*;
use senti::classifier::{HiddenLayerParams, Labelled, LogisticParams, Probabilities, argmax};
use senti::error::{Error, Result};
use senti::evaluation::Prediction;
use senti::sentence::{SentenceEncoder, WordWeights};
use senti::vectors::WordVectors;

use crate::data::Set;
use crate::logistic::{COST, Fitted, Row, fit};
use crate::ngrams::{Columns, Counts, NGrams};

/// A logistic regression this far from its optimum, for each unit of its length,
/// did not converge.
const FAR: f64 = 1e-3;
/// Added to the counts of naive Bayes.
const SMOOTHING: f64 = 1.0;

/// TF-IDF of words and pairs, and logistic regression. As scikit-learn's
/// `TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)`, learned from the
/// labelled texts:
///
/// ```text
/// (1 + ln count) (1 + ln((1 + n) / (1 + texts with it))), then unit length
/// ```
pub(crate) fn tfidf(set: &Set, ngrams: &NGrams, rows: &[usize]) -> Result<Vec<Prediction>> {
    let labelled = || rows.iter().map(|&row| &ngrams.pool[row]);
    let columns = Columns::of(labelled());
    let mut texts_with = vec![0_usize; columns.len()];
    for text in labelled() {
        for (column, _) in columns.counts(text) {
            texts_with[column as usize] += 1;
        }
    }
    let texts = rows.len() as f64;
    let idf: Vec<f64> = texts_with
        .iter()
        .map(|&with| 1.0 + ((1.0 + texts) / (1.0 + with as f64)).ln())
        .collect();
    let sample = |text: &Counts| -> Row {
        let mut row: Row = columns
            .counts(text)
            .map(|(column, count)| {
                let value = (1.0 + f64::from(count).ln()) * idf[column as usize];
                (column, value)
            })
            .collect();
        let length = row
            .iter()
            .map(|(_, value)| value * value)
            .sum::<f64>()
            .sqrt();
        for (_, value) in &mut row {
            *value /= length;
        }
        row
    };
    let samples: Vec<Row> = labelled().map(sample).collect();
    let fitted = converged(fit(&samples, &signs(set, rows), columns.len(), COST))?;
    Ok(answers(set, ngrams, &fitted, sample))
}

/// N-grams weighted by naive Bayes (Wang and Manning, "Baselines and Bigrams",
/// 2012), and logistic regression in the place of their support vector machine,
/// without interpolation. A text has, for each of its n-grams, whatever its
/// count, the log ratio
///
/// ```text
/// ln((p / |p|) / (q / |q|)),  p = 1 + positive texts with it, q the same of negative
/// ```
pub(crate) fn nbsvm(set: &Set, ngrams: &NGrams, rows: &[usize]) -> Result<Vec<Prediction>> {
    let labelled = || rows.iter().map(|&row| &ngrams.pool[row]);
    let columns = Columns::of(labelled());
    let mut texts_with = [0, 1].map(|_| vec![SMOOTHING; columns.len()]);
    for &row in rows {
        let of_class = &mut texts_with[set.pool.targets[row]];
        for (column, _) in columns.counts(&ngrams.pool[row]) {
            of_class[column as usize] += 1.0;
        }
    }
    let [negative, positive] = texts_with;
    let offset = (negative.iter().sum::<f64>() / positive.iter().sum::<f64>()).ln();
    let ratios: Vec<f64> = positive
        .iter()
        .zip(&negative)
        .map(|(p, q)| (p / q).ln() + offset)
        .collect();
    let sample = |text: &Counts| -> Row {
        columns
            .counts(text)
            .map(|(column, _)| (column, ratios[column as usize]))
            .collect()
    };
    let samples: Vec<Row> = labelled().map(sample).collect();
    let fitted = converged(fit(&samples, &signs(set, rows), columns.len(), COST))?;
    Ok(answers(set, ngrams, &fitted, sample))
}

fn signs(set: &Set, rows: &[usize]) -> Vec<f64> {
    let sign = |&row: &usize| {
        if set.pool.targets[row] == 1 {
            1.0
        } else {
            -1.0
        }
    };
    rows.iter().map(sign).collect()
}

fn converged(fitted: Fitted) -> Result<Fitted> {
    let length = fitted.weights.iter().map(|w| w * w).sum::<f64>().sqrt();
    // Written so that a distance which is not a number fails too.
    if fitted.distance <= FAR * length.max(1.0) {
        return Ok(fitted);
    }
    Err(Error::Diverged {
        what: "the logistic regression on n-grams".to_owned(),
        how: Some(format!("up to {:.1e} from its optimum", fitted.distance)),
        hint: None,
    })
}

fn answers(
    set: &Set,
    ngrams: &NGrams,
    fitted: &Fitted,
    sample: impl Fn(&Counts) -> Row,
) -> Vec<Prediction> {
    let answer = |(text, &truth): (&Counts, &usize)| {
        let positive = 1.0 / (1.0 + (-fitted.logit(&sample(text))).exp());
        let probabilities = vec![1.0 - positive, positive];
        Prediction {
            truth,
            answer: Some(argmax(&probabilities)),
            probabilities,
        }
    };
    ngrams
        .development
        .iter()
        .zip(&set.development.targets)
        .map(answer)
        .collect()
}

/// The plain average of the vectors of every text's different words, and whether
/// it has any known word.
#[derive(Debug)]
pub(crate) struct Averages {
    pool: (Array2<f64>, Vec<bool>),
    development: (Array2<f64>, Vec<bool>),
}

impl Averages {
    /// Encodes the pool and the development set, once for all draws.
    pub(crate) fn new(set: &Set, vectors: &WordVectors) -> Self {
        let (tokenizer, weights) = (vectors.tokenizer(), WordWeights::equal(vectors));
        let encoder = SentenceEncoder::new(vectors, &weights, &tokenizer);
        let average = |texts: &[String]| {
            let encoded: Vec<_> = texts.par_iter().map(|text| encoder.encode(text)).collect();
            let samples = Array2::from_shape_fn((texts.len(), vectors.dims()), |(row, column)| {
                encoded[row].vector[column]
            });
            (samples, encoded.iter().map(|text| text.known > 0).collect())
        };
        Self {
            pool: average(&set.pool.texts),
            development: average(&set.development.texts),
        }
    }

    /// With senti's logistic baseline: linfa-logistic, guarded.
    pub(crate) fn logistic(&self, set: &Set, rows: &[usize]) -> Result<Vec<Prediction>> {
        let params = LogisticParams::new(set.classes.len());
        self.answers(set, rows, &params.fit(&self.labelled(set, rows))?)
    }

    /// With senti's hidden layer.
    pub(crate) fn hidden(&self, set: &Set, rows: &[usize], seed: u64) -> Result<Vec<Prediction>> {
        let params = HiddenLayerParams::new(set.classes.len()).seed(seed);
        self.answers(set, rows, &params.fit(&self.labelled(set, rows))?)
    }

    fn labelled(&self, set: &Set, rows: &[usize]) -> Labelled {
        let (samples, known) = &self.pool;
        let rows: Vec<usize> = rows.iter().copied().filter(|&row| known[row]).collect();
        let targets = rows.iter().map(|&row| set.pool.targets[row]).collect();
        Labelled::new(samples.select(Axis(0), &rows), Array1::from_vec(targets))
    }

    fn answers(
        &self,
        set: &Set,
        rows: &[usize],
        classifier: &impl Probabilities,
    ) -> Result<Vec<Prediction>> {
        let mut shares = vec![0.0; set.classes.len()];
        for &row in rows {
            shares[set.pool.targets[row]] += 1.0 / rows.len() as f64;
        }
        let (samples, known) = &self.development;
        let answers = classifier.probabilities(samples);
        let predictions = answers
            .rows()
            .into_iter()
            .zip(known)
            .zip(&set.development.targets)
            .map(|((row, &known), &truth)| Prediction {
                truth,
                answer: known.then(|| argmax(row)),
                probabilities: if known { row.to_vec() } else { shares.clone() },
            });
        Ok(predictions.collect())
    }
}
