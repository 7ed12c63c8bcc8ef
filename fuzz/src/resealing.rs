//! Seals that fit. senti's files carry a digest of themselves, which a mutation breaks:
//! without a new one no reader would ever look behind it.

use std::ops::Range;

use safetensors::SafeTensors;
use senti::files::seal;
use sha2::{Digest, Sha256};

/// A model with the seal that fits its bytes; nothing where it has no place for one.
pub fn model(bytes: &[u8]) -> Option<Vec<u8>> {
    let (header, metadata) = SafeTensors::read_metadata(bytes).ok()?;
    let (start, end) = metadata.info("seal")?.data_offsets;
    let start = header.checked_add(8)?.checked_add(start)?;
    let end = header.checked_add(8)?.checked_add(end)?;
    let digest = seal::digest(bytes, start..end, 0);
    with(bytes, start..end, &digest)
}

/// The same of vectors.
pub fn fifu(bytes: &[u8]) -> Option<Vec<u8>> {
    let key = b"\nseal = \"";
    let start = bytes.windows(key.len()).position(|part| part == key)? + key.len();
    let field = start..start + 64;
    let digest = seal::digest(bytes, field.clone(), b'0');
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    with(bytes, field, digits.as_bytes())
}

/// A checkpoint, which ends with its digest.
pub fn checkpoint(bytes: &[u8]) -> Option<Vec<u8>> {
    let body = &bytes[..bytes.len().checked_sub(32)?];
    Some([body, &Sha256::digest(body)[..]].concat())
}

fn with(bytes: &[u8], field: Range<usize>, seal: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = bytes.to_vec();
    let place = bytes.get_mut(field)?;
    (place.len() == seal.len()).then(|| place.copy_from_slice(seal))?;
    Some(bytes)
}
