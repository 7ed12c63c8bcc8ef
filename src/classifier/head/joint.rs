//! Columns and terms, fitted together.
//!
//! The loss of `linear.rs` with the rows of `terms.rs` beside the columns, and one
//! ridge on all weights,
//!
//! ```text
//! L(w, v) = - sum over samples i of w_i ln p_i[y_i]  +  1/2 |w|^2  +  1/2 |v|^2
//! ```
//!
//! minimised by L-BFGS from the optimum of the columns alone, with v = 0. As the
//! columns are brought to one steepness, so is each term, by itself: it is a
//! function of u_j = b_j v_j, with b_j^2 = 1 + 1/4 sum of w_i x_ij^2 the bound on
//! the second derivative along v_j. There are more weights than samples, and the
//! last digits of most are of no consequence, so it is stopped and not waited
//! for.

use ndarray::Array2;

use super::super::minimise::{Objective, minimise};
use super::labels::Labels;
use super::linear::{Design, Problem, Rounded, diverged};
use super::terms::Rows;
use crate::error::Result;

/// Iterations of L-BFGS. On 15,000 documents, twice as many changed the accuracy
/// by 0.03 points.
const ITERATIONS: u64 = 40;

/// Where a joint fit ended.
pub(super) struct Joint {
    /// w, free logits x columns.
    pub(super) weights: Array2<f64>,
    /// v, free logits x terms.
    pub(super) terms: Array2<f32>,
    /// The largest component of the gradient there.
    pub(super) slope: f64,
}

/// Fits both, from the optimum `start` of the columns, free logits x columns.
///
/// # Errors
/// [`Error::Diverged`](crate::error::Error::Diverged) where the numbers are not
/// finite.
pub(super) fn fit(
    design: &Design,
    rows: &Rows<'_>,
    labels: &Labels,
    start: &Array2<f64>,
) -> Result<Joint> {
    let objective = Sum::new(design, rows, labels)?;
    let mut from = objective.columns.round(start.clone());
    from.resize(from.len() + rows.weights(), 0.0);
    let (weights, terms) = objective.parts(&minimise(&objective, from, ITERATIONS).at);
    let (value, of_columns, of_terms) = objective.at(&weights, &terms);
    let gradient = of_columns.iter().chain(&of_terms);
    let slope = gradient.fold(0.0, |most: f64, slope| most.max(slope.abs()));
    let known = weights
        .iter()
        .chain(&terms)
        .all(|weight| weight.is_finite());
    if !known || !value.is_finite() {
        return Err(diverged());
    }
    let width = rows.width();
    Ok(Joint {
        weights,
        terms: Array2::from_shape_fn((labels.free(), width), |(free, term)| {
            terms[free * width + term] as f32
        }),
        slope,
    })
}

/// L as a function of the columns' weights, rounded, and the u of the terms
/// behind them.
struct Sum<'a> {
    design: &'a Design,
    rows: &'a Rows<'a>,
    labels: &'a Labels,
    columns: Rounded<'a>,
    /// b, one logit after the other.
    steepness: Vec<f64>,
}

impl<'a> Sum<'a> {
    fn new(design: &'a Design, rows: &'a Rows<'_>, labels: &'a Labels) -> Result<Self> {
        let curvature = rows.squares(&labels.weights).into_iter();
        Ok(Self {
            design,
            rows,
            labels,
            columns: Problem { design, labels }.rounded()?,
            steepness: curvature.map(|sum| (1.0 + 0.25 * sum).sqrt()).collect(),
        })
    }

    /// w and v.
    fn parts(&self, at: &[f64]) -> (Array2<f64>, Vec<f64>) {
        let (columns, terms) = at.split_at(at.len() - self.steepness.len());
        let terms = terms.iter().zip(&self.steepness).map(|(u, b)| u / b);
        (self.columns.weights(columns), terms.collect())
    }

    /// L and its gradients along w and v.
    fn at(&self, weights: &Array2<f64>, terms: &[f64]) -> (f64, Array2<f64>, Vec<f64>) {
        let logits = self.design.logits(weights) + self.rows.logits(terms);
        let loss = self.labels.loss(&logits);
        let squares: f64 = weights
            .iter()
            .chain(terms)
            .map(|weight| weight * weight)
            .sum();
        let of_columns = loss.errors.t().dot(&self.design.columns) + weights;
        let mut of_terms = terms.to_vec();
        self.rows.add_gradient(&loss.errors, &mut of_terms);
        (loss.value + 0.5 * squares, of_columns, of_terms)
    }
}

impl Objective for Sum<'_> {
    fn evaluate(&self, at: &[f64]) -> (f64, Vec<f64>) {
        let (weights, terms) = self.parts(at);
        let (value, of_columns, of_terms) = self.at(&weights, &terms);
        let mut gradient = self.columns.gradient(of_columns);
        gradient.extend(
            of_terms
                .iter()
                .zip(&self.steepness)
                .map(|(slope, b)| slope / b),
        );
        (value, gradient)
    }
}

#[cfg(test)]
mod tests {
    use super::super::labels::free_logits;
    use super::super::terms::Samples;
    use super::*;
    use crate::classifier::minimise::check_gradient;

    fn wave(rows: usize, columns: usize) -> Array2<f64> {
        Array2::from_shape_fn((rows, columns), |(i, j)| ((5 * i + 3 * j) as f64).sin())
    }

    /// Samples of some of six terms, one of them without any.
    fn terms(samples: usize) -> Vec<Vec<u32>> {
        let of = |i: usize| {
            (0..6).filter(move |j| !i.is_multiple_of(5) && (i * 7 + j * j).is_multiple_of(3))
        };
        (0..samples)
            .map(|i| of(i).map(|j| j as u32).collect())
            .collect()
    }

    fn labels(samples: usize, classes: usize) -> Labels {
        Labels {
            targets: (0..samples).map(|i| (i * i + 1) % classes).collect(),
            weights: (0..samples).map(|i| 0.5 + (i % 3) as f64).collect(),
            classes,
        }
    }

    fn design(samples: usize, columns: usize, classes: usize) -> Design {
        Design {
            columns: wave(samples, columns),
            offset: wave(samples, free_logits(classes)),
        }
    }

    #[test]
    fn the_gradient_is_that_of_the_loss() {
        for (samples, columns, classes) in [(7, 3, 2), (9, 2, 3), (4, 1, 4), (1, 1, 2)] {
            let (design, labels) = (design(samples, columns, classes), labels(samples, classes));
            let terms = terms(samples);
            let samples = Samples::new(&terms);
            let ratios = samples.ratios(&labels);
            let rows = Rows::new(&samples, &ratios, 3.0);
            let objective = Sum::new(&design, &rows, &labels).unwrap();
            let count = columns * labels.free() + rows.weights();
            let at: Vec<f64> = (0..count).map(|i| (i as f64).sin()).collect();
            check_gradient(&objective, &at);
        }
    }

    /// Terms are columns like others: so the fit of columns alone knows the
    /// answer.
    #[test]
    fn it_ends_where_the_same_columns_end() {
        let (design, labels) = (design(30, 3, 2), labels(30, 2));
        let terms = terms(30);
        let samples = Samples::new(&terms);
        let ratios = samples.ratios(&labels);
        let rows = Rows::new(&samples, &ratios, 2.0);
        let joint = fit(&design, &rows, &labels, &Array2::zeros((1, 3))).unwrap();
        assert!(joint.slope < 1e-3, "{}", joint.slope);

        let width = rows.width();
        let columns = Array2::from_shape_fn((30, 3 + width), |(sample, column)| {
            let Some(term) = column.checked_sub(3) else {
                return design.columns[[sample, column]];
            };
            let mut one = vec![0.0; width];
            one[term] = 1.0;
            rows.logits(&one)[[sample, 0]]
        });
        let whole = Design {
            columns,
            offset: design.offset.clone(),
        };
        let expected = super::super::linear::fit(&whole, &labels, None).unwrap();
        let got = joint.weights.iter().copied();
        let got = got.chain(joint.terms.iter().map(|&v| f64::from(v)));
        for (got, expected) in got.zip(&expected.weights) {
            assert!((got - expected).abs() < 1e-4, "{got} {expected}");
        }
    }

    #[test]
    fn what_is_not_finite_is_an_error() {
        let mut design = design(6, 2, 2);
        design.offset[[3, 0]] = f64::NAN;
        let (labels, terms) = (labels(6, 2), terms(6));
        let samples = Samples::new(&terms);
        let ratios = samples.ratios(&labels);
        let rows = Rows::new(&samples, &ratios, 1.0);
        assert!(fit(&design, &rows, &labels, &Array2::zeros((1, 2))).is_err());
    }
}
