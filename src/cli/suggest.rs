//! `senti suggest`: which texts to label first.

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use senti::error::{Error, Place, Result};
use senti::model::Model;
use senti::sentence::{SentenceEncoder, WordWeights};
use senti::suggestion::{LEAST_WORDS, Pool, typical, uncertain};
use senti::text::lines::{Lines, LongLines};

use super::columns::ColumnOptions;
use super::corpora;
use super::exit::Outcome;
use super::locate::{ModelChoice, VectorChoice, is_standard_input, vectors_of};
use super::printer::{Printer, counted, grouped, harmless, without_controls};

/// A longer line is an error, as it is for senti classify.
const LONGEST_LINE: usize = 16 << 20;

/// Suggest which texts to label first
///
/// Reads texts without labels, one a line, as senti pretrain does, and prints
/// those to begin with, each behind an empty label: <TAB>text. Write a label
/// before the tabs, and the file is one for senti train, which leaves out, with a
/// warning, the lines that are still without. Whole texts are printed; tabs and
/// other control characters in them become spaces.
///
/// Where there is a model (see --model), the texts that it is least sure of are
/// suggested, different ones, the least certain first. How they differ, the vectors that
/// it was trained on say best, where they lie beside it. Else, or with --typical
/// or --vectors, texts that stand for many others. Only texts with at least
/// three different known words are suggested, and none of unusual length where
/// there are enough others. No two have the same known words.
///
/// Of more than 20,000 different texts a sample of as many is looked at, or of 256
/// MB of them.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("space").args(["vectors", "model"])))]
pub(super) struct Options {
    /// Text files, one sentence or document a line, and folders of them; - is
    /// standard input.
    #[arg(required = true, value_name = "PATH")]
    files: Vec<PathBuf>,
    /// How many, 1 to 1000.
    #[arg(short = 'n', long, value_name = "N", default_value_t = 8)]
    count: usize,
    /// Labelled texts: none with the same words is suggested, and those like
    /// them come last. May be given more than once.
    #[arg(long, value_name = "FILE")]
    already: Vec<PathBuf>,
    #[command(flatten)]
    columns: ColumnOptions,
    #[command(flatten)]
    model: ModelChoice,
    /// Typical texts, even where there is a model.
    #[arg(long, conflicts_with = "model")]
    typical: bool,
    #[command(flatten)]
    vectors: VectorChoice,
    /// Start of all random numbers.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

pub(super) fn run(options: Options, printer: &mut Printer) -> Outcome {
    // A number out of range ends it before anything is read.
    senti::suggestion::check(options.count)?;
    let mut named = options.files.iter().chain(&options.already);
    let stdin = named.any(|file| is_standard_input(file));
    options.model.beside(stdin)?;
    options.vectors.beside(stdin)?;
    let files = corpora::files(&options.files, printer)?;
    let model = match options.typical || options.vectors.is_given() {
        true => None,
        false => options.model.find(printer)?,
    };
    if let Some(model) = &model {
        // How texts differ, whole vectors say better than what a model keeps of them.
        let whole = vectors_of(model, printer);
        let weights = whole.as_ref().map(WordWeights::fitting);
        let encoder = match whole.as_ref().zip(weights.as_ref()) {
            Some((vectors, weights)) => SentenceEncoder::new(vectors, weights, model.tokenizer()),
            None => model.encoder(),
        };
        let pool = read(&options, &files, encoder, printer)?;
        let texts = uncertain(&pool, model, options.count)?;
        return print(&options, Some(model), &pool, &texts, &files, printer);
    }
    let vectors = options.vectors.load(printer)?;
    let weights = WordWeights::fitting(&vectors);
    let tokenizer = vectors.tokenizer();
    let encoder = SentenceEncoder::new(&vectors, &weights, &tokenizer);
    let pool = read(&options, &files, encoder, printer)?;
    let texts = typical(&pool, options.count)?;
    print(&options, None, &pool, &texts, &files, printer)
}

fn read<'e>(
    options: &Options,
    files: &[PathBuf],
    encoder: SentenceEncoder<'e>,
    printer: &Printer,
) -> Result<Pool<'e>> {
    let mut pool = Pool::new(encoder, options.seed);
    for labelled in &options.already {
        let set = options.columns.read(labelled, printer)?;
        set.texts.iter().for_each(|text| pool.leave_out(text));
    }
    for file in files {
        let mut lines = Lines::open(file, LongLines::Refuse(LONGEST_LINE))?;
        while let Some(line) = lines.next_line()? {
            pool.add(line.text);
        }
    }
    if pool.seen() == 0 {
        return Err(Error::input(
            Place {
                file: names(files),
                ..Place::default()
            },
            "no words",
            "texts without labels, one a line",
        )
        .with_hint("check that this is the right file"));
    }
    if pool.is_empty() {
        let others = match options.already.is_empty() {
            true => "",
            false => ", the labelled ones left out",
        };
        return Err(Error::too_little(
            format!(
                "{} in {}, and none with {LEAST_WORDS} different known words{others}",
                counted(pool.seen(), "text"),
                names(files)
            ),
            "texts of the kind that the word vectors were learned from",
        )
        .with_hint(
            "learn vectors from these texts: senti pretrain, then senti suggest --vectors",
        ));
    }
    Ok(pool)
}

fn print(
    options: &Options,
    model: Option<&Model>,
    pool: &Pool<'_>,
    texts: &[&str],
    files: &[PathBuf],
    printer: &mut Printer,
) -> Outcome {
    printer.note(&format!(
        "{} in {}, chosen among {}{} different ones with {LEAST_WORDS} known words or more: {}",
        counted(pool.seen(), "text"),
        harmless(&names(files)),
        if pool.is_sample() { "a sample of " } else { "" },
        grouped(pool.len() as u64),
        match model {
            Some(_) => "those that the model is least sure of",
            None => "typical ones",
        }
    ));
    if texts.len() < options.count {
        printer.warn(&format!(
            "{} instead of {}: there are no more",
            counted(texts.len() as u64, "text"),
            grouped(options.count as u64)
        ));
    }
    for text in texts {
        printer.line(&format!("\t{}", without_controls(text)))?;
    }
    printer.flush()?;
    printer.note("next: write a label before each tab, then senti train THE_FILE");
    Ok(())
}

fn names(files: &[PathBuf]) -> String {
    match files {
        [only] if only == Path::new("-") => "standard input".to_owned(),
        [only] => only.display().to_string(),
        _ => counted(files.len() as u64, "file"),
    }
}
