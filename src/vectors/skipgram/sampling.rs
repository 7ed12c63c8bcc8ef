//! Everything random about the training: which words are kept, how wide a
//! window is, which words serve as noise.
//!
//! Sources: Mikolov, Sutskever, Chen, Corrado and Dean, "Distributed
//! Representations of Words and Phrases and their Compositionality" (2013),
//! sections 2.2 and 2.3; the subsampling formula is that of their published
//! program, which differs from the paper's equation 5. The alias method is
//! Walker's (1977) in Vose's formulation (1991).

use rand_xoshiro::rand_core::RngCore;

use super::settings::Settings;
use crate::random::{Stream, Use, below, part};

/// Counts are raised to this power to get the noise distribution.
const NOISE_POWER: f64 = 0.75;

/// The random choices of one training.
pub(super) struct Sampler {
    seed: u64,
    window: u64,
    negatives: usize,
    /// For each word, its probability of being kept in units of 2^-32.
    keep: Vec<u64>,
    noise: Alias,
}

impl Sampler {
    pub(super) fn new(counts: &[u64], settings: &Settings) -> Self {
        let total: u64 = counts.iter().sum();
        let weights: Vec<f64> = counts
            .iter()
            .map(|&count| (count as f64).powf(NOISE_POWER))
            .collect();
        Self {
            seed: settings.seed,
            window: settings.window as u64,
            negatives: settings.negatives,
            keep: counts
                .iter()
                .map(|&count| {
                    let share = count as f64 / total as f64;
                    (keep_probability(share, settings.subsample) * 2f64.powi(32)) as u64
                })
                .collect(),
            noise: Alias::new(&weights),
        }
    }

    /// Noise words a window.
    pub(super) fn negatives(&self) -> usize {
        self.negatives
    }

    /// The mean number of words in a window, the centre not counted, where the
    /// sentence goes on to both sides.
    pub(super) fn mean_contexts(&self) -> f32 {
        self.window as f32 + 1.0
    }

    /// How often each word is expected to be drawn by so many running words,
    /// kept ones only, and so many noise words.
    pub(super) fn draws(&self, counts: &[u64], text: usize, noise: usize) -> Vec<f64> {
        let noisy = |count: u64| (count as f64).powf(NOISE_POWER);
        let total: u64 = counts.iter().sum();
        let all_noise: f64 = counts.iter().copied().map(noisy).sum();
        let keeps = self.keep.iter().map(|&keep| keep as f64 / 2f64.powi(32));
        let words = counts.iter().zip(keeps);
        words
            .map(|(&count, keep)| {
                text as f64 * keep * count as f64 / total as f64
                    + noise as f64 * noisy(count) / all_noise
            })
            .collect()
    }

    /// A stream for one sentence in one epoch: results do not depend on which
    /// thread works on it.
    pub(super) fn stream(&self, purpose: Use, epoch: usize, sentence: usize) -> Stream {
        part(purpose, self.seed, epoch as u64, sentence as u64)
    }

    #[inline(always)]
    pub(super) fn keeps(&self, id: u32, random: &mut Stream) -> bool {
        let keep = self.keep[id as usize];
        keep >= 1 << 32 || random.next_u64() >> 32 < keep
    }

    /// Appends the words around a centre, the centre left out.
    #[inline(always)]
    pub(super) fn add_contexts(
        &self,
        words: &[u32],
        centre: usize,
        random: &mut Stream,
        contexts: &mut Vec<u32>,
    ) {
        let width = self.width(random);
        let first = centre.saturating_sub(width);
        let last = (centre + width).min(words.len() - 1);
        contexts.extend_from_slice(&words[first..centre]);
        contexts.extend_from_slice(&words[centre + 1..=last]);
    }

    /// Appends noise words, of which `noise` draws one, to a centre that stands
    /// at `centre`. They differ from it and from each other; in a vocabulary of
    /// a handful there may be too few.
    #[inline(always)]
    pub(super) fn add_noise(
        &self,
        centre: usize,
        targets: &mut Vec<u32>,
        mut noise: impl FnMut() -> u32,
    ) {
        for _ in 0..2 * self.negatives + 8 {
            if targets.len() > centre + self.negatives {
                break;
            }
            let noise = noise();
            if !targets[centre..].contains(&noise) {
                targets.push(noise);
            }
        }
    }

    /// Words to each side: uniform between 1 and the window.
    #[inline(always)]
    fn width(&self, random: &mut Stream) -> usize {
        1 + below(self.window, random) as usize
    }

    /// A noise word.
    pub(super) fn noise(&self, random: &mut Stream) -> u32 {
        self.noise.draw(random)
    }
}

/// The probability that a word with this share of the text is kept:
/// sqrt(t/f) + t/f, at most 1, where t is `subsample`; 1 when t is 0.
fn keep_probability(share: f64, subsample: f64) -> f64 {
    if subsample == 0.0 || share == 0.0 {
        return 1.0;
    }
    let ratio = subsample / share;
    (ratio.sqrt() + ratio).min(1.0)
}

/// Draws from a fixed distribution in constant time.
struct Alias {
    /// For each slot, the probability of staying in units of 2^-32, and the
    /// word to go to otherwise.
    slots: Vec<(u64, u32)>,
}

impl Alias {
    fn new(weights: &[f64]) -> Self {
        let total: f64 = weights.iter().sum();
        let mut scaled: Vec<f64> = weights
            .iter()
            .map(|weight| weight / total * weights.len() as f64)
            .collect();
        let (mut small, mut large): (Vec<u32>, Vec<u32>) =
            (0..weights.len() as u32).partition(|&id| scaled[id as usize] < 1.0);
        let mut slots: Vec<(u64, u32)> =
            (0..weights.len() as u32).map(|id| (1 << 32, id)).collect();
        while let (Some(poor), Some(&rich)) = (small.pop(), large.last()) {
            slots[poor as usize] = ((scaled[poor as usize] * 2f64.powi(32)) as u64, rich);
            scaled[rich as usize] -= 1.0 - scaled[poor as usize];
            if scaled[rich as usize] < 1.0 {
                large.pop();
                small.push(rich);
            }
        }
        Self { slots }
    }

    #[inline(always)]
    fn draw(&self, random: &mut Stream) -> u32 {
        let bits = random.next_u64();
        let slot = ((bits >> 32) * self.slots.len() as u64) >> 32;
        let (stay, other) = self.slots[slot as usize];
        if bits & 0xffff_ffff < stay {
            slot as u32
        } else {
            other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(subsample: f64) -> Settings {
        Settings {
            subsample,
            window: 3,
            ..Settings::for_tokens(1000)
        }
    }

    #[test]
    fn noise_follows_the_counts_to_the_power_of_three_quarters() {
        let counts = [1, 16, 81, 256, 0];
        let sampler = Sampler::new(&counts, &settings(0.0));
        let mut random = sampler.stream(Use::Sentences, 0, 0);
        let draws = 400_000;
        let mut seen = [0u32; 5];
        for _ in 0..draws {
            seen[sampler.noise.draw(&mut random) as usize] += 1;
        }
        // 1, 8, 27, 64 of 100.
        for (seen, share) in seen.into_iter().zip([0.01, 0.08, 0.27, 0.64, 0.0]) {
            let deviation = (share * (1.0 - share) / f64::from(draws)).sqrt();
            let got = f64::from(seen) / f64::from(draws);
            assert!((got - share).abs() <= 4.0 * deviation, "{got} for {share}");
        }
    }

    #[test]
    fn frequent_words_are_thinned_and_rare_ones_are_not() {
        // f = 0.01, t = 1e-4: sqrt(0.01) + 0.01.
        assert!((keep_probability(0.01, 1e-4) - 0.11).abs() < 1e-12);
        assert_eq!(keep_probability(1e-5, 1e-4), 1.0);
        assert_eq!(keep_probability(0.5, 0.0), 1.0);
        let sampler = Sampler::new(&[9900, 100], &settings(1e-2));
        let mut random = sampler.stream(Use::Sentences, 0, 0);
        let kept = (0..100_000)
            .filter(|_| sampler.keeps(0, &mut random))
            .count();
        let expected = keep_probability(0.99, 1e-2);
        assert!((kept as f64 / 1e5 - expected).abs() < 0.005);
        assert!((0..1000).all(|_| sampler.keeps(1, &mut random)));
    }

    #[test]
    fn expected_draws_add_up() {
        let counts = [9900, 100];
        let sampler = Sampler::new(&counts, &settings(1e-2));
        let draws = sampler.draws(&counts, 1000, 0);
        let kept = keep_probability(0.99, 1e-2);
        assert!((draws[0] - 990.0 * kept).abs() < 1e-3 && (draws[1] - 10.0).abs() < 1e-9);
        let noise: f64 = sampler.draws(&counts, 0, 512).iter().sum();
        assert!((noise - 512.0).abs() < 1e-9);
    }

    #[test]
    fn widths_are_in_range() {
        let sampler = Sampler::new(&[5, 5], &settings(0.0));
        let mut random = sampler.stream(Use::Windows, 1, 2);
        let mut seen = [0; 4];
        for _ in 0..1000 {
            seen[sampler.width(&mut random)] += 1;
        }
        assert!(
            seen[0] == 0 && seen[1..].iter().all(|&count| count > 250),
            "{seen:?}"
        );
        assert_eq!(sampler.mean_contexts(), 4.0);
    }
}
