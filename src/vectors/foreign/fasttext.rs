//! Models of fastText (`.bin`), as versions 11 and 12 of its format have them.
//!
//! All numbers are little-endian:
//!
//! | part | content |
//! |---|---|
//! | magic, version | i32 each |
//! | settings | twelve i32: dimensions, window, epochs, least count, negatives, word n-grams, loss, kind (1 and 2 are without labels), buckets, shortest and longest n-gram, update rate; one f64 |
//! | dictionary | entries, words, labels (i32 each), tokens, pruned entries (i64 each; -1 is not pruned); for each entry its bytes, a zero, a count (i64), a kind (u8) |
//! | input matrix | whether it is quantised (u8), rows, columns (i64 each), f32 values: a row a word, then a row a bucket |
//! | output matrix | the same; of no use here |
//!
//! A word's vector is the mean of its own row and those of the buckets that its
//! n-grams fall into, which is what fastText writes into its `.vec` files. A
//! bucket is the n-gram's 32-bit FNV-1a hash, whose bytes are taken as signed,
//! modulo their number.
//!
//! Ours are [`Subwords`]' buckets, by another hash. So the rows are dealt out
//! again: each n-gram of the words has its row of fastText's in the bucket
//! that is ours for it, and where several meet there, their mean. N-grams that no
//! word has are left out: no text has trained their rows.

use std::io::BufRead;

use finalfusion::subword::{BucketIndexer, FinalfusionHashIndexer, Indexer, StrWithCharLen};

use super::source::Source;
use super::{Checked, Cleaned, MOST_DIMS, Table, Trouble};
use crate::vectors::subwords::{LONGEST, MOST_BITS, NGrams, Subwords};

/// The first bytes: 793712314.
pub(super) const MAGIC: &[u8] = &793_712_314_i32.to_le_bytes();
/// The longest word, in bytes.
const LONGEST_WORD: u64 = 1 << 12;
/// A letter, a zero, a count, a kind.
const LEAST_ENTRY: u64 = 11;
/// The end of a line, which is not cut into n-grams.
const END_OF_LINE: &str = "</s>";
/// Pairs of buckets are sorted, and each kept once, when there are so many more.
const PAIRS_AT_ONCE: usize = 1 << 22;

/// The settings that matter here.
struct Settings {
    dims: usize,
    buckets: usize,
    /// Shortest and longest n-gram; nothing when words are not cut.
    lengths: Option<(usize, usize)>,
}

pub(super) fn read<R: BufRead>(
    input: &mut R,
    size: Option<u64>,
    cleaned: &mut Option<Cleaned>,
) -> Checked<Table> {
    let mut source = Source::new(input, size);
    let settings = settings(&mut source)?;
    let (words, counts, malformed) = dictionary(&mut source)?;
    let rows = matrix(&mut source, words.len(), &settings)?;
    output(&mut source, words.len(), settings.dims)?;

    let mut table = compose(words, counts, rows, &settings)?;
    let start = malformed.iter().position(|&malformed| malformed);
    match (start, &mut *cleaned) {
        (None, _) => {}
        (Some(_), Some(cleaned)) => {
            let sound: Vec<bool> = malformed.iter().map(|&malformed| !malformed).collect();
            cleaned.malformed += table.keep(&sound);
        }
        (Some(row), None) => {
            return Err(Trouble::whole(
                format!("broken UTF-8 in word {}", row + 1),
                "UTF-8 text",
            ));
        }
    }
    table.each_value_finite(cleaned).map_err(|value| {
        Trouble::whole(
            format!(
                "a value that is not a finite number in the vector of {:?}",
                table.words[value / settings.dims]
            ),
            "finite numbers",
        )
    })?;
    Ok(table)
}

fn settings<R: BufRead>(source: &mut Source<'_, R>) -> Checked<Settings> {
    let unsupported = |found: String, expected: &str| {
        Err(Trouble::Unsupported {
            found,
            expected: expected.to_owned(),
        })
    };
    if source.bytes::<4>("fastText's magic number")? != MAGIC {
        return unsupported(
            "another kind of file".to_owned(),
            "a model of fastText (.bin)",
        );
    }
    let version = source.i32("the format's version")?;
    if !(11..=12).contains(&version) {
        return unsupported(
            format!("version {version} of fastText's format"),
            "version 11 or 12",
        );
    }
    let start = source.at;
    let mut all = [0; 12];
    for value in &mut all {
        *value = source.i32("the settings")?;
    }
    source.bytes::<8>("the settings")?;
    let [dims, _, _, _, _, _, _, kind, buckets, shortest, longest, _] = all;
    match kind {
        1 | 2 => {}
        3 => {
            return unsupported(
                "a fastText classifier, whose vectors were learned from its labels".to_owned(),
                "a fastText model without labels (skipgram or cbow)",
            );
        }
        _ => {
            return Err(Trouble::at(
                start + 28,
                format!("a model of kind {kind}"),
                "kind 1 (cbow) or 2 (skipgram)",
            ));
        }
    }
    if u64::try_from(dims).map_or(true, |dims| !(1..=MOST_DIMS).contains(&dims)) {
        return Err(Trouble::at(
            start,
            format!("{dims} dimensions"),
            format!("1 to {MOST_DIMS}"),
        ));
    }
    let Ok(buckets) = usize::try_from(buckets) else {
        return Err(Trouble::at(
            start + 32,
            format!("{buckets} buckets"),
            "0 or more",
        ));
    };
    let lengths = match (usize::try_from(shortest), usize::try_from(longest)) {
        _ if longest == 0 || buckets == 0 => None,
        (Ok(shortest), Ok(longest)) if shortest <= longest && longest <= LONGEST => {
            Some((shortest, longest))
        }
        _ => {
            return Err(Trouble::at(
                start + 36,
                format!("n-grams of {shortest} to {longest} characters"),
                format!("0 to {LONGEST}, the shortest first"),
            ));
        }
    };
    Ok(Settings {
        dims: dims as usize,
        buckets,
        lengths,
    })
}

/// The words, how often each stood in the text, and which are broken UTF-8.
type Dictionary = (Vec<String>, Vec<u64>, Vec<bool>);

fn dictionary<R: BufRead>(source: &mut Source<'_, R>) -> Checked<Dictionary> {
    let start = source.at;
    let entries = source.i32("the dictionary")?;
    let words = source.i32("the dictionary")?;
    let labels = source.i32("the dictionary")?;
    source.i64("the dictionary")?;
    let pruned_at = source.at;
    let pruned = source.i64("the dictionary")?;
    if words < 1 || labels != 0 || entries != words {
        return Err(Trouble::at(
            start,
            format!("{entries} entries: {words} words, {labels} labels"),
            "at least one word, and no labels",
        ));
    }
    if pruned > 0 {
        return Err(Trouble::at(
            pruned_at,
            format!("{pruned} pruned entries"),
            "a dictionary that was not pruned",
        ));
    }
    let count = words as u64;
    source.promises(count.checked_mul(LEAST_ENTRY), start, || {
        format!("{count} words")
    })?;
    let (mut words, mut counts, mut malformed) = (Vec::new(), Vec::new(), Vec::new());
    for row in 1..=count {
        let at = source.at;
        let word = source.text(LONGEST_WORD, "a word")?;
        let times = source.i64("the count of a word")?;
        let [kind] = source.bytes("the kind of a word")?;
        let flaw = |found: String, expected: &str| {
            Trouble::at(at, format!("{found} for word {row}"), expected)
        };
        if kind != 0 {
            return Err(flaw(format!("an entry of kind {kind}"), "kind 0, a word"));
        }
        let Ok(times) = u64::try_from(times) else {
            return Err(flaw(format!("a count of {times}"), "0 or more"));
        };
        if word.is_empty() {
            return Err(flaw("no letters".to_owned(), "a word"));
        }
        counts.push(times);
        malformed.push(std::str::from_utf8(&word).is_err());
        words.push(match String::from_utf8(word) {
            Ok(word) => word,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        });
    }
    Ok((words, counts, malformed))
}

/// The rows of words and buckets; those of buckets are finite.
fn matrix<R: BufRead>(
    source: &mut Source<'_, R>,
    words: usize,
    settings: &Settings,
) -> Checked<Vec<f32>> {
    let dims = settings.dims;
    let bytes = shape(source, "input", words + settings.buckets, dims)?;
    let start = source.at;
    let rows = source.values(bytes as usize / 4, 4, "the vectors", |bytes| {
        f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    })?;
    let bad = rows[words * dims..]
        .iter()
        .position(|value| !value.is_finite());
    match bad.map(|bad| words * dims + bad) {
        None => Ok(rows),
        Some(bad) => Err(Trouble::at(
            start + 4 * bad as u64,
            "a value that is not a finite number in the row of a bucket",
            "finite numbers",
        )),
    }
}

/// The output matrix, which is read over.
fn output<R: BufRead>(source: &mut Source<'_, R>, words: usize, dims: usize) -> Checked<()> {
    let bytes = shape(source, "output", words, dims)?;
    source.skip(bytes, "the output matrix")?;
    source.end("the output matrix")
}

/// The shape of a matrix, checked; returns its bytes.
fn shape<R: BufRead>(
    source: &mut Source<'_, R>,
    which: &str,
    rows: usize,
    dims: usize,
) -> Checked<u64> {
    let start = source.at;
    let what = format!("the {which} matrix");
    match source.bytes(&what)? {
        [0] => {}
        [1] => {
            return Err(Trouble::Unsupported {
                found: "a quantised fastText model".to_owned(),
                expected: "one that is not quantised (.bin, not .ftz)".to_owned(),
            });
        }
        [other] => {
            return Err(Trouble::at(
                start,
                format!("{other} in place of whether the {which} matrix is quantised"),
                "0 or 1",
            ));
        }
    }
    let found = (source.i64(&what)?, source.i64(&what)?);
    if found != (rows as i64, dims as i64) {
        return Err(Trouble::at(
            start + 1,
            format!("an {which} matrix of {} x {}", found.0, found.1),
            format!("{rows} x {dims}, as the settings and the dictionary say"),
        ));
    }
    let bytes = (rows as u64)
        .checked_mul(dims as u64)
        .and_then(|values| values.checked_mul(4));
    source.promises(bytes, start + 1, || {
        format!("an {which} matrix of {rows} x {dims}")
    })?;
    Ok(bytes.unwrap_or(u64::MAX))
}

/// Vectors of words and of our buckets, from the rows of words and of fastText's
/// buckets.
fn compose(
    words: Vec<String>,
    counts: Vec<u64>,
    mut rows: Vec<f32>,
    settings: &Settings,
) -> Checked<Table> {
    let dims = settings.dims;
    let buckets = rows.split_off(words.len() * dims);
    let mut table = Table {
        words,
        rows,
        dims,
        counts: Some(counts),
        ..Table::default()
    };
    let Some((shortest, longest)) = settings.lengths else {
        return Ok(table);
    };
    let ngrams = NGrams {
        min_n: shortest.max(1),
        max_n: longest,
        bucket_bits: bits(settings.buckets),
    };
    let ours = FinalfusionHashIndexer::new(ngrams.bucket_bits);
    let bucket = |number: usize| &buckets[number * dims..][..dims];
    // Each of our buckets with each of fastText's whose row it takes.
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    let mut sorted = 0;
    let mut sum = vec![0.0; dims];
    for (word, row) in table.words.iter().zip(table.rows.chunks_exact_mut(dims)) {
        if word == END_OF_LINE {
            continue;
        }
        for (sum, &value) in sum.iter_mut().zip(&*row) {
            *sum = f64::from(value);
        }
        let mut parts = 1;
        each_ngram(word, (shortest, longest), |ngram| {
            let theirs = hash(ngram) as usize % settings.buckets;
            for (sum, &value) in sum.iter_mut().zip(bucket(theirs)) {
                *sum += f64::from(value);
            }
            parts += 1;
            let ours = ours.index_ngram(&StrWithCharLen::from(ngram))[0];
            pairs.push((ours as u32, theirs as u32));
        });
        for (value, &sum) in row.iter_mut().zip(&sum) {
            *value = (sum / f64::from(parts)) as f32;
        }
        if pairs.len() - sorted > PAIRS_AT_ONCE {
            pairs.sort_unstable();
            pairs.dedup();
            sorted = pairs.len();
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    let (mut numbers, mut means) = (Vec::new(), Vec::new());
    let mut used: Vec<u32> = pairs.iter().map(|&(_, theirs)| theirs).collect();
    used.sort_unstable();
    used.dedup();
    for group in pairs.chunk_by(|a, b| a.0 == b.0) {
        sum.fill(0.0);
        for &(_, theirs) in group {
            for (sum, &value) in sum.iter_mut().zip(bucket(theirs as usize)) {
                *sum += f64::from(value);
            }
        }
        numbers.push(group[0].0);
        means.extend(sum.iter().map(|sum| (sum / group.len() as f64) as f32));
    }
    table.notes.push(format!(
        "n-grams of {shortest} to {longest} characters: {} of {} buckets are kept, in 2^{} of \
         senti's; no word's n-grams are in the others",
        used.len(),
        settings.buckets,
        ngrams.bucket_bits
    ));
    let subwords = Subwords::new(ngrams, numbers, means, dims);
    table.subwords =
        Some(subwords.map_err(|error| Trouble::whole(error.to_string(), "vectors of n-grams"))?);
    Ok(table)
}

/// As many bits as our buckets need to be as many as fastText's, or the most.
fn bits(buckets: usize) -> usize {
    let bits = buckets.next_power_of_two().trailing_zeros() as usize;
    bits.clamp(1, MOST_BITS)
}

/// The n-grams of a word in brackets, as fastText cuts them: a bracket alone is
/// none.
fn each_ngram(word: &str, (shortest, longest): (usize, usize), mut each: impl FnMut(&str)) {
    let word = format!("<{word}>");
    for (start, _) in word.char_indices() {
        let ends = word[start..]
            .char_indices()
            .map(|(at, letter)| start + at + letter.len_utf8());
        for (length, end) in (1..=longest).zip(ends) {
            let bracket = length == 1 && (start == 0 || end == word.len());
            if length >= shortest && !bracket {
                each(&word[start..end]);
            }
        }
    }
}

/// FNV-1a of 32 bits, of signed bytes.
fn hash(ngram: &str) -> u32 {
    ngram.bytes().fold(2_166_136_261, |hash: u32, byte| {
        (hash ^ i32::from(byte.cast_signed()).cast_unsigned()).wrapping_mul(16_777_619)
    })
}

#[cfg(test)]
mod tests {
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
}
