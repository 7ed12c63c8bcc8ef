//! What was typed behind `senti classify`.

use std::path::PathBuf;

use clap::Args;
use senti::error::{Error, Result};
use senti::model::Thresholds;
use serde_json::{Value, json};

use super::super::locate::{ModelChoice, is_standard_input};
use super::super::thresholds::ThresholdOptions;
use super::rendering::Form;
use super::shape::Format;
use super::shard::Shard;

/// More threads than this are a slip of the finger.
const MOST_THREADS: usize = 1024;

/// Say which label a text has
///
/// Prints label<TAB>probability<TAB>text, one line for each text, in their
/// order. Texts are the arguments, or the lines of a file, or the lines of
/// standard input. A text without any known word is answered "undecided", with
/// the share of the most frequent label in the training (or of senti train --prior)
/// as its probability; one below --min-probability or --min-known is too, with the probability that its
/// label would have. Control characters in texts are shown as escapes. A text
/// that begins with a dash stands behind two: senti classify -- "-1 star".
///
/// With --json each line is an object: "label"; where that is "undecided", "why":
/// "no_known_word", "too_few_known_words" or "not_sure_enough"; "probability" of
/// the most probable label; "probabilities", one for each label; "known", how
/// many words have a vector, of "tokens" in all; "unseen", how many of those have
/// it from their n-grams only (see senti pretrain --subwords); "text".
///
/// With --explain the words that decided are listed below each line: what each word,
/// and each pair of words that counts as one, adds to the log odds of the answer,
/// ln p / (1 - p), the heaviest first. What speaks for the answer is above 0 (green),
/// what speaks against it below (red). A word counts by how it differs from the usual
/// text; the base is what the model says of a text of which nothing is known to it.
/// They sum to the log odds, nothing is left over. With --json "explanation" has the
/// "label" that is explained, "log_odds", "base", all "parts" in the order of the
/// text, with their bytes from "start" to "end", "text", "value" and whether negation
/// turned what they say ("negated"), and the "unknown" words.
///
/// With --top K the most probable labels are listed, too: below the line, or as "top".
///
/// Tables are handed on with columns added at their end. A table is a file called .tsv,
/// .csv or .jsonl (or so with .gz or .zst behind), or one whose first line shows it: names
/// of columns, one of them "text", "review" or the like, or a JSON object with such a
/// field. The columns are "label", "probability" and, as they are asked for, "label_1",
/// "probability_1" and so on (in JSON "top", a list), "explanation" (JSON) and, unless
/// --strict, "error". Everything else stays as it is; empty lines are left out, and so
/// are empty files among several. Whether all have the same columns is looked at before
/// anything is answered. With --to JSON lines in files become the rows of another table:
/// its columns are all fields, in the order in which they first appear; what is no string
/// stays JSON, and null is an empty cell. So do rows of Parquet.
///
/// A line or record that cannot be read has its place among the answers: as text with an
/// empty label, an empty probability and what is wrong in place of the text, in tables
/// with that in "error", in JSON as an object with "error" and "line". Of a record of a
/// table what can be read stays, with U+FFFD for bytes that are no text. The others are
/// answered, and the exit code is 3. With --strict it is the end. What is behind damage in
/// compressed data or in Parquet cannot be read at all.
///
/// With --shard I/N the work is shared among N machines that have the same files. Each
/// reads all of them, answers its part, and writes beside OUTPUT, once that is whole, a
/// file OUTPUT.done with the digests of what went in and came out; a shard that is done
/// already is left as it is. Only the first has the header, so that the files one after
/// the other are what one machine would have written (Parquet: a folder of files). Where
/// OUTPUT is a folder, or has no ending and is made as one, names such as
/// part-00001-of-00008.tsv are chosen.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The texts; none: one a line from standard input.
    pub(super) text: Vec<String>,
    /// Read texts from a file, one a line or one a row of a table, or from the text
    /// files of a folder; - is standard input. May be given more than once.
    #[arg(short, long, value_name = "PATH", conflicts_with = "text")]
    pub(super) file: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) model: ModelChoice,
    #[command(flatten)]
    pub(super) thresholds: ThresholdOptions,
    /// List the K most probable labels, or all where there are fewer.
    #[arg(long, value_name = "K")]
    pub(super) top: Option<usize>,
    /// One JSON object a line; the same as --to jsonl.
    #[arg(long, conflicts_with = "to")]
    pub(super) json: bool,
    /// Show which words decided, and by how much.
    #[arg(long)]
    pub(super) explain: bool,
    #[command(flatten)]
    pub(super) tables: TableOptions,
    #[command(flatten)]
    pub(super) work: WorkOptions,
}

/// What inputs are, and in which form they are handed on.
#[derive(Debug, Args)]
#[command(next_help_heading = "Tables")]
pub(super) struct TableOptions {
    /// What the files are; without it, their names and first lines tell.
    #[arg(long, value_name = "FORMAT", conflicts_with = "text")]
    pub(super) from: Option<Format>,
    /// The column (or JSON field) of the text, by name or by number from 1; without
    /// it, found by names such as text or review.
    #[arg(
        long,
        visible_alias = "field",
        value_name = "COLUMN",
        conflicts_with = "text"
    )]
    pub(super) text_column: Option<String>,
    /// The first line of TSV or CSV is a row; then --text-column is a number.
    #[arg(long, conflicts_with = "text")]
    pub(super) no_header: bool,
    /// The form of the answers; without it, what the name of --output says, or text for
    /// plain lines, and what the table is for tables.
    #[arg(long, value_name = "FORM")]
    pub(super) to: Option<Form>,
    /// Put this before the names of columns that are added to a table.
    #[arg(
        long,
        value_name = "PREFIX",
        default_value = "",
        hide_default_value = true
    )]
    pub(super) prefix: String,
}

/// How much is done at once, by whom, and where the answers go.
#[derive(Debug, Args)]
#[command(next_help_heading = "Large inputs")]
pub(super) struct WorkOptions {
    /// Write the answers to a file, which appears whole or not at all.
    #[arg(short, long, value_name = "PATH")]
    pub(super) output: Option<PathBuf>,
    /// End at the first line or record that cannot be read.
    #[arg(long)]
    pub(super) strict: bool,
    /// Threads that answer; the order of the answers is the same for any number.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) threads: usize,
    /// Answer only part I of N, counted from 1, of the records: a run of neighbours.
    /// What the N parts give, one after the other, is what the whole gives.
    #[arg(long, value_name = "I/N", requires = "output", conflicts_with = "text")]
    pub(super) shard: Option<Shard>,
    /// Write a shard anew that is done, or over one of another job.
    #[arg(long, requires = "shard")]
    pub(super) force: bool,
}

impl Options {
    /// Checks what the types of the options leave open.
    pub(super) fn check(&self) -> Result<()> {
        let threads = self.work.threads;
        if !(1..=MOST_THREADS).contains(&threads) {
            let expected = format!("1 to {MOST_THREADS}");
            return Err(Error::setting("--threads", threads, expected));
        }
        let packed = |path: &PathBuf| {
            let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
            ["gz", "zst"].iter().any(|packed| ending == *packed)
        };
        if let Some(output) = self.work.output.as_ref().filter(|path| packed(path)) {
            let expected = "a name without that ending: answers are written uncompressed";
            return Err(Error::setting("--output", output.display(), expected));
        }
        if self.top == Some(0) {
            return Err(Error::setting("--top", 0, "1 or more"));
        }
        if self.tables.from == Some(Format::Lines) && self.tables.text_column.is_some() {
            let expected = "a format with columns or fields";
            return Err(Error::setting("--text-column", "--from lines", expected));
        }
        Ok(())
    }

    /// Whether texts are read from standard input.
    pub(super) fn reads_standard_input(&self) -> bool {
        match self.file.is_empty() {
            true => self.text.is_empty() || self.text == ["-"],
            false => self.file.iter().any(|file| is_standard_input(file)),
        }
    }

    /// The form that was asked for.
    pub(super) fn to(&self) -> Option<Form> {
        let named = || Form::by_name(self.work.output.as_ref()?);
        match self.json {
            true => Some(Form::Jsonl),
            false => self.tables.to.or_else(named),
        }
    }

    /// All that changes answers, for [`super::shard`].
    pub(super) fn asked(&self, form: Form, thresholds: Thresholds) -> Value {
        let tables = &self.tables;
        json!({
            "from": tables.from.map(|format| format!("{format:?}").to_lowercase()),
            "text_column": tables.text_column,
            "header": !tables.no_header,
            "to": form.ending(),
            "prefix": tables.prefix,
            "min_probability": thresholds.probability,
            "min_known": thresholds.known,
            "top": self.top,
            "explain": self.explain,
            "strict": self.work.strict,
        })
    }
}
