//! How good a classifier is, and how sure that is.

pub mod crossvalidation;
pub mod interval;
pub mod metrics;
pub mod wordvectors;

pub use crossvalidation::CrossValidation;
pub use interval::Interval;
pub use metrics::{Prediction, Report};
