//! Numbers from a file, with the place where each stands.

use std::io::{self, BufRead, Read};

use super::{Checked, Trouble};

/// Values are converted so many bytes at a time.
const AT_ONCE: usize = 1 << 16;

/// A file that is read from its start to its end.
pub(super) struct Source<'r, R> {
    input: &'r mut R,
    /// Bytes that were read.
    pub(super) at: u64,
    /// Its length, where that is known.
    size: Option<u64>,
}

impl<'r, R: BufRead> Source<'r, R> {
    pub(super) fn new(input: &'r mut R, size: Option<u64>) -> Self {
        Self { input, at: 0, size }
    }

    /// So many bytes, which are few; `what` they are for.
    pub(super) fn bytes<const N: usize>(&mut self, what: &str) -> Checked<[u8; N]> {
        let mut bytes = [0; N];
        self.fill(&mut bytes, what)?;
        Ok(bytes)
    }

    /// Fills a buffer.
    pub(super) fn fill(&mut self, bytes: &mut [u8], what: &str) -> Checked<()> {
        match self.input.read_exact(bytes) {
            Ok(()) => {
                self.at += bytes.len() as u64;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(Trouble::at(self.at, "the end of the file", what))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn i32(&mut self, what: &str) -> Checked<i32> {
        Ok(i32::from_le_bytes(self.bytes(what)?))
    }

    pub(super) fn i64(&mut self, what: &str) -> Checked<i64> {
        Ok(i64::from_le_bytes(self.bytes(what)?))
    }

    /// Bytes up to a zero, which goes; no more than `limit`.
    pub(super) fn text(&mut self, limit: u64, what: &str) -> Checked<Vec<u8>> {
        let start = self.at;
        let mut bytes = Vec::new();
        self.at += self
            .input
            .by_ref()
            .take(limit + 1)
            .read_until(0, &mut bytes)? as u64;
        match bytes.pop() {
            Some(0) => Ok(bytes),
            _ if self.at - start > limit => Err(Trouble::at(
                start,
                format!("{what} without an end"),
                format!("{what} of at most {limit} bytes and a zero"),
            )),
            _ => Err(Trouble::at(self.at, "the end of the file", what)),
        }
    }

    /// Checks that so many bytes may follow.
    ///
    /// # Errors
    /// [`Trouble::Flaw`] at the place `start`, where the number was, which is
    /// `found`.
    pub(super) fn promises(
        &self,
        bytes: Option<u64>,
        start: u64,
        found: impl FnOnce() -> String,
    ) -> Checked<()> {
        let fits = bytes.is_some_and(|bytes| isize::try_from(bytes).is_ok());
        let left = self.size.map(|size| size.saturating_sub(self.at));
        match left {
            Some(left) if !(fits && bytes.is_some_and(|bytes| bytes <= left)) => Err(Trouble::at(
                start,
                found(),
                format!("as many as fit into the {left} bytes that follow"),
            )),
            None if !fits => Err(Trouble::at(start, found(), "as many as fit into memory")),
            _ => Ok(()),
        }
    }

    /// So many values of `width` bytes each. Room is made for all of them where the
    /// size of the file vouches for them, after [`Self::promises`].
    pub(super) fn values(
        &mut self,
        count: usize,
        width: usize,
        what: &str,
        value: impl Fn(&[u8]) -> f32,
    ) -> Checked<Vec<f32>> {
        let mut values = Vec::new();
        if self.size.is_some() {
            values.try_reserve_exact(count).map_err(io::Error::from)?;
        }
        let mut buffer = vec![0; AT_ONCE / width * width];
        while values.len() < count {
            let next = buffer.len().min((count - values.len()) * width);
            self.fill(&mut buffer[..next], what)?;
            values.extend(buffer[..next].chunks_exact(width).map(&value));
        }
        Ok(values)
    }

    /// Reads over so many bytes.
    pub(super) fn skip(&mut self, bytes: u64, what: &str) -> Checked<()> {
        let skipped = io::copy(&mut self.input.by_ref().take(bytes), &mut io::sink())?;
        self.at += skipped;
        match skipped == bytes {
            true => Ok(()),
            false => Err(Trouble::at(self.at, "the end of the file", what)),
        }
    }

    /// Checks that nothing follows.
    pub(super) fn end(&mut self, after: &str) -> Checked<()> {
        match self.input.fill_buf()?.is_empty() {
            true => Ok(()),
            false => Err(Trouble::at(
                self.at,
                "more bytes",
                format!("the end of the file after {after}"),
            )),
        }
    }
}
