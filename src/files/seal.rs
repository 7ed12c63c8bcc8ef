//! A digest that a file carries of itself.
//!
//! The seal is the SHA-256 of the whole file with the seal's own field filled
//! with a blank byte. It stands inside the file, so that formats which allow
//! no trailer (finalfusion, safetensors) can carry it, and it covers every
//! byte: header, padding and data alike. Files of our own format, which may be
//! too large for memory, end with their digest instead.

use std::io::{self, Read, Write};
use std::ops::Range;

use sha2::{Digest, Sha256};

/// The digest of `bytes` with the field at `field` read as `blank`s. A field
/// that reaches past the end is cut there.
pub fn digest(bytes: &[u8], field: Range<usize>, blank: u8) -> [u8; 32] {
    let start = field.start.min(bytes.len());
    let end = field.end.clamp(start, bytes.len());
    let mut hasher = Sha256::new();
    hasher.update(&bytes[..start]);
    hasher.update(vec![blank; end - start]);
    hasher.update(&bytes[end..]);
    hasher.finalize().into()
}

/// Bytes of a seal at the end of a file.
pub(crate) const TRAILER: u64 = 32;

/// Passes bytes on, and then their digest.
pub(crate) struct Sealing<W> {
    inner: W,
    hasher: Sha256,
}

impl<W: Write> Sealing<W> {
    pub(crate) fn new(inner: W) -> Self {
        let hasher = Sha256::new();
        Self { inner, hasher }
    }

    /// Writes the digest of everything before it.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.inner.write_all(&self.hasher.finalize())
    }
}

impl<W: Write> Write for Sealing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Whether a file of `length` bytes ends with the digest of what is before it.
pub(crate) fn trailer_fits(file: &mut impl Read, length: u64) -> io::Result<bool> {
    let Some(mut left) = length.checked_sub(TRAILER) else {
        return Ok(false);
    };
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    while left > 0 {
        let next = buffer
            .len()
            .min(usize::try_from(left).unwrap_or(usize::MAX));
        file.read_exact(&mut buffer[..next])?;
        hasher.update(&buffer[..next]);
        left -= next as u64;
    }
    let mut trailer = [0; TRAILER as usize];
    file.read_exact(&mut trailer)?;
    Ok(hasher.finalize()[..] == trailer)
}

/// What checking a seal found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seal {
    /// The digest fits.
    Intact,
    /// The file was changed after it was written.
    Broken,
    /// The file carries no digest: another program wrote it.
    None,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_outside_the_field_counts() {
        let bytes: Vec<u8> = (0..100).collect();
        let field = 40..72;
        let whole = digest(&bytes, field.clone(), 0);
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(
                digest(&changed, field.clone(), 0) == whole,
                field.contains(&at),
                "byte {at}"
            );
        }
    }

    #[test]
    fn a_trailer_covers_everything_before_it() {
        for content in [Vec::new(), vec![7; 3], vec![9; 200_000]] {
            let mut file = Vec::new();
            let mut sealing = Sealing::new(&mut file);
            sealing.write_all(&content).unwrap();
            sealing.finish().unwrap();
            let fits = |file: &[u8]| trailer_fits(&mut &*file, file.len() as u64).unwrap();
            assert!(fits(&file));
            assert!(!fits(&file[..file.len() - 1]));
            assert!(!fits(&[&file[..], b"x"].concat()));
            for at in [0, file.len() / 2, file.len() - 1] {
                file[at] ^= 4;
                assert!(!fits(&file), "byte {at}");
                file[at] ^= 4;
            }
        }
    }
}
