//! Which language a text is in, as far as there are cues for it.
//!
//! Most running words of any text are small ones, and every language has its
//! own. The lists of stop words, and the cues, hold the small words of each; the
//! languages that have stop words but no cues compete too, so that a Dutch text
//! is not taken for German. Two scripts say the language themselves.

use rustc_hash::FxHashMap;

use super::{Cues, LANGUAGES};
use crate::text::stopwords::StopWords;
use crate::text::units::{Script, is_hangul};

/// The share of running words that must be a language's small words. In the
/// sentences of the tests the right language has 0.40 to 0.70.
const SHARE: f64 = 0.3;

/// How many times as many there must be as of the next language. The right
/// language has 2.0 times as many and more; relatives that no list is for resemble
/// two languages (Catalan is Spanish by 0.34 and Portuguese by 0.24).
const LEAD: f64 = 1.6;

/// The share of running words in a script that must be reached.
const SCRIPT_SHARE: f64 = 0.5;

/// The share of running words in Japanese syllables that no Chinese text has.
const KANA_SHARE: f64 = 0.05;

/// The name of the language, if it can be told.
pub(super) fn language<'w>(counted: impl Iterator<Item = (&'w str, u64)>) -> Option<&'static str> {
    let (languages, lists) = small_words();
    let mut total = 0;
    let mut scripts = Scripts::default();
    let mut covered = vec![0; languages.len()];
    for (word, count) in counted {
        total += count;
        scripts.add(word, count);
        for &language in lists.get(word).into_iter().flatten() {
            covered[language] += count;
        }
    }
    let total = (total as f64).max(1.0);
    let share = |count: u64| count as f64 / total;
    if share(scripts.hangul) >= SCRIPT_SHARE {
        return Some("korean");
    }
    if share(scripts.han) >= SCRIPT_SHARE {
        return (share(scripts.kana) < KANA_SHARE).then_some("chinese");
    }
    let mut ranked: Vec<(f64, &str)> = covered.into_iter().map(share).zip(languages).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let ((first, name), (second, _)) = (*ranked.first()?, *ranked.get(1)?);
    let has_cues = Cues::languages().contains(&name);
    (has_cues && first >= SHARE && first >= LEAD * second).then_some(name)
}

/// The languages with stop words, and for each small word those that have it.
fn small_words() -> (Vec<&'static str>, FxHashMap<String, Vec<usize>>) {
    let languages: Vec<_> = StopWords::languages().collect();
    let mut lists: FxHashMap<String, Vec<usize>> = FxHashMap::default();
    for (at, &name) in languages.iter().enumerate() {
        let cues = LANGUAGES
            .iter()
            .filter(|language| language.name == name)
            .map(Cues::of)
            .flat_map(|cues| [cues.intensifiers, cues.copulas, cues.negators].concat());
        let stop_words = StopWords::language(name).unwrap_or_default();
        for word in stop_words
            .sorted()
            .into_iter()
            .map(str::to_owned)
            .chain(cues)
        {
            let having = lists.entry(word).or_default();
            if having.last() != Some(&at) {
                having.push(at);
            }
        }
    }
    (languages, lists)
}

/// Running words that begin in a script.
#[derive(Default)]
struct Scripts {
    han: u64,
    kana: u64,
    hangul: u64,
}

impl Scripts {
    fn add(&mut self, word: &str, count: u64) {
        let Some(first) = word.chars().next() else {
            return;
        };
        match (Script::of(first), first) {
            (Some(Script::Han), _) => self.han += count,
            (Some(Script::Hiragana), _) | (None, '\u{30a0}'..='\u{30ff}') => self.kana += count,
            _ if is_hangul(first) => self.hangul += count,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::text::Tokenizer;

    fn detect(text: &str) -> Option<&'static str> {
        let tokenizer = Tokenizer::default();
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for token in tokenizer.tokens(text) {
            *counts.entry(token.word.into_owned()).or_default() += 1;
        }
        language(counts.iter().map(|(word, &count)| (word.as_str(), count)))
    }

    #[test]
    fn every_language_is_known_by_a_few_sentences() {
        let texts = [
            (
                "english",
                "I bought this for my wife and she loves it. The battery is weak, though, and it was not cheap at all.",
            ),
            (
                "english",
                "anarchism originated as a term of abuse first used against early working class radicals including the diggers of the english revolution and the sans culottes of the french revolution whilst the term is still used in a pejorative way to describe any act that used violent means to destroy the organization of society",
            ),
            (
                "german",
                "Ich habe das Gerät für meine Frau gekauft und sie ist sehr zufrieden. Der Akku hält aber nicht lange, und billig war es auch nicht.",
            ),
            (
                "french",
                "Le film est trop long et l'histoire n'est pas très crédible. Les acteurs sont bons, mais je ne le conseille à personne, c'était une perte de temps.",
            ),
            (
                "spanish",
                "La comida estaba fría y el servicio no fue muy amable. No creo que vuelva, aunque el postre que nos trajeron era de lo mejor.",
            ),
            (
                "italian",
                "Il film non è male, ma la storia era troppo lunga e gli attori non sono stati molto bravi. Non lo consiglio a chi ha poco tempo.",
            ),
            (
                "portuguese",
                "O produto não é muito bom e a bateria acaba em pouco tempo. Não recomendo para quem precisa de um celular que dure o dia todo.",
            ),
            (
                "chinese",
                "这家店的味道很好，服务也不错，就是等的时间太长了。下次还会再来的，推荐给大家。",
            ),
            ("chinese", "這部電影真的很無聊，我不推薦。"),
            (
                "korean",
                "정말 재미있게 봤습니다. 배우들 연기가 너무 좋았고 음악도 최고였어요.",
            ),
        ];
        for (name, text) in texts {
            assert_eq!(detect(text), Some(name), "{text}");
        }
    }

    #[test]
    fn other_languages_are_not_taken_for_one_with_a_list() {
        let texts = [
            // Dutch, Danish, Swedish, Russian: stop words, but no cues.
            "Ik heb dit voor mijn vrouw gekocht en ze is er heel blij mee. De film was niet zo goed als het boek, maar wel leuk.",
            "Jeg købte den til min kone, og hun er meget glad for den. Filmen var ikke så god som bogen.",
            "Jag köpte den till min fru och hon är mycket nöjd. Filmen var inte så bra som boken.",
            "Я купил это для жены, и она очень довольна. Фильм был не так хорош, как книга.",
            // Polish, Catalan, Galician, Romanian, Turkish, Finnish, Czech: neither.
            "Kupiłem to dla żony i jest bardzo zadowolona. Film nie był tak dobry jak książka, ale na to się nadaje.",
            "El menjar era fred i el servei no va ser gaire amable. No crec que hi torni, tot i que les postres que ens van portar eren molt bones.",
            "A comida estaba fría e o servizo non foi moi amable. Non creo que volva, aínda que a sobremesa que nos trouxeron era do mellor.",
            "Am cumpărat acest produs pentru soția mea și este foarte mulțumită. Filmul nu a fost la fel de bun ca și cartea.",
            "Bunu eşim için aldım ve çok memnun kaldı. Film kitap kadar iyi değildi ama yine de güzeldi.",
            "Ostin tämän vaimolleni ja hän on todella tyytyväinen. Elokuva ei ollut niin hyvä kuin kirja.",
            "Koupil jsem to pro manželku a je velmi spokojená. Film nebyl tak dobrý jako kniha, ale na to se hodí.",
            // Japanese has Han characters too.
            "この映画はとても面白かったです。音楽も素晴らしく、最後まで飽きませんでした。",
            "ภาพยนตร์เรื่องนี้สนุกมาก",
            "",
            "0 1 2 :-)",
        ];
        for text in texts {
            assert_eq!(detect(text), None, "{text}");
        }
    }
}
