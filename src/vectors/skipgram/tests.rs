//! The trainer as a whole.

use super::training::SMALL_CORPUS;
use super::*;
use crate::text::stopwords::StopWords;
use crate::vectors::WordVectors;
use crate::vectors::corpus::CorpusReader;
use crate::vectors::subwords::NGrams;

fn corpus(texts: &[&str]) -> Corpus {
    let mut reader = CorpusReader::new();
    for text in texts {
        reader.add(text).unwrap();
    }
    reader.settle(&StopWords::none(), 1).unwrap()
}

fn small() -> (Corpus, Settings) {
    let corpus = corpus(&["red blue red green", "one two three", "blue green red"].repeat(20));
    let settings = Settings {
        dims: 5,
        epochs: 10,
        ..Settings::for_tokens(100)
    };
    (corpus, settings)
}

const QUIET: Observer<'static> = &|_| ControlFlow::Continue(());

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn same_seed_same_bytes_other_seed_other_bytes() {
    let (corpus, settings) = small();
    let one = train(&corpus, &settings, QUIET).unwrap();
    let two = train(&corpus, &settings, QUIET).unwrap();
    assert_eq!(one, two);
    let other = Settings {
        seed: 7,
        ..settings
    };
    assert_ne!(train(&corpus, &other, QUIET).unwrap().rows, one.rows);
}

#[test]
fn words_in_the_same_company_become_similar_and_the_loss_falls() {
    let (corpus, settings) = small();
    let settings = Settings {
        epochs: 100,
        ..settings
    };
    {
        let trained = train(&corpus, &settings, QUIET).unwrap();
        let row = |word: &str| {
            let at = corpus
                .vocabulary
                .words
                .iter()
                .position(|w| w == word)
                .unwrap();
            &trained.rows[at * 5..][..5]
        };
        assert!(cosine(row("red"), row("blue")) > cosine(row("red"), row("two")));
        assert!(cosine(row("one"), row("three")) > cosine(row("one"), row("green")));
        assert!(trained.losses.last() < trained.losses.first());
    }
}

#[test]
fn an_observer_can_stop_it() {
    let (corpus, settings) = small();
    let stop: Observer<'_> = &|progress| {
        if progress.epoch == 2 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    assert!(matches!(
        train(&corpus, &settings, stop),
        Err(Error::Interrupted)
    ));
}

#[test]
fn degenerate_corpora_end() {
    let (_, settings) = small();
    assert!(train(&corpus(&["a", "b"]), &settings, QUIET).is_err());
    // Nearly everything is one word, and all sentences are alike.
    let dull = corpus(&["a a a a a a a b"; 50]);
    for subsample in [0.0, 1e-4, 1.0] {
        let settings = Settings {
            subsample,
            ..settings.clone()
        };
        let trained = train(&dull, &settings, QUIET).unwrap();
        assert!(trained.rows.iter().all(|value| value.is_finite()));
    }
}

#[test]
fn a_wild_step_is_caught() {
    let (corpus, settings) = small();
    let settings = Settings {
        learning_rate: 10.0,
        epochs: 500,
        ..settings
    };
    // Two words that always meet, at a step of 10, fly apart for certain.
    let error = train(&corpus, &settings, QUIET).unwrap_err();
    assert!(matches!(error, Error::Diverged { .. }), "{error}");
    assert!(error.hint().unwrap().contains("--lr 2.5"));
}

/// Every number is finite, and yet nothing is learned.
#[test]
fn a_loss_that_runs_away_is_caught() {
    let (corpus, settings) = small();
    let settings = Settings {
        learning_rate: 1.0,
        epochs: 1,
        ..settings
    };
    let error = train(&corpus, &settings, QUIET).unwrap_err();
    let said = error.to_string();
    assert!(
        said.contains("where knowing nothing costs 4.16") && said.contains("diverged"),
        "{said}"
    );
    assert!(error.hint().unwrap().contains("--lr 0.25"));
}

/// Longer than 40,000 words, so that some can be held out.
fn middling() -> Corpus {
    let sentences: Vec<String> = (0..6_000)
        .map(|i| format!("w{} w{} a b w{} c w{} d", i % 97, i % 31, i % 7, i % 53))
        .collect();
    let sentences: Vec<&str> = sentences.iter().map(String::as_str).collect();
    corpus(&sentences)
}

#[test]
fn what_is_held_out_is_not_trained_on_and_measured_after_every_epoch() {
    let corpus = middling();
    let settings = Settings {
        dims: 9,
        epochs: 3,
        ..Settings::for_tokens(100)
    };
    let held = Settings {
        held_out: 0.05,
        ..settings.clone()
    };
    let words = std::sync::atomic::AtomicU64::new(0);
    let observer = |progress: &Progress| {
        assert_eq!((progress.epochs, progress.open), (3, false));
        assert_eq!(
            progress.held_out.is_some(),
            progress.epoch > 1 || progress.words >= progress.total / 3
        );
        words.store(progress.words, std::sync::atomic::Ordering::Relaxed);
        ControlFlow::Continue(())
    };
    let one = train(&corpus, &held, &observer).unwrap();
    let left = words.into_inner() / 3;
    let all = corpus.ids.len() as u64;
    assert!(
        (all - 2_412..all - 2_400 + 1).contains(&left),
        "{left} of {all}"
    );
    assert_eq!(one.held_out.len(), 3);
    assert!(
        one.held_out.is_sorted_by(|a, b| a > b),
        "{:?}",
        one.held_out
    );
    assert_eq!(one.stopped, None);
    let plain = train(&corpus, &settings, QUIET).unwrap();
    assert!(plain.held_out.is_empty());
    assert_ne!(plain.rows, one.rows);
}

#[test]
fn it_stops_by_itself() {
    let corpus = middling();
    let settings = Settings {
        dims: 9,
        epochs: 200,
        auto_epochs: true,
        held_out: 0.05,
        learning_rate: 0.1,
        ..Settings::for_tokens(100)
    };
    let trained = train(&corpus, &settings, QUIET).unwrap();
    let epochs = trained.losses.len();
    assert!((3..200).contains(&epochs), "{epochs}");
    assert_eq!(trained.held_out.len(), epochs);
    let why = trained.stopped.unwrap();
    assert!(
        why.starts_with(&format!("after {epochs} epochs: the held-out loss ")),
        "{why}"
    );
    // The last epoch, of falling steps, was worth it.
    assert!(trained.held_out[epochs - 1] < trained.held_out[epochs - 2]);
    let most = Settings {
        epochs: 2,
        ..settings
    };
    let trained = train(&corpus, &most, QUIET).unwrap();
    assert_eq!(trained.losses.len(), 2);
    assert!(trained.stopped.unwrap().contains("the most there may be"));
}

#[test]
fn too_little_to_hold_some_out_is_an_error() {
    let (corpus, settings) = small();
    let settings = Settings {
        held_out: 0.01,
        ..settings
    };
    let error = train(&corpus, &settings, QUIET).unwrap_err();
    assert!(error.to_string().contains("40000 or more"), "{error}");
}

/// Not even into a checkpoint.
#[test]
fn numbers_that_are_none_are_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("c");
    let (corpus, settings) = small();
    let keeper = Keeper {
        file: &file,
        texts: &[],
        due: &|| false,
        kept: &|_| {},
    };
    for outputs in [false, true] {
        let mut training = Training::new(&corpus, &settings, QUIET, None).unwrap();
        assert!(training.keep(&keeper).is_ok());
        std::fs::remove_file(&file).unwrap();
        let matrix = match outputs {
            true => &mut training.outputs,
            false => &mut training.inputs,
        };
        matrix.vectors_mut().last().unwrap()[4] = f32::NAN;
        assert!(matches!(
            training.keep(&keeper),
            Err(Error::Diverged { .. })
        ));
        assert!(!file.exists());
    }
}

/// Stems in two companies, with endings: a form that was never seen must be
/// near its stem's other forms.
#[test]
fn with_subwords_an_unseen_form_is_near_its_stem() {
    let stems = ["garden", "flower", "forest", "motor", "diesel", "clutch"];
    let endings = ["", "s", "ing", "ed"];
    let word = |stem: usize, form: usize| format!("{}{}", stems[stem], endings[form]);
    let sentences: Vec<String> = (0..400)
        .map(|i| {
            let side = i % 2 * 3;
            // The first stem of each side lacks its last form.
            let form = |stem: usize, form: usize| match stem % 3 {
                0 => word(stem, form % 3),
                _ => word(stem, form % 4),
            };
            let [a, b, c] = [i / 2, i / 6, i / 14];
            format!(
                "{} {} {}",
                form(side, a),
                form(side + 1, b),
                form(side + 2, c)
            )
        })
        .collect();
    let sentences: Vec<&str> = sentences.iter().map(String::as_str).collect();
    let corpus = corpus(&sentences);
    let ngrams = NGrams::default();
    let settings = Settings {
        dims: 8,
        epochs: 30,
        subwords: Some(ngrams),
        ..Settings::for_tokens(1200)
    };
    let trained = train(&corpus, &settings, QUIET).unwrap();
    assert!(trained.losses.last() < trained.losses.first());
    let words = corpus.vocabulary.words;
    let vectors = WordVectors::new(words, trained.rows, settings.dims)
        .unwrap()
        .with_subwords(trained.subwords.unwrap())
        .unwrap();
    for (unseen, near, far) in [
        ("gardened", "garden", "motor"),
        ("motored", "motor", "garden"),
    ] {
        assert_eq!(vectors.index(unseen), None);
        let vector = vectors.vector(unseen).unwrap();
        let to = |word: &str| cosine(&vector, &vectors.vector(word).unwrap());
        assert!(
            to(near) > to(far) + 0.5,
            "{unseen}: {} {}",
            to(near),
            to(far)
        );
        assert!(to(near) > 0.7, "{unseen}: {}", to(near));
    }
}

/// Several shards, several threads, and the same bytes.
#[test]
fn the_result_does_not_depend_on_the_threads() {
    let sentences: Vec<String> = (0..30_000)
        .map(|i| format!("w{} w{} a b w{} c w{} d", i % 97, i % 31, i % 7, i % 53))
        .collect();
    let sentences: Vec<&str> = sentences.iter().map(String::as_str).collect();
    let corpus = corpus(&sentences);
    assert!(
        corpus.ids.len() > SMALL_CORPUS,
        "this must take several shards"
    );
    let train = |threads, subwords| {
        let settings = Settings {
            dims: 20,
            epochs: 2,
            threads,
            subwords,
            ..Settings::for_tokens(100)
        };
        train(&corpus, &settings, QUIET).unwrap()
    };
    let ngrams = NGrams {
        bucket_bits: 6,
        ..NGrams::default()
    };
    for subwords in [None, Some(ngrams)] {
        let one = train(1, subwords);
        assert!(one.losses[1] < one.losses[0], "{:?}", one.losses);
        for threads in [2, 3, 4, 7] {
            assert_eq!(train(threads, subwords), one, "{threads} threads");
        }
    }
}
