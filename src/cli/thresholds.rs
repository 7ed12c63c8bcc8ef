//! Options that make an answer stricter, the same for every command that answers.

use clap::Args;
use senti::error::Result;
use senti::model::Thresholds;

#[derive(Debug, Args)]
pub(super) struct ThresholdOptions {
    /// Leave a text undecided unless its label is at least so probable, 0 to 1;
    /// the last table of senti eval helps to choose.
    #[arg(
        long,
        visible_alias = "threshold",
        value_name = "P",
        default_value_t = 0.0,
        allow_negative_numbers = true
    )]
    min_probability: f64,
    /// Leave a text undecided unless at least this share of its words is known,
    /// 0 to 1. Known is what has a vector, be it from n-grams only; stop words do
    /// not count.
    #[arg(
        long,
        value_name = "SHARE",
        default_value_t = 0.0,
        allow_negative_numbers = true
    )]
    min_known: f64,
}

impl ThresholdOptions {
    /// The thresholds, in their ranges.
    pub(super) fn thresholds(&self) -> Result<Thresholds> {
        let thresholds = Thresholds {
            probability: self.min_probability,
            known: self.min_known,
        };
        thresholds.check()?;
        Ok(thresholds)
    }
}
