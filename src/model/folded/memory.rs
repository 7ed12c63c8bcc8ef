//! The bytes of a file, so placed that its tables begin where the processor's lines do,
//! and on large pages where the system has them: what is looked up lies anywhere, and
//! then every small page is one that the processor has to find first.

use std::io;

use memmap2::MmapMut;

/// What a processor fetches from memory at once, in bytes.
const LINE: usize = 64;
/// A large page of most systems, in bytes.
const PAGE: usize = 2 << 20;

/// Bytes of a safetensors file. Its first tensor begins at a line, and numbers of eight
/// bytes are aligned if they are in the file.
#[derive(Debug)]
pub(super) struct Memory {
    map: MmapMut,
    start: usize,
    length: usize,
}

impl Memory {
    /// Room for so many bytes, of which the first eight are known: how long the header
    /// is.
    pub(super) fn new(length: usize, first: &[u8]) -> io::Result<Self> {
        let header = first
            .first_chunk()
            .map_or(0, |&first| u64::from_le_bytes(first));
        let tensors = 8 + (header % LINE as u64) as usize;
        // Headers are padded to a whole number of eights.
        let before = match (LINE - tensors % LINE) % LINE {
            before if before.is_multiple_of(8) => before,
            _ => 0,
        };
        let large = length >= PAGE / 2;
        let spare = LINE + if large { PAGE } else { 0 };
        let too_long = || io::Error::from(io::ErrorKind::OutOfMemory);
        let map = MmapMut::map_anon(length.checked_add(spare).ok_or_else(too_long)?)?;
        let aligned = match large {
            true => map.as_ptr().align_offset(PAGE).min(PAGE),
            // Pages begin at lines.
            false => 0,
        };
        Ok(Self {
            map,
            start: aligned + before,
            length,
        })
    }

    /// Says that all of it will be used: large pages are for that.
    pub(super) fn will_be_full(&self) {
        #[cfg(target_os = "linux")]
        if self.length >= PAGE / 2 {
            let (start, end) = (self.start / PAGE * PAGE, self.start + self.length);
            // Where it is not heard nothing is lost but time.
            let _ = (self.map).advise_range(memmap2::Advice::HugePage, start, end - start);
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.map[self.start..self.start + self.length]
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.map[self.start..self.start + self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_the_header_begins_at_a_line() {
        for header in [0u64, 8, 56, 64, 72, 1 << 40, u64::MAX - 7] {
            let memory = Memory::new(200, &header.to_le_bytes()).unwrap();
            let place = memory.bytes().as_ptr() as usize + 8;
            assert_eq!(place.wrapping_add(header as usize) % LINE, 0, "{header}");
        }
        let memory = Memory::new(3 * PAGE, &8u64.to_le_bytes()).unwrap();
        assert_eq!((memory.bytes().as_ptr() as usize + 16) % LINE, 0);
        assert!(Memory::new(usize::MAX, &[]).is_err());
        for first in [&[][..], &[1, 2], &7u64.to_le_bytes()] {
            let mut memory = Memory::new(5, first).unwrap();
            memory.bytes_mut().fill(3);
            assert_eq!(memory.bytes(), [3; 5]);
            assert!((memory.bytes().as_ptr() as usize).is_multiple_of(8));
        }
    }
}
