//! `senti classify`: texts to labels.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::mpsc::{TryRecvError, sync_channel};

use clap::Args;
use senti::error::Result;
use senti::model::{Model, Undecided, Verdict};
use senti::text::lines::{Lines, LongLines};
use serde::Serialize;
use serde_json::{Map, Value};

use super::exit::Outcome;
use super::explanation;
use super::locate::ModelChoice;
use super::printer::{Printer, harmless};
use super::thresholds::ThresholdOptions;

/// A longer line is an error: it must give one answer, and memory is bounded.
const LONGEST_LINE: usize = 16 << 20;
/// Lines read ahead of the answers: enough to keep both sides busy, and few
/// enough for lines of the longest kind.
const LINES_AHEAD: usize = 32;

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
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The texts; none: one a line from standard input.
    text: Vec<String>,
    /// Read texts from a file, one a line; - is standard input.
    #[arg(short, long, value_name = "FILE", conflicts_with = "text")]
    file: Option<PathBuf>,
    #[command(flatten)]
    model: ModelChoice,
    #[command(flatten)]
    thresholds: ThresholdOptions,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Show which words decided, and by how much.
    #[arg(long)]
    explain: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    label: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Undecided>,
    probability: f64,
    probabilities: Map<String, Value>,
    known: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    unseen: Option<usize>,
    tokens: usize,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<explanation::Object<'a>>,
}

pub(super) fn run(options: Options, printer: &mut Printer) -> Outcome {
    // A number out of range ends it before anything is read.
    let thresholds = options.thresholds.thresholds()?;
    let model = options.model.load(printer)?;
    let mut answer = |text: &str, printer: &mut Printer| -> Outcome {
        let verdict = thresholds.apply(model.classify(text));
        if options.json {
            printer.json(&Answer {
                explanation: options.explain.then(|| explanation::object(&model, text)),
                ..object(&model, &verdict, text)
            })
        } else {
            printer.line(&format!(
                "{}\t{}\t{}",
                harmless(model.name(&verdict)),
                shown(verdict.probability()),
                harmless(text)
            ))?;
            if options.explain {
                explanation::print(&model, &verdict, text, printer)?;
            }
            Ok(())
        }
    };
    if let [only] = options.text.as_slice()
        && std::path::Path::new(only).is_file()
    {
        printer.warn(&format!(
            "{0} is a file here; to classify its lines: senti classify --file {0}",
            harmless(only)
        ));
    }
    if !options.text.is_empty() && options.text != ["-"] {
        return options
            .text
            .iter()
            .try_for_each(|text| answer(text, printer));
    }
    let lines = match &options.file {
        Some(path) => Lines::open(path, LongLines::Refuse(LONGEST_LINE))?,
        None => {
            if io::stdin().is_terminal() {
                printer.note("reading texts from the keyboard, one a line; Ctrl-D ends");
            }
            Lines::new(
                "standard input",
                io::stdin(),
                LongLines::Refuse(LONGEST_LINE),
            )?
        }
    };
    each_line(lines, printer, &mut answer)
}

/// Answers every line as it comes. Lines are read by a thread of their own, so
/// that answers are flushed whenever there is nothing to read: a pipe that
/// trickles gets its answers at once, a file is answered in large blocks.
fn each_line(
    mut lines: Lines,
    printer: &mut Printer,
    answer: &mut dyn FnMut(&str, &mut Printer) -> Outcome,
) -> Outcome {
    let (sender, receiver) = sync_channel::<Result<String>>(LINES_AHEAD);
    std::thread::spawn(move || {
        loop {
            let next = match lines.next_line() {
                Ok(Some(line)) => Ok(line.text.to_owned()),
                Ok(None) => break,
                Err(error) => Err(error),
            };
            let last = next.is_err();
            // Nobody listens any more: the answers could not be printed.
            if sender.send(next).is_err() || last {
                break;
            }
        }
    });
    loop {
        let next = match receiver.try_recv() {
            Err(TryRecvError::Empty) => {
                printer.flush()?;
                receiver.recv().map_err(|_| TryRecvError::Disconnected)
            }
            next => next,
        };
        match next {
            Ok(Ok(text)) => answer(&text, printer)?,
            Ok(Err(error)) => {
                // What was answered stays answered.
                printer.flush()?;
                return Err(error.into());
            }
            Err(_) => return Ok(()),
        }
    }
}

/// Two digits, and never certain.
fn shown(probability: f64) -> String {
    format!("{:.2}", probability.min(0.99))
}

fn object<'a>(model: &'a Model, verdict: &Verdict, text: &'a str) -> Answer<'a> {
    Answer {
        label: model.name(verdict),
        why: verdict.why,
        probability: verdict.probability(),
        probabilities: model
            .labels()
            .iter()
            .zip(&verdict.probabilities)
            .map(|(label, &probability)| (label.clone(), Value::from(probability)))
            .collect(),
        known: verdict.known,
        unseen: model.vectors().subwords().map(|_| verdict.unseen),
        tokens: verdict.tokens,
        text,
        explanation: None,
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn probabilities_never_claim_certainty() {
        assert_eq!(shown(0.974), "0.97");
        assert_eq!(shown(0.999_9), "0.99");
        assert_eq!(shown(0.5), "0.50");
    }
}
