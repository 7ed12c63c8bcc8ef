//! Lines, with a look ahead; and the records that are just lines.

use std::collections::VecDeque;
use std::path::Path;

use senti::error::{Error, Result};
use senti::files::digest::Fingerprint;
use senti::text::lines::{Lines, LongLines};

use super::super::batch::Batch;
use super::Source;

/// Lines, some of which were read before they are needed.
pub(super) struct Reader {
    lines: Lines,
    ahead: VecDeque<Ahead>,
}

/// A line that was read and not yet handed out.
pub(super) struct Ahead {
    pub(super) place: Place,
    /// Of a bad line, what can be read.
    pub(super) text: String,
    /// What is wrong with it.
    pub(super) outcome: Result<()>,
}

/// Where a line stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) number: u64,
    /// Bytes from the start of the file.
    pub(super) offset: u64,
}

impl Reader {
    pub(super) fn open(path: &Path, longest: usize) -> Result<Self> {
        Ok(Self::new(Lines::open(path, LongLines::Refuse(longest))?))
    }

    pub(super) fn new(lines: Lines) -> Self {
        Self {
            lines,
            ahead: VecDeque::new(),
        }
    }

    /// Appends the next line to the buffer; of a bad line what can be read, and tells
    /// what is wrong with it.
    pub(super) fn append(&mut self, buffer: &mut String) -> Result<Option<(Place, Result<()>)>> {
        if let Some(ahead) = self.ahead.pop_front() {
            buffer.push_str(&ahead.text);
            return Ok(Some((ahead.place, ahead.outcome)));
        }
        let error = match self.lines.next_or_bad()? {
            None => return Ok(None),
            Some(Ok(line)) => {
                buffer.push_str(line.text);
                let place = Place {
                    number: line.number,
                    offset: line.offset,
                };
                return Ok(Some((place, Ok(()))));
            }
            Some(Err(error)) => error,
        };
        buffer.push_str(&self.lines.legible());
        Ok(Some((place_of(&error), Err(error))))
    }

    /// Hands a line out once more, before all others.
    pub(super) fn put_back(&mut self, line: Ahead) {
        self.ahead.push_front(line);
    }

    /// The first line, or what is wrong with it; it stays.
    pub(super) fn first(&mut self) -> Result<Option<&Ahead>> {
        if self.ahead.is_empty() {
            let mut text = String::new();
            let Some((place, outcome)) = self.append(&mut text)? else {
                return Ok(None);
            };
            self.put_back(Ahead {
                place,
                text,
                outcome,
            });
        }
        Ok(self.ahead.front())
    }

    /// Leaves out what is empty before the first line that is not.
    pub(super) fn skip_empty(&mut self) -> Result<()> {
        while let Some(line) = self.first()?
            && line.outcome.is_ok()
            && line.text.is_empty()
        {
            self.skip_first();
        }
        Ok(())
    }

    /// Leaves the line out that was looked at.
    pub(super) fn skip_first(&mut self) -> Option<Ahead> {
        self.ahead.pop_front()
    }

    pub(super) fn is_ready(&self) -> bool {
        !self.ahead.is_empty() || self.lines.is_ready()
    }

    pub(super) fn fingerprint(&self) -> Fingerprint {
        self.lines.fingerprint()
    }

    pub(super) fn ignore_fingerprint(&self) {
        self.lines.ignore_fingerprint();
    }
}

fn place_of(error: &Error) -> Place {
    let (number, offset) = match error {
        Error::Input { place, .. } => (place.line, place.byte),
        _ => (None, None),
    };
    Place {
        number: number.unwrap_or_default(),
        offset: offset.unwrap_or_default(),
    }
}

/// One text a line.
pub(super) struct PlainLines(Reader);

impl PlainLines {
    pub(super) fn new(reader: Reader) -> Self {
        Self(reader)
    }
}

impl Source for PlainLines {
    fn read(&mut self, batch: &mut Batch) -> Result<bool> {
        let start = batch.buffer.len();
        let Some((place, outcome)) = self.0.append(&mut batch.buffer)? else {
            return Ok(false);
        };
        if outcome.is_err() {
            // What is no text has no other cells.
            batch.buffer.truncate(start);
        }
        let range = start..batch.buffer.len();
        batch.push(place.number, range.clone(), outcome.map(|()| range));
        Ok(true)
    }

    fn is_ready(&self) -> bool {
        self.0.is_ready()
    }

    fn fingerprint(&self) -> Result<Fingerprint> {
        Ok(self.0.fingerprint())
    }

    fn ignore_fingerprint(&self) {
        self.0.ignore_fingerprint();
    }
}
