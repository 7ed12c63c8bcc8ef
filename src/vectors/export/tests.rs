//! What is written is read: in every format, and by way of any other.

use proptest::prelude::*;

use super::*;
use crate::vectors::formats::Reading;

const FORMATS: [(Format, &str); 6] = [
    (Format::Finalfusion, "v.fifu"),
    (Format::Word2vec, "v.bin"),
    (Format::Word2vecText, "v.vec"),
    (Format::GloVe, "v.glove"),
    (Format::Numpy, "v.npy"),
    (Format::Safetensors, "v.safetensors"),
];

/// Vectors whose words every format can hold.
fn vectors() -> impl Strategy<Value = WordVectors> {
    // So that squares neither overflow nor vanish.
    let value = prop_oneof![-1e6f32..1e6, -1e-6f32..1e-6, Just(0.0)];
    let word = "[A-Za-zé很0-9.,'<>\\[\\]]{1,9}";
    (proptest::collection::btree_set(word, 1..7usize), 2..5usize)
        .prop_flat_map(move |(words, dims)| {
            let rows = proptest::collection::vec(value.clone(), words.len() * dims);
            (Just(words), rows, Just(dims))
        })
        .prop_map(|(words, rows, dims)| {
            WordVectors::new(words.into_iter().collect(), rows, dims).unwrap()
        })
}

/// The same words, and the same values up to rounding.
fn alike(a: &WordVectors, b: &WordVectors) -> bool {
    let close = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6);
    let relative = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-6 * a.abs();
    a.words() == b.words()
        && close(a.rows(), b.rows())
        && a.norms().iter().zip(&b.norms()).all(relative)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn what_is_written_is_read(vectors in vectors()) {
        let folder = tempfile::tempdir().unwrap();
        for (format, name) in FORMATS {
            let path = folder.path().join(name);
            let written = vectors.export(&path, format, false).unwrap();
            prop_assert_eq!((written.words, written.left_out), (vectors.len(), 0));
            prop_assert!(written.lost.is_empty());
            let (read, report) = WordVectors::read_as(&path, &Reading::default()).unwrap();
            prop_assert_eq!(report.format, format);
            prop_assert_eq!(report.cleaned.total(), 0);
            prop_assert!(alike(&read, &vectors), "{name}: {read:?} {vectors:?}");
            // And on to every other, and the same bytes again.
            let bytes = std::fs::read(&path).unwrap();
            for (other, _) in FORMATS {
                let next = tempfile::tempdir().unwrap();
                let next = next.path().join("next.fifu");
                read.export(&next, other, false).unwrap();
                prop_assert!(alike(&WordVectors::read(&next).unwrap(), &vectors));
            }
            vectors.export(&path, format, false).unwrap();
            prop_assert_eq!(std::fs::read(&path).unwrap(), bytes);
        }
    }
}

fn named(words: &[&str]) -> WordVectors {
    let rows = (0..2 * words.len()).map(|at| at as f32 + 1.0).collect();
    let words = words.iter().map(|&word| word.to_owned()).collect();
    WordVectors::new(words, rows, 2).unwrap()
}

#[test]
fn words_that_a_format_cannot_hold_are_refused_or_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = named(&["a", "b c", "d\ne", "", "f\u{a0}g"]);
    for (format, name) in FORMATS {
        let path = folder.path().join(name);
        let left_out = match format {
            Format::Finalfusion => 0,
            Format::Safetensors => 1,
            Format::Numpy => 2,
            _ => 3,
        };
        let strict = vectors.export(&path, format, false);
        assert_eq!(strict.is_ok(), left_out == 0, "{name}");
        if let Err(error) = strict {
            assert!(
                error.to_string().contains(" cannot hold, the first \""),
                "{error}"
            );
            assert!(error.hint().is_some() && !path.exists());
        }
        let written = vectors.export(&path, format, true).unwrap();
        assert_eq!(
            (written.words, written.left_out),
            (5 - left_out, left_out),
            "{name}"
        );
        let read = WordVectors::read(&path).unwrap();
        assert_eq!(read.len(), 5 - left_out);
        assert_eq!(read.words().last().unwrap(), "f\u{a0}g");
    }
    let none = named(&["b c"]).export(&folder.path().join("n.vec"), Format::GloVe, true);
    assert!(
        none.unwrap_err()
            .to_string()
            .contains("none that the format can hold")
    );
}

#[test]
fn what_is_lost_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v");
    let vectors = named(&["a", "b"]).with_counts(vec![2, 1]);
    let lost = |format| vectors.export(&path, format, false).unwrap().lost;
    assert_eq!(lost(Format::GloVe), ["how often each word occurred"]);
    assert!(lost(Format::Finalfusion).is_empty());
    assert!(vectors.export(&path, Format::FastText, false).is_err());
}

/// Vectors of another program are sealed, with what they were made from.
#[test]
fn converted_vectors_are_sealed_and_keep_their_counts() {
    let folder = tempfile::tempdir().unwrap();
    let [from, to] = ["v.vec", "v.fifu"].map(|name| folder.path().join(name));
    named(&["a", "b"])
        .export(&from, Format::Word2vecText, false)
        .unwrap();
    let (vectors, report) = WordVectors::read_as(&from, &Reading::default()).unwrap();
    let vectors = vectors
        .with_counts(vec![2, 1])
        .with_conversion(report.format);
    vectors.export(&to, Format::Finalfusion, false).unwrap();
    let read = WordVectors::read(&to).unwrap();
    assert_eq!(read.counts(), Some(&[2, 1][..]));
    assert_eq!(
        (read.origin(), read.conversion()),
        (None, vectors.conversion())
    );
    assert_eq!(read.conversion().unwrap().format, "word2vec, text");
    let whole = std::fs::read(&to).unwrap();
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        std::fs::write(&to, changed).unwrap();
        assert!(WordVectors::read(&to).is_err(), "byte {at}");
    }
}
