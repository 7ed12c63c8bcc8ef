//! A model in whichever form its file has.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use super::folded::{FewAnswers, Folded, Scratch};
use super::{Model, Verdict};
use crate::error::Result;

/// Bytes of texts for which a file is not read whole, at most.
const FEW_BYTES: usize = 1 << 14;

/// A model that answers.
#[derive(Debug)]
pub enum Ready {
    /// Laid out to be used as it lies in its file.
    Folded(Box<Folded>),
    /// All that was trained.
    Whole(Box<Model>),
    /// The answers to a few texts, by the texts. Others are answered as if no word of
    /// theirs were known.
    Few(Box<FewAnswers>, FxHashMap<String, usize>),
}

/// A model of whose file no more was read than says what its labels are, if the file is
/// one of which a part can be used.
#[derive(Debug)]
pub struct Opened {
    path: PathBuf,
    model: OpenedModel,
}

#[derive(Debug)]
enum OpenedModel {
    Folded(Box<Folded>),
    Whole(Box<Model>),
}

impl Opened {
    /// Texts for which a file is not read whole, at most.
    pub const FEW: usize = 16;

    /// Opens a model file of any format.
    ///
    /// # Errors
    /// As [`Model::read`], of what is read.
    pub fn read(path: &Path) -> Result<Self> {
        let model = match Folded::opened(path)? {
            Some(folded) => OpenedModel::Folded(Box::new(folded)),
            None => OpenedModel::Whole(Box::new(Model::read(path)?)),
        };
        Ok(Self {
            path: path.to_owned(),
            model,
        })
    }

    /// The label names, sorted.
    pub fn labels(&self) -> &[String] {
        match &self.model {
            OpenedModel::Folded(folded) => folded.labels(),
            OpenedModel::Whole(model) => model.labels(),
        }
    }

    /// The model for any texts, after checking every byte of its file.
    ///
    /// # Errors
    /// As [`Model::read`].
    pub fn whole(self) -> Result<Ready> {
        match self.model {
            OpenedModel::Folded(mut folded) => {
                folded.complete(&self.path)?;
                Ok(Ready::Folded(folded))
            }
            OpenedModel::Whole(model) => Ok(Ready::Whole(model)),
        }
    }

    /// The model for these texts and no others. Where they are few, only that is read of
    /// the file, and checked, what they need.
    ///
    /// # Errors
    /// As [`Model::read`], of what is read.
    pub fn for_these(self, texts: &[String]) -> Result<Ready> {
        let bytes: usize = texts.iter().map(String::len).sum();
        match self.model {
            OpenedModel::Folded(folded) if texts.len() <= Self::FEW && bytes <= FEW_BYTES => {
                let answers = folded.answer_few(&self.path, texts)?;
                let places = texts.iter().cloned().zip(0..).collect();
                Ok(Ready::Few(Box::new(answers), places))
            }
            _ => self.whole(),
        }
    }
}

impl Ready {
    /// Reads a model file of any format, after checking every byte of it.
    ///
    /// # Errors
    /// As [`Model::read`].
    pub fn read(path: &Path) -> Result<Self> {
        Opened::read(path)?.whole()
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
            Self::Folded(folded) => folded.has_subwords(),
            Self::Few(answers, _) => answers.has_subwords(),
            Self::Whole(model) => model.vectors().subwords().is_some(),
        }
    }
}
