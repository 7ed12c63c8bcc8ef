//! Labelled files: which columns to read, and what was found.

use std::path::Path;

use clap::Args;
use senti::error::Result;
use senti::text::labeled::names::alike;
use senti::text::labeled::{ColumnChoice, LabeledSet};

use super::printer::{Printer, counted, harmless};

/// Lines that are listed one by one in a warning.
const MOST_LISTED: usize = 5;

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
    /// The labelled texts of a file; says how many there are and how they were
    /// read, which lines have no label yet, and which labels may be one.
    pub(super) fn read(&self, file: &Path, printer: &Printer) -> Result<LabeledSet> {
        let choice = ColumnChoice {
            text: self.text_column.clone(),
            label: self.label_column.clone(),
        };
        let set = LabeledSet::read(file, &choice)?;
        printer.note(&format!(
            "{} in {} ({})",
            counted(set.len() as u64, "labelled text"),
            harmless(&file.display().to_string()),
            set.detected
        ));
        if !set.unlabeled.is_empty() {
            printer.warn(&format!(
                "{} without a label, left out ({})",
                counted(set.unlabeled.len() as u64, "text"),
                listed(&set.unlabeled)
            ));
        }
        warn_of_spellings(&set, file, printer);
        Ok(set)
    }
}

/// Warns of labels that are probably one. Joined without a word they could not be
/// told apart where somebody means to.
fn warn_of_spellings(set: &LabeledSet, file: &Path, printer: &Printer) {
    let counts = set.class_counts();
    for places in alike(&set.classes) {
        let spellings: Vec<String> = places
            .iter()
            .map(|&place| {
                let texts = counted(counts[place] as u64, "text");
                format!("{:?} ({texts})", harmless(&set.classes[place]))
            })
            .collect();
        printer.warn(&format!(
            "{} that differ in case or white space only: {}; each counts as a label of its own: if they are one, write them alike in {}",
            counted(places.len() as u64, "label"),
            spellings.join(", "),
            harmless(&file.display().to_string())
        ));
    }
}

/// Line 3, or line 3, 5, 8, ...
pub(super) fn listed(lines: &[u64]) -> String {
    let first: Vec<String> = lines.iter().take(MOST_LISTED).map(u64::to_string).collect();
    let more = if lines.len() > MOST_LISTED {
        ", ..."
    } else {
        ""
    };
    format!("line {}{more}", first.join(", "))
}
