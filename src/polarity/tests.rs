//! The whole induction on made text whose opinions are known.

use std::ops::ControlFlow;

use super::*;
use crate::error::{Error, Result};
use crate::random::{Use, below, stream, unit};
use crate::sentence::WordWeights;
use crate::text::tokenizer::Tokenizer;
use crate::vectors::WordVectors;

const OPINIONS: usize = 40;
const FILLERS: usize = 120;
const DIMS: usize = 6;

/// Words of praise p0, p1, ...; of blame n0, n1, ...; of no opinion f0, f1, ... The
/// vectors know the opinions roughly: three in ten point the wrong way.
fn vectors() -> WordVectors {
    let mut random = stream(Use::Order, 7);
    let (mut words, mut rows) = (Vec::new(), Vec::new());
    let mut add = |word: String, side: f32| {
        words.push(word);
        rows.push(side);
        rows.extend((1..DIMS).map(|_| unit(&mut random) - 0.5));
    };
    for word in ["it", "is", "very", "not", "a", "thing"] {
        add(word.to_owned(), 0.0);
    }
    add("good".to_owned(), 1.0);
    add("bad".to_owned(), -1.0);
    for at in 0..OPINIONS {
        let side = if at % 10 < 3 { -0.2 } else { 0.6 };
        add(format!("p{at}"), side);
        add(format!("n{at}"), -side);
    }
    for at in 0..FILLERS {
        add(format!("f{at}"), 0.0);
    }
    WordVectors::new(words, rows, DIMS).unwrap()
}

/// Texts of one opinion each: `sentences` times "it is X" and "a very X thing", among
/// fillers.
fn texts(count: usize, sentences: usize) -> Vec<String> {
    let mut random = stream(Use::Order, 8);
    (0..count)
        .map(|at| {
            let side = ["p", "n"][at % 2];
            let mut text = String::new();
            for _ in 0..sentences {
                let mut draw = |bound: usize| below(bound as u64, &mut random);
                let (first, second) = (draw(OPINIONS), draw(OPINIONS));
                text += &format!("It is {side}{first}. A very {side}{second} thing,");
                for _ in 0..6 {
                    text += &format!(" f{}", draw(FILLERS));
                }
                text += ". ";
            }
            text
        })
        .collect()
}

impl Polarity {
    /// A direction for tests of files: of every word and one pair.
    pub(crate) fn sample(words: usize, dims: usize) -> Self {
        let weights: Vec<f32> = (0..=words).map(|at| (at as f32).sin()).collect();
        let scale = Scale {
            direction: weights.iter().cycle().take(dims).copied().collect(),
            weights,
            offset: 0.1,
        };
        Self {
            cues: cues(),
            report: Report {
                path: Path::Short,
                documents: (600, 600),
                length: 9,
                by_cues: true,
                opinions: 1,
                agreement: Some(0.7),
            },
            idf: vec![0.7; words + 1],
            pairs: vec![0],
            opinions: vec![words as u32 - 1],
            scales: [scale.clone(), scale],
        }
    }
}

fn cues() -> Cues {
    Cues {
        intensifiers: vec!["very".to_owned()],
        copulas: vec!["is".to_owned()],
        negators: vec!["not".to_owned()],
        ..Cues::from_seeds(vec!["good".to_owned()], vec!["bad".to_owned()])
    }
}

fn found(vectors: &WordVectors, texts: &[String]) -> Result<Polarity> {
    let mut documents = Documents::new(vectors);
    texts.iter().for_each(|text| documents.add(text));
    induce(&documents, vectors, &cues(), 0, &|| {
        ControlFlow::Continue(())
    })
}

fn score(polarity: &Polarity, text: &str, length: Length, vectors: &WordVectors) -> Scored {
    let weights = WordWeights::fitting(vectors);
    let tokenizer = Tokenizer::default();
    Scorer::new(polarity, length, None, vectors)
        .score(polarity, text, vectors, &weights, &tokenizer)
}

/// The direction without negators.
fn plain(polarity: &Polarity) -> Polarity {
    let mut polarity = polarity.clone();
    polarity.cues.negators.clear();
    polarity
}

struct Judge<'a> {
    vectors: &'a WordVectors,
    polarity: &'a Polarity,
}

impl Judge<'_> {
    fn score(&self, text: &str) -> Scored {
        score(self.polarity, text, Length::Sentence, self.vectors)
    }
}

#[test]
fn the_company_that_opinions_keep_corrects_the_vectors() {
    let vectors = vectors();
    // Of ten opinion words, so many at least have the right sign; by the vectors alone
    // seven have. Without naive Bayes there is less to gain.
    let cases = [(1, Path::Seeds, 8), (2, Path::Short, 9), (4, Path::Long, 9)];
    for (sentences, path, of_ten) in cases {
        let polarity = found(&vectors, &texts(1000, sentences)).unwrap();
        let report = &polarity.report;
        assert_eq!((report.path, report.by_cues), (path, true), "{report:?}");
        let opinions: Vec<&str> = polarity
            .opinions()
            .iter()
            .map(|&row| vectors.words()[row as usize].as_str())
            .collect();
        assert!(opinions.len() >= 2 * OPINIONS * 9 / 10, "{opinions:?}");
        assert!(
            !opinions.iter().any(|word| word.starts_with('f')),
            "{opinions:?}"
        );
        for length in [Length::Document, Length::Sentence] {
            let right = |(row, weight): (u32, Weight)| {
                let word = &vectors.words()[row as usize];
                match word.as_bytes()[0] {
                    b'p' => weight.value > 0.0,
                    _ => weight.value < 0.0,
                }
            };
            let own = |(row, _): &(u32, Weight)| polarity.opinions().contains(row);
            let right: Vec<bool> = polarity.words(length).filter(own).map(right).collect();
            let hits = right.iter().filter(|&&right| right).count();
            assert!(
                hits * 10 >= right.len() * of_ten,
                "{hits} of {}",
                right.len()
            );
        }
        assert_eq!(found(&vectors, &texts(1000, sentences)).unwrap(), polarity);
    }
}

#[test]
fn parts_sum_to_the_score_and_negation_turns_them() {
    let vectors = vectors();
    let polarity = found(&vectors, &texts(1000, 4)).unwrap();
    let judge = Judge {
        vectors: &vectors,
        polarity: &polarity,
    };
    for text in [
        "",
        "zxcvb",
        "It is p5, very p7; not n9. p5 p5",
        "f1 f2 zxcvb p3",
    ] {
        let scored = judge.score(text);
        let sum: f64 = scored.parts.iter().map(|part| part.value).sum();
        assert!((sum - scored.score).abs() < 1e-12, "{text}");
        for part in &scored.parts {
            assert!(part.span.start < part.span.end && text.get(part.span.clone()).is_some());
        }
    }
    assert!(judge.score("zxcvb").parts.is_empty());
    for word in ["p5", "n5", "p8", "n9"] {
        let plain = judge.score(&format!("it is {word}"));
        let turned = judge.score(&format!("it is not {word}"));
        let part = |scored: &Scored| scored.parts.last().unwrap().clone();
        assert!(
            !part(&plain).turned && turned.parts.iter().any(|part| part.turned),
            "{word}"
        );
        let side = plain.score;
        assert!(side * turned.score < 0.0, "{word}");
    }
    // Saying it twice is not saying it twice as much.
    let (once, twice) = (judge.score("it is p5"), judge.score("it is p5, it is p5"));
    assert!((once.score - twice.score).abs() < 1e-12);
}

#[test]
fn short_texts_rest_on_what_was_known_and_long_ones_on_themselves() {
    let vectors = vectors();
    let polarity = found(&vectors, &texts(1000, 4)).unwrap();
    let full = Full::of(vec![24.0]);
    let (weights, tokenizer) = (WordWeights::fitting(&vectors), Tokenizer::default());
    let long = "It is p5, a very p7 thing, f1 f2 f3 f4";
    for length in [Length::Document, Length::Sentence] {
        let scorer = Scorer::new(&polarity, length, full, &vectors);
        let score = |text: &str| {
            let scored = scorer.score(&polarity, text, &vectors, &weights, &tokenizer);
            let sum: f64 = scored.parts.iter().map(|part| part.value).sum();
            assert!((sum - scored.score).abs() < 1e-12, "{text}");
            scored.score
        };
        let plain = |text: &str| self::score(&polarity, text, length, &vectors).score;
        assert_eq!(score(""), 0.0);
        assert_eq!(score("zxcvb"), 0.0);
        for filler in ["f1", "f2", "thing", "it is"] {
            assert!(score(filler).abs() < 0.6 * plain(filler).abs(), "{filler}");
        }
        assert!(score("good") > 0.0 && score("bad") < 0.0);
        assert!(score("it is not good") < 0.0 && score("it is not bad") > 0.0);
        // Ten words of twenty-four over three.
        if length == Length::Document {
            assert!((score(long) - plain(long)).abs() < 1e-12);
        }
    }

    // Where the text calls a seed the opposite, one word of it is not believed at once.
    let mut lying = polarity.clone();
    let good = vectors.index("good").unwrap();
    for scale in &mut lying.scales {
        scale.weights[good] = -0.1;
        scale.direction.fill(0.0);
        scale.offset = 0.0;
    }
    let scorer = Scorer::new(&lying, Length::Sentence, full, &vectors);
    let score = |text| {
        let scored = scorer.score(&lying, text, &vectors, &weights, &tokenizer);
        scored.score
    };
    assert!(self::score(&lying, "good", Length::Sentence, &vectors).score < 0.0);
    assert!(score("good") > 0.0 && score("not good") < score("good"));
}

#[test]
fn influence_is_the_deviation_of_what_a_feature_adds() {
    let influence = |value: f32, share: f32| Weight { value, share }.influence();
    assert!((influence(-2.0, 0.2) + 0.8).abs() < 1e-6);
    assert!(influence(3.0, 0.1) > influence(9.0, 0.001));
    assert_eq!(influence(5.0, 1.0), 0.0);

    let vectors = vectors();
    let polarity = found(&vectors, &texts(1000, 4)).unwrap();
    let is = vectors.index("is").unwrap();
    let (row, weight) = polarity.words(Length::Document).nth(is).unwrap();
    // It stands in every text: as many as there are, but for the least logarithm.
    assert_eq!(row as usize, is);
    assert!(weight.share > 0.98, "{weight:?}");
}

#[test]
fn scores_lie_around_zero() {
    let vectors = vectors();
    let texts = texts(1000, 4);
    let polarity = found(&vectors, &texts).unwrap();
    let polarity = plain(&polarity);
    let scores: Vec<f64> = texts
        .iter()
        .map(|text| score(&polarity, text, Length::Document, &vectors).score)
        .collect();
    let (middle, deviation) = spread::spread(&scores);
    assert!(
        middle.abs() < 1e-4 && (deviation - 1.0).abs() < 1e-4,
        "{middle} {deviation}"
    );
    let right = (0..texts.len())
        .filter(|&at| (scores[at] > 0.0) == (at % 2 == 0))
        .count();
    assert!(right >= 990, "{right} of 1000");
}

#[test]
fn too_little_text_and_unknown_seeds_are_errors() {
    let vectors = vectors();
    let error = found(&vectors, &texts(LEAST_DOCUMENTS - 1, 1)).unwrap_err();
    assert!(matches!(error, Error::TooLittle { .. }), "{error}");
    let mut documents = Documents::new(&vectors);
    texts(1000, 1).iter().for_each(|text| documents.add(text));
    let strangers = Cues::from_seeds(vec!["zxcvb".to_owned()], vec!["bad".to_owned()]);
    let error = induce(&documents, &vectors, &strangers, 0, &|| {
        ControlFlow::Continue(())
    })
    .unwrap_err();
    assert!(matches!(error, Error::TooLittle { .. }), "{error}");
}

#[test]
fn all_texts_alike_end_in_finite_scores() {
    let vectors = vectors();
    let same = vec!["It is p1, a very n2 thing".to_owned(); 1000];
    let polarity = found(&vectors, &same).unwrap();
    let judge = Judge {
        vectors: &vectors,
        polarity: &polarity,
    };
    assert!(judge.score("p1 n2 f3").score.is_finite());
}

#[test]
fn halves_of_texts_of_one_opinion_agree() {
    let vectors = vectors();
    let agreement = |texts: &[String]| found(&vectors, texts).unwrap().report.agreement;
    let one_opinion = agreement(&texts(1000, 4)).unwrap();
    assert!(one_opinion > 0.9, "{one_opinion}");
    // As many texts again whose halves contradict each other.
    let mut mixed = texts(1000, 4);
    for at in 0..1000 {
        let (first, second) = (at % OPINIONS, at / OPINIONS % OPINIONS);
        mixed.push(format!("A very p{first} thing. A very n{second} thing."));
    }
    let mixed = agreement(&mixed).unwrap();
    assert!((0.35..one_opinion - 0.2).contains(&mixed), "{mixed}");
    // Of texts without a second sentence there are no halves.
    let short = vec!["It is p1".to_owned(); 1000];
    assert_eq!(agreement(&short), None);
}

#[test]
fn bytes_are_read_back_and_what_does_not_fit_is_refused() {
    let vectors = vectors();
    let polarity = found(&vectors, &texts(1000, 2)).unwrap();
    let (words, dims) = (vectors.len(), vectors.dims());
    let bytes = polarity.to_bytes();
    assert_eq!(Polarity::from_bytes(&bytes, words, dims).unwrap(), polarity);
    assert_eq!(polarity.clone().to_bytes(), bytes);
    for length in (0..bytes.len()).step_by(7) {
        assert!(
            Polarity::from_bytes(&bytes[..length], words, dims).is_err(),
            "{length}"
        );
    }
    assert!(Polarity::from_bytes(&[&bytes[..], &[0]].concat(), words, dims).is_err());
    assert!(Polarity::from_bytes(&bytes, words + 1, dims).is_err());
    assert!(Polarity::from_bytes(&bytes, words, dims - 1).is_err());
    let broken = |change: fn(&mut Polarity)| {
        let mut polarity = polarity.clone();
        change(&mut polarity);
        Polarity::from_bytes(&polarity.to_bytes(), words, dims).unwrap_err()
    };
    for (change, says) in [
        (
            (|p| p.pairs.swap(0, 1)) as fn(&mut Polarity),
            "words that are none",
        ),
        (|p| p.pairs[0] = u64::from(u32::MAX), "words that are none"),
        (
            |p| *p.opinions.last_mut().unwrap() = 1_000_000,
            "words that are none",
        ),
        (|p| p.idf[0] = f32::NAN, "not finite"),
        (|p| p.idf[0] = -1.0, "not finite"),
        (|p| p.scales[1].direction[0] = f32::INFINITY, "not finite"),
    ] {
        assert!(broken(change).contains(says), "{says}");
    }
    // A length that no memory holds is no reason to ask for it.
    let mut huge = bytes.clone();
    huge[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(Polarity::from_bytes(&huge, words, dims).is_err());
}

/// Texts of the test above in other words: p0 has become blame and n0 praise, as often
/// as a third of all opinions, and "f1 f2" is praise, "f2 f1" blame.
fn other_texts(count: usize) -> Vec<String> {
    let mut random = stream(Use::Order, 9);
    (0..count)
        .map(|at| {
            let (side, changed, pair) = [("p", "n0", "f1 f2"), ("n", "p0", "f2 f1")][at % 2];
            let mut draw = |bound: usize| below(bound as u64, &mut random);
            let mut text = String::new();
            for _ in 0..3 {
                text += &format!("It is {side}{}, ", 1 + draw(OPINIONS - 1));
            }
            if draw(2) == 0 {
                text += &format!("it is {changed}, {pair}, ");
            }
            text + &format!("f{} f{}", 3 + draw(90), 3 + draw(90))
        })
        .collect()
}

fn adapted(
    vectors: &WordVectors,
    polarity: &Polarity,
    texts: &[String],
) -> Result<(Polarity, adapt::Report)> {
    let mut own = Documents::new(vectors);
    texts.iter().for_each(|text| own.add(text));
    adapt::adapt(polarity, &own, vectors, 0, &|| ControlFlow::Continue(()))
}

#[test]
fn adapting_learns_what_own_texts_mean_by_a_word_and_a_pair() {
    let vectors = vectors();
    let polarity = found(&vectors, &texts(1000, 4)).unwrap();
    let (own, report) = adapted(&vectors, &polarity, &other_texts(6000)).unwrap();
    assert_eq!((report.length, report.texts), (Length::Sentence, 6000));
    assert_eq!(
        own,
        adapted(&vectors, &polarity, &other_texts(6000)).unwrap().0
    );
    assert!(
        report.pairs.1 > 0 && report.pairs.0 > report.pairs.1,
        "{report:?}"
    );

    let weight = |polarity: &Polarity, word: &str| {
        let row = vectors.index(word).unwrap();
        polarity.words(Length::Sentence).nth(row).unwrap().1.value
    };
    assert!(weight(&polarity, "p0") > 0.0 && weight(&polarity, "n0") < 0.0);
    // What both have taught is summed: a word that has changed sides loses at least
    // half of its weight beside one that has not.
    for (changed, same) in [("p0", "p9"), ("n0", "n9")] {
        let beside = |polarity| weight(polarity, changed) / weight(polarity, same);
        assert!(beside(&own) < 0.5 * beside(&polarity), "{changed}");
    }
    assert!(weight(&own, "p9") > 0.0 && weight(&own, "n9") < 0.0);
    let pair = |first: &str, second: &str| {
        let rows = [first, second].map(|word| vectors.index(word).unwrap() as u32);
        let mut pairs = own.pairs(Length::Sentence);
        pairs
            .find(|(pair, _)| *pair == (rows[0], rows[1]))
            .unwrap()
            .1
            .value
    };
    assert!(pair("f1", "f2") > 0.0 && pair("f2", "f1") < 0.0);

    // Parts still sum to the score, and the weights for documents are what they were.
    let judge = Judge {
        vectors: &vectors,
        polarity: &own,
    };
    for text in ["", "It is not p5, f1 f2 n0. p5 zxcvb p5", "f2 f1 p0"] {
        let scored = judge.score(text);
        let sum: f64 = scored.parts.iter().map(|part| part.value).sum();
        assert!((sum - scored.score).abs() < 1e-12, "{text}");
    }
    assert!(
        own.words(Length::Document)
            .eq(polarity.words(Length::Document))
    );
    let known =
        |(pair, weight): ((u32, u32), Weight)| (weight.value != 0.0).then_some((pair, weight));
    let pairs = |polarity: &Polarity| -> Vec<_> {
        polarity.pairs(Length::Document).filter_map(known).collect()
    };
    assert_eq!(pairs(&own), pairs(&polarity));
}

#[test]
fn adapted_scores_are_those_it_was_taught_with() {
    let vectors = vectors();
    let polarity = found(&vectors, &texts(1000, 4)).unwrap();
    let mut texts = other_texts(1000);
    texts.push("It is not p5, not n3. very p5 p5, f1 f2".to_owned());
    let (own, _) = adapted(&vectors, &polarity, &texts).unwrap();
    let judge = Judge {
        vectors: &vectors,
        polarity: &own,
    };
    let scores: Vec<f64> = texts.iter().map(|text| judge.score(text).score).collect();
    let (middle, deviation) = spread::spread(&scores);
    assert!(
        middle.abs() < 1e-4 && (deviation - 1.0).abs() < 1e-4,
        "{middle} {deviation}"
    );
}

#[test]
fn too_little_to_adapt_to_is_said() {
    let vectors = vectors();
    let polarity = found(&vectors, &texts(1000, 4)).unwrap();
    let few = other_texts(adapt::LEAST_TEXTS - 1);
    let error = adapted(&vectors, &polarity, &few).unwrap_err();
    assert!(matches!(error, Error::TooLittle { .. }), "{error}");
    assert!(error.to_string().contains("199"), "{error}");
    let same = vec!["It is p1, a very n2 thing".to_owned(); 300];
    let (own, _) = adapted(&vectors, &polarity, &same).unwrap();
    let judge = Judge {
        vectors: &vectors,
        polarity: &own,
    };
    assert!(judge.score("p1 n2 f3").score.is_finite());
}

/// The same in a script without spaces: a praise or blame is a pair of characters,
/// and the vectors know all units of the texts, among them pairs that are no words.
mod unspaced {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// A pair of characters that stand nowhere else; of praise, or of blame.
    fn opinion(side: usize, at: usize) -> String {
        let first = 0x5000 + 2 * (side * OPINIONS + at) as u32;
        [first, first + 1]
            .into_iter()
            .filter_map(char::from_u32)
            .collect()
    }

    /// A character of no opinion.
    fn filler(at: usize) -> char {
        char::from_u32(0x6000 + at as u32).unwrap()
    }

    fn cues() -> Cues {
        Cues {
            intensifiers: vec!["很".to_owned()],
            copulas: vec!["是".to_owned()],
            negators: vec!["不".to_owned()],
            ..Cues::from_seeds(vec![opinion(0, 0)], vec![opinion(1, 0)])
        }
    }

    /// Texts of one opinion each, three sentences long.
    fn texts(count: usize) -> Vec<String> {
        let mut random = stream(Use::Order, 9);
        let mut draw = |bound: usize| below(bound as u64, &mut random) as usize;
        let mut text = |at: usize| {
            let mut text = String::new();
            for _ in 0..3 {
                let (first, second) = (draw(OPINIONS), draw(OPINIONS));
                let fillers: String = (0..9).map(|_| filler(draw(12))).collect();
                let (first, second) = (opinion(at % 2, first), opinion(at % 2, second));
                text += &format!("{fillers}是{first}，很{second}。");
            }
            text
        };
        (0..count).map(&mut text).collect()
    }

    /// Three in ten opinions point the wrong way.
    fn vectors(texts: &[String]) -> WordVectors {
        let mut random = stream(Use::Order, 7);
        let mut sides: BTreeMap<String, f32> = BTreeMap::new();
        for at in 0..OPINIONS {
            let side = if at % 10 >= 7 { -0.2 } else { 0.6 };
            sides.insert(opinion(0, at), side);
            sides.insert(opinion(1, at), -side);
        }
        let tokenizer = Tokenizer::default();
        let mut words = BTreeSet::from(["不".to_owned()]);
        for text in texts {
            words.extend(tokenizer.tokens(text).map(|token| token.word.into_owned()));
        }
        let mut rows = Vec::new();
        for word in &words {
            rows.push(sides.get(word).copied().unwrap_or(0.0));
            rows.extend((1..DIMS).map(|_| unit(&mut random) - 0.5));
        }
        WordVectors::new(words.into_iter().collect(), rows, DIMS).unwrap()
    }

    #[test]
    fn overlapping_units_are_read_alike_by_induction_and_scoring() {
        let texts = texts(1000);
        let vectors = vectors(&texts);
        let mut documents = Documents::new(&vectors);
        texts.iter().for_each(|text| documents.add(text));
        let polarity = induce(&documents, &vectors, &cues(), 0, &|| {
            ControlFlow::Continue(())
        })
        .unwrap();
        let report = &polarity.report;
        // Three times 12 characters before the comma and 3 behind it.
        let length = 3 * (6 + 2);
        assert_eq!((report.path, report.length), (Path::Short, length));
        let mut opinions = polarity.opinions().iter();
        assert!(opinions.all(|&row| vectors.words()[row as usize].chars().count() == 2));
        let is_opinion = |word: &str| {
            let row = vectors.index(word).map(|row| row as u32);
            row.is_some_and(|row| polarity.opinions().binary_search(&row).is_ok())
        };

        // The induction brought its scores of these texts to 0 and 1: these are the same.
        let unturned = plain(&polarity);
        let scores = texts
            .iter()
            .map(|text| score(&unturned, text, Length::Document, &vectors).score);
        let scores: Vec<f64> = scores.collect();
        let (middle, deviation) = spread::spread(&scores);
        assert!(
            middle.abs() < 1e-4 && (deviation - 1.0).abs() < 1e-4,
            "{middle} {deviation}"
        );
        let right = (0..texts.len()).filter(|&at| (scores[at] > 0.0) == (at % 2 == 0));
        assert!(right.count() >= 990);

        let mut turned = 0;
        for word in (1..OPINIONS).map(|at| opinion(0, at)) {
            let text = format!("不{word}，是{word}");
            let scored = score(&polarity, &text, Length::Sentence, &vectors);
            let sum: f64 = scored.parts.iter().map(|part| part.value).sum();
            assert!((sum - scored.score).abs() < 1e-12, "{text}");
            let behind = "不".len().."不".len() + word.len();
            for part in &scored.parts {
                assert!(
                    text.get(part.span.clone())
                        .is_some_and(|part| !part.is_empty())
                );
                // Only the opinion word behind the negator is turned.
                let expected = part.span == behind && is_opinion(&word);
                assert_eq!(part.turned, expected, "{text} {:?}", part.span);
                turned += usize::from(part.turned);
            }
        }
        assert!(turned > OPINIONS / 2, "{turned}");
    }
}
