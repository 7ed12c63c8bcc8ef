//! Lines of a text file, streamed, in any encoding a desktop produces.
//!
//! - UTF-8, with or without a byte-order mark, with LF or CRLF line ends, with
//!   or without a final one. Broken UTF-8 is an error that names the byte.
//! - UTF-16 with a byte-order mark is decoded. Positions in its errors are
//!   line numbers.
//! - gzip and zstd are unpacked on the way: lines, bytes and encodings are those
//!   of the text inside, the fingerprint is that of the file as it lies there.
//! - Archives, pictures and other binary files are refused by name. So is any
//!   line that holds a NUL byte.
//! - A line may be as long as the caller's [`LongLines`] allows, so that memory
//!   stays bounded whatever the file holds; UTF-16 alone is read whole.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::ops::Range;
use std::path::Path;

use memchr::memchr;

use super::compressed::{self, Format};
use super::encoding::{HEAD, STANDARD_INPUT, broken_utf8, decode_utf16, refuse_binary};
use crate::error::{Error, Place, Result};
use crate::files::digest::{Digester, Fingerprint, Hashing};

/// What to do with a line longer than the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LongLines {
    /// Hand it out in pieces of at most this many bytes, cut at white space
    /// where there is any. Right for corpora, whose lines are only context.
    Split(usize),
    /// An error. Right where one line must give one answer.
    Refuse(usize),
}

/// Bytes added to the buffer in one go, at most.
const READ_AT_ONCE: usize = 1 << 16;

/// One line, without its line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Counted from 1.
    pub number: u64,
    /// Bytes from the start of the file to the start of this line.
    pub offset: u64,
    /// The text.
    pub text: &'a str,
}

/// Where a line lies in the buffer.
struct Found {
    start: usize,
    length: usize,
    /// Bytes from the start of the file.
    offset: u64,
    /// Longer than the limit: it is not in the buffer as a whole.
    too_long: bool,
}

/// A reader of lines.
pub struct Lines {
    reader: Box<dyn BufRead + Send>,
    name: String,
    /// How the file is compressed.
    packed: Option<Format>,
    long: LongLines,
    number: u64,
    /// Bytes of the file before those in the buffer.
    offset: u64,
    buffer: Vec<u8>,
    /// Bytes of the buffer that were handed out.
    consumed: usize,
    /// The last piece handed out was cut inside a line.
    inside: bool,
    /// Where that piece lies in the buffer.
    last: Range<usize>,
    digester: Digester,
}

impl Lines {
    /// Opens a file; `-` is standard input.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be opened, [`Error::Input`] when it is
    /// not text.
    pub fn open(path: &Path, long: LongLines) -> Result<Self> {
        if path == Path::new("-") {
            return Self::new(STANDARD_INPUT, io::stdin(), long);
        }
        if path.is_dir() {
            return Err(Error::input(
                Place::file(path),
                "a folder",
                "a text file, one text a line",
            ));
        }
        let file = File::open(path).map_err(|error| Error::io(path, "open", error))?;
        Self::new(&path.display().to_string(), file, long)
    }

    /// Reads from any source; `name` is what errors call it.
    ///
    /// # Errors
    /// As [`Lines::open`].
    pub fn new(name: &str, source: impl Read + Send + 'static, long: LongLines) -> Result<Self> {
        let (source, digester) = Hashing::new(source);
        let (mut head, mut source, packed) = unpacked(name, source)?;

        let mut offset = 0;
        let reader: Box<dyn BufRead + Send> = match head.as_slice() {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
                source
                    .read_to_end(&mut head)
                    .map_err(|error| compressed::error(name, error))?;
                Box::new(Cursor::new(decode_utf16(name, &head)?.into_bytes()))
            }
            _ => {
                refuse_binary(name, &head, packed)?;
                if head.starts_with(b"\xef\xbb\xbf") {
                    head.drain(..3);
                    offset = 3;
                }
                Box::new(BufReader::with_capacity(
                    1 << 16,
                    Cursor::new(head).chain(source),
                ))
            }
        };
        Ok(Self {
            reader,
            name: name.to_owned(),
            packed,
            long,
            number: 0,
            offset,
            buffer: Vec::new(),
            consumed: 0,
            inside: false,
            last: 0..0,
            digester,
        })
    }

    /// The digest of what was read so far: of the whole input, once
    /// [`Lines::next_line`] returned nothing.
    pub fn fingerprint(&self) -> Fingerprint {
        self.digester.fingerprint()
    }

    /// Says that nobody will ask for the fingerprint, which takes time.
    pub fn ignore_fingerprint(&self) {
        self.digester.ignore();
    }

    /// The next line, or `None` at the end.
    ///
    /// # Errors
    /// [`Error::Input`] for a NUL byte, broken UTF-8, or a line that is too
    /// long; [`Error::Io`] when reading fails.
    pub fn next_line(&mut self) -> Result<Option<Line<'_>>> {
        match self.find_line()? {
            None => Ok(None),
            Some(found) => self.checked(&found).map(Some),
        }
    }

    /// As [`Lines::next_line`], for those who can do without a line: the inner
    /// error is about one line, and the next call goes on behind it.
    ///
    /// # Errors
    /// What ends the reading: [`Error::Io`], or [`Error::Input`] for compressed
    /// data that is damaged.
    pub fn next_or_bad(&mut self) -> Result<Option<Result<Line<'_>>>> {
        let Some(found) = self.find_line()? else {
            return Ok(None);
        };
        if found.too_long {
            self.skip_line()?;
        }
        Ok(Some(self.checked(&found)))
    }

    /// What can be read of the line that was handed out last, or told to be bad: each
    /// byte that is no text is a replacement character. Nothing of a line that is too
    /// long.
    pub fn legible(&self) -> String {
        let bytes = self.buffer.get(self.last.clone()).unwrap_or_default();
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let text = String::from_utf8_lossy(bytes);
        text.replace('\0', char::REPLACEMENT_CHARACTER.encode_utf8(&mut [0; 4]))
    }

    /// Whether the next line is in memory as a whole, so that nobody has to wait for
    /// it. The last line of an input that lacks a final line end never is.
    pub fn is_ready(&self) -> bool {
        memchr(b'\n', &self.buffer[self.consumed..]).is_some()
    }

    /// Goes behind the next line, or the next piece of one; one that is too long
    /// stays.
    fn find_line(&mut self) -> Result<Option<Found>> {
        let limit = match self.long {
            LongLines::Split(limit) | LongLines::Refuse(limit) => limit.max(4),
        };
        let end = self.find_newline(limit)?;
        let unread = &self.buffer[self.consumed..];
        if end.is_none() && unread.is_empty() {
            return Ok(None);
        }
        if !self.inside {
            self.number += 1;
        }
        let (length, consumed, too_long) = match (end, self.long) {
            (Some(newline), _) => (newline, newline + 1, false),
            (None, _) if unread.len() <= limit => (unread.len(), unread.len(), false),
            (None, LongLines::Refuse(_)) => (0, 0, true),
            (None, LongLines::Split(limit)) => {
                let cut = cut_point(unread, limit);
                (cut, cut, false)
            }
        };
        let found = Found {
            start: self.consumed,
            length,
            offset: self.offset + self.consumed as u64,
            too_long,
        };
        self.inside = end.is_none();
        self.consumed += consumed;
        self.last = found.start..found.start + found.length;
        Ok(Some(found))
    }

    /// The line that was found, if it is text.
    fn checked(&self, found: &Found) -> Result<Line<'_>> {
        let offset = found.offset;
        // Made only where it is needed: it is memory of its own.
        let place = || Place::line(&self.name, self.number);
        if let (true, LongLines::Refuse(limit)) = (found.too_long, self.long) {
            return Err(Error::input(
                place().at_byte(offset),
                format!("a line of more than {limit} bytes"),
                "one text a line",
            ));
        }
        let bytes = &self.buffer[found.start..found.start + found.length];
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        if let Some(nul) = memchr(0, bytes) {
            return Err(Error::input(
                place().at_byte(offset + nul as u64),
                "a NUL byte",
                "text",
            ));
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Line {
                number: self.number,
                offset,
                text,
            }),
            Err(error) => {
                let at = error.valid_up_to();
                let place = place().at_byte(offset + at as u64);
                Err(broken_utf8(place, bytes[at], self.packed))
            }
        }
    }

    /// Goes behind the line that begins at `consumed`, keeping none of it.
    fn skip_line(&mut self) -> Result<()> {
        self.inside = false;
        loop {
            let unread = &self.buffer[self.consumed..];
            if let Some(newline) = memchr(b'\n', unread) {
                self.consumed += newline + 1;
                return Ok(());
            }
            self.consumed = self.buffer.len();
            if !self.read_on()? {
                return Ok(());
            }
        }
    }

    /// Where the line that begins at `consumed` ends, counted from there: at a
    /// newline at most `limit` bytes on. `None` when there is none before the
    /// end of the input, or when the line is longer. Reads on as needed.
    fn find_newline(&mut self, limit: usize) -> Result<Option<usize>> {
        let mut searched = 0;
        loop {
            let unread = &self.buffer[self.consumed..];
            let window = &unread[..unread.len().min(limit + 1)];
            if let Some(at) = memchr(b'\n', &window[searched..]) {
                return Ok(Some(searched + at));
            }
            searched = window.len();
            if unread.len() > limit {
                return Ok(None);
            }
            if !self.read_on()? {
                return Ok(None);
            }
        }
    }

    /// Forgets what was consumed and appends what can be read at once; `false`
    /// at the end of the input.
    fn read_on(&mut self) -> Result<bool> {
        self.buffer.drain(..self.consumed);
        self.offset += self.consumed as u64;
        self.consumed = 0;
        loop {
            let available = match self.reader.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(compressed::error(&self.name, error)),
            };
            // A decoded text is there as a whole: it is not copied as a whole.
            let taken = available.len().min(READ_AT_ONCE);
            self.buffer.extend_from_slice(&available[..taken]);
            self.reader.consume(taken);
            return Ok(taken > 0);
        }
    }
}

/// What a file is, in a few words, if its first bytes are not text; of one that
/// is compressed, what is inside.
///
/// # Errors
/// [`Error::Io`] when it cannot be read, [`Error::Input`] for compressed data that
/// is damaged from the start.
pub fn not_text(path: &Path) -> Result<Option<String>> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| Error::io(path, "open", error))?;
    let (head, _, packed) = unpacked(&name, file)?;
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return Ok(None);
    }
    match refuse_binary(&name, &head, packed) {
        Err(Error::Input { found, .. }) => Ok(Some(found)),
        Err(error) => Err(error),
        Ok(()) => Ok(None),
    }
}

/// What comes after the first bytes of a text.
type Rest = Box<dyn Read + Send>;

/// The first bytes of the text in `source`, what comes after them, and how it was
/// compressed.
fn unpacked(
    name: &str,
    mut source: impl Read + Send + 'static,
) -> Result<(Vec<u8>, Rest, Option<Format>)> {
    let failed = |error| compressed::error(name, error);
    let head = read_head(&mut source).map_err(failed)?;
    if let Some(format) = Format::lost(name, &head) {
        return Err(failed(format.truncated()));
    }
    let Some(format) = Format::of(&head) else {
        return Ok((head, Box::new(source), None));
    };
    let mut source = format.unpack(Cursor::new(head).chain(source));
    let head = read_head(&mut source).map_err(failed)?;
    Ok((head, source, Some(format)))
}

/// The first bytes, as many as there are at once: a pipe that trickles must not
/// wait until there are [`HEAD`] of them. A few are needed to see a mark.
fn read_head(source: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = vec![0; HEAD];
    let mut length = 0;
    while length < 4 && !head[..length].contains(&b'\n') {
        match source.read(&mut head[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    head.truncate(length);
    Ok(head)
}

/// Where to cut a line that is too long: after the last white space within
/// the limit, or between two characters.
fn cut_point(bytes: &[u8], limit: usize) -> usize {
    let window = &bytes[..limit.min(bytes.len())];
    if let Some(space) = window.iter().rposition(u8::is_ascii_whitespace) {
        return space + 1;
    }
    let mut cut = window.len();
    // A character has at most three continuation bytes; more than that is
    // broken UTF-8, which the caller reports.
    while cut > window.len() - 3 && bytes.get(cut).is_some_and(|byte| byte & 0xc0 == 0x80) {
        cut -= 1;
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(bytes: &[u8], long: LongLines) -> Result<Vec<(u64, u64, String)>> {
        let mut lines = Lines::new("test", Cursor::new(bytes.to_vec()), long)?;
        let mut out = Vec::new();
        while let Some(line) = lines.next_line()? {
            out.push((line.number, line.offset, line.text.to_owned()));
        }
        Ok(out)
    }

    /// Hands out a few bytes at a time, as a pipe may.
    struct Trickle(Cursor<Vec<u8>>, usize);

    impl Read for Trickle {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = buffer.len().min(self.1);
            self.0.read(&mut buffer[..length])
        }
    }

    proptest! {
        #[test]
        fn lines_are_those_of_the_text_however_it_arrives(
            text in "([aé \r]{0,12}\n?){0,30}",
            step in 1_usize..20,
        ) {
            let source = Trickle(Cursor::new(text.clone().into_bytes()), step);
            let mut lines = Lines::new("test", source, LongLines::Refuse(40)).unwrap();
            let mut offset = 0;
            for (place, whole) in text.split_inclusive('\n').enumerate() {
                let expected = whole.strip_suffix('\n').unwrap_or(whole);
                if expected.len() > 40 {
                    prop_assert!(lines.next_line().is_err());
                    return Ok(());
                }
                let line = lines.next_line().unwrap().unwrap();
                prop_assert_eq!(line.text, expected.strip_suffix('\r').unwrap_or(expected));
                prop_assert_eq!((line.number, line.offset), (place as u64 + 1, offset));
                offset += whole.len() as u64;
            }
            prop_assert_eq!(lines.next_line().unwrap(), None);
            prop_assert_eq!(lines.next_line().unwrap(), None);
            prop_assert_eq!(lines.fingerprint(), Fingerprint::of_bytes(text.as_bytes()));
        }

        #[test]
        fn pieces_of_long_lines_make_up_the_text(text in "[aé ]{0,60}(\n[aé ]{0,60}){0,5}", step in 1_usize..20, limit in 4_usize..12) {
            let source = Trickle(Cursor::new(text.clone().into_bytes()), step);
            let mut lines = Lines::new("test", source, LongLines::Split(limit)).unwrap();
            let mut joined = String::new();
            while let Some(line) = lines.next_line().unwrap() {
                prop_assert!(line.text.len() <= limit);
                let before = &text[..line.offset as usize];
                prop_assert!(text[before.len()..].starts_with(line.text));
                prop_assert_eq!(line.number, 1 + before.matches('\n').count() as u64);
                joined += line.text;
            }
            prop_assert_eq!(joined, text.replace('\n', ""));
        }
    }

    fn texts(bytes: &[u8]) -> Vec<String> {
        all(bytes, LongLines::Refuse(1 << 20))
            .unwrap()
            .into_iter()
            .map(|(_, _, text)| text)
            .collect()
    }

    #[test]
    fn a_bad_line_is_not_the_end() {
        let bytes = b"one\nbro\xffken\nn\0l\naaaaaaaaaaaaaaaaaaaa\ntwo\r\nbbbbbbbbbbbbbbbb";
        for step in (1..=12).chain([64]) {
            let source = Trickle(Cursor::new(bytes.to_vec()), step);
            let mut lines = Lines::new("test", source, LongLines::Refuse(8)).unwrap();
            let (mut seen, mut legible) = (Vec::new(), Vec::new());
            while let Some(line) = lines.next_or_bad().unwrap() {
                seen.push(match line {
                    Ok(line) => format!("{} {}", line.number, line.text),
                    Err(error) => error.to_string(),
                });
                legible.push(lines.legible());
            }
            let parts = ["one", "bro\u{fffd}ken", "n\u{fffd}l", "", "two", ""];
            assert_eq!(legible, parts);
            let expected = [
                "1 one",
                "line 2, byte 7: found the byte 0xFF",
                "line 3, byte 13: found a NUL",
                "line 4, byte 16: found a line of more than 8 bytes",
                "5 two",
                "line 6, byte 42: found a line of more than 8 bytes",
            ];
            assert_eq!(seen.len(), expected.len(), "{seen:?}");
            for (seen, expected) in seen.iter().zip(expected) {
                assert!(seen.contains(expected), "{seen}");
            }
        }
    }

    #[test]
    fn a_line_is_ready_when_its_end_is_there() {
        let source = Trickle(Cursor::new(b"one\ntwo\nthree".to_vec()), 6);
        let mut lines = Lines::new("test", source, LongLines::Refuse(8)).unwrap();
        assert!(!lines.is_ready());
        lines.next_line().unwrap();
        assert!(!lines.is_ready());
        lines.next_line().unwrap();
        lines.next_line().unwrap();
        assert!(!lines.is_ready());
        let whole = Cursor::new(b"one\ntwo\nthree".to_vec());
        let mut lines = Lines::new("test", whole, LongLines::Refuse(8)).unwrap();
        lines.next_line().unwrap();
        assert!(lines.is_ready());
    }

    #[test]
    fn line_ends_and_marks() {
        assert_eq!(texts(b""), Vec::<String>::new());
        assert_eq!(texts(b"a\nb\n"), ["a", "b"]);
        assert_eq!(texts(b"a\r\nb"), ["a", "b"]);
        assert_eq!(texts(b"\xef\xbb\xbfa\n\nb"), ["a", "", "b"]);
        assert_eq!(texts(b"\xff\xfea\0\n\0b\0"), ["a", "b"]);
        assert_eq!(texts(b"\xfe\xff\0a\0\r\0\n\0b"), ["a", "b"]);
    }

    #[test]
    fn long_lines_are_cut_at_spaces_or_refused() {
        let pieces = all(b"aaa bbb ccc\nd", LongLines::Split(5)).unwrap();
        let text: String = pieces[..pieces.len() - 1]
            .iter()
            .map(|(_, _, text)| text.as_str())
            .collect();
        assert_eq!(text, "aaa bbb ccc");
        assert!(pieces.iter().all(|(_, _, text)| text.len() <= 5));
        assert_eq!(pieces.last().unwrap(), &(2, 12, "d".to_owned()));
        assert!(all(b"aaaaaaaa", LongLines::Refuse(5)).is_err());
        // Without spaces the cut falls between characters.
        let pieces = all("äöüäöü".as_bytes(), LongLines::Split(5)).unwrap();
        assert_eq!(
            pieces
                .iter()
                .map(|(_, _, t)| t.as_str())
                .collect::<String>(),
            "äöüäöü"
        );
    }

    #[test]
    fn refusals_name_the_byte() {
        let error = all(b"fine\nbro\xffken", LongLines::Refuse(100)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "test, line 2, byte 8: found the byte 0xFF, which is not UTF-8 here, expected UTF-8 text"
        );
        let gzip = all(b"\x1f\x8b\x08\0abc", LongLines::Refuse(100)).unwrap_err();
        assert!(gzip.to_string().contains("truncated"), "{gzip}");
        let xz = all(b"\xfd7zXZ\0\0", LongLines::Refuse(100)).unwrap_err();
        assert!(xz.to_string().contains("an xz archive"), "{xz}");
        let bare = all(b"a\0b\0c\0d\0", LongLines::Refuse(100)).unwrap_err();
        assert!(bare.to_string().contains("UTF-16"), "{bare}");
        let odd = all(b"\xff\xfea\0b", LongLines::Refuse(100)).unwrap_err();
        assert!(odd.to_string().contains("half a character"), "{odd}");
        // Past the head that is checked on opening.
        let mut late = vec![b'a'; HEAD + 10];
        late.extend(b"\n\0");
        assert!(all(&late, LongLines::Refuse(1 << 20)).is_err());
    }
}
