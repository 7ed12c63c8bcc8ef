//! Small changes of a kind that finds mistakes in readers, from a seeded generator: the
//! same seed gives the same inputs.

/// A generator of numbers (splitmix64, by Steele, Lea and Flood).
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below another, 0 where that is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

/// Inputs grow to so many bytes.
const LONGEST: usize = 1 << 16;

/// What stands for numbers in text.
const NUMBERS: [&str; 14] = [
    "0",
    "-1",
    "1",
    "2",
    "255",
    "65536",
    "2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "18446744073709551615",
    "1e308",
    "1e-320",
    "nan",
];
/// What has a meaning in one of the formats.
const WORDS: [&str; 18] = [
    "\n",
    "\r\n",
    "\t",
    ",",
    ";",
    "\"",
    "{",
    "}",
    "[",
    " ",
    "\0",
    "\u{feff}",
    "__label__",
    "FiFu",
    "null",
    "é",
    "这",
    "\u{1f600}",
];

/// An input made of one or two others by one to six changes. Every other one keeps its
/// length: where a header says how long everything is, nothing else gets behind it.
pub fn mutated(random: &mut Random, pool: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = pool[random.below(pool.len())].clone();
    let keeps_length = random.below(2) == 0;
    for _ in 0..1 + random.below(6) {
        match keeps_length && !bytes.is_empty() {
            true => overwrite(random, &mut bytes, pool),
            false => change(random, &mut bytes, pool),
        }
        bytes.truncate(LONGEST);
    }
    bytes
}

/// A change that keeps the length.
fn overwrite(random: &mut Random, bytes: &mut [u8], pool: &[Vec<u8>]) {
    let at = random.below(bytes.len());
    let put = |bytes: &mut [u8], part: &[u8]| {
        for (place, byte) in bytes[at..].iter_mut().zip(part) {
            *place = *byte;
        }
    };
    match random.below(8) {
        0 | 1 => bytes[at] ^= 1 << random.below(8),
        2 => bytes[at] = random.below(256) as u8,
        3 | 4 => extreme(random, bytes, at),
        5 => {
            // The next digits, which may stand in JSON or TOML.
            let digits = bytes[at..]
                .iter_mut()
                .skip_while(|byte| !byte.is_ascii_digit());
            let digits = digits.take_while(|byte| byte.is_ascii_digit());
            let digit = b"0199"[random.below(4)];
            digits
                .take(1 + random.below(20))
                .for_each(|byte| *byte = digit);
        }
        6 => {
            let other = &pool[random.below(pool.len())];
            let from = random.below(other.len()).min(other.len());
            let part: Vec<u8> = other[from..]
                .iter()
                .take(1 + random.below(64))
                .copied()
                .collect();
            put(bytes, &part);
        }
        _ => {
            // One letter for another of its kind: names that are unknown.
            let kind = |byte: u8| (byte.is_ascii_alphabetic(), byte.is_ascii_punctuation());
            let to = random.below(bytes.len());
            match kind(bytes[at]) == kind(bytes[to]) {
                true => bytes.swap(at, to),
                false => put(bytes, WORDS[random.below(WORDS.len())].as_bytes()),
            }
        }
    }
}

fn change(random: &mut Random, bytes: &mut Vec<u8>, pool: &[Vec<u8>]) {
    let at = random.below(bytes.len());
    match random.below(13) {
        _ if bytes.is_empty() => bytes.push(random.below(256) as u8),
        0 | 1 => bytes[at] ^= 1 << random.below(8),
        2 => bytes[at] = random.below(256) as u8,
        3 => bytes.truncate(at),
        4 => {
            let end = (at + 1 + random.below(16)).min(bytes.len());
            bytes.drain(at..end);
        }
        5 => {
            let new: Vec<u8> = (0..1 + random.below(8))
                .map(|_| random.below(256) as u8)
                .collect();
            bytes.splice(at..at, new);
        }
        6 => {
            // A part twice.
            let end = (at + 1 + random.below(64)).min(bytes.len());
            let part = bytes[at..end].to_vec();
            bytes.splice(at..at, part);
        }
        7 => {
            // The rest of another input, from any place, or from the same one.
            let other = &pool[random.below(pool.len())];
            let from = match random.below(2) {
                0 => at.min(other.len()),
                _ => random.below(other.len()),
            };
            bytes.truncate(at);
            bytes.extend(&other[from..]);
        }
        8 | 9 => extreme(random, bytes, at),
        10 => number(random, bytes, at),
        11 => {
            let word = WORDS[random.below(WORDS.len())];
            let end = at
                + if random.below(2) == 0 {
                    0
                } else {
                    word.len().min(bytes.len() - at)
                };
            bytes.splice(at..end, word.bytes());
        }
        _ => {
            let to = random.below(bytes.len());
            bytes.swap(at, to);
        }
    }
}

/// Four or eight bytes as a field of a length, a count or a value has them at its limits.
fn extreme(random: &mut Random, bytes: &mut [u8], at: usize) {
    let values: [u64; 12] = [
        0,
        1,
        2,
        0x7f,
        0xff,
        0xffff,
        0x7fff_ffff,
        0xffff_ffff,
        0x7fff_ffff_ffff_ffff,
        u64::MAX,
        // NaN and infinity as f32, twice.
        0x7fc0_0000_7fc0_0000,
        0x7f80_0000_7f80_0000,
    ];
    let value = values[random.below(values.len())].wrapping_add(random.below(3) as u64);
    let width = [1, 2, 4, 8][random.below(4)];
    // Fields are mostly aligned.
    let at = if random.below(2) == 0 { at } else { at / 4 * 4 };
    for (place, byte) in bytes[at..].iter_mut().zip(&value.to_le_bytes()[..width]) {
        *place = *byte;
    }
}

/// Another number in the place of the next one in text.
fn number(random: &mut Random, bytes: &mut Vec<u8>, at: usize) {
    let Some(start) = bytes[at..].iter().position(u8::is_ascii_digit) else {
        return;
    };
    let start = at + start;
    let length = bytes[start..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let number = NUMBERS[random.below(NUMBERS.len())];
    bytes.splice(start..start + length, number.bytes());
}
