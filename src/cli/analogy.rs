//! `senti analogy`: A is to B as C is to what?

use clap::Args;

use super::exit::Outcome;
use super::locate::VectorChoice;
use super::printer::Printer;
use super::words;

/// Complete an analogy: A is to B as C is to what?
///
/// Prints the words nearest to B - A + C with their cosine similarity, the
/// three left out. `senti analogy man king woman` asks for queen. Exits with 1
/// when one of the three has no vector.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// A is to ...
    a: String,
    /// ... B ...
    b: String,
    /// ... as C is to what?
    c: String,
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
    // An unknown word stays as it was typed, and the query says so.
    let [a, b, c] = [&options.a, &options.b, &options.c]
        .map(|typed| words::known(&vectors, typed).unwrap_or_else(|| typed.clone()));
    words::note_composed(&vectors, &[&a, &b, &c], printer);
    match vectors.analogy([&a, &b, &c], options.count) {
        Ok(neighbours) => words::print(&neighbours, options.json, printer),
        Err(unknown) => Err(words::unknown(&vectors, &unknown, printer)),
    }
}
