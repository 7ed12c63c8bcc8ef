//! How many records were answered, and how many could not be.

use serde::{Deserialize, Serialize};

use super::super::exit::{Failure, Outcome};
use super::rendering::Piece;

/// What is said at the end.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Tally {
    pub(super) records: u64,
    unreadable: u64,
    /// What was wrong with the first of them, and what helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl Tally {
    pub(super) fn add(&mut self, piece: &Piece) {
        self.records += piece.records;
        self.unreadable += piece.unreadable;
        if self.first.is_none()
            && let Some(error) = &piece.first_error
        {
            self.first = Some(error.to_string());
            self.hint = error.hint().map(ToOwned::to_owned);
        }
    }

    /// Success, unless something could not be read.
    pub(super) fn outcome(self) -> Outcome {
        match self.first {
            None => Ok(()),
            Some(first) => Err(Failure::Unreadable {
                unreadable: self.unreadable,
                records: self.records,
                first,
                hint: self.hint,
            }),
        }
    }
}
