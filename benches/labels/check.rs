//! What `--check` checks, without any data: that the regression finds the optimum,
//! that draws are what they are said to be, and that the recurrent encoder's
//! gradient is one.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};

use crate::data::Examples;
use crate::draws::{Labels, draws};
use crate::logistic::{Row, fit};
use crate::recurrent;

/// Solutions closer than this are the same.
const SAME: f64 = 1e-5;

/// Ends with a panic where something does not hold.
pub(crate) fn run() {
    for (samples, columns, cost) in [(8, 3, 1.0), (40, 6, 1.0), (40, 6, 30.0), (30, 50, 1.0)] {
        regression(samples, columns, cost);
    }
    balance();
    recurrent::check();
    println!("checked: the logistic regression, the draws, the recurrent encoder");
}

/// The solution of coordinate descent on sparse rows against Newton's method on
/// the same rows, dense.
fn regression(samples: usize, columns: usize, cost: f64) {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(samples as u64);
    let mut uniform = || (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
    let mut rows: Vec<Row> = Vec::new();
    let mut signs = Vec::new();
    for sample in 0..samples {
        let row: Row = (0..columns as u32)
            .map(|column| (column, 4.0 * uniform() - 2.0))
            .filter(|(_, value)| value.abs() > 0.5)
            .collect();
        // Separable by no line: every fifth label is another.
        let side = row
            .iter()
            .filter(|(column, _)| column % 2 == 0)
            .map(|(_, v)| v)
            .sum::<f64>();
        let flipped = sample % 5 == 4;
        signs.push(if (side > 0.3) != flipped { 1.0 } else { -1.0 });
        rows.push(row);
    }
    let fitted = fit(&rows, &signs, columns, cost);
    let expected = newton(&rows, &signs, columns, cost);
    let found = fitted.weights.iter().chain([&fitted.bias]);
    let apart: f64 = found.zip(&expected).map(|(a, b)| (a - b).powi(2)).sum();
    // Rounding may put either a little off.
    let bound = fitted.distance + 1e-9;
    assert!(
        apart.sqrt() < bound && bound < SAME,
        "{samples} samples, {columns} columns: {} apart, said to be at most {bound}",
        apart.sqrt(),
    );
    assert!(expected.iter().any(|weight| weight.abs() > 0.1));
}

/// The weights, and the bias last.
fn newton(rows: &[Row], signs: &[f64], columns: usize, cost: f64) -> Vec<f64> {
    let width = columns + 1;
    let dense: Vec<Vec<f64>> = rows
        .iter()
        .map(|row| {
            let mut dense = vec![0.0; width];
            dense[columns] = 1.0;
            for &(column, value) in row {
                dense[column as usize] = value;
            }
            dense
        })
        .collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let loss = |at: &[f64]| {
        let losses = dense
            .iter()
            .zip(signs)
            .map(|(x, y)| (-y * dot(at, x)).exp().ln_1p());
        0.5 * dot(at, at) + cost * losses.sum::<f64>()
    };
    let mut at = vec![0.0; width];
    for _ in 0..50 {
        // The Hessian with the gradient as one more column.
        let mut system: Vec<Vec<f64>> = (0..width)
            .map(|row| {
                let mut line = vec![0.0; width + 1];
                line[row] = 1.0;
                line[width] = at[row];
                line
            })
            .collect();
        for (x, y) in dense.iter().zip(signs) {
            let wrong = 1.0 / (1.0 + (y * dot(&at, x)).exp());
            for (line, &value) in system.iter_mut().zip(x) {
                for (slot, other) in line.iter_mut().zip(x) {
                    *slot += cost * wrong * (1.0 - wrong) * value * other;
                }
                line[width] -= cost * wrong * y * value;
            }
        }
        let step = solve(system);
        let mut length = 1.0;
        let moved = loop {
            let moved: Vec<f64> = at.iter().zip(&step).map(|(a, s)| a - length * s).collect();
            if loss(&moved) <= loss(&at) || length < 1e-9 {
                break moved;
            }
            length *= 0.5;
        };
        at = moved;
    }
    at
}

/// Gauss's elimination; the matrix is positive definite, so no pivot is zero.
fn solve(mut system: Vec<Vec<f64>>) -> Vec<f64> {
    let width = system.len();
    for pivot in 0..width {
        let chosen = system[pivot].clone();
        let others = system.iter_mut().enumerate();
        for (_, line) in others.filter(|(row, _)| *row != pivot) {
            let factor = line[pivot] / chosen[pivot];
            for (slot, value) in line.iter_mut().zip(&chosen) {
                *slot -= factor * value;
            }
        }
    }
    (0..width)
        .map(|row| system[row][width] / system[row][row])
        .collect()
}

fn balance() {
    let pool = Examples {
        texts: Vec::new(),
        targets: (0..90).map(|row| usize::from(row % 3 == 0)).collect(),
    };
    let of = |number| draws(Labels::Number(number), 20, &pool, 2).expect("30 of each class");
    let (few, more) = (of(8), of(40));
    assert_eq!(few, of(8));
    for (few, more) in few.iter().zip(&more) {
        for (draw, each) in [(few, 4), (more, 20)] {
            let positive = draw.rows.iter().filter(|&&row| pool.targets[row] == 1);
            assert_eq!((positive.count(), draw.rows.len()), (each, 2 * each));
            let mut rows = draw.rows.clone();
            rows.sort_unstable();
            rows.dedup();
            assert_eq!(rows.len(), 2 * each);
        }
        assert!(more.rows.starts_with(&few.rows));
    }
    assert!(few.windows(2).all(|two| two[0].rows != two[1].rows));
    for impossible in [0, 7, 62] {
        assert!(draws(Labels::Number(impossible), 1, &pool, 2).is_err());
    }
    let all = draws(Labels::All, 20, &pool, 2).expect("all of them");
    assert_eq!((all.len(), all[0].rows.len()), (1, 90));
}
