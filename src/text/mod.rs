//! Bytes to tokens: the first stage of the pipeline.
//!
//! [`encoding`] says which bytes are text, [`lines`] unpacks it where it is
//! compressed and cuts it into lines, [`tokenizer`] cuts a line into words (those
//! of ASCII text fast: `ascii`), [`stopwords`] says which words carry no meaning,
//! [`labeled`] reads the files that carry labels.

pub(crate) mod ascii;
mod compressed;
pub mod encoding;
pub mod filetype;
pub mod labeled;
pub mod lines;
pub mod stopwords;
pub mod tokenizer;

pub use labeled::LabeledSet;
pub use lines::Lines;
pub use tokenizer::{Token, Tokenizer};
