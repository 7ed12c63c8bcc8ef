//! `senti classify`: texts to labels.
//!
//! Records come from files ([`inputs`]), each of which is of a [`shape`] and read by a
//! [`source`], in batches ([`batch`]). Threads ([`workers`]) ask who answers
//! ([`answer`]) and bring the answers into the form ([`rendering`]) in which they are
//! written ([`target`]).

mod answer;
mod batch;
mod cells;
mod inputs;
mod names;
mod objects;
#[cfg(feature = "parquet")]
mod parquet;
mod rendering;
mod shape;
mod shard;
mod source;
mod tally;
mod target;
mod workers;

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use clap::Args;
use senti::error::{Error, Result};
use senti::model::{Model, Ready, Thresholds};
use serde_json::{Value, json};

use super::corpora;
use super::exit::Outcome;
use super::locate::{ModelChoice, check_output, our_model, our_vectors};
use super::pretrain::interruptible;
use super::printer::{Printer, counted, harmless};
use super::thresholds::ThresholdOptions;
use super::twice::is_pipe;
use answer::Answerer;
use inputs::Inputs;
use names::Names;
use rendering::{Content, Form, Rendering};
use shape::{Format, Shape, Wanted};
use shard::{Marker, Shard};
use tally::Tally;
use target::Target;

/// More threads than this are a slip of the finger.
const MOST_THREADS: usize = 1024;

/// Say which label a text has
///
/// Prints label<TAB>probability<TAB>text, one line for each text, in their
/// order. Texts are the arguments, or the lines of a file, or the lines of
/// standard input. A text without any known word is answered "undecided", with
/// the share of the most frequent label in the training as its probability; one
/// below --min-probability or --min-known is too, with the probability that its
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
/// --strict, "error". Everything else stays as it is; empty lines are left out.
///
/// A line or record that cannot be read has its place among the answers: as text with an
/// empty label, an empty probability and what is wrong in place of the text, in tables
/// with that in "error", in JSON as an object with "error" and "line". The others are
/// answered, and the exit code is 3. With --strict it is the end. What is behind damage in
/// compressed data or in Parquet cannot be read at all.
///
/// With --shard I/N the work is shared among N machines that have the same files. Each
/// reads all of them, answers its part, and writes beside OUTPUT, once that is whole, a
/// file OUTPUT.done with the digests of what went in and came out; a shard that is done
/// already is left as it is. Only the first has the header, so that the files one after
/// the other are what one machine would have written (Parquet: a folder of files). Where
/// OUTPUT is a folder, names such as part-00001-of-00008.tsv are chosen.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The texts; none: one a line from standard input.
    text: Vec<String>,
    /// Read texts from a file, one a line or one a row of a table, or from the text
    /// files of a folder; - is standard input. May be given more than once.
    #[arg(short, long, value_name = "PATH", conflicts_with = "text")]
    file: Vec<PathBuf>,
    #[command(flatten)]
    model: ModelChoice,
    #[command(flatten)]
    thresholds: ThresholdOptions,
    /// List the K most probable labels, or all where there are fewer.
    #[arg(long, value_name = "K")]
    top: Option<usize>,
    /// One JSON object a line; the same as --to jsonl.
    #[arg(long, conflicts_with = "to")]
    json: bool,
    /// Show which words decided, and by how much.
    #[arg(long)]
    explain: bool,
    #[command(flatten)]
    tables: TableOptions,
    #[command(flatten)]
    work: WorkOptions,
}

/// What inputs are, and in which form they are handed on.
#[derive(Debug, Args)]
#[command(next_help_heading = "Tables")]
struct TableOptions {
    /// What the files are; without it, their names and first lines tell.
    #[arg(long, value_name = "FORMAT", conflicts_with = "text")]
    from: Option<Format>,
    /// The column (or JSON field) of the text, by name or by number from 1; without
    /// it, found by names such as text or review.
    #[arg(
        long,
        visible_alias = "field",
        value_name = "COLUMN",
        conflicts_with = "text"
    )]
    text_column: Option<String>,
    /// The first line of TSV or CSV is a row; then --text-column is a number.
    #[arg(long, conflicts_with = "text")]
    no_header: bool,
    /// The form of the answers; without it, text for plain lines, and what the table
    /// is for tables.
    #[arg(long, value_name = "FORM")]
    to: Option<Form>,
    /// Put this before the names of columns that are added to a table.
    #[arg(
        long,
        value_name = "PREFIX",
        default_value = "",
        hide_default_value = true
    )]
    prefix: String,
}

/// How much is done at once, by whom, and where the answers go.
#[derive(Debug, Args)]
#[command(next_help_heading = "Large inputs")]
struct WorkOptions {
    /// Write the answers to a file, which appears whole or not at all.
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// End at the first line or record that cannot be read.
    #[arg(long)]
    strict: bool,
    /// Threads that answer; the order of the answers is the same for any number.
    #[arg(long, value_name = "N", default_value_t = 1)]
    threads: usize,
    /// Answer only part I of N, counted from 1, of the records: a run of neighbours.
    /// What the N parts give, one after the other, is what the whole gives.
    #[arg(long, value_name = "I/N", requires = "output", conflicts_with = "text")]
    shard: Option<Shard>,
    /// Write a shard anew that is done, or over one of another job.
    #[arg(long, requires = "shard")]
    force: bool,
}

pub(super) fn run(options: Options, printer: &mut Printer) -> Outcome {
    let started = Instant::now();
    // Numbers out of range end it before anything is read.
    options.check()?;
    let thresholds = options.thresholds.thresholds()?;
    let model = options.model.path(printer)?;
    let answerer = Answerer {
        model: Ready::read(&model)?,
        explaining: options.explain.then(|| Model::read(&model)).transpose()?,
        thresholds,
        top: options.top.unwrap_or(0),
    };
    let (tables, work) = (&options.tables, &options.work);
    let errors = !work.strict;
    let names = Names::new(&tables.prefix, answerer.listed(), options.explain, errors);
    let to = match options.json {
        true => Some(Form::Jsonl),
        false => tables.to,
    };
    let origin = Origin::new(&options, to, &names, printer)?;
    let mut inputs = origin.open()?;
    let shape = inputs.shape().clone();
    if shape != Shape::Lines {
        printer.note(&format!(
            "{}: {}",
            origin.name(),
            harmless(&shape.to_string())
        ));
    }
    let form = to.unwrap_or_else(|| Form::of(&shape));
    form.check(&shape)?;
    names.check(form, &shape)?;
    let output = match &work.output {
        Some(output) => Some(origin.output(output, work.shard, form)?),
        None if form == Form::Parquet => {
            let expected = "--output FILE, for it is no text";
            return Err(Error::setting("--to", "parquet on standard output", expected).into());
        }
        None => None,
    };
    let explain = options.explain;
    let rendering = Arc::new(Rendering {
        answerer,
        form,
        shape,
        names,
        explain,
    });
    let stop = match output {
        Some(_) => interruptible(),
        // What was printed is there, whatever ends it.
        None => Arc::new(AtomicBool::new(false)),
    };

    let mut job = None;
    if let (Some(shard), Some(output)) = (work.shard, &output) {
        let asked = options.asked(form, thresholds);
        let go_on = || workers::stopped(&stop);
        let (wanted, range) = shard::plan(shard, origin.open()?, &model, asked, &go_on)?;
        if !work.force
            && let Some(done) = Marker::find(output, &wanted)?
        {
            printer.note(&format!(
                "shard {shard} is done: {}, {}; --force does it anew",
                named(output),
                counted(done.tally.records, "record")
            ));
            return done.tally.outcome();
        }
        Marker::remove(output)?;
        inputs.only(range);
        job = Some(wanted);
    }

    let mut target = match &output {
        Some(output) => Target::file(output, &rendering)?,
        None => Target::standard_output(form, printer),
    };
    if work.shard.is_none_or(Shard::is_first)
        && let Some(head) = rendering.head()
    {
        target.write(&Content::Text(head))?;
    }
    let mut tally = Tally::default();
    // Where a file is to be removed when somebody wants to stop, nobody who could do so
    // waits for a pipe.
    let waits = output.is_some() && origin.is_pipe();
    let threads = (work.threads > 1 || waits).then_some(work.threads);
    let answered = workers::answer(inputs, &rendering, threads, &stop, &mut |piece| {
        tally.add(&piece);
        target.write(&piece.content)?;
        if piece.drained {
            target.flush()
        } else {
            Ok(())
        }
    });
    if answered.is_err() && output.is_none() {
        // What was answered stays answered.
        target.flush()?;
    }
    answered?;
    if let Some(job) = &job {
        job.check(tally.records)?;
    }
    let written = target.finish()?;
    if let (Some(output), Some(written)) = (&output, written) {
        if let Some(job) = job {
            let tally = tally.clone();
            Marker::new(job, written, tally).write(output)?;
        }
        printer.note(&format!(
            "wrote {}: {}, {:.1} s",
            named(output),
            counted(tally.records, "record"),
            started.elapsed().as_secs_f64()
        ));
    }
    tally.outcome()
}

impl Options {
    /// Checks what the types of the options leave open.
    fn check(&self) -> Result<()> {
        let threads = self.work.threads;
        if !(1..=MOST_THREADS).contains(&threads) {
            let expected = format!("1 to {MOST_THREADS}");
            return Err(Error::setting("--threads", threads, expected));
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

    /// All that changes answers, for [`shard`].
    fn asked(&self, form: Form, thresholds: Thresholds) -> Value {
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

/// Where the texts are.
struct Origin {
    texts: Vec<String>,
    files: Vec<PathBuf>,
    wanted: Wanted,
    /// Names that are added to the fields of objects.
    added: Vec<String>,
    strict: bool,
}

impl Origin {
    fn new(options: &Options, to: Option<Form>, names: &Names, printer: &Printer) -> Result<Self> {
        let mut texts = options.text.clone();
        if let [only] = texts.as_slice()
            && Path::new(only).is_file()
        {
            printer.warn(&format!(
                "{0} is a file here; to classify its lines: senti classify --file {0}",
                harmless(only)
            ));
        }
        if texts == ["-"] {
            texts.clear();
        }
        let mut files = Vec::new();
        if texts.is_empty() {
            files = match options.file.is_empty() {
                true => vec![PathBuf::from("-")],
                false => {
                    let read = |path: &Path| cfg!(feature = "parquet") && source::is_parquet(path);
                    corpora::files_and(&options.file, read, printer)?
                }
            };
        }
        let tables = &options.tables;
        let origin = Self {
            texts,
            files,
            wanted: Wanted {
                format: tables.from,
                column: tables.text_column.clone(),
                header: !tables.no_header,
            },
            added: match to {
                None | Some(Form::Jsonl) => names.fields(),
                Some(_) => Vec::new(),
            },
            strict: options.work.strict,
        };
        if options.work.shard.is_some() && origin.is_pipe() {
            let found = "standard input, or another pipe";
            let expected = "files, which are read twice: --file FILE";
            return Err(Error::setting("--shard", found, expected));
        }
        if origin.files == [PathBuf::from("-")] && io::stdin().is_terminal() {
            printer.note("reading texts from the keyboard, one a line; Ctrl-D ends");
        }
        Ok(origin)
    }

    /// Opens them, for the first or, where they are no pipe, another time.
    fn open(&self) -> Result<Inputs> {
        match self.texts.is_empty() {
            true => Inputs::open(
                &self.files,
                self.wanted.clone(),
                self.added.clone(),
                self.strict,
            ),
            false => Ok(Inputs::texts(self.texts.clone())),
        }
    }

    fn is_pipe(&self) -> bool {
        self.files
            .iter()
            .any(|file| is_pipe(file) && !file.is_dir())
    }

    fn name(&self) -> String {
        match self.files.as_slice() {
            [only] => harmless(&inputs::name(only)).into_owned(),
            files => counted(files.len() as u64, "file"),
        }
    }

    /// The file that answers go to, which is none that they come from.
    fn output(&self, output: &Path, shard: Option<Shard>, form: Form) -> Result<PathBuf> {
        let output = match shard {
            Some(shard) => shard.output(output, form),
            None => output.to_owned(),
        };
        let inputs: Vec<&Path> = self.files.iter().map(PathBuf::as_path).collect();
        check_output(&output, &inputs, |head| {
            !our_vectors(head) && !our_model(head)
        })?;
        Ok(output)
    }
}

fn named(path: &Path) -> String {
    harmless(&path.display().to_string()).into_owned()
}
