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
    if let Some(proofs) = metadata.info("proofs") {
        return with_proofs(bytes, header.checked_add(8)?, proofs.data_offsets, start..end);
    }
    let digest = seal::digest(bytes, start..end, 0);
    with(bytes, start..end, &digest)
}

/// The same of a folded model, whose blocks have digests of their own.
fn with_proofs(
    bytes: &[u8],
    header: usize,
    (start, end): (usize, usize),
    seal: Range<usize>,
) -> Option<Vec<u8>> {
    let proofs = header.checked_add(start)?..header.checked_add(end)?;
    let covered = bytes.get(header..proofs.start)?;
    let digests = covered.chunks(4096).flat_map(Sha256::digest);
    let bytes = with(bytes, proofs.clone(), &digests.collect::<Vec<u8>>())?;
    let mut hasher = Sha256::new();
    hasher.update(&bytes[..header]);
    hasher.update(&bytes[proofs]);
    with(&bytes, seal, &hasher.finalize())
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
