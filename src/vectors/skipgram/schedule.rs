//! How large the steps are, and how many epochs there will be.
//!
//! With a fixed number of epochs the step size falls linearly to almost
//! nothing, as in word2vec. Without one, nobody knows how fast to let it fall;
//! so it stays constant while the held-out loss still falls, and then one last
//! epoch takes it down. That a constant step size with such a cooldown at the
//! end does as well as a schedule made for that very length is due to Zhai,
//! Kolesnikov, Houlsby and Beyer, "Scaling Vision Transformers" (2022), and
//! Hägele et al., "Scaling Laws and Compute-Optimal Training Beyond Fixed
//! Training Durations" (2024).
//!
//! Everything here follows from the settings and the held-out losses so far: a
//! checkpoint keeps those, and no state of the schedule.

use super::settings::Settings;

/// The step size never falls below this share of where it starts.
const LEAST_RATE: f32 = 1e-4;
/// The held-out loss falls well when it falls by this share in an epoch.
const LEAST_FALL: f64 = 0.01;

/// The step sizes of one training, as far as its length is known.
pub(super) struct Schedule {
    rate: f32,
    auto: bool,
    /// The most there may be; with a fixed number, that.
    limit: usize,
    /// The loss of knowing nothing, a pair.
    nothing: f64,
    /// Words of an epoch.
    pub(super) words: u64,
    /// Epochs in all, as far as is known.
    pub(super) epochs: usize,
    /// `epochs` is only the most there may be.
    pub(super) open: bool,
}

impl Schedule {
    pub(super) fn new(settings: &Settings, words: u64, held_out: &[f64]) -> Self {
        let mut schedule = Self {
            rate: settings.learning_rate as f32,
            auto: settings.auto_epochs,
            limit: settings.epochs,
            nothing: settings.loss_of_nothing(),
            words,
            epochs: settings.epochs,
            open: false,
        };
        schedule.decide(held_out);
        schedule
    }

    /// Words of all epochs.
    pub(super) fn total(&self) -> u64 {
        self.words * self.epochs as u64
    }

    /// Looks at the held-out losses after each epoch so far.
    pub(super) fn decide(&mut self, held_out: &[f64]) {
        if self.auto {
            let enough = (1..self.limit.min(held_out.len() + 1))
                .find(|&epochs| self.is_enough(&held_out[..epochs]));
            self.epochs = enough.map_or(self.limit, |epochs| epochs + 1);
            // Before the last epoch it is settled either way.
            self.open = enough.is_none() && held_out.len() + 1 < self.limit;
        }
    }

    /// Whether the last of these epochs was the last to pay at this step size: it
    /// lowered the loss by less than it should, and by no more than the one
    /// before. A training that starts slowly gains speed, and goes on.
    fn is_enough(&self, held_out: &[f64]) -> bool {
        let [before @ .., _] = held_out else {
            return false;
        };
        let fall = self.fall(held_out);
        !before.is_empty() && fall < LEAST_FALL && fall <= self.fall(before)
    }

    /// By which share the last epoch lowered the held-out loss.
    fn fall(&self, held_out: &[f64]) -> f64 {
        match held_out {
            [.., before, last] => 1.0 - last / before,
            [first] => 1.0 - first / self.nothing,
            [] => 0.0,
        }
    }

    /// The step size after so many words.
    pub(super) fn rate(&self, seen: u64) -> f32 {
        let left = if self.auto {
            let start = self.total() - self.words;
            1.0 - seen.saturating_sub(start) as f64 / self.words as f64
        } else {
            1.0 - seen as f64 / self.total() as f64
        };
        self.rate * (left as f32).max(LEAST_RATE)
    }

    /// What was decided, and why; nothing with a fixed number of epochs.
    pub(super) fn stopped(&self, held_out: &[f64]) -> Option<String> {
        if !self.auto {
            return None;
        }
        let epochs = match self.epochs {
            1 => "1 epoch".to_owned(),
            epochs => format!("{epochs} epochs"),
        };
        let constant = held_out.get(..self.epochs - 1).unwrap_or_default();
        if constant.is_empty() {
            return Some(format!("after {epochs}, the most there may be"));
        }
        let fall = self.fall(constant);
        let moved = match fall < 0.0 {
            false => format!("fell by {:.1} %", 100.0 * fall),
            true => format!("rose by {:.1} %", -100.0 * fall),
        };
        let at = constant.len();
        Some(match self.is_enough(constant) {
            true => format!(
                "after {epochs}: the held-out loss {moved} in epoch {at}, and one more took the \
                 step size down"
            ),
            false => format!(
                "after {epochs}, the most there may be: the held-out loss still {moved} in epoch {at}"
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auto(limit: usize) -> Settings {
        Settings {
            epochs: limit,
            auto_epochs: true,
            held_out: 0.01,
            negatives: 5,
            ..Settings::for_tokens(100_000)
        }
    }

    fn after(limit: usize, held_out: &[f64]) -> (usize, bool) {
        let schedule = Schedule::new(&auto(limit), 1000, held_out);
        (schedule.epochs, schedule.open)
    }

    #[test]
    fn a_fixed_number_falls_linearly() {
        let settings = Settings {
            epochs: 4,
            learning_rate: 0.5,
            ..Settings::for_tokens(100)
        };
        let schedule = Schedule::new(&settings, 1000, &[]);
        for (seen, rate) in [(0, 0.5), (1000, 0.375), (2000, 0.25), (4000, 0.5e-4)] {
            assert!((schedule.rate(seen) - rate).abs() < 1e-7, "{seen}");
        }
        assert_eq!(schedule.stopped(&[]), None);
    }

    #[test]
    fn it_stops_when_the_held_out_loss_no_longer_falls() {
        // Of 4.16 for knowing nothing.
        for (held_out, expected) in [
            (&[][..], (10, true)),
            (&[4.0], (10, true)),
            (&[4.0, 3.9], (10, true)),
            // By 0.5 %, after 2.5 %: one more.
            (&[4.0, 3.9, 3.88], (4, false)),
            // What comes later changes nothing.
            (&[4.0, 3.9, 3.88, 2.0], (4, false)),
            // It starts slowly, and gains speed.
            (&[4.158, 4.155, 4.14, 4.1], (10, true)),
            (&[4.0, 4.1], (3, false)),
            // The ninth of ten epochs is the last of full steps.
            (&[3.9, 3.6, 3.3, 3.0, 2.7, 2.4, 2.1, 1.8], (10, true)),
            (&[3.9, 3.6, 3.3, 3.0, 2.7, 2.4, 2.1, 1.8, 1.5], (10, false)),
        ] {
            assert_eq!(after(10, held_out), expected, "{held_out:?}");
        }
        assert_eq!(after(1, &[]), (1, false));
    }

    #[test]
    fn steps_stay_large_until_the_last_epoch() {
        let mut schedule = Schedule::new(&auto(10), 1000, &[]);
        assert_eq!(schedule.rate(0), 0.025);
        assert_eq!(schedule.rate(8_999), 0.025);
        assert!((schedule.rate(9_500) - 0.0125).abs() < 1e-7);
        schedule.decide(&[4.0, 3.9, 3.88]);
        assert_eq!(schedule.total(), 4000);
        assert_eq!(schedule.rate(3_000), 0.025);
        assert!((schedule.rate(3_500) - 0.0125).abs() < 1e-7);
        assert!((schedule.rate(4_000) - 0.025e-4).abs() < 1e-9);
    }

    #[test]
    fn it_says_why() {
        let says = |limit, held_out: &[f64]| {
            Schedule::new(&auto(limit), 1000, held_out)
                .stopped(held_out)
                .unwrap()
        };
        for (limit, held_out, part) in [
            (10, &[4.0, 3.9, 3.88, 3.7][..], "fell by 0.5 % in epoch 3"),
            (10, &[4.0, 4.1, 3.7], "rose by 2.5 % in epoch 2"),
            (3, &[4.0, 3.0, 2.9], "after 3 epochs, the most there may be"),
            (1, &[4.0], "after 1 epoch, the most there may be"),
        ] {
            let said = says(limit, held_out);
            assert!(said.contains(part), "{said}");
        }
    }
}
