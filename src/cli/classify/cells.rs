//! The cells of a row: cut apart, and written.
//!
//! TSV has no quoting: a cell is what stands between two tabs. CSV is quoted as in
//! RFC 4180: a cell in quotes may hold separators, line ends and doubled quotes.

use std::borrow::Cow;

/// How rows are separated and quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Tabs,
    /// By a comma, or what stands for one.
    Quoted(u8),
}

impl Style {
    pub(super) fn separator(self) -> char {
        match self {
            Self::Tabs => '\t',
            Self::Quoted(separator) => char::from(separator),
        }
    }

    /// The cells of a whole row.
    pub(super) fn split(self, row: &str) -> Vec<Cow<'_, str>> {
        match self {
            Self::Tabs => row.split('\t').map(Cow::Borrowed).collect(),
            Self::Quoted(separator) => split_quoted(row, char::from(separator)),
        }
    }

    /// Writes a cell behind the others.
    pub(super) fn write(self, cell: &str, row: &mut String) {
        match self {
            // What cannot stand in a cell is shown as it is in strings.
            Self::Tabs if cell.contains(['\t', '\n', '\r']) => {
                let cell = cell.replace('\t', "\\t").replace('\n', "\\n");
                row.push_str(&cell.replace('\r', "\\r"));
            }
            Self::Quoted(separator)
                if cell.contains(['"', '\n', '\r']) || cell.contains(char::from(separator)) =>
            {
                row.push('"');
                row.push_str(&cell.replace('"', "\"\""));
                row.push('"');
            }
            _ => row.push_str(cell),
        }
    }

    /// Writes a row of cells.
    pub(super) fn row<'a>(self, cells: impl IntoIterator<Item = &'a str>, row: &mut String) {
        for (at, cell) in cells.into_iter().enumerate() {
            if at > 0 {
                row.push(self.separator());
            }
            self.write(cell, row);
        }
    }
}

fn split_quoted(row: &str, separator: char) -> Vec<Cow<'_, str>> {
    let mut cells = Vec::new();
    let mut rest = row;
    loop {
        let (cell, end) = match rest.strip_prefix('"') {
            Some(inside) => {
                let mut end = 0;
                // The quote that is not one of two, or the end where there is none.
                loop {
                    let Some(quote) = inside[end..].find('"') else {
                        end = inside.len();
                        break;
                    };
                    end += quote;
                    if !inside[end + 1..].starts_with('"') {
                        break;
                    }
                    end += 2;
                }
                let cell = inside.get(..end).unwrap_or(inside);
                let cell = match cell.contains('"') {
                    true => Cow::Owned(cell.replace("\"\"", "\"")),
                    false => Cow::Borrowed(cell),
                };
                (cell, end + 2)
            }
            None => {
                let end = rest.find(separator).unwrap_or(rest.len());
                (Cow::Borrowed(&rest[..end]), end)
            }
        };
        cells.push(cell);
        match rest
            .get(end..)
            .and_then(|rest| rest.strip_prefix(separator))
        {
            Some(next) => rest = next,
            None => return cells,
        }
    }
}

/// Follows a row over the lines that it may stand on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scanner {
    separator: u8,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the start of a cell.
    Start,
    Plain,
    Quoted,
    /// Behind a quote within a quoted cell: the last one, or the first of two.
    Quote,
    /// Something stands between a closing quote and the next separator.
    Malformed,
}

impl Scanner {
    pub(super) fn new(separator: u8) -> Self {
        Self {
            separator,
            state: State::Start,
        }
    }

    pub(super) fn feed(&mut self, text: &str) {
        for &byte in text.as_bytes() {
            self.state = match (self.state, byte) {
                (State::Malformed, _) => return,
                (State::Start, b'"') => State::Quoted,
                (State::Start | State::Plain | State::Quote, byte) if byte == self.separator => {
                    State::Start
                }
                (State::Start | State::Plain, _) => State::Plain,
                (State::Quoted, b'"') => State::Quote,
                (State::Quoted, _) => State::Quoted,
                (State::Quote, b'"') => State::Quoted,
                (State::Quote, _) => State::Malformed,
            };
        }
    }

    /// The row goes on on the next line.
    pub(super) fn is_open(&self) -> bool {
        self.state == State::Quoted
    }

    pub(super) fn is_malformed(&self) -> bool {
        self.state == State::Malformed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(row: &str) -> Vec<Cow<'_, str>> {
        Style::Quoted(b',').split(row)
    }

    #[test]
    fn rows_are_cut_as_the_rules_say() {
        assert_eq!(split("a,b,,c"), ["a", "b", "", "c"]);
        assert_eq!(split(""), [""]);
        assert_eq!(split("a,"), ["a", ""]);
        assert_eq!(split("\"a,b\",\"c\"\"d\"\"\",\"\""), ["a,b", "c\"d\"", ""]);
        assert_eq!(split("5\" screen,good"), ["5\" screen", "good"]);
        assert_eq!(split("\"a\nb\",c"), ["a\nb", "c"]);
        assert_eq!(split("a,\"open, \"\"x"), ["a", "open, \"x"]);
        assert_eq!(Style::Tabs.split("a\t\"b\t"), ["a", "\"b", ""]);
        let mut row = String::new();
        Style::Tabs.row(["a\tb", "c\nd"], &mut row);
        assert_eq!(row, "a\\tb\tc\\nd");
    }

    #[test]
    fn a_row_is_open_within_quotes_only() {
        let scan = |text: &str| {
            let mut scanner = Scanner::new(b',');
            scanner.feed(text);
            (scanner.is_open(), scanner.is_malformed())
        };
        assert_eq!(scan("a,\"b"), (true, false));
        assert_eq!(scan("a,\"b\"\""), (true, false));
        assert_eq!(scan("a,\"b\"\"\""), (false, false));
        assert_eq!(scan("5\" screen,\"good\""), (false, false));
        assert_eq!(scan("\"good\" film,x"), (false, true));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(cells in proptest::collection::vec("[ab,;\"\n\r ]{0,6}", 1..5), semicolon: bool) {
            let separator = if semicolon { b';' } else { b',' };
            let style = Style::Quoted(separator);
            let mut row = String::new();
            style.row(cells.iter().map(String::as_str), &mut row);
            prop_assert_eq!(style.split(&row), &cells[..]);
            let mut scanner = Scanner::new(separator);
            scanner.feed(&row);
            prop_assert!(!scanner.is_open() && !scanner.is_malformed());
        }

        /// Whatever is cut, nothing panics, and lines cut one by one are as the whole.
        #[test]
        fn any_text_can_be_cut(text in "[ab,\"\n]{0,20}", at in 0_usize..20) {
            split(&text);
            let mut whole = Scanner::new(b',');
            whole.feed(&text);
            let mut parts = Scanner::new(b',');
            let at = at.min(text.len());
            parts.feed(&text[..at]);
            parts.feed(&text[at..]);
            prop_assert_eq!(whole.state, parts.state);
        }
    }
}
