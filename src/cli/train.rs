//! `senti train`: labelled texts to a model.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum};
use senti::classifier::head::Task;
use senti::error::{Error, Result};
use senti::evaluation::CrossValidation;
use senti::model::training::Direction;
use senti::model::{Classifier, Model, Settings, TrainingReport};
use senti::polarity::adapt::LEAST_TEXTS;
use senti::text::cues::Cues;
use senti::text::labeled::LabeledSet;
use senti::vectors::WordVectors;

use super::columns::{ColumnOptions, listed};
use super::corpora;
use super::exit::Outcome;
use super::familiarity::{FAMILIAR, Familiarity};
use super::induction::{self, InductionOptions};
use super::locate::{MODEL, VectorChoice, check_output, our_model};
use super::printer::{Printer, counted, grouped, harmless, percent};
use super::prior::{Prior, check_names, expecting};
use super::progress::duration;
use super::twice::Source;

/// Train a classifier on labelled texts
///
/// Reads label<TAB>text (either column first, with or without a header), CSV
/// (commas or semicolons), JSON lines with "label" and "text", or fastText's
/// __label__x text; says what it found. A column or field "weight" counts a text more or less. Any two or
/// more label names will do. A text whose label is empty, as senti suggest writes
/// them, is left out with a warning. Writes one model file that classifies by itself.
///
/// Where the vectors have a direction of sentiment (see senti pretrain, senti polarity),
/// the labels say which side is which and how far they follow it: "counts 94 % in an
/// answer" is the weight of a classifier that goes by the direction, beside one that
/// knows nothing of it. Labels about something else leave it aside.
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
    /// Units of the hidden layer, 1 to 1024 [default: 8; where the direction of
    /// sentiment is known, as many as the labels support, and 0 is allowed].
    #[arg(long, value_name = "N")]
    hidden: Option<usize>,
    /// What the labels are about: sentiment; any, to leave the direction of sentiment
    /// out; or auto, to let the labels decide how much it counts.
    #[arg(long, value_enum, default_value_t = TaskName::Auto)]
    task: TaskName,
    /// Texts without labels, one a line, of the kind that is to be classified, about
    /// half of them praise; files and folders. The direction of sentiment is adapted to
    /// them (200 or more); where the vectors have none, or with --language or
    /// --seed-words, it is found in them (500 or more). May be given more than once.
    #[arg(long, value_name = "PATH")]
    unlabeled: Vec<PathBuf>,
    #[command(flatten)]
    induction: InductionOptions,
    /// The share of every label among the texts to be classified, where it is another
    /// than among the labelled ones: label=share,label=share, in percent or brought to
    /// sum 1; or estimate, from the texts of --unlabeled, which is rough. Given more
    /// than once, one label each time, whose name may have commas.
    #[arg(
        long,
        value_name = "SHARES|estimate",
        requires_if("estimate", "unlabeled")
    )]
    prior: Vec<String>,
    /// Start of all random numbers.
    #[arg(long, value_name = "N", default_value_t = Settings::default().seed)]
    seed: u64,
}

/// A smaller share of known words than this is warned of.
const FEW_KNOWN: f64 = 0.5;

/// What --task may say.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum TaskName {
    Auto,
    Sentiment,
    Any,
}

impl From<TaskName> for Task {
    fn from(name: TaskName) -> Self {
        match name {
            TaskName::Auto => Self::Auto,
            TaskName::Sentiment => Self::Sentiment,
            TaskName::Any => Self::Any,
        }
    }
}

pub(super) fn run(options: Options, printer: &mut Printer) -> Outcome {
    let started = Instant::now();
    options.induction.check()?;
    if let (Some(option), true) = (options.induction.given(), options.unlabeled.is_empty()) {
        return Err(Error::setting(
            option,
            "no text to find the direction of sentiment in",
            "--unlabeled with it",
        )
        .with_hint("name texts without labels: --unlabeled texts.txt; or give it to senti pretrain")
        .into());
    }
    let prior = Prior::parse(&options.prior)?;
    let texts = corpora::files(&options.unlabeled, printer)?;
    let stdin = Path::new("-");
    if options.file == stdin && texts.iter().any(|path| path == stdin) {
        return Err(Error::setting(
            "--unlabeled",
            "standard input, which the labelled texts come from",
            "a file, or labelled texts in a file",
        )
        .into());
    }
    options
        .vectors
        .beside(options.file == stdin || texts.iter().any(|path| path == stdin))?;
    let mut inputs: Vec<&Path> = texts.iter().map(PathBuf::as_path).collect();
    inputs.push(&options.file);
    check_output(&options.output, &inputs, our_model)?;
    let set = options.columns.read(&options.file, printer)?;
    if let Some(label) = &set.suspect_header {
        printer.warn(&format!(
            "the first line may be a header: its label {:?} stands nowhere else; if so, remove that line, or name the columns: --label-column, --text-column",
            harmless(label)
        ));
    }
    if let Some(Prior::Shares(shares)) = &prior {
        check_names(shares, &set.classes)?;
    }
    let vectors = options.vectors.load(printer)?;
    let (vectors, texts) = direction(vectors, &texts, &options, printer)?;
    let settings = Settings {
        hidden: options.hidden,
        seed: options.seed,
        task: options.task.into(),
    };
    let (model, report) = Model::train(vectors, &set, &settings)?;
    let model = match prior {
        None => model,
        Some(prior) => expecting(model, prior, texts, printer)?,
    };
    warn(&set, &report, printer);
    describe(&model, &set, &report, printer)?;
    // What was found comes before what was written.
    printer.flush()?;
    model.write_folded(&options.output)?;
    printer.note(&format!(
        "wrote {}, {}",
        harmless(&options.output.display().to_string()),
        duration(started.elapsed().as_secs_f64())
    ));
    printer.note("next: senti classify \"your text\"");
    Ok(())
}

/// The vectors with the direction of sentiment in texts without labels, and the texts
/// for another reading.
fn direction(
    vectors: WordVectors,
    files: &[PathBuf],
    options: &Options,
    printer: &Printer,
) -> Result<(WordVectors, Vec<Source>)> {
    let mut again = Vec::new();
    if files.is_empty() {
        return Ok((vectors, again));
    }
    let texts = files.iter().map(|file| {
        let (lines, source) = Source::first(file)?;
        again.push(source);
        Ok(lines)
    });
    let mut familiar = Familiarity::new(&vectors);
    let (documents, _) = induction::read(texts, &vectors, None, &mut |text| familiar.add(text))?;
    if documents.is_empty() {
        return Err(Error::too_little(
            format!(
                "no text with a known word in --unlabeled, of {}",
                counted(documents.seen() as u64, "text")
            ),
            "texts in the language of the vectors, one a line",
        )
        .with_hint("check that these are the right files, and the right vectors"));
    }
    if familiar.share() < FEW_KNOWN {
        printer.warn(&format!(
            "only {} of the words of --unlabeled are known: are the vectors of the same language and kind of text?",
            percent(familiar.share())
        ));
    }
    options.induction.warn_of_unknown(&vectors, printer)?;
    let few = documents.len() >= LEAST_TEXTS && familiar.texts() < LEAST_TEXTS;
    // Where a direction is known, another text adapts it; other cues begin anew.
    let found = match vectors.polarity() {
        Some(_) if options.induction.given().is_none() && few => {
            printer.note(&format!(
                "not adapted to --unlabeled: of {} {} {FAMILIAR} known words or more, and {} are the least",
                counted(documents.len() as u64, "text"),
                match familiar.texts() {
                    0 => "none has".to_owned(),
                    1 => "only 1 has".to_owned(),
                    several => format!("only {} have", grouped(several as u64)),
                },
                grouped(LEAST_TEXTS as u64),
            ));
            None
        }
        Some(known) if options.induction.given().is_none() => {
            induction::adapt(known, &documents, &vectors, options.seed, printer)?
        }
        _ => {
            let mut cues = options.induction.cues(documents.counted())?;
            // Of a small text the vectors lack the words that tell its language.
            if cues.is_none() {
                let list = vectors.origin().map(|origin| &origin.stop_word_list);
                cues = list.and_then(|name| Cues::language(name));
            }
            induction::find(
                &documents,
                &vectors,
                cues.as_ref(),
                options.seed,
                None,
                printer,
            )?
        }
    };
    drop(documents);
    let vectors = match found {
        Some(polarity) => vectors.with_polarity(polarity),
        None => {
            // It was asked for: silence would pass for success.
            printer.warn(match vectors.polarity() {
                Some(_) => "the direction of sentiment that the vectors have stays as it is",
                None => "trained without a direction of sentiment",
            });
            vectors
        }
    };
    Ok((vectors, again))
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
    if let Some(direction) = &report.direction {
        for (name, value) in followed(direction, set) {
            printer.line(&format!("{name:<24}{value}"))?;
        }
    }
    match (&report.classifier, &report.logistic) {
        (Some(hidden), Some(logistic)) => {
            printer.line(&format!(
                "cross-validated accuracy, {} folds, {}:",
                hidden.folds,
                counted(hidden.repeats as u64, "repeat")
            ))?;
            let name = match model.classifier() {
                Classifier::Layer(_) => "  hidden layer",
                Classifier::Head(_) => "  classifier",
            };
            printer.line(&format!("{name:<24}{}", accuracy(hidden)))?;
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
    let (dims, hidden) = (model.vectors().dims(), classifier.hidden());
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

/// How far the labels follow the direction of sentiment.
fn followed(direction: &Direction, set: &LabeledSet) -> Vec<(&'static str, String)> {
    const NAME: &str = "direction of sentiment";
    let head = &direction.head;
    if head.evidence_with.is_none() {
        return vec![(NAME, "left out (--task any)".to_owned())];
    }
    let praise = match head.orientation {
        Some(sign) if direction.weight > 0.0 => {
            let label = &set.classes[usize::from(sign > 0.0)];
            format!(", praise is {}", harmless(label))
        }
        _ => String::new(),
    };
    let weight = percent(direction.weight);
    let mut lines = vec![(NAME, format!("counts {weight} in an answer{praise}"))];
    if let Some(agreement) = &head.agreement {
        let (low, high) = (agreement.interval.low, agreement.interval.high);
        let share = percent(agreement.accuracy);
        lines.push((
            "  by itself",
            format!(
                "right about {share} of these texts [{}, {}]",
                percent(low),
                percent(high)
            ),
        ));
    }
    lines
}

fn warn(set: &LabeledSet, report: &TrainingReport, printer: &Printer) {
    let share = report.known as f64 / report.tokens.max(1) as f64;
    if share < FEW_KNOWN {
        printer.warn(&format!(
            "only {} of the words are known: are the vectors of the same language and kind of text?",
            percent(share)
        ));
    }
    if let Some(direction) = &report.direction
        && direction.contrary
        && direction.weight > 0.5
    {
        printer.warn(
            "the direction of sentiment disagrees with the labels: what they call praise is blame in the unlabelled text; are they swapped?",
        );
    }
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
    if let Some(direction) = &report.direction
        && let Some(agreement) = &direction.head.agreement
        && agreement.confirmed() == Some(false)
    {
        printer.warn(&format!(
            "the labels do not follow the direction of sentiment: by itself it is right about {} of them, which may be chance; labels of sentiment should be looked through, and for others --task any leaves it out",
            percent(agreement.accuracy)
        ));
    }
    if !report.converged {
        printer.warn("the training of the classifier stopped before it reached a minimum");
    }
    if let Some(hidden) = &report.classifier
        && hidden.interval.low <= report.majority
    {
        printer.warn(&format!(
            "with {} the accuracy cannot be told from always answering the most frequent label",
            counted(set.len() as u64, "text"),
        ));
    }
}
