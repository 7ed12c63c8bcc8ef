//! SHA-256 of inputs, as `sha256sum` prints it.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

/// A file's size and digest.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fingerprint {
    /// SHA-256, 64 hexadecimal digits.
    pub sha256: String,
    /// Size in bytes.
    pub bytes: u64,
}

impl Fingerprint {
    /// Of bytes in memory.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self {
            sha256: hex(&Sha256::digest(bytes)),
            bytes: bytes.len() as u64,
        }
    }
}

/// Passes bytes on, to a reader or from a writer, and takes their digest on the way.
#[derive(Debug)]
pub struct Hashing<R> {
    inner: R,
    state: Arc<Mutex<Running>>,
}

#[derive(Debug, Default)]
struct Running {
    hasher: Sha256,
    bytes: u64,
    /// Nobody will ask.
    ignored: bool,
}

/// Tells the digest of what went through a [`Hashing`] so far.
#[derive(Debug)]
pub struct Digester(Arc<Mutex<Running>>);

impl<R> Hashing<R> {
    /// Around a reader or writer, and what tells the digest.
    pub fn new(inner: R) -> (Self, Digester) {
        let state = Arc::new(Mutex::new(Running::default()));
        let digester = Digester(Arc::clone(&state));
        (Self { inner, state }, digester)
    }

    /// What it is around.
    pub fn into_inner(self) -> R {
        self.inner
    }

    fn passed(&self, bytes: &[u8]) {
        if let Ok(mut state) = self.state.lock() {
            if !state.ignored {
                state.hasher.update(bytes);
            }
            state.bytes += bytes.len() as u64;
        }
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.passed(&buffer[..read]);
        Ok(read)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.passed(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl Digester {
    /// Spares the work: what is told after is the digest of what went through before.
    pub fn ignore(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.ignored = true;
    }

    /// The digest and the number of bytes.
    pub fn fingerprint(&self) -> Fingerprint {
        // Nobody panics while holding the lock.
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Fingerprint {
            sha256: hex(&state.hasher.clone().finalize()),
            bytes: state.bytes,
        }
    }
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_example() {
        // FIPS 180-4, example "abc".
        assert_eq!(
            Fingerprint::of_bytes(b"abc").sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn reading_through_gives_the_same_digest() {
        let bytes = vec![7; 100_000];
        let (mut reader, digester) = Hashing::new(bytes.as_slice());
        let mut copy = Vec::new();
        reader.read_to_end(&mut copy).unwrap();
        assert_eq!(copy, bytes);
        assert_eq!(digester.fingerprint(), Fingerprint::of_bytes(&bytes));
        let (mut writer, digester) = Hashing::new(Vec::new());
        writer.write_all(&bytes).unwrap();
        assert_eq!(writer.into_inner(), bytes);
        assert_eq!(digester.fingerprint(), Fingerprint::of_bytes(&bytes));
    }
}
