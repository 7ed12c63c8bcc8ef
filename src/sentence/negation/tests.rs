use proptest::prelude::*;

use super::*;
use crate::text::clauses::breaks;
use crate::text::tokenizer::Tokenizer;

fn english() -> Negation {
    Negation::new(&Cues::language("english").unwrap())
}

/// Cues of another language, as far as negation needs them.
fn cues(language: &str, negators: &str, light: &str) -> Negation {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect();
    Negation::new(&Cues {
        language: language.to_owned(),
        negators: words(negators),
        copulas: words(light),
        ..Cues::default()
    })
}

/// The text's words, the negated ones in capitals.
fn shown_by(negation: &Negation, text: &str) -> String {
    let tokenizer = Tokenizer::default();
    let tokens: Vec<_> = tokenizer.tokens(text).collect();
    let words: Vec<&str> = tokens.iter().map(|token| &*token.word).collect();
    let breaks: Vec<Break> = breaks(text, &tokens).collect();
    let mut negated = Vec::new();
    negation.scopes(&words, &breaks, &mut negated);
    let shown: Vec<String> = words
        .iter()
        .zip(negated)
        .map(|(word, negated)| match negated {
            true => word.to_uppercase(),
            false => (*word).to_owned(),
        })
        .collect();
    shown.join(" ")
}

/// Checks texts in which the negated words that matter are in capitals; those
/// of `light` may be either.
#[track_caller]
fn check(negation: &Negation, light: &str, texts: &[&str]) {
    for text in texts {
        let words = |text: &str| -> Vec<String> {
            text.split(|c: char| !c.is_alphanumeric() && c != '\'')
                .filter(|word| !word.is_empty())
                .filter(|word| !light.split(' ').any(|l| l == word.to_lowercase()))
                .map(|word| match word == word.to_uppercase() {
                    true => word.to_owned(),
                    false => word.to_lowercase(),
                })
                .collect()
        };
        let shown = shown_by(negation, &text.to_lowercase());
        assert_eq!(words(&shown), words(text), "{text}");
    }
}

#[track_caller]
fn check_english(texts: &[&str]) {
    const LIGHT: &str = "a an any all as at be been by for have i is it me of on say so such that \
                         the they think this to very was with would you about but than before and really";
    check(&english(), LIGHT, texts);
}

#[test]
fn a_scope_is_short_and_ends_with_its_clause() {
    check_english(&[
        "not GOOD",
        "no GOOD",
        "never BORING",
        "hardly EXCITING",
        "not BAD at all",
        "not very GOOD",
        "not the BEST",
        "not as GOOD as",
        "not such a very GOOD FILM",
        "nothing GOOD about it",
        "without a DULL MOMENT",
        "can't RECOMMEND",
        "not GOOD, great!",
        "not GREAT but good",
        "not GOOD. great",
        "not FUNNY CLEVER GREAT good",
    ]);
}

#[test]
fn verbs_of_opinion_pass_negation_on() {
    check_english(&[
        "I don't think it is GOOD",
        "I don't think that the END of this FILM is GOOD",
        "I do not think that it was GOOD",
        "nobody would CALL it GOOD",
        "I wouldn't say it is GOOD",
        "I don't think it isn't good",
    ]);
}

#[test]
fn two_negators_cancel_unless_something_parts_them() {
    check_english(&[
        "never not funny",
        "not without charm",
        "never FAILS to please",
        "neither GOOD nor BAD",
        "not GOOD and not BAD",
        "no FUN no CHARM",
        "not not GOOD",
    ]);
}

#[test]
fn some_phrases_turn_nothing_and_some_negate() {
    check_english(&[
        "not only good but great",
        "not just good",
        "no doubt a great film",
        "no problem",
        "no wonder it is great",
        "nothing but praise",
        "one of the best, if not the best",
        "can't recommend it enough",
        "don't miss this great film",
        "can't wait",
        // Wrong and complain are what is negated here.
        "can't GO WRONG",
        "can't COMPLAIN",
        "far from GOOD",
        "anything but GOOD",
        "too slow to HELP",
        "only too glad to help",
    ]);
}

#[test]
fn a_negated_comparative_is_the_highest_degree() {
    check_english(&[
        "couldn't be better",
        "could not have been worse",
        "never had a worse meal",
        "nothing is worse",
        "no better hotel",
        "no BETTER than before",
        "not BETTER than before",
    ]);
}

#[test]
fn questions_and_their_answers() {
    check_english(&[
        "isn't it great?",
        "wasn't the food great?",
        "wasn't the FOOD GREAT",
        "it is great, isn't it?",
        "GOOD? no.",
        "IS it GOOD? Not at all.",
        "is it good? yes.",
        "is it good? no IDEA",
        "fine. is it GOOD? No, I would not.",
        "is it BAD, HONESTLY? Not really. Good.",
        "it is good. No. never",
        "isn't it GREAT? no",
    ]);
}

#[test]
fn a_negator_with_nothing_to_turn_looks_back() {
    check_english(&[
        "they CALL it FUNNY, but it isn't",
        "I HOPED, but they did not",
        "not GOOD, no",
    ]);
}

#[test]
fn the_mechanism_is_of_no_language() {
    let german = cues("german", "nicht kein keine nie ohne weder", "ist war sehr");
    check(
        &german,
        "ist das sehr der mir auch",
        &[
            "nicht sehr GUT",
            "der FILM GEFÄLLT mir nicht",
            "nicht nur gut, sondern auch schön",
            "nicht GUT aber schön",
        ],
    );
    // Two words are one negation.
    let french = cues("french", "ne n'est pas sans jamais", "est très");
    check(
        &french,
        "est très il le",
        &[
            "ce n'est pas BON",
            "il ne est pas très BON",
            "sans doute bon",
        ],
    );
    let spanish = cues("spanish", "no nunca nada sin", "es muy");
    check(&spanish, "es muy", &["no es BUENO", "no es nada BUENO"]);
    let italian = cues(
        "italian",
        "non niente mai senza nessun nessuna",
        "è molto era",
    );
    check(
        &italian,
        "è molto era un una il la che si e",
        &[
            "non è BUONO",
            "non era per niente DIVERTENTE"
                .replace("per", "PER")
                .as_str(),
            "non mi è PIACIUTO".replace("mi", "MI").as_str(),
            "senza SPERANZA",
            "mai NOIOSO",
            "niente MALE",
            "non è BUONO ma bello",
            "non solo bello",
            "senza dubbio bello",
            "senza ombra di dubbio il migliore",
            "non vedo l'ora",
            "bello, non BRUTTO",
        ],
    );
    let portuguese = cues("portuguese", "não nunca nada sem nem nenhum", "é muito foi");
    check(
        &portuguese,
        "é muito foi um uma o a que se e",
        &[
            "não é BOM",
            "não foi nada DIVERTIDO",
            "não GOSTEI",
            "nunca CHATO",
            "sem GRAÇA",
            "nada MAU",
            "não é BOM mas bonito",
            "não só bonito",
            "sem dúvida bom",
            "sem sombra de dúvida o melhor",
            "nem BOM nem RUIM",
            "bom, não RUIM",
        ],
    );
    // A language of which only negators are known.
    let other = cues("", "nem", "");
    check(&other, "", &["nem JÓ", "nem JÓ. szép"]);
}

#[test]
fn units_of_a_script_without_spaces() {
    let chinese = cues("chinese", "不 没 没有", "是 很 太");
    let negated = |units: &[&'static str]| {
        let mut out = Vec::new();
        chinese.scopes(units, &[], &mut out);
        let negated = units.iter().zip(out).filter(|(_, negated)| *negated);
        negated.map(|(unit, _)| *unit).collect::<Vec<_>>()
    };
    // 不好 holds its negator and stays what it is.
    assert_eq!(negated(&["不", "不好", "好"]), ["好"]);
    assert_eq!(negated(&["不", "好", "吃"]), ["好", "吃"]);
    assert_eq!(
        negated(&["不", "不好", "好", "好吃", "吃"]),
        ["好", "好吃", "吃"]
    );
    // One negation, though 没 and 没有 are both negators.
    assert_eq!(
        negated(&["没", "没有", "有", "有意", "意", "意思", "思"]),
        ["有意", "意", "意思", "思"]
    );
    assert!(negated(&["不", "不仅", "仅", "仅好", "好"]).is_empty());
    // Six characters are as far as three words.
    let far = ["不", "一", "二", "三", "四", "五", "六", "好"];
    assert_eq!(negated(&far), far[1..7]);
}

#[test]
fn breaks_may_be_missing_and_old_results_go() {
    let mut out = vec![true; 9];
    english().scopes(&["not", "good"], &[], &mut out);
    assert_eq!(out, [false, true]);
    english().scopes::<&str>(&[], &[], &mut out);
    assert!(out.is_empty());
}

const WORDS: &[&str] = &[
    "not", "no", "never", "isn't", "without", "nothing", "good", "bad", "film", "better", "think",
    "only", "and", "but", "too", "to", "is", "it", "very", "the", "doubt", "fails", "若",
];

fn texts() -> impl Strategy<Value = Vec<(&'static str, Break)>> {
    let kind = prop_oneof![
        6 => Just(Break::None),
        1 => Just(Break::Clause),
        1 => Just(Break::Sentence),
        1 => Just(Break::Question),
    ];
    proptest::collection::vec((proptest::sample::select(WORDS), kind), 0..24)
}

fn negated(negation: &Negation, text: &[(&str, Break)]) -> Vec<bool> {
    let (words, breaks): (Vec<&str>, Vec<Break>) = text.iter().copied().unzip();
    let mut out = Vec::new();
    negation.scopes(&words, &breaks, &mut out);
    out
}

proptest! {
    #[test]
    fn one_answer_a_word_and_none_for_a_negator(text in texts()) {
        let out = negated(&english(), &text);
        prop_assert_eq!(out.len(), text.len());
        for ((word, _), negated) in text.iter().zip(out) {
            let is_negator = WORDS[..6].contains(word);
            prop_assert!(!(is_negator && negated));
        }
    }

    #[test]
    fn without_negators_nothing_is_negated(text in texts()) {
        let none = Negation::new(&Cues {
            negators: Vec::new(),
            ..Cues::language("english").unwrap()
        });
        prop_assert!(negated(&none, &text).iter().all(|negated| !negated));
        let turning = |word: &str| {
            WORDS[..6].contains(&word) || ["fails", "too", "to"].contains(&word)
        };
        let plain: Vec<_> = text.into_iter().filter(|(word, _)| !turning(word)).collect();
        prop_assert!(negated(&english(), &plain).iter().all(|negated| !negated));
    }

    #[test]
    fn a_sentence_is_judged_alone_unless_it_asks(before in texts(), text in texts(), after in texts()) {
        // A full stop on both sides: whatever stands there does not matter.
        let stop = |mut text: Vec<(&'static str, Break)>| {
            if let Some(last) = text.last_mut() {
                last.1 = Break::Sentence;
            }
            text
        };
        let (before, text) = (stop(before), stop(text));
        let alone = negated(&english(), &text);
        let whole: Vec<_> = [&before[..], &text, &after].concat();
        let out = negated(&english(), &whole);
        prop_assert_eq!(&out[before.len()..][..text.len()], &alone[..]);
    }

    #[test]
    fn after_a_question_only_an_answer_matters(question in texts(), answer in texts()) {
        // An answer that has a word of its own before any break turns nothing
        // of the question.
        let mut question = question;
        if let Some(last) = question.last_mut() {
            last.1 = Break::Question;
        }
        let alone = negated(&english(), &question);
        let whole: Vec<_> = [&question[..], &[("film", Break::None)], &answer].concat();
        let out = negated(&english(), &whole);
        prop_assert_eq!(&out[..question.len()], &alone[..]);
    }

    #[test]
    fn any_text_has_an_answer(text in "\\PC{0,80}") {
        shown_by(&english(), &text);
    }
}

/// The negated words of a text as the tokenizer cuts it.
fn cut_and_negated(language: &str, text: &str) -> Vec<String> {
    let tokenizer = Tokenizer::default();
    let tokens: Vec<_> = tokenizer.tokens(text).collect();
    let words: Vec<&str> = tokens.iter().map(|token| token.word.as_ref()).collect();
    let breaks: Vec<Break> = breaks(text, &tokens).collect();
    let mut out = Vec::new();
    Negation::new(&Cues::language(language).unwrap()).scopes(&words, &breaks, &mut out);
    let negated = words.iter().zip(out).filter(|(_, negated)| *negated);
    negated.map(|(word, _)| (*word).to_owned()).collect()
}

#[test]
fn parts_of_korean_words_go_with_the_word() {
    let all = ["재미있습니다", "재미", "재미있", "~습니다"];
    assert_eq!(cut_and_negated("korean", "안 재미있습니다"), all);
    // The negator follows; its own parts are none of its scope.
    let all = ["재미있지", "재미", "재미있", "~미있지"];
    assert_eq!(cut_and_negated("korean", "재미있지 않네요"), all);
    assert_eq!(cut_and_negated("korean", "재미있지 않습니다"), all);
    assert!(cut_and_negated("korean", "재미있습니다. 최고").is_empty());
}

#[test]
fn korean_verbs_turn_what_stands_before_them() {
    // What is turned of the words that say something, their parts left out.
    let turned = |text: &str| {
        let negated = cut_and_negated("korean", text);
        let whole: Vec<&str> = text.split([' ', ',', '.', '?']).collect();
        negated
            .into_iter()
            .filter(|word| whole.contains(&word.as_str()))
            .collect::<Vec<_>>()
    };
    for (text, expected) in [
        ("재미있지 않아요", &["재미있지"][..]),
        ("영화가 재미있지 않았어요", &["영화가", "재미있지"]),
        ("재미있지 않지만 음악은 좋아요", &["재미있지"]),
        ("재미있지 않은 영화", &["재미있지"]),
        ("감동이 없고 지루해요", &["감동이"]),
        ("맛이 없어요", &["맛이"]),
        ("나쁘지 않네요", &["나쁘지"]),
        ("추천하지 않습니다", &["추천하지"]),
        ("지루한 영화가 아니에요", &["지루한", "영화가"]),
        ("재미있지 못한 이야기", &["재미있지"]),
        ("안 좋아요", &["좋아요"]),
        ("전혀 지루하지 않다", &["지루하지"]),
        ("재미있을 뿐만 아니라 감동도 있다", &[]),
        ("더할 나위 없이 좋다", &[]),
        ("재미있지 않아요?", &[]),
        ("좋다. 나쁘지 않다", &["나쁘지"]),
    ] {
        assert_eq!(turned(text), expected, "{text}");
    }
}

#[test]
fn chinese_and_parts_one_negation_from_the_next() {
    let negated = cut_and_negated("chinese", "不好吃和没意思");
    for word in ["好吃", "意思"] {
        assert!(negated.iter().any(|one| one == word), "{negated:?}");
    }
}

#[test]
fn chinese_words_that_hold_a_negator_turn_nothing() {
    for text in ["味道不错好吃", "不愧是好店", "不少好吃", "没话说好吃"] {
        assert!(cut_and_negated("chinese", text).is_empty(), "{text}");
    }
    assert!(cut_and_negated("chinese", "味道不好吃").contains(&"好吃".to_owned()));
}
