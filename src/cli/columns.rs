//! Which columns of a labelled file to read.

use clap::Args;
use senti::text::labeled::ColumnChoice;

#[derive(Debug, Args)]
pub(super) struct ColumnOptions {
    /// The column (or JSON field) of the label, by name or by number from 1;
    /// without it, found by names such as label or sentiment, or by content.
    #[arg(long, value_name = "COLUMN")]
    label_column: Option<String>,
    /// The column (or JSON field) of the text, likewise.
    #[arg(long, value_name = "COLUMN")]
    text_column: Option<String>,
}

impl ColumnOptions {
    pub(super) fn choice(&self) -> ColumnChoice {
        ColumnChoice {
            text: self.text_column.clone(),
            label: self.label_column.clone(),
        }
    }
}
