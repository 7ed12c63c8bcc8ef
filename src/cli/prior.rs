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
    pub(super) fn parse(given: &str) -> Result<Self> {
        if given == "estimate" {
            return Ok(Self::Estimate);
        }
        let share = |part: &str| {
            let (label, share) = part.rsplit_once('=')?;
            let share: f64 = share.trim().parse().ok()?;
            (share > 0.0 && share.is_finite()).then(|| (label.trim().to_owned(), share))
        };
        match given.split(',').map(share).collect::<Option<Vec<_>>>() {
            Some(shares) => Ok(Self::Shares(shares)),
            None => Err(refused(given)),
        }
    }
}

fn refused(found: &str) -> Error {
    Error::setting(
        "--prior",
        format!("{found:?}"),
        "label=share for each label, with shares above 0: positive=0.2,negative=0.8; or estimate",
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
        let Ok(Prior::Shares(shares)) = Prior::parse("a=b=0.2, c = 3") else {
            panic!("these are shares");
        };
        assert_eq!(shares, [("a=b".to_owned(), 0.2), ("c".to_owned(), 3.0)]);
        assert!(matches!(Prior::parse("estimate"), Ok(Prior::Estimate)));
        for wrong in ["", "a", "a=", "a=0", "a=-1", "a=inf", "a=0.2,,b=1", "a=x"] {
            assert!(Prior::parse(wrong).is_err(), "{wrong}");
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
