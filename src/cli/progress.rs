//! How far the training is: a bar on a terminal, a line each ten seconds
//! elsewhere; a line for every loss on text that is held out; nothing with
//! `--quiet`.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use senti::vectors::skipgram;

use super::printer::{Printer, grouped};

/// Bytes between two looks at the clock while reading.
const READING_STEP: u64 = 1 << 20;
const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// Shows the progress of one training.
pub(super) struct Reporter {
    bar: Option<ProgressBar>,
    last_line: Option<Mutex<Instant>>,
    /// Held-out losses that were shown.
    held_out: AtomicUsize,
    /// Bytes read when [`Reporter::reading`] was last called.
    read: AtomicU64,
    /// When the training began, and the words that were seen before: what comes
    /// before must not count in its speed.
    training: OnceLock<(Instant, u64)>,
}

impl Reporter {
    pub(super) fn new(printer: &Printer) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let started = Instant::now();
        Self {
            bar: (printer.talks() && terminal).then(|| {
                let bar = ProgressBar::new(1);
                // The template is ours, and the fallback is as good.
                let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}");
                bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
                bar
            }),
            last_line: (printer.talks() && !terminal).then(|| Mutex::new(started)),
            held_out: AtomicUsize::new(0),
            read: AtomicU64::new(0),
            training: OnceLock::new(),
        }
    }

    /// The training proper begins, after so many words of it.
    pub(super) fn begin(&self, before: u64) {
        self.training.get_or_init(|| (Instant::now(), before));
    }

    pub(super) fn show(&self, progress: &skipgram::Progress) {
        if let Some(bar) = &self.bar {
            bar.set_length(progress.total);
            bar.set_position(progress.words);
            bar.set_message(self.describe(progress));
        }
        self.held_out(progress);
        let percent = 100 * progress.words / progress.total.max(1);
        self.line(&format!("{percent:>3} %  {}", self.describe(progress)));
    }

    /// A line for the held-out loss of an epoch that is done.
    fn held_out(&self, progress: &skipgram::Progress) {
        let done = progress.epochs_done;
        if let Some(loss) = progress.held_out
            && self.held_out.swap(done, Ordering::Relaxed) < done
        {
            let line = format!("epoch {done}: held-out loss {loss:.4}");
            match (&self.bar, &self.last_line) {
                (Some(bar), _) => bar.println(line),
                (None, Some(_)) => eprintln!("{line}"),
                (None, None) => {}
            }
        }
    }

    /// Shows how much of the text was read; how much there is may be unknown.
    pub(super) fn reading(&self, bytes: u64) {
        // Not for every line: asking for the time takes longer than reading one.
        if bytes / READING_STEP == self.read.swap(bytes, Ordering::Relaxed) / READING_STEP {
            return;
        }
        let read = format!("reading, {} MB", grouped(bytes / 1_000_000));
        if let Some(bar) = &self.bar {
            bar.set_message(read);
        } else {
            self.line(&read);
        }
    }

    /// A line, unless there was one in the last ten seconds.
    fn line(&self, text: &str) {
        if let Some(last) = &self.last_line
            && let Ok(mut last) = last.lock()
            && last.elapsed() >= BETWEEN_LINES
        {
            *last = Instant::now();
            eprintln!("{text}");
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn describe(&self, progress: &skipgram::Progress) -> String {
        let (started, before) = self.training.get_or_init(|| (Instant::now(), 0));
        let seconds = started.elapsed().as_secs_f64().max(1e-3);
        let speed = (progress.words - before) as f64 / seconds;
        let left = (progress.total - progress.words.min(progress.total)) as f64 / speed.max(1.0);
        let held_out = match progress.held_out {
            Some(loss) => format!(", held-out loss {loss:.4}"),
            None => String::new(),
        };
        format!(
            "epoch {} of {}{}, {} words/s, loss {:.4}{held_out}, {} left",
            progress.epoch,
            if progress.open { "at most " } else { "" },
            progress.epochs,
            grouped(speed as u64),
            progress.loss,
            duration(left)
        )
    }
}

/// 75.2 seconds as 1 min 15 s.
pub(super) fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..10 => format!("{seconds:.1} s"),
        10..60 => format!("{whole} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations() {
        assert_eq!(duration(0.25), "0.2 s");
        assert_eq!(duration(42.4), "42 s");
        assert_eq!(duration(75.2), "1 min 15 s");
        assert_eq!(duration(7384.0), "2 h 3 min");
    }
}
