//! Standard output for data, standard error for talk.
//!
//! Text of the user's goes through [`harmless`]: no control character and no
//! direction override reaches a terminal.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, BufWriter, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use senti::error::Error;
use serde::Serialize;

use super::exit::Failure;
use super::{Colours, Manners};

const BOLD: Style = Style::new().bold();
const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Where everything that is printed goes.
pub(crate) struct Printer {
    out: BufWriter<anstream::Stdout>,
    /// A person is watching: every line is shown at once.
    live: bool,
    quiet: bool,
    verbose: bool,
}

impl Printer {
    pub(super) fn new(manners: &Manners) -> Self {
        match manners.color {
            Colours::Auto => {}
            Colours::Always => anstream::ColorChoice::Always.write_global(),
            Colours::Never => anstream::ColorChoice::Never.write_global(),
        }
        Self {
            out: BufWriter::with_capacity(1 << 16, anstream::stdout()),
            live: io::stdout().is_terminal(),
            quiet: manners.quiet,
            verbose: manners.verbose,
        }
    }

    /// A line of data.
    pub(super) fn line(&mut self, line: &str) -> io::Result<()> {
        self.out.write_all(line.as_bytes())?;
        self.out.write_all(b"\n")?;
        if self.live { self.out.flush() } else { Ok(()) }
    }

    /// A headline among the data: bold on a terminal.
    pub(super) fn headline(&mut self, line: &str) -> io::Result<()> {
        self.line(&format!("{BOLD}{line}{BOLD:#}"))
    }

    /// A value as one line of JSON.
    pub(super) fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let json = serde_json::to_string(value).map_err(io::Error::other)?;
        Ok(self.line(&escape_json(&json))?)
    }

    /// Bytes as they are (completions, the man page).
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)
    }

    /// Makes everything printed so far visible.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Ends the output.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        Ok(self.flush()?)
    }

    /// Whether notes are wanted.
    pub(super) fn talks(&self) -> bool {
        !self.quiet
    }

    /// A note; not with `--quiet`.
    pub(super) fn note(&self, text: &str) {
        if !self.quiet {
            tell(text);
        }
    }

    /// A note for `--verbose`.
    pub(super) fn detail(&self, text: &str) {
        if self.verbose {
            tell(text);
        }
    }

    /// Something the user should know about.
    pub(super) fn warn(&self, text: &str) {
        tell(&format!("{WARNING}warning:{WARNING:#} {text}"));
    }

    /// What to do next.
    pub(super) fn hint(&self, text: &str) {
        tell(&format!("{HINT}hint:{HINT:#} {}", harmless(text)));
    }

    /// An error that the command itself found.
    pub(super) fn error(&self, text: &str) {
        tell(&format!("{ERROR}error:{ERROR:#} {text}"));
    }

    /// Why a command ended early.
    pub(super) fn failure(&self, failure: &Failure) {
        match failure {
            Failure::No | Failure::ClosedPipe => {}
            Failure::Stopped(hint) => {
                self.error(&Error::Interrupted.to_string());
                self.hint(hint);
            }
            Failure::Unreadable {
                unreadable,
                records,
                first,
                hint,
            } => {
                self.error(&format!(
                    "{} of {} could not be read, the first in {}",
                    grouped(*unreadable),
                    counted(*records, "record"),
                    harmless(first)
                ));
                if let Some(hint) = hint {
                    self.hint(hint);
                }
            }
            Failure::Partly(what) => self.error(&format!("interrupted; {what}")),
            Failure::Output(error) => {
                self.error(&format!("cannot write the output: {error}"));
            }
            Failure::Error(error) => {
                self.error(&harmless(&error.to_string()));
                if let Some(hint) = error.hint().or_else(|| usual_hint(error)) {
                    self.hint(hint);
                }
            }
        }
    }
}

/// What helps against errors whose cause is in how the program was called.
fn usual_hint(error: &Error) -> Option<&'static str> {
    match error {
        Error::Setting { .. } => {
            Some("ranges and defaults are in senti --help and senti <COMMAND> --help")
        }
        Error::Io { source, .. } => match source.kind() {
            io::ErrorKind::NotFound => Some("check the name, and the folder you are in (pwd, ls)"),
            io::ErrorKind::IsADirectory => Some("name a file in this folder"),
            io::ErrorKind::PermissionDenied => Some("check who may read and write there (ls -l)"),
            io::ErrorKind::StorageFull => Some("make room, or write to another disk with --output"),
            _ => None,
        },
        _ => None,
    }
}

/// To standard error; that it is closed is no reason to stop.
fn tell(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// The text with everything escaped that could move a terminal's cursor,
/// change its state, or show text in another order than it has.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    // Nearly all text is printable ASCII, which is seen many bytes at once.
    let printable = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(true, |all, byte| all & (b' '..=b'~').contains(byte))
    };
    if text.as_bytes().chunks(64).all(printable) || !text.chars().any(is_dangerous) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\t' => safe.push_str("\\t"),
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            _ if is_dangerous(character) => {
                // Writing to a string cannot fail.
                let _ = write!(safe, "\\u{{{:x}}}", u32::from(character));
            }
            _ => safe.push(character),
        }
    }
    Cow::Owned(safe)
}

/// As harmless as [`harmless`], for text that is read as text again, where an
/// escape would become a word: spaces in place of control characters, and no
/// direction marks.
pub(super) fn without_controls(text: &str) -> String {
    text.chars()
        .filter_map(|character| match character {
            '\u{2028}' | '\u{2029}' => Some(' '),
            _ if character.is_control() => Some(' '),
            _ if is_dangerous(character) => None,
            _ => Some(character),
        })
        .collect()
}

/// Rows or objects as a terminal may have them: what is dangerous in them is shown as
/// JSON would escape it, tabs and line ends aside.
pub(super) fn shown_on_terminal(text: &str) -> Cow<'_, str> {
    let hidden = |character: char| is_dangerous(character) && !matches!(character, '\t' | '\n');
    if !text.chars().any(hidden) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match hidden(character) {
            // Writing to a string cannot fail.
            true => drop(write!(safe, "\\u{:04x}", u32::from(character))),
            false => safe.push(character),
        }
    }
    Cow::Owned(safe)
}

fn is_dangerous(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// JSON escapes the first 32 control characters by itself; the others of
/// [`harmless`] can only stand inside strings.
pub(super) fn escape_json(json: &str) -> Cow<'_, str> {
    if !json.chars().any(is_dangerous) {
        return Cow::Borrowed(json);
    }
    let mut safe = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        if is_dangerous(character) {
            let _ = write!(safe, "\\u{:04x}", u32::from(character));
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

/// 1234567 as 1,234,567.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// 0.8125 as 81.2 %.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// The number and the noun, in the plural where it is due.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", grouped(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_the_cursor_gets_through() {
        assert_eq!(harmless("plain ümlaut"), "plain ümlaut");
        assert_eq!(harmless("a\x1b[2Jb\tc\r\n"), "a\\u{1b}[2Jb\\tc\\r\\n");
        assert_eq!(harmless("\u{9b}31m\u{202e}"), "\\u{9b}31m\\u{202e}");
        assert_eq!(
            without_controls("a\tb\u{1b}[2Jc \u{200f}\u{5d0}\u{2028}d"),
            "a b [2Jc \u{5d0} d"
        );
        assert_eq!(shown_on_terminal("a\tb\n"), "a\tb\n");
        assert_eq!(
            shown_on_terminal("a\x1b[2J\t\u{202e}\r\n"),
            "a\\u001b[2J\t\\u202e\\u000d\n"
        );
        let json = serde_json::to_string("a\x1b\u{9b}\u{202e}\u{7f}").unwrap();
        let safe = escape_json(&json);
        assert!(!safe.chars().any(is_dangerous), "{safe}");
        let back: String = serde_json::from_str(&safe).unwrap();
        assert_eq!(back, "a\x1b\u{9b}\u{202e}\u{7f}");
    }

    #[test]
    fn numbers_for_people() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1234), "1,234");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(percent(0.8125), "81.2 %");
        assert_eq!(counted(1, "word"), "1 word");
        assert_eq!(counted(1000, "word"), "1,000 words");
    }
}
