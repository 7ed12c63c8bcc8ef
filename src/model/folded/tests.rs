//! Files of format 4 that are read back, damaged, and sealed anew over nonsense.

use std::path::Path;

use crate::error::Error;
use crate::model::file::tests::{
    model, patched, refuses_every_change, renamed, with_direction, with_subwords, with_terms,
};
use crate::model::folded::{Folded, Scratch};
use crate::model::{Model, Ready};

fn bytes_of(model: &Model) -> Vec<u8> {
    model.laid_out(Path::new("m")).unwrap().unwrap()
}

fn read(bytes: &[u8]) -> crate::error::Result<Option<Folded>> {
    Folded::from_bytes(Path::new("m"), bytes)
}

#[test]
fn every_truncation_and_every_flipped_bit_is_refused() {
    for model in [model(), with_direction()] {
        refuses_every_change(&bytes_of(&model));
    }
}

#[test]
fn what_is_read_answers_like_the_model_and_is_written_the_same() {
    for model in [model(), with_direction()] {
        let bytes = bytes_of(&model);
        let folded = read(&bytes).unwrap().unwrap();
        let again = folded.to_model(Path::new("m")).unwrap();
        assert_eq!(bytes_of(&again), bytes);
        assert_eq!(again.vectors().words(), model.vectors().words());
        assert_eq!(again.vectors().polarity(), model.vectors().polarity());
        assert_eq!(folded.labels(), model.labels());
        assert_eq!(folded.provenance(), model.provenance());
        let mut scratch = Scratch::default();
        for text in [
            "good",
            "Bad GRÖSSE größe",
            "unknown",
            "",
            "not good. bad?",
            "很好 good",
        ] {
            let (found, expected) = (folded.classify(text, &mut scratch), model.classify(text));
            assert_eq!(
                (found.label, found.known, found.tokens, found.why),
                (
                    expected.label,
                    expected.known,
                    expected.tokens,
                    expected.why
                ),
                "{text}"
            );
            assert_eq!(folded.name(&found), model.name(&expected));
            for (a, b) in found.probabilities.iter().zip(&expected.probabilities) {
                assert!((a - b).abs() < 1e-12, "{text}: {a} {b}");
            }
        }
    }
}

#[test]
fn what_cannot_be_laid_out_is_written_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.senti");
    for (model, whole) in [
        (with_subwords(), true),
        (with_terms(), true),
        (model(), false),
        (with_direction(), false),
    ] {
        let expected = model.classify("good f3 aha");
        model.write_folded(&path).unwrap();
        let ready = Ready::read(&path).unwrap();
        assert_eq!(matches!(ready, Ready::Whole(_)), whole);
        let found = ready.classify("good f3 aha");
        for (a, b) in found.probabilities.iter().zip(&expected.probabilities) {
            assert!((a - b).abs() < 1e-6, "{a} {b}");
        }
        // Other commands read either.
        Model::read(&path).unwrap();
    }
    std::fs::write(&path, b"PK\x03\x04 and more").unwrap();
    assert!(matches!(Ready::read(&path), Err(Error::Artifact { .. })));
    assert!(matches!(
        Ready::read(&folder.path().join("none")),
        Err(Error::Io { .. })
    ));
}

#[test]
fn well_sealed_nonsense_is_refused() {
    let whole = bytes_of(&with_direction());
    let nan = f32::NAN.to_le_bytes();
    for (bytes, says) in [
        (patched(&whole, "words", 8, &[9; 4]), "table of words"),
        (patched(&whole, "word_starts", 0, &[9; 4]), "table of words"),
        (patched(&whole, "pair_starts", 0, &[9; 4]), "table of pairs"),
        (patched(&whole, "word_values", 4, &nan), "not finite"),
        (patched(&whole, "pairs", 4, &nan), "not finite"),
        (patched(&whole, "word_values", 0, &[0; 4]), "not positive"),
        (renamed(&whole, b"\"pairs\"", b"\"parrs\""), "no pairs"),
        (renamed(&whole, b"gate", b"gaze"), "missing field `gate`"),
        (
            renamed(&whole, b"\\\"no\\\"", b"\\\"zo\\\""),
            "labels that do not fit",
        ),
    ] {
        let error = read(&bytes).unwrap_err();
        assert!(matches!(error, Error::Artifact { .. }), "{error}");
        assert!(error.to_string().contains(says), "{says}: {error}");
        assert!(error.hint().is_some(), "{error}");
    }
    // A word that is no UTF-8 is found by no text, and noticed by who asks for it.
    let broken = patched(&whole, "words", 0, &[255]);
    let folded = read(&broken).unwrap().unwrap();
    folded.classify("good bad größe", &mut Scratch::default());
    assert!(folded.to_model(Path::new("m")).is_err());
}
