//! A model in whichever form its file has.

use std::cell::RefCell;
use std::path::Path;

use super::folded::{Folded, Scratch};
use super::{Model, Verdict};
use crate::error::Result;

/// A model that answers.
#[derive(Debug)]
pub enum Ready {
    /// Laid out to be used as it lies in its file.
    Folded(Box<Folded>),
    /// All that was trained.
    Whole(Box<Model>),
}

impl Ready {
    /// Reads a model file of any format, after checking every byte of it.
    ///
    /// # Errors
    /// As [`Model::read`].
    pub fn read(path: &Path) -> Result<Self> {
        match Folded::read(path)? {
            Some(folded) => Ok(Self::Folded(Box::new(folded))),
            None => Model::read(path).map(|model| Self::Whole(Box::new(model))),
        }
    }

    /// Answers one text, as [`Model::classify`] does.
    pub fn classify(&self, text: &str) -> Verdict {
        thread_local! {
            static SCRATCH: RefCell<Scratch> = RefCell::default();
        }
        match self {
            Self::Whole(model) => model.classify(text),
            Self::Folded(folded) => {
                SCRATCH.with_borrow_mut(|scratch| folded.classify(text, scratch))
            }
        }
    }

    /// The label names, sorted.
    pub fn labels(&self) -> &[String] {
        match self {
            Self::Folded(folded) => folded.labels(),
            Self::Whole(model) => model.labels(),
        }
    }

    /// The name of a verdict's label, or `undecided`.
    pub fn name(&self, verdict: &Verdict) -> &str {
        match self {
            Self::Folded(folded) => folded.name(verdict),
            Self::Whole(model) => model.name(verdict),
        }
    }

    /// Whether unseen words may have vectors.
    pub fn has_subwords(&self) -> bool {
        match self {
            Self::Folded(_) => false,
            Self::Whole(model) => model.vectors().subwords().is_some(),
        }
    }
}
