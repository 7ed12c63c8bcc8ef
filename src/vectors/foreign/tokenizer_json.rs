//! Which rows of a table of embeddings are words: `tokenizer.json`, as Hugging
//! Face's tokenizers write it.
//!
//! | model | vocabulary | pieces of words |
//! |---|---|---|
//! | WordLevel | a map from entries to rows | none |
//! | WordPiece | the same | begin with `##`, or another prefix |
//! | BPE | the same | where bytes are letters: do not begin with `Ġ`, a space; or do not end with a suffix such as `</w>`; or as in Unigram |
//! | Unigram | a list; the place is the row | where any entry begins with `▁`, those that do not |
//!
//! Scripts without spaces have no such marks: there an entry is a word either way.
//! A whole word may be the beginning of another all the same; nothing tells.

use std::path::Path;

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::text::units::Script;

/// The words of a tokenizer, and what else is in it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Vocabulary {
    /// Words and their rows, by row.
    pub(super) words: Vec<(String, u64)>,
    /// All entries.
    pub(super) entries: usize,
    /// Those that are pieces of words.
    pub(super) pieces: usize,
    /// Those that stand for something else: padding, unknown words.
    pub(super) special: usize,
    /// Those that are another word once they are lower-cased.
    pub(super) twice: usize,
}

/// How whole words are told from pieces.
enum Mark {
    /// Everything is a word.
    None,
    /// Pieces begin so.
    Piece(String),
    /// Words begin so.
    Start(char),
    /// Words end so.
    End(String),
}

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<Vocabulary> {
    let damaged = |found: String, expected: &str| {
        Error::damaged(path.display().to_string(), found, expected)
            .with_hint("restore the file, or fetch the table and its tokenizer again")
    };
    let bytes = std::fs::read(path).map_err(|error| Error::io(path, "read", error))?;
    let json: Value = serde_json::from_slice(&bytes).map_err(|error| {
        damaged(
            format!("broken JSON ({error})"),
            "a tokenizer as Hugging Face's tokenizers write it",
        )
    })?;
    vocabulary(&json).map_err(|(found, expected)| damaged(found, expected))
}

type Flaw = (String, &'static str);

fn vocabulary(json: &Value) -> std::result::Result<Vocabulary, Flaw> {
    let model = &json["model"];
    let mut entries = entries(model)?;
    let mut special: FxHashSet<&str> = model["unk_token"].as_str().into_iter().collect();
    let listed: FxHashSet<u64> = entries.iter().map(|&(_, row)| row).collect();
    for added in json["added_tokens"].as_array().into_iter().flatten() {
        let (Some(content), Some(row)) = (added["content"].as_str(), added["id"].as_u64()) else {
            return Err((
                "an added token without \"content\" or \"id\"".to_owned(),
                "both, for each of \"added_tokens\"",
            ));
        };
        if added["special"].as_bool() == Some(true) {
            special.insert(content);
        }
        if !listed.contains(&row) {
            entries.push((content, row));
        }
    }
    entries.sort_by_key(|&(_, row)| row);

    let of_bytes =
        names(&json["pre_tokenizer"], "ByteLevel") || names(&json["decoder"], "ByteLevel");
    let letters = of_bytes.then(letters);
    let mark = mark(model, &entries, of_bytes);
    // A list of words names what else is in it.
    let brackets = model["type"] != "WordLevel";
    let lower = lower_cases(&json["normalizer"]);
    let mut all = Vocabulary {
        entries: entries.len(),
        ..Vocabulary::default()
    };
    let mut seen = FxHashSet::default();
    for (entry, row) in entries {
        if special.contains(entry) || brackets && in_brackets(entry) {
            all.special += 1;
            continue;
        }
        let word = match &letters {
            Some(letters) => decoded(entry, letters),
            None => Some(entry.to_owned()),
        };
        let Some(word) = word.as_deref().and_then(|word| whole(word, &mark)) else {
            all.pieces += 1;
            continue;
        };
        let word = match lower {
            true => word.to_lowercase(),
            false => word.to_owned(),
        };
        match seen.insert(word.clone()) {
            true => all.words.push((word, row)),
            false => all.twice += 1,
        }
    }
    Ok(all)
}

/// The entries of the model's vocabulary and their rows.
fn entries(model: &Value) -> std::result::Result<Vec<(&str, u64)>, Flaw> {
    let row_of = |entry: &str, row: &Value| {
        row.as_u64().ok_or_else(|| {
            let shown: String = row.to_string().chars().take(40).collect();
            (
                format!("{shown} as the row of {entry:?}"),
                "a number of 0 or more",
            )
        })
    };
    match &model["vocab"] {
        Value::Object(map) => map
            .iter()
            .map(|(entry, row)| Ok((entry.as_str(), row_of(entry, row)?)))
            .collect(),
        Value::Array(list) => (0..)
            .zip(list)
            .map(|(row, entry)| match entry[0].as_str() {
                Some(entry) => Ok((entry, row)),
                None => Err((
                    format!("entry {row} of the vocabulary without a name"),
                    "a name and a score for each",
                )),
            })
            .collect(),
        _ => Err((
            "no vocabulary".to_owned(),
            "\"model\" with a \"vocab\" (WordPiece, WordLevel, BPE or Unigram)",
        )),
    }
}

fn mark(model: &Value, entries: &[(&str, u64)], of_bytes: bool) -> Mark {
    let setting = |name: &str| model[name].as_str().filter(|value| !value.is_empty());
    let kind = model["type"].as_str().unwrap_or_default();
    if kind == "WordLevel" {
        return Mark::None;
    }
    if of_bytes {
        return Mark::Start(' ');
    }
    if let Some(suffix) = setting("end_of_word_suffix") {
        return Mark::End(suffix.to_owned());
    }
    if let Some(prefix) = setting("continuing_subword_prefix") {
        return Mark::Piece(prefix.to_owned());
    }
    match entries.iter().any(|(entry, _)| entry.starts_with('▁')) {
        true => Mark::Start('▁'),
        // Old files do not name the kind of their model.
        false if entries.iter().any(|(entry, _)| entry.starts_with("##")) => {
            Mark::Piece("##".to_owned())
        }
        false => Mark::None,
    }
}

/// The word of an entry, where it is a whole one.
fn whole<'e>(entry: &'e str, mark: &Mark) -> Option<&'e str> {
    let word = match mark {
        Mark::None => entry,
        Mark::Piece(prefix) if entry.starts_with(prefix.as_str()) => return None,
        Mark::Piece(_) => entry,
        Mark::Start(start) => match entry.strip_prefix(*start) {
            Some(word) if word.contains(*start) => return None,
            Some(word) => word,
            None if entry.chars().all(|letter| Script::of(letter).is_some()) => entry,
            None => return None,
        },
        Mark::End(end) => entry.strip_suffix(end.as_str())?,
    };
    (!word.trim().is_empty()).then_some(word)
}

/// Whether an entry looks like `[PAD]`, `<unk>` or `<0x0A>`.
fn in_brackets(entry: &str) -> bool {
    entry.len() > 2
        && (entry.starts_with('[') && entry.ends_with(']')
            || entry.starts_with('<') && entry.ends_with('>') && entry != "</w>")
}

/// Whether a part of a tokenizer, or a step of one that is a sequence, is of a type.
fn names(part: &Value, kind: &str) -> bool {
    steps(part).any(|step| step["type"] == kind)
}

fn lower_cases(normalizer: &Value) -> bool {
    steps(normalizer).any(|step| {
        step["type"] == "Lowercase"
            || step["type"] == "BertNormalizer" && step["lowercase"] == Value::Bool(true)
    })
}

/// A part, and its steps where it is a sequence.
fn steps(part: &Value) -> impl Iterator<Item = &Value> {
    let nested = ["normalizers", "pretokenizers", "decoders"]
        .into_iter()
        .filter_map(|name| part[name].as_array())
        .flatten();
    std::iter::once(part).chain(nested)
}

/// The letters that stand for bytes in byte-level vocabularies (GPT-2's): bytes that
/// can be shown for themselves, the others for 256 and on.
fn letters() -> FxHashMap<char, u8> {
    let shown = |byte: &u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    let hidden = (0..=255).filter(|byte| !shown(byte));
    let hidden = ('\u{100}'..).zip(hidden);
    let shown = (0..=255).filter(shown).map(|byte| (char::from(byte), byte));
    shown.chain(hidden).collect()
}

fn decoded(entry: &str, letters: &FxHashMap<char, u8>) -> Option<String> {
    let bytes: Option<Vec<u8>> = entry
        .chars()
        .map(|letter| letters.get(&letter).copied())
        .collect();
    String::from_utf8(bytes?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(json: Value) -> (Vec<String>, [usize; 3]) {
        let read = vocabulary(&json).unwrap();
        assert_eq!(
            read.entries,
            read.words.len() + read.pieces + read.special + read.twice
        );
        assert!(read.words.is_sorted_by_key(|(_, row)| *row));
        let words = read.words.into_iter().map(|(word, _)| word).collect();
        (words, [read.pieces, read.special, read.twice])
    }

    #[test]
    fn word_pieces() {
        let (words, left_out) = read(json!({
            "normalizer": {"type": "BertNormalizer", "lowercase": true},
            "added_tokens": [{"id": 0, "content": "[PAD]", "special": true}],
            "model": {
                "type": "WordPiece",
                "continuing_subword_prefix": "##",
                "vocab": {"[PAD]": 0, "[UNK]": 1, "[unused7]": 2, "good": 3, "##ness": 4, "很": 5,
                          "Good": 6, "!": 7, "[": 8},
            },
        }));
        assert_eq!(words, ["good", "很", "!", "["]);
        assert_eq!(left_out, [1, 3, 1]);
    }

    #[test]
    fn unigrams_are_numbered_by_their_place() {
        let (words, left_out) = read(json!({
            "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Lowercase"}]},
            "added_tokens": [{"id": 7, "content": "ok", "special": false},
                             {"id": 8, "content": "▁added", "special": false}],
            "model": {
                "type": "Unigram",
                "vocab": [["<s>", 0.0], ["<0x0A>", 0.0], ["▁", -1.0], ["▁Good", -2.0], ["ness", -3.0],
                          ["好吃", -4.0], ["▁of▁the", -5.0]],
            },
        }));
        assert_eq!(words, ["good", "好吃", "added"]);
        assert_eq!(left_out, [4, 2, 0]);
    }

    #[test]
    fn bytes_of_byte_level_vocabularies_are_letters() {
        let (words, left_out) = read(json!({
            "pre_tokenizer": {"type": "ByteLevel"},
            "model": {
                "type": "BPE",
                "vocab": {"Ġgood": 0, "ness": 1, "ĠgrÃ¶ÃŁe": 2, "Ġ": 3, "å¾Ī": 4, "Ã": 5, "<|endoftext|>": 6},
            },
        }));
        assert_eq!(words, ["good", "größe", "很"]);
        assert_eq!(left_out, [3, 1, 0]);
    }

    #[test]
    fn other_marks_and_none() {
        let (words, _) = read(json!({
            "model": {"type": "BPE", "end_of_word_suffix": "</w>",
                      "vocab": {"good</w>": 1, "go": 2, "</w>": 0}},
        }));
        assert_eq!(words, ["good"]);
        let (words, left_out) = read(json!({
            "model": {"type": "WordLevel", "unk_token": "unknown",
                      "vocab": {"Good": 1, "##it": 0, "unknown": 2}},
        }));
        assert_eq!(words, ["##it", "Good"]);
        assert_eq!(left_out, [0, 1, 0]);
    }

    #[test]
    fn what_is_no_tokenizer_is_refused() {
        for (json, says) in [
            (json!({}), "no vocabulary"),
            (json!([1]), "no vocabulary"),
            (
                json!({"model": {"vocab": {"a": -1}}}),
                "-1 as the row of \"a\"",
            ),
            (
                json!({"model": {"vocab": {"a": "b"}}}),
                "as the row of \"a\"",
            ),
            (
                json!({"model": {"vocab": [["a", 1], 3]}}),
                "entry 1 of the vocabulary",
            ),
            (
                json!({"model": {"vocab": {"a": 1}}, "added_tokens": [{"id": 1}]}),
                "an added token without",
            ),
        ] {
            let (found, _) = vocabulary(&json).unwrap_err();
            assert!(found.contains(says), "{says}: {found}");
        }
    }
}
