//! `senti convert`: word vectors from one format to another.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use senti::error::{Error, Result};
use senti::vectors::WordVectors;
use senti::vectors::export::{Container, Written};
use senti::vectors::formats::{Cleaned, Format, Reading, Report};

use super::exit::Outcome;
use super::locate::{as_file, check_named, our_vectors, read_start, read_vectors};
use super::printer::{Printer, counted, grouped, harmless};

/// How much of a file that is there tells its format.
const HEAD: u64 = 1 << 16;

/// Write word vectors in another format
///
/// The format of IN is known by its content, or by --from; that of OUT by --to, or by
/// its name: .fifu, .vec or .txt (word2vec, text), .bin (word2vec, binary), .npy,
/// .safetensors. A folder as IN stands for the model.safetensors in it. What the new
/// format has no place for (how often words occurred, vectors of n-grams, the direction
/// of sentiment) goes, and is named. Rows keep the lengths that they have; they are held
/// as directions and lengths, so that the last digit of a value may change.
///
/// Beside OUT.npy stands OUT.txt, with a word on each line, and beside OUT.safetensors
/// a tokenizer.json; both are looked for on reading too. Of a table of embeddings,
/// the entries that are whole words are taken. Of fastText's models (.bin, without
/// labels, not quantised) the vectors of n-grams are kept in .fifu.
///
/// A row that is damaged is an error; with --clean it is left out and counted: a word
/// that was there before, values that are not finite numbers, rows of another length,
/// and words with spaces where OUT cannot hold them.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The word vectors; - is standard input.
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// Where they are written to.
    #[arg(value_name = "OUT")]
    output: PathBuf,
    /// The format of IN; its content says it otherwise.
    #[arg(long, value_name = "FORMAT")]
    from: Option<From>,
    /// The format of OUT; its name says it otherwise.
    #[arg(long, value_name = "FORMAT")]
    to: Option<To>,
    /// Leave out what makes no sense, and count it.
    #[arg(long)]
    clean: bool,
}

/// Formats that are read.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum From {
    /// finalfusion, senti's own.
    Fifu,
    /// word2vec, binary.
    Word2vec,
    /// word2vec, text; fastText's .vec.
    Word2vecText,
    /// Lines without a header.
    Glove,
    /// A model of fastText (.bin).
    Fasttext,
    /// A numpy matrix, and its words beside it.
    Npy,
    /// A table of embeddings, and its tokenizer beside it.
    Safetensors,
}

/// Formats that are written.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum To {
    /// finalfusion, senti's own.
    Fifu,
    /// word2vec, binary.
    Word2vec,
    /// word2vec, text; fastText's .vec.
    Word2vecText,
    /// Lines without a header.
    Glove,
    /// A numpy matrix, and its words beside it.
    Npy,
    /// A table of embeddings, and its tokenizer beside it.
    Safetensors,
}

impl From {
    fn format(self) -> Format {
        match self {
            Self::Fifu => Format::Finalfusion,
            Self::Word2vec => Format::Word2vec,
            Self::Word2vecText => Format::Word2vecText,
            Self::Glove => Format::GloVe,
            Self::Fasttext => Format::FastText,
            Self::Npy => Format::Numpy,
            Self::Safetensors => Format::Safetensors,
        }
    }
}

impl To {
    fn format(self) -> Format {
        match self {
            Self::Fifu => Format::Finalfusion,
            Self::Word2vec => Format::Word2vec,
            Self::Word2vecText => Format::Word2vecText,
            Self::Glove => Format::GloVe,
            Self::Npy => Format::Numpy,
            Self::Safetensors => Format::Safetensors,
        }
    }
}

pub(super) fn run(options: Options, printer: &mut Printer) -> Outcome {
    let to = match options.to {
        Some(to) => to.format(),
        None => Format::of_name(&options.output).ok_or_else(|| unclear(&options.output))?,
    };
    let input = as_file(&options.input)?;
    check(&input, &options.output, to)?;
    let reading = Reading {
        format: options.from.map(From::format),
        clean: options.clean,
    };
    let (vectors, report) = read_vectors(&input, &reading)?;
    say_read(&vectors, &report, printer);
    let vectors = vectors.with_conversion(report.format);
    let written = vectors.export(&options.output, to, options.clean)?;
    say_written(&options.output, to, &vectors, &written, printer);
    Ok(())
}

fn unclear(output: &Path) -> Error {
    Error::setting(
        "OUT",
        format!("{}, whose name says no format", output.display()),
        "a name that ends in .fifu, .vec or .txt (word2vec, text), .bin (word2vec, binary), .npy \
         or .safetensors",
    )
    .with_hint("--to fifu, word2vec, word2vec-text, glove, npy or safetensors says it too")
}

/// Checks, before anything is read, that the output and the file beside it can be
/// written: a file that is there is replaced by one of its own format only.
fn check(input: &Path, output: &Path, to: Format) -> Result<()> {
    let beside = [Format::Numpy, Format::Safetensors].map(|format| format.companion(input));
    let inputs: Vec<&Path> = std::iter::once(input)
        .chain(beside.iter().flatten().map(PathBuf::as_path))
        .collect();
    let same_format = |path: &Path| {
        let head = read_start(path, HEAD)?;
        Ok(match to {
            Format::Finalfusion => our_vectors(&head[..head.len().min(256)]),
            // A whole network, or a model of ours, is of that format too.
            Format::Safetensors => Container::Safetensors.wrote(&head),
            _ => Format::of_content(&head) == Some(to),
        })
    };
    check_named("OUT", output, &inputs, same_format)?;
    let Some(companion) = to.companion(output) else {
        return Ok(());
    };
    if companion == output {
        return Err(Error::setting(
            "OUT",
            format!("{}, which is the name of its words too", output.display()),
            format!("a name that does not end in .txt, as in {}", "vectors.npy"),
        ));
    }
    // It goes with the file that it belongs to, or is somebody else's.
    check_named("OUT", &companion, &inputs, |_| {
        Ok(output.is_file() && same_format(output)?)
    })
}

fn say_read(vectors: &WordVectors, report: &Report, printer: &Printer) {
    printer.note(&format!(
        "read {}: {} ({})",
        harmless(&report.path.display().to_string()),
        size(vectors.len(), vectors.dims()),
        report.format
    ));
    for note in &report.notes {
        printer.note(&harmless(note));
    }
    let Cleaned {
        twice,
        not_finite,
        malformed,
    } = report.cleaned;
    let parts: Vec<String> = [
        (twice, "with a word that was there before"),
        (not_finite, "with values that are not finite numbers"),
        (malformed, "of another form"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{} {what}", grouped(count)))
    .collect();
    if !parts.is_empty() {
        printer.warn(&format!(
            "left out {}: {}",
            counted(report.cleaned.total(), "row"),
            parts.join(", ")
        ));
    }
}

fn say_written(
    output: &Path,
    to: Format,
    vectors: &WordVectors,
    written: &Written,
    printer: &Printer,
) {
    let shown = |path: &Path| harmless(&path.display().to_string()).into_owned();
    let beside = match to.companion(output) {
        Some(companion) => format!(", and {}", shown(&companion)),
        None => String::new(),
    };
    if written.left_out > 0 {
        printer.warn(&format!(
            "left out {} with white space",
            counted(written.left_out as u64, "word")
        ));
    }
    printer.note(&format!(
        "wrote {}: {} ({to}){beside}",
        shown(output),
        size(written.words, vectors.dims())
    ));
    if !written.lost.is_empty() {
        printer.note(&format!("not in this format: {}", written.lost.join(", ")));
    }
}

fn size(words: usize, dims: usize) -> String {
    format!(
        "{} of {}",
        counted(words as u64, "vector"),
        counted(dims as u64, "dimension")
    )
}
