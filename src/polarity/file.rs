//! The direction of sentiment as bytes, to be kept with the vectors or in a model.
//!
//! A header's length (u64, little-endian), a header in JSON, and then, for V words,
//! P pairs, O opinion words and d dimensions, little-endian and without gaps: P
//! pairs (u64), O opinion words (u32), V + P logarithms of inverse document
//! frequencies (f32), and for each scale V + P weights and d components (f32).

use serde::{Deserialize, Serialize};

use super::scale::Scale;
use super::{Polarity, Report};
use crate::text::cues::Cues;

const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    cues: Cues,
    report: Report,
    pairs: usize,
    opinions: usize,
    offsets: [f64; 2],
}

impl Polarity {
    /// Equal directions give equal bytes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let header = Header {
            format: FORMAT,
            cues: self.cues.clone(),
            report: self.report.clone(),
            pairs: self.pairs.len(),
            opinions: self.opinions.len(),
            offsets: [self.scales[0].offset, self.scales[1].offset],
        };
        // Numbers, strings and lists of them have no reason to fail.
        let header = serde_json::to_vec(&header).unwrap_or_default();
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header);
        bytes.extend(self.pairs.iter().flat_map(|pair| pair.to_le_bytes()));
        bytes.extend(self.opinions.iter().flat_map(|word| word.to_le_bytes()));
        let scales = self.scales.iter();
        let values = scales.flat_map(|scale| scale.weights.iter().chain(&scale.direction));
        bytes.extend(self.idf.iter().chain(values).flat_map(|v| v.to_le_bytes()));
        bytes
    }

    /// The direction in `bytes`, for vectors of so many words and dimensions; or what
    /// is wrong with them.
    pub(crate) fn from_bytes(
        bytes: &[u8],
        words: usize,
        dims: usize,
    ) -> std::result::Result<Self, String> {
        let broken = || "a direction of sentiment that is incomplete".to_owned();
        let (length, rest) = bytes.split_first_chunk::<8>().ok_or_else(broken)?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| broken())?;
        let (header, rest) = rest.split_at_checked(length).ok_or_else(broken)?;
        let header: Header = serde_json::from_slice(header)
            .map_err(|error| format!("a direction of sentiment that cannot be read ({error})"))?;
        if header.format != FORMAT {
            return Err(format!(
                "a direction of sentiment of format {}",
                header.format
            ));
        }
        let mut rest = Rest(rest);
        let pairs = rest
            .take(header.pairs, u64::from_le_bytes)
            .ok_or_else(broken)?;
        let opinions = rest
            .take(header.opinions, u32::from_le_bytes)
            .ok_or_else(broken)?;
        let features = words.checked_add(pairs.len()).ok_or_else(broken)?;
        let idf = rest.take(features, f32::from_le_bytes).ok_or_else(broken)?;
        let mut scale = |offset| {
            Some(Scale {
                weights: rest.take(features, f32::from_le_bytes)?,
                direction: rest.take(dims, f32::from_le_bytes)?,
                offset,
            })
        };
        let [first, second] = header.offsets;
        let scales = [
            scale(first).ok_or_else(broken)?,
            scale(second).ok_or_else(broken)?,
        ];
        if !rest.0.is_empty() {
            return Err("a direction of sentiment of other vectors".to_owned());
        }

        let known = |row: u64| row < words as u64;
        let in_order = pairs.is_sorted_by(|a, b| a < b)
            && opinions.is_sorted_by(|a, b| a < b)
            && opinions.iter().all(|&word| known(word.into()))
            && pairs
                .iter()
                .all(|pair| known(pair >> 32) && known(pair & 0xffff_ffff));
        if !in_order {
            return Err("a direction of sentiment with words that are none".to_owned());
        }
        let values = |scale: &Scale| {
            scale
                .weights
                .iter()
                .chain(&scale.direction)
                .all(|v| v.is_finite())
                && scale.offset.is_finite()
        };
        if !(idf.iter().all(|&v| v.is_finite() && v > 0.0) && scales.iter().all(values)) {
            return Err("a direction of sentiment with a value that is not finite".to_owned());
        }
        Ok(Self {
            cues: header.cues,
            report: header.report,
            idf,
            pairs,
            opinions,
            scales,
        })
    }
}

/// The bytes that have not been read.
struct Rest<'b>(&'b [u8]);

impl Rest<'_> {
    /// The next `count` numbers; nothing where there are less.
    fn take<T, const N: usize>(
        &mut self,
        count: usize,
        number: fn([u8; N]) -> T,
    ) -> Option<Vec<T>> {
        let (these, rest) = self.0.split_at_checked(count.checked_mul(N)?)?;
        self.0 = rest;
        let (these, _) = these.as_chunks::<N>();
        Some(these.iter().map(|&bytes| number(bytes)).collect())
    }
}
