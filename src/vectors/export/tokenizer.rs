//! `tokenizer.json` for a table whose rows are whole words: a WordLevel model, as
//! Hugging Face's tokenizers read it. It cuts text at white space and punctuation,
//! and lower-cases it where all words are in lower case.
//!
//! Such a model needs an entry for the words that it does not know. It stands behind
//! the others, and has a row of zeros.

use std::io::{self, Write};

/// The entry that stands for unknown words.
const UNKNOWN: &str = "[UNK]";

/// Whether the words need the entry for unknown words, and the table its row.
pub(super) fn needs_unknown<'w>(mut words: impl Iterator<Item = &'w str>) -> bool {
    words.all(|word| word != UNKNOWN)
}

pub(super) fn write<'w>(
    file: &mut impl Write,
    words: impl Iterator<Item = &'w str> + Clone,
) -> io::Result<()> {
    let unknown = needs_unknown(words.clone());
    let lower = words.clone().all(|word| word.to_lowercase() == word);
    let row = words.clone().position(|word| word == UNKNOWN);
    let row = row.unwrap_or_else(|| words.clone().count());
    let steps = match lower {
        true => r#"{"type":"NFC"},{"type":"Lowercase"}"#,
        false => r#"{"type":"NFC"}"#,
    };
    write!(
        file,
        "{{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\
         \"added_tokens\":[{{\"id\":{row},\"content\":\"{UNKNOWN}\",\"single_word\":false,\
         \"lstrip\":false,\"rstrip\":false,\"normalized\":false,\"special\":true}}],\
         \"normalizer\":{{\"type\":\"Sequence\",\"normalizers\":[{steps}]}},\
         \"pre_tokenizer\":{{\"type\":\"BertPreTokenizer\"}},\
         \"post_processor\":null,\"decoder\":null,\
         \"model\":{{\"type\":\"WordLevel\",\"vocab\":{{"
    )?;
    let added = unknown.then_some(UNKNOWN);
    for (row, word) in words.chain(added).enumerate() {
        if row > 0 {
            file.write_all(b",")?;
        }
        let word = serde_json::to_string(word).map_err(io::Error::other)?;
        write!(file, "{word}:{row}")?;
    }
    write!(file, "}},\"unk_token\":\"{UNKNOWN}\"}}}}")
}
