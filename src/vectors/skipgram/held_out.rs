//! A slice of the corpus that is not trained on, and the loss on it.
//!
//! Its sentences, which of their words are kept, the windows and the noise
//! words are drawn once, by the seed, as training draws them: from one epoch to
//! the next nothing changes but the vectors.

use pulp::Arch;

use super::matrix::Matrix;
use super::order::Order;
use super::sampling::Sampler;
use super::settings::Settings;
use super::sigmoid::softplus_sum;
use crate::random::Use;
use crate::vectors::corpus::Corpus;

/// The epoch that random numbers are drawn for; no training has so many.
const EPOCH: usize = u32::MAX as usize;
/// Sums that a product is computed in: a fixed number, so that the loss does
/// not depend on the processor.
const SUMS: usize = 8;

/// Sentences held out, and their windows.
#[derive(Debug, Default)]
pub(super) struct HeldOut {
    /// For each sentence of the corpus, whether it is held out; empty when none
    /// is.
    sentences: Vec<bool>,
    /// Running words in them.
    pub(super) words: u64,
    windows: Vec<Window>,
    /// The words of all windows: contexts, then the centre, then noise.
    ids: Vec<u32>,
}

/// Where a window's words end in `ids`.
#[derive(Debug, Clone, Copy)]
struct Window {
    contexts: usize,
    targets: usize,
}

impl HeldOut {
    /// Holds out what the settings say; nothing where they say so, or where the
    /// corpus is too small.
    pub(super) fn new(corpus: &Corpus, settings: &Settings, sampler: &Sampler) -> Self {
        let mut held_out = Self::default();
        let Some(wanted) = settings.held_out_words(corpus.ids.len()) else {
            return held_out;
        };
        let sentences = corpus.ends.len();
        held_out.sentences = vec![false; sentences];
        let order = Order::new(sentences, settings.seed, EPOCH);
        for sentence in (0..sentences).map(|place| order.sentence(place)) {
            if held_out.words >= wanted as u64 {
                break;
            }
            held_out.sentences[sentence] = true;
            held_out.words += corpus.sentence(sentence).len() as u64;
            held_out.add(corpus.sentence(sentence), sentence, sampler);
        }
        held_out
    }

    /// Adds the windows of a sentence.
    fn add(&mut self, words: &[u32], sentence: usize, sampler: &Sampler) {
        let mut random = sampler.stream(Use::Sentences, EPOCH, sentence);
        let words: Vec<u32> = words
            .iter()
            .copied()
            .filter(|&word| sampler.keeps(word, &mut random))
            .collect();
        let mut random = sampler.stream(Use::Windows, EPOCH, sentence);
        for (centre, &word) in words.iter().enumerate() {
            let start = self.ids.len();
            sampler.add_contexts(&words, centre, &mut random, &mut self.ids);
            let contexts = self.ids.len();
            if contexts == start {
                continue;
            }
            self.ids.push(word);
            sampler.add_noise(contexts, &mut self.ids, || sampler.noise(&mut random));
            self.windows.push(Window {
                contexts,
                targets: self.ids.len(),
            });
        }
    }

    /// Whether a sentence is held out.
    pub(super) fn has(&self, sentence: usize) -> bool {
        self.sentences.get(sentence).is_some_and(|&held| held)
    }

    /// Whether nothing is.
    pub(super) fn is_empty(&self) -> bool {
        self.windows.is_empty()
    }

    /// Each window: its contexts, and its targets, the centre first.
    fn windows(&self) -> impl Iterator<Item = (&[u32], &[u32])> {
        let mut start = 0;
        self.windows.iter().map(move |window| {
            let contexts = &self.ids[start..window.contexts];
            start = window.targets;
            (contexts, &self.ids[window.contexts..window.targets])
        })
    }

    /// The mean loss of a pair of a centre and a context word, as training
    /// reports it.
    pub(super) fn loss(&self, inputs: &Matrix, outputs: &Matrix) -> f64 {
        // Plain code, which the compiler may turn into the processor's widest
        // instructions: the sums are the same.
        Arch::new().dispatch(
            #[inline(always)]
            || self.mean(inputs, outputs),
        )
    }

    #[inline(always)]
    fn mean(&self, inputs: &Matrix, outputs: &Matrix) -> f64 {
        let (mut sum, mut pairs) = (0.0, 0);
        for (contexts, targets) in self.windows() {
            for &context in contexts {
                let v = inputs.vector(context);
                sum += softplus_sum(targets.iter().enumerate().map(|(at, &target)| {
                    let product = dot(v, outputs.vector(target));
                    if at == 0 { -product } else { product }
                }));
                pairs += 1;
            }
        }
        sum / f64::from(pairs.max(1))
    }
}

/// v . u; not a number where a value is none.
#[inline(always)]
fn dot(v: &[f32], u: &[f32]) -> f32 {
    let mut sums = [0.0; SUMS];
    let (v, u) = (v.chunks_exact(SUMS), u.chunks_exact(SUMS));
    for (sum, (v, u)) in sums.iter_mut().zip(v.remainder().iter().zip(u.remainder())) {
        *sum = v * u;
    }
    for (v, u) in v.zip(u) {
        for at in 0..SUMS {
            sums[at] += v[at] * u[at];
        }
    }
    // In pairs: one after the other, each would wait for the one before.
    let [a, b, c, d, e, f, g, h] = sums;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::stopwords::StopWords;
    use crate::vectors::corpus::CorpusReader;

    fn corpus() -> Corpus {
        let mut reader = CorpusReader::new();
        for i in 0..10_000 {
            let line = format!("w{} w{} a b w{} c w{} d", i % 97, i % 31, i % 7, i % 53);
            reader.add(&line).unwrap();
        }
        reader.settle(&StopWords::none(), 1).unwrap()
    }

    fn settings() -> Settings {
        Settings {
            dims: 35,
            held_out: 0.05,
            subsample: 0.02,
            ..Settings::for_tokens(1000)
        }
    }

    fn held_out(corpus: &Corpus, settings: &Settings) -> HeldOut {
        let sampler = Sampler::new(&corpus.vocabulary.counts, settings);
        HeldOut::new(corpus, settings, &sampler)
    }

    fn matrix(words: usize, seed: u64) -> Matrix {
        let mut matrix = Matrix::zeros(words, 35, 8).unwrap();
        matrix.randomise(seed);
        for value in matrix.vectors_mut().flatten() {
            // Large enough for the sigmoid to bend.
            *value *= 100.0;
        }
        matrix
    }

    #[test]
    fn the_loss_is_that_of_the_formula_in_double_precision() {
        let corpus = corpus();
        let held_out = held_out(&corpus, &settings());
        let words = corpus.vocabulary.words.len();
        let (inputs, outputs) = (matrix(words, 1), matrix(words, 2));
        let (mut sum, mut pairs, mut largest) = (0.0, 0.0, 0f64);
        for (contexts, targets) in held_out.windows() {
            for &context in contexts {
                for (at, &target) in targets.iter().enumerate() {
                    let (v, u) = (inputs.vector(context), outputs.vector(target));
                    let x: f64 = v
                        .iter()
                        .zip(u)
                        .map(|(&a, &b)| f64::from(a) * f64::from(b))
                        .sum();
                    largest = largest.max(x.abs());
                    let y = if at == 0 { x } else { -x };
                    sum -= (1.0 / (1.0 + (-y).exp())).ln();
                }
                pairs += 1.0;
            }
        }
        let loss = held_out.loss(&inputs, &outputs);
        assert!(largest > 5.0, "{largest}");
        assert!((loss / (sum / pairs) - 1.0).abs() < 1e-5, "{loss}");
    }

    #[test]
    fn knowing_nothing_costs_what_the_settings_say() {
        let corpus = corpus();
        let settings = settings();
        let words = corpus.vocabulary.words.len();
        let zeros = Matrix::zeros(words, 35, 8).unwrap();
        let loss = held_out(&corpus, &settings).loss(&matrix(words, 1), &zeros);
        assert!((loss - settings.loss_of_nothing()).abs() < 1e-6, "{loss}");
    }

    #[test]
    fn it_is_as_large_as_was_asked_for_and_drawn_by_the_seed() {
        let corpus = corpus();
        let one = held_out(&corpus, &settings());
        assert!((4_000..4_008).contains(&one.words), "{}", one.words);
        let again = held_out(&corpus, &settings());
        assert_eq!((&one.sentences, &one.ids), (&again.sentences, &again.ids));
        let other = Settings {
            seed: 4,
            ..settings()
        };
        assert_ne!(one.sentences, held_out(&corpus, &other).sentences);
        for (contexts, targets) in one.windows() {
            assert!(!contexts.is_empty());
            assert_eq!(targets.len(), 6);
            assert!((1..6).all(|at| !targets[..at].contains(&targets[at])));
        }
        let none = Settings {
            held_out: 0.0,
            ..settings()
        };
        assert!(held_out(&corpus, &none).is_empty());
    }

    #[test]
    fn numbers_that_are_none_are_seen() {
        let corpus = corpus();
        let words = corpus.vocabulary.words.len();
        let mut outputs = matrix(words, 2);
        for row in outputs.vectors_mut() {
            row[20] = f32::NAN;
        }
        let loss = held_out(&corpus, &settings()).loss(&matrix(words, 1), &outputs);
        assert!(!loss.is_finite(), "{loss}");
    }
}
