//! Word vectors of the unlabelled text, learned once for each seed and kept in
//! the work folder.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use senti::error::{Error, Result};
use senti::files::digest::Fingerprint;
use senti::polarity::adapt::adapt;
use senti::polarity::{Documents, induce};
use senti::text::cues::Cues;
use senti::text::stopwords::StopWords;
use senti::vectors::corpus::{Corpus, CorpusReader};
use senti::vectors::skipgram::{self, Settings};
use senti::vectors::{Origin, WordVectors};

use crate::data::{Set, Unlabelled};

/// The vectors with the direction of sentiment, as `senti pretrain` finds it in their
/// text; where labels are drawn from other text, adapted to that, as `senti train
/// --unlabeled` does.
pub(crate) fn with_direction(set: &Set, vectors: &WordVectors, seed: u64) -> Result<WordVectors> {
    let mut documents = Documents::new(vectors);
    let texts = &set.unlabelled.texts;
    texts.iter().for_each(|text| documents.add(text));
    let Some(cues) = Cues::detect(documents.counted()) else {
        return Err(Error::too_little(
            "text of no language with a list of cue words",
            "a set in such a language",
        ));
    };
    let mut polarity = induce(&documents, vectors, &cues, seed, &|| {
        ControlFlow::Continue(())
    })?;
    if set.foreign {
        let mut own = Documents::new(vectors);
        set.pool.texts.iter().for_each(|text| own.add(text));
        (polarity, _) = adapt(
            &polarity,
            &own,
            vectors,
            seed,
            &|| ControlFlow::Continue(()),
        )?;
    }
    Ok(vectors.clone().with_polarity(polarity))
}

/// The same with a direction that knows no negators.
pub(crate) fn without_negation(vectors: &WordVectors) -> WordVectors {
    match vectors.polarity() {
        None => vectors.clone(),
        Some(polarity) => {
            let mut polarity = polarity.clone();
            polarity.cues.negators.clear();
            vectors.clone().with_polarity(polarity)
        }
    }
}

/// Unlabelled text, counted.
pub(crate) struct Text {
    name: &'static str,
    fingerprint: Fingerprint,
    sentences: u64,
    tokens: u64,
    corpus: Corpus,
    settings: Settings,
}

impl Text {
    /// Counts, with the settings that `senti pretrain` would choose. Stop words
    /// stay, as they do there in texts of this size.
    pub(crate) fn new(unlabelled: &Unlabelled, threads: usize) -> Result<Self> {
        let mut reader = CorpusReader::new();
        let mut bytes = Vec::new();
        for text in &unlabelled.texts {
            reader.add(text)?;
            bytes.extend_from_slice(text.as_bytes());
            bytes.push(b'\n');
        }
        let stop_words = StopWords::none();
        let tokens = reader.tokens_without(&stop_words);
        let settings = Settings {
            threads,
            ..Settings::for_tokens(tokens)
        };
        Ok(Self {
            name: unlabelled.name,
            fingerprint: Fingerprint::of_bytes(&bytes),
            sentences: reader.sentences() as u64,
            tokens,
            corpus: reader.settle(&stop_words, settings.min_count)?,
            settings,
        })
    }

    /// The vectors of a seed: those of the work folder, if they are of the same
    /// text and settings, or else new ones, which go there.
    pub(crate) fn vectors(&self, seed: u64, work: &Path) -> Result<WordVectors> {
        let settings = Settings {
            seed,
            ..self.settings.clone()
        };
        let path = self.path(&settings, work);
        if path.is_file() {
            let vectors = WordVectors::read(&path)?;
            if vectors
                .origin()
                .is_some_and(|origin| self.fits(origin, &settings))
            {
                return Ok(vectors);
            }
        }
        eprintln!(
            "learning vectors: {} running words, seed {seed}, into {}",
            self.tokens,
            path.display()
        );
        self.train(settings)?.write(&path)?;
        // Read back: only what was read knows the digest of its file.
        WordVectors::read(&path)
    }

    fn path(&self, settings: &Settings, work: &Path) -> PathBuf {
        let Settings {
            dims,
            window,
            negatives,
            epochs,
            min_count,
            subsample,
            seed,
            ..
        } = settings;
        work.join(format!(
            "{}-seed{seed}-d{dims}-w{window}-n{negatives}-e{epochs}-m{min_count}-s{subsample}.fifu",
            self.name
        ))
    }

    fn fits(&self, origin: &Origin, settings: &Settings) -> bool {
        // The number of threads is not stored: it changes nothing.
        let stored = Settings {
            threads: settings.threads,
            ..origin.settings.clone()
        };
        origin.version == env!("CARGO_PKG_VERSION")
            && origin.corpus == [self.fingerprint.clone()]
            && stored == *settings
    }

    /// As `senti pretrain`, the direction of sentiment left out: only senti uses it.
    fn train(&self, settings: Settings) -> Result<WordVectors> {
        let trained = skipgram::train(&self.corpus, &settings, &|_| ControlFlow::Continue(()))?;
        let stop_words = StopWords::none();
        let origin = Origin {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            corpus: vec![self.fingerprint.clone()],
            sentences: self.sentences,
            tokens: self.tokens,
            loss: trained.losses.last().copied().unwrap_or(0.0),
            held_out: trained.held_out,
            stopped: trained.stopped,
            lanes: trained.lanes,
            stop_word_list: stop_words.name().to_owned(),
            stop_words: Vec::new(),
            settings: settings.clone(),
        };
        let vocabulary = &self.corpus.vocabulary;
        let vectors = WordVectors::new(vocabulary.words.clone(), trained.rows, settings.dims)?;
        Ok(vectors
            .with_origin(origin)
            .with_counts(vocabulary.counts.clone()))
    }
}
