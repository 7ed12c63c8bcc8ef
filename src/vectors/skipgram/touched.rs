//! Which words a shard touches, and which of its rows is whose.
//!
//! Rows are numbered in the order of the vocabulary, the words of the text
//! before the noise that the text lacks. So copies are made from one end of a
//! matrix to the other, and the frequent words, which stand together, in one
//! go; in the order of the text every copy would wait for memory.

/// The words of a shard, numbered.
pub(super) struct Touched {
    /// A bit for each word of the vocabulary; all zero between shards.
    text: Vec<u64>,
    noise: Vec<u64>,
    /// The words, by number.
    words: Vec<u32>,
    text_words: usize,
    /// For each word of the vocabulary that is among them, its number.
    numbers: Vec<u32>,
}

impl Touched {
    /// None yet, for a vocabulary of so many words.
    pub(super) fn new(vocabulary: usize) -> Self {
        Self {
            text: vec![0; vocabulary.div_ceil(64)],
            noise: vec![0; vocabulary.div_ceil(64)],
            words: Vec::new(),
            text_words: 0,
            numbers: vec![0; vocabulary],
        }
    }

    /// Numbers the words of a text and noise words, and puts their numbers in
    /// their place.
    pub(super) fn number(&mut self, text: &mut [u32], noise: &mut [u32]) {
        for &word in &*text {
            self.text[word as usize / 64] |= 1 << (word % 64);
        }
        for &word in &*noise {
            self.noise[word as usize / 64] |= 1 << (word % 64);
        }
        self.words.clear();
        for (place, &bits) in self.text.iter().enumerate() {
            push(place, bits, &mut self.words);
        }
        self.text_words = self.words.len();
        for (place, (text, noise)) in self.text.iter_mut().zip(&mut self.noise).enumerate() {
            push(place, *noise & !*text, &mut self.words);
            (*text, *noise) = (0, 0);
        }
        for (number, &word) in self.words.iter().enumerate() {
            self.numbers[word as usize] = number as u32;
        }
        for word in text.iter_mut().chain(noise) {
            *word = self.numbers[*word as usize];
        }
    }

    /// All words, those of the text first.
    pub(super) fn words(&self) -> &[u32] {
        &self.words
    }

    /// The words of the text.
    pub(super) fn text(&self) -> &[u32] {
        &self.words[..self.text_words]
    }
}

/// Adds the words whose bits are set in one place of a set.
fn push(place: usize, mut bits: u64, words: &mut Vec<u32>) {
    while bits != 0 {
        words.push(place as u32 * 64 + bits.trailing_zeros());
        bits &= bits - 1;
    }
}

#[cfg(test)]
impl Touched {
    /// These words, the first so many of them a text's.
    pub(super) fn of(words: &[u32], text_words: usize) -> Self {
        let mut touched = Self::new(0);
        touched.words = words.to_vec();
        touched.text_words = text_words;
        touched
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_comes_before_noise_and_both_in_order() {
        let mut touched = Touched::new(200);
        for _ in 0..2 {
            let mut text = [190, 3, 64, 3];
            let mut noise = [64, 7, 199, 7, 0];
            touched.number(&mut text, &mut noise);
            assert_eq!(touched.text(), [3, 64, 190]);
            assert_eq!(touched.words(), [3, 64, 190, 0, 7, 199]);
            assert_eq!(text, [2, 0, 1, 0]);
            assert_eq!(noise, [1, 4, 5, 4, 3]);
        }
        touched.number(&mut [], &mut []);
        assert!(touched.words().is_empty());
    }

    proptest! {
        #[test]
        fn numbers_lead_back_to_their_words(
            text in prop::collection::vec(0u32..130, 0..50),
            noise in prop::collection::vec(0u32..130, 0..50),
        ) {
            let mut touched = Touched::new(130);
            let (mut a, mut b) = (text.clone(), noise.clone());
            touched.number(&mut a, &mut b);
            prop_assert!(a.iter().all(|&number| (number as usize) < touched.text().len()));
            for (numbers, words) in [(a, text), (b, noise)] {
                for (number, word) in numbers.into_iter().zip(words) {
                    prop_assert_eq!(touched.words()[number as usize], word);
                }
            }
        }
    }
}
