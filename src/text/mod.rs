//! Bytes to tokens: the first stage of the pipeline.
//!
//! [`lines`] turns files of any encoding we accept into lines of text,
//! [`tokenizer`] cuts a line into words, [`stopwords`] says which words carry
//! no meaning, [`labeled`] reads the files that carry labels.

pub mod filetype;
pub mod labeled;
mod labeled_formats;
pub mod lines;
pub mod stopwords;
pub mod tokenizer;

pub use labeled::LabeledSet;
pub use lines::Lines;
pub use tokenizer::{Token, Tokenizer};
