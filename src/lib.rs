//! senti

pub mod classifier;
pub mod demo;
pub mod error;
pub mod evaluation;
pub mod files;
pub mod model;
pub mod sentence;
pub mod text;
pub mod vectors;
