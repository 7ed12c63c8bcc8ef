//! gzip: members, one after the other.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

use super::Metered;

/// The members of a gzip file. There is a decoder, except between two.
pub(super) struct Gzip<R>(Option<GzDecoder<Metered<R>>>);

impl<R: BufRead> Gzip<R> {
    pub(super) fn new(source: Metered<R>) -> Self {
        Self(Some(GzDecoder::new(source)))
    }
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while let Some(member) = &mut self.0 {
            match member.read(buffer) {
                Ok(0) => {}
                Ok(read) => return member.get_mut().unpacked(read),
                Err(_) => return Err(member.get_mut().blame()),
            }
            let source = member.get_mut();
            if !skip_zeros(source).map_err(|_| source.blame())? {
                break;
            }
            source.refuse_trailing()?;
            self.0 = self
                .0
                .take()
                .map(|member| GzDecoder::new(member.into_inner()));
        }
        Ok(0)
    }
}

/// Skips the zeros that tapes and block devices leave after a member; tells
/// whether anything else follows.
fn skip_zeros(source: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let available = source.fill_buf()?;
        if available.is_empty() {
            return Ok(false);
        }
        let zeros = available.iter().take_while(|&&byte| byte == 0).count();
        let more = zeros < available.len();
        source.consume(zeros);
        if more {
            return Ok(true);
        }
    }
}
