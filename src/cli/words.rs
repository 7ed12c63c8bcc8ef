//! What the commands about single words share.

use senti::error::{Error, Result};
use senti::vectors::WordVectors;
use senti::vectors::neighbours::Neighbour;

use super::exit::{Failure, Outcome};
use super::printer::{Printer, harmless};

/// Words offered in place of an unknown one, and how alike they must be.
const SUGGESTIONS: usize = 3;
const ALIKE: f64 = 0.85;

/// Refuses to list nothing, as `senti suggest` does.
pub(super) fn check(count: usize) -> Result<()> {
    match count {
        0 => Err(Error::setting("--count", count, "1 or more")),
        _ => Ok(()),
    }
}

/// The word as the vectors know it: as typed, or as the tokenizer writes it.
/// Where n-grams have vectors, any word that the tokenizer keeps may be known.
pub(super) fn known(vectors: &WordVectors, typed: &str) -> Option<String> {
    if vectors.index(typed).is_some() {
        return Some(typed.to_owned());
    }
    let tokenizer = vectors.tokenizer();
    let tokens: Vec<_> = tokenizer.tokens(typed).collect();
    let start = tokens.first()?.span.start;
    let end = tokens.iter().map(|token| token.span.end).max()?;
    // A word of several units, in a script without spaces, is the longest of them.
    let whole = tokens.iter().find(|token| token.span == (start..end))?;
    vectors
        .vector(&whole.word)
        .map(|_| whole.word.clone().into_owned())
}

/// Says of words that have no row that their vectors are composed.
pub(super) fn note_composed(vectors: &WordVectors, words: &[&str], printer: &Printer) {
    for word in words {
        if vectors.index(word).is_none() && vectors.vector(word).is_some() {
            printer.note(&format!(
                "{:?} was not in the text: its vector is made of its n-grams",
                harmless(word)
            ));
        }
    }
}

/// Says that words are unknown, and which known ones look like them.
pub(super) fn unknown(vectors: &WordVectors, words: &[&str], printer: &Printer) -> Failure {
    for word in words {
        printer.error(&format!("no vector for {:?}", harmless(word)));
        if vectors
            .tokenizer()
            .stop_words()
            .contains(&word.to_lowercase())
        {
            printer.hint("it is on the list of stop words that the vectors were made without");
            continue;
        }
        let mut alike: Vec<(f64, &String)> = vectors
            .words()
            .iter()
            .map(|known| (strsim::jaro_winkler(&word.to_lowercase(), known), known))
            .filter(|&(similarity, _)| similarity >= ALIKE)
            .collect();
        alike.sort_by(|a, b| b.0.total_cmp(&a.0));
        alike.truncate(SUGGESTIONS);
        if !alike.is_empty() {
            let names: Vec<_> = alike.iter().map(|(_, word)| word.as_str()).collect();
            printer.hint(&format!(
                "known words that look like it: {}",
                names.join(", ")
            ));
        } else {
            printer.hint("vectors know the words that were frequent enough in their text");
        }
    }
    Failure::No
}

/// One neighbour a line: word<TAB>similarity.
pub(super) fn print(neighbours: &[Neighbour], json: bool, printer: &mut Printer) -> Outcome {
    for neighbour in neighbours {
        if json {
            printer.json(&serde_json::json!({
                "word": neighbour.word,
                "similarity": neighbour.similarity,
            }))?;
        } else {
            printer.line(&format!(
                "{}\t{:.3}",
                harmless(&neighbour.word),
                neighbour.similarity
            ))?;
        }
    }
    Ok(())
}
