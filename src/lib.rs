//! senti learns the sentiment of your text from about eight labels, on your
//! own machine.
//!
//! Data flows one way:
//!
//! ```text
//! text -> tokens -> vocabulary -> vectors -> sentence -> verdict
//! ```
//!
//! | stage | module | what happens |
//! |---|---|---|
//! | text, tokens | [`text`] | files to lines to Unicode words with their bytes; labelled files to labels and texts |
//! | vocabulary, vectors | [`vectors`] | words counted and numbered; skip-gram with negative sampling learns a vector for each from unlabelled text |
//! | sentence | [`sentence`] | the mean of the word vectors |
//! | verdict | [`classifier`] | a head on the direction of sentiment, or without one a hidden layer, trained on the few labelled sentences; a logistic baseline beside it |
//! | | [`polarity`] | which way sentiment points, found in text without labels and kept with the vectors; the labels say which side is which |
//! | | [`model`] | all of it in one file: train, save, load, classify |
//! | | [`evaluation`] | scores with intervals, cross-validation |
//! | | [`files`] | outputs that are whole or absent, digests, seals |
//! | | [`suggestion`] | which texts to label first |
//! | | [`demo`] | the 72-sentence demonstration and its controls |
//!
//! The whole pipeline on the sentences of the demo:
//!
//! ```
//! use std::ops::ControlFlow;
//!
//! use senti::demo::{LABELED, UNLABELED};
//! use senti::model::{Model, Settings as ModelSettings};
//! use senti::text::LabeledSet;
//! use senti::text::stopwords::StopWords;
//! use senti::vectors::WordVectors;
//! use senti::vectors::corpus::CorpusReader;
//! use senti::vectors::skipgram::{self, Settings};
//!
//! # fn main() -> senti::error::Result<()> {
//! // Text without labels to word vectors.
//! let mut reader = CorpusReader::new();
//! for sentence in UNLABELED.lines() {
//!     reader.add(sentence)?;
//! }
//! let stop_words = StopWords::none();
//! let settings = Settings::for_tokens(reader.tokens_without(&stop_words));
//! let corpus = reader.settle(&stop_words, settings.min_count)?;
//! let trained = skipgram::train(&corpus, &settings, &|progress| {
//!     assert!(progress.epoch <= progress.epochs);
//!     ControlFlow::Continue(())
//! })?;
//! let vectors = WordVectors::new(corpus.vocabulary.words, trained.rows, settings.dims)?;
//!
//! // Eight labelled sentences to a classifier.
//! let labelled = LabeledSet::parse("labeled.tsv", LABELED)?;
//! let (model, report) = Model::train(vectors, &labelled, &ModelSettings::default())?;
//! assert_eq!(report.counts, [4, 4]);
//!
//! // "Great" and "loved" occur in no labelled sentence.
//! let verdict = model.classify("It was great, loved it.");
//! assert_eq!(model.name(&verdict), "positive");
//! assert!(verdict.probability() > 0.5);
//!
//! // Where there is nothing to know, senti says so.
//! let nothing = model.classify("Zxcvb qwert");
//! assert_eq!(model.name(&nothing), "undecided");
//! # Ok(())
//! # }
//! ```
//!
//! The library knows no terminal: the command line is the program's own. The
//! same input, settings and seed give the same bytes, for any number of threads.

pub mod classifier;
mod clusters;
pub mod demo;
pub mod error;
pub mod evaluation;
pub mod files;
mod interval;
pub mod model;
pub mod polarity;
mod random;
pub mod sentence;
pub mod suggestion;
pub mod text;
pub mod vectors;
