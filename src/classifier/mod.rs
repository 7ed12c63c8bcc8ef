//! Sentence vectors to label probabilities.
//!
//! Every classifier is a set of parameters with linfa's `Fit`, giving a fitted
//! classifier with linfa's `Predict` and our [`Probabilities`]. Targets are
//! class numbers from 0; sample weights of the dataset are honoured where the
//! classifier's documentation does not say otherwise.
//!
//! The [`head`] is the one for texts that come with a prior, a score that
//! unlabelled text has taught; it takes that beside the vectors, and so has a
//! `fit` of its own. Models use it where the word vectors have a direction of
//! sentiment, and the [`hidden`] layer alone where they have none.

pub mod attribution;
pub mod head;
pub mod hidden;
pub mod logistic;
pub(crate) mod minimise;
pub(crate) mod readout;
pub mod standardise;
pub mod terms;

use linfa::DatasetBase;
use ndarray::{Array1, Array2};

pub use attribution::{Attribution, OfText};
pub use head::{Head, HeadParams, Scaling};
pub use hidden::{HiddenLayer, HiddenLayerParams};
pub use logistic::{Logistic, LogisticParams};
pub use standardise::Standardiser;
pub use terms::Terms;

/// Sentence vectors (samples x dims) with their class numbers.
pub type Labelled = DatasetBase<Array2<f64>, Array1<usize>>;

/// A fitted classifier that knows how sure it is.
pub trait Probabilities {
    /// Samples x classes; every row sums to 1.
    fn probabilities(&self, samples: &Array2<f64>) -> Array2<f64>;
}

/// No parameter of a trained classifier is larger, and none that is divided by is smaller
/// than its inverse. Within, products of parameters with word vectors do not overflow:
/// finite numbers alone may still add up to answers that are none.
const LARGEST: f64 = 1e50;

/// Whether a classifier may have this parameter: for readers of files.
pub(crate) fn is_parameter(number: f64) -> bool {
    number.abs() <= LARGEST
}

/// Whether it may divide by this one.
pub(crate) fn is_divisor(number: f64) -> bool {
    (LARGEST.recip()..=LARGEST).contains(&number)
}

/// The position of the largest value; the first of equal ones.
pub fn argmax<'a>(values: impl IntoIterator<Item = &'a f64>) -> usize {
    values
        .into_iter()
        .enumerate()
        .fold((0, f64::NEG_INFINITY), |best, (at, &value)| {
            if value > best.1 { (at, value) } else { best }
        })
        .0
}

/// Turns rows of logits into probabilities in place, without overflow.
pub(crate) fn softmax_rows(logits: &mut Array2<f64>) {
    for mut row in logits.rows_mut() {
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        row.mapv_inplace(|value| (value - largest).exp());
        let sum = row.sum();
        row /= sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn softmax_does_not_overflow() {
        let mut logits = ndarray::array![[1000.0, 1000.0, -1000.0]];
        softmax_rows(&mut logits);
        assert_eq!(logits, ndarray::array![[0.5, 0.5, 0.0]]);
    }

    #[test]
    fn argmax_takes_the_first_of_equals() {
        assert_eq!(argmax(&[0.1, 0.7, 0.7]), 1);
        assert_eq!(argmax(&[]), 0);
    }
}
