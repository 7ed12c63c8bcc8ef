//! Labelled texts as the head sees them.

use ndarray::{Array1, Array2, Axis};

use crate::classifier::head::Inputs;
use crate::classifier::{Head, HeadParams, Labelled, Probabilities};
use crate::error::Result;

/// What is known of each text.
pub(super) struct Table<'a> {
    /// Their vectors, texts x d.
    pub(super) features: &'a Array2<f64>,
    /// Their scores.
    pub(super) scores: &'a [f64],
    /// Their terms, where there are labels enough for any to have a weight.
    pub(super) terms: Option<&'a [Vec<u32>]>,
    /// How much there is of each.
    pub(super) extents: &'a [f64],
}

/// Some of the rows.
struct Part {
    features: Array2<f64>,
    scores: Vec<f64>,
    terms: Option<Vec<Vec<u32>>>,
    extents: Vec<f64>,
}

impl Part {
    fn inputs(&self) -> Inputs<'_> {
        Inputs {
            features: &self.features,
            prior: Some(&self.scores),
            terms: self.terms.as_deref(),
            extents: Some(&self.extents),
        }
    }
}

impl Table<'_> {
    /// A data set whose records are the numbers of the rows (texts x 1): what else is
    /// known of a text stands here.
    pub(super) fn rows(&self, targets: &[usize], weights: &[f32]) -> Labelled {
        let rows = Array2::from_shape_fn((self.scores.len(), 1), |(row, _)| row as f64);
        Labelled::new(rows, Array1::from(targets.to_vec()))
            .with_weights(Array1::from(weights.to_vec()))
    }

    /// Trains a head on some of the rows.
    pub(super) fn fit(&self, params: &HeadParams, part: &Labelled) -> Result<OfTable<'_>> {
        let rows = self.select(part.records());
        let samples = 0..rows.scores.len();
        let weights: Vec<f32> = samples.map(|at| part.weight_for(at)).collect();
        let head = params.fit(rows.inputs(), &part.targets().to_vec(), &weights)?;
        Ok(OfTable { table: self, head })
    }

    fn select(&self, records: &Array2<f64>) -> Part {
        let rows: Vec<usize> = records.iter().map(|&row| row as usize).collect();
        let terms = |all: &[Vec<u32>]| rows.iter().map(|&row| all[row].clone()).collect();
        Part {
            features: self.features.select(Axis(0), &rows),
            scores: rows.iter().map(|&row| self.scores[row]).collect(),
            terms: self.terms.map(terms),
            extents: rows.iter().map(|&row| self.extents[row]).collect(),
        }
    }
}

/// A head that answers for rows of a table.
pub(super) struct OfTable<'t> {
    table: &'t Table<'t>,
    pub(super) head: Head,
}

impl Probabilities for OfTable<'_> {
    fn probabilities(&self, samples: &Array2<f64>) -> Array2<f64> {
        self.head.probabilities(self.table.select(samples).inputs())
    }
}
