//! `senti vectors eval`: how good word vectors are by themselves.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use senti::evaluation::wordvectors::Questions;

use super::exit::Outcome;
use super::locate::{VectorChoice, is_standard_input};
use super::printer::{Printer, grouped, harmless, percent};

/// Measure word vectors by themselves
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Eval(EvalOptions),
}

/// Ask word vectors for similarities and analogies
///
/// Reads files of questions: two words and a number (similarity judgements, such
/// as WordSim-353 or SimLex-999), or four words (analogies, such as Google's
/// questions-words.txt). Prints, for each, Spearman's rank correlation or the
/// share answered right (3CosAdd), and how many questions could be asked.
#[derive(Debug, Args)]
struct EvalOptions {
    /// Files of questions; - is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Analogies are asked and answered among this many words, from the first
    /// of the vocabulary on.
    #[arg(long, value_name = "N", default_value_t = 30_000)]
    candidates: usize,
    #[command(flatten)]
    vectors: VectorChoice,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(options: Options, printer: &mut Printer) -> Outcome {
    let Command::Eval(options) = options.command;
    let stdin = options.files.iter().any(|file| is_standard_input(file));
    options.vectors.beside(stdin)?;
    let vectors = options.vectors.load(printer)?;
    for file in &options.files {
        let questions = Questions::read(file)?;
        let answers = questions.ask(&vectors, options.candidates);
        let (measure, shown) = match questions {
            Questions::Similarity(_) => {
                ("Spearman", answers.score.map(|score| format!("{score:.3}")))
            }
            Questions::Analogies(_) => ("answered right", answers.score.map(percent)),
        };
        if options.json {
            printer.json(&serde_json::json!({
                "file": file.display().to_string(),
                "measure": measure,
                "score": answers.score,
                "asked": answers.asked,
                "questions": answers.questions,
            }))?;
        } else {
            printer.line(&format!(
                "{}\t{measure} {}\t{} of {} asked",
                harmless(&file.display().to_string()),
                shown.as_deref().unwrap_or("-"),
                grouped(answers.asked as u64),
                grouped(answers.questions as u64)
            ))?;
        }
    }
    Ok(())
}
