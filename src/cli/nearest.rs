//! `senti nearest`: the words nearest to a word.

use clap::Args;

use super::exit::Outcome;
use super::locate::VectorChoice;
use super::printer::Printer;
use super::words;

/// List the words nearest to a word
///
/// Prints word<TAB>cosine similarity, nearest first. Exits with 1 when the
/// word has no vector.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The word.
    word: String,
    /// How many.
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    count: usize,
    #[command(flatten)]
    vectors: VectorChoice,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(options: Options, printer: &mut Printer) -> Outcome {
    words::check(options.count)?;
    let vectors = options.vectors.load(printer)?;
    let found = words::known(&vectors, &options.word).and_then(|word| {
        words::note_composed(&vectors, &[&word], printer);
        vectors.nearest(&word, options.count)
    });
    match found {
        Some(neighbours) => words::print(&neighbours, options.json, printer),
        None => Err(words::unknown(&vectors, &[&options.word], printer)),
    }
}
