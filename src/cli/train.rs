//! `senti train`: labelled texts to a model.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use senti::evaluation::CrossValidation;
use senti::model::{Model, Settings, TrainingReport};
use senti::text::labeled::LabeledSet;

use super::columns::{ColumnOptions, listed};
use super::exit::Outcome;
use super::locate::{MODEL, VectorChoice, check_output, our_model};
use super::printer::{Printer, counted, grouped, harmless, percent};
use super::progress::duration;

/// Train a classifier on labelled texts
///
/// Reads label<TAB>text (either column first, with or without a header), CSV
/// (commas or semicolons), JSON lines with "label" and "text", or fastText's __label__x text; says what
/// it found. A column or field "weight" counts a text more or less. Any two or
/// more label names will do. A text whose label is empty, as senti suggest writes
/// them, is left out with a warning. Writes one model file that classifies by itself.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The labelled texts; - is standard input.
    file: PathBuf,
    #[command(flatten)]
    columns: ColumnOptions,
    #[command(flatten)]
    vectors: VectorChoice,
    /// Where the model goes.
    #[arg(short, long, value_name = "FILE", default_value = MODEL)]
    output: PathBuf,
    /// Units of the hidden layer, 1 to 1024.
    #[arg(long, value_name = "N", default_value_t = Settings::default().hidden)]
    hidden: usize,
    /// Start of all random numbers.
    #[arg(long, value_name = "N", default_value_t = Settings::default().seed)]
    seed: u64,
}

pub(super) fn run(options: Options, printer: &mut Printer) -> Outcome {
    let started = Instant::now();
    check_output(&options.output, &[&options.file], our_model)?;
    let set = options.columns.read(&options.file, printer)?;
    if let Some(label) = &set.suspect_header {
        printer.warn(&format!(
            "the first line may be a header: its label {:?} stands nowhere else; if so, remove that line, or name the columns: --label-column, --text-column",
            harmless(label)
        ));
    }
    let vectors = options.vectors.load(printer)?;
    let settings = Settings {
        hidden: options.hidden,
        seed: options.seed,
    };
    let (model, report) = Model::train(vectors, &set, &settings)?;
    warn(&set, &report, printer);
    describe(&model, &set, &report, printer)?;
    // What was found comes before what was written.
    printer.flush()?;
    model.write(&options.output)?;
    printer.note(&format!(
        "wrote {}, {}",
        harmless(&options.output.display().to_string()),
        duration(started.elapsed().as_secs_f64())
    ));
    printer.note("next: senti classify \"your text\"");
    Ok(())
}

fn describe(
    model: &Model,
    set: &LabeledSet,
    report: &TrainingReport,
    printer: &mut Printer,
) -> Outcome {
    for (label, &count) in set.classes.iter().zip(&report.counts) {
        printer.line(&format!(
            "{:<23} {}",
            harmless(label),
            counted(count as u64, "text")
        ))?;
    }
    let share = report.known as f64 / report.tokens.max(1) as f64;
    printer.line(&format!(
        "{:<24}{} of {} ({})",
        "known words",
        grouped(report.known as u64),
        grouped(report.tokens as u64),
        percent(share)
    ))?;
    if report.unseen > 0 {
        printer.line(&format!(
            "{:<24}{}",
            "  by n-grams only",
            grouped(report.unseen as u64)
        ))?;
    }
    match (&report.hidden, &report.logistic) {
        (Some(hidden), Some(logistic)) => {
            printer.line(&format!(
                "cross-validated accuracy, {} folds, {}:",
                hidden.folds,
                counted(hidden.repeats as u64, "repeat")
            ))?;
            printer.line(&format!("{:<24}{}", "  hidden layer", accuracy(hidden)))?;
            let baseline = match logistic {
                Ok(logistic) => accuracy(logistic),
                Err(reason) => format!("none: {reason}"),
            };
            let unweighted = if set.weighted { " (ignores weights)" } else { "" };
            printer.line(&format!("{:<24}{baseline}{unweighted}", "  logistic baseline"))?;
            printer.line(&format!(
                "{:<24}{}",
                "  most frequent label",
                percent(report.majority)
            ))?;
        }
        _ => printer.line(
            "cross-validation needs two different texts of each label: no accuracy can be estimated",
        )?,
    }
    let classifier = model.classifier();
    let (dims, hidden) = (model.vectors().dims(), classifier.bias.len());
    for (name, value) in [
        (
            "trained parameters",
            format!(
                "{} ({dims} inputs, {hidden} hidden, {} labels), {:.2} texts for each",
                grouped(report.parameters as u64),
                set.classes.len(),
                set.len() as f64 / report.parameters as f64,
            ),
        ),
        (
            "frozen parameters",
            format!(
                "{} of the word vectors{}",
                grouped(model.vectors().rows().len() as u64),
                model
                    .vectors()
                    .subwords()
                    .map_or_else(String::new, |subwords| {
                        format!(
                            ", {} of the n-grams'",
                            grouped(subwords.rows().len() as u64)
                        )
                    })
            ),
        ),
    ] {
        printer.line(&format!("{name:<24}{value}"))?;
    }
    Ok(())
}

fn accuracy(result: &CrossValidation) -> String {
    format!(
        "{} [{}, {}]",
        percent(result.accuracy),
        percent(result.interval.low),
        percent(result.interval.high)
    )
}

fn warn(set: &LabeledSet, report: &TrainingReport, printer: &Printer) {
    if !report.unknown_lines.is_empty() {
        printer.warn(&format!(
            "{} of {} without any known word, left out of the training ({})",
            report.unknown_lines.len(),
            counted(set.len() as u64, "text"),
            listed(&report.unknown_lines)
        ));
    }
    if let Some((first, second)) = report.contradictions.first() {
        printer.warn(&format!(
            "{} whose known words stand under two labels, for instance on lines {first} and {second}; both count",
            counted(report.contradictions.len() as u64, "text"),
        ));
    }
    if !report.converged {
        printer.warn("the training of the classifier stopped before it reached a minimum");
    }
    if let Some(hidden) = &report.hidden
        && hidden.interval.low <= report.majority
    {
        printer.warn(&format!(
            "with {} the accuracy cannot be told from always answering the most frequent label",
            counted(set.len() as u64, "text"),
        ));
    }
}
