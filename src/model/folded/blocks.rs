//! Which blocks of a file are in memory and verified.
//!
//! The bytes of all tensors but the last two are cut into blocks. `proofs` has the digest
//! of each, and `seal` that of the header and the proofs: so a block can be believed
//! without the others.

use std::fs::File;
use std::io;
use std::ops::Range;

use safetensors::tensor::{Metadata, SafeTensors};
use sha2::{Digest, Sha256};

use super::memory::Memory;

/// Bytes of a block; the last may be shorter.
const BLOCK: usize = 4096;
const DIGEST: usize = 32;

/// Why bytes cannot be had.
#[derive(Debug)]
pub(super) enum Trouble {
    /// They cannot be read.
    Io(io::Error),
    /// They are not those that were sealed.
    Changed,
}

/// Bytes of the proofs of so many.
pub(super) fn proofs_of(bytes: usize) -> usize {
    bytes.div_ceil(BLOCK) * DIGEST
}

/// Where the parts of a file lie.
#[derive(Debug, Clone)]
struct Layout {
    header: Range<usize>,
    covered: Range<usize>,
    proofs: Range<usize>,
    seal: Range<usize>,
}

impl Layout {
    /// Of a file whose header is `header` bytes long, with the eight that say so; nothing
    /// where it has no such parts.
    fn of(metadata: &Metadata, header: usize) -> Option<Self> {
        let range = |name: &str| {
            let (from, to) = metadata.info(name)?.data_offsets;
            Some(header + from..header + to)
        };
        let (proofs, seal) = (range("proofs")?, range("seal")?);
        let covered = header..proofs.start;
        let fits = proofs.len() == proofs_of(covered.len())
            && seal.len() == DIGEST
            && seal.start == proofs.end
            && seal.end == header + metadata.data_len();
        fits.then_some(Self {
            header: 0..header,
            covered,
            proofs,
            seal,
        })
    }

    fn is_sealed(&self, bytes: &[u8]) -> bool {
        bytes[self.seal.clone()] == self.digest(bytes)
    }

    fn digest(&self, bytes: &[u8]) -> [u8; DIGEST] {
        let mut hasher = Sha256::new();
        hasher.update(&bytes[self.header.clone()]);
        hasher.update(&bytes[self.proofs.clone()]);
        hasher.finalize().into()
    }
}

/// Writes the proofs and the seal into a file that has room for them.
pub(in crate::model) fn seal(bytes: &mut [u8]) -> Option<()> {
    let (header, metadata) = SafeTensors::read_metadata(bytes).ok()?;
    let layout = Layout::of(&metadata, header + 8)?;
    let (covered, proofs) = bytes.split_at_mut(layout.proofs.start);
    let blocks = covered[layout.header.end..].chunks(BLOCK);
    for (block, proof) in blocks.zip(proofs.chunks_mut(DIGEST)) {
        proof.copy_from_slice(&Sha256::digest(block));
    }
    let digest = layout.digest(bytes);
    bytes[layout.seal].copy_from_slice(&digest);
    Some(())
}

/// The blocks of a file, and where those come from that are not in memory yet.
#[derive(Debug)]
pub(super) struct Blocks {
    layout: Layout,
    file: Option<File>,
    verified: Vec<bool>,
}

impl Blocks {
    /// Of a file whose header is in memory. Where the rest is to be read from `file`, its
    /// proofs are read now.
    pub(super) fn new(
        memory: &mut Memory,
        metadata: &Metadata,
        header: usize,
        mut file: Option<File>,
    ) -> Result<Self, Trouble> {
        let layout = Layout::of(metadata, header).ok_or(Trouble::Changed)?;
        if let Some(file) = &mut file {
            let rest = layout.proofs.start..layout.seal.end;
            read_at(file, memory, rest).map_err(Trouble::Io)?;
        }
        if !layout.is_sealed(memory.bytes()) {
            return Err(Trouble::Changed);
        }
        let blocks = layout.covered.len().div_ceil(BLOCK);
        Ok(Self {
            layout,
            file,
            verified: vec![false; blocks],
        })
    }

    /// Has all bytes in memory and verified.
    pub(super) fn fetch_all(&mut self, memory: &mut Memory) -> Result<(), Trouble> {
        memory.will_be_full();
        let all = self.layout.covered.clone();
        self.fetch(memory, all).map(|_| ())
    }

    /// Has the bytes of a range in memory and verified; says whether any were not before.
    pub(super) fn fetch(
        &mut self,
        memory: &mut Memory,
        range: Range<usize>,
    ) -> Result<bool, Trouble> {
        let start = self.layout.covered.start;
        let end = range.end.min(self.layout.covered.end);
        let first = range.start.saturating_sub(start) / BLOCK;
        let last = end.saturating_sub(start).div_ceil(BLOCK);
        let mut any = false;
        let mut at = first;
        while at < last {
            let absent = |at: &usize| *at < last && !self.verified[*at];
            let count = (at..).take_while(absent).count();
            if count == 0 {
                at += 1;
                continue;
            }
            let bytes =
                start + at * BLOCK..(start + (at + count) * BLOCK).min(self.layout.covered.end);
            if let Some(file) = &mut self.file {
                read_at(file, memory, bytes.clone()).map_err(Trouble::Io)?;
            }
            let proofs = &memory.bytes()[self.layout.proofs.clone()][at * DIGEST..];
            let blocks = memory.bytes()[bytes].chunks(BLOCK);
            if !(blocks.zip(proofs.chunks(DIGEST)))
                .all(|(block, proof)| Sha256::digest(block)[..] == *proof)
            {
                return Err(Trouble::Changed);
            }
            self.verified[at..at + count].fill(true);
            any = true;
            at += count;
        }
        Ok(any)
    }
}

fn read_at(file: &mut File, memory: &mut Memory, range: Range<usize>) -> io::Result<()> {
    let place = range.start as u64;
    let bytes = &mut memory.bytes_mut()[range];
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_exact_at(file, bytes, place);
    #[cfg(not(unix))]
    {
        use std::io::{Read, Seek, SeekFrom};
        file.seek(SeekFrom::Start(place))?;
        file.read_exact(bytes)
    }
}
