use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::{Observer, Progress, Trained, train, train_kept};
use super::*;
use crate::text::stopwords::StopWords;
use crate::vectors::corpus::CorpusReader;
use crate::vectors::subwords::NGrams;

const QUIET: Observer<'static> = &|_| ControlFlow::Continue(());

fn corpus(sentences: usize) -> Corpus {
    let mut reader = CorpusReader::new();
    for i in 0..sentences {
        let line = format!("w{} w{} a b w{} c w{} d", i % 97, i % 31, i % 7, i % 53);
        reader.add(&line).unwrap();
    }
    reader.settle(&StopWords::none(), 1).unwrap()
}

fn settings() -> Settings {
    Settings {
        dims: 10,
        epochs: 3,
        ..Settings::for_tokens(100)
    }
}

fn texts() -> Vec<Text> {
    ["one", "two"]
        .map(|name| {
            let name = name.to_owned();
            let text = Fingerprint::of_bytes(name.as_bytes());
            (name, text)
        })
        .to_vec()
}

/// A folder, and a place for a checkpoint in it.
struct Place {
    folder: tempfile::TempDir,
    file: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("checkpoint");
        Self { folder, file }
    }

    /// Trains until the observer was called `stop` times; goes on from the
    /// checkpoint where there is one.
    fn train(&self, corpus: &Corpus, settings: &Settings, stop: usize) -> Result<Trained> {
        let calls = AtomicUsize::new(0);
        let observer = |_: &Progress| match calls.fetch_add(1, Ordering::Relaxed) + 1 >= stop {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let keeper = Keeper {
            file: &self.file,
            texts: &texts(),
            due: &|| false,
            kept: &|result| result.unwrap(),
        };
        let from = match self.file.exists() {
            true => Some(Checkpoint::open(&self.file)?),
            false => None,
        };
        train_kept(corpus, settings, &observer, &keeper, from)
    }

    /// The checkpoint of a training interrupted in its first epoch.
    fn interrupted(corpus: &Corpus, settings: &Settings) -> Self {
        let place = Self::new();
        let stopped = place.train(corpus, settings, 1);
        assert!(matches!(stopped, Err(Error::Interrupted)), "{stopped:?}");
        place
    }
}

/// Whatever the interruptions, and however many threads there are in between.
#[test]
fn going_on_gives_the_bytes_of_an_unbroken_training() {
    let (small, large) = (corpus(100), corpus(30_000));
    let middling = corpus(8_000);
    let auto = Settings {
        auto_epochs: true,
        held_out: 0.02,
        epochs: 20,
        learning_rate: 0.2,
        ..settings()
    };
    let of_subwords = Settings {
        subwords: Some(NGrams {
            bucket_bits: 8,
            ..NGrams::default()
        }),
        ..auto.clone()
    };
    for (corpus, settings, stops) in [
        (&small, &settings(), &[1, 1, 1][..]),
        (&large, &settings(), &[1, 7, 3, 12, 1]),
        (&middling, &auto, &[2, 3, 4, 1]),
        (&middling, &of_subwords, &[1, 3, 2]),
    ] {
        let unbroken = train(corpus, settings, QUIET).unwrap();
        let place = Place::new();
        for (at, &stop) in stops.iter().enumerate() {
            let settings = Settings {
                threads: 1 + at % 3,
                ..settings.clone()
            };
            let stopped = place.train(corpus, &settings, stop);
            assert!(matches!(stopped, Err(Error::Interrupted)), "{stopped:?}");
        }
        let whole = place.train(corpus, settings, usize::MAX).unwrap();
        assert_eq!(whole, unbroken);
    }
}

#[test]
fn a_training_is_kept_when_it_is_time_and_never_disturbed() {
    let corpus = corpus(30_000);
    let unbroken = train(&corpus, &settings(), QUIET).unwrap();
    let place = Place::new();
    let kept = AtomicUsize::new(0);
    let texts = texts();
    let count = |result: Result<()>| {
        kept.fetch_add(usize::from(result.is_ok()), Ordering::Relaxed);
    };
    let keeper = |file| Keeper {
        file,
        texts: &texts,
        due: &|| true,
        kept: &count,
    };
    let trained = train_kept(&corpus, &settings(), QUIET, &keeper(&place.file), None).unwrap();
    assert_eq!(trained, unbroken);
    assert!(kept.load(Ordering::Relaxed) > 10);
    // The last one is of a training that is done.
    let from = Some(Checkpoint::open(&place.file).unwrap());
    let again = train_kept(&corpus, &settings(), QUIET, &keeper(&place.file), from).unwrap();
    assert_eq!(again, unbroken);
    // Where it cannot be written, the training goes on.
    kept.store(0, Ordering::Relaxed);
    let nowhere = place.folder.path().join("missing/checkpoint");
    let trained = train_kept(&corpus, &settings(), QUIET, &keeper(&nowhere), None).unwrap();
    assert_eq!(trained, unbroken);
    assert_eq!(kept.load(Ordering::Relaxed), 0);
    let stop: Observer<'_> = &|_| ControlFlow::Break(());
    let failed = train_kept(&corpus, &settings(), stop, &keeper(&nowhere), None);
    assert!(matches!(failed, Err(Error::Io { .. })), "{failed:?}");
}

#[test]
fn other_settings_and_corpora_are_refused_by_name() {
    let corpus_then = corpus(100);
    let place = Place::interrupted(&corpus_then, &settings());
    let check = |corpus: &Corpus, settings: &Settings, texts: &[Text], lanes: usize| {
        let checkpoint = Checkpoint::open(&place.file).unwrap();
        checkpoint.check(corpus, settings, texts, lanes)
    };
    let lanes = Checkpoint::open(&place.file).unwrap().header.lanes;
    check(&corpus_then, &settings(), &texts(), lanes).unwrap();
    let threads = Settings {
        threads: 9,
        ..settings()
    };
    check(&corpus_then, &threads, &texts(), lanes).unwrap();

    let other = Settings {
        window: 3,
        seed: 8,
        ..settings()
    };
    let mut changed = texts();
    changed[1].1 = Fingerprint::of_bytes(b"changed");
    for (error, says) in [
        (
            check(&corpus_then, &other, &texts(), lanes),
            &["--window 3, --seed 8", "--window 10, --seed 0, as in"][..],
        ),
        (
            check(&corpus_then, &settings(), &changed, lanes),
            &["two: found another text (7 bytes", "(3 bytes"],
        ),
        (
            check(&corpus_then, &settings(), &texts()[..1], lanes),
            &["1 texts", "2, as"],
        ),
        (
            check(&corpus(101), &settings(), &texts(), lanes),
            &["--stop-words"],
        ),
        (
            check(&corpus_then, &settings(), &texts(), lanes + 1),
            &["lanes", "as this processor computes"],
        ),
    ] {
        let error = error.unwrap_err();
        for part in says {
            assert!(error.to_string().contains(part), "{part}: {error}");
        }
    }
    // And by the training itself, before it begins.
    let refused = place.train(&corpus_then, &other, usize::MAX);
    assert!(matches!(refused, Err(Error::Setting { .. })), "{refused:?}");
}

#[test]
fn a_checkpoint_that_is_none_is_explained() {
    let place = Place::new();
    let error = Checkpoint::open(&place.file).unwrap_err();
    assert!(error.to_string().contains("found no file"), "{error}");
    assert!(error.hint().unwrap().contains("--resume"));
    for content in [&b""[..], b"senti", b"It was great\n", b"FiFu\0\0\0\0"] {
        std::fs::write(&place.file, content).unwrap();
        let error = Checkpoint::open(&place.file).unwrap_err();
        assert!(error.to_string().contains("another kind"), "{error}");
    }
    let error = Checkpoint::open(place.folder.path()).unwrap_err();
    assert!(error.to_string().contains("another kind"), "{error}");
}

#[test]
fn every_truncation_and_every_flipped_bit_is_refused() {
    let settings = Settings {
        dims: 2,
        ..settings()
    };
    let place = Place::interrupted(&corpus(2), &settings);
    let whole = std::fs::read(&place.file).unwrap();
    let refused = |bytes: &[u8]| {
        std::fs::write(&place.file, bytes).unwrap();
        matches!(
            Checkpoint::open(&place.file),
            Err(Error::Artifact { hint: Some(_), .. })
        )
    };
    for length in 0..whole.len() {
        assert!(refused(&whole[..length]), "cut to {length}");
    }
    assert!(refused(&[&whole[..], b"x"].concat()));
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1 << (at % 8);
        assert!(refused(&changed), "byte {at}");
    }
    assert!(!refused(&whole));
}

/// Files whose seal fits, and whose content does not.
#[test]
fn wrong_content_is_refused_even_under_a_seal() {
    let corpus = corpus(100);
    let place = Place::interrupted(&corpus, &settings());
    let whole = std::fs::read(&place.file).unwrap();
    let size = u32::from_le_bytes(whole[8..12].try_into().unwrap()) as usize;
    let header = std::str::from_utf8(&whole[12..12 + size]).unwrap();
    let matrices = &whole[12 + size..whole.len() - TRAILER as usize];
    let sealed = |size: u32, header: &str, matrices: &[u8]| {
        let mut file = Vec::new();
        let mut sealing = Sealing::new(&mut file);
        for part in [MAGIC, &size.to_le_bytes(), header.as_bytes(), matrices] {
            sealing.write_all(part).unwrap();
        }
        sealing.finish().unwrap();
        file
    };
    let other = |from: &str, to: &str| {
        assert!(header.contains(from), "{from} is not in {header}");
        let header = header.replacen(from, to, 1);
        sealed(header.len() as u32, &header, matrices)
    };
    let mut not_finite = matrices.to_vec();
    not_finite[matrices.len() - 4..].copy_from_slice(&f32::INFINITY.to_le_bytes());
    let version = format!("version = \"{}\"", env!("CARGO_PKG_VERSION"));
    for (bytes, says) in [
        (sealed(u32::MAX, header, matrices), "4294967295 bytes"),
        (sealed(0, "", matrices), "checkpoint format none"),
        (other("format = 1", "format = 2"), "checkpoint format 2"),
        (other("format = 1", "format = "), "found"),
        // A parser says this in two lines.
        (other("format = 1", "format = x"), "expected"),
        (other(&version, "version = \"9\""), "senti 9"),
        (other("lanes = ", "lames = "), "missing field"),
        (other("words = ", "words = 9"), "dimensions"),
        (other("words = ", "words = -"), "found"),
        (
            other("dims = 10", "dims = 9223372036854775807"),
            "bytes for",
        ),
        (sealed(size as u32, header, &matrices[1..]), "bytes for"),
        (sealed(size as u32, header, &not_finite), "the value inf"),
        (other("place = ", "place = 99"), "a place that"),
        (other("seen = ", "seen = 9999999"), "a place that"),
        (other("sum = ", "sum = nan #"), "a place that"),
        (
            other("held_out = []", "held_out = [1.0, 2.0]"),
            "a place that",
        ),
    ] {
        std::fs::write(&place.file, bytes).unwrap();
        let error = place.train(&corpus, &settings(), usize::MAX).unwrap_err();
        assert!(matches!(error, Error::Artifact { .. }), "{says}: {error}");
        assert!(error.to_string().contains(says), "{says}: {error}");
        assert!(error.hint().is_some(), "{says} has no hint");
        assert_eq!(error.to_string().lines().count(), 1, "{says}: {error}");
    }
}
