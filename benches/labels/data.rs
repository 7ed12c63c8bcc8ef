//! The sets: which texts the development set has, which may be labelled, and
//! which are read without labels.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;
use senti::error::{Error, Place, Result};
use senti::files::digest::Fingerprint;
use senti::text::labeled::{ColumnChoice, LabeledSet};
use serde::{Deserialize, Serialize};

use crate::draws::shuffle;

/// Start of the random numbers that split the sets; never another one, so that
/// figures of different days are of the same texts.
const SPLIT: u64 = 2011;
/// Development documents of each class of IMDB: 5,000 in all.
const IMDB_EACH: usize = 2_500;
/// One in so many texts of a class, of the other sets.
const ONE_IN: usize = 5;

/// A set of labelled texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Name {
    /// Film reviews (Maas et al. 2011).
    Imdb,
    /// Sentences of film reviews (Pang and Lee 2005).
    Mr,
    /// Chinese reviews of take-away food.
    Zh,
    /// Film reviews of IMDB, labelled by their topic: horror or comedy.
    Topic,
}

impl Name {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Imdb => "IMDB, film reviews",
            Self::Mr => "MR, sentences of film reviews",
            Self::Zh => "Chinese take-away reviews",
            Self::Topic => "IMDB, horror or comedy",
        }
    }
}

/// Texts and their class numbers.
#[derive(Debug, Default)]
pub(crate) struct Examples {
    pub(crate) texts: Vec<String>,
    pub(crate) targets: Vec<usize>,
}

/// Text without labels; vectors are learned from it.
#[derive(Debug)]
pub(crate) struct Unlabelled {
    /// What the files of its vectors are called by.
    pub(crate) name: &'static str,
    pub(crate) texts: Vec<String>,
}

/// A set, split.
#[derive(Debug)]
pub(crate) struct Set {
    pub(crate) name: Name,
    pub(crate) classes: Vec<String>,
    /// Scored on, and used for nothing else.
    pub(crate) development: Examples,
    /// Labels are drawn from these.
    pub(crate) pool: Examples,
    /// Labelled texts left out because they occur elsewhere too.
    pub(crate) dropped: usize,
    /// What vectors are learned from.
    pub(crate) unlabelled: Unlabelled,
    /// Whether the unlabelled text is that of another set, so that a method may
    /// adapt to the pool's texts, without their labels.
    pub(crate) foreign: bool,
    /// Of the development set and the pool: runs on other texts are others.
    pub(crate) digest: String,
}

/// Reads and splits a set.
pub(crate) fn load(name: Name, folder: &Path) -> Result<Set> {
    match name {
        Name::Imdb => {
            let mut parts = imdb(folder)?;
            let texts = std::mem::take(&mut parts.unsup);
            Ok(parts.set(name, "imdb", texts))
        }
        Name::Mr => {
            let film = imdb(folder)?;
            let parts = Parts::read(&folder.join("mr/all.tsv"), Vec::new(), None)?;
            let texts = with(film.unsup, &film.pool);
            Ok(parts.set_on(
                name,
                Unlabelled {
                    name: "imdb",
                    texts,
                },
                true,
            ))
        }
        Name::Topic => {
            let mut parts = imdb(folder)?;
            let unsup = std::mem::take(&mut parts.unsup);
            let unlabelled = Unlabelled {
                name: "imdb",
                texts: with(unsup, &parts.pool),
            };
            Ok(parts.by_topic().set_on(name, unlabelled, false))
        }
        Name::Zh => {
            let parts = Parts::read(&folder.join("zh_waimai/all.tsv"), Vec::new(), None)?;
            Ok(parts.set(name, "zh", Vec::new()))
        }
    }
}

fn imdb(folder: &Path) -> Result<Parts> {
    let path = present(&folder.join("imdb/unsup.txt"))?;
    let text = std::fs::read_to_string(&path).map_err(|error| Error::io(&path, "read", error))?;
    let unsup = text.lines().map(str::to_owned).collect();
    Parts::read(&folder.join("imdb/train.tsv"), unsup, Some(IMDB_EACH))
}

/// A labelled file, split, and the text beside it that has no labels.
struct Parts {
    classes: Vec<String>,
    development: Examples,
    pool: Examples,
    dropped: usize,
    unsup: Vec<String>,
}

impl Parts {
    /// Splits off `each` texts of every class, or one in five. Texts that occur
    /// elsewhere too are left out: a copy would be in both parts.
    fn read(path: &Path, unsup: Vec<String>, each: Option<usize>) -> Result<Self> {
        let path = present(path)?;
        let file = LabeledSet::read(&path, &ColumnChoice::default())?;
        if file.classes.len() != 2 {
            return Err(Error::input(
                Place::file(&path),
                format!("{} labels", file.classes.len()),
                "two",
            ));
        }
        let mut times: HashMap<&str, usize> = HashMap::new();
        for text in file.texts.iter().chain(&unsup) {
            *times.entry(text).or_default() += 1;
        }
        let mut order: Vec<usize> = (0..file.len())
            .filter(|&row| times[file.texts[row].as_str()] == 1)
            .collect();
        let dropped = file.len() - order.len();
        shuffle(&mut order, &mut Xoshiro256PlusPlus::seed_from_u64(SPLIT));

        let mut wanted: Vec<usize> = (0..file.classes.len())
            .map(|class| {
                let of_class = order.iter().filter(|&&row| file.targets[row] == class);
                each.unwrap_or(of_class.count() / ONE_IN)
            })
            .collect();
        let mut development = Examples::default();
        let mut pool = Examples::default();
        for row in order {
            let target = file.targets[row];
            let part = match wanted[target] {
                0 => &mut pool,
                _ => {
                    wanted[target] -= 1;
                    &mut development
                }
            };
            part.texts.push(file.texts[row].clone());
            part.targets.push(target);
        }
        Ok(Self {
            classes: file.classes,
            development,
            pool,
            dropped,
            unsup,
        })
    }

    /// The texts that speak of horror and not of comedy, or of comedy and not of
    /// horror, labelled by that.
    fn by_topic(self) -> Self {
        let labelled = |examples: Examples| {
            let mut kept = Examples::default();
            for text in examples.texts {
                let lower = text.to_lowercase();
                let topics = ["comed", "horror"].map(|topic| lower.contains(topic));
                if topics[0] != topics[1] {
                    kept.texts.push(text);
                    kept.targets.push(usize::from(topics[1]));
                }
            }
            kept
        };
        Self {
            classes: vec!["comedy".to_owned(), "horror".to_owned()],
            development: labelled(self.development),
            pool: labelled(self.pool),
            ..self
        }
    }

    /// The set whose unlabelled text is its own: `texts`, and the pool's.
    fn set(self, name: Name, text: &'static str, texts: Vec<String>) -> Set {
        let unlabelled = Unlabelled {
            name: text,
            texts: with(texts, &self.pool),
        };
        self.set_on(name, unlabelled, false)
    }

    fn set_on(self, name: Name, unlabelled: Unlabelled, foreign: bool) -> Set {
        Set {
            name,
            digest: digest([&self.development, &self.pool]),
            classes: self.classes,
            development: self.development,
            pool: self.pool,
            dropped: self.dropped,
            unlabelled,
            foreign,
        }
    }
}

fn with(mut texts: Vec<String>, more: &Examples) -> Vec<String> {
    texts.extend(more.texts.iter().cloned());
    texts
}

fn digest(parts: [&Examples; 2]) -> String {
    let mut all = String::new();
    for part in parts {
        for (text, target) in part.texts.iter().zip(&part.targets) {
            // Writing to a string cannot fail.
            let _ = writeln!(all, "{target}\t{text}");
        }
        all.push('\n');
    }
    short(&Fingerprint::of_bytes(all.as_bytes()))
}

/// Enough of a digest to tell files apart.
pub(crate) fn short(fingerprint: &Fingerprint) -> String {
    fingerprint.sha256.chars().take(16).collect()
}

/// The path, or what is missing there.
fn present(path: &Path) -> Result<PathBuf> {
    if path.is_file() {
        return Ok(path.to_owned());
    }
    let mut packed = path.as_os_str().to_owned();
    packed.push(".xz");
    let hint = match Path::new(&packed).is_file() {
        true => format!("unpack it: xz -dk {}", Path::new(&packed).display()),
        false => "benches/labels/README.md says what the data folder holds".to_owned(),
    };
    Err(Error::input(
        Place::file(path),
        "no such file",
        "a file of the data folder",
    )
    .with_hint(hint))
}
