//! `--prior`: how frequent the labels are where the model is used.

use senti::error::{Error, Result};
use senti::model::Model;

use super::printer::{Printer, counted, harmless, percent};
use super::twice::Source;

/// Texts that shares are estimated from, at most: enough to tell 1 % from 2 %.
const MOST_TEXTS: usize = 20_000;

/// What --prior may say.
pub(super) enum Prior {
    /// A share for each label.
    Shares(Vec<(String, f64)>),
    /// What the texts without labels show.
    Estimate,
}

impl Prior {
    /// What the options say; nothing where there are none. One has all shares, between
    /// commas; several have one each, so that labels may have commas in them.
    pub(super) fn parse(given: &[String]) -> Result<Option<Self>> {
        let parts: Vec<&str> = match given {
            [] => return Ok(None),
            [one] if one == "estimate" => return Ok(Some(Self::Estimate)),
            [one] => one.split(',').collect(),
            several => several.iter().map(String::as_str).collect(),
        };
        let shares = parts.into_iter().map(|part| share(part).ok_or(part));
        match shares.collect::<std::result::Result<Vec<_>, _>>() {
            Ok(shares) => Ok(Some(Self::Shares(shares))),
            Err(part) => Err(refused(part, given)),
        }
    }
}

/// A label, and its share behind the last equals sign.
fn share(part: &str) -> Option<(String, f64)> {
    let (label, share) = part.rsplit_once('=')?;
    let share = share.trim();
    let share: f64 = match share.strip_suffix('%') {
        Some(percent) => percent.trim_end().parse::<f64>().ok()? / 100.0,
        None => share.parse().ok()?,
    };
    (share > 0.0 && share.is_finite()).then(|| (label.trim().to_owned(), share))
}

fn refused(part: &str, given: &[String]) -> Error {
    let found = match given {
        [whole] if whole != part => format!("{part:?} in {whole:?}"),
        _ => format!("{part:?}"),
    };
    Error::setting(
        "--prior",
        found,
        "label=share for each label, with shares above 0: positive=20%,negative=80%; or estimate",
    )
    .with_hint(
        "where a label has a comma, name the shares one by one: --prior \"a, b=20%\" --prior c=80%",
    )
}

/// Refuses shares of other labels than these, before anything is trained.
pub(super) fn check_names(shares: &[(String, f64)], labels: &[String]) -> Result<()> {
    let mut named: Vec<&str> = shares.iter().map(|(label, _)| label.as_str()).collect();
    named.sort_unstable();
    if named == *labels {
        return Ok(());
    }
    Err(Error::setting(
        "--prior",
        format!("shares for {}", named.join(", ")),
        format!("one for each label: {}", labels.join(", ")),
    ))
}

/// The model for texts with these shares, which are said.
pub(super) fn expecting(
    model: Model,
    prior: Prior,
    texts: Vec<Source>,
    printer: &Printer,
) -> Result<Model> {
    let (shares, source): (Vec<f64>, String) = match prior {
        Prior::Shares(mut named) => {
            named.sort_by(|a, b| a.0.cmp(&b.0));
            (
                named.into_iter().map(|(_, share)| share).collect(),
                "as given".to_owned(),
            )
        }
        Prior::Estimate => {
            let texts = sample(texts)?;
            let shares: Vec<f64> = model.estimate_shares(&texts);
            // A label that no text has would never be answered.
            let least = 1.0 / (texts.len() + 1) as f64;
            let shares = shares.into_iter().map(|share| share.max(least)).collect();
            (
                shares,
                format!("estimated from {}", counted(texts.len() as u64, "text")),
            )
        }
    };
    let model = model.expecting(&shares)?;
    let total: f64 = shares.iter().sum();
    let said: Vec<String> = model
        .labels()
        .iter()
        .zip(&shares)
        .map(|(label, share)| format!("{} {}", harmless(label), percent(share / total)))
        .collect();
    printer.note(&format!(
        "shares of the labels, {source}: {}",
        said.join(", ")
    ));
    Ok(model)
}

/// Texts, evenly from all.
fn sample(sources: Vec<Source>) -> Result<Vec<String>> {
    let (mut texts, mut seen, mut step) = (Vec::new(), 0usize, 1usize);
    for source in sources {
        let mut lines = source.again()?;
        while let Some(line) = lines.next_line()? {
            if seen.is_multiple_of(step) {
                texts.push(line.text.to_owned());
            }
            seen += 1;
            if texts.len() == MOST_TEXTS {
                step *= 2;
                let mut at = 0;
                texts.retain(|_| {
                    at += 1;
                    at % 2 == 1
                });
            }
        }
    }
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_named_or_refused() {
        let parse = |given: &[&str]| {
            let given: Vec<String> = given.iter().map(|&one| one.to_owned()).collect();
            Prior::parse(&given)
        };
        for (given, expected) in [
            (&["a=b=0.2, c = 3"][..], [("a=b", 0.2), ("c", 3.0)]),
            (&["a=20%,b=80 %"], [("a", 0.2), ("b", 0.8)]),
            (&["a=12.5%,b=0.875"], [("a", 0.125), ("b", 0.875)]),
            (
                &["good, or so=20%", "a=b, c=80%"],
                [("good, or so", 0.2), ("a=b, c", 0.8)],
            ),
        ] {
            let Ok(Some(Prior::Shares(shares))) = parse(given) else {
                panic!("{given:?} are shares");
            };
            let expected = expected.map(|(label, share)| (label.to_owned(), share));
            assert_eq!(shares, expected, "{given:?}");
        }
        assert!(matches!(parse(&["estimate"]), Ok(Some(Prior::Estimate))));
        assert!(matches!(parse(&[]), Ok(None)));
        for wrong in [
            &[""][..],
            &["a"],
            &["a="],
            &["a=0"],
            &["a=-1"],
            &["a=inf"],
            &["a=0.2,,b=1"],
            &["a=x"],
            &["a=%"],
            &["a=0%"],
            &["a=20%%"],
            &["a=1", "estimate"],
            &["a=1", ""],
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
        let labels = ["no".to_owned(), "yes".to_owned()];
        let named = |names: &[&str]| -> Vec<(String, f64)> {
            names.iter().map(|name| ((*name).to_owned(), 1.0)).collect()
        };
        assert!(check_names(&named(&["yes", "no"]), &labels).is_ok());
        for wrong in [&["yes"][..], &["yes", "no", "no"], &["yes", "perhaps"]] {
            assert!(check_names(&named(wrong), &labels).is_err(), "{wrong:?}");
        }
    }
}
