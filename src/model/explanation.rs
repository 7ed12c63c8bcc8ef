//! Which words decided, and by how much.
//!
//! A model's answer is explained as a sum: the log odds of its most probable label,
//! ln p / (1 - p), is what the model says of a text of which nothing is known to it
//! (the base), and the value of each place in the text that it takes something from.
//! A word's place has one value, whatever it counts by: its part in the score that the
//! direction of sentiment gives, its share of the sentence vector, its weight as a
//! term. Pairs of words are places of their own. How the parts of a model that are not
//! linear are shared out: [`attribution`](crate::classifier::attribution).
//!
//! The sentence vector of which nothing is known is the mean one, and since the shares
//! of a text's words sum to 1, each word counts by how it differs from that mean: one
//! that is like the mean of all counts for nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use ndarray::Array1;

use super::{Classifier, Model};
use crate::classifier::{Attribution, OfText, argmax};

/// Why a text has the answer that it has. The base and the values of the parts sum to
/// the log odds.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation<'t> {
    /// The label that is explained, the most probable one, as an index into
    /// [`Model::labels`].
    pub label: usize,
    /// ln p / (1 - p) of it.
    pub log_odds: f64,
    /// The same of a text of which nothing is known to the model.
    pub base: f64,
    /// What the places of the text add, by where they begin, shorter ones first. Without
    /// any known word there are none.
    pub parts: Vec<Part<'t>>,
    /// The words that the model knows nothing of.
    pub unknown: Vec<Unknown<'t>>,
}

/// What a place of the text adds.
#[derive(Debug, Clone, PartialEq)]
pub struct Part<'t> {
    /// The bytes of the text.
    pub span: Range<usize>,
    /// What stands there.
    pub text: &'t str,
    /// What it adds to the log odds: above 0 it speaks for the label.
    pub value: f64,
    /// Whether it is a word or more.
    pub kind: Kind,
    /// Whether negation turned what it says of sentiment.
    pub negated: bool,
}

/// What stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A word.
    Word,
    /// A pair of words, with what is between them.
    Phrase,
}

/// A word without a vector and without a weight of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown<'t> {
    /// The bytes of the text.
    pub span: Range<usize>,
    /// What stands there.
    pub text: &'t str,
}

/// Values by where they begin and end, and whether they are negated.
#[derive(Default)]
struct Places(BTreeMap<(usize, usize), (f64, bool)>);

impl Places {
    fn add(&mut self, span: &Range<usize>, value: f64, negated: bool) {
        let place = self.0.entry((span.start, span.end)).or_default();
        place.0 += value;
        place.1 |= negated;
    }
}

impl Model {
    /// Says which words of a text decided its answer. Thresholds change no
    /// explanation: what is explained is the most probable label.
    pub fn explain<'t>(&self, text: &'t str) -> Explanation<'t> {
        let verdict = self.classify(text);
        let label = argmax(&verdict.probabilities);
        let words: BTreeSet<(usize, usize)> = self
            .tokenizer
            .tokens(text)
            .map(|token| (token.span.start, token.span.end))
            .collect();
        if verdict.known == 0 {
            let share = verdict.probabilities[label];
            let log_odds = (share / (1.0 - share)).ln();
            return Explanation {
                label,
                log_odds,
                base: log_odds,
                parts: Vec::new(),
                unknown: unknown(text, words),
            };
        }

        let scored = self.score(text);
        let found = self.terms.as_ref();
        let found = found.map_or_else(Vec::new, |terms| terms.find(text, &self.tokenizer));
        let mut times: BTreeMap<u32, f64> = BTreeMap::new();
        for place in &found {
            *times.entry(place.term).or_default() += 1.0;
        }
        let terms: Vec<u32> = times.keys().copied().collect();
        let encoded = self.encoder().encode(text);
        let attribution = self.classifier.attribution(
            OfText {
                extent: self.extent(encoded.weight),
                features: &Array1::from(encoded.vector),
                prior: scored.as_ref().map_or(0.0, |scored| scored.score),
                terms: &terms,
            },
            label,
        );

        let mut places = Places::default();
        for share in self.encoder().shares(text) {
            let compared = share.vector.iter().zip(&attribution.reference);
            let value: f64 = compared
                .zip(&attribution.features)
                .map(|((&value, mean), factor)| (f64::from(value) - mean) * factor)
                .sum();
            places.add(&share.span, value * share.share, false);
        }
        for part in scored.iter().flat_map(|scored| &scored.parts) {
            places.add(&part.span, part.value * attribution.prior, part.turned);
        }
        let of_term: BTreeMap<u32, f64> = terms.into_iter().zip(attribution.terms).collect();
        for place in &found {
            if let (Some(value), Some(times)) = (of_term.get(&place.term), times.get(&place.term)) {
                places.add(&place.span, value / times, false);
            }
        }

        let strange = words.iter().filter(|word| !places.0.contains_key(word));
        let unknown = unknown(text, strange.copied());
        let part = |((start, end), (value, negated)): ((usize, usize), (f64, bool))| Part {
            span: start..end,
            text: text.get(start..end).unwrap_or_default(),
            value,
            kind: match words.contains(&(start, end)) {
                true => Kind::Word,
                false => Kind::Phrase,
            },
            negated,
        };
        Explanation {
            label,
            log_odds: attribution.log_odds,
            base: attribution.base,
            parts: places.0.into_iter().map(part).collect(),
            unknown,
        }
    }
}

fn unknown(text: &str, words: impl IntoIterator<Item = (usize, usize)>) -> Vec<Unknown<'_>> {
    let words = words.into_iter();
    words
        .map(|(start, end)| Unknown {
            span: start..end,
            text: text.get(start..end).unwrap_or_default(),
        })
        .collect()
}

impl Classifier {
    fn attribution(&self, text: OfText<'_>, class: usize) -> Attribution {
        match self {
            Self::Layer(layer) => Attribution {
                // It takes nothing from terms.
                terms: vec![0.0; text.terms.len()],
                ..layer.attribution(text.features, class)
            },
            Self::Head(head) => head.attribution(text, class),
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};
    use proptest::prelude::*;

    use super::super::folded::{Folded, Scratch};
    use super::super::{Provenance, Settings, Verdict};
    use super::*;
    use crate::classifier::head::{
        Branch, Columns, Head, HiddenUnits, PRIOR_SLOPE, Report, Scaling, TermWeights,
    };
    use crate::classifier::{HiddenLayer, Standardiser, Terms};
    use crate::polarity::{Full, Length, Polarity, Scorer};
    use crate::sentence::WordWeights;
    use crate::vectors::WordVectors;
    use crate::vectors::subwords::{NGrams, Subwords};

    const WORDS: [&str; 6] = ["film", "not", "很", "好", "bad", "good"];
    const DIMS: usize = 3;
    /// Words, and pairs; one of them has no vector.
    const TERMS: &str = "wow good film, not good, 很好 bad";

    /// What a made model consists of.
    #[derive(Debug, Clone)]
    struct Plan {
        seed: u64,
        layer: bool,
        classes: usize,
        gate: f64,
        hidden: bool,
        terms: bool,
        subwords: bool,
        polarity: bool,
        full: Option<f64>,
        shares: Option<Vec<f64>>,
    }

    impl Plan {
        /// Numbers between -1 and 1, different for each use.
        fn numbers(&self, what: u64, rows: usize, columns: usize) -> Array2<f64> {
            Array2::from_shape_fn((rows, columns), |(row, column)| {
                let at = (what * 101 + row as u64 * 17 + column as u64) as f64;
                (at * 1.7 + self.seed as f64).sin()
            })
        }

        fn free(&self) -> usize {
            if self.classes == 2 { 1 } else { self.classes }
        }

        fn vectors(&self) -> WordVectors {
            let rows = self.numbers(1, WORDS.len(), DIMS).mapv(|x| x as f32);
            let words = WORDS.map(str::to_owned).to_vec();
            let mut vectors =
                WordVectors::new(words, rows.into_raw_vec_and_offset().0, DIMS).unwrap();
            if self.subwords {
                let ngrams = NGrams {
                    min_n: 4,
                    max_n: 4,
                    bucket_bits: 6,
                };
                let mut rows = vec![0.0; DIMS * ngrams.buckets()];
                for bucket in ngrams.of("good") {
                    rows[DIMS * bucket as usize..][..DIMS].copy_from_slice(&[3.0, 4.0, -1.0]);
                }
                let subwords = Subwords::from_all(ngrams, &rows, DIMS).unwrap();
                vectors = vectors.with_subwords(subwords).unwrap();
            }
            if self.polarity {
                vectors = vectors.with_polarity(Polarity::sample(WORDS.len(), DIMS));
            }
            vectors
        }

        fn branch(&self, what: u64, prior: bool, terms: Option<usize>) -> Branch {
            let free = self.free();
            let first = match (prior, self.classes) {
                (false, _) => 0,
                (true, 2) => 1,
                (true, _) => 2,
            };
            Branch {
                columns: Columns {
                    prior,
                    offset: if first == 1 { -PRIOR_SLOPE } else { 0.0 },
                    scale: 0.4,
                },
                weights: self.numbers(what, free, first + DIMS + 1) * 3.0,
                hidden: self.hidden.then(|| HiddenUnits {
                    weights: self.numbers(what + 1, 4, DIMS) * 2.0,
                    bias: self.numbers(what + 2, 1, 4).row(0).to_owned(),
                    output_weights: self.numbers(what + 3, free, 4),
                    penalty: 1.0,
                }),
                terms: terms.map(|terms| TermWeights {
                    scale: 2.0,
                    ratios: self.numbers(what + 4, free, terms).mapv(|x| x as f32),
                    weights: self.numbers(what + 5, free, terms).mapv(|x| x as f32),
                }),
                log_evidence: 0.0,
                slope: 0.0,
            }
        }

        fn classifier(&self, terms: Option<usize>) -> Classifier {
            let mean = self.numbers(2, 1, DIMS).row(0).to_owned();
            // In one of the two, as in those that are trained, or in both.
            let [with, without] = match self.seed % 3 {
                0 => [terms, None],
                1 => [None, terms],
                _ => [terms, terms],
            };
            if self.layer {
                return Classifier::Layer(Box::new(HiddenLayer {
                    standardiser: Standardiser { mean, scale: 0.6 },
                    weights: self.numbers(3, 4, DIMS),
                    bias: self.numbers(4, 1, 4).row(0).to_owned(),
                    output_weights: self.numbers(5, self.classes, 4),
                    output_bias: self.numbers(6, 1, self.classes).row(0).to_owned(),
                    slope: 0.0,
                }));
            }
            Classifier::Head(Box::new(Head {
                classes: self.classes,
                scaling: Scaling::new(mean, array![0.2, 0.5, 1.5]),
                with_prior: (self.gate > 0.0).then(|| self.branch(10, true, with)),
                without_prior: (self.gate < 1.0).then(|| self.branch(20, false, without)),
                gate: self.gate,
                train_shares: vec![1.0 / self.classes as f64; self.classes],
                expected_shares: None,
                report: Report {
                    labels: 9,
                    orientation: None,
                    evidence_with: None,
                    evidence_without: None,
                    agreement: None,
                },
            }))
        }

        fn model(&self) -> Model {
            let vectors = self.vectors();
            let tokenizer = vectors.tokenizer();
            let learn = || Terms::learn(&[TERMS; 3], &tokenizer).0;
            let terms = (self.terms && !self.layer).then(learn);
            let model = Model {
                labels: (0..self.classes).map(|label| label.to_string()).collect(),
                shares: vec![1.0 / self.classes as f64; self.classes],
                weights: WordWeights::fitting(&vectors),
                scorer: vectors.polarity().map(|found| {
                    let length = match self.seed % 2 {
                        0 => Length::Document,
                        _ => Length::Sentence,
                    };
                    Scorer::new(found, length, self.full.and_then(Full::stored), &vectors)
                }),
                // One term less has weights than there are.
                classifier: self.classifier(terms.as_ref().map(|terms| terms.len() - 1)),
                terms,
                provenance: Provenance {
                    version: String::new(),
                    settings: Settings::default(),
                    labeled: None,
                    vectors: None,
                    origin: None,
                    texts: 0,
                    slope: 0.0,
                    quantized: None,
                },
                tokenizer,
                vectors,
            };
            match &self.shares {
                Some(shares) => model.expecting(&shares[..self.classes]).unwrap(),
                None => model,
            }
        }
    }

    fn plans() -> impl Strategy<Value = Plan> {
        let gate = prop_oneof![Just(0.0), Just(1.0), 1e-9..1.0, 0.2..0.8];
        let shares = proptest::option::of(proptest::collection::vec(0.01..1.0, 3));
        let flags = proptest::array::uniform5(any::<bool>());
        let full = proptest::option::of(0.1..9.0f64);
        (0..1000u64, 2usize..4, gate, shares, flags, full).prop_map(
            |(seed, classes, gate, shares, [layer, hidden, terms, subwords, polarity], full)| {
                Plan {
                    seed,
                    layer,
                    classes,
                    gate,
                    hidden,
                    terms,
                    subwords,
                    polarity,
                    full,
                    shares,
                }
            },
        )
    }

    /// Dense in what negates, and in ends of sentences.
    const NEGATIONS: &str = "((isn't|not|nobody|far from|too|never|but|no doubt|very|is it|Not really) ?|(good|bad|film|café|zzz)[ ,.?!]{0,2}|很好|\n){0,24}";
    const TEXTS: &str = "(film|not|很|好|bad|good|Good|goodie|wow|zzz|,|\\.| ){0,16}";

    fn plain() -> Plan {
        Plan {
            seed: 3,
            layer: false,
            classes: 2,
            gate: 1.0,
            hidden: false,
            terms: false,
            subwords: false,
            polarity: true,
            full: None,
            shares: None,
        }
    }

    fn sum(explanation: &Explanation<'_>) -> f64 {
        let values = explanation.parts.iter().map(|part| part.value);
        explanation.base + values.sum::<f64>()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1024))]

        #[test]
        fn base_and_parts_sum_to_the_log_odds_of_the_answer(plan in plans(), text in TEXTS) {
            let model = plan.model();
            let verdict = model.classify(&text);
            let explanation = model.explain(&text);
            prop_assert!((sum(&explanation) - explanation.log_odds).abs() < 1e-6);
            let label = explanation.label;
            prop_assert!(verdict.label.is_none_or(|answer| answer == label));
            let p = verdict.probabilities[label];
            // Nearer to 1 too few digits are left of the odds.
            if p < 1.0 - 1e-8 {
                let log_odds = (p / (1.0 - p)).ln();
                prop_assert!((log_odds - explanation.log_odds).abs() < 1e-6);
            }
        }

        #[test]
        fn a_folded_model_answers_and_explains_the_same(plan in plans(), text in TEXTS) {
            let model = plan.model();
            let folded = plan.model().projected().unwrap();
            let (one, other) = (model.classify(&text), folded.classify(&text));
            prop_assert_eq!((one.known, one.tokens, one.why), (other.known, other.tokens, other.why));
            for (a, b) in one.probabilities.iter().zip(&other.probabilities) {
                prop_assert!((a - b).abs() < 1e-6, "{} {}", a, b);
            }
            let (one, other) = (model.explain(&text), folded.explain(&text));
            prop_assert_eq!(one.parts.len(), other.parts.len());
            if one.label == other.label {
                for (a, b) in one.parts.iter().zip(&other.parts) {
                    prop_assert_eq!((&a.span, a.kind, a.negated), (&b.span, b.kind, b.negated));
                    prop_assert!((a.value - b.value).abs() < 1e-5 * (1.0 + a.value.abs()));
                }
            }
        }

        #[test]
        fn a_model_in_its_file_answers_the_same(plan in plans(), texts in proptest::collection::vec(prop_oneof![TEXTS, NEGATIONS], 1..6)) {
            let path = std::path::Path::new("m");
            let model = plan.model().projected().unwrap();
            let Some(bytes) = model.laid_out(path).unwrap() else {
                // Only terms that are trained have that form.
                prop_assert!(plan.terms && (!plan.polarity || plan.seed % 3 > 1));
                return Ok(());
            };
            let folded = Folded::from_bytes(path, &bytes).unwrap().unwrap();
            let read = Model::from_bytes(path, &bytes).unwrap();
            prop_assert_eq!(read.laid_out(path).unwrap().unwrap(), bytes);
            let mut scratch = Scratch::default();
            for text in &texts {
                let expected = model.classify(text);
                let verdict = folded.classify(text, &mut scratch);
                for found in [&verdict, &read.classify(text)] {
                    let same = |a: &Verdict| (a.known, a.unseen, a.tokens, a.why);
                    prop_assert_eq!(same(found), same(&expected), "{}", text);
                    for (a, b) in found.probabilities.iter().zip(&expected.probabilities) {
                        prop_assert!((a - b).abs() < 1e-9, "{} {} {}", text, a, b);
                    }
                }
            }
        }

        #[test]
        fn every_word_is_a_part_or_unknown(plan in plans(), text in TEXTS) {
            let model = plan.model();
            let explanation = model.explain(&text);
            let mut words: Vec<Range<usize>> = Vec::new();
            for part in &explanation.parts {
                prop_assert_eq!(text.get(part.span.clone()), Some(part.text));
                if part.kind == Kind::Word {
                    words.push(part.span.clone());
                }
            }
            let places = explanation.parts.iter().map(|part| (part.span.start, part.span.end));
            prop_assert!(places.is_sorted_by(|a, b| a < b));
            for unknown in &explanation.unknown {
                prop_assert_eq!(text.get(unknown.span.clone()), Some(unknown.text));
                prop_assert!(!WORDS.contains(&unknown.text));
                words.push(unknown.span.clone());
            }
            words.sort_by_key(|span| (span.start, span.end));
            let mut tokens: Vec<Range<usize>> =
                model.tokenizer().tokens(&text).map(|token| token.span).collect();
            tokens.sort_by_key(|span| (span.start, span.end));
            prop_assert_eq!(words, tokens);
        }

        /// Whatever the text, where the answer is the same label.
        #[test]
        fn the_base_is_of_the_model(plan in plans(), texts in [TEXTS, TEXTS]) {
            let model = plan.model();
            let known = texts.iter().filter(|text| model.classify(text).known > 0);
            let all: Vec<Explanation<'_>> = known.map(|text| model.explain(text)).collect();
            for pair in all.windows(2) {
                let sign = match plan.classes {
                    2 if pair[0].label != pair[1].label => -1.0,
                    _ if pair[0].label == pair[1].label => 1.0,
                    _ => continue,
                };
                prop_assert!((pair[0].base - sign * pair[1].base).abs() < 1e-9);
            }
        }
    }

    /// Every number by hand, in a head that is linear: a word's value is that of its
    /// score, its vector and its term together.
    #[test]
    fn a_words_value_is_what_the_head_adds_for_it() {
        let plan = Plan {
            terms: true,
            shares: Some(vec![0.25, 0.75]),
            ..plain()
        };
        let model = plan.model();
        let text = "Not good zzz, good film";
        let explanation = model.explain(text);
        let scored = model.score(text).unwrap();
        let Classifier::Head(head) = model.classifier() else {
            unreachable!("the plan's model has a head");
        };
        let branch = head.with_prior.as_ref().unwrap();
        let weights = branch.weights.row(0);
        let side = if explanation.label == 1 { 1.0 } else { -1.0 };

        let slope = weights[0] - PRIOR_SLOPE;
        let base = 0.3 * weights[4] + 3.0_f64.ln();
        assert!((explanation.base - side * base).abs() < 1e-12);

        // "good" stands twice, negated first.
        let of = |span: Range<usize>| explanation.parts.iter().find(move |part| part.span == span);
        let row = model.vectors().row(5);
        let linear: f64 = (0..DIMS)
            .map(|at| {
                let scaled =
                    (f64::from(row[at]) - head.scaling.mean[at]) / head.scaling.deviation[at];
                0.4 * weights[1 + at] * scaled
            })
            .sum();
        let terms = model.terms.as_ref().unwrap();
        let numbers = terms.numbers(text, model.tokenizer());
        let parts = branch.terms.as_ref().unwrap().parts(&numbers);
        let is_good = |&term: &u32| terms.words(term) == Some(("good", None));
        let term = parts[[numbers.iter().position(is_good).unwrap(), 0]];
        for (span, negated) in [(4..8, true), (14..18, false)] {
            let part = of(span.clone()).unwrap();
            assert_eq!((part.kind, part.negated), (Kind::Word, negated));
            let in_score = scored.parts.iter().find(|part| part.span == span).unwrap();
            // Three different known words.
            let expected = slope * in_score.value + linear / 3.0 / 2.0 + term / 2.0;
            assert!(
                (part.value - side * expected).abs() < 1e-9,
                "{explanation:?}"
            );
        }
        for phrase in [0..8, 14..23] {
            assert_eq!(of(phrase).unwrap().kind, Kind::Phrase);
        }
        let unknown: Vec<&str> = explanation.unknown.iter().map(|one| one.text).collect();
        assert_eq!(unknown, ["zzz"]);
    }

    /// A word whose vector is the mean one says nothing.
    #[test]
    fn words_like_the_mean_count_for_nothing() {
        for layer in [true, false] {
            let plan = Plan {
                layer,
                hidden: true,
                gate: 0.0,
                polarity: false,
                ..plain()
            };
            let mut model = plan.model();
            let of_film = model.vectors().row(0).iter().map(|&value| f64::from(value));
            let of_film: Array1<f64> = of_film.collect();
            match &mut model.classifier {
                Classifier::Layer(layer) => layer.standardiser.mean = of_film,
                Classifier::Head(head) => head.scaling.mean = of_film,
            }
            let [film, bad] = &model.explain("film bad").parts[..] else {
                unreachable!("two known words");
            };
            assert_eq!(film.value, 0.0);
            assert!(bad.value.abs() > 1e-3);
        }
    }

    #[test]
    fn a_text_of_unknown_words_is_answered_by_the_shares() {
        let plan = Plan {
            terms: true,
            shares: Some(vec![0.2, 0.8]),
            ..plain()
        };
        let model = plan.model();
        // A term without a vector alone makes no answer.
        let explanation = model.explain("zzz wow");
        assert_eq!((explanation.label, explanation.parts.len()), (1, 0));
        assert!((explanation.base - 4.0_f64.ln()).abs() < 1e-12);
        assert_eq!(explanation.base, explanation.log_odds);
        let unknown: Vec<&str> = explanation.unknown.iter().map(|one| one.text).collect();
        assert_eq!(unknown, ["zzz", "wow"]);
        assert_eq!(model.explain("").unknown, []);
        // Beside a known word it is one.
        let beside = model.explain("bad wow");
        assert_eq!(beside.unknown, []);
        assert_eq!(beside.parts.len(), 2);
    }
}
