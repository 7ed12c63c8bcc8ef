//! Every run in a file of the work folder, one JSON object a line, so that what
//! was interrupted goes on where it was.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use clap::ValueEnum;
use senti::error::{Error, Place, Result};
use senti::evaluation::{Prediction, Report};
use senti::files::write::write_whole;
use serde::{Deserialize, Serialize};

use crate::data::Name;
use crate::draws::Labels;

/// What is compared, in the order of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Method {
    /// TF-IDF of words and pairs, logistic regression.
    Tfidf,
    /// Words and pairs weighted by naive Bayes, logistic regression.
    Nbsvm,
    /// Plain average of word vectors, logistic regression.
    Average,
    /// Plain average of word vectors, hidden layer.
    Hidden,
    /// Bidirectional recurrent layer over word vectors, logistic output.
    Recurrent,
    /// `Model::train`, as `senti train` does.
    Senti,
    /// The same with `--task any`: the direction of sentiment left out.
    Any,
    /// The same with `--task sentiment`: the labels do not decide how much the
    /// direction counts.
    Sentiment,
    /// The same without turning what is negated.
    Unturned,
}

impl Method {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Tfidf => "TF-IDF + logistic",
            Self::Nbsvm => "NB-weighted n-grams + logistic",
            Self::Average => "average of vectors + logistic",
            Self::Hidden => "average of vectors + hidden layer",
            Self::Recurrent => "recurrent layer over vectors",
            Self::Senti => "senti",
            Self::Any => "senti --task any",
            Self::Sentiment => "senti --task sentiment",
            Self::Unturned => "senti, negation not turned",
        }
    }

    /// Whether it is senti, in one way or another.
    pub(crate) fn is_senti(self) -> bool {
        matches!(
            self,
            Self::Senti | Self::Any | Self::Sentiment | Self::Unturned
        )
    }

    /// Whether it depends on word vectors, and so on their seed.
    pub(crate) fn has_vectors(self) -> bool {
        !matches!(self, Self::Tfidf | Self::Nbsvm)
    }
}

/// Which run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) set: Name,
    pub(crate) method: Method,
    pub(crate) labels: Labels,
    /// The seed of the vectors, where there are any.
    pub(crate) seed: Option<u64>,
    pub(crate) draw: u64,
}

/// What it was made with: a run made with something else is not believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Made {
    /// Digest of the set's texts.
    pub(crate) data: String,
    /// Digest of the vectors' file.
    pub(crate) vectors: Option<String>,
    /// Digest of this program: the baselines share its tokenizer and its
    /// classifiers, so their figures too are those of one build.
    pub(crate) build: String,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// Shares between 0 and 1.
    Scores {
        accuracy: f64,
        calibration_error: Option<f64>,
        coverage: f64,
    },
    /// Why there are none.
    Failure(String),
}

impl Outcome {
    pub(crate) fn new(classes: &[String], predictions: Result<Vec<Prediction>>) -> Self {
        match predictions {
            Ok(predictions) => {
                let report = Report::new(classes, &predictions);
                Self::Scores {
                    accuracy: report.accuracy.value,
                    calibration_error: report.calibration_error,
                    coverage: report.coverage,
                }
            }
            Err(error) => Self::Failure(error.to_string()),
        }
    }
}

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Run {
    #[serde(flatten)]
    pub(crate) key: Key,
    #[serde(flatten)]
    pub(crate) made: Made,
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
}

/// The file, and what it holds.
pub(crate) struct Runs {
    path: PathBuf,
    state: Mutex<State>,
}

struct State {
    runs: BTreeMap<Key, Run>,
    file: File,
}

impl Runs {
    pub(crate) fn open(work: &Path) -> Result<Self> {
        let path = work.join("runs.jsonl");
        let failed = |action| {
            let path = path.clone();
            move |error| Error::io(&path, action, error)
        };
        let text = match path.exists() {
            true => std::fs::read_to_string(&path).map_err(failed("read"))?,
            false => String::new(),
        };
        let runs = parse(&path, &text)?;
        // Whatever was written last may have been cut off.
        write_whole(&path, lines(&runs).as_bytes())?;
        let file = OpenOptions::new()
            .append(true)
            .open(&path)
            .map_err(failed("open"))?;
        Ok(Self {
            state: Mutex::new(State { runs, file }),
            path,
        })
    }

    /// Whether this run is there, made with the same.
    pub(crate) fn has(&self, key: &Key, made: &Made) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.runs.get(key).is_some_and(|run| run.made == *made)
    }

    /// Keeps a run, in the place of an older one.
    pub(crate) fn keep(&self, run: Run) -> Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let written = state.file.write_all(line(&run).as_bytes());
        written.map_err(|error| Error::io(&self.path, "write", error))?;
        state.runs.insert(run.key.clone(), run);
        Ok(())
    }

    /// Writes the file anew, in order, and returns the runs.
    pub(crate) fn close(self) -> Result<BTreeMap<Key, Run>> {
        let state = self
            .state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        write_whole(&self.path, lines(&state.runs).as_bytes())?;
        Ok(state.runs)
    }
}

fn parse(path: &Path, text: &str) -> Result<BTreeMap<Key, Run>> {
    let mut runs = BTreeMap::new();
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    for (line, number) in text[..whole].lines().zip(1..) {
        let run: Run = serde_json::from_str(line).map_err(|error| {
            Error::input(
                Place::line(&path.display().to_string(), number),
                error.to_string(),
                "a run of this benchmark",
            )
            .with_hint("take another work folder, or remove the line")
        })?;
        runs.insert(run.key.clone(), run);
    }
    Ok(runs)
}

fn lines(runs: &BTreeMap<Key, Run>) -> String {
    runs.values().map(line).collect()
}

fn line(run: &Run) -> String {
    let object = serde_json::to_string(run).expect("strings and numbers are always JSON");
    object + "\n"
}
