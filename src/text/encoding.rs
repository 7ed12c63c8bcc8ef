//! Bytes to text: which encodings are read, and which files are refused by name.

use std::io::{self, Read};
use std::path::Path;

use super::compressed::Format;
use super::filetype;
use crate::error::{Error, Place, Result};
use crate::files::digest::Fingerprint;

/// What errors call standard input.
pub const STANDARD_INPUT: &str = "standard input";
/// Bytes looked at to tell what a file is.
pub(super) const HEAD: usize = 8192;

/// A whole file as text, for the formats whose records span lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WholeText {
    /// The text, without a byte-order mark.
    pub text: String,
    /// Where the text begins in the file; nothing when it was not UTF-8, and
    /// positions in the text are not those in the file.
    pub start: Option<u64>,
    /// The digest of the file.
    pub fingerprint: Fingerprint,
}

/// Reads a whole file; `-` is standard input.
///
/// # Errors
/// [`Error::Io`] when it cannot be read, [`Error::Input`] for what is not text, for
/// broken UTF-8 or a NUL byte.
pub fn read_whole(path: &Path) -> Result<WholeText> {
    if path.is_dir() {
        return Err(Error::input(Place::file(path), "a folder", "a file"));
    }
    let (name, bytes) = if path == Path::new("-") {
        let mut bytes = Vec::new();
        let read = io::stdin().read_to_end(&mut bytes);
        (STANDARD_INPUT.to_owned(), read.map(|_| bytes))
    } else {
        (path.display().to_string(), std::fs::read(path))
    };
    let bytes = bytes.map_err(|error| Error::io(&name, "read", error))?;
    decode(&name, &bytes)
}

/// The text that the `bytes` of a whole file are; `name` is what errors call it.
///
/// # Errors
/// As [`read_whole`].
pub fn decode(name: &str, bytes: &[u8]) -> Result<WholeText> {
    let fingerprint = Fingerprint::of_bytes(bytes);
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Ok(WholeText {
            text: decode_utf16(name, bytes)?,
            start: None,
            fingerprint,
        });
    }
    refuse_binary(name, bytes, None)?;
    let start = if bytes.starts_with(b"\xef\xbb\xbf") {
        3
    } else {
        0
    };
    let place = |at: usize| {
        let line = 1 + bytes[..at].iter().filter(|&&b| b == b'\n').count() as u64;
        Place::line(name, line).at_byte(at as u64)
    };
    if let Some(nul) = bytes.iter().position(|&byte| byte == 0) {
        return Err(Error::input(place(nul), "a NUL byte", "text"));
    }
    match std::str::from_utf8(&bytes[start..]) {
        Ok(text) => Ok(WholeText {
            text: text.to_owned(),
            start: Some(start as u64),
            fingerprint,
        }),
        Err(error) => {
            let at = start + error.valid_up_to();
            Err(broken_utf8(place(at), bytes[at], None))
        }
    }
}

/// `packed` is how the text was compressed.
pub(super) fn broken_utf8(place: Place, byte: u8, packed: Option<Format>) -> Error {
    let hint = conversion("WINDOWS-1252", &place.file, packed);
    let found = format!("the byte 0x{byte:02X}, which is not UTF-8 here");
    Error::input(place, found, "UTF-8 text").with_hint(hint)
}

/// The command that makes UTF-8 of a file.
fn conversion(from: &str, name: &str, packed: Option<Format>) -> String {
    let file = as_argument(name);
    let command = match packed {
        None => format!("iconv -f {from} -t UTF-8 {file}"),
        Some(packed) => format!("{} | iconv -f {from} -t UTF-8", packed.unpacking(file)),
    };
    format!("convert it first: {command} > converted.txt")
}

/// How a file is named in a command that a hint proposes.
fn as_argument(name: &str) -> &str {
    if name == STANDARD_INPUT { "FILE" } else { name }
}

/// `head` is of the text itself, `packed` how it was compressed.
pub(super) fn refuse_binary(name: &str, head: &[u8], packed: Option<Format>) -> Result<()> {
    let head = &head[..head.len().min(HEAD)];
    let place = Place {
        file: name.to_owned(),
        ..Place::default()
    };
    let file = as_argument(name);
    if let Some(kind) = filetype::of(head) {
        let error = Error::input(place, kind, "plain text");
        let hint = match (filetype::remedy(kind, file), packed) {
            (Some(_), Some(packed)) => Some(format!(
                "unpack it first: {} > unpacked",
                packed.unpacking(file)
            )),
            (hint, _) => hint,
        };
        return Err(match hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        });
    }
    let nuls = head.iter().filter(|&&byte| byte == 0).count();
    if nuls * 4 > head.len() && head.len() >= 4 {
        return Err(Error::input(
            place,
            "what looks like UTF-16 or UTF-32 without a byte-order mark",
            "UTF-8 text, or UTF-16 with a byte-order mark",
        )
        .with_hint(conversion("UTF-16LE", name, packed)));
    }
    // One line with a NUL among others is a bad line, which its reader tells of.
    let lines = head.split(|&byte| byte == b'\n');
    let (with, without): (Vec<_>, Vec<_>) = lines
        .filter(|line| !line.is_empty())
        .partition(|line| line.contains(&0));
    if let Some(at) = head.iter().position(|&byte| byte == 0)
        && with.len() > without.len()
    {
        let line = 1 + head[..at].iter().filter(|&&b| b == b'\n').count() as u64;
        return Err(Error::input(
            Place::line(name, line).at_byte(at as u64),
            "binary data (a NUL byte)",
            "plain text",
        ));
    }
    Ok(())
}

/// Decodes UTF-16 whose byte-order mark is still in place.
pub(super) fn decode_utf16(name: &str, bytes: &[u8]) -> Result<String> {
    let little = bytes.starts_with(b"\xff\xfe");
    let units = bytes[2..].chunks_exact(2).map(|pair| {
        let pair = [pair[0], pair[1]];
        if little {
            u16::from_le_bytes(pair)
        } else {
            u16::from_be_bytes(pair)
        }
    });
    let mut text = String::with_capacity(bytes.len() / 2);
    let mut line = 1;
    for decoded in char::decode_utf16(units) {
        match decoded {
            Ok('\0') => {
                return Err(Error::input(
                    Place::line(name, line),
                    "a NUL character",
                    "text",
                ));
            }
            Ok(character) => {
                line += u64::from(character == '\n');
                text.push(character);
            }
            Err(error) => {
                return Err(Error::input(
                    Place::line(name, line),
                    format!("the lone surrogate 0x{:04X}", error.unpaired_surrogate()),
                    "UTF-16 text",
                ));
            }
        }
    }
    if bytes.len() % 2 == 1 {
        return Err(Error::input(
            Place::line(name, line).at_byte(bytes.len() as u64 - 1),
            "half a character at the end",
            "UTF-16 text",
        ));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_unpack_what_is_compressed() {
        let hint = |packed| {
            let broken = broken_utf8(Place::file("f.gz"), 0xff, packed);
            let wide = refuse_binary("f.gz", b"a\0b\0", packed).unwrap_err();
            let picture = refuse_binary("f.gz", b"FiFu\0\0", packed).unwrap_err();
            [broken, wide, picture].map(|error| error.hint().unwrap_or_default().to_owned())
        };
        assert_eq!(
            hint(Some(Format::Gzip)),
            [
                "convert it first: gzip -dc f.gz | iconv -f WINDOWS-1252 -t UTF-8 > converted.txt",
                "convert it first: gzip -dc f.gz | iconv -f UTF-16LE -t UTF-8 > converted.txt",
                "unpack it first: gzip -dc f.gz > unpacked",
            ]
        );
        let [broken, _, file] = hint(None);
        assert_eq!(
            broken,
            "convert it first: iconv -f WINDOWS-1252 -t UTF-8 f.gz > converted.txt"
        );
        assert_eq!(file, "to see what it holds: senti inspect f.gz");
    }

    #[test]
    fn bytes_are_counted_from_the_start_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("marked");
        std::fs::write(&path, b"\xef\xbb\xbfab\xff").unwrap();
        let marked = read_whole(&path).unwrap_err().to_string();
        assert!(marked.contains("byte 5"), "{marked}");
        std::fs::write(&path, b"\xef\xbb\xbfab").unwrap();
        let whole = read_whole(&path).unwrap();
        assert_eq!((whole.text.as_str(), whole.start), ("ab", Some(3)));
        assert_eq!(whole.fingerprint.bytes, 5);
    }
}
