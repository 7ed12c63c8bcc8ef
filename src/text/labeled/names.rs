//! What the names of labels say about them.

use std::collections::BTreeMap;

use crate::text::cues::Cues;

/// Names that stand for praise and for blame, beside the words of praise and blame in
/// the lists of cues.
const PRAISE: [&str; 18] = [
    "positive",
    "pos",
    "+",
    "+1",
    "praise",
    "happy",
    "satisfied",
    "like",
    "positiv",
    "positif",
    "positivo",
    "positiva",
    "positief",
    "正面",
    "积极",
    "好评",
    "긍정",
    "肯定的",
];
const BLAME: [&str; 19] = [
    "negative",
    "neg",
    "-",
    "-1",
    "blame",
    "unhappy",
    "dissatisfied",
    "complaint",
    "dislike",
    "negativ",
    "négatif",
    "negativo",
    "negativa",
    "negatief",
    "负面",
    "消极",
    "差评",
    "부정",
    "否定的",
];

/// What two or more names say about sentiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Words for praise and for blame: the places of the two.
    Sentiment {
        /// The label of praise.
        praise: usize,
        /// The label of blame.
        blame: usize,
    },
    /// Numbers; the highest is the last, the lowest the first of these places.
    Numbers {
        /// The label of the lowest number.
        lowest: usize,
        /// The label of the highest number.
        highest: usize,
    },
    /// Nothing.
    Unknown,
}

/// What the names say.
pub fn meaning<S: AsRef<str>>(names: &[S]) -> Meaning {
    let names: Vec<String> = names
        .iter()
        .map(|name| name.as_ref().trim().to_lowercase())
        .collect();
    let numbers: Option<Vec<f64>> = names
        .iter()
        .map(|name| name.parse().ok().filter(|number: &f64| number.is_finite()))
        .collect();
    if let Some(numbers) = numbers {
        let places = || numbers.iter().enumerate();
        let lowest = places().min_by(|a, b| a.1.total_cmp(b.1));
        let highest = places().max_by(|a, b| a.1.total_cmp(b.1));
        return match (lowest, highest) {
            (Some((lowest, low)), Some((highest, high))) if low < high => {
                Meaning::Numbers { lowest, highest }
            }
            _ => Meaning::Unknown,
        };
    }
    let languages: Vec<Cues> = Cues::languages()
        .iter()
        .filter_map(|name| Cues::language(name))
        .collect();
    let of = |list: &[&str], words: fn(&Cues) -> &[String]| -> Option<usize> {
        names.iter().position(|name| {
            list.contains(&name.as_str()) || languages.iter().any(|cues| words(cues).contains(name))
        })
    };
    match (
        of(&PRAISE, |cues| &cues.positive),
        of(&BLAME, |cues| &cues.negative),
    ) {
        (Some(praise), Some(blame)) if praise != blame => Meaning::Sentiment { praise, blame },
        _ => Meaning::Unknown,
    }
}

/// Names that differ in case or white space only, by their places: of each such name
/// all its spellings. They may well be one label that was typed by several hands, or
/// two that somebody tells apart; that is not for a program to decide.
pub fn alike<S: AsRef<str>>(names: &[S]) -> Vec<Vec<usize>> {
    let mut spellings: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, name) in names.iter().enumerate() {
        let words: Vec<&str> = name.as_ref().split_whitespace().collect();
        let name = words.join(" ").to_lowercase();
        spellings.entry(name).or_default().push(place);
    }
    spellings
        .into_values()
        .filter(|places| places.len() > 1)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_case_or_white_space_are_alike() {
        let names = [
            "Not good",
            "POSITIVE",
            "Positive",
            "negative",
            "not  good",
            "not good ",
            "positive",
        ];
        assert_eq!(alike(&names), [vec![0, 4, 5], vec![1, 2, 6]]);
        assert_eq!(alike(&["ÜBEL", "übel"]), [[0, 1]]);
        assert!(alike(&["positive", "positive!", "positiv"]).is_empty());
        assert!(alike::<&str>(&[]).is_empty());
    }

    #[test]
    fn names_of_sentiment_are_known_in_any_order_and_case() {
        let sentiment = |praise, blame| Meaning::Sentiment { praise, blame };
        assert_eq!(meaning(&["Negative", "POSITIVE"]), sentiment(1, 0));
        assert_eq!(meaning(&["neg", "neutral", "pos"]), sentiment(2, 0));
        assert_eq!(meaning(&["good", "bad"]), sentiment(0, 1));
        assert_eq!(meaning(&["schlecht", "gut"]), sentiment(1, 0));
        assert_eq!(meaning(&["差评", "好评"]), sentiment(1, 0));
    }

    #[test]
    fn numbers_have_an_order_and_other_names_say_nothing() {
        assert_eq!(
            meaning(&["10", "2", "5"]),
            Meaning::Numbers {
                lowest: 1,
                highest: 0
            }
        );
        assert_eq!(
            meaning(&["-1", "1"]),
            Meaning::Numbers {
                lowest: 0,
                highest: 1
            }
        );
        for names in [
            &["comedy", "horror"][..],
            &["positive", "other"],
            &["1", "1.0"],
            &["nan", "1"],
            &[],
        ] {
            assert_eq!(meaning(names), Meaning::Unknown, "{names:?}");
        }
    }
}
