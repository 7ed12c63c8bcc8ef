use super::ngrams::{each_ngram, hash};
use super::*;

const DIMS: usize = 2;
const BUCKETS: usize = 5;

/// Settings of a model with n-grams of 2 to 3 characters.
fn settings() -> [i32; 12] {
    [2, 5, 5, 1, 5, 1, 1, 2, BUCKETS as i32, 2, 3, 100]
}

fn model(settings: [i32; 12], words: &[&[u8]], rows: &[f32], output: &[f32]) -> Vec<u8> {
    let count = words.len() as i32;
    let mut bytes = [MAGIC, &12_i32.to_le_bytes()].concat();
    bytes.extend(settings.iter().flat_map(|value| value.to_le_bytes()));
    bytes.extend(1e-4_f64.to_le_bytes());
    bytes.extend(
        [count, count, 0]
            .iter()
            .flat_map(|value| value.to_le_bytes()),
    );
    bytes.extend([99_i64, -1].iter().flat_map(|value| value.to_le_bytes()));
    for (at, word) in words.iter().enumerate() {
        bytes.extend([word, &b"\0"[..], &(9 - at as i64).to_le_bytes(), b"\0"].concat());
    }
    for values in [rows, output] {
        bytes.push(0);
        let rows = (values.len() / DIMS) as i64;
        bytes.extend(
            [rows, DIMS as i64]
                .iter()
                .flat_map(|value| value.to_le_bytes()),
        );
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }
    bytes
}

/// Two words, five buckets.
fn rows() -> Vec<f32> {
    (0..(2 + BUCKETS) * DIMS)
        .map(|at| (at as f32 + 1.0).sin())
        .collect()
}

fn sound() -> Vec<u8> {
    model(settings(), &[b"</s>", b"ab"], &rows(), &[0.0; 4])
}

fn parse(bytes: &[u8], cleaned: &mut Option<Cleaned>) -> Checked<Table> {
    // Of a pipe the size is not known; the answer is the same, in other words.
    let piped = read(&mut &*bytes, None, &mut cleaned.clone());
    let known = read(&mut &*bytes, Some(bytes.len() as u64), cleaned);
    assert_eq!(piped.is_ok(), known.is_ok());
    known
}

/// Numbers that fastText itself gives, for 3000 buckets.
#[test]
fn n_grams_fall_into_fasttexts_buckets() {
    for (ngram, bucket) in [("<gr", 866), ("größ", 1915), ("很>", 2376), ("un", 2802)] {
        assert_eq!(hash(ngram) % 3000, bucket, "{ngram}");
    }
    let cut = |word: &str, lengths| {
        let mut all = Vec::new();
        each_ngram(word, lengths, |ngram| all.push(ngram.to_owned()));
        all
    };
    assert_eq!(cut("很", (2, 4)), ["<很", "<很>", "很>"]);
    assert_eq!(cut("ab", (1, 1)), ["a", "b"]);
    assert_eq!(cut("ab", (0, 2)), ["<a", "a", "ab", "b", "b>"]);
}

#[test]
fn a_word_is_the_mean_of_its_rows_and_an_unseen_one_of_its_n_grams() {
    let table = parse(&sound(), &mut None).unwrap();
    assert_eq!(table.words, ["</s>", "ab"]);
    assert_eq!(table.counts, Some(vec![9, 8]));
    // The end of a line has its own row alone.
    assert_eq!(table.rows[..2], rows()[..2]);
    let mut mean = [f64::from(rows()[2]), f64::from(rows()[3])];
    let ngrams = ["<a", "<ab", "ab", "ab>", "b>"];
    for ngram in ngrams {
        let row = 2 + hash(ngram) as usize % BUCKETS;
        mean[0] += f64::from(rows()[row * DIMS]);
        mean[1] += f64::from(rows()[row * DIMS + 1]);
    }
    for (value, sum) in table.rows[2..].iter().zip(mean) {
        assert!(
            (f64::from(*value) - sum / 6.0).abs() < 1e-7,
            "{:?}",
            table.rows
        );
    }
    assert!(
        table.notes[0].contains("of 5 buckets are kept, in 2^3"),
        "{:?}",
        table.notes
    );

    // Of a word that was not there: what fastText makes of the n-grams it knows.
    let mut settings = settings();
    settings[8] = 1 << 16;
    let rows: Vec<f32> = (0..(2 + (1 << 16)) * DIMS)
        .map(|at| (at as f32).sin())
        .collect();
    let bytes = model(settings, &[b"</s>", b"abcd"], &rows, &[0.0; 4]);
    let mut notes = Vec::new();
    let vectors = parse(&bytes, &mut None)
        .unwrap()
        .into_vectors(&mut notes)
        .unwrap();
    let mut mean = [0.0; 2];
    // "<ab" and "abc" are known, "bcx" and "x>" are not.
    for ngram in ["<a", "<ab", "ab", "abc", "bc"] {
        let row = 2 + hash(ngram) as usize % (1 << 16);
        for (sum, value) in mean.iter_mut().zip(&rows[row * DIMS..]) {
            *sum += f64::from(*value);
        }
    }
    let norm = mean[0].hypot(mean[1]);
    let vector = vectors.vector("abcx").unwrap();
    for (value, sum) in vector.iter().zip(mean) {
        assert!(
            (f64::from(*value) - sum / norm).abs() < 1e-6,
            "{vector:?} {mean:?}"
        );
    }
}

#[test]
fn a_model_without_n_grams_has_rows_alone() {
    let mut settings = settings();
    (settings[8], settings[9], settings[10]) = (0, 0, 0);
    let table = parse(
        &model(settings, &[b"a", b"b"], &rows()[..4], &[0.0; 4]),
        &mut None,
    )
    .unwrap();
    assert_eq!((&table.rows[..], table.subwords), (&rows()[..4], None));
}

#[test]
fn every_truncation_is_refused() {
    let whole = sound();
    for length in 0..whole.len() {
        assert!(
            parse(&whole[..length], &mut None).is_err(),
            "cut to {length}"
        );
    }
}

/// Whatever a byte becomes, the file is read or refused.
#[test]
fn no_changed_byte_makes_it_panic() {
    let whole = sound();
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut changed = whole.clone();
            changed[at] ^= 1 << bit;
            if let Ok(table) = parse(&changed, &mut None) {
                assert_eq!(table.rows.len(), table.words.len() * table.dims);
            }
        }
    }
}

#[test]
fn every_lie_is_explained() {
    let patched = |at: usize, with: &[u8]| {
        let mut bytes = sound();
        bytes[at..at + with.len()].copy_from_slice(with);
        bytes
    };
    let settings_at = 8;
    let dictionary_at = settings_at + 12 * 4 + 8;
    let entries_at = dictionary_at + 3 * 4 + 2 * 8;
    let matrix_at = entries_at + (5 + 9) + (3 + 9);
    let output_at = matrix_at + 17 + 7 * DIMS * 4;
    let setting = |at: usize, value: i32| patched(settings_at + 4 * at, &value.to_le_bytes());
    for (bytes, says) in [
        (patched(0, b"x"), "another kind of file"),
        (patched(4, &[13]), "version 13"),
        (setting(0, 0), "0 dimensions"),
        (setting(0, -1), "-1 dimensions"),
        (setting(0, 70_000), "70000 dimensions"),
        (setting(0, 3), "an input matrix of 7 x 2, expected 7 x 3"),
        (setting(7, 3), "a fastText classifier"),
        (setting(7, 9), "a model of kind 9"),
        (setting(8, -5), "-5 buckets"),
        (setting(8, 6), "an input matrix of 7 x 2, expected 8 x 2"),
        (setting(9, -1), "n-grams of -1 to 3"),
        (setting(10, 1), "n-grams of 2 to 1"),
        (setting(10, 65), "n-grams of 2 to 65"),
        (patched(dictionary_at, &[3]), "3 entries: 2 words, 0 labels"),
        (
            patched(dictionary_at, &[0, 0, 0, 0, 0]),
            "0 entries: 0 words",
        ),
        (patched(dictionary_at + 8, &[1]), "2 words, 1 labels"),
        (
            patched(dictionary_at, &[255, 255, 255, 127, 255, 255, 255, 127]),
            "2147483647 words",
        ),
        (
            patched(dictionary_at + 20, &[1, 0, 0, 0, 0, 0, 0, 0]),
            "1 pruned entries",
        ),
        (patched(entries_at, b"\0"), "no letters for word 1"),
        (patched(entries_at + 12, &[255]), "a count of -"),
        (
            patched(entries_at + 13, &[1]),
            "an entry of kind 1 for word 1",
        ),
        (patched(entries_at, b"\xff"), "broken UTF-8 in word 1"),
        (patched(matrix_at, &[1]), "a quantised fastText model"),
        (
            patched(matrix_at, &[7]),
            "7 in place of whether the input matrix",
        ),
        (patched(matrix_at + 1, &[8]), "an input matrix of 8 x 2"),
        (patched(output_at, &[1]), "a quantised fastText model"),
        (patched(output_at + 1, &[1]), "an output matrix of 1 x 2"),
        (patched(output_at + 9, &[3]), "an output matrix of 2 x 3"),
        ([&sound()[..], b"x"].concat(), "more bytes"),
        (
            patched(matrix_at + 17 + 8, &f32::NAN.to_le_bytes()),
            "not a finite number in the vector of \"ab\"",
        ),
        (
            patched(output_at - 4, &f32::INFINITY.to_le_bytes()),
            "not a finite number in the row of a bucket",
        ),
    ] {
        let error = parse(&bytes, &mut None)
            .unwrap_err()
            .in_file("f.bin".as_ref());
        let shown = error.to_string();
        assert!(shown.contains(says), "{says:?} is missing: {shown}");
        assert!(error.hint().is_some(), "{shown} has no hint");
    }
    let mut cleaned = Some(Cleaned::default());
    let table = parse(&patched(entries_at, b"\xff"), &mut cleaned).unwrap();
    assert_eq!((table.words, table.rows.len()), (vec!["ab".to_owned()], 2));
    assert_eq!(cleaned.unwrap().malformed, 1);
    let mut cleaned = Some(Cleaned::default());
    let nan = patched(matrix_at + 17 + 8, &f32::NAN.to_le_bytes());
    let table = parse(&nan, &mut cleaned).unwrap();
    assert_eq!(
        (table.words, table.counts),
        (vec!["</s>".to_owned()], Some(vec![9]))
    );
    assert_eq!(cleaned.unwrap().not_finite, 1);
}

/// A header that promises more than there is costs nothing.
#[test]
fn nothing_is_allocated_on_the_word_of_a_header() {
    let mut settings = settings();
    (settings[0], settings[8]) = (65_536, i32::MAX);
    let mut bytes = model(settings, &[b"a"], &[], &[]);
    // The matrix that this promises has half an exabyte.
    let shape = bytes.len() - 2 * 17 + 1;
    bytes[shape..shape + 8].copy_from_slice(&(1 + i64::from(i32::MAX)).to_le_bytes());
    bytes[shape + 8..shape + 16].copy_from_slice(&65_536_i64.to_le_bytes());
    let error = parse(&bytes, &mut None)
        .unwrap_err()
        .in_file("f.bin".as_ref());
    assert!(
        error.to_string().contains("17 bytes that follow"),
        "{error}"
    );
}
