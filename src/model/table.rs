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
        let (features, scores) = self.select(part.records());
        let inputs = Inputs {
            features: &features,
            prior: Some(&scores),
        };
        let weights: Vec<f32> = (0..scores.len()).map(|at| part.weight_for(at)).collect();
        let head = params.fit(inputs, &part.targets().to_vec(), &weights)?;
        Ok(OfTable { table: self, head })
    }

    fn select(&self, records: &Array2<f64>) -> (Array2<f64>, Vec<f64>) {
        let rows: Vec<usize> = records.iter().map(|&row| row as usize).collect();
        let scores = rows.iter().map(|&row| self.scores[row]).collect();
        (self.features.select(Axis(0), &rows), scores)
    }
}

/// A head that answers for rows of a table.
pub(super) struct OfTable<'t> {
    table: &'t Table<'t>,
    pub(super) head: Head,
}

impl Probabilities for OfTable<'_> {
    fn probabilities(&self, samples: &Array2<f64>) -> Array2<f64> {
        let (features, scores) = self.table.select(samples);
        self.head.probabilities(&features, Some(&scores))
    }
}
