//! Compressed text, unpacked as it is read: gzip and zstd, told by their first
//! bytes, never by their names.
//!
//! - Several gzip members or zstd frames in one file are one text, as the
//!   formats say. Skippable zstd frames, and zeros after a gzip member, hold
//!   nothing.
//! - A file that is truncated or damaged is an error that says so. Checksums are
//!   compared where there are any, sizes where they are stated.
//! - What unpacks to far more than text does is refused while it is unpacked, so
//!   that a small file can fill neither memory nor an afternoon.

mod gzip;
mod zstd;

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use gzip::Gzip;
use zstd::Zstd;

use super::encoding::STANDARD_INPUT;
use crate::error::{Error, Place};

/// A text may unpack to so many times its compressed size. Prose shrinks to a
/// third, the most uniform logs to a hundredth; bombs to a thousandth and less.
const EXPANSION: u64 = 250;
/// So many bytes are free, for small files that say one thing over and over.
const FREE_EXPANSION: u64 = 1 << 20;
/// How far back zstd data may refer, which is what its decoder keeps in memory;
/// the limit of the zstd program too.
const LARGEST_WINDOW: u64 = 128 << 20;

const GZIP: &[u8] = b"\x1f\x8b";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";
/// The first byte of a skippable zstd frame is one of sixteen.
const SKIPPABLE: &[u8] = b"\x2a\x4d\x18";

/// How a text is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Gzip,
    Zstd,
}

impl Format {
    /// The format of the file that starts so, if it is compressed.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        match head {
            _ if head.starts_with(GZIP) => Some(Self::Gzip),
            _ if head.starts_with(ZSTD) => Some(Self::Zstd),
            [0x50..=0x5f, rest @ ..] if rest.starts_with(SKIPPABLE) => Some(Self::Zstd),
            _ => None,
        }
    }

    /// The format of which a file of this name would be, and of which it has not
    /// even the first bytes: a copy that never got going.
    pub(super) fn lost(name: &str, head: &[u8]) -> Option<Self> {
        let (format, signature) = match Path::new(name).extension()?.to_str()? {
            "gz" => (Self::Gzip, GZIP),
            "zst" => (Self::Zstd, ZSTD),
            _ => return None,
        };
        (head.len() < signature.len() && signature.starts_with(head)).then_some(format)
    }

    /// The command that unpacks a file to its output.
    pub(super) fn unpacking(self, file: &str) -> String {
        format!("{} -dc {file}", self.name())
    }

    /// Whether the first bytes of more data, as many as are there, may be its.
    fn may_begin(self, head: &[u8]) -> bool {
        let begins = |head: &[u8], signature: &[u8]| {
            let length = head.len().min(signature.len());
            head[..length] == signature[..length]
        };
        match self {
            Self::Gzip => begins(head, GZIP),
            Self::Zstd => match head {
                [0x50..=0x5f, rest @ ..] => begins(rest, SKIPPABLE),
                _ => begins(head, ZSTD),
            },
        }
    }

    /// Reads what `source` holds, unpacked. Its errors are for [`error`].
    pub(super) fn unpack(self, source: impl Read + Send + 'static) -> Box<dyn Read + Send> {
        let source = Metered {
            inner: BufReader::with_capacity(1 << 16, source),
            format: self,
            consumed: 0,
            unpacked: 0,
            ended: false,
            failure: None,
        };
        match self {
            Self::Gzip => Box::new(Gzip::new(source)),
            Self::Zstd => Box::new(Zstd::new(source)),
        }
    }

    /// The name of the format, and of the program that reads it.
    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    pub(super) fn truncated(self) -> io::Error {
        self.refuse(Reason::Truncated)
    }

    fn refuse(self, reason: Reason) -> io::Error {
        io::Error::new(
            io::ErrorKind::InvalidData,
            Refusal {
                format: self,
                reason,
            },
        )
    }
}

/// An error of reading, in the user's terms: the compressed data is at fault, or
/// the system.
pub(super) fn error(name: &str, error: io::Error) -> Error {
    let refusal = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Refusal>());
    match refusal {
        Some(refusal) => refusal.error(name),
        None => Error::io(name, "read", error),
    }
}

/// Why compressed data is not read to its end; travels inside an [`io::Error`].
#[derive(Debug)]
struct Refusal {
    format: Format,
    reason: Reason,
}

#[derive(Debug)]
enum Reason {
    Truncated,
    Damaged,
    /// What follows the compressed data is none.
    Trailing,
    Expands,
    Window(u64),
    Dictionary,
}

impl Refusal {
    fn found(&self) -> String {
        let format = self.format.name();
        match self.reason {
            Reason::Truncated => format!("{format} data that breaks off: the file is truncated"),
            Reason::Damaged => format!("damaged {format} data"),
            Reason::Trailing => format!("other bytes behind the end of {format} data"),
            Reason::Expands => {
                format!("{format} data that unpacks to more than {EXPANSION} times its size")
            }
            Reason::Window(bytes) => format!(
                "{format} data with a window of {} MiB",
                bytes.div_ceil(1 << 20)
            ),
            Reason::Dictionary => format!("{format} data that needs a dictionary"),
        }
    }

    fn error(&self, name: &str) -> Error {
        let place = Place {
            file: name.to_owned(),
            ..Place::default()
        };
        let file = if name == STANDARD_INPUT { "FILE" } else { name };
        let program = self.format.name();
        let (expected, hint) = match self.reason {
            Reason::Truncated | Reason::Damaged => (
                "the whole file, as it was written".to_owned(),
                format!("copy it once more from where it came; to check it: {program} -t {file}"),
            ),
            Reason::Trailing => (
                format!("the end of the file, or more {program} data"),
                format!(
                    "if they are of no use, keep what was compressed: {} > text.txt",
                    self.format.unpacking(file)
                ),
            ),
            Reason::Expands => (
                format!("compressed text, at most {EXPANSION} times as large when unpacked"),
                format!("if you trust it, unpack it first: {program} -dk {file}"),
            ),
            Reason::Window(_) => (
                format!("a window of {} MiB or less", LARGEST_WINDOW >> 20),
                format!("unpack it first: {program} -dk --long=31 {file}"),
            ),
            Reason::Dictionary => (
                "data that stands by itself".to_owned(),
                format!("unpack it first: {program} -dk -D DICTIONARY {file}"),
            ),
        };
        Error::input(place, self.found(), expected).with_hint(hint)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.found())
    }
}

impl std::error::Error for Refusal {}

/// The compressed bytes on their way to a decoder: how many it took, and what
/// became of the source. Decoders wrap the errors of their sources, or drop
/// them, so a failure is kept here.
struct Metered<R> {
    inner: R,
    format: Format,
    consumed: u64,
    unpacked: u64,
    ended: bool,
    failure: Option<io::Error>,
}

impl<R: BufRead> BufRead for Metered<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        // One pass to see how it ends, another to borrow: what is there stays.
        loop {
            match self.inner.fill_buf() {
                Ok(available) => {
                    self.ended = available.is_empty();
                    break;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let kind = error.kind();
                    self.failure = Some(error);
                    return Err(kind.into());
                }
            }
        }
        if self.ended {
            return Ok(&[]);
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.consumed += amount as u64;
        self.inner.consume(amount);
    }
}

impl<R: BufRead> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: BufRead> Metered<R> {
    /// Refuses what follows and is not compressed. There is something.
    fn refuse_trailing(&mut self) -> io::Result<()> {
        let format = self.format;
        match format.may_begin(self.fill_buf()?) {
            true => Ok(()),
            false => Err(format.refuse(Reason::Trailing)),
        }
    }
}

impl<R> Metered<R> {
    /// Counts bytes that were unpacked, and refuses too many.
    fn unpacked(&mut self, bytes: usize) -> io::Result<usize> {
        self.unpacked += bytes as u64;
        self.bounded(self.unpacked)?;
        Ok(bytes)
    }

    fn bounded(&self, unpacked: u64) -> io::Result<()> {
        if unpacked > FREE_EXPANSION.saturating_add(EXPANSION.saturating_mul(self.consumed)) {
            return Err(self.format.refuse(Reason::Expands));
        }
        Ok(())
    }

    /// Why a decoder gave up: the source failed, or ended, or held nonsense.
    fn blame(&mut self) -> io::Error {
        match self.failure.take() {
            Some(failure) => failure,
            None if self.ended => self.format.truncated(),
            None => self.format.refuse(Reason::Damaged),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::lines::{Lines, LongLines};
    use flate2::{Compression, GzBuilder};
    use proptest::prelude::*;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};
    use std::io::{Cursor, Write};

    const TEXT: &str = "The film was great.\n\
        The film was long, and the plot of the film was thin.\n\
        The end of the film was great.\n";

    /// [`TEXT`] as `zstd -19` wrote it to a pipe.
    const BY_ZSTD: &[u8] = b"\x28\xb5\x2f\xfd\x04\x68\xfd\x01\x00\x22\x03\x0b\
        \x11\xc0\xeb\x00\x59\x23\x94\xc6\x29\x8d\x9c\xed\x1f\xfb\xd0\xb1\xc9\x02\x64\x71\
        \x4f\xfe\x2e\xc9\x4f\xaa\x8c\x79\x93\x3d\x07\xb3\x49\x81\xf8\xe1\x32\x66\xd7\x8c\
        \xf4\x14\x63\x8e\x05\x00\x58\xe0\x40\x50\x7c\x64\x35\x90\x46\x71\xcd\x1d\x93\x09\
        \x1f\xd0\x34\xcc";
    const SKIPPABLE_FRAME: &[u8] = b"\x5a\x2a\x4d\x18\x03\0\0\0abc";

    #[test]
    fn what_follows_and_is_not_compressed_is_told_from_damage() {
        for (whole, format) in [(gzip(b"text\n"), "gzip"), (BY_ZSTD.to_vec(), "zstd")] {
            for (behind, found) in [
                (&b"garbage"[..], "other bytes behind"),
                (b"g", "other bytes behind"),
                // One that begins is not whole.
                (&whole[..1], "breaks off"),
                (&whole[..3], "breaks off"),
            ] {
                let bytes = [&whole[..], behind].concat();
                let mut lines =
                    Lines::new("f", Cursor::new(bytes), LongLines::Refuse(1000)).unwrap();
                let error = loop {
                    match lines.next_line() {
                        Ok(line) => assert!(line.is_some(), "{format} {behind:?}"),
                        Err(error) => break error.to_string(),
                    }
                };
                assert!(error.contains(found) && error.contains(format), "{error}");
            }
        }
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzBuilder::new()
            .filename("a.txt")
            .write(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(text: &[u8]) -> Vec<u8> {
        compress_to_vec(text, CompressionLevel::Fastest)
    }

    fn lines_of(source: impl Read + Send + 'static) -> Result<String, Error> {
        let mut lines = Lines::new("a.gz", source, LongLines::Refuse(1 << 20))?;
        let mut text = String::new();
        while let Some(line) = lines.next_line()? {
            text.push_str(line.text);
            text.push('\n');
        }
        Ok(text)
    }

    fn text_of(bytes: &[u8]) -> Result<String, Error> {
        lines_of(Cursor::new(bytes.to_vec()))
    }

    #[track_caller]
    fn refused(result: Result<String, Error>, says: &str) {
        match result {
            Err(error @ Error::Input { .. }) => {
                assert!(error.to_string().contains(says), "{error}");
                assert!(error.to_string().starts_with("a.gz"), "{error}");
            }
            other => panic!("not refused as bad input: {other:?}"),
        }
    }

    #[test]
    fn all_members_and_frames_are_one_text() {
        let (a, b) = TEXT.as_bytes().split_at(50);
        let twice = [gzip(a), gzip(b)].concat();
        assert_eq!(text_of(&twice).unwrap(), TEXT);
        assert_eq!(
            text_of(&[twice, vec![0; 512]].concat()).unwrap(),
            TEXT,
            "padded"
        );
        assert_eq!(text_of(BY_ZSTD).unwrap(), TEXT);
        let frames = [
            SKIPPABLE_FRAME,
            &zstd(a),
            SKIPPABLE_FRAME,
            &zstd(b"")[..],
            &zstd(b),
            SKIPPABLE_FRAME,
        ];
        assert_eq!(text_of(&frames.concat()).unwrap(), TEXT);
    }

    #[test]
    fn encodings_are_those_of_the_text_inside() {
        let wide: Vec<u8> = "\u{feff}schön\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(text_of(&gzip(&wide)).unwrap(), "schön\n");
        assert_eq!(text_of(&zstd(b"\xef\xbb\xbfa\n")).unwrap(), "a\n");
        refused(text_of(&gzip(b"%PDF-1.7\n\x01\x02")), "a PDF document");
        refused(text_of(&zstd(&gzip(b"inside"))), "a gzip archive");
        refused(text_of(&gzip(b"fine\nbro\xffken\n")), "line 2, byte 8");
    }

    #[test]
    fn every_truncation_is_an_error() {
        for whole in [gzip(TEXT.as_bytes()), BY_ZSTD.to_vec()] {
            for length in 2..whole.len() {
                let text = text_of(&whole[..length]);
                assert!(
                    matches!(text, Err(Error::Input { .. })),
                    "{length}: {text:?}"
                );
                if length >= 4 {
                    refused(text, "truncated");
                }
            }
        }
        // Not even the signature: the name says what is missing.
        refused(text_of(b""), "truncated");
        refused(text_of(b"\x1f"), "truncated");
        // Between two members or frames there is nothing to see; within, there is.
        let mut frames = [zstd(b"a\n"), SKIPPABLE_FRAME.to_vec()].concat();
        frames.pop();
        refused(text_of(&frames), "truncated");
    }

    #[test]
    fn every_flipped_bit_is_an_error_or_changes_nothing() {
        for whole in [
            gzip(TEXT.as_bytes()),
            BY_ZSTD.to_vec(),
            zstd(TEXT.as_bytes()),
        ] {
            let mut errors = 0;
            for bit in 0..whole.len() * 8 {
                let mut altered = whole.clone();
                altered[bit / 8] ^= 1 << (bit % 8);
                match text_of(&altered) {
                    Ok(text) => assert_eq!(text, TEXT, "bit {bit}"),
                    Err(Error::Input { .. }) => errors += 1,
                    Err(error) => panic!("bit {bit}: {error}"),
                }
            }
            assert!(errors > whole.len() * 6, "{errors}");
        }
        let mut checksum = BY_ZSTD.to_vec();
        *checksum.last_mut().unwrap() ^= 1;
        refused(text_of(&checksum), "damaged zstd data");
        let more = [gzip(b"text\n"), b"this is no gzip member".to_vec()].concat();
        refused(text_of(&more), "other bytes behind the end of gzip data");
    }

    #[test]
    fn bombs_are_refused_early() {
        refused(
            text_of(&gzip("a\n".repeat(32 << 20).as_bytes())),
            "250 times its size",
        );
        // Blocks of 128 KiB in four bytes each, without end, in a window that is
        // full only after 128 MiB.
        let head: &[u8] = b"\x28\xb5\x2f\xfd\x00\x88";
        let endless = head.chain(Repeated(b"\x02\x00\x10a", 0));
        refused(lines_of(endless), "250 times its size");
        // What stays below the limit is read.
        let text = "good film\n".repeat(100_000);
        assert_eq!(text_of(&gzip(text.as_bytes())).unwrap(), text);
    }

    #[test]
    fn large_windows_and_dictionaries_are_refused() {
        refused(text_of(b"\x28\xb5\x2f\xfd\x00\x90\x03\0\0a"), "256 MiB");
        refused(text_of(b"\x28\xb5\x2f\xfd\x00\xff\x03\0\0a"), "MiB");
        refused(
            text_of(b"\x28\xb5\x2f\xfd\x01\x00\x07\x01\0\0"),
            "dictionary",
        );
    }

    #[test]
    fn a_failing_disk_is_not_called_a_damaged_file() {
        for whole in [gzip(TEXT.as_bytes()), BY_ZSTD.to_vec()] {
            for length in 0..whole.len() {
                let source = Cursor::new(whole[..length].to_vec()).chain(Failing);
                match lines_of(source) {
                    Err(Error::Io { source, .. }) => {
                        assert_eq!(source.to_string(), "the disk is gone");
                    }
                    other => panic!("{length}: {other:?}"),
                }
            }
        }
    }

    proptest! {
        #[test]
        fn what_was_compressed_comes_back(parts in proptest::collection::vec("[a-zäöü \n]{0,300}", 1..5)) {
            let text = parts.concat();
            let expected: String = text.lines().map(|line| format!("{line}\n")).collect();
            let members: Vec<u8> = parts.iter().flat_map(|part| gzip(part.as_bytes())).collect();
            prop_assert_eq!(text_of(&members).unwrap(), expected.as_str());
            let frames: Vec<u8> = parts.iter().flat_map(|part| zstd(part.as_bytes())).collect();
            prop_assert_eq!(text_of(&frames).unwrap(), expected);
        }
    }

    /// The same bytes again and again.
    struct Repeated(&'static [u8], usize);

    impl Read for Repeated {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            for byte in buffer.iter_mut() {
                *byte = self.0[self.1 % self.0.len()];
                self.1 += 1;
            }
            Ok(buffer.len())
        }
    }

    struct Failing;

    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
}
