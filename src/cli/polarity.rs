//! `senti polarity`: what the direction of sentiment is made of.

use std::path::{Path, PathBuf};

use clap::Args;
use senti::error::Error;
use senti::model::Model;
use senti::polarity::{Length, Path as Steps, Polarity, Weight};
use senti::vectors::WordVectors;
use senti::vectors::formats::Reading;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::exit::Outcome;
use super::induction::steps;
use super::locate::{VectorChoice, as_file, our_model, read_head, read_vectors};
use super::printer::{Printer, counted, grouped, harmless, percent};

/// Show which words and phrases are praise and blame
///
/// What senti pretrain found in text without labels: how it was found, how sure it is
/// (whether the odd and the even sentences of a text agree), the cue words that the text has, and the
/// words and pairs of words that count most on either side. A text's score is the sum
/// of the weights of its words and pairs, over its length, and what its word vectors
/// add. Which label praise belongs to, the labels say later: see senti train.
///
/// First come the words that scores vary most by: those of a large weight that stand
/// in many texts. (By weight alone rare names would come first.) "texts" is the share
/// of the texts that a word or pair stands in. Of vectors, the weights for single
/// sentences are shown; of a model, those for texts like the labelled ones.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// A model or a file of word vectors; - is standard input; without it, the vectors
    /// that --vectors would find.
    #[arg(value_name = "FILE", conflicts_with = "vectors")]
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
    let (read, model);
    let (vectors, length): (&WordVectors, Length) = match &options.file {
        Some(path) => match stored(&as_file(path)?)? {
            Stored::Model(whole) => {
                model = whole;
                (model.vectors(), model.length())
            }
            Stored::Vectors(vectors) => {
                read = vectors;
                (&read, Length::Sentence)
            }
        },
        None => {
            read = Box::new(options.vectors.load(printer)?);
            (&read, Length::Sentence)
        }
    };
    let Some(polarity) = vectors.polarity() else {
        return Err(none_in(options.file.as_deref()).into());
    };
    let word = |row: u32| vectors.words()[row as usize].as_str();
    let words = sides(polarity.words(length), options.count, |row| {
        word(row).to_owned()
    });
    let pairs = sides(polarity.pairs(length), options.count, |(first, second)| {
        format!("{} {}", word(first), word(second))
    });
    if options.json {
        return printer.json(&object(polarity, vectors, &words, &pairs));
    }
    summary(polarity, vectors, printer)?;
    table("word", &words, printer)?;
    table("pair", &pairs, printer)
}

/// What a file may hold.
enum Stored {
    Model(Box<Model>),
    Vectors(Box<WordVectors>),
}

/// Reads a file of either kind. A pipe is read once: it cannot be looked at before.
fn stored(path: &Path) -> Result<Stored, Error> {
    if path.is_dir() || path.is_file() {
        return Ok(match path.is_file() && our_model(&read_head(path)?) {
            true => Stored::Model(Box::new(Model::read(path)?)),
            false => {
                let (vectors, _) = read_vectors(path, &Reading::default())?;
                Stored::Vectors(Box::new(vectors))
            }
        });
    }
    let bytes = std::fs::read(path).map_err(|error| Error::io(path, "read", error))?;
    Ok(match our_model(&bytes[..bytes.len().min(256)]) {
        true => Stored::Model(Box::new(Model::from_bytes(path, &bytes)?)),
        false => {
            let size = Some(bytes.len() as u64);
            let vectors = WordVectors::from_reader(path, bytes.as_slice(), size)?;
            Stored::Vectors(Box::new(vectors))
        }
    })
}

/// The file is sound: nothing is wrong with it that another copy would mend.
fn none_in(file: Option<&Path>) -> Error {
    let name = file.map_or_else(
        || "the vectors".to_owned(),
        |path| path.display().to_string(),
    );
    Error::too_little(
        format!("no direction of sentiment in {name}"),
        "one that was found in 500 texts or more (10,000 are good)",
    )
    .with_hint(
        "find it: senti pretrain corpus.txt, without --no-polarity; for a model: senti train labeled.tsv --unlabeled texts.txt",
    )
}

/// What counts most on either side: the most of praise first, and the most of blame
/// first.
type Sides = [Vec<(String, Weight)>; 2];

fn sides<F: Copy + Ord>(
    weights: impl Iterator<Item = (F, Weight)>,
    count: usize,
    name: impl Fn(F) -> String,
) -> Sides {
    let mut all: Vec<(F, Weight)> = weights.collect();
    all.sort_unstable_by(|a, b| {
        let (first, second) = (a.1.influence(), b.1.influence());
        second.total_cmp(&first).then(a.0.cmp(&b.0))
    });
    let named = |&(feature, weight): &(F, Weight)| (name(feature), weight);
    let praise = all.iter().take_while(|(_, w)| w.influence() > 0.0);
    let blame = all.iter().rev().take_while(|(_, w)| w.influence() < 0.0);
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
        || "- (too few texts of two sentences or more)".to_owned(),
        |share| format!("{} (chance: 50 %)", percent(share)),
    );
    for (name, value) in [
        (
            "found in",
            format!(
                "{}, median length {}",
                counted(report.documents.1 as u64, "text"),
                counted(report.length as u64, "known word")
            ),
        ),
        ("language", language.to_owned()),
        ("found by", steps(report.path).to_owned()),
        ("halves that agree", agreement),
        (
            "opinion words",
            format!(
                "{} ({})",
                grouped(report.opinions as u64),
                match report.by_cues {
                    true => "by the words before them, such as intensifiers and copulas",
                    false => "by their nearness to the seeds",
                }
            ),
        ),
        ("pairs of words", grouped(polarity.pair_count() as u64)),
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
    let shown = |side: &[(String, Weight)], at: usize| match side.get(at) {
        Some((name, weight)) => [
            format!("{:+.2}", weight.value),
            percent(f64::from(weight.share)),
            harmless(name).into_owned(),
        ],
        None => Default::default(),
    };
    let width = praise.iter().map(|(name, _)| harmless(name).width()).max();
    let width = width.unwrap_or(0).max(14);
    let row = |[weight, share, name]: [String; 3], right: [String; 3]| {
        let padding = " ".repeat(width.saturating_sub(name.width()));
        let left = format!("{weight:>7} {share:>7}  {name}{padding}");
        let [weight, share, name] = right;
        format!("{left}  {weight:>7} {share:>7}  {name}")
    };
    let title = |side: &str| ["weight", "texts", &format!("{what} of {side}")].map(str::to_owned);
    printer.line(row(title("praise"), title("blame")).trim_end())?;
    for at in 0..praise.len().max(blame.len()) {
        printer.line(row(shown(praise, at), shown(blame, at)).trim_end())?;
    }
    Ok(())
}

fn object(polarity: &Polarity, vectors: &WordVectors, words: &Sides, pairs: &Sides) -> Value {
    let entry = |(text, weight): &(String, Weight)| {
        json!({
            "text": text,
            "weight": weight.value,
            "share_of_texts": weight.share,
            "influence": weight.influence(),
        })
    };
    let list = |side: &[(String, Weight)]| -> Value { side.iter().map(entry).collect() };
    let sides = |[praise, blame]: &Sides| json!({ "praise": list(praise), "blame": list(blame) });
    let cues: serde_json::Map<String, Value> = cues(polarity, vectors)
        .into_iter()
        .map(|(kind, words)| (kind.replace(' ', "_"), json!(words)))
        .collect();
    let report = &polarity.report;
    json!({
        "language": polarity.cues.language,
        "path": match report.path {
            Steps::Long => "long",
            Steps::Short => "short",
            Steps::Seeds => "seeds",
        },
        "texts": report.documents.0,
        "sample": report.documents.1,
        "median_words": report.length,
        "agreement_of_halves": report.agreement,
        "opinion_words": report.opinions,
        "pairs": polarity.pair_count(),
        "cues": cues,
        "words": sides(words),
        "phrases": sides(pairs),
    })
}
