//! `senti quantize`: a smaller model file, and what it loses.

use std::path::{Path, PathBuf};

use clap::Args;
use senti::error::{Error, Place, Result};
use senti::files::digest::Fingerprint;
use senti::model::{Loss, Model};
use senti::text::labeled::{ColumnChoice, LabeledSet, UNDECIDED};
use senti::text::lines::{Lines, LongLines};

use super::exit::Outcome;
use super::locate::{ModelChoice, check_output, is_standard_input, our_model};
use super::printer::{Printer, counted, grouped, harmless, percent};

/// Bytes of a line, at most.
const LONGEST: usize = 1 << 24;

/// Make a model file several times smaller, and say what that loses
///
/// Rounds every number of a word, pair or n-gram to eight bits and packs the
/// file. The result is a model like any other: it answers as fast, explains and
/// inspects, only opening it takes longer, as it is unpacked. With --size, the
/// pairs of words that change answers least are dropped until the file is small
/// enough.
///
/// The loss is measured on TEXTS, and printed: the share of texts with the same
/// label as before, how far probabilities move, and, where the texts have
/// labels, the accuracy before and after.
/// Neither the rounding nor what is dropped depends on these texts.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Texts to measure the loss on, like those the model will answer: labelled,
    /// as senti train reads them, or one a line; - is standard input.
    texts: PathBuf,
    #[command(flatten)]
    model: ModelChoice,
    /// The smaller model; without it, model-8bit.senti for model.senti.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The most bytes it may take, such as 500kB or 1.5MB (a kB is 1,000 bytes).
    #[arg(long, value_parser = size)]
    size: Option<u64>,
}

pub(super) fn run(options: Options, printer: &mut Printer) -> Outcome {
    options.model.beside(is_standard_input(&options.texts))?;
    let path = options.model.path(printer)?;
    let output = options.output.unwrap_or_else(|| beside(&path));
    check_output(&output, &[&path, &options.texts], our_model)?;
    let bytes = std::fs::read(&path).map_err(|error| Error::io(&path, "read", error))?;
    let source = Fingerprint::of_bytes(&bytes);
    let model = Model::from_bytes(&path, &bytes)?;
    let texts = Texts::read(&options.texts, &model, printer)?;
    let quantized = model.quantized(&path, &source, options.size)?;
    let loss = quantized.loss(&model, &texts.all, texts.truths().as_deref());
    quantized.write(&output)?;

    let (before, after) = (source.bytes, quantized.size());
    let mut line = |name: &str, value: String| printer.line(&format!("{name:<24}{value}"));
    line(
        "bytes",
        format!(
            "{} -> {} (1 / {:.1})",
            grouped(before),
            grouped(after),
            before as f64 / after as f64
        ),
    )?;
    let dropped = grouped(quantized.dropped() as u64);
    let kept = grouped(quantized.pairs() as u64);
    line("word pairs", format!("{kept} kept, {dropped} dropped"))?;
    let Loss {
        mean_change,
        largest_change,
        accuracy,
        ..
    } = loss;
    let same = loss.same as f64 / loss.texts.max(1) as f64;
    let texts = counted(loss.texts as u64, "text");
    line("same label", format!("{} of {texts}", percent(same)))?;
    line(
        "change of probability",
        format!("{mean_change:.4} on average, {largest_change:.4} at most"),
    )?;
    if let Some([before, after]) = accuracy {
        line(
            "accuracy",
            format!("{} -> {}", percent(before), percent(after)),
        )?;
    }
    let name = harmless(&output.display().to_string()).into_owned();
    printer.note(&format!("wrote {name}"));
    printer.note(&format!(
        "next: senti classify --model {name} \"your text\""
    ));
    Ok(())
}

/// model-8bit.senti for model.senti.
fn beside(model: &Path) -> PathBuf {
    let stem = model.file_stem().unwrap_or_default().to_string_lossy();
    PathBuf::from(format!("{stem}-8bit.senti"))
}

struct Texts {
    all: Vec<String>,
    labels: Option<Vec<String>>,
}

impl Texts {
    /// Labelled ones, where their labels are the model's; lines otherwise.
    fn read(path: &Path, model: &Model, printer: &Printer) -> Result<Self> {
        let choice = ColumnChoice {
            text: None,
            label: None,
        };
        let is_ours = |label: &String| label == UNDECIDED || model.labels().contains(label);
        // Standard input can be read once.
        let set = match is_standard_input(path) {
            true => None,
            false => LabeledSet::read(path, &choice).ok(),
        };
        let texts = match set.filter(|set| set.classes.iter().all(is_ours)) {
            Some(set) => {
                let labels = set
                    .targets
                    .iter()
                    .map(|&target| set.classes[target].clone());
                Self {
                    labels: Some(labels.collect()),
                    all: set.texts,
                }
            }
            None => Self {
                all: lines(path)?,
                labels: None,
            },
        };
        if texts.all.is_empty() {
            let wanted = "texts to measure the loss on";
            return Err(Error::input(Place::file(path), "no text", wanted));
        }
        let noun = match &texts.labels {
            Some(_) => "labelled text",
            None => "unlabelled text",
        };
        let count = counted(texts.all.len() as u64, noun);
        let name = path.display().to_string();
        printer.note(&format!("measuring on {count} in {}", harmless(&name)));
        Ok(texts)
    }

    fn truths(&self) -> Option<Vec<&str>> {
        let labels = self.labels.as_ref()?;
        Some(labels.iter().map(String::as_str).collect())
    }
}

/// The lines of a file that are not empty.
fn lines(path: &Path) -> Result<Vec<String>> {
    let mut lines = Lines::open(path, LongLines::Refuse(LONGEST))?;
    let mut all = Vec::new();
    while let Some(line) = lines.next_line()? {
        if !line.text.trim().is_empty() {
            all.push(line.text.to_owned());
        }
    }
    Ok(all)
}

/// A number of bytes.
fn size(text: &str) -> std::result::Result<u64, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "kib" => 1024.0,
        "mib" => 1024.0 * 1024.0,
        "gib" => 1024.0 * 1024.0 * 1024.0,
        _ => return Err("a number of bytes, such as 500kB or 1.5MB, is wanted".to_owned()),
    };
    match digits.trim().parse::<f64>() {
        Ok(number) if number > 0.0 && number.is_finite() => Ok((number * unit) as u64),
        _ => Err("a number of bytes, such as 500kB or 1.5MB, is wanted".to_owned()),
    }
}
