//! The command line: one file for each verb, and what they share.
//!
//! Standard output carries data; everything else goes to standard error.
//! Commands are thin: they find files, call the library and print.

mod analogy;
mod classify;
mod columns;
mod completions;
mod convert;
mod corpora;
mod demo;
mod embed;
mod eval;
pub(crate) mod exit;
mod explanation;
mod familiarity;
mod induction;
mod inspect;
mod interruption;
mod locate;
mod nearest;
mod polarity;
mod pretrain;
mod printer;
mod prior;
mod progress;
mod quantize;
mod rows;
mod suggest;
mod thresholds;
mod train;
mod twice;
mod vectors;
mod words;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use exit::Outcome;
use printer::Printer;

/// Learns the sentiment of your text from about eight labels, on your own
/// machine.
#[derive(Debug, Parser)]
#[command(
    name = "senti",
    version,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = AFTER_HELP,
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    manners: Manners,
}

/// How much is said, and in which colours.
#[derive(Debug, Args)]
#[command(next_help_heading = "Manners")]
struct Manners {
    /// Say nothing but results, warnings and errors.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more: the version, and every file that is used.
    #[arg(short, long, global = true)]
    verbose: bool,
    /// Colours in what is printed; NO_COLOR is respected.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Colours,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Colours {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Options),
    Pretrain(pretrain::Options),
    Polarity(polarity::Options),
    Suggest(suggest::Options),
    Train(train::Options),
    Classify(classify::Options),
    Eval(eval::Options),
    Embed(embed::Options),
    Nearest(nearest::Options),
    Analogy(analogy::Options),
    Vectors(vectors::Options),
    Convert(convert::Options),
    Quantize(quantize::Options),
    Inspect(inspect::Options),
    Completions(completions::Options),
    Man(completions::ManOptions),
}

const AFTER_HELP: &str = "\
The three commands, with no flags; each finds what the one before it wrote:
  senti pretrain corpus.txt        word vectors from unlabelled text  -> vectors.fifu
  senti train labeled.tsv          a classifier from a few labels     -> model.senti
  senti classify \"It was great\"    positive 0.97

Environment:
  SENTI_VECTORS   the vector file to use instead of the newest .fifu here
  SENTI_MODEL     the model file to use instead of the newest .senti here
  NO_COLOR        no colours

Exit codes:
  0 done   1 ran, and the answer is no   2 usage   3 bad input data
  4 bad model or vector file   5 input/output   6 too little data to learn from
  130 interrupted";

/// Reads the command line; prints help or a usage error and exits where that
/// is what was asked for.
pub(crate) fn parse() -> Arguments {
    Arguments::parse()
}

/// Runs the command.
pub(crate) fn run(arguments: Arguments) -> Outcome {
    let mut printer = Printer::new(&arguments.manners);
    printer.detail(concat!("senti ", env!("CARGO_PKG_VERSION")));
    let result = match arguments.command {
        Command::Demo(options) => demo::run(options, &mut printer),
        Command::Pretrain(options) => pretrain::run(options, &mut printer),
        Command::Polarity(options) => polarity::run(options, &mut printer),
        Command::Suggest(options) => suggest::run(options, &mut printer),
        Command::Train(options) => train::run(options, &mut printer),
        Command::Classify(options) => classify::run(options, &mut printer),
        Command::Eval(options) => eval::run(options, &mut printer),
        Command::Embed(options) => embed::run(options, &mut printer),
        Command::Nearest(options) => nearest::run(options, &mut printer),
        Command::Analogy(options) => analogy::run(options, &mut printer),
        Command::Vectors(options) => vectors::run(options, &mut printer),
        Command::Convert(options) => convert::run(options, &mut printer),
        Command::Quantize(options) => quantize::run(options, &mut printer),
        Command::Inspect(options) => inspect::run(options, &mut printer),
        Command::Completions(options) => {
            completions::run(options, Arguments::command(), &mut printer)
        }
        Command::Man(options) => completions::man(options, Arguments::command(), &mut printer),
    };
    let result = result.and_then(|()| printer.finish());
    if let Err(failure) = &result {
        printer.failure(failure);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }
}
