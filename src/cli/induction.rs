//! The direction of sentiment, found in the text that a command is given.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use senti::error::{Error, Result};
use senti::files::digest::Fingerprint;
use senti::polarity::{Documents, LEAST_DOCUMENTS, Path, Polarity, adapt, induce};
use senti::text::cues::Cues;
use senti::text::lines::Lines;
use senti::vectors::WordVectors;

use super::printer::{Printer, counted, grouped, harmless, percent};

/// How the direction of sentiment is found.
#[derive(Debug, Args)]
pub(super) struct InductionOptions {
    /// Language of the cue words (very, is, not, and a few words of praise and blame)
    /// that the direction of sentiment is found by, by name or code [default:
    /// detected].
    #[arg(long, value_name = "LANGUAGE")]
    pub(super) language: Option<String>,
    /// Words that are always praise, and after a slash words that are always blame, in
    /// any language: good,great/bad,awful.
    #[arg(long, value_name = "WORDS/WORDS")]
    pub(super) seed_words: Option<String>,
}

impl InductionOptions {
    /// The option that words, or their language, were given by.
    pub(super) fn given(&self) -> Option<&'static str> {
        match (&self.seed_words, &self.language) {
            (Some(_), _) => Some("--seed-words"),
            (None, Some(_)) => Some("--language"),
            (None, None) => None,
        }
    }

    /// Refuses what cannot be understood, before anything is read.
    pub(super) fn check(&self) -> Result<()> {
        self.named()?;
        self.seeds().map(drop)
    }

    /// The cues for a text with these words, each with its count; nothing where the
    /// language has no list and there are no seed words.
    pub(super) fn cues<'w>(
        &self,
        counted: impl Iterator<Item = (&'w str, u64)>,
    ) -> Result<Option<Cues>> {
        let cues = match self.named()? {
            Some(cues) => Some(cues),
            None => Cues::detect(counted),
        };
        Ok(match (cues, self.seeds()?) {
            (Some(cues), Some((praise, blame))) => Some(cues.with_seeds(praise, blame)),
            (None, Some((praise, blame))) => Some(Cues::from_seeds(praise, blame)),
            (cues, None) => cues,
        })
    }

    /// Warns of seed words that the vectors do not know: they say nothing.
    pub(super) fn warn_of_unknown(&self, vectors: &WordVectors, printer: &Printer) -> Result<()> {
        let seeds = self
            .seeds()?
            .into_iter()
            .flat_map(|(praise, blame)| [praise, blame].concat());
        let unknown: Vec<String> = seeds.filter(|word| vectors.index(word).is_none()).collect();
        if !unknown.is_empty() {
            printer.warn(&format!(
                "seed words that the text of the vectors does not have, or too seldom: {}",
                harmless(&unknown.join(", "))
            ));
        }
        Ok(())
    }

    fn named(&self) -> Result<Option<Cues>> {
        let Some(name) = &self.language else {
            return Ok(None);
        };
        match Cues::language(name) {
            Some(cues) => Ok(Some(cues)),
            None => Err(Error::setting(
                "--language",
                format!("{name:?}"),
                format!("one of {}", Cues::languages().join(", ")),
            )
            .with_hint(
                "for other languages name a few words yourself: --seed-words good,great/bad,awful",
            )),
        }
    }

    /// The seed words, of praise and of blame, as texts have them.
    fn seeds(&self) -> Result<Option<(Vec<String>, Vec<String>)>> {
        let Some(given) = &self.seed_words else {
            return Ok(None);
        };
        let refused = |found: String| {
            let expected =
                "single words of praise, a slash, other words of blame: good,great/bad,awful";
            Err(Error::setting("--seed-words", found, expected))
        };
        let words = |side: &str| -> Vec<String> {
            let words = side.split(',').map(|word| word.trim().to_lowercase());
            words.filter(|word| !word.is_empty()).collect()
        };
        let sides: Vec<Vec<String>> = given.split('/').map(words).collect();
        let [praise, blame] = &sides[..] else {
            return refused(format!("{given:?}"));
        };
        if praise.is_empty() || blame.is_empty() {
            return refused(format!("{given:?}"));
        }
        if let Some(word) = praise
            .iter()
            .chain(blame)
            .find(|word| word.contains(char::is_whitespace))
        {
            return refused(format!("{word:?}, more than one word"));
        }
        if let Some(word) = praise.iter().find(|word| blame.contains(word)) {
            return refused(format!("{word:?} on both sides"));
        }
        Ok(Some((praise.clone(), blame.clone())))
    }
}

/// What ends the reading and the search, when a signal raises it.
pub(super) type Flag<'a> = Option<&'a AtomicBool>;

fn go_on(raised: Flag<'_>) -> ControlFlow<()> {
    match raised.is_some_and(|raised| raised.load(Ordering::Relaxed)) {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    }
}

/// Reads texts, one a line, for [`find`], and takes their digests; `look` is shown each
/// text on the way.
pub(super) fn read<'v>(
    texts: impl Iterator<Item = Result<Lines>>,
    vectors: &'v WordVectors,
    raised: Flag<'_>,
    look: &mut dyn FnMut(&str),
) -> Result<(Documents<'v>, Vec<Fingerprint>)> {
    let mut documents = Documents::new(vectors);
    let mut fingerprints = Vec::new();
    for lines in texts {
        let mut lines = lines?;
        while let Some(line) = lines.next_line()? {
            documents.add(line.text);
            look(line.text);
            if go_on(raised).is_break() {
                return Err(Error::Interrupted);
            }
        }
        fingerprints.push(lines.fingerprint());
    }
    Ok((documents, fingerprints))
}

/// Finds the direction of sentiment, and says how; or says why there is none, and
/// what would help.
pub(super) fn find(
    documents: &Documents<'_>,
    vectors: &WordVectors,
    cues: Option<&Cues>,
    seed: u64,
    raised: Flag<'_>,
    printer: &Printer,
) -> Result<Option<Polarity>> {
    if documents.len() < LEAST_DOCUMENTS {
        printer.note(&format!(
            "no direction of sentiment: {} with a known word, of {} that it takes (10,000 are good)",
            counted(documents.len() as u64, "text"),
            grouped(LEAST_DOCUMENTS as u64),
        ));
        return Ok(None);
    }
    let Some(cues) = cues else {
        printer.note(&format!(
            "no direction of sentiment: the language of the text is none of {}, as far as can be told; if it is one of them, name it with --language, else a few words of the text with --seed-words good,great/bad,awful",
            Cues::languages().join(", ")
        ));
        return Ok(None);
    };
    printer.note(&format!(
        "looking for the direction of sentiment in {}",
        counted(documents.len() as u64, "text")
    ));
    match induce(documents, vectors, cues, seed, &|| go_on(raised)) {
        Ok(polarity) => {
            printer.note(&described(&polarity));
            Ok(Some(polarity))
        }
        Err(error @ Error::TooLittle { .. }) => {
            printer.note(&format!("no direction of sentiment: {error}"));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Adapts a known direction to texts, and says how; or says why it stays as it is.
pub(super) fn adapt(
    known: &Polarity,
    documents: &Documents<'_>,
    vectors: &WordVectors,
    seed: u64,
    printer: &Printer,
) -> Result<Option<Polarity>> {
    match adapt::adapt(known, documents, vectors, seed, &|| go_on(None)) {
        Ok((polarity, report)) => {
            printer.note(&format!(
                "adapted the direction of sentiment to {} (median length {}): {} of it from these texts, the rest as it was; {}, {} of them new",
                counted(report.texts as u64, "text"),
                counted(documents.length() as u64, "known word"),
                percent(report.share / (1.0 + report.share)),
                counted(report.pairs.0 as u64, "word pair"),
                grouped(report.pairs.1 as u64),
            ));
            Ok(Some(polarity))
        }
        Err(error @ Error::TooLittle { .. }) => {
            printer.note(&format!(
                "the direction of sentiment stays as it is: {error}"
            ));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// What was found, and by which steps.
pub(super) fn described(polarity: &Polarity) -> String {
    let report = &polarity.report;
    let language = match polarity.cues.language.as_str() {
        "" => "by seed words alone",
        language => language,
    };
    let (read, sample) = report.documents;
    let texts = match read == sample {
        true => counted(read as u64, "text"),
        false => format!(
            "{} of {}",
            grouped(sample as u64),
            counted(read as u64, "text")
        ),
    };
    let agreement = report.agreement.map_or_else(String::new, |share| {
        format!(
            "; the two halves of a text agree in {} of the texts (chance: 50 %)",
            percent(share)
        )
    });
    format!(
        "found the direction of sentiment in {texts} ({}, median length {}): {} and {}, by {}{agreement}",
        harmless(language),
        counted(report.length as u64, "known word"),
        counted(report.opinions as u64, "opinion word"),
        counted(polarity.pair_count() as u64, "word pair"),
        steps(report.path),
    )
}

/// The steps that were safe for the text.
pub(super) fn steps(path: Path) -> &'static str {
    match path {
        Path::Long => "topics, naive Bayes and self-training",
        Path::Short => "naive Bayes and self-training (short texts have no topics)",
        Path::Seeds => "seed words and self-training (very short texts have no more)",
    }
}
