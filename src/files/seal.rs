//! A digest that a file carries of itself.
//!
//! The seal is the SHA-256 of the whole file with the seal's own field filled
//! with a blank byte. It stands inside the file, so that formats which allow
//! no trailer (finalfusion, safetensors) can carry it, and it covers every
//! byte: header, padding and data alike.

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
}
