//! Records of one file, as many as are answered at once.
//!
//! A batch is small enough for a few of them to lie between threads whatever the
//! length of the input, and large enough for nothing to be sent record by record.

use std::ops::Range;

use senti::error::{Error, Result};

/// A batch ends when it has so many records,
pub(super) const MOST_RECORDS: usize = 256;
/// or so many bytes, though a record may be longer.
const MOST_BYTES: usize = 1 << 16;

/// One record, as places in the batch's buffer.
#[derive(Debug)]
pub(super) struct Record {
    /// Its line, or row, in the file, counted from 1.
    pub(super) line: u64,
    raw: Range<usize>,
    /// The text, or why there is none.
    text: Result<Range<usize>>,
}

/// Records in the order of the file.
#[derive(Debug)]
pub(super) struct Batch {
    /// Holds what the records are made of.
    pub(super) buffer: String,
    records: Vec<Record>,
    /// There is nothing more to read at the moment: answers should be seen.
    pub(super) drained: bool,
    /// The rows themselves, where they are no text.
    #[cfg(feature = "parquet")]
    pub(super) rows: Option<arrow_array::RecordBatch>,
}

/// How far a batch was filled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    records: usize,
    bytes: usize,
}

impl Batch {
    pub(super) fn new() -> Self {
        Self {
            buffer: String::new(),
            records: Vec::new(),
            drained: false,
            #[cfg(feature = "parquet")]
            rows: None,
        }
    }

    pub(super) fn len(&self) -> u64 {
        self.records.len() as u64
    }

    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.records.len() >= MOST_RECORDS || self.buffer.len() >= MOST_BYTES
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            records: self.records.len(),
            bytes: self.buffer.len(),
        }
    }

    /// How many records came after the mark.
    pub(super) fn added(&self, mark: Mark) -> u64 {
        (self.records.len() - mark.records) as u64
    }

    /// Adds a record that lies in the buffer; one that cannot be read may still have
    /// something that stands there for it.
    pub(super) fn push(&mut self, line: u64, raw: Range<usize>, text: Result<Range<usize>>) {
        self.records.push(Record { line, raw, text });
    }

    /// Adds a text that is not yet in the buffer, after the record that it is from.
    pub(super) fn push_text(&mut self, line: u64, raw: Range<usize>, text: Result<&str>) {
        let text = text.map(|text| {
            let start = self.buffer.len();
            self.buffer.push_str(text);
            start..self.buffer.len()
        });
        self.push(line, raw, text);
    }

    /// Puts a line to each record, as what stands there for it.
    #[cfg(feature = "parquet")]
    pub(super) fn spell<'l>(&mut self, lines: impl Iterator<Item = &'l str>) {
        for (record, line) in self.records.iter_mut().zip(lines) {
            let start = self.buffer.len();
            self.buffer.push_str(line);
            record.raw = start..self.buffer.len();
        }
    }

    /// None of the records can be read.
    #[cfg(feature = "parquet")]
    pub(super) fn refuse(&mut self, found: &str, expected: &str) {
        use senti::error::Place;
        for record in self.records.iter_mut().filter(|record| record.text.is_ok()) {
            let place = Place::line("the table", record.line);
            record.text = Err(Error::input(place, found, expected));
        }
    }

    /// Keeps, of what came after the mark, the records in `kept`, counted from there.
    pub(super) fn keep(&mut self, mark: Mark, kept: Range<usize>) {
        let added = self.records.len() - mark.records;
        if kept.start == 0 && kept.end >= added {
            return;
        }
        self.records.truncate(mark.records + kept.end.min(added));
        self.records
            .drain(mark.records..mark.records + kept.start.min(kept.end).min(added));
        if self.records.len() == mark.records {
            self.buffer.truncate(mark.bytes);
        }
        #[cfg(feature = "parquet")]
        if let Some(rows) = &self.rows {
            let start = kept.start.min(rows.num_rows());
            let length = kept.end.min(rows.num_rows()).saturating_sub(start);
            self.rows = Some(rows.slice(start, length));
        }
    }

    /// Takes out the first record after the mark that cannot be read, and all that
    /// follow it.
    pub(super) fn cut_at_error(&mut self, mark: Mark) -> Option<Error> {
        let at = self.records[mark.records..]
            .iter()
            .position(|record| record.text.is_err())?;
        let error = self.records[mark.records + at..]
            .iter_mut()
            .find_map(|record| std::mem::replace(&mut record.text, Ok(0..0)).err());
        self.keep(mark, 0..at);
        error
    }

    /// The records: what stands in the file, and the text or what is wrong.
    pub(super) fn records(&self) -> impl Iterator<Item = Row<'_>> {
        self.records.iter().map(|record| Row {
            line: record.line,
            raw: &self.buffer[record.raw.clone()],
            text: match &record.text {
                Ok(range) => Ok(&self.buffer[range.clone()]),
                Err(error) => Err(error),
            },
        })
    }

    /// The first error, for the end of the work.
    pub(super) fn into_error(self) -> Option<Error> {
        self.records
            .into_iter()
            .find_map(|record| record.text.err())
    }
}

/// A record to answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) line: u64,
    /// The line or lines that it stands on; empty where they cannot be read.
    pub(super) raw: &'a str,
    pub(super) text: std::result::Result<&'a str, &'a Error>,
}

#[cfg(test)]
mod tests {
    use senti::error::Place;

    use super::*;

    fn batch(texts: &[&str]) -> (Batch, Mark) {
        let mut batch = Batch::new();
        batch.push_text(1, 0..0, Ok("before"));
        let mark = batch.mark();
        for text in texts {
            let error = || Error::input(Place::line("test", 2), *text, "a text");
            let text = (!text.starts_with('!')).then_some(*text).ok_or_else(error);
            batch.push_text(2, 0..0, text);
        }
        (batch, mark)
    }

    fn texts(batch: &Batch) -> Vec<&str> {
        batch
            .records()
            .map(|row| row.text.unwrap_or("error"))
            .collect()
    }

    #[test]
    fn what_is_kept_is_counted_from_the_mark() {
        for (kept, expected) in [
            (0..9, &["before", "a", "b", "c"][..]),
            (1..2, &["before", "b"]),
            (2..9, &["before", "c"]),
            (0..0, &["before"]),
            (5..9, &["before"]),
        ] {
            let (mut batch, mark) = batch(&["a", "b", "c"]);
            batch.keep(mark, kept);
            assert_eq!(texts(&batch), expected);
        }
    }

    #[test]
    fn an_error_takes_what_follows_with_it() {
        let (mut cut, mark) = batch(&["a", "!one", "b", "!two"]);
        let error = cut.cut_at_error(mark).unwrap();
        assert!(error.to_string().contains("!one"), "{error}");
        assert_eq!(texts(&cut), ["before", "a"]);
        assert!(cut.cut_at_error(mark).is_none());
        let (whole, _) = batch(&["a", "!one", "b", "!two"]);
        assert!(whole.into_error().unwrap().to_string().contains("!one"));
    }
}
