//! `senti pretrain`: unlabelled text to word vectors.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use clap::Args;
use senti::error::{Error, Place, Result};
use senti::files::digest::Fingerprint;
use senti::polarity::Polarity;
use senti::text::cues::Cues;
use senti::text::lines::Lines;
use senti::text::stopwords::StopWords;
use senti::vectors::corpus::{Corpus, CorpusReader};
use senti::vectors::skipgram::checkpoint::Text;
use senti::vectors::skipgram::settings::LEAST_TO_HOLD_OUT_OF;
use senti::vectors::skipgram::{self, Checkpoint, Keeper, Progress, Settings};
use senti::vectors::subwords::NGrams;
use senti::vectors::{Origin, WordVectors};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::corpora;
use super::exit::{Failure, Outcome};
use super::induction::{self, InductionOptions};
use super::interruption::Interruption;
use super::locate::{VECTORS, check_output, our_vectors};
use super::printer::{Printer, counted, grouped, harmless};
use super::progress::{Reporter, duration};
use super::twice::{LONG_LINES, Source, is_pipe};

/// The most epochs of `--epochs auto`, by the usual number.
const MOST_BY_USUAL: usize = 4;

/// Learn word vectors from unlabelled text
///
/// Reads one sentence or document a line (UTF-8, or UTF-16 with a byte-order
/// mark; gzip and zstd are unpacked on the way) and learns a vector for each
/// word by skip-gram with negative sampling. A folder stands for the text files
/// in it and below, in the order of their paths, without hidden ones. Options
/// that are not given adapt to the size of the text:
///
///   running words*     min count   subsample   stop words
///   below 20,000       1           off         those of the language
///   below 200,000      2           1e-3        none
///   below 2,000,000    5           1e-4        none
///   from there on      10          1e-4        none
///
/// In 500 texts or more it also looks for the direction of sentiment: which words and
/// pairs of words are praise and which are blame, found without labels and kept with
/// the vectors (see senti polarity). senti train then needs only a few labels.
///
/// Dimensions are twice the fourth root of the running words, 8 to 100; epochs
/// bring the words seen to two million, 5 to 200. (* without stop words)
///
/// An interrupted training (Ctrl-C, SIGTERM) is kept in OUTPUT.checkpoint, and
/// --resume goes on with it, to the same bytes as without the interruption.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, allow_negative_numbers = true)]
pub(super) struct Options {
    /// Text files, one sentence or document a line, and folders of them; - is
    /// standard input.
    #[arg(required = true, value_name = "PATH")]
    files: Vec<PathBuf>,
    /// Where the vectors go.
    #[arg(short, long, value_name = "FILE", default_value = VECTORS)]
    output: PathBuf,
    /// Components of a vector, 1 to 4096 [default: 8 to 100, by size].
    #[arg(long, value_name = "N")]
    dims: Option<usize>,
    /// Words to each side of the centre, 1 to 1000 [default: 10].
    #[arg(long, value_name = "N")]
    window: Option<usize>,
    /// Noise words a window, 1 to 100 [default: 5].
    #[arg(long, value_name = "N")]
    negatives: Option<usize>,
    /// Passes over the text, 1 to 100000; or auto: as many as lower the loss on a
    /// held-out slice by 1 %, at most four times the default, and then one in
    /// which the step size falls [default: 5 to 200, by size].
    #[arg(long, value_name = "N|auto")]
    epochs: Option<Epochs>,
    /// Share of the text that is not trained on, 0 to 0.5, but 2,000 to 10,000
    /// words; the loss on it is reported after each epoch [default: 0; 0.01 with
    /// --epochs auto].
    #[arg(long, value_name = "SHARE")]
    held_out: Option<f64>,
    /// Leave out words that occur less often, 1 or more [default: by size].
    #[arg(long, value_name = "N")]
    min_count: Option<u64>,
    /// Thin out words more frequent than this share, 0 (off) to 1 [default: by
    /// size].
    #[arg(long, value_name = "SHARE")]
    subsample: Option<f64>,
    /// Go on with the interrupted training that is kept in OUTPUT.checkpoint; the
    /// text and all settings must be the same, only --threads may differ.
    #[arg(long)]
    resume: bool,
    /// Minutes between two checkpoints; 0 for one only when interrupted.
    #[arg(long, value_name = "MINUTES", default_value_t = 10.0)]
    checkpoint_every: f64,
    /// Step size at the start, above 0, at most 10 [default: 0.025].
    #[arg(long, value_name = "RATE")]
    lr: Option<f64>,
    /// Learn vectors of character n-grams too, so that words which are not in
    /// the text get a vector from their parts.
    #[arg(long)]
    subwords: bool,
    /// Characters of the shortest n-gram of <word>, brackets included, 1 to
    /// --maxn [default: 3].
    #[arg(long, value_name = "N", requires = "subwords")]
    minn: Option<usize>,
    /// Characters of the longest n-gram, up to 64 [default: 6].
    #[arg(long, value_name = "N", requires = "subwords")]
    maxn: Option<usize>,
    /// Buckets that n-grams share, as a power of two, 1 to 24 [default: 17,
    /// which is 131,072]. Each takes as much room as a word.
    #[arg(long, value_name = "EXPONENT", requires = "subwords")]
    buckets: Option<usize>,
    /// Start of all random numbers, 0 to 2^63 - 1.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Threads, 1 to 256 [default: as many as there are processors]. The result
    /// is the same for any number; more than four do not help.
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Words to leave out: none; a language, by name or code; a file with one
    /// word a line; or auto, as the table says. Negations are never left out.
    #[arg(long, value_name = "LIST", default_value = "auto")]
    stop_words: String,
    /// Do not look for the direction of sentiment.
    #[arg(long, conflicts_with_all = ["language", "seed_words"])]
    no_polarity: bool,
    #[command(flatten)]
    induction: InductionOptions,
}

/// What --epochs may say.
#[derive(Debug, Clone, Copy)]
enum Epochs {
    Number(usize),
    Auto,
}

impl FromStr for Epochs {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            number => number
                .parse()
                .map(Self::Number)
                .map_err(|_| "expected a number, or auto"),
        }
    }
}

pub(super) fn run(options: Options, printer: &mut Printer) -> Outcome {
    let started = Instant::now();
    // Numbers out of range end it before anything is read.
    options.settings(0).check()?;
    options.induction.check()?;
    let files = corpora::files(&options.files, printer)?;
    let inputs: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    check_output(&options.output, &inputs, our_vectors)?;
    let interruption = Interruption::new(&options.output, &inputs, options.checkpoint_every)?;
    let checkpoint = interruption.begin(options.resume)?;
    let interrupted = interruptible();
    // Nobody can look at a flag while waiting for a pipe, and there is nothing
    // to keep yet.
    let waiting = Arc::new(AtomicBool::new(files.iter().any(|file| is_pipe(file))));
    for signal in [SIGINT, SIGTERM] {
        drop(flag::register_conditional_shutdown(
            signal,
            130,
            Arc::clone(&waiting),
        ));
    }
    let reporter = Reporter::new(printer);

    let mut again = match options.no_polarity {
        true => None,
        false => Some(Vec::new()),
    };
    let (reader, fingerprints) = read(&files, &mut again, &interrupted, &reporter)?;
    waiting.store(false, Ordering::Relaxed);
    let stop_words = stop_words(&options.stop_words, &reader, printer)?;
    let tokens = reader.tokens_without(&stop_words);
    let mut settings = options.settings(tokens);
    let sentences = reader.sentences() as u64;
    if tokens == 0 {
        let place = Place {
            file: names(&files),
            ..Place::default()
        };
        let expected = "text, one sentence or document a line";
        let error = match sentences {
            0 => Error::input(place, "no words", expected)
                .with_hint("check that this is the right file"),
            _ => Error::input(
                place,
                format!("only stop words ({})", stop_words.name()),
                expected,
            )
            .with_hint("keep them with --stop-words none"),
        };
        return Err(error.into());
    }
    let cues = options.induction.cues(reader.counted())?;
    let corpus = reader.settle(&stop_words, settings.min_count)?;
    printer.note(&format!(
        "{} and {} in {}; stop words: {}",
        counted(sentences, "sentence"),
        counted(tokens, "running word"),
        names(&files),
        harmless(stop_words.name()),
    ));
    let kept = counted(corpus.vocabulary.words.len() as u64, "different word");
    printer.note(&match settings.min_count {
        1 => format!("kept all {kept}"),
        least => format!(
            "kept {kept}, dropped {} that occur less than {least} times ({})",
            grouped(corpus.types_dropped as u64),
            counted(corpus.tokens_dropped, "running word"),
        ),
    });
    let running = corpus.ids.len();
    if settings.auto_epochs && settings.held_out_words(running).is_none() {
        settings = Settings {
            epochs: Settings::for_tokens(tokens).epochs,
            auto_epochs: false,
            held_out: 0.0,
            ..settings
        };
        printer.note(&format!(
            "too little text to hold some out ({} of {} running words): the usual number of epochs",
            grouped(running as u64),
            grouped(LEAST_TO_HOLD_OUT_OF as u64),
        ));
    }
    let held_out = match settings.held_out_words(running) {
        Some(words) => format!(", {} held out", counted(words as u64, "word")),
        None => String::new(),
    };
    printer.note(&format!(
        "training {} dimensions, window {}, {} negatives, {}{}{held_out}, subsample {}, step {}, seed {}",
        settings.dims,
        settings.window,
        settings.negatives,
        if settings.auto_epochs { "at most " } else { "" },
        counted(settings.epochs as u64, "epoch"),
        settings.subsample,
        settings.learning_rate,
        settings.seed,
    ));
    if let Some(ngrams) = settings.subwords {
        printer.note(&format!(
            "n-grams of {} to {} characters in {}",
            ngrams.min_n,
            ngrams.max_n,
            counted(ngrams.buckets() as u64, "bucket"),
        ));
    }
    printer.detail(&counted(settings.threads as u64, "thread"));

    let observer = |progress: &Progress| {
        reporter.show(progress);
        if interrupted.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    if let Some(checkpoint) = &checkpoint {
        printer.note(&format!(
            "going on in epoch {}, {} seen",
            checkpoint.epochs() + 1,
            counted(checkpoint.words(), "word")
        ));
    }
    let keeper = Keeper {
        file: &interruption.file,
        texts: &texts(&files, &fingerprints),
        due: &|| interruption.due(),
        kept: &|result| interruption.kept(result, printer),
    };
    interruption.start();
    reporter.begin(checkpoint.as_ref().map_or(0, Checkpoint::words));
    let trained = skipgram::train_kept(&corpus, &settings, &observer, &keeper, checkpoint);
    reporter.finish();
    let trained = match trained {
        Err(Error::Interrupted) => return Err(Failure::Stopped(interruption.hint())),
        trained => trained?,
    };
    if let Some(why) = &trained.stopped {
        printer.note(&format!("stopped {why}"));
    }
    let loss = trained.losses.last().copied().unwrap_or(0.0);

    let origin = Origin {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        corpus: fingerprints,
        sentences,
        tokens,
        loss,
        held_out: trained.held_out,
        stopped: trained.stopped,
        lanes: trained.lanes,
        stop_word_list: stop_words.name().to_owned(),
        stop_words: stop_words.sorted().into_iter().map(str::to_owned).collect(),
        settings: settings.clone(),
    };
    let held_out = match origin.held_out.last() {
        Some(loss) => format!(", held-out loss {loss:.4}"),
        None => String::new(),
    };
    // The text is done with, and as large as a matrix.
    let Corpus { vocabulary, .. } = corpus;
    let words = vocabulary.words.len();
    let mut vectors = WordVectors::new(vocabulary.words, trained.rows, settings.dims)?
        .with_origin(origin)
        .with_counts(vocabulary.counts);
    if let Some(subwords) = trained.subwords {
        vectors = vectors.with_subwords(subwords)?;
    }
    vectors.write(&options.output)?;
    interruption.done(printer);
    printer.note(&format!(
        "wrote {}: {} of {} dimensions, loss {loss:.4}{held_out}, {}",
        harmless(&options.output.display().to_string()),
        counted(words as u64, "vector"),
        settings.dims,
        duration(started.elapsed().as_secs_f64()),
    ));
    if let Some(again) = again {
        // What was learned is safe whatever happens from here on.
        options.induction.warn_of_unknown(&vectors, printer)?;
        if let Some(polarity) = polarity(again, &vectors, &cues, &options, &interrupted, printer)? {
            vectors = vectors.with_polarity(polarity);
            vectors.write(&options.output)?;
            printer.note(&format!(
                "wrote it into {}; to look at it: senti polarity",
                harmless(&options.output.display().to_string())
            ));
        }
    }
    printer.note("next: senti train YOUR_LABELS (label, tab, text on each line)");
    Ok(())
}

impl Options {
    /// The settings for a text of so many running words.
    fn settings(&self, tokens: u64) -> Settings {
        let fitting = Settings::for_tokens(tokens);
        let auto_epochs = matches!(self.epochs, Some(Epochs::Auto));
        let usual_share = if auto_epochs { 0.01 } else { 0.0 };
        Settings {
            dims: self.dims.unwrap_or(fitting.dims),
            window: self.window.unwrap_or(fitting.window),
            negatives: self.negatives.unwrap_or(fitting.negatives),
            epochs: match self.epochs {
                Some(Epochs::Number(epochs)) => epochs,
                Some(Epochs::Auto) => MOST_BY_USUAL * fitting.epochs,
                None => fitting.epochs,
            },
            auto_epochs,
            held_out: self.held_out.unwrap_or(usual_share),
            min_count: self.min_count.unwrap_or(fitting.min_count),
            subsample: self.subsample.unwrap_or(fitting.subsample),
            learning_rate: self.lr.unwrap_or(fitting.learning_rate),
            seed: self.seed,
            subwords: self.subwords.then(|| {
                let standard = NGrams::default();
                NGrams {
                    min_n: self.minn.unwrap_or(standard.min_n),
                    max_n: self.maxn.unwrap_or(standard.max_n),
                    bucket_bits: self.buckets.unwrap_or(standard.bucket_bits),
                }
            }),
            threads: self.threads.unwrap_or_else(|| {
                std::thread::available_parallelism().map_or(1, |processors| processors.get().min(4))
            }),
        }
    }
}

/// Reads the texts. Where `again` is a list, what is needed to read them once more
/// goes there.
fn read(
    files: &[PathBuf],
    again: &mut Option<Vec<Source>>,
    interrupted: &AtomicBool,
    reporter: &Reporter,
) -> Result<(CorpusReader, Vec<Fingerprint>)> {
    let mut reader = CorpusReader::new();
    let mut fingerprints: Vec<Fingerprint> = Vec::new();
    // Of text: unpacked, unlike the bytes of a fingerprint.
    let mut all = 0;
    for file in files {
        let lines = match again {
            None => Lines::open(file, LONG_LINES)?,
            Some(again) => {
                let (lines, source) = Source::first(file)?;
                again.push(source);
                lines
            }
        };
        let before = all;
        let fingerprint = reader.add_lines(lines, |bytes| {
            all = before + bytes;
            reporter.reading(all);
            if interrupted.load(Ordering::Relaxed) {
                Err(Error::Interrupted)
            } else {
                Ok(())
            }
        })?;
        fingerprints.push(fingerprint);
    }
    Ok((reader, fingerprints))
}

/// The direction of sentiment in the texts, read a second time.
fn polarity(
    again: Vec<Source>,
    vectors: &WordVectors,
    cues: &Option<Cues>,
    options: &Options,
    interrupted: &AtomicBool,
    printer: &Printer,
) -> std::result::Result<Option<Polarity>, Failure> {
    let texts = again.into_iter().map(|source| source.again());
    let stopped = |error| {
        match error {
        Error::Interrupted => Failure::Partly(
            "the vectors were written, without the direction of sentiment (senti train --unlabeled finds it too)"
                .to_owned(),
        ),
        error => error.into(),
    }
    };
    let raised = Some(interrupted);
    let (documents, fingerprints) =
        induction::read(texts, vectors, raised, &mut |_| ()).map_err(stopped)?;
    if vectors
        .origin()
        .is_some_and(|origin| origin.corpus != fingerprints)
    {
        printer.warn("the text was changed while it was read: no direction of sentiment");
        return Ok(None);
    }
    let (cues, seed) = (cues.as_ref(), options.seed);
    let found =
        induction::find(&documents, vectors, cues, seed, raised, printer).map_err(stopped)?;
    if let (None, Some(option)) = (&found, options.induction.given()) {
        printer.warn(&format!(
            "no direction of sentiment was found, in spite of {option}"
        ));
    }
    Ok(found)
}

/// The list that was asked for. `auto` leaves the stop words of the text's
/// language out of small texts, where they drown the rest, and out of no other.
fn stop_words(wanted: &str, reader: &CorpusReader, printer: &Printer) -> Result<StopWords> {
    match wanted {
        "none" => Ok(StopWords::none()),
        "auto" => {
            let detected = StopWords::detect(reader.counted());
            Ok(
                if Settings::for_tokens(reader.tokens_without(&detected)).min_count == 1 {
                    detected
                } else {
                    StopWords::none()
                },
            )
        }
        path if Path::new(path).is_file() => {
            let (list, negations) = StopWords::file(Path::new(path))?;
            if !negations.is_empty() {
                printer.warn(&format!(
                    "negations stay in the text, though they are on the list: {}",
                    harmless(&negations.join(", "))
                ));
            }
            Ok(list)
        }
        language => StopWords::language(language),
    }
}

/// The texts of the corpus, as errors call them.
fn texts(files: &[PathBuf], fingerprints: &[Fingerprint]) -> Vec<Text> {
    files
        .iter()
        .map(|file| file.display().to_string())
        .zip(fingerprints.iter().cloned())
        .collect()
}

fn names(files: &[PathBuf]) -> String {
    match files {
        [file] => harmless(&file.display().to_string()).into_owned(),
        files => counted(files.len() as u64, "file"),
    }
}

/// A flag that Ctrl-C and SIGTERM raise; a second one ends the process at once.
/// Outputs are renamed into place when whole, so neither touches what is there.
pub(super) fn interruptible() -> Arc<AtomicBool> {
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // In this order: the first does nothing until the second has run once.
        // Without a handler the signal ends the process, which is as safe.
        let again = flag::register_conditional_shutdown(signal, 130, Arc::clone(&interrupted));
        let first = flag::register(signal, Arc::clone(&interrupted));
        drop((again, first));
    }
    interrupted
}
