//! Ridge-penalised logistic regression, and the evidence for it.
//!
//! With Phi the samples x columns, w the weights, o an offset that is not
//! learned and p = softmax(o + Phi w), the weights minimise
//!
//! ```text
//! L(w) = - sum over samples i of w_i ln p_i[y_i]  +  1/2 |w|^2
//! ```
//!
//! which is the log posterior, up to a sign, where every weight is normal with
//! deviation 1 before the labels are seen: a column counts for as much as its
//! scale. The Laplace approximation of the evidence, the probability of the
//! labels with the weights integrated out, is
//!
//! ```text
//! ln Z = - L(w*)  -  1/2 ln det(I + Phi' W Phi)        W = - d^2 ln p / d logit^2
//! ```
//!
//! By Sylvester's identity the determinant is that of I + W^1/2 K W^1/2 with
//! K = Phi Phi', and |w*|^2 is f' K^-1 f of the logits f: this is the evidence
//! of a Gaussian process with that kernel (Rasmussen and Williams 2006,
//! equation 3.32; for several classes, 3.44).
//!
//! With fewer samples than columns the optimum lies in the span of the samples
//! (anything orthogonal to it costs and changes no logit), so an orthonormal
//! basis of the span replaces the columns, and everything is n x n.

use ndarray::{Array1, Array2, Axis, s};

use super::super::minimise::{Objective, minimise};
use super::cholesky::Cholesky;
use super::labels::{Labels, Loss};
use crate::error::{Error, Result};

/// Iterations of L-BFGS, at most; it takes tens.
const ITERATIONS: u64 = 300;
/// The largest Hessian that is factored whole; with more free weights the
/// blocks between different classes are left out of the determinant.
const WHOLE: usize = 600;

/// Where a fit ended.
#[derive(Debug, Clone)]
pub(super) struct Optimum {
    /// Free logits x columns.
    pub(super) weights: Array2<f64>,
    pub(super) log_evidence: f64,
    /// The largest component of the gradient there.
    pub(super) slope: f64,
}

/// The samples as the regression sees them.
#[derive(Debug, Clone)]
pub(super) struct Design {
    /// Phi, samples x columns.
    pub(super) columns: Array2<f64>,
    /// o, what is added to the logits and not learned, samples x free logits.
    pub(super) offset: Array2<f64>,
}

impl Design {
    /// The free logits, samples x free logits.
    pub(super) fn logits(&self, weights: &Array2<f64>) -> Array2<f64> {
        self.columns.dot(&weights.t()) + &self.offset
    }

    /// The same with more that is added and not learned.
    pub(super) fn beside(mut self, logits: &Array2<f64>) -> Self {
        self.offset += logits;
        self
    }

    /// The same of some samples only.
    pub(super) fn select(&self, samples: &[usize]) -> Self {
        Self {
            columns: self.columns.select(Axis(0), samples),
            offset: self.offset.select(Axis(0), samples),
        }
    }
}

/// Fits the weights, from `start` where one is given.
///
/// # Errors
/// [`Error::Diverged`] where the numbers are not finite.
pub(super) fn fit(
    design: &Design,
    labels: &Labels,
    start: Option<&Array2<f64>>,
) -> Result<Optimum> {
    if design.columns.nrows() < design.columns.ncols() {
        let basis = span(&design.columns);
        let within = Design {
            columns: design.columns.dot(&basis),
            offset: design.offset.clone(),
        };
        let optimum = fit_all(&within, labels, None)?;
        return Ok(Optimum {
            weights: optimum.weights.dot(&basis.t()),
            ..optimum
        });
    }
    fit_all(design, labels, start)
}

fn fit_all(design: &Design, labels: &Labels, start: Option<&Array2<f64>>) -> Result<Optimum> {
    let problem = Problem { design, labels };
    let shape = (labels.free(), design.columns.ncols());
    let start = start.map_or_else(|| Array2::zeros(shape), Clone::clone);
    let weights = problem.minimum(start)?;
    let (value, gradient, loss) = problem.at(&weights);
    let slope = gradient.iter().fold(0.0, |most: f64, slope| {
        if slope.is_nan() {
            f64::NAN
        } else {
            most.max(slope.abs())
        }
    });
    let log_evidence = -value - 0.5 * problem.log_det(&loss)?;
    if !log_evidence.is_finite() || !slope.is_finite() {
        return Err(diverged());
    }
    Ok(Optimum {
        weights,
        log_evidence,
        slope,
    })
}

pub(super) fn diverged() -> Error {
    Error::Diverged {
        what: "the classifier".to_owned(),
        how: None,
        hint: None,
    }
}

/// An orthonormal basis of the span of the rows, columns x rank (Gram and
/// Schmidt, twice over, so that it stays orthonormal).
fn span(rows: &Array2<f64>) -> Array2<f64> {
    let mut basis: Vec<Array1<f64>> = Vec::new();
    for row in rows.rows() {
        let length = row.dot(&row).sqrt();
        let mut rest = row.to_owned();
        for _ in 0..2 {
            for known in &basis {
                let along = known.dot(&rest);
                rest.scaled_add(-along, known);
            }
        }
        let left = rest.dot(&rest).sqrt();
        if left > 1e-9 * length {
            basis.push(rest / left);
        }
    }
    let mut matrix = Array2::zeros((rows.ncols(), basis.len()));
    for (mut column, vector) in matrix.columns_mut().into_iter().zip(&basis) {
        column.assign(vector);
    }
    matrix
}

/// What is minimised.
#[derive(Clone, Copy)]
pub(super) struct Problem<'a> {
    pub(super) design: &'a Design,
    pub(super) labels: &'a Labels,
}

impl<'a> Problem<'a> {
    fn matrix(&self, weights: &[f64]) -> Array2<f64> {
        let shape = (self.labels.free(), self.design.columns.ncols());
        Array2::from_shape_fn(shape, |(row, column)| weights[row * shape.1 + column])
    }

    /// L, its gradient (free logits x columns), and the loss without the ridge.
    fn at(&self, weights: &Array2<f64>) -> (f64, Array2<f64>, Loss) {
        let loss = self.labels.loss(&self.design.logits(weights));
        let value = loss.value + 0.5 * weights.iter().map(|w| w * w).sum::<f64>();
        let gradient = loss.errors.t().dot(&self.design.columns) + weights;
        (value, gradient, loss)
    }

    /// A block of the Hessian of L: that of the weights of logits a and b.
    fn block(&self, loss: &Loss, a: usize, b: usize) -> Array2<f64> {
        let columns = &self.design.columns;
        let mut scaled = columns.clone();
        for (sample, mut row) in scaled.rows_mut().into_iter().enumerate() {
            let (p, q) = (
                loss.probabilities[[sample, a]],
                loss.probabilities[[sample, b]],
            );
            let curvature = if a == b { p * (1.0 - p) } else { -p * q };
            row *= self.labels.weights[sample] * curvature;
        }
        let mut block = columns.t().dot(&scaled);
        if a == b {
            block.diag_mut().mapv_inplace(|value| value + 1.0);
        }
        block
    }

    fn log_det(&self, loss: &Loss) -> Result<f64> {
        let (free, width) = (self.labels.free(), self.design.columns.ncols());
        let factor = |matrix: &Array2<f64>| Cholesky::of(matrix).ok_or_else(diverged);
        if free * width > WHOLE {
            return (0..free).try_fold(0.0, |sum, a| {
                Ok(sum + factor(&self.block(loss, a, a))?.log_det())
            });
        }
        let mut hessian = Array2::zeros((free * width, free * width));
        for a in 0..free {
            for b in 0..=a {
                hessian
                    .slice_mut(s![a * width..(a + 1) * width, b * width..(b + 1) * width])
                    .assign(&self.block(loss, a, b));
            }
        }
        Ok(factor(&hessian)?.log_det())
    }

    /// The minimum of L, which is convex, from any start.
    fn minimum(self, start: Array2<f64>) -> Result<Array2<f64>> {
        let rounded = self.rounded()?;
        let minimum = minimise(&rounded, rounded.round(start), ITERATIONS);
        Ok(rounded.weights(&minimum.at))
    }

    /// The same problem, about equally steep in all directions.
    pub(super) fn rounded(self) -> Result<Rounded<'a>> {
        let even = Loss {
            value: 0.0,
            errors: Array2::zeros((0, 0)),
            probabilities: Array2::from_elem((self.design.columns.nrows(), 1), 0.5),
        };
        let bound = Cholesky::of(&self.block(&even, 0, 0)).ok_or_else(diverged)?;
        Ok(Rounded {
            problem: self,
            bound,
        })
    }
}

/// L as a function of v = C' w for each free logit, with C C' = I + 1/4 Phi' Phi
/// (sample weights in it), the bound that the Hessian of one logit never
/// exceeds (Böhning and Lindsay 1988). Seen so, all directions are about
/// equally steep, and L-BFGS, which would take hundreds of iterations, takes
/// tens.
pub(super) struct Rounded<'a> {
    problem: Problem<'a>,
    bound: Cholesky,
}

impl Rounded<'_> {
    /// v of w.
    pub(super) fn round(&self, mut weights: Array2<f64>) -> Vec<f64> {
        for mut row in weights.rows_mut() {
            let moved = self.bound.transposed_times(&row.to_owned());
            row.assign(&moved);
        }
        weights.iter().copied().collect()
    }

    /// w of v.
    pub(super) fn weights(&self, at: &[f64]) -> Array2<f64> {
        let mut weights = self.problem.matrix(at);
        for mut row in weights.rows_mut() {
            self.bound.backward(&mut row);
        }
        weights
    }

    /// The gradient of v, of that of w.
    pub(super) fn gradient(&self, mut gradient: Array2<f64>) -> Vec<f64> {
        for mut row in gradient.rows_mut() {
            self.bound.forward(&mut row);
        }
        gradient.iter().copied().collect()
    }
}

impl Objective for Rounded<'_> {
    fn evaluate(&self, at: &[f64]) -> (f64, Vec<f64>) {
        let (value, gradient, _) = self.problem.at(&self.weights(at));
        (value, self.gradient(gradient))
    }
}

#[cfg(test)]
mod tests {
    use super::super::labels::free_logits;
    use super::*;

    fn wave(rows: usize, columns: usize) -> Array2<f64> {
        Array2::from_shape_fn((rows, columns), |(i, j)| ((5 * i + 3 * j) as f64).sin())
    }

    fn labels(samples: usize, classes: usize) -> Labels {
        Labels {
            targets: (0..samples).map(|i| (i * i + 1) % classes).collect(),
            weights: (0..samples).map(|i| 0.5 + (i % 3) as f64).collect(),
            classes,
        }
    }

    fn design(columns: Array2<f64>, classes: usize) -> Design {
        let mut offset = Array2::zeros((columns.nrows(), free_logits(classes)));
        for (i, mut row) in offset.rows_mut().into_iter().enumerate() {
            row[0] = (i as f64).cos();
        }
        Design { columns, offset }
    }

    /// One weight: the integral of likelihood times normal density, by the
    /// trapezoid rule, against Laplace's approximation of it.
    #[test]
    fn the_evidence_is_about_the_integral() {
        for (samples, scale) in [(3, 0.4), (12, 0.4), (12, 1.5), (60, 1.0)] {
            let design = design(wave(samples, 1) * scale, 2);
            let labels = labels(samples, 2);
            let step = 1e-3;
            let integral: f64 = (-8000..=8000)
                .map(|at| {
                    let w = f64::from(at) * step;
                    let weights = Array2::from_elem((1, 1), w);
                    let loss = labels.loss(&design.logits(&weights)).value;
                    (-loss - 0.5 * w * w).exp() * step
                })
                .sum();
            let truth = (integral / (2.0 * std::f64::consts::PI).sqrt()).ln();
            let evidence = fit(&design, &labels, None).unwrap().log_evidence;
            assert!(
                (truth - evidence).abs() < 0.02,
                "{samples}, {scale}: {evidence} against {truth}"
            );
        }
    }

    /// The span replaces columns where there are fewer samples; nothing may
    /// change but the time.
    #[test]
    fn few_samples_and_many_columns_give_the_same_as_all_columns() {
        for classes in [2, 3] {
            let mut columns = wave(6, 9);
            // A repeated sample, so that the span is smaller still.
            let first = columns.row(0).to_owned();
            columns.row_mut(5).assign(&first);
            let design = design(columns, classes);
            let labels = labels(6, classes);
            let short = fit(&design, &labels, None).unwrap();
            let long = fit_all(&design, &labels, None).unwrap();
            assert!((short.log_evidence - long.log_evidence).abs() < 1e-7);
            assert!(
                (short.weights - long.weights)
                    .iter()
                    .all(|difference| difference.abs() < 1e-4)
            );
        }
    }

    #[test]
    fn the_gradient_and_the_hessian_are_those_of_the_loss() {
        for classes in [2, 4] {
            let design = design(wave(7, 3), classes);
            let labels = labels(7, classes);
            let problem = Problem {
                design: &design,
                labels: &labels,
            };
            let free = labels.free();
            let at = wave(free, 3);
            let (_, gradient, loss) = problem.at(&at);
            let h = 1e-5;
            for index in 0..free * 3 {
                let shifted = |by: f64| {
                    let mut at = at.clone();
                    at[[index / 3, index % 3]] += by;
                    problem.at(&at)
                };
                let (up, down) = (shifted(h), shifted(-h));
                let numeric = (up.0 - down.0) / (2.0 * h);
                assert!((numeric - gradient[[index / 3, index % 3]]).abs() < 1e-7);
                let curvature = (up.1 - down.1) / (2.0 * h);
                for other in 0..free {
                    let block = problem.block(&loss, index / 3, other);
                    for column in 0..3 {
                        let exact = block[[index % 3, column]];
                        assert!((curvature[[other, column]] - exact).abs() < 1e-7);
                    }
                }
            }
        }
    }

    #[test]
    fn it_ends_at_the_minimum_and_weights_count_like_repetitions() {
        for classes in [2, 3] {
            let once = design(wave(20, 4), classes);
            let mut labels = labels(20, classes);
            labels.weights = (0..20).map(|i| if i == 3 { 2.0 } else { 1.0 }).collect();
            let weighted = fit(&once, &labels, None).unwrap();
            assert!(weighted.slope < 1e-3, "{}", weighted.slope);

            let samples: Vec<usize> = (0..20).chain([3]).collect();
            let mut repeated = labels.select(&samples);
            repeated.weights.fill(1.0);
            let twice = fit(&once.select(&samples), &repeated, None).unwrap();
            assert!((weighted.log_evidence - twice.log_evidence).abs() < 1e-6);
        }
    }

    #[test]
    fn where_it_starts_does_not_matter() {
        for classes in [2, 3] {
            let design = design(wave(40, 4) * 3.0, classes);
            let labels = labels(40, classes);
            let start = wave(labels.free(), 4) * 2.0;
            let cold = fit(&design, &labels, None).unwrap();
            let warm = fit(&design, &labels, Some(&start)).unwrap();
            assert!((cold.log_evidence - warm.log_evidence).abs() < 1e-6);
            let differences = cold.weights - warm.weights;
            assert!(differences.iter().all(|difference| difference.abs() < 1e-3));
        }
    }

    #[test]
    fn what_is_not_finite_is_an_error() {
        let mut columns = wave(6, 2);
        columns[[2, 1]] = f64::NAN;
        for classes in [2, 3] {
            assert!(fit(&design(columns.clone(), classes), &labels(6, classes), None).is_err());
        }
    }
}
