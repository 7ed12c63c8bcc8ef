//! zstd: frames, one after the other.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::errors::{FrameDecoderError, FrameHeaderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::{LARGEST_WINDOW, Metered, Reason};

/// Bytes that the zstd decoder unpacks at once: the usual size of a block.
const STEP: usize = 128 << 10;

/// The frames of a zstd file.
pub(super) struct Zstd<R> {
    source: Metered<R>,
    decoder: FrameDecoder,
    /// What is known of the frame that is being unpacked.
    frame: Option<Frame>,
    /// There was a frame.
    begun: bool,
}

#[derive(Default)]
struct Frame {
    /// Bytes that the decoder holds or handed out, at least: it does not say.
    decoded: u64,
    /// Bytes that it handed out.
    given: u64,
}

impl<R: BufRead> Zstd<R> {
    pub(super) fn new(source: Metered<R>) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(LARGEST_WINDOW);
        Self {
            source,
            decoder,
            frame: None,
            begun: false,
        }
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let Some(frame) = &mut self.frame else {
                if !self.begin()? {
                    return Ok(0);
                }
                continue;
            };
            // A window is only handed out once it is full: what is held back
            // must be counted as well, or a bomb fills it first.
            if self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let ended = self
                    .decoder
                    .decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBytes(STEP))
                    .map_err(|_| self.source.blame())?;
                if !ended {
                    frame.decoded += STEP as u64;
                    let held = frame.decoded.saturating_sub(frame.given);
                    self.source.bounded(self.source.unpacked + held)?;
                }
                continue;
            }
            let read = self.decoder.read(buffer)?;
            if read > 0 {
                frame.given += read as u64;
                return self.source.unpacked(read);
            }
            if !frame.is_whole(&self.decoder) {
                return Err(self.source.format.refuse(Reason::Damaged));
            }
            self.frame = None;
        }
    }
}

impl<R: BufRead> Zstd<R> {
    /// Goes to the next frame with content, if there is one.
    fn begin(&mut self) -> io::Result<bool> {
        loop {
            match self.source.fill_buf() {
                Ok([]) => return Ok(false),
                Ok(_) => {}
                Err(_) => return Err(self.source.blame()),
            }
            if self.begun {
                self.source.refuse_trailing()?;
            }
            self.begun = true;
            let refusal = match self.decoder.reset(&mut self.source) {
                Ok(()) => {
                    self.frame = Some(Frame::default());
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let length = u64::from(length);
                    match io::copy(&mut (&mut self.source).take(length), &mut io::sink()) {
                        Ok(skipped) if skipped == length => continue,
                        _ => return Err(self.source.blame()),
                    }
                }
                Err(FrameDecoderError::WindowSizeTooBig { requested, .. }) => {
                    Reason::Window(requested)
                }
                Err(FrameDecoderError::FrameHeaderError(FrameHeaderError::WindowTooBig {
                    got,
                })) => Reason::Window(got),
                Err(FrameDecoderError::DictNotProvided { .. }) => Reason::Dictionary,
                Err(_) => return Err(self.source.blame()),
            };
            return Err(self.source.format.refuse(refusal));
        }
    }
}

impl Frame {
    /// Whether the frame held what its header and its checksum say; the decoder
    /// leaves that to its caller.
    fn is_whole(&self, decoder: &FrameDecoder) -> bool {
        let stated = decoder.content_size();
        let checksum = decoder.get_checksum_from_data();
        (stated == 0 || stated == self.given)
            && (checksum.is_none() || checksum == decoder.get_calculated_checksum())
    }
}
