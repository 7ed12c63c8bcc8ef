//! `senti polarity`: what the direction of sentiment is made of.

use std::path::PathBuf;

use clap::Args;
use senti::error::{Error, Place};
use senti::model::Model;
use senti::polarity::{Length, Polarity};
use senti::vectors::WordVectors;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::exit::Outcome;
use super::induction::steps;
use super::locate::{VectorChoice, our_model, read_head};
use super::printer::{Printer, counted, grouped, harmless, percent};

/// Show which words and phrases are praise and blame
///
/// What senti pretrain found in text without labels: how it was found, how sure it is
/// (whether the two halves of a text agree), the cue words that the text has, and the
/// words and pairs of words that weigh most on either side. A text's score is the sum
/// of the weights of its words and pairs, over its length. Which label praise belongs
/// to, the labels say later: see senti train.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// A model or a file of word vectors; without it, the vectors that --vectors
    /// would find.
    file: Option<PathBuf>,
    #[command(flatten)]
    vectors: VectorChoice,
    /// How many words, and pairs, of each side.
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    count: usize,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(options: Options, printer: &mut Printer) -> Outcome {
    let (vectors, model);
    let (name, vectors): (String, &WordVectors) = match &options.file {
        Some(path) if our_model(&read_head(path)?) => {
            model = Model::read(path)?;
            (path.display().to_string(), model.vectors())
        }
        Some(path) => {
            vectors = WordVectors::read(path)?;
            (path.display().to_string(), &vectors)
        }
        None => {
            vectors = options.vectors.load(printer)?;
            ("the vectors".to_owned(), &vectors)
        }
    };
    let Some(polarity) = vectors.polarity() else {
        return Err(Error::artifact(
            Place::file(&PathBuf::from(name)).to_string(),
            "vectors without a direction of sentiment",
            "vectors that it was found with",
        )
        .with_hint("learn them from 500 texts or more: senti pretrain corpus.txt")
        .into());
    };
    let words = sides(polarity.words(Length::Sentence), options.count, |row| {
        vectors.words()[row as usize].clone()
    });
    let pairs = sides(
        polarity.pairs(Length::Sentence),
        options.count,
        |(first, second)| {
            let word = |row: u32| vectors.words()[row as usize].as_str();
            format!("{} {}", word(first), word(second))
        },
    );
    if options.json {
        return printer.json(&object(polarity, vectors, &words, &pairs));
    }
    summary(polarity, vectors, printer)?;
    table("word", &words, printer)?;
    table("pair", &pairs, printer)
}

/// What weighs most on either side: the most of praise first, and the most of blame
/// first.
type Sides = [Vec<(String, f32)>; 2];

fn sides<F: Copy + Ord>(
    weights: impl Iterator<Item = (F, f32)>,
    count: usize,
    name: impl Fn(F) -> String,
) -> Sides {
    let mut all: Vec<(F, f32)> = weights.collect();
    all.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let named = |&(feature, weight): &(F, f32)| (name(feature), weight);
    let praise = all.iter().take_while(|(_, weight)| *weight > 0.0);
    let blame = all.iter().rev().take_while(|(_, weight)| *weight < 0.0);
    [
        praise.take(count).map(named).collect(),
        blame.take(count).map(named).collect(),
    ]
}

/// The words of a list that the vectors know.
fn known<'w>(words: &'w [String], vectors: &WordVectors) -> Vec<&'w str> {
    let words = words.iter().map(String::as_str);
    words.filter(|word| vectors.index(word).is_some()).collect()
}

/// The kinds of cue words, with those that the vectors know.
fn cues<'p>(polarity: &'p Polarity, vectors: &WordVectors) -> [(&'static str, Vec<&'p str>); 5] {
    let cues = &polarity.cues;
    [
        ("intensifiers", &cues.intensifiers),
        ("copulas", &cues.copulas),
        ("negators", &cues.negators),
        ("seeds of praise", &cues.positive),
        ("seeds of blame", &cues.negative),
    ]
    .map(|(kind, words)| (kind, known(words, vectors)))
}

fn summary(polarity: &Polarity, vectors: &WordVectors, printer: &mut Printer) -> Outcome {
    let report = &polarity.report;
    let language = match polarity.cues.language.as_str() {
        "" => "- (seed words)",
        language => language,
    };
    let agreement = report.agreement.map_or_else(
        || "- (too few texts of two sentences)".to_owned(),
        |share| format!("{} (chance: 50 %)", percent(share)),
    );
    for (name, value) in [
        (
            "found in",
            format!(
                "{} of {} in the middle",
                counted(report.documents.1 as u64, "text"),
                counted(report.length as u64, "word")
            ),
        ),
        ("language", language.to_owned()),
        ("found by", steps(report.path).to_owned()),
        ("halves that agree", agreement),
        ("opinion words", grouped(report.opinions as u64)),
        ("pairs", grouped(report.pairs as u64)),
    ] {
        printer.line(&format!("{name:<24}{}", harmless(&value)))?;
    }
    for (kind, words) in cues(polarity, vectors) {
        if !words.is_empty() {
            printer.line(&format!("{kind:<24}{}", harmless(&words.join(", "))))?;
        }
    }
    Ok(())
}

/// Praise to the left, blame to the right.
fn table(what: &str, [praise, blame]: &Sides, printer: &mut Printer) -> Outcome {
    printer.line("")?;
    let shown = |side: &[(String, f32)], at: usize| match side.get(at) {
        Some((name, weight)) => (format!("{weight:+.2}"), harmless(name).into_owned()),
        None => (String::new(), String::new()),
    };
    let width = praise.iter().map(|(name, _)| harmless(name).width()).max();
    let width = width.unwrap_or(0).max(12);
    let row = |left: (String, String), right: (String, String)| {
        let padding = " ".repeat(width.saturating_sub(left.1.width()));
        format!(
            "{:>7}  {}{padding}  {:>7}  {}",
            left.0, left.1, right.0, right.1
        )
    };
    let title = |side: &str| ("weight".to_owned(), format!("{what} of {side}"));
    printer.line(row(title("praise"), title("blame")).trim_end())?;
    for at in 0..praise.len().max(blame.len()) {
        printer.line(row(shown(praise, at), shown(blame, at)).trim_end())?;
    }
    Ok(())
}

fn object(polarity: &Polarity, vectors: &WordVectors, words: &Sides, pairs: &Sides) -> Value {
    let list = |side: &[(String, f32)]| -> Value {
        let entries = side.iter();
        entries
            .map(|(text, weight)| json!({ "text": text, "weight": weight }))
            .collect()
    };
    let sides = |[praise, blame]: &Sides| json!({ "praise": list(praise), "blame": list(blame) });
    let cues: serde_json::Map<String, Value> = cues(polarity, vectors)
        .into_iter()
        .map(|(kind, words)| (kind.replace(' ', "_"), json!(words)))
        .collect();
    let report = &polarity.report;
    json!({
        "language": polarity.cues.language,
        "path": report.path,
        "texts": report.documents.0,
        "sample": report.documents.1,
        "median_words": report.length,
        "agreement_of_halves": report.agreement,
        "opinion_words": report.opinions,
        "pairs": report.pairs,
        "cues": cues,
        "words": sides(words),
        "phrases": sides(pairs),
    })
}
