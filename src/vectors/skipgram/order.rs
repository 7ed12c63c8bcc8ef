//! The order of the sentences in one epoch.

use rand_xoshiro::rand_core::RngCore;

use crate::random::{Use, part};

/// The order of the sentences in one epoch: every sentence once, neighbours
/// far apart. Files are often sorted, by label or by date, and what stands at
/// their end would otherwise have the last word.
pub(super) struct Order {
    sentences: u64,
    step: u64,
    first: u64,
}

impl Order {
    pub(super) fn new(sentences: usize, seed: u64, epoch: usize) -> Self {
        let sentences = sentences as u64;
        // Steps of about the golden section spread best (Knuth, The Art of
        // Computer Programming, volume 3, section 6.4); a step without a common
        // divisor meets every sentence.
        let golden = (sentences as f64 * 0.618_033_988_749_895) as u64;
        let step = (golden.max(1)..)
            .find(|&step| gcd(step, sentences) == 1)
            .unwrap_or(1);
        Self {
            sentences,
            step,
            first: part(Use::Order, seed, epoch as u64, 0).next_u64() % sentences.max(1),
        }
    }

    /// The sentence at a place.
    pub(super) fn sentence(&self, place: usize) -> usize {
        let along = place as u128 * u128::from(self.step) + u128::from(self.first);
        (along % u128::from(self.sentences.max(1))) as usize
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_comes_once_in_every_epoch() {
        for sentences in [1, 2, 3, 10, 60, 97, 1000] {
            for epoch in 0..3 {
                let order = Order::new(sentences, 5, epoch);
                let mut all: Vec<usize> = (0..sentences).map(|p| order.sentence(p)).collect();
                all.sort_unstable();
                assert_eq!(all, (0..sentences).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn neighbours_are_far_apart_and_epochs_differ() {
        let order = Order::new(1000, 5, 0);
        for place in 0..999 {
            let apart = order.sentence(place).abs_diff(order.sentence(place + 1));
            assert!(apart > 300, "{apart}");
        }
        let starts: Vec<usize> = (0..5).map(|e| Order::new(1000, 5, e).sentence(0)).collect();
        assert!(
            starts.windows(2).all(|pair| pair[0] != pair[1]),
            "{starts:?}"
        );
    }
}
