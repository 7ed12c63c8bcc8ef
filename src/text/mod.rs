//! Bytes to tokens: the first stage of the pipeline.
//!
//! [`encoding`] says which bytes are text, [`lines`] unpacks it where it is
//! compressed and cuts it into lines, [`tokenizer`] cuts a line into words (those
//! of ASCII text fast: `ascii`; those of scripts without spaces: `units`), [`stopwords`] says which words carry no meaning,
//! [`clauses`] where they end, [`cues`] which words show opinions, [`labeled`] reads
//! the files that carry labels.

pub(crate) mod ascii;
pub mod clauses;
mod compressed;
pub mod cues;
pub mod encoding;
pub mod filetype;
pub mod labeled;
pub mod lines;
pub mod stopwords;
pub mod tokenizer;
pub(crate) mod units;

pub use labeled::LabeledSet;
pub use lines::Lines;
pub use tokenizer::{Token, Tokenizer};
