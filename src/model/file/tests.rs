//! Files that are read back, damaged, and sealed anew over nonsense.

use super::super::{Settings, TrainingReport};
use super::*;
use crate::classifier::head::TERMS_FROM;
use crate::text::labeled::LabeledSet;

pub(in crate::model) fn model() -> Model {
    let words = ["good", "bad", "größe"].map(str::to_owned).to_vec();
    let vectors = WordVectors::new(words, vec![1.0, 0.1, -1.0, 0.2, 0.0, 1.0], 2).unwrap();
    let set =
        LabeledSet::parse("t", "yes\tgood\nno\tbad\nyes\tgood größe\nno\tbad größe\n").unwrap();
    let settings = Settings {
        hidden: Some(2),
        ..Settings::default()
    };
    Model::train(vectors, &set, &settings).unwrap().0
}

/// On vectors with subwords: most words of the texts are unseen.
pub(in crate::model) fn with_subwords() -> Model {
    let ngrams = NGrams {
        min_n: 3,
        max_n: 3,
        bucket_bits: 8,
    };
    let words = ["good", "bad"].map(str::to_owned).to_vec();
    let mut rows = vec![0.0; 2 * ngrams.buckets()];
    for (word, row) in [("goodness", [1.0, 0.5]), ("badness", [-1.0, 0.5])] {
        for bucket in ngrams.of(word) {
            rows[2 * bucket as usize..][..2].copy_from_slice(&row);
        }
    }
    let vectors = WordVectors::new(words, vec![1.0, 0.1, -1.0, 0.2], 2)
        .unwrap()
        .with_subwords(Subwords::from_all(ngrams, &rows, 2).unwrap())
        .unwrap();
    let text = "yes\tgood\nno\tbad\nyes\tgoodie\nno\tbaddie\nyes\tgoody\nno\tbadly\n";
    let set = LabeledSet::parse("t", text).unwrap();
    let settings = Settings {
        hidden: Some(2),
        ..Settings::default()
    };
    Model::train(vectors, &set, &settings).unwrap().0
}

/// On vectors with a direction of sentiment.
pub(in crate::model) fn with_direction() -> Model {
    let words = ["good", "bad", "größe"].map(str::to_owned).to_vec();
    let vectors = WordVectors::new(words, vec![1.0, 0.1, -1.0, 0.2, 0.0, 1.0], 2).unwrap();
    let vectors = vectors.with_polarity(Polarity::sample(3, 2));
    let set = LabeledSet::parse("t", "yes\tgood\nno\tbad\nyes\tgood größe\nno\tbad größe\n");
    Model::train(vectors, &set.unwrap(), &Settings::default())
        .unwrap()
        .0
}

/// On texts whose labels only words without a vector show: of these, and of pairs,
/// there are labels enough to learn.
pub(in crate::model) fn with_terms() -> Model {
    with_terms_and_report().0
}

fn with_terms_and_report() -> (Model, TrainingReport) {
    let known = 60;
    let words = (0..known).map(|at| format!("f{at}")).collect();
    let rows = (0..2 * known).map(|at| (at as f32).sin()).collect();
    let vectors = WordVectors::new(words, rows, 2).unwrap();
    let vectors = vectors.with_polarity(Polarity::sample(known, 2));
    let text: String = (0..TERMS_FROM)
        .map(|at| {
            let (label, word) = [("yes", "aha"), ("no", "oho")][at % 2];
            format!("{label}\tf{} {word} f{}\n", at % known, at / known)
        })
        .collect();
    let set = LabeledSet::parse("t", &text).unwrap();
    Model::train(vectors, &set, &Settings::default()).unwrap()
}

/// The folds have fewer labels than terms need elsewhere.
#[test]
fn a_model_of_terms_is_validated_with_terms() {
    let (model, report) = with_terms_and_report();
    assert!(model.classifier().uses_terms());
    let validated = report.classifier.unwrap();
    assert!(validated.accuracy > 0.99, "{validated:?}");
}

#[test]
fn unseen_words_are_classified_and_saved_models_agree() {
    let model = with_subwords();
    for (text, label) in [("goods", "yes"), ("baddest", "no")] {
        let verdict = model.classify(text);
        assert_eq!(model.name(&verdict), label, "{text}");
        assert_eq!((verdict.known, verdict.unseen, verdict.tokens), (1, 1, 1));
        assert!(verdict.probability() > 0.6, "{text}: {verdict:?}");
    }
    // No n-gram of it is known.
    assert_eq!(model.classify("q").label, None);
    let bytes = model.to_bytes(Path::new("m")).unwrap();
    let read = parse(&bytes).unwrap();
    for text in ["goods", "good goods", "baddest", "q"] {
        assert_eq!(read.classify(text), model.classify(text), "{text}");
    }
    assert_eq!(read.vectors().subwords(), model.vectors().subwords());
    assert_eq!(read.to_bytes(Path::new("m")).unwrap(), bytes);
}

/// Format 1 is what readers without subwords know.
#[test]
fn models_without_subwords_keep_their_format() {
    let format = |model: &Model| {
        let bytes = model.to_bytes(Path::new("m")).unwrap();
        String::from_utf8_lossy(&bytes[..80]).into_owned()
    };
    assert!(format(&model()).contains(r#"\"format\":1,"#));
    assert!(format(&with_subwords()).contains(r#"\"format\":2,"#));
    assert!(format(&with_direction()).contains(r#"\"format\":3,"#));
}

fn parse(bytes: &[u8]) -> Result<Model> {
    Model::from_bytes(Path::new("m.senti"), bytes)
}

#[test]
fn what_is_written_is_read_and_writes_the_same_again() {
    let model = model();
    let bytes = model.to_bytes(Path::new("m")).unwrap();
    let read = parse(&bytes).unwrap();
    for text in ["good", "bad größe", "unknown", "", "good bad good"] {
        assert_eq!(read.classify(text), model.classify(text), "{text}");
    }
    assert_eq!(read.labels(), model.labels());
    assert_eq!(read.provenance(), model.provenance());
    assert_eq!(read.to_bytes(Path::new("m")).unwrap(), bytes);
}

#[test]
fn every_truncation_and_every_flipped_bit_is_refused() {
    for model in [model(), with_subwords(), with_direction()] {
        refuses_every_change(&model.to_bytes(Path::new("m")).unwrap());
    }
}

pub(in crate::model) fn refuses_every_change(whole: &[u8]) {
    for length in 0..whole.len() {
        assert!(parse(&whole[..length]).is_err(), "cut to {length}");
    }
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut changed = whole.to_vec();
            changed[at] ^= 1 << bit;
            let error = parse(&changed).expect_err("a flipped bit was not noticed");
            assert!(matches!(error, Error::Artifact { .. }), "{error}");
            assert!(error.hint().is_some(), "{error}");
        }
    }
}

#[test]
fn other_files_are_called_by_their_name() {
    for (bytes, says) in [
        (&b""[..], "an empty file"),
        (b"It was great\n", "plain text"),
        (b"FiFu\0\0\0\0\x02\0\0\0", "a finalfusion vector file"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\0", "a gzip archive"),
        (b"\x80\x04\x95\xff\xfe\xfd", "a Python pickle"),
        (b"\xff\xff\xff\xff\xff\xff\xff\xff{}", "unknown kind"),
        (b"\x02\0\0\0\0\0\0\0{}", "another program"),
    ] {
        let error = parse(bytes).unwrap_err();
        assert!(error.to_string().contains(says), "{says}: {error}");
    }
}

fn resealed(mut bytes: Vec<u8>) -> Vec<u8> {
    if crate::model::folded::seal(&mut bytes).is_some() {
        return bytes;
    }
    let field = seal_field(&bytes).unwrap();
    let digest = seal::digest(&bytes, field.clone(), 0);
    bytes[field].copy_from_slice(&digest);
    bytes
}

/// The file with other bytes at a place of a tensor, and the seal that fits them.
pub(in crate::model) fn patched(whole: &[u8], name: &str, at: usize, with: &[u8]) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    let (header, metadata) = SafeTensors::read_metadata(whole).unwrap();
    let at = at + 8 + header + metadata.info(name).unwrap().data_offsets.0;
    bytes[at..at + with.len()].copy_from_slice(with);
    resealed(bytes)
}

/// The file with other text in place of the first such text, and the seal that fits.
pub(in crate::model) fn renamed(whole: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    let at = bytes.windows(from.len()).position(|part| part == from);
    let at = at.unwrap_or_else(|| panic!("no {}", from.escape_ascii()));
    bytes[at..][..to.len()].copy_from_slice(to);
    resealed(bytes)
}

/// A file may carry a right seal and still lie about its content.
/// For its classifier.
fn refuses_folded_and_whole(model: &Model) {
    let path = Path::new("m");
    let whole = parse(&model.to_bytes(path).unwrap()).map(drop);
    let folded = Folded::from_bytes(path, &model.laid_out(path).unwrap().unwrap()).map(drop);
    for read in [whole, folded] {
        let error = read.unwrap_err().to_string();
        assert!(error.contains("a classifier "), "{error}");
    }
}

/// They are finite, and still the answers would not be.
#[test]
fn parameters_that_answers_overflow_by_are_refused() {
    let of_layer: [fn(&mut HiddenLayer); 3] = [
        |layer| layer.standardiser.scale = 5e-311,
        |layer| layer.weights[[0, 0]] = 1e60,
        |layer| layer.output_weights.fill(1e308),
    ];
    for break_it in of_layer {
        let mut model = model();
        let Classifier::Layer(layer) = &mut model.classifier else {
            panic!("no direction of sentiment, and still a head");
        };
        break_it(layer);
        refuses_folded_and_whole(&model);
    }
    let of_head: [fn(&mut Head); 4] = [
        |head| head.scaling.deviation[0] = 1e-60,
        |head| head.expected_shares = Some(vec![0.0, 1.0]),
        |head| head.with_prior.as_mut().unwrap().weights.fill(-1e308),
        |head| head.with_prior.as_mut().unwrap().columns.offset = 1e60,
    ];
    for break_it in of_head {
        let mut model = with_direction();
        let Classifier::Head(head) = &mut model.classifier else {
            panic!("a direction of sentiment, and no head");
        };
        break_it(head);
        refuses_folded_and_whole(&model);
    }
}

#[test]
fn well_sealed_nonsense_is_refused() {
    let seal = vec![0; SEAL_BYTES];
    let view = TensorView::new(Dtype::U8, vec![SEAL_BYTES], &seal).unwrap();
    for header in ["{}", "{\"format\":99}", "{\"format\":1}", "not json"] {
        let metadata = HashMap::from([(METADATA_KEY.to_owned(), header.to_owned())]);
        let bytes = safetensors::serialize([("seal", view.clone())], Some(metadata)).unwrap();
        assert!(parse(&resealed(bytes)).is_err(), "{header}");
    }
    let whole = with_subwords().to_bytes(Path::new("m")).unwrap();
    let patched = |name: &str, with: &[u8]| patched(&whole, name, 0, with);
    let renamed = |from: &[u8], to: &[u8]| renamed(&whole, from, to);
    for (bytes, says) in [
        (patched("buckets", &[255; 4]), "buckets out of order"),
        (patched("bucket_vectors", &[255; 4]), "NaN"),
        (renamed(b"ngrams", b"engram"), "do not fit the format"),
        (renamed(b"bucket_bits", b"bucket_bite"), "bucket_bits"),
        (renamed(b"min_n\\\":3", b"min_n\\\":9"), "--minn: found 9"),
        (
            renamed(b"\"bucket_vectors", b"\"bucket_sectors"),
            "no bucket_vectors",
        ),
    ] {
        let error = parse(&bytes).unwrap_err().to_string();
        assert!(error.contains(says), "{says}: {error}");
    }
    let mut model = model();
    let Classifier::Layer(layer) = &mut model.classifier else {
        panic!("no direction of sentiment, and still a head");
    };
    layer.weights[[0, 0]] = f64::NAN;
    let error = parse(&model.to_bytes(Path::new("m")).unwrap()).unwrap_err();
    assert!(error.to_string().contains("not finite"), "{error}");
    for labels in [["yes", "no"], ["yes", "yes"]] {
        model = self::model();
        model.labels = labels.map(str::to_owned).to_vec();
        let error = parse(&model.to_bytes(Path::new("m")).unwrap()).unwrap_err();
        assert!(error.to_string().contains("labels that do not fit"));
    }
    // A text without a known word is answered by them.
    for shares in [[1.5, 0.5], [1.5, -0.5], [1.0, 0.0], [0.5, 0.4]] {
        model = self::model();
        model.shares = shares.to_vec();
        let error = parse(&model.to_bytes(Path::new("m")).unwrap()).unwrap_err();
        assert!(error.to_string().contains("do not sum to 1"), "{error}");
    }
}

#[test]
fn a_direction_and_the_head_on_it_are_read_back() {
    let model = with_direction();
    let Classifier::Head(head) = &model.classifier else {
        panic!("there is a direction of sentiment");
    };
    assert!(head.gate > 0.0 && model.terms.is_none());
    let expecting = model.clone().expecting(&[0.2, 0.8]).unwrap();
    for model in [model, expecting, with_terms()] {
        let bytes = model.to_bytes(Path::new("m")).unwrap();
        let read = parse(&bytes).unwrap();
        for text in ["good", "bad größe", "f3 aha", "oho f3 f4", "unknown", ""] {
            assert_eq!(read.classify(text), model.classify(text), "{text}");
            assert_eq!(read.score(text), model.score(text), "{text}");
        }
        assert_eq!(read.vectors().polarity(), model.vectors().polarity());
        assert_eq!(read.length(), model.length());
        let full = |model: &Model| model.scorer.as_ref().and_then(Scorer::full);
        assert!(full(&read).is_some());
        assert_eq!(full(&read), full(&model));
        assert_eq!(read.terms, model.terms);
        assert_eq!(read.to_bytes(Path::new("m")).unwrap(), bytes);
    }
}

/// Files of older versions do not say how long the labelled texts were: whatever is
/// asked is a whole text.
#[test]
fn models_that_know_no_length_answer_as_they_did() {
    let mut model = with_terms();
    let whole = model.to_bytes(Path::new("m")).unwrap();
    let older = parse(&renamed(&whole, b"full\\\":", b"fell\\\":")).unwrap();
    let polarity = model.vectors.polarity().unwrap();
    model.scorer = Some(Scorer::new(polarity, model.length(), None, &model.vectors));
    for text in ["f3", "f3 aha f4", "oho f3 f4 f5"] {
        assert_eq!(older.classify(text), model.classify(text), "{text}");
    }
}

#[test]
fn words_of_the_labelled_texts_have_weights_of_their_own() {
    let model = with_terms();
    assert!(model.terms.is_some());
    for (text, label) in [("f3 aha", "yes"), ("f3 oho", "no")] {
        let verdict = model.classify(text);
        assert_eq!(model.name(&verdict), label, "{text}");
        assert!(verdict.probability() > 0.9, "{verdict:?}");
    }
}

#[test]
fn a_well_sealed_direction_or_head_of_nonsense_is_refused() {
    let whole = with_direction().to_bytes(Path::new("m")).unwrap();
    let polarity = Polarity::sample(3, 2).to_bytes();
    for (bytes, says) in [
        (patched(&whole, "polarity", 0, &[255; 8]), "incomplete"),
        (patched(&whole, "polarity", 8, b"["), "cannot be read"),
        (
            patched(&whole, "polarity", polarity.len() - 4, &[255; 4]),
            "not finite",
        ),
        (
            renamed(&whole, b"\"format\":1", b"\"format\":7"),
            "sentiment of format 7",
        ),
        (
            renamed(
                &whole,
                b"\"by_cues\":true,\"opinions",
                b"\"by_cues\":true,\"onions__",
            ),
            "cannot be read",
        ),
        (
            renamed(&whole, b"full\\\":0.5", b"full\\\":0.0"),
            "length of texts that is none",
        ),
        (
            renamed(&whole, b"\"polarity\"", b"\"polarita\""),
            "no polarity",
        ),
        (renamed(&whole, b"\"head\"", b"\"hand\""), "no head"),
        (
            patched(&whole, "head", 0, b"{"),
            "a classifier that cannot be read",
        ),
        (
            renamed(&whole, b"\"gate\"", b"\"gaze\""),
            "missing field `gate`",
        ),
        (
            renamed(&whole, b"\"classes\":2", b"\"classes\":3"),
            "does not fit",
        ),
        (
            renamed(&whole, b"\"gate\":0.", b"\"gate\":7."),
            "does not fit",
        ),
    ] {
        let error = parse(&bytes).unwrap_err();
        assert!(matches!(error, Error::Artifact { .. }), "{error}");
        assert!(error.to_string().contains(says), "{says}: {error}");
        assert!(error.hint().is_some(), "{error}");
    }
    let whole = with_terms().to_bytes(Path::new("m")).unwrap();
    let terms = renamed(&whole, b"\"words\":[\"aha\"", b"\"words\":[\"zha\"");
    let error = parse(&terms).unwrap_err().to_string();
    assert!(error.contains("does not fit"), "{error}");
    // Weights whose words are missing add nothing.
    let mut model = with_terms();
    model.terms = None;
    let bytes = model.to_bytes(Path::new("m")).unwrap();
    assert!(parse(&bytes).is_ok_and(|read| read.classify("f3 aha").known == 1));
}
