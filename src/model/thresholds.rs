//! When a model rather gives no label: the reject option.
//!
//! A [`Verdict`] whose probability, or whose share of known words, is below a
//! threshold keeps its probabilities and loses its label. With the thresholds at
//! 0, the default, only a text without any known word has none.

use serde::Serialize;

use super::Verdict;
use crate::error::{Error, Result};

/// What an answer must reach to be given.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Thresholds {
    /// The least probability of the answer, 0 to 1.
    pub probability: f64,
    /// The least share of known words among the text's, 0 to 1.
    pub known: f64,
}

/// Why a text has no label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Undecided {
    /// No word of it has a vector.
    NoKnownWord,
    /// Too small a share of its words has one.
    TooFewKnownWords,
    /// The most probable label is not probable enough.
    NotSureEnough,
}

impl Thresholds {
    /// Checks the ranges.
    ///
    /// # Errors
    /// [`Error::Setting`] for a threshold that is not between 0 and 1.
    pub fn check(&self) -> Result<()> {
        for (name, value) in [
            ("--min-probability", self.probability),
            ("--min-known", self.known),
        ] {
            // What is not a number is in no range.
            if !(0.0..=1.0).contains(&value) {
                return Err(Error::setting(name, value, "0 to 1"));
            }
        }
        Ok(())
    }

    /// The verdict, without its label where that is below a threshold.
    #[must_use]
    pub fn apply(&self, verdict: Verdict) -> Verdict {
        match verdict.why.or_else(|| self.against(&verdict)) {
            None => verdict,
            why => Verdict {
                label: None,
                why,
                ..verdict
            },
        }
    }

    /// The first threshold that the verdict is below.
    fn against(&self, verdict: &Verdict) -> Option<Undecided> {
        // A quotient, not a product: 3 of 5 is the same number as 0.6, while 0.6
        // times 5 need not be 3.
        let known = verdict.known as f64 / verdict.tokens.max(1) as f64;
        if known < self.known {
            Some(Undecided::TooFewKnownWords)
        } else if verdict.probability() < self.probability {
            Some(Undecided::NotSureEnough)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn verdict(probability: f64, known: usize, tokens: usize) -> Verdict {
        Verdict {
            label: (known > 0).then_some(1),
            why: (known == 0).then_some(Undecided::NoKnownWord),
            probabilities: vec![1.0 - probability, probability],
            known,
            unseen: 0,
            tokens,
        }
    }

    #[test]
    fn each_threshold_has_its_reason() {
        let why = |probability: f64, known: f64, verdict: Verdict| {
            Thresholds { probability, known }.apply(verdict).why
        };
        assert_eq!(why(0.8, 0.6, verdict(0.8, 3, 5)), None);
        let just_below = verdict(0.8f64.next_down(), 3, 5);
        assert_eq!(why(0.8, 0.6, just_below), Some(Undecided::NotSureEnough));
        let few = verdict(0.8, 2, 5);
        assert_eq!(why(0.8, 0.6, few), Some(Undecided::TooFewKnownWords));
        // Both: what the text is made of comes before what is made of it.
        let both = verdict(0.7, 2, 5);
        assert_eq!(why(0.8, 0.6, both), Some(Undecided::TooFewKnownWords));
        for none in [verdict(0.9, 0, 5), verdict(0.9, 0, 0)] {
            assert_eq!(why(1.0, 1.0, none.clone()), Some(Undecided::NoKnownWord));
            assert_eq!(why(0.0, 0.0, none), Some(Undecided::NoKnownWord));
        }
    }

    #[test]
    fn a_share_is_the_decimal_that_it_is_written_as() {
        for tokens in (1..=1000usize).filter(|tokens| 1000 % tokens == 0) {
            for known in 1..=tokens {
                let written = format!("{:.3}", known as f64 / tokens as f64);
                let thresholds = Thresholds {
                    probability: 0.0,
                    known: written.parse().unwrap(),
                };
                let verdict = thresholds.apply(verdict(0.9, known, tokens));
                assert_eq!(verdict.why, None, "{known} of {tokens}, {written}");
            }
        }
    }

    #[test]
    fn thresholds_are_shares() {
        let check = |probability, known| Thresholds { probability, known }.check();
        assert!(check(0.0, 0.0).is_ok() && check(1.0, 1.0).is_ok());
        for wrong in [-0.1, 1.1, 80.0, f64::NAN, f64::INFINITY] {
            let error = check(wrong, 0.0).unwrap_err().to_string();
            assert!(error.starts_with("--min-probability: found "), "{error}");
            let error = check(0.0, wrong).unwrap_err().to_string();
            assert!(error.starts_with("--min-known: found "), "{error}");
        }
    }

    proptest! {
        #[test]
        fn only_the_label_goes(
            probability in 0.0f64..=1.0, known in 0usize..9, more in 0usize..9,
            least in 0.0f64..=1.0, share in 0.0f64..=1.0,
        ) {
            let before = verdict(probability, known, known + more);
            let none = Thresholds::default().apply(before.clone());
            prop_assert_eq!(&none, &before);
            let thresholds = Thresholds { probability: least, known: share };
            let after = thresholds.apply(before.clone());
            prop_assert_eq!(after.label.is_none(), after.why.is_some());
            prop_assert!(after.label.is_none() || after.label == before.label);
            prop_assert_eq!(&after.probabilities, &before.probabilities);
            prop_assert_eq!((after.known, after.tokens), (before.known, before.tokens));
            // Once is enough, and a reason is kept.
            prop_assert_eq!(&thresholds.apply(after.clone()), &after);
            prop_assert_eq!(&Thresholds::default().apply(after.clone()), &after);
        }
    }
}
