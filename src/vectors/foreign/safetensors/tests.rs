use std::collections::HashMap;

use super::*;

const TOKENIZER: &str = r###"{"model": {"type": "WordPiece", "vocab":
    {"[PAD]": 0, "good": 1, "##ness": 2, "bad": 3}}}"###;

type Tensor<'t> = (&'t str, Dtype, &'t [usize], Vec<u8>);

fn floats(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

fn file(tensors: &[Tensor<'_>]) -> Vec<u8> {
    let views = tensors.iter().map(|(name, dtype, shape, data)| {
        (
            *name,
            TensorView::new(*dtype, shape.to_vec(), data).unwrap(),
        )
    });
    safetensors::serialize(views, None).unwrap()
}

fn read_with(tokenizer: &str, bytes: &[u8], clean: bool) -> Result<Table> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tokenizer.json"), tokenizer).unwrap();
    let path = folder.path().join("model.safetensors");
    read(&path, bytes, &mut clean.then(Cleaned::default))
}

fn embeddings() -> Tensor<'static> {
    let values = floats(&[9.0, 9.0, 1.0, 2.0, 9.0, 9.0, 3.0, 4.0]);
    ("embeddings", Dtype::F32, &[4, 2], values)
}

#[test]
fn words_have_their_rows() {
    let table = read_with(TOKENIZER, &file(&[embeddings()]), false).unwrap();
    assert_eq!(table.words, ["good", "bad"]);
    assert_eq!(table.rows, [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(
        table.notes,
        ["left out 2 of the 4 entries of the tokenizer: 1 piece of a word, 1 that is special"]
    );
    // By another name, and as the only matrix.
    for name in ["embedding.weight", "whatever"] {
        let (_, dtype, shape, data) = embeddings();
        let bytes = file(&[(name, dtype, shape, data)]);
        assert_eq!(read_with(TOKENIZER, &bytes, false).unwrap(), table);
    }
}

#[test]
fn rows_may_be_shared_and_weighted() {
    let numbers = [1_u64, 0, 1, 0]
        .iter()
        .flat_map(|row| row.to_le_bytes())
        .collect();
    let bytes = file(&[
        (
            "embeddings",
            Dtype::F32,
            &[2, 2],
            floats(&[1.0, 2.0, 3.0, 4.0]),
        ),
        ("mapping", Dtype::I64, &[4], numbers),
        ("weights", Dtype::F32, &[4], floats(&[1.0, 0.5, 1.0, 3.0])),
    ]);
    let table = read_with(TOKENIZER, &bytes, false).unwrap();
    assert_eq!(table.rows, [0.5, 1.0, 3.0, 6.0]);
}

#[test]
fn every_type_of_values() {
    let values: [f32; 2] = [-1.5, 40.0];
    let all: [(Dtype, Vec<u8>); 4] = [
        (
            Dtype::F64,
            values
                .iter()
                .flat_map(|v| f64::from(*v).to_le_bytes())
                .collect(),
        ),
        (Dtype::F16, vec![0x00, 0xbe, 0x00, 0x51]),
        (
            Dtype::BF16,
            values
                .iter()
                .flat_map(|v| v.to_le_bytes()[2..].to_vec())
                .collect(),
        ),
        (Dtype::I8, vec![(-3_i8).cast_unsigned(), 80]),
    ];
    for (dtype, data) in all {
        let bytes = file(&[("embeddings", dtype, &[1, 2], data)]);
        let table = read_with(r#"{"model": {"vocab": {"a": 0}}}"#, &bytes, false).unwrap();
        let expected = if dtype == Dtype::I8 {
            [-3.0, 80.0]
        } else {
            values
        };
        assert_eq!(table.rows, expected, "{dtype}");
    }
}

#[test]
fn every_truncation_is_refused() {
    let whole = file(&[embeddings()]);
    for length in 0..whole.len() {
        let error = read_with(TOKENIZER, &whole[..length], false).unwrap_err();
        assert!(
            matches!(error, Error::Artifact { damaged: true, .. }),
            "{length}: {error}"
        );
    }
    assert!(read_with(TOKENIZER, &[&whole[..], b"x"].concat(), false).is_err());
}

/// Whatever a byte becomes, the file is read or refused.
#[test]
fn no_changed_byte_makes_it_panic() {
    let weights = floats(&[1.0, 0.5, 1.0, 3.0]);
    let whole = file(&[embeddings(), ("weights", Dtype::F32, &[4], weights)]);
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut changed = whole.clone();
            changed[at] ^= 1 << bit;
            if let Ok(table) = read_with(TOKENIZER, &changed, false) {
                assert_eq!(table.rows.len(), table.words.len() * table.dims);
            }
        }
    }
}

#[test]
fn what_does_not_fit_is_explained() {
    let header = |header: &str, values: usize| {
        let length = (header.len() as u64).to_le_bytes();
        [&length[..], header.as_bytes(), &vec![0; values]].concat()
    };
    let one = |name, dtype, shape: &'static [usize], data| file(&[(name, dtype, shape, data)]);
    let table = || file(&[embeddings()]);
    let nan = floats(&[0.0, 0.0, 1.0, f32::NAN, 0.0, 0.0, 3.0, 4.0]);
    for (bytes, tokenizer, says) in [
        (
            header(
                r#"{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,15]}}"#,
                15,
            ),
            TOKENIZER,
            "offsets do not fit its shape",
        ),
        (
            header(
                r#"{"a":{"dtype":"F32","shape":[4294967296,4294967297],"data_offsets":[0,16]}}"#,
                16,
            ),
            TOKENIZER,
            "do not fit its shape",
        ),
        (
            header(
                r#"{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[4,20]}}"#,
                20,
            ),
            TOKENIZER,
            "\"a\" with gaps or overlaps",
        ),
        (
            header(
                r#"{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}"#,
                17,
            ),
            TOKENIZER,
            "more or fewer bytes",
        ),
        (header("{]", 0), TOKENIZER, "invalid JSON"),
        (
            header(r#"{"__metadata__":{"senti":"{}"}}"#, 0),
            TOKENIZER,
            "a model that senti trained",
        ),
        (
            [&(1_u64 << 40).to_le_bytes()[..], b"{}"].concat(),
            TOKENIZER,
            "too large",
        ),
        (header("{}", 0), TOKENIZER, "no matrix"),
        (
            one("embeddings", Dtype::F32, &[8], vec![0; 32]),
            TOKENIZER,
            "not a matrix",
        ),
        (
            one("embeddings", Dtype::F32, &[0, 2], Vec::new()),
            TOKENIZER,
            "a table of 0 x 2",
        ),
        (
            one("embeddings", Dtype::I64, &[2, 1], vec![0; 16]),
            TOKENIZER,
            "values of the type I64",
        ),
        (
            file(&[
                ("a", Dtype::F32, &[1, 1], vec![0; 4]),
                ("b", Dtype::F32, &[1, 1], vec![0; 4]),
            ]),
            TOKENIZER,
            "2 matrices (\"a\" and others)",
        ),
        (
            file(&[embeddings(), ("weights", Dtype::F32, &[3], vec![0; 12])]),
            TOKENIZER,
            "\"weights\" of the shape [3]",
        ),
        (
            file(&[
                embeddings(),
                ("mapping", Dtype::I32, &[1], vec![4, 0, 0, 0]),
            ]),
            TOKENIZER,
            "does not number rows",
        ),
        (
            file(&[embeddings(), ("mapping", Dtype::I32, &[1], vec![255; 4])]),
            TOKENIZER,
            "does not number rows",
        ),
        (
            table(),
            r#"{"model": {"vocab": {"a": 4}}}"#,
            "row 4 for \"a\"",
        ),
        (table(), "{", "broken JSON"),
        (table(), "{}", "no vocabulary"),
        (
            table(),
            r###"{"model": {"type": "WordPiece", "continuing_subword_prefix": "##", "vocab": {"##a": 0}}}"###,
            "no row that makes sense",
        ),
        (
            one("embeddings", Dtype::F32, &[4, 2], nan.clone()),
            TOKENIZER,
            "not a finite number in row 1, of \"good\"",
        ),
    ] {
        let error = read_with(tokenizer, &bytes, false).unwrap_err();
        let shown = error.to_string();
        assert!(shown.contains(says), "{says:?} is missing: {shown}");
        assert!(error.hint().is_some(), "{shown} has no hint");
    }
    let cleaned = read_with(
        TOKENIZER,
        &one("embeddings", Dtype::F32, &[4, 2], nan),
        true,
    );
    assert_eq!(cleaned.unwrap().words, ["bad"]);
}

#[test]
fn no_tokenizer_is_an_error_that_says_where_it_should_be() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let bytes = safetensors::serialize(
        [(
            "a",
            TensorView::new(Dtype::F32, vec![1, 1], &[0; 4]).unwrap(),
        )],
        Some(HashMap::from([("format".to_owned(), "pt".to_owned())])),
    );
    let error = read(&path, &bytes.unwrap(), &mut None).unwrap_err();
    assert!(
        error.to_string().contains("tokenizer.json beside it"),
        "{error}"
    );
}
