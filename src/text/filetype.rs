//! Names a file by its first bytes, so that an error can say
//! "a gzip archive" instead of "bad input".

/// Well-known signatures, longest meaning first. Sources: the formats'
/// own specifications.
const SIGNATURES: &[(&[u8], &str)] = &[
    (b"FiFu", "a finalfusion vector file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (
        b"PK\x03\x04",
        "a ZIP archive (or a document that is one, such as .docx or .xlsx)",
    ),
    (b"Rar!", "a RAR archive"),
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"PAR1", "a Parquet table"),
    (b"ARROW1", "an Arrow file"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\x93NUMPY", "a numpy array"),
    (
        b"sentickp",
        "an interrupted training (senti pretrain --resume goes on with it)",
    ),
    (b"\xba\x16\x4f\x2f", "a fastText model"),
    (b"\x80\x02", "a Python pickle"),
    (b"\x80\x03", "a Python pickle"),
    (b"\x80\x04", "a Python pickle"),
    (b"\x80\x05", "a Python pickle"),
    (
        b"version https://git-lfs.github.com/spec/",
        "a Git LFS pointer (the file itself was not downloaded)",
    ),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file (such as a Keras model)"),
    (b"GGUF", "a GGUF model"),
    (b"\x04\x22\x4d\x18", "an lz4 archive"),
    (b"{\\rtf", "an RTF document"),
];

/// How pages begin, behind white space, in small or capital letters. Where a download
/// fails, they stand in the place of the file.
const PAGES: &[(&[u8], &str)] = &[
    (b"<!doctype html", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<?xml", "an XML document"),
];

/// What the file that starts with `head` is, when its signature is known.
///
/// `MZ` and `BZh` are also plain letters, so a signature made of letters
/// alone only counts when the bytes after it are not text.
pub fn of(head: &[u8]) -> Option<&'static str> {
    // POSIX.1-1988: the magic stands behind the name and other fields.
    if head.get(257..262) == Some(b"ustar") {
        return Some("a tar archive");
    }
    if is_safetensors(head) {
        return Some("a safetensors file");
    }
    let start = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let start = start.trim_ascii_start();
    let begins = |page: &[u8]| {
        let start = start.get(..page.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(page))
    };
    if let Some((_, name)) = PAGES.iter().find(|(page, _)| begins(page)) {
        return Some(name);
    }
    SIGNATURES
        .iter()
        .find(|(signature, _)| {
            head.starts_with(signature)
                && (signature.len() > 4
                    || !signature.iter().all(u8::is_ascii_alphanumeric)
                    || head.iter().take(512).any(|&byte| is_binary(byte)))
        })
        .map(|&(_, name)| name)
}

/// What to do with a file of a kind that [`of`] names, where that is known.
pub fn remedy(kind: &str, file: &str) -> Option<String> {
    let unpack = |command: &str| Some(format!("unpack it first: {command} {file}"));
    match kind {
        "a gzip archive" => unpack("gzip -dk"),
        "a zstd archive" => unpack("zstd -dk"),
        "an xz archive" => unpack("xz -dk"),
        "a bzip2 archive" => unpack("bzip2 -dk"),
        "an lz4 archive" => unpack("lz4 -dk"),
        "a tar archive" => unpack("tar -xf"),
        _ if kind.starts_with("a ZIP archive") => unpack("unzip"),
        _ if kind.starts_with("a Git LFS pointer") => {
            Some("fetch the file itself: git lfs pull".to_owned())
        }
        "an HTML page" => {
            Some("was it downloaded? this is a page about it, or about an error".to_owned())
        }
        "a finalfusion vector file" | "a safetensors file" => {
            Some(format!("to see what it holds: senti inspect {file}"))
        }
        _ => None,
    }
}

/// A safetensors file begins with a small little-endian length and then the
/// brace that opens its JSON header.
fn is_safetensors(head: &[u8]) -> bool {
    head.len() > 8 && head[8] == b'{' && head[4..8] == [0; 4]
}

fn is_binary(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b)
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn names_signatures() {
        assert_eq!(of(b"\x1f\x8b\x08\0"), Some("a gzip archive"));
        assert_eq!(of(b"FiFu\0\0\0\0"), Some("a finalfusion vector file"));
        for page in [
            "<!DOCTYPE html><p>",
            "\n <!doctype HTML>",
            "\u{feff}<HTML lang=de>",
        ] {
            assert_eq!(of(page.as_bytes()), Some("an HTML page"), "{page}");
        }
        assert_eq!(of(b"<?xml version=\"1.0\"?>"), Some("an XML document"));
        assert_eq!(of(b"<htm"), None);
        assert_eq!(of(b"\x40\0\0\0\0\0\0\0{\"a\""), Some("a safetensors file"));
    }

    #[test]
    fn plain_words_are_not_signatures() {
        assert_eq!(of(b"MZ is a label in this data\n"), None);
        assert_eq!(of(b"BZh\n"), None);
        assert_eq!(of(b""), None);
        let mut tar = vec![0; 512];
        tar[257..262].copy_from_slice(b"ustar");
        assert_eq!(of(&tar), Some("a tar archive"));
        assert_eq!(of(b"It was great\n"), None);
    }
}
