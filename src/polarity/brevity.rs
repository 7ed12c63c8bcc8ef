//! How a text is scored that is much shorter than those a model was trained on.
//!
//! A person tries "good" first, or "a film", on a model that has seen nothing but
//! reviews of two hundred words. There is little to go by in such a text, and its
//! score must say so. With W the weight of its different known words (as
//! [`WordWeights`](crate::sentence::WordWeights) has it: a rare word weighs 1, "the"
//! nearly nothing), and W' that of the opinion words among them:
//!
//! **Extent.** r = min(1, W / T), with T a third of the middle weight of the texts
//! that the model was trained on. What was fitted to long texts, the features of the
//! head, counts r times in a short one. For let words vary by s² within a text and
//! texts by t² among each other: the mean of a text of weight W has the variance
//! t² + s² / W, and the covariance t² + s² / T with the mean that it would have if it
//! went on to T. Its best prediction of that mean is therefore
//!
//! ```text
//! (t² + s² / T) / (t² + s² / W)  times its own,    W / T where t² is small beside s² / T
//! ```
//!
//! which it is: words differ a hundred times as much as reviews. It is as if the text
//! were filled up to T with words that say nothing.
//!
//! **Score.** The share r of it is the score of a document, the rest that of a
//! sentence, with its slope; in a model of sentences all of it is. This second part is
//! not believed before there is something in the text that opinions are made of.
//! Before any text was read the seed words were known to be praise or blame; so much
//! is known of a text of one word, and the more evidence E there is the less it counts
//! (the credibility of actuaries, Bühlmann 1967):
//!
//! ```text
//! E = W' + (W - W') / 5        k = E / (E + 0.3)
//! score of the second part = k e + (1 - k) (mean of 1 for seeds of praise, -1 for seeds of blame)
//! ```
//!
//! So the score of a text that says nothing is near 0, its answer near what the model
//! says of any text, and with its length it comes to rest on the text alone. Both
//! numbers were chosen on sentences about films of up to ten words.

use super::Length;

/// What a word that is no opinion word is worth as evidence, where one is worth 1.
const OTHER: f64 = 0.2;
/// Evidence that counts as much as what was known before.
const HALF: f64 = 0.3;

/// From which weight of words on a text is as long as those that a model was trained
/// on, or nearly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Full(f64);

impl Full {
    /// For texts of these weights; nothing without any.
    pub fn of(mut weights: Vec<f64>) -> Option<Self> {
        let middle = super::spread::median(&mut weights);
        Self::stored(middle / super::SHORTER as f64)
    }

    /// A stored one; nothing unless it is above 0.
    pub(crate) fn stored(weight: f64) -> Option<Self> {
        (weight > 0.0 && weight.is_finite()).then_some(Self(weight))
    }

    /// The weight.
    pub fn weight(self) -> f64 {
        self.0
    }

    /// The share of a text's weight in it, 0 to 1.
    pub fn extent(self, weight: f64) -> f64 {
        (weight / self.0).min(1.0)
    }
}

/// What a text's score is a sum of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Mixture {
    /// How often its score as a document counts, and as a sentence.
    pub(crate) scales: [f64; 2],
    /// How often the mean of its seed words counts.
    pub(crate) seeds: f64,
}

impl Mixture {
    /// All of it on one scale.
    pub(crate) fn plain(length: Length) -> Self {
        let mut scales = [0.0; 2];
        scales[length as usize] = 1.0;
        Self { scales, seeds: 0.0 }
    }

    /// Of a text with this weight of words, and of opinion words. `slope` is that of
    /// sentences, over that of documents.
    pub(crate) fn new(length: Length, full: Full, slope: f64, weight: f64, opinions: f64) -> Self {
        let (document, rest) = match length {
            Length::Document => {
                let extent = full.extent(weight);
                (extent, (1.0 - extent) * slope)
            }
            Length::Sentence => (0.0, 1.0),
        };
        let evidence = opinions + OTHER * (weight - opinions).max(0.0);
        let believed = evidence / (evidence + HALF);
        Self {
            scales: [document, rest * believed],
            seeds: rest * (1.0 - believed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_middle_text_is_three_times_as_long_as_it_takes() {
        let full = Full::of(vec![60.0, 6.0, 600.0]).unwrap();
        assert_eq!(full.weight(), 20.0);
        let extents = [0.0, 5.0, 20.0, 60.0].map(|weight| full.extent(weight));
        assert_eq!(extents, [0.0, 0.25, 1.0, 1.0]);
        assert_eq!(Full::of(Vec::new()), None);
        assert_eq!(Full::stored(f64::INFINITY), None);
        assert_eq!(Full::stored(f64::NAN), None);
    }

    #[test]
    fn numbers_by_hand() {
        let full = Full(20.0);
        let mixture = Mixture::new(Length::Document, full, 0.5, 5.0, 0.5);
        let believed = (0.5 + 0.2 * 4.5) / (0.5 + 0.2 * 4.5 + 0.3);
        let [document, sentence] = mixture.scales;
        assert_eq!(document, 0.25);
        assert!((sentence - 0.375 * believed).abs() < 1e-15);
        assert!((mixture.seeds - 0.375 * (1.0 - believed)).abs() < 1e-15);
    }

    proptest! {
        #[test]
        fn shares_sum_to_one_and_nothing_jumps(
            weight in 0.0..100.0f64, opinions in 0.0..1.0f64, step in 0.0..1e-3f64,
        ) {
            let full = Full(20.0);
            for length in [Length::Document, Length::Sentence] {
                let at = |weight: f64| Mixture::new(length, full, 1.0, weight, weight * opinions);
                let values = |mixture: Mixture| [mixture.scales[0], mixture.scales[1], mixture.seeds];
                let (one, next) = (values(at(weight)), values(at(weight + step)));
                prop_assert!((one.iter().sum::<f64>() - 1.0).abs() < 1e-12);
                for (one, next) in one.iter().zip(next) {
                    prop_assert!((0.0..=1.0).contains(one));
                    // The steepest is E / (E + 0.3) at 0.
                    prop_assert!((one - next).abs() <= step / 0.3 + 1e-12);
                }
                if weight >= 20.0 && length == Length::Document {
                    prop_assert_eq!(at(weight), Mixture::plain(length));
                }
            }
        }
    }
}
