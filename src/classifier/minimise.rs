//! Minimises a smooth function by L-BFGS (argmin's), and never loses the best
//! point seen: a line search that gives up near the optimum is not a failure.

use std::cell::{Cell, RefCell};

use argmin::core::{CostFunction, Executor, Gradient};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;

/// A function of a vector, with its gradient.
pub(crate) trait Objective {
    /// The value at a point, and the gradient there.
    fn evaluate(&self, at: &[f64]) -> (f64, Vec<f64>);
}

/// Where a minimisation ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Minimum {
    pub(crate) at: Vec<f64>,
    /// The largest component of the gradient there.
    pub(crate) slope: f64,
}

/// Pairs of steps and gradient changes that L-BFGS remembers.
const MEMORY: usize = 10;
/// Evaluations allowed for each iteration, on average: a line search takes one
/// or two, and the budget ends one that never would.
const EVALUATIONS_PER_ITERATION: u64 = 20;
/// The gradient's length at which the search ends.
const TOLERANCE: f64 = 1e-4;

pub(crate) fn minimise(objective: &impl Objective, start: Vec<f64>, iterations: u64) -> Minimum {
    let problem = Problem {
        objective,
        last: RefCell::new(None),
        best: RefCell::new((f64::INFINITY, start.clone())),
        evaluations: Cell::new(iterations * EVALUATIONS_PER_ITERATION),
    };
    let solver = LBFGS::new(MoreThuenteLineSearch::new(), MEMORY).with_tolerance_grad(TOLERANCE);
    if let Ok(solver) = solver {
        let run = Executor::new(&problem, solver)
            .configure(|state| state.param(start).max_iters(iterations))
            .run();
        // However it ended, the best point seen is the answer; the slope
        // there tells whether it is one.
        drop(run);
    }
    let at = problem.best.into_inner().1;
    let (_, gradient) = objective.evaluate(&at);
    let slope = gradient.iter().fold(0.0, |most: f64, slope| {
        if slope.is_nan() {
            f64::NAN
        } else {
            most.max(slope.abs())
        }
    });
    Minimum { at, slope }
}

struct Evaluation {
    point: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
}

struct Problem<'a, O> {
    objective: &'a O,
    /// The last point asked for with its value and gradient: the solver asks
    /// for both, one after the other.
    last: RefCell<Option<Evaluation>>,
    best: RefCell<(f64, Vec<f64>)>,
    /// How many more evaluations are allowed.
    evaluations: Cell<u64>,
}

impl<O: Objective> Problem<'_, O> {
    /// The value and gradient at a point; an error, which ends the search,
    /// where they are not finite (the solver would circle there for ever).
    fn at(&self, point: &[f64]) -> Result<(f64, Vec<f64>), argmin::core::Error> {
        if let Some(last) = self.last.borrow().as_ref()
            && last.point == point
        {
            return Ok((last.value, last.gradient.clone()));
        }
        let left = self.evaluations.get().checked_sub(1);
        self.evaluations
            .set(left.ok_or_else(|| argmin::core::Error::msg("out of evaluations"))?);
        let (value, gradient) = self.objective.evaluate(point);
        if !value.is_finite() || gradient.iter().any(|slope| !slope.is_finite()) {
            return Err(argmin::core::Error::msg("not finite"));
        }
        if value < self.best.borrow().0 {
            *self.best.borrow_mut() = (value, point.to_vec());
        }
        *self.last.borrow_mut() = Some(Evaluation {
            point: point.to_vec(),
            value,
            gradient: gradient.clone(),
        });
        Ok((value, gradient))
    }
}

impl<O: Objective> CostFunction for &Problem<'_, O> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, point: &Vec<f64>) -> Result<f64, argmin::core::Error> {
        self.at(point).map(|(value, _)| value)
    }
}

impl<O: Objective> Gradient for &Problem<'_, O> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, point: &Vec<f64>) -> Result<Vec<f64>, argmin::core::Error> {
        self.at(point).map(|(_, gradient)| gradient)
    }
}

/// Holds a gradient against finite differences.
#[cfg(test)]
pub(crate) fn check_gradient(objective: &impl Objective, at: &[f64]) {
    const STEP: f64 = 1e-6;
    let (_, gradient) = objective.evaluate(at);
    assert_eq!(gradient.len(), at.len());
    for (index, slope) in gradient.iter().enumerate() {
        let shifted = |by: f64| {
            let mut at = at.to_vec();
            at[index] += by;
            objective.evaluate(&at).0
        };
        let numeric = (shifted(STEP) - shifted(-STEP)) / (2.0 * STEP);
        assert!(
            (numeric - slope).abs() < 1e-7,
            "{index} of {}: {numeric} against {slope}",
            at.len()
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rosenbrock (1960): the minimum is 0 at (1, 1).
    struct Rosenbrock;

    impl Objective for Rosenbrock {
        fn evaluate(&self, at: &[f64]) -> (f64, Vec<f64>) {
            let (x, y) = (at[0], at[1]);
            let value = (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2);
            let gradient = vec![
                -2.0 * (1.0 - x) - 400.0 * x * (y - x * x),
                200.0 * (y - x * x),
            ];
            (value, gradient)
        }
    }

    #[test]
    fn finds_the_bottom_of_a_curved_valley() {
        let minimum = minimise(&Rosenbrock, vec![-1.2, 1.0], 200);
        assert!((minimum.at[0] - 1.0).abs() < 1e-5, "{minimum:?}");
        assert!(minimum.slope < 1e-4);
    }

    /// A cliff: finite on one side only.
    struct Cliff;

    impl Objective for Cliff {
        fn evaluate(&self, at: &[f64]) -> (f64, Vec<f64>) {
            if at[0] < 0.0 {
                (f64::NAN, vec![f64::NAN])
            } else {
                (at[0], vec![1.0])
            }
        }
    }

    #[test]
    fn it_ends_where_nothing_is_finite() {
        assert!(minimise(&Cliff, vec![1.0], 100).at[0] >= 0.0);
        assert!(minimise(&Cliff, vec![-1.0], 100).slope.is_nan());
    }

    #[test]
    fn few_iterations_give_the_best_seen() {
        let start = vec![-1.2, 1.0];
        let minimum = minimise(&Rosenbrock, start.clone(), 3);
        assert!(Rosenbrock.evaluate(&minimum.at).0 <= Rosenbrock.evaluate(&start).0);
    }
}
