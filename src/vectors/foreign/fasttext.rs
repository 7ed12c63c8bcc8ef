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
//! n-grams fall into (`ngrams.rs`), which is what fastText writes into its `.vec`
//! files.

mod ngrams;

use std::io::BufRead;

use super::source::Source;
use super::{Checked, Cleaned, MOST_DIMS, Table, Trouble};
use crate::vectors::subwords::LONGEST;

/// The first bytes: 793712314.
pub(super) const MAGIC: &[u8] = &793_712_314_i32.to_le_bytes();
/// The longest word, in bytes.
const LONGEST_WORD: u64 = 1 << 12;
/// A letter, a zero, a count, a kind.
const LEAST_ENTRY: u64 = 11;

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

    let mut table = ngrams::compose(words, counts, rows, &settings)?;
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

#[cfg(test)]
mod tests;
