//! What a few labels are worth: senti beside its baselines, on the same seeded
//! draws of labels, scored on a development set.
//!
//! Run with: `cargo bench --bench labels -- --data FOLDER --work FOLDER`; see
//! README.md beside this file.

mod baselines;
mod check;
mod data;
mod draws;
mod logistic;
mod ngrams;
mod recurrent;
mod report;
mod runs;
mod vectors;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use rayon::prelude::*;
use senti::classifier::head::Task;
use senti::error::{Error, Result};
use senti::evaluation::Prediction;
use senti::files::digest::Fingerprint;
use senti::model::{Model, Settings, Thresholds};
use senti::text::LabeledSet;
use senti::vectors::WordVectors;

use baselines::{Averages, nbsvm, tfidf};
use data::{Name, Set, short};
use draws::{Draw, Labels, draws};
use ngrams::NGrams;
use recurrent::Recurrent;
use runs::{Key, Made, Method, Outcome, Run, Runs};
use vectors::{Text, with_direction, without_negation};

/// senti and its baselines at few labels
#[derive(Debug, Parser)]
struct Options {
    /// The data folder; README.md says what it holds.
    #[arg(long, value_name = "FOLDER", env = "SENTI_DATA")]
    data: Option<PathBuf>,
    /// Where vectors and runs are kept.
    #[arg(long, value_name = "FOLDER", default_value = "target/labels")]
    work: PathBuf,
    /// Which sets.
    #[arg(long, value_delimiter = ',', default_value = "imdb,mr,zh")]
    set: Vec<Name>,
    /// How many labels; all is the whole pool, drawn once.
    #[arg(long, value_delimiter = ',', default_value = "8,16,64,200,512,all")]
    labels: Vec<Labels>,
    /// Draws of each number of labels.
    #[arg(long, value_name = "N", default_value_t = 20)]
    draws: u64,
    /// Seeds of the word vectors.
    #[arg(long, value_delimiter = ',', default_value = "0,1,2")]
    seeds: Vec<u64>,
    /// Which methods; beside those of the default, recurrent, any, sentiment and
    /// unturned.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "tfidf,nbsvm,average,hidden,senti"
    )]
    methods: Vec<Method>,
    /// Threads; the figures do not depend on them.
    #[arg(long, value_name = "N", default_value_t = 2)]
    threads: usize,
    /// Try these settings of the recurrent method (0, 1 and so on) on held-out
    /// labels of the first draw of each number, and end; no development text is
    /// answered.
    #[arg(long, value_name = "SETTINGS", value_delimiter = ',')]
    choose: Vec<usize>,
    /// Check the benchmark itself, and end.
    #[arg(long)]
    check: bool,
    /// What cargo bench says to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    if options.check {
        check::run();
        return ExitCode::SUCCESS;
    }
    let Some(data) = &options.data else {
        println!("no data folder: name one with --data or SENTI_DATA; nothing was measured");
        return ExitCode::SUCCESS;
    };
    match run(&options, data) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            if let Some(hint) = error.hint() {
                eprintln!("hint: {hint}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options, data: &Path) -> Result<()> {
    std::fs::create_dir_all(&options.work)
        .map_err(|error| Error::io(&options.work, "write", error))?;
    rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads)
        .build_global()
        .map_err(|error| Error::setting("--threads", error, "as many as the system allows"))?;
    let build = build()?;
    let runs = Runs::open(&options.work)?;
    let mut wanted = Vec::new();
    for &name in &options.set {
        let set = data::load(name, data)?;
        eprintln!(
            "{}: {} development texts, {} to draw from, {} dropped; {} texts without labels{}",
            set.name.title(),
            set.development.texts.len(),
            set.pool.texts.len(),
            set.dropped,
            set.unlabelled.texts.len(),
            if set.foreign { " (of another set)" } else { "" },
        );
        let bench = Bench {
            options,
            set: &set,
            build: &build,
            runs: &runs,
        };
        if !options.choose.is_empty() {
            bench.choose()?;
            continue;
        }
        wanted.extend(bench.run()?);
    }
    let mut all = runs.close()?;
    if !options.choose.is_empty() {
        return Ok(());
    }
    for &name in &options.set {
        let of_set: BTreeMap<Key, Run> = wanted
            .iter()
            .filter(|key| key.set == name)
            .filter_map(|key| all.remove_entry(key))
            .collect();
        println!(
            "{}",
            report::tables(name, &options.methods, &options.labels, &of_set)
        );
    }
    Ok(())
}

/// The digest of this program.
fn build() -> Result<String> {
    let path = std::env::current_exe().map_err(|error| Error::io("this program", "find", error))?;
    let bytes = std::fs::read(&path).map_err(|error| Error::io(&path, "read", error))?;
    Ok(short(&Fingerprint::of_bytes(&bytes)))
}

/// The runs of one set.
struct Bench<'a> {
    options: &'a Options,
    set: &'a Set,
    build: &'a str,
    runs: &'a Runs,
}

impl Bench<'_> {
    /// Runs what is not there yet; returns all that was asked for.
    fn run(&self) -> Result<Vec<Key>> {
        let mut drawn = Vec::new();
        for &labels in &self.options.labels {
            let classes = self.set.classes.len();
            drawn.extend(draws(labels, self.options.draws, &self.set.pool, classes)?);
        }
        let mut keys = self.on_ngrams(&drawn)?;
        if self
            .options
            .methods
            .iter()
            .any(|method| method.has_vectors())
        {
            let text = Text::new(&self.set.unlabelled, self.options.threads)?;
            for &seed in &self.options.seeds {
                let vectors = text.vectors(seed, &self.options.work)?;
                keys.extend(self.on_vectors(&drawn, seed, &vectors)?);
            }
        }
        Ok(keys)
    }

    /// Tries the settings of the recurrent method; prints what came of each.
    fn choose(&self) -> Result<()> {
        let text = Text::new(&self.set.unlabelled, self.options.threads)?;
        for &seed in &self.options.seeds {
            let vectors = text.vectors(seed, &self.options.work)?;
            let recurrent = Recurrent::new(self.set, &vectors);
            for &labels in &self.options.labels {
                for draw in draws(labels, 1, &self.set.pool, self.set.classes.len())? {
                    recurrent.choose(self.set, &draw, seed, &self.options.choose)?;
                }
            }
        }
        Ok(())
    }

    fn on_ngrams(&self, drawn: &[Draw]) -> Result<Vec<Key>> {
        let jobs = self.jobs(drawn, None, None);
        let open = self.open(&jobs);
        if !open.is_empty() {
            let ngrams = NGrams::new(&self.set.pool.texts, &self.set.development.texts);
            self.work(&open, |method, draw| match method {
                Method::Tfidf => tfidf(self.set, &ngrams, &draw.rows),
                _ => nbsvm(self.set, &ngrams, &draw.rows),
            })?;
        }
        Ok(jobs.into_iter().map(|job| job.key).collect())
    }

    fn on_vectors(&self, drawn: &[Draw], seed: u64, vectors: &WordVectors) -> Result<Vec<Key>> {
        let jobs = self.jobs(drawn, Some(seed), vectors.fingerprint().map(short));
        let open = self.open(&jobs);
        // Every text's average, or its words, only where a method needs them.
        let any = |methods: &[Method]| open.iter().any(|job| methods.contains(&job.key.method));
        let averages =
            any(&[Method::Average, Method::Hidden]).then(|| Averages::new(self.set, vectors));
        let recurrent = any(&[Method::Recurrent]).then(|| Recurrent::new(self.set, vectors));
        let directed = match open.iter().any(|job| job.key.method.is_senti()) {
            true => Some(with_direction(self.set, vectors, seed)?),
            false => None,
        };
        let directed = directed.as_ref().unwrap_or(vectors);
        let unturned = any(&[Method::Unturned]).then(|| without_negation(directed));
        self.work(&open, |method, draw| {
            match (method, &averages, &recurrent) {
                (Method::Average, Some(averages), _) => averages.logistic(self.set, &draw.rows),
                (Method::Hidden, Some(averages), _) => averages.hidden(self.set, &draw.rows, seed),
                (Method::Recurrent, _, Some(recurrent)) => {
                    recurrent.answers(self.set, &draw.rows, seed)
                }
                (method, ..) => {
                    let vectors = match method {
                        Method::Unturned => unturned.as_ref().unwrap_or(directed),
                        _ => directed,
                    };
                    senti(self.set, method, &draw.rows, seed, vectors)
                }
            }
        })?;
        Ok(jobs.into_iter().map(|job| job.key).collect())
    }

    /// What was asked for of the methods that have vectors, or of those that have
    /// none.
    fn jobs<'d>(
        &self,
        drawn: &'d [Draw],
        seed: Option<u64>,
        vectors: Option<String>,
    ) -> Vec<Job<'d>> {
        let methods = self.options.methods.iter().copied();
        methods
            .filter(|method| method.has_vectors() == seed.is_some())
            .flat_map(|method| drawn.iter().map(move |draw| (method, draw)))
            .map(|(method, draw)| Job {
                key: Key {
                    set: self.set.name,
                    method,
                    labels: draw.labels,
                    seed,
                    draw: draw.number,
                },
                made: Made {
                    data: self.set.digest.clone(),
                    vectors: vectors.clone(),
                    build: self.build.to_owned(),
                },
                draw,
            })
            .collect()
    }

    fn open<'j, 'd>(&self, jobs: &'j [Job<'d>]) -> Vec<&'j Job<'d>> {
        let open = jobs
            .iter()
            .filter(|job| !self.runs.has(&job.key, &job.made));
        open.collect()
    }

    fn work(
        &self,
        open: &[&Job<'_>],
        answer: impl Fn(Method, &Draw) -> Result<Vec<Prediction>> + Sync,
    ) -> Result<()> {
        if !open.is_empty() {
            eprintln!("{} runs", open.len());
        }
        open.par_iter().try_for_each(|job| {
            let predictions = answer(job.key.method, job.draw);
            self.runs.keep(Run {
                key: job.key.clone(),
                made: job.made.clone(),
                outcome: Outcome::new(&self.set.classes, predictions),
            })
        })
    }
}

/// A run that was asked for.
struct Job<'d> {
    key: Key,
    made: Made,
    draw: &'d Draw,
}

/// senti itself: as `senti train` and `senti eval`.
fn senti(
    set: &Set,
    method: Method,
    rows: &[usize],
    seed: u64,
    vectors: &WordVectors,
) -> Result<Vec<Prediction>> {
    let pool = &set.pool;
    let labelled = LabeledSet {
        unlabeled: Vec::new(),
        classes: set.classes.clone(),
        texts: rows.iter().map(|&row| pool.texts[row].clone()).collect(),
        targets: rows.iter().map(|&row| pool.targets[row]).collect(),
        weights: vec![1.0; rows.len()],
        lines: (1..=rows.len() as u64).collect(),
        detected: "a draw".to_owned(),
        weighted: false,
        suspect_header: None,
        named_columns: true,
        fingerprint: None,
    };
    let settings = Settings {
        seed,
        task: match method {
            Method::Any => Task::Any,
            Method::Sentiment => Task::Sentiment,
            _ => Task::Auto,
        },
        ..Settings::default()
    };
    let (model, _) = Model::train(vectors.clone(), &labelled, &settings)?;
    Ok(model.predict(
        &set.development.texts,
        &set.development.targets,
        &Thresholds::default(),
    ))
}
