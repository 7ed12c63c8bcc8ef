//! How good a classifier is, and how sure that is.

pub mod coverage;
pub mod crossvalidation;
pub mod metrics;
pub mod wordvectors;

pub use crate::interval::Interval;
pub use coverage::CoverageCurve;
pub use crossvalidation::CrossValidation;
pub use metrics::{Prediction, Report};
