//! Rows of a table in a text file.

use std::ops::Range;
use std::sync::Arc;

use senti::error::{Error, Place, Result};
use senti::files::digest::Fingerprint;

use super::super::batch::Batch;
use super::super::cells::{Scanner, Style};
use super::lines::{Ahead, Reader};
use super::{LONGEST, Source, lines};

/// The rows behind the header. Empty lines hold none.
pub(super) struct Table {
    reader: Reader,
    name: Arc<str>,
    style: Style,
    /// Cells of a row.
    width: usize,
    /// The place of the text among them.
    text: usize,
}

impl Table {
    pub(super) fn new(
        reader: Reader,
        name: &Arc<str>,
        style: Style,
        width: usize,
        text: usize,
    ) -> Self {
        Self {
            reader,
            name: Arc::clone(name),
            style,
            width,
            text,
        }
    }

    /// Appends the other lines of a row that begins at `start`, as far as it has
    /// some; `false` where it has no end. Then the row is its first line, and the
    /// others are there to be read again.
    fn complete(
        &mut self,
        separator: u8,
        place: lines::Place,
        start: usize,
        buffer: &mut String,
    ) -> Result<bool> {
        let mut scanner = Scanner::new(separator);
        scanner.feed(&buffer[start..]);
        let first_end = buffer.len();
        // Where the lines after the first are in the buffer, and where in the file.
        let mut others: Vec<(Range<usize>, lines::Place)> = Vec::new();
        let mut previous = (start, place);
        while scanner.is_open() && buffer.len() - start <= LONGEST {
            let end = buffer.len();
            buffer.push('\n');
            match self.reader.append(buffer)? {
                None => break,
                Some((place, outcome @ Err(_))) => {
                    self.reader.put_back(Ahead {
                        place,
                        text: buffer.split_off(end + 1),
                        outcome,
                    });
                    break;
                }
                Some((place, Ok(()))) => {
                    let (begun, before) = previous;
                    // The line end is kept as it is in the file.
                    let text = (end - begun) as u64;
                    let mut line = end + 1;
                    if place.offset == before.offset + text + 2 {
                        buffer.insert(end, '\r');
                        line += 1;
                    }
                    scanner.feed(&buffer[end..]);
                    others.push((line..buffer.len(), place));
                    previous = (line, place);
                }
            }
        }
        if !scanner.is_open() && !scanner.is_malformed() {
            return Ok(true);
        }
        for (line, place) in others.into_iter().rev() {
            self.reader.put_back(Ahead {
                place,
                text: buffer[line].to_owned(),
                outcome: Ok(()),
            });
        }
        buffer.truncate(first_end);
        Ok(false)
    }
}

impl Source for Table {
    fn read(&mut self, batch: &mut Batch) -> Result<bool> {
        let start = batch.buffer.len();
        let Some((place, outcome)) = self.reader.append(&mut batch.buffer)? else {
            return Ok(false);
        };
        let line = place.number;
        if let Err(error) = outcome {
            batch.push(line, start..batch.buffer.len(), Err(error));
            return Ok(true);
        }
        if batch.buffer.len() == start {
            return Ok(true);
        }
        let wrong = |found: String, expected: String| {
            Error::input(Place::line(&self.name, line), found, expected)
        };
        if let Style::Quoted(separator) = self.style {
            let error = wrong(
                "a quote that is never closed, or text behind one that is".to_owned(),
                "cells in quotes as a whole, with quotes in them doubled".to_owned(),
            );
            if !self.complete(separator, place, start, &mut batch.buffer)? {
                batch.push(line, start..batch.buffer.len(), Err(error));
                return Ok(true);
            }
        }
        let raw = start..batch.buffer.len();
        let cells = self.style.split(&batch.buffer[raw.clone()]);
        if cells.len() != self.width {
            let count = |number: usize| match number {
                1 => "1 cell".to_owned(),
                _ => format!("{number} cells"),
            };
            let error = Error::input(
                Place::line(&self.name, line),
                count(cells.len()),
                format!("{}, one for each column", count(self.width)),
            );
            batch.push(line, raw, Err(error));
            return Ok(true);
        }
        let text = cells
            .into_iter()
            .nth(self.text)
            .unwrap_or_default()
            .into_owned();
        batch.push_text(line, raw, Ok(&text));
        Ok(true)
    }

    fn is_ready(&self) -> bool {
        self.reader.is_ready()
    }

    fn fingerprint(&self) -> Result<Fingerprint> {
        Ok(self.reader.fingerprint())
    }

    fn ignore_fingerprint(&self) {
        self.reader.ignore_fingerprint();
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use proptest::prelude::*;
    use senti::text::lines::{Lines, LongLines};

    use super::*;

    /// Hands out a few bytes at a time, as a pipe may.
    struct Trickle(Cursor<Vec<u8>>, usize);

    impl Read for Trickle {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let length = buffer.len().min(self.1);
            self.0.read(&mut buffer[..length])
        }
    }

    fn table(content: &[u8], step: usize, style: Style, width: usize) -> Table {
        let source = Trickle(Cursor::new(content.to_vec()), step);
        let lines = Lines::new("test", source, LongLines::Refuse(100)).unwrap();
        Table::new(Reader::new(lines), &"test".into(), style, width, 1)
    }

    /// The line, and the text or what is wrong, of every record.
    fn read(content: &[u8], style: Style, width: usize) -> Vec<(u64, String)> {
        let mut table = table(content, 7, style, width);
        let mut batch = Batch::new();
        while table.read(&mut batch).unwrap() {}
        batch
            .records()
            .map(|row| match row.text {
                Ok(text) => (row.line, text.to_owned()),
                Err(error) => (row.line, format!("error: {error}")),
            })
            .collect()
    }

    #[test]
    fn rows_that_cannot_be_read_are_told_and_passed() {
        let csv = Style::Quoted(b',');
        let content = b"1,fine\n\n2,\"two\nlines\"\n3\n4,a,b\n5,br\xffken\n6,\"never closed\n7,\"x\" y\n8,last";
        let rows = read(content, csv, 2);
        let expected: [(u64, &[&str]); 8] = [
            (1, &["fine"]),
            (3, &["two\nlines"]),
            (5, &["error", "line 5", "1 cell", "2 cells"]),
            (6, &["error", "line 6", "3 cells"]),
            (7, &["error", "line 7", "0xFF"]),
            (8, &["error", "line 8", "quote"]),
            (9, &["error", "line 9", "quote"]),
            (10, &["last"]),
        ];
        assert_eq!(rows.len(), expected.len(), "{rows:?}");
        for ((line, text), (expected, parts)) in rows.iter().zip(expected) {
            assert_eq!(*line, expected, "{rows:?}");
            assert!(parts.iter().all(|part| text.contains(part)), "{text}");
        }
        let rows = read(b"1\t\"as it is\n2\n", Style::Tabs, 2);
        assert_eq!(rows[0], (1, "\"as it is".to_owned()));
        assert!(rows[1].1.contains("1 cell"), "{rows:?}");
    }

    #[test]
    fn a_broken_line_within_quotes_ends_the_row() {
        // And what was looked at is read again as it was.
        let rows = read(b"1,\"one\n2,a\r\r\n3,b", Style::Quoted(b','), 2);
        assert_eq!(rows[1..], [(2, "a\r".to_owned()), (3, "b".to_owned())]);
        let rows = read(b"1,\"one\nbr\xffken\n2,two\n", Style::Quoted(b','), 2);
        assert_eq!(rows.len(), 3, "{rows:?}");
        assert!(rows[0].1.contains("line 1") && rows[1].1.contains("0xFF"));
        assert_eq!(rows[2], (3, "two".to_owned()));
    }

    proptest! {
        #[test]
        fn rows_come_back_as_they_were_written(
            rows in proptest::collection::vec(proptest::collection::vec("[aé,;\"\n\r ]{0,6}", 3), 0..8),
            step in 1_usize..20,
            crlf: bool,
        ) {
            let style = Style::Quoted(b',');
            let mut content = String::new();
            let mut written = Vec::new();
            for row in &rows {
                let start = content.len();
                style.row(row.iter().map(String::as_str), &mut content);
                written.push(content[start..].to_owned());
                content.push_str(if crlf { "\r\n" } else { "\n" });
            }
            let mut table = table(content.as_bytes(), step, style, 3);
            let mut batch = Batch::new();
            while table.read(&mut batch).unwrap() {}
            let read: Vec<(&str, &str)> = batch.records().map(|row| (row.raw, row.text.unwrap())).collect();
            let expected: Vec<(&str, &str)> = written.iter().zip(&rows).map(|(raw, row)| (raw.as_str(), row[1].as_str())).collect();
            prop_assert_eq!(read, expected);
        }

        /// Whatever stands in a file, every line that is not empty is in some record.
        #[test]
        fn no_content_is_lost(content in "[ab,\"\n\r]{0,40}", step in 1_usize..9) {
            let mut table = table(content.as_bytes(), step, Style::Quoted(b','), 2);
            let mut batch = Batch::new();
            while table.read(&mut batch).unwrap() {}
            let mut next = 1;
            for row in batch.records() {
                prop_assert!(row.line >= next);
                next = row.line + 1;
            }
            let records = batch.records().count();
            let full = |line: &&str| !line.strip_suffix('\r').unwrap_or(line).is_empty();
            let lines = content.split('\n').filter(full).count();
            prop_assert!(records <= lines);
            prop_assert_eq!(records == 0, lines == 0);
        }
    }
}
