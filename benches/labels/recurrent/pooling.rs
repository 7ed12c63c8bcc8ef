//! The states of a text become one: their mean, or the largest value of each unit.

use linfa::Float;
use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use super::batch::Batch;
use super::gru::{row, row_mut};

/// How the states of a text become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pooling {
    Mean,
    Max,
}

impl Pooling {
    /// Pools states (places x units) into `pooled` (texts x units, all 0). Returns
    /// the place of each maximum, text after text; nothing for the mean.
    pub(crate) fn forward<F: Float>(
        self,
        batch: &Batch,
        hidden: &Array2<F>,
        pooled: &mut ArrayViewMut2<'_, F>,
    ) -> Vec<usize> {
        let units = hidden.ncols();
        let mut maxima = match self {
            Self::Mean => Vec::new(),
            Self::Max => vec![0; batch.lengths.len() * units],
        };
        for (place, text) in batch.texts().enumerate() {
            let values = row(hidden, place);
            let mut pooled = pooled.row_mut(text);
            match self {
                Self::Mean => {
                    let share = F::one() / F::cast(batch.lengths[text]);
                    for (onto, &value) in pooled.iter_mut().zip(values) {
                        *onto += share * value;
                    }
                }
                Self::Max => {
                    // The first places are the first words of the texts in turn.
                    let first = place == text;
                    let maxima = &mut maxima[text * units..(text + 1) * units];
                    for ((onto, at), &value) in pooled.iter_mut().zip(maxima).zip(values) {
                        if first || value > *onto {
                            (*onto, *at) = (value, place);
                        }
                    }
                }
            }
        }
        maxima
    }

    /// The gradient by the states, from `slopes`, that by the pooled ones.
    pub(crate) fn backward<F: Float>(
        self,
        batch: &Batch,
        slopes: &ArrayView2<'_, F>,
        maxima: &[usize],
    ) -> Array2<F> {
        let units = slopes.ncols();
        let mut by_hidden = Array2::zeros((batch.words.len(), units));
        match self {
            Self::Mean => {
                for (place, text) in batch.texts().enumerate() {
                    let share = F::one() / F::cast(batch.lengths[text]);
                    let onto = row_mut(&mut by_hidden, place).iter_mut();
                    for (onto, &slope) in onto.zip(slopes.row(text)) {
                        *onto = share * slope;
                    }
                }
            }
            Self::Max => {
                for (number, (&place, &slope)) in maxima.iter().zip(slopes).enumerate() {
                    by_hidden[[place, number % units]] = slope;
                }
            }
        }
        by_hidden
    }
}
