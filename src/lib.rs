//! senti

pub mod error;
pub mod files;
pub mod text;
pub mod vectors;
