//! `senti embed`: what any layer makes of texts, as vectors.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, ValueEnum};
use senti::error::{Error, Result};
use senti::model::Model;
use senti::sentence::{SentenceEncoder, WordWeights};
use senti::text::lines::{Lines, LongLines};
use senti::text::tokenizer::Tokenizer;
use senti::vectors::WordVectors;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::exit::{Failure, Outcome};
use super::locate::{ModelChoice, VectorChoice, is_standard_input};
use super::printer::{Printer, counted, grouped, harmless};
use super::rows::{Form, RowOptions, Rows};

/// As of senti classify: a longer line is an error.
const LONGEST_LINE: usize = 16 << 20;

/// Give the vectors of texts, from any layer
///
/// Texts are the arguments, or the lines of a file, or the lines of standard input.
/// With --layer word there is a row for each word that has a vector, in the order of
/// the texts: the number of the text<TAB>the word<TAB>its vector, of unit length. With
/// --layer sentence there is one for each text: the text<TAB>the mean of the vectors of
/// its different words, by their weights; zeros where no word is known. With --layer
/// hidden it has the activations of the classifier's hidden layer in place of the mean,
/// where the model has one. With --model words have the vectors that the model keeps:
/// of few components, those that its answers depend on.
///
/// Values are separated by tabs, and are the shortest decimal numbers that are read
/// back as the same 32-bit value. Control characters in texts are shown as escapes.
/// With --output the rows go into a file, which appears whole or not at all: text, or,
/// by its name or --to, numpy's .npy (rows x dimensions, float32) or a safetensors file
/// with the tensor "embeddings". Beside those, for --layer word, stands a .txt with
/// number<TAB>word of each row.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The texts; none: one a line from standard input.
    text: Vec<String>,
    /// Read texts from a file, one a line; - is standard input.
    #[arg(short, long, value_name = "FILE", conflicts_with = "text")]
    file: Option<PathBuf>,
    /// Which vectors.
    #[arg(long, value_name = "LAYER", default_value = "sentence")]
    layer: Layer,
    #[command(flatten)]
    vectors: VectorChoice,
    #[command(flatten)]
    model: ModelChoice,
    /// The form of the rows; without it, the name of --output says it (.txt or .tsv is
    /// text).
    #[arg(long, value_name = "FORMAT")]
    to: Option<Form>,
    /// Where the rows are written to; without it, standard output, as text.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Layer {
    /// Of each known word.
    Word,
    /// Of each text: the mean of its words.
    Sentence,
    /// Of each text: what the classifier's hidden layer makes of it.
    Hidden,
}

pub(super) fn run(options: Options, printer: &mut Printer) -> Outcome {
    let rows = RowOptions {
        output: options.output.as_deref(),
        form: Form::of(options.to, options.output.as_deref())?,
        named: options.layer == Layer::Word,
    };
    rows.check(options.file.as_deref())?;
    if options.vectors.is_given() && (options.model.is_given() || options.layer == Layer::Hidden) {
        return Err(Error::setting(
            "--vectors",
            match options.layer {
                Layer::Hidden => "word vectors, for --layer hidden",
                _ => "word vectors, beside --model",
            },
            "--model, which has word vectors of its own",
        )
        .into());
    }
    let stdin = match &options.file {
        Some(file) => is_standard_input(file),
        None => options.text.is_empty() || options.text == ["-"],
    };
    options.model.beside(stdin)?;
    options.vectors.beside(stdin)?;
    let source = match options.layer == Layer::Hidden || options.model.is_given() {
        true => Source::of_model(options.model.load(printer)?),
        false => Source::of_vectors(options.vectors.load(printer)?),
    };
    let dims = match options.layer {
        Layer::Hidden => source.hidden_units()?,
        _ => source.vectors().dims(),
    };
    let stop = Arc::new(AtomicBool::new(false));
    if options.output.is_some() {
        // Otherwise the file under way would stay. The second signal ends it at once.
        for signal in [SIGINT, SIGTERM] {
            // Without a handler the signal ends the process all the same.
            drop(flag::register_conditional_shutdown(
                signal,
                130,
                Arc::clone(&stop),
            ));
            drop(flag::register(signal, Arc::clone(&stop)));
        }
    }
    let mut sink = Rows::new(rows, dims)?;
    let mut counts = Counts::default();
    let mut embed = |text: &str, printer: &mut Printer| -> Outcome {
        if stop.load(Ordering::Relaxed) {
            return Err(Error::Interrupted.into());
        }
        counts.texts += 1;
        let known = match options.layer {
            Layer::Word => source.words(text, &mut |word, vector| {
                let name = format!("{}\t{}", counts.texts, harmless(word));
                sink.row(&name, vector, printer)
            })?,
            Layer::Sentence | Layer::Hidden => {
                let (vector, known) = source.vector(options.layer, text);
                sink.row(&harmless(text), &vector, printer)?;
                known
            }
        };
        counts.unknown += u64::from(!known);
        Ok(())
    };
    if let [only] = options.text.as_slice()
        && Path::new(only).is_file()
    {
        printer.warn(&format!(
            "{0} is a file here; for the vectors of its lines: senti embed --file {0}",
            harmless(only)
        ));
    }
    if !options.text.is_empty() && options.text != ["-"] {
        for text in &options.text {
            embed(text, printer)?;
        }
    } else {
        // Input that trickles gets its rows at once.
        let piped = options.file.is_none();
        let mut lines = lines(options.file.as_deref(), printer)?;
        while let Some(line) = lines.next_line()? {
            embed(line.text, printer)?;
            if piped {
                printer.flush()?;
            }
        }
    }
    counts.say(options.layer, printer);
    sink.finish(printer)
}

fn lines(file: Option<&Path>, printer: &Printer) -> Result<Lines> {
    let long = LongLines::Refuse(LONGEST_LINE);
    match file {
        Some(path) => Lines::open(path, long),
        None => {
            if io::stdin().is_terminal() {
                printer.note("reading texts from the keyboard, one a line; Ctrl-D ends");
            }
            Lines::new("standard input", io::stdin(), long)
        }
    }
}

/// What vectors come from.
enum Source {
    Model(Box<Model>),
    Vectors(Box<(WordVectors, WordWeights, Tokenizer)>),
}

impl Source {
    fn of_model(model: Model) -> Self {
        Self::Model(Box::new(model))
    }

    fn of_vectors(vectors: WordVectors) -> Self {
        let (weights, tokenizer) = (WordWeights::fitting(&vectors), vectors.tokenizer());
        Self::Vectors(Box::new((vectors, weights, tokenizer)))
    }

    fn vectors(&self) -> &WordVectors {
        match self {
            Self::Model(model) => model.vectors(),
            Self::Vectors(all) => &all.0,
        }
    }

    fn tokenizer(&self) -> &Tokenizer {
        match self {
            Self::Model(model) => model.tokenizer(),
            Self::Vectors(all) => &all.2,
        }
    }

    fn encoder(&self) -> SentenceEncoder<'_> {
        match self {
            Self::Model(model) => model.encoder(),
            Self::Vectors(all) => SentenceEncoder::new(&all.0, &all.1, &all.2),
        }
    }

    /// How many there are, or what the model has instead.
    fn hidden_units(&self) -> Result<usize> {
        match self {
            Self::Model(model) if model.hidden_units() > 0 => Ok(model.hidden_units()),
            _ => Err(Error::setting(
                "--layer",
                "hidden, of a model without hidden units: its classifier is linear in the \
                 sentence vector and the score of the direction of sentiment",
                "word or sentence",
            )
            .with_hint("senti train --hidden 32 makes a model that has some")),
        }
    }

    /// Each known word of a text with its vector; whether there is one.
    fn words(
        &self,
        text: &str,
        each: &mut dyn FnMut(&str, &[f32]) -> Outcome,
    ) -> std::result::Result<bool, Failure> {
        let mut known = false;
        for token in self.tokenizer().tokens(text) {
            if let Some(vector) = self.vectors().vector(&token.word) {
                each(&token.word, &vector)?;
                known = true;
            }
        }
        Ok(known)
    }

    /// The vector of a text, zeros where no word is known; and whether one is.
    fn vector(&self, layer: Layer, text: &str) -> (Vec<f32>, bool) {
        let encoded = self.encoder().encode(text);
        let values = match self {
            Self::Model(model) if layer == Layer::Hidden => {
                let mut hidden = model.hidden(&encoded);
                if encoded.known == 0 {
                    hidden.fill(0.0);
                }
                hidden
            }
            _ => encoded.vector,
        };
        let values = values.into_iter().map(|value| value as f32).collect();
        (values, encoded.known > 0)
    }
}

/// Texts, and those of which no word is known.
#[derive(Default)]
struct Counts {
    texts: u64,
    unknown: u64,
}

impl Counts {
    fn say(&self, layer: Layer, printer: &Printer) {
        if self.unknown > 0 {
            printer.warn(&format!(
                "no word is known in {} of {}: {}",
                grouped(self.unknown),
                counted(self.texts, "text"),
                match layer {
                    Layer::Word => "they have no row",
                    _ => "their rows are zeros",
                }
            ));
        }
    }
}
