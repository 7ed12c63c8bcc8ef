//! Which words decided, as `senti classify --explain` shows it.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Range;

use anstyle::{AnsiColor, Style};
use senti::model::explanation::{Explanation, Kind, Part};
use senti::model::{Model, Undecided, Verdict};
use serde::Serialize;

use super::printer::{counted, harmless};

/// Parts that are shown, and unknown words.
const SHOWN: usize = 15;
/// Characters of a part that are shown.
const LONGEST: usize = 60;
const FOR: Style = AnsiColor::Green.on_default();
const AGAINST: Style = AnsiColor::Red.on_default();

/// The explanation as an object, with all its parts.
#[derive(Serialize)]
pub(super) struct Object<'a> {
    label: &'a str,
    log_odds: f64,
    base: f64,
    parts: Vec<PartObject<'a>>,
    unknown: Vec<UnknownObject<'a>>,
}

#[derive(Serialize)]
struct PartObject<'a> {
    start: usize,
    end: usize,
    text: &'a str,
    value: f64,
    negated: bool,
}

#[derive(Serialize)]
struct UnknownObject<'a> {
    start: usize,
    end: usize,
    text: &'a str,
}

pub(super) fn object<'a>(model: &'a Model, text: &'a str) -> Object<'a> {
    let explanation = model.explain(text);
    let part = |part: &Part<'a>| PartObject {
        start: part.span.start,
        end: part.span.end,
        text: part.text,
        value: part.value,
        negated: part.negated,
    };
    Object {
        label: label(model, &explanation),
        log_odds: explanation.log_odds,
        base: explanation.base,
        parts: explanation.parts.iter().map(part).collect(),
        unknown: explanation
            .unknown
            .iter()
            .map(|unknown| UnknownObject {
                start: unknown.span.start,
                end: unknown.span.end,
                text: unknown.text,
            })
            .collect(),
    }
}

/// The explanation of a verdict, as the lines below its own.
pub(super) fn lines(model: &Model, verdict: &Verdict, text: &str) -> Vec<String> {
    let explanation = model.explain(text);
    let label = harmless(label(model, &explanation));
    let mut lines = Vec::new();
    if let Some(why) = verdict.why {
        lines.push(format!("  {}", reason(why, verdict, &label)));
    }
    if verdict.known > 0 {
        lines.extend(rows(&explanation, &label));
    }
    lines.extend(unknown(&explanation).map(|words| format!("  unknown: {words}")));
    lines
}

fn label<'a>(model: &'a Model, explanation: &Explanation<'_>) -> &'a str {
    let label = model.labels().get(explanation.label);
    label.map_or_else(Default::default, String::as_str)
}

/// Why a text is undecided.
fn reason(why: Undecided, verdict: &Verdict, label: &str) -> String {
    let words = counted(verdict.tokens as u64, "word");
    match why {
        Undecided::NoKnownWord => "undecided: no word of it is known".to_owned(),
        Undecided::TooFewKnownWords => format!(
            "undecided: known are {} of {words}, less than --min-known; it would be {label}",
            verdict.known
        ),
        Undecided::NotSureEnough => {
            format!("undecided: less probable than --min-probability; it would be {label}")
        }
    }
}

/// The parts by size, what is left out, the base and their sum.
fn rows(explanation: &Explanation<'_>, label: &str) -> Vec<String> {
    let mut parts: Vec<&Part<'_>> = explanation.parts.iter().collect();
    // Of equal ones the first in the text comes first.
    parts.sort_by(|a, b| {
        let order = b.value.abs().partial_cmp(&a.value.abs());
        order.unwrap_or(Ordering::Equal)
    });
    let (shown, rest) = parts.split_at(parts.len().min(SHOWN));
    let mut rows: Vec<(f64, String)> = shown
        .iter()
        .map(|part| {
            let negated = if part.negated { "  (negated)" } else { "" };
            (part.value, format!("{}{negated}", shortened(part.text)))
        })
        .collect();
    if !rest.is_empty() {
        let sum = rest.iter().map(|part| part.value).sum();
        rows.push((sum, format!("({} more)", rest.len())));
    }
    rows.push((explanation.base, "(base)".to_owned()));
    rows.push((explanation.log_odds, format!("(log odds of {label})")));
    let width = |(value, _): &(f64, String)| number(*value).len();
    let width = rows.iter().map(width).max().unwrap_or(0);
    let row = |(value, what): (f64, String)| {
        let number = number(value);
        let style = match number.chars().next() {
            Some('+') => FOR,
            Some('-') => AGAINST,
            _ => Style::new(),
        };
        format!("  {style}{number:>width$}{style:#}  {what}")
    };
    rows.into_iter().map(row).collect()
}

/// Two digits, with a sign unless they are zeros.
fn number(value: f64) -> String {
    let number = format!("{value:+.2}");
    match number.as_str() {
        "+0.00" | "-0.00" => "0.00".to_owned(),
        _ => number,
    }
}

/// A part, harmless and not too long: between the words of a pair there may be much.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => harmless(text).into_owned(),
        Some((end, _)) => format!("{}...", harmless(&text[..end])),
    }
}

/// The different unknown words, in the order of the text. In scripts without spaces a
/// pair of characters may be unknown that are both known: there is nothing strange in
/// the text.
fn unknown(explanation: &Explanation<'_>) -> Option<String> {
    let mut seen = BTreeSet::new();
    let known = known(explanation);
    let words: Vec<&str> = explanation
        .unknown
        .iter()
        .filter(|unknown| !holds(&known, &unknown.span))
        .map(|unknown| unknown.text)
        .filter(|word| seen.insert(*word))
        .collect();
    let (shown, rest) = words.split_at(words.len().min(SHOWN));
    let mut all: Vec<String> = shown.iter().map(|word| shortened(word)).collect();
    if !rest.is_empty() {
        all.push(format!("({} more)", rest.len()));
    }
    (!all.is_empty()).then(|| all.join(", "))
}

/// The bytes of the text that known words stand on, joined.
fn known(explanation: &Explanation<'_>) -> Vec<Range<usize>> {
    let mut known: Vec<Range<usize>> = Vec::new();
    for part in &explanation.parts {
        if part.kind != Kind::Word {
            continue;
        }
        match known.last_mut() {
            Some(last) if part.span.start <= last.end => last.end = last.end.max(part.span.end),
            _ => known.push(part.span.clone()),
        }
    }
    known
}

/// Whether one of the rising ranges holds another.
fn holds(ranges: &[Range<usize>], span: &Range<usize>) -> bool {
    let behind = ranges.partition_point(|range| range.start <= span.start);
    let before = behind.checked_sub(1).and_then(|at| ranges.get(at));
    before.is_some_and(|range| span.end <= range.end)
}

#[cfg(test)]
mod tests {
    use senti::model::explanation::Unknown;

    use super::*;

    #[test]
    fn numbers_have_signs_unless_they_are_nothing() {
        assert_eq!(number(1.318), "+1.32");
        assert_eq!(number(-0.8), "-0.80");
        assert_eq!([number(0.004), number(-0.004)], ["0.00", "0.00"]);
    }

    #[test]
    fn what_known_words_cover_is_not_unknown() {
        let text = "很好吃 zz 很";
        let part = |span: Range<usize>, kind| Part {
            text: &text[span.clone()],
            span,
            value: 0.1,
            kind,
            negated: false,
        };
        let one = |span: Range<usize>| Unknown {
            text: &text[span.clone()],
            span,
        };
        let explanation = Explanation {
            label: 0,
            log_odds: 0.0,
            base: 0.0,
            parts: vec![
                part(0..3, Kind::Word),
                part(0..13, Kind::Phrase),
                part(3..6, Kind::Word),
            ],
            unknown: vec![one(0..6), one(3..9), one(10..12), one(13..16)],
        };
        assert_eq!(unknown(&explanation).unwrap(), "好吃, zz, 很");
    }

    #[test]
    fn long_parts_are_cut_between_characters() {
        assert_eq!(shortened("not\tgood"), "not\\tgood");
        assert_eq!(shortened(&"好".repeat(60)), "好".repeat(60));
        assert_eq!(shortened(&"好".repeat(61)), "好".repeat(60) + "...");
    }
}
