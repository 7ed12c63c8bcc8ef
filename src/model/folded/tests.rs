//! Files of format 5 that are read back, damaged, and sealed anew over nonsense.

use std::path::Path;

use ndarray::Array2;

use crate::classifier::Terms;
use crate::classifier::head::{TermWeights, free_logits};
use crate::error::Error;
use crate::files::digest::Fingerprint;
use crate::model::file::tests::{
    model, patched, refuses_every_change, renamed, with_direction, with_subwords, with_terms,
};
use crate::model::folded::{FewAnswers, Folded, Quantized, Scratch, seal};
use crate::model::{Classifier, Model, Ready, Settings};
use crate::polarity::{Polarity, Scorer};
use crate::sentence::WordWeights;
use crate::text::labeled::LabeledSet;
use crate::vectors::WordVectors;
use crate::vectors::subwords::{NGrams, Subwords};

fn bytes_of(model: &Model) -> Vec<u8> {
    model.laid_out(Path::new("m")).unwrap().unwrap()
}

fn read(bytes: &[u8]) -> crate::error::Result<Option<Folded>> {
    Folded::from_bytes(Path::new("m"), bytes)
}

#[test]
fn every_truncation_and_every_flipped_bit_is_refused() {
    let three_labels = and_terms(with_three_labels());
    for model in [
        model(),
        with_direction(),
        and_terms(with_direction()),
        three_labels,
        with_subwords(),
    ] {
        refuses_every_change(&bytes_of(&model));
    }
}

#[test]
fn what_is_read_answers_like_the_model_and_is_written_the_same() {
    for model in [
        model(),
        with_direction(),
        with_terms(),
        with_subwords().folded().unwrap(),
        and_subwords(with_direction()),
    ] {
        let bytes = bytes_of(&model);
        assert_eq!(bytes, bytes_of(&model.clone().folded().unwrap()));
        let folded = read(&bytes).unwrap().unwrap();
        let again = folded.to_model(Path::new("m")).unwrap();
        assert_eq!(bytes_of(&again), bytes);
        assert_eq!(again.vectors().words(), model.vectors().words());
        assert_eq!(again.vectors().polarity(), model.vectors().polarity());
        assert_eq!(again.vectors().subwords(), model.vectors().subwords());
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
            "oho f3 aha, f2 oho",
            "oho",
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

fn quantized(model: &Model, most: Option<u64>) -> Quantized {
    let source = Fingerprint::of_bytes(b"m");
    model.quantized(Path::new("m"), &source, most).unwrap()
}

fn compact(model: &Model) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.senti");
    quantized(model, None).write(&path).unwrap();
    std::fs::read(&path).unwrap()
}

#[test]
fn every_change_of_a_compact_file_is_refused() {
    for model in [model(), and_terms(with_direction()), with_subwords()] {
        refuses_every_change(&compact(&model));
    }
}

/// Few values are kept as they are, so small models lose nothing.
#[test]
fn a_compact_file_holds_what_was_packed() {
    let three_labels = and_terms(with_three_labels());
    let projected = with_subwords().projected().unwrap();
    for model in [
        model(),
        with_direction(),
        with_terms(),
        three_labels,
        with_subwords(),
        projected,
        with_long_ngrams(),
    ] {
        let bytes = compact(&model);
        let folded = read(&bytes).unwrap().unwrap();
        let again = folded.to_model(Path::new("m")).unwrap();
        let expected = bytes_of(&model);
        let before = read(&expected).unwrap().unwrap();
        assert_eq!(again.vectors().words(), model.vectors().words());
        assert_eq!(again.vectors().polarity(), model.vectors().polarity());
        assert_eq!(again.vectors().subwords(), model.vectors().subwords());
        assert_eq!(again.classifier(), model.classifier());
        let mut scratch = Scratch::default();
        for text in TEXTS {
            let found = folded.classify(text, &mut scratch);
            assert_eq!(found, before.classify(text, &mut scratch), "{text}");
        }
        // Again, nothing changes but where it comes from.
        let twice = quantized(&again, None);
        assert_eq!(twice.dropped(), 0);
        for text in TEXTS {
            let found = twice.folded().classify(text, &mut scratch);
            assert_eq!(found, folded.classify(text, &mut scratch), "{text}");
        }
    }
}

#[test]
fn pairs_are_dropped_until_the_file_is_small_enough() {
    let model = and_terms(large());
    let all = quantized(&model, None);
    let source = Fingerprint::of_bytes(b"m");
    let none = model.quantized_with(Path::new("m"), &source, 0).unwrap();
    assert_eq!(none.pairs(), 0);
    let least = none.size();
    let mut last = 0;
    for most in [least, least.midpoint(all.size()), all.size()] {
        let found = quantized(&model, Some(most));
        assert!(found.size() <= most && found.pairs() >= last, "{most}");
        assert_eq!(found.pairs() + found.dropped(), all.pairs());
        last = found.pairs();
    }
    assert_eq!(last, all.pairs());
    let error = model.quantized(Path::new("m"), &source, Some(least - 1));
    assert!(error.unwrap_err().to_string().contains(&least.to_string()));
    let twice = with_terms_twice().quantized(Path::new("m"), &source, None);
    assert!(matches!(twice, Err(Error::Artifact { .. })));
}

/// Of more values than there are codes.
#[test]
fn n_grams_are_rounded_too() {
    let model = model();
    let dims = model.vectors.dims();
    let before: Vec<f32> = (1..=dims << 10).map(|at| (at as f32).cos()).collect();
    let model = and_ngrams(model, [2, 4, 10], |_, rows| rows.copy_from_slice(&before));
    let folded = read(&compact(&model)).unwrap().unwrap();
    let again = folded.to_model(Path::new("m")).unwrap();
    let after = again.vectors().subwords().unwrap().rows().to_vec();
    assert_eq!(after.len(), before.len());
    for column in 0..dims {
        let column =
            |of: &[f32]| -> Vec<f32> { of.iter().skip(column).step_by(dims).copied().collect() };
        let (before, mut after) = (column(&before), column(&after));
        for (a, b) in before.iter().zip(&after) {
            // 256 codes on -1 to 1.
            assert!((a - b).abs() < 0.02, "{a} {b}");
        }
        after.sort_unstable_by(f32::total_cmp);
        after.dedup();
        assert!(after.len() <= 256, "{}", after.len());
    }
}

#[test]
fn well_sealed_nonsense_in_a_compact_file_is_refused() {
    let with_terms = compact(&and_terms(with_direction()));
    let with_subwords = compact(&with_subwords());
    let of_terms = [
        "words",
        "flags",
        "word_codes",
        "word_codebooks",
        "pair_rows",
        "pair_codes",
        "pair_codebooks",
        "term_rows",
        "term_codes",
        "term_codebooks",
    ];
    let of_subwords = ["bucket_bits", "bucket_codes", "bucket_codebooks"];
    let of_terms = of_terms.map(|name| (name, &with_terms));
    let of_subwords = of_subwords.map(|name| (name, &with_subwords));
    for (name, whole) in of_terms.into_iter().chain(of_subwords) {
        // A reserved kind of block.
        let broken = patched(whole, name, 0, &[0xff]);
        let error = read(&broken).unwrap_err();
        assert!(error.to_string().contains(name), "{name}: {error}");
        let quoted = format!("\"{name}\":");
        let other = quoted.replace(&name[1..], &"x".repeat(name.len() - 1));
        let missing = renamed(whole, quoted.as_bytes(), other.as_bytes());
        let error = read(&missing).unwrap_err();
        assert!(error.to_string().contains(name), "{name}: {error}");
    }
    for (from, to, says) in [
        (&b"format\\\":8"[..], &b"format\\\":6"[..], "n-grams"),
        (b"bucket_bits\\\":8", b"bucket_bits\\\":9", "bucket_bits"),
        (b"bucket_bits\\\":8", b"bucket_bits\\\":0", "--buckets"),
        (b"min_n\\\":3", b"min_n\\\":0", "--minn"),
    ] {
        let error = read(&renamed(&with_subwords, from, to)).unwrap_err();
        assert!(matches!(error, Error::Artifact { .. }), "{error}");
        assert!(error.to_string().contains(says), "{says}: {error}");
    }
}

#[test]
fn what_cannot_be_laid_out_is_written_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.senti");
    for (model, whole) in [
        (with_subwords(), false),
        (with_terms(), false),
        (with_terms_twice(), true),
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
        (patched(&whole, "word_values", 4, &nan), "not finite"),
        (patched(&whole, "pairs", 4, &nan), "not finite"),
        (patched(&whole, "word_values", 0, &[0; 4]), "not positive"),
        (renamed(&whole, b"\"pairs\":{", b"\"parrs\":{"), "no pairs"),
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
    let with_terms = bytes_of(&and_terms(large()));
    for (bytes, says) in [
        (patched(&with_terms, "term_pairs", 4, &nan), "not finite"),
        (
            renamed(&with_terms, b"\"term_pairs\":{", b"\"term_pears\":{"),
            "no term_pairs",
        ),
        (
            renamed(
                &with_terms,
                b"with_prior\\\":true,\\\"scale",
                b"with_prior\\\":1234,\\\"scale",
            ),
            "invalid type",
        ),
    ] {
        let error = read(&bytes).unwrap_err();
        assert!(error.to_string().contains(says), "{says}: {error}");
    }
    let with_subwords = bytes_of(&with_subwords());
    let other = |from: &[u8], to: &[u8]| renamed(&with_subwords, from, to);
    for (bytes, says) in [
        (
            patched(&with_subwords, "bucket_vectors", 0, &nan),
            "not finite",
        ),
        (patched(&with_subwords, "bucket_index", 4, &[1]), "index"),
        (
            patched(&with_subwords, "bucket_index", 0, &[255; 4]),
            "index",
        ),
        (other(b"min_n\\\":3", b"min_n\\\":0"), "bucket_vectors"),
        (other(b"bucket_bits\\\":8", b"bucket_bits\\\":9"), "runs"),
        (other(b"format\\\":7", b"format\\\":5"), "n-grams"),
        (
            other(b"bucket_index\":{", b"bucket_indes\":{"),
            "no bucket_index",
        ),
    ] {
        let error = read(&bytes).unwrap_err().to_string();
        assert!(error.contains(says), "{says}: {error}");
    }
    // A longer header moves all numbers off their places.
    for by in 1..8 {
        let length = u64::from_le_bytes(*whole.first_chunk().unwrap());
        let mut moved = (length + by).to_le_bytes().to_vec();
        let (header, tensors) = whole[8..].split_at(length as usize);
        moved.extend(header);
        moved.extend(vec![b' '; by as usize]);
        moved.extend(tensors);
        seal(&mut moved).unwrap();
        let error = read(&moved).unwrap_err().to_string();
        assert!(error.contains("not aligned"), "{by}: {error}");
    }
    // What leads nowhere is found by no text.
    for table in ["word_buckets", "word_keys", "pairs"] {
        let broken = patched(&whole, table, 0, &[255; 12]);
        if let Ok(Some(folded)) = read(&broken) {
            folded.classify("good bad größe, not good", &mut Scratch::default());
        }
    }
    // A word that is no UTF-8 is found by no text, and noticed by who asks for it.
    let broken = patched(&whole, "word_keys", 0, &[255]);
    let folded = read(&broken).unwrap().unwrap();
    folded.classify("good bad größe", &mut Scratch::default());
    assert!(folded.to_model(Path::new("m")).is_err());
}

const TEXTS: [&str; 12] = [
    "good",
    "Bad GRÖSSE größe",
    "unknown",
    "",
    "not good. bad?",
    "It was not good, and I don't think it is bad",
    "很好 good",
    "a word_of_more_than_sixteen_bytes, good",
    // Beyond ASCII as they stand, and not as words.
    "good\u{fe0f} bad\u{fe0f}",
    "w17\u{fe0f} w4000\u{fe0f}, w\u{ff11}",
    "Unseen bad; w17 w4000",
    "unknown, unseen, w40001",
];

#[test]
fn a_few_texts_are_answered_as_by_the_whole_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.senti");
    let models = [
        model(),
        with_direction(),
        large(),
        and_terms(large()),
        and_terms(and_words(with_three_labels())),
        with_subwords(),
        and_subwords(large()),
        and_subwords(and_terms(large())),
    ];
    for model in models {
        std::fs::write(&path, bytes_of(&model)).unwrap();
        let whole = Folded::read(&path).unwrap().unwrap();
        let few = few(&path, &TEXTS).unwrap().unwrap();
        assert_eq!(few.verdicts().len(), TEXTS.len());
        for (text, verdict) in TEXTS.iter().zip(few.verdicts()) {
            let expected = whole.classify(text, &mut Scratch::default());
            assert_eq!(*verdict, expected, "{text}");
            assert_eq!(few.name(verdict), whole.name(&expected));
            // Alone, with nothing in memory that another text needed.
            let alone = super::tests::few(&path, &[text]).unwrap().unwrap();
            assert_eq!(alone.verdicts(), [expected], "{text}");
        }
    }
}

#[test]
fn the_numbers_of_texts_may_run_out() {
    let folded = read(&bytes_of(&with_direction())).unwrap().unwrap();
    let text = "not good. bad? good";
    let expected = folded.classify(text, &mut Scratch::default());
    let mut scratch = Scratch::default();
    folded.classify("another text", &mut scratch);
    scratch.text.begin_at(u64::from(u32::MAX) - 1);
    folded.classify("the last", &mut scratch);
    for _ in 0..3 {
        assert_eq!(folded.classify(text, &mut scratch), expected);
    }
}

#[test]
fn what_few_texts_need_is_verified_and_the_rest_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.senti");
    let whole = bytes_of(&large());
    let texts = ["w17 w4000 not w39999"];
    let expected = Folded::from_bytes(&path, &whole).unwrap().unwrap();
    let expected = expected.classify(texts[0], &mut Scratch::default());
    assert!(expected.known > 2);
    let (mut refused, mut answered) = (0, 0);
    for at in (0..whole.len()).step_by(4096) {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        std::fs::write(&path, &changed).unwrap();
        match few(&path, &texts) {
            Err(Error::Artifact { .. }) => refused += 1,
            Ok(Some(few)) => {
                assert_eq!(few.verdicts(), std::slice::from_ref(&expected));
                answered += 1;
            }
            // A changed beginning makes it another file, which is refused as such.
            Ok(None) => assert!(at < 4096),
            Err(error) => panic!("{error}"),
        }
        assert!(Folded::read(&path).is_err() || at < 4096);
    }
    assert!(refused > 5 && answered > 20, "{refused} {answered}");
}

fn few(path: &Path, texts: &[&str]) -> crate::error::Result<Option<FewAnswers>> {
    let folded = Folded::opened(path)?;
    folded
        .map(|folded| folded.answer_few(path, texts))
        .transpose()
}

/// The same with weights of their own for words, one of them without a vector, and pairs.
fn and_terms(mut model: Model) -> Model {
    let text = "w17 w4000 not w39999 unseen bad good";
    let (terms, _) = Terms::learn(&[text; 3], &model.tokenizer);
    let Classifier::Head(head) = &mut model.classifier else {
        panic!("a direction makes a head");
    };
    let shape = (free_logits(model.labels.len()), terms.len());
    let branch = head.with_prior.as_mut().unwrap();
    branch.terms = Some(TermWeights {
        scale: 2.0,
        ratios: Array2::from_shape_fn(shape, |(free, at)| at as f32 - free as f32 - 3.5),
        weights: Array2::from_shape_fn(shape, |(free, at)| ((at + 9 * free) as f32).sin()),
    });
    model.terms = Some(terms);
    model
}

/// A model that no training makes.
fn with_terms_twice() -> Model {
    let mut model = with_terms();
    let Classifier::Head(head) = &mut model.classifier else {
        panic!("a direction makes a head");
    };
    let branches = [&mut head.with_prior, &mut head.without_prior];
    let [with, without] = branches.map(|branch| &mut branch.as_mut().unwrap().terms);
    let weights = with.take().or_else(|| without.take());
    (*with, *without) = (weights.clone(), weights);
    model
}

/// The same with vectors of n-grams, of some of the words that have none.
fn and_subwords(model: Model) -> Model {
    let dims = model.vectors.dims();
    and_ngrams(model, [3, 4, 9], |ngrams, rows| {
        for (word, value) in [("unknown", 1.5), ("unseen", -2.0), ("w40001", 0.25)] {
            for (at, bucket) in ngrams.of(word).into_iter().enumerate() {
                rows[dims * bucket as usize + at % dims] = value;
            }
        }
    })
}

/// With n-grams that are longer than any word, so that none has a vector.
fn with_long_ngrams() -> Model {
    and_ngrams(model(), [40, 40, 6], |_, _| ())
}

/// The same with n-grams of some lengths, in buckets whose rows are zero at first.
fn and_ngrams(
    mut model: Model,
    [min_n, max_n, bucket_bits]: [usize; 3],
    fill: impl FnOnce(&NGrams, &mut [f32]),
) -> Model {
    let ngrams = NGrams {
        min_n,
        max_n,
        bucket_bits,
    };
    let dims = model.vectors.dims();
    let mut rows = vec![0.0; dims * ngrams.buckets()];
    fill(&ngrams, &mut rows);
    let subwords = Subwords::from_all(ngrams, &rows, dims).unwrap();
    model.vectors = model.vectors.with_subwords(subwords).unwrap();
    model
}

/// On vectors with a direction of sentiment, too.
fn with_three_labels() -> Model {
    let vectors = with_direction().vectors;
    let set = LabeledSet::parse("t", "yes\tgood\nno\tbad\nso\tgröße\n").unwrap();
    Model::train(vectors, &set, &Settings::default()).unwrap().0
}

/// A model of so many words that a text needs a small part of it.
fn large() -> Model {
    and_words(with_direction())
}

/// The same with many more words.
fn and_words(mut model: Model) -> Model {
    let (dims, more) = (model.vectors.dims(), 40_000);
    let mut words = model.vectors.words().to_vec();
    words.extend((words.len()..more).map(|at| format!("w{at}")));
    let mut rows: Vec<f32> = (0..model.vectors.len())
        .flat_map(|row| model.vectors.row(row).to_vec())
        .collect();
    rows.resize(more * dims, 0.25);
    let mut parts = model.vectors.polarity().unwrap().clone().into_parts();
    let old = model.vectors.len();
    let insert = |values: &mut Vec<f32>, with: f32| {
        values.splice(old..old, std::iter::repeat_n(with, more - old));
    };
    insert(&mut parts.idf, 3.0);
    for scale in &mut parts.scales {
        insert(&mut scale.weights, 0.5);
    }
    let mut weights = model.weights.as_slice().to_vec();
    weights.resize(more, 0.5);
    let vectors = WordVectors::from_unit(words, rows, dims, vec![1.0; more]).unwrap();
    model.vectors = vectors.with_polarity(Polarity::from_parts(parts));
    model.weights = WordWeights::stored(weights, more).unwrap();
    model.scorer = model
        .vectors
        .polarity()
        .map(|polarity| Scorer::new(polarity, model.length(), None, &model.vectors));
    model
}
