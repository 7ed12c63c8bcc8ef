//! Logistic regression on sparse rows, two classes, with a ridge penalty.
//!
//! With labels y of -1 and 1, and a component of 1 appended to every row, whose
//! weight is the bias and is penalised like the others:
//!
//! ```text
//! f(w) = 1/2 |w|^2 + C * sum over i of ln(1 + exp(-y_i w.x_i))
//! ```
//!
//! Solved by coordinate descent in the dual (Yu, Huang and Lin, "Dual coordinate
//! descent methods for logistic regression and maximum entropy models", 2011, the
//! method of LIBLINEAR's solver 7): each sample has a number a_i between 0 and C,
//! w = sum of a_i y_i x_i, and one a_i at a time is moved to its optimum by
//! Newton's method in one variable.
//!
//! Nobody has to trust that it converged. f is strongly convex with constant 1,
//! so no optimum is farther away than the gradient of f is long; [`fit`] returns
//! that length, and it is checked.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

use crate::draws::shuffle;

/// Columns and values; columns that are not named are 0.
pub(crate) type Row = Vec<(u32, f64)>;

/// C: the usual default, of LIBLINEAR and scikit-learn alike.
pub(crate) const COST: f64 = 1.0;
/// Passes over the samples, at most.
const PASSES: usize = 2_000;
/// The slope of the dual at which a pass is the last one.
const SLOPE: f64 = 1e-7;
/// Newton steps for one variable, at most.
const STEPS: usize = 100;

/// What was fitted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fitted {
    pub(crate) weights: Vec<f64>,
    pub(crate) bias: f64,
    /// The optimum is not farther away than this.
    pub(crate) distance: f64,
}

impl Fitted {
    /// w.x with the bias: the log odds of the class whose y is 1.
    pub(crate) fn logit(&self, row: &[(u32, f64)]) -> f64 {
        self.bias
            + row
                .iter()
                .map(|&(column, value)| self.weights[column as usize] * value)
                .sum::<f64>()
    }

    fn add(&mut self, by: f64, row: &[(u32, f64)]) {
        self.bias += by;
        for &(column, value) in row {
            self.weights[column as usize] += by * value;
        }
    }
}

/// Fits rows of so many columns to `signs`, -1 or 1 for each.
pub(crate) fn fit(rows: &[Row], signs: &[f64], columns: usize, cost: f64) -> Fitted {
    let squares: Vec<f64> = rows
        .iter()
        .map(|row| 1.0 + row.iter().map(|(_, value)| value * value).sum::<f64>())
        .collect();
    // a, and C - a: near C the difference would be lost.
    let start = (0.001 * cost).min(1e-8);
    let mut duals = vec![[start, cost - start]; rows.len()];
    let mut fitted = Fitted {
        weights: vec![0.0; columns],
        bias: 0.0,
        distance: 0.0,
    };
    for (row, sign) in rows.iter().zip(signs) {
        fitted.add(sign * start, row);
    }
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut random = Xoshiro256PlusPlus::seed_from_u64(0);
    for _ in 0..PASSES {
        shuffle(&mut order, &mut random);
        let mut steepest: f64 = 0.0;
        for &sample in &order {
            let margin = signs[sample] * fitted.logit(&rows[sample]);
            let (change, slope) = settle(&mut duals[sample], squares[sample], margin, cost);
            steepest = steepest.max(slope);
            if change != 0.0 {
                fitted.add(signs[sample] * change, &rows[sample]);
            }
        }
        if steepest < SLOPE {
            break;
        }
    }
    fitted.distance = slope(&fitted, rows, signs, cost);
    fitted
}

/// Moves one sample's a to its optimum; returns by how much, and the slope that
/// there was before.
///
/// The slope is q (z - a) + m + ln(z / (C - z)), q the square of the row's length
/// and m its margin. Of a and C - a the one that ends below C / 2 is the
/// variable, so that both stay precise.
fn settle(dual: &mut [f64; 2], square: f64, margin: f64, cost: f64) -> (f64, f64) {
    let flipped = 0.5 * square * (dual[1] - dual[0]) + margin < 0.0;
    let (this, sign) = if flipped { (1, -1.0) } else { (0, 1.0) };
    let old = dual[this];
    let slope_at = |z: f64| square * (z - old) + sign * margin + (z / (cost - z)).ln();
    let before = slope_at(old).abs();
    // A start beyond the middle is on the wrong side of the optimum.
    let mut z = if cost - old < 0.5 * cost {
        0.1 * old
    } else {
        old
    };
    for _ in 0..STEPS {
        let slope = slope_at(z);
        if slope.abs() < 0.1 * SLOPE {
            break;
        }
        let next = z - slope / (square + cost / (cost - z) / z);
        z = if next <= 0.0 { 0.1 * z } else { next };
    }
    dual[this] = z;
    dual[1 - this] = cost - z;
    (sign * (z - old), before)
}

/// The length of the gradient of f.
fn slope(fitted: &Fitted, rows: &[Row], signs: &[f64], cost: f64) -> f64 {
    let mut gradient = Fitted {
        distance: 0.0,
        ..fitted.clone()
    };
    for (row, sign) in rows.iter().zip(signs) {
        let wrong = 1.0 / (1.0 + (sign * fitted.logit(row)).exp());
        gradient.add(-cost * sign * wrong, row);
    }
    let squares = gradient.weights.iter().map(|slope| slope * slope);
    (squares.sum::<f64>() + gradient.bias * gradient.bias).sqrt()
}
