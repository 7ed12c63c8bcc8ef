//! senti

pub mod classifier;
pub mod error;
pub mod files;
pub mod sentence;
pub mod text;
pub mod vectors;
