//! `senti eval`: how good a model is on texts whose labels are known.

use std::path::{Path, PathBuf};

use clap::Args;
use senti::error::{Error, Place};
use senti::evaluation::metrics::Score;
use senti::evaluation::{CoverageCurve, Interval, Report};
use senti::text::labeled::names::alike;
use senti::text::labeled::{LabeledSet, UNDECIDED};
use unicode_width::UnicodeWidthStr;

use super::columns::ColumnOptions;
use super::exit::Outcome;
use super::locate::{ModelChoice, is_standard_input};
use super::printer::{Printer, grouped, harmless, percent};
use super::thresholds::ThresholdOptions;

/// How many percent of the answers the last table is about.
const SUREST: [usize; 5] = [100, 90, 80, 70, 50];
/// Labels that an error names.
const MOST_LISTED: usize = 10;

/// Score a model on labelled texts
///
/// Reads what `senti train` reads, and prints accuracy, macro-F1 and Matthews
/// correlation with 95 % intervals (for the latter two from ten texts of each
/// label on), the Brier score, the calibration error,
/// precision, recall and F1 of each label, and the confusion matrix. A text
/// answered "undecided" counts as wrong; coverage is the share that was
/// answered. A score that has no value (the precision of a label that was
/// never answered) is shown as "-", in JSON as null.
///
/// From twenty answers on, a last table shows what answering only the surest of
/// them would bring, about 100, 90, 80, 70 and 50 %: for a --min-probability the
/// share of all texts that would still be answered, and the accuracy of these
/// answers with its 95 % interval. A threshold that is chosen so should be
/// checked on other texts. In JSON this is "coverage_curve", with up to 100
/// points, and "aurc", the area under the risk-coverage curve (0 is best).
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The labelled texts; - is standard input.
    file: PathBuf,
    #[command(flatten)]
    columns: ColumnOptions,
    #[command(flatten)]
    model: ModelChoice,
    #[command(flatten)]
    thresholds: ThresholdOptions,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(options: Options, printer: &mut Printer) -> Outcome {
    // A number out of range ends it before anything is read.
    let thresholds = options.thresholds.thresholds()?;
    options.model.beside(is_standard_input(&options.file))?;
    let set = options.columns.read(&options.file, printer)?;
    let model = options.model.load(printer)?;
    if set.fingerprint.is_some() && set.fingerprint == model.provenance().labeled {
        printer.warn(
            "the model was trained on these very texts: what follows says nothing about new ones",
        );
    }
    let truths = model
        .truths(&set)
        .map_err(|(label, line)| strange(&set, model.labels(), &options.file, &label, line))?;
    let predictions = model.predict(&set.texts, &truths, &thresholds);
    let report = Report::new(model.labels(), &predictions);
    if options.json {
        return printer.json(&report);
    }
    summary(&report, printer)?;
    classes(&report, printer)?;
    confusion(&report, printer)?;
    match &report.coverage_curve {
        Some(curve) => trade(curve, printer),
        None => Ok(()),
    }
}

/// Why texts with other labels than the model's cannot be scored: `label`, on `line`, is
/// the first of them.
fn strange(set: &LabeledSet, known: &[String], file: &Path, label: &str, line: u64) -> Error {
    let strange: Vec<&str> = set
        .classes
        .iter()
        .filter(|class| known.binary_search(class).is_err())
        .map(String::as_str)
        .collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let all = strange.len() == set.classes.len();
    let (place, found, one) = match all {
        true => (
            Place::file(file),
            format!("labels that are none of the model's: {}", some(&strange)),
            "",
        ),
        false => (
            Place::line(&file.display().to_string(), line),
            format!("the label {label:?}"),
            "one of ",
        ),
    };
    let error = Error::input(
        place,
        found,
        format!("{one}the model's labels: {}", some(&known)),
    );

    let first = set.targets.first().map(|&target| &set.classes[target]);
    let once = |label: &str| {
        let places = set.targets.iter();
        places.filter(|&&at| set.classes[at] == label).count() == 1
    };
    let header = !set.named_columns
        && (set.suspect_header.is_some()
            || strange.len() == 1 && first.is_some_and(|first| first == label && once(first)));
    let spelled = strange.iter().find_map(|&strange| {
        let spelled = |&&known: &&&str| !alike(&[known, strange]).is_empty();
        Some((strange, *known.iter().find(spelled)?))
    });
    // Labels recur, texts do not.
    let swapped = all && strange.len() > 2 && strange.len() == set.len();
    error.with_hint(match spelled {
        None if swapped => {
            "are the columns swapped? name them: --label-column, --text-column".to_owned()
        }
        _ if header => {
            "if the first line is a header, remove it, or name the columns: --label-column, --text-column".to_owned()
        }
        Some((strange, known)) => {
            format!("labels are compared letter by letter: write {known:?} for {strange:?}")
        }
        None => {
            "a model knows the labels that it was trained with: rename those of the file, leave their texts out, or train another model with them".to_owned()
        }
    })
}

/// Names, not all where they are many.
fn some(names: &[&str]) -> String {
    let mut listed = names[..names.len().min(MOST_LISTED)].join(", ");
    if names.len() > MOST_LISTED {
        listed += &format!(", ... ({} in all)", grouped(names.len() as u64));
    }
    listed
}

fn summary(report: &Report, printer: &mut Printer) -> Outcome {
    let share = |score: &Score| with_interval(score, percent);
    let plain = |score: &Score| with_interval(score, |value| format!("{value:.3}"));
    let or_dash = |value: Option<f64>| value.map_or("-".to_owned(), percent);
    for (name, value) in [
        ("texts", grouped(report.texts as u64)),
        ("accuracy", share(&report.accuracy)),
        ("most frequent label", percent(report.majority)),
        ("coverage", percent(report.coverage)),
        ("accuracy of answered", or_dash(report.accuracy_of_answered)),
        ("macro-F1", plain(&report.macro_f1)),
        ("Matthews correlation", plain(&report.mcc)),
        ("Brier score", format!("{:.3}", report.brier)),
        ("calibration error", or_dash(report.calibration_error)),
    ] {
        printer.line(&format!("{name:<24}{value}"))?;
    }
    Ok(())
}

fn with_interval(score: &Score, shown: fn(f64) -> String) -> String {
    match score.interval {
        Some(Interval { low, high }) => {
            format!("{} [{}, {}]", shown(score.value), shown(low), shown(high))
        }
        None => shown(score.value),
    }
}

fn classes(report: &Report, printer: &mut Printer) -> Outcome {
    let score = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.3}"));
    let header = ["label", "precision", "recall", "F1", "texts"].map(str::to_owned);
    let rows = report.classes.iter().map(|class| {
        [
            harmless(&class.label).into_owned(),
            score(class.precision),
            score(class.recall),
            score(class.f1),
            grouped(class.support as u64),
        ]
        .to_vec()
    });
    printer.line("")?;
    table(
        std::iter::once(header.to_vec()).chain(rows).collect(),
        printer,
    )
}

fn confusion(report: &Report, printer: &mut Printer) -> Outcome {
    let mut columns: Vec<String> = report
        .classes
        .iter()
        .map(|class| harmless(&class.label).into_owned())
        .collect();
    columns.push(UNDECIDED.to_owned());
    // The last column is only shown where it has something to say.
    let shown = if report.confusion.iter().any(|row| row.last() != Some(&0)) {
        columns.len()
    } else {
        columns.len() - 1
    };
    let mut header = vec!["truth \\ answer".to_owned()];
    header.extend(columns[..shown].iter().cloned());
    let rows = report
        .confusion
        .iter()
        .zip(&columns)
        .map(|(counts, label)| {
            let mut row = vec![label.clone()];
            row.extend(counts[..shown].iter().map(|&count| grouped(count as u64)));
            row
        });
    printer.line("")?;
    table(std::iter::once(header).chain(rows).collect(), printer)
}

/// Coverage against accuracy; the first column is what the option takes.
fn trade(curve: &CoverageCurve, printer: &mut Printer) -> Outcome {
    let points = curve.surest(&SUREST);
    if points.len() < 2 {
        return Ok(());
    }
    let header = ["--min-probability", "coverage", "accuracy of answered"].map(str::to_owned);
    let rows = points.into_iter().map(|point| {
        [
            threshold(point.threshold),
            percent(point.coverage),
            with_interval(&point.accuracy, percent),
        ]
        .to_vec()
    });
    printer.line("")?;
    table(
        std::iter::once(header.to_vec()).chain(rows).collect(),
        printer,
    )?;
    printer.flush()?;
    printer.note(
        "to answer only the surer texts: senti classify --min-probability, with a value of the last table",
    );
    Ok(())
}

/// All its digits, as rounded it would divide other texts; at least two.
fn threshold(value: f64) -> String {
    let two = format!("{value:.2}");
    match two.parse() == Ok(value) {
        true => two,
        false => value.to_string(),
    }
}

/// Columns wide enough for their content; the first to the left, the others to
/// the right.
fn table(rows: Vec<Vec<String>>, printer: &mut Printer) -> Outcome {
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter()
                .map(|row| row[column].width())
                .max()
                .unwrap_or(0)
        })
        .collect();
    for row in rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let padding = " ".repeat(width - cell.width());
            line += &match column {
                0 => format!("{cell}{padding}"),
                _ => format!("  {padding}{cell}"),
            };
        }
        printer.line(line.trim_end())?;
    }
    Ok(())
}
