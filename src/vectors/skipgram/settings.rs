//! What can be set, its ranges, and defaults that fit the corpus.

use std::fmt::Display;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::vectors::subwords::NGrams;

/// A slice is held out of a corpus of this many running words or more; below
/// that, the words it takes to measure anything are missed by the vectors.
pub const LEAST_TO_HOLD_OUT_OF: usize = 40_000;
/// Words held out, at least and at most: few say little, and more say no more.
const HELD_OUT_WORDS: (usize, usize) = (2_000, 10_000);

/// Settings of a training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Components of a vector, 1 to 4096.
    pub dims: usize,
    /// Words to each side of the centre, at most; each window's width is drawn
    /// between 1 and this. 1 to 1000.
    pub window: usize,
    /// Noise words a window, 1 to 100.
    pub negatives: usize,
    /// Passes over the corpus, 1 to 100,000; with `auto_epochs`, the most there
    /// may be.
    pub epochs: usize,
    /// Goes on while the loss on the held-out slice falls, and then takes the
    /// step size down in one more epoch.
    #[serde(default, skip_serializing_if = "is_off")]
    pub auto_epochs: bool,
    /// Share of the corpus that is not trained on; the loss on it is computed
    /// after every epoch. 0 to 0.5; see [`Settings::held_out_words`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub held_out: f64,
    /// Words that occur less often are left out, 1 or more.
    pub min_count: u64,
    /// Words more frequent than this share of the text are thinned out; 0
    /// keeps all. 0 to 1.
    pub subsample: f64,
    /// Step size at the start; falls linearly. Above 0, at most 10.
    pub learning_rate: f64,
    /// Start of all random numbers, 0 to 2^63 - 1.
    pub seed: u64,
    /// The n-grams that have vectors too; none without subwords.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subwords: Option<NGrams>,
    /// Threads, 1 to 256. The result does not depend on them, so they are not
    /// stored.
    #[serde(skip, default = "one")]
    pub threads: usize,
}

fn one() -> usize {
    1
}

// What is off is not stored: files without these settings stay as they were.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_off(on: &bool) -> bool {
    !on
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_zero(share: &f64) -> bool {
    *share == 0.0
}

impl Settings {
    /// Defaults for a corpus of `tokens` running words (stop words left out).
    ///
    /// | running words | min count | subsample |
    /// |---|---|---|
    /// | below 20,000 | 1 | off |
    /// | below 200,000 | 2 | 1e-3 |
    /// | below 2,000,000 | 5 | 1e-4 |
    /// | from there on | 10 | 1e-4 |
    ///
    /// Dimensions are twice the fourth root of the running words, rounded to a
    /// multiple of 4, between 8 and 100. Epochs are as many as bring the words
    /// seen to two million, between 5 and 200. The window is 10 and there are
    /// 5 noise words: with a window that wide, words are similar when their
    /// topic and tone are, not their grammar.
    pub fn for_tokens(tokens: u64) -> Self {
        let (min_count, subsample) = match tokens {
            0..20_000 => (1, 0.0),
            20_000..200_000 => (2, 1e-3),
            200_000..2_000_000 => (5, 1e-4),
            _ => (10, 1e-4),
        };
        let root = (tokens as f64).sqrt().sqrt();
        Self {
            dims: ((root / 2.0).round() as usize * 4).clamp(8, 100),
            window: 10,
            negatives: 5,
            epochs: (2_000_000 / tokens.max(1)).clamp(5, 200) as usize,
            auto_epochs: false,
            held_out: 0.0,
            min_count,
            subsample,
            learning_rate: 0.025,
            seed: 0,
            subwords: None,
            threads: 1,
        }
    }

    /// Checks every range.
    ///
    /// # Errors
    /// [`Error::Setting`] with the option's name.
    pub fn check(&self) -> Result<()> {
        within("--dims", self.dims, 1, 4096)?;
        within("--window", self.window, 1, 1000)?;
        within("--negatives", self.negatives, 1, 100)?;
        within("--epochs", self.epochs, 1, 100_000)?;
        within("--held-out", self.held_out, 0.0, 0.5)?;
        if self.auto_epochs && self.held_out == 0.0 {
            return Err(Error::setting(
                "--epochs",
                "auto, and nothing held out",
                "a number, or --held-out above 0",
            ));
        }
        if self.min_count == 0 {
            return Err(Error::setting("--min-count", 0, "1 or more"));
        }
        within("--subsample", self.subsample, 0.0, 1.0)?;
        within("--lr", self.learning_rate, f64::MIN_POSITIVE, 10.0)?;
        within("--seed", self.seed, 0, i64::MAX as u64)?;
        within("--threads", self.threads, 1, 256)?;
        self.subwords.map_or(Ok(()), |ngrams| ngrams.check())
    }

    /// How many words are held out of a corpus of so many: the share, but 2,000
    /// to 10,000. Nothing when the corpus is smaller than
    /// [`LEAST_TO_HOLD_OUT_OF`], or the share is 0.
    pub fn held_out_words(&self, words: usize) -> Option<usize> {
        let (least, most) = HELD_OUT_WORDS;
        (self.held_out > 0.0 && words >= LEAST_TO_HOLD_OUT_OF)
            .then(|| ((words as f64 * self.held_out) as usize).clamp(least, most))
    }

    /// The loss of vectors that know nothing, in nats a pair: a coin for the
    /// centre, and one for each noise word.
    pub(super) fn loss_of_nothing(&self) -> f64 {
        (1 + self.negatives) as f64 * std::f64::consts::LN_2
    }

    /// What others have differently, by option: ours and theirs. Threads may
    /// differ, because the result does not depend on them.
    pub(super) fn differences(&self, others: &Self) -> Vec<(&'static str, String, String)> {
        // Whoever adds a setting must say what it is called.
        let named = |settings: &Self| {
            let Self {
                dims,
                window,
                negatives,
                epochs,
                auto_epochs,
                held_out,
                min_count,
                subsample,
                learning_rate,
                seed,
                subwords,
                threads: _,
            } = settings;
            let subwords = match subwords {
                None => "off".to_owned(),
                Some(ngrams) => format!(
                    "--minn {} --maxn {} --buckets {}",
                    ngrams.min_n, ngrams.max_n, ngrams.bucket_bits
                ),
            };
            let epochs = match auto_epochs {
                true => format!("auto (at most {epochs})"),
                false => epochs.to_string(),
            };
            [
                ("--dims", dims.to_string()),
                ("--window", window.to_string()),
                ("--negatives", negatives.to_string()),
                ("--epochs", epochs),
                ("--held-out", held_out.to_string()),
                ("--min-count", min_count.to_string()),
                ("--subsample", subsample.to_string()),
                ("--lr", learning_rate.to_string()),
                ("--seed", seed.to_string()),
                ("--subwords", subwords),
            ]
        };
        named(self)
            .into_iter()
            .zip(named(others))
            .filter(|(ours, theirs)| ours != theirs)
            .map(|((name, ours), (_, theirs))| (name, ours, theirs))
            .collect()
    }
}

fn within<T: PartialOrd + Display>(name: &str, value: T, least: T, most: T) -> Result<()> {
    // Not a number is not within.
    if value >= least && value <= most {
        Ok(())
    } else if name == "--lr" {
        Err(Error::setting(name, value, "above 0, at most 10"))
    } else {
        Err(Error::setting(name, value, format!("{least} to {most}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_grow_with_the_corpus() {
        let demo = Settings::for_tokens(250);
        assert_eq!((demo.dims, demo.epochs, demo.min_count), (8, 200, 1));
        let reviews = Settings::for_tokens(17_000_000);
        assert_eq!(
            (
                reviews.dims,
                reviews.epochs,
                reviews.min_count,
                reviews.window
            ),
            (100, 5, 10, 10)
        );
        for exponent in 0..40 {
            let settings = Settings::for_tokens(3u64.saturating_pow(exponent));
            settings.check().unwrap();
        }
    }

    #[test]
    fn differences_are_named() {
        let one = Settings::for_tokens(1000);
        let other = Settings {
            threads: 3,
            ..one.clone()
        };
        assert_eq!(one.differences(&other), []);
        let other = Settings {
            auto_epochs: true,
            learning_rate: 0.05,
            ..one.clone()
        };
        assert_eq!(
            one.differences(&other),
            [
                ("--epochs", "200".into(), "auto (at most 200)".into()),
                ("--lr", "0.025".into(), "0.05".into())
            ]
        );
    }

    #[test]
    fn settings_that_are_off_are_not_stored() {
        let stored = toml::to_string(&Settings::for_tokens(1000)).unwrap();
        assert!(!stored.contains("auto") && !stored.contains("held"));
        let read: Settings = toml::from_str(&stored).unwrap();
        assert_eq!(read, Settings::for_tokens(1000));
    }

    #[test]
    fn what_is_held_out_fits_the_corpus() {
        let words = |held_out, words| {
            let settings = Settings::for_tokens(1000);
            Settings {
                held_out,
                ..settings
            }
            .held_out_words(words)
        };
        assert_eq!(words(0.0, 1_000_000), None);
        assert_eq!(words(0.01, 39_999), None);
        assert_eq!(words(0.01, 40_000), Some(2_000));
        assert_eq!(words(0.01, 500_000), Some(5_000));
        assert_eq!(words(0.5, 1 << 40), Some(10_000));
    }

    #[test]
    fn out_of_range_is_named() {
        let good = Settings::for_tokens(1000);
        for (bad, name) in [
            (
                Settings {
                    dims: 0,
                    ..good.clone()
                },
                "--dims",
            ),
            (
                Settings {
                    window: 0,
                    ..good.clone()
                },
                "--window",
            ),
            (
                Settings {
                    negatives: 0,
                    ..good.clone()
                },
                "--negatives",
            ),
            (
                Settings {
                    epochs: 0,
                    ..good.clone()
                },
                "--epochs",
            ),
            (
                Settings {
                    auto_epochs: true,
                    ..good.clone()
                },
                "--epochs",
            ),
            (
                Settings {
                    held_out: 0.6,
                    ..good.clone()
                },
                "--held-out",
            ),
            (
                Settings {
                    min_count: 0,
                    ..good.clone()
                },
                "--min-count",
            ),
            (
                Settings {
                    subsample: f64::NAN,
                    ..good.clone()
                },
                "--subsample",
            ),
            (
                Settings {
                    learning_rate: f64::NAN,
                    ..good.clone()
                },
                "--lr",
            ),
            (
                Settings {
                    learning_rate: 0.0,
                    ..good.clone()
                },
                "--lr",
            ),
            (
                Settings {
                    seed: u64::MAX,
                    ..good.clone()
                },
                "--seed",
            ),
            (
                Settings {
                    threads: 0,
                    ..good.clone()
                },
                "--threads",
            ),
        ] {
            let message = bad.check().unwrap_err().to_string();
            assert!(message.starts_with(name), "{message}");
        }
    }
}
