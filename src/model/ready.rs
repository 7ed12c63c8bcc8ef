//! A model in whichever form its file has.

use std::cell::RefCell;
use std::path::Path;

use rustc_hash::FxHashMap;

use super::folded::{FewAnswers, Folded, Scratch};
use super::{Model, Verdict};
use crate::error::Result;

/// Texts for which a file is not read whole, at most, and their bytes.
const FEW: usize = 16;
const FEW_BYTES: usize = 1 << 14;

/// A model that answers.
#[derive(Debug)]
pub enum Ready {
    /// Laid out to be used as it lies in its file.
    Folded(Box<Folded>),
    /// All that was trained.
    Whole(Box<Model>),
    /// The answers to a few texts, by the texts.
    Few(Box<FewAnswers>, FxHashMap<String, usize>),
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

    /// Reads of a model file what it takes to answer these texts, if they are few: texts
    /// that are not among them must not be asked for then, and are answered as if no
    /// word of theirs were known.
    ///
    /// # Errors
    /// As [`read`](Self::read), of what is read.
    pub fn read_for(path: &Path, texts: &[String]) -> Result<Self> {
        let bytes: usize = texts.iter().map(String::len).sum();
        if texts.len() <= FEW
            && bytes <= FEW_BYTES
            && let Some(answers) = Folded::answer_few(path, texts)?
        {
            let places = texts.iter().cloned().zip(0..).collect();
            return Ok(Self::Few(Box::new(answers), places));
        }
        Self::read(path)
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
            Self::Few(answers, places) => match places.get(text) {
                Some(&place) => answers.verdicts()[place].clone(),
                None => answers.unknown(),
            },
        }
    }

    /// The label names, sorted.
    pub fn labels(&self) -> &[String] {
        match self {
            Self::Folded(folded) => folded.labels(),
            Self::Whole(model) => model.labels(),
            Self::Few(answers, _) => answers.labels(),
        }
    }

    /// The name of a verdict's label, or `undecided`.
    pub fn name(&self, verdict: &Verdict) -> &str {
        match self {
            Self::Folded(folded) => folded.name(verdict),
            Self::Whole(model) => model.name(verdict),
            Self::Few(answers, _) => answers.name(verdict),
        }
    }

    /// Whether unseen words may have vectors.
    pub fn has_subwords(&self) -> bool {
        match self {
            Self::Folded(_) | Self::Few(..) => false,
            Self::Whole(model) => model.vectors().subwords().is_some(),
        }
    }
}
