//! `senti inspect`: what a file is, what made it, whether it is intact.

use std::path::{Path, PathBuf};

use clap::Args;
use senti::error::Error;
use senti::files::digest::Fingerprint;
use senti::files::seal::Seal;
use senti::model::Model;
use senti::vectors::{Origin, WordVectors};
use serde_json::{Value, json};

use super::exit::{Failure, Outcome};
use super::locate::as_file;
use super::printer::{Printer, counted, harmless};

/// Say what a file is, what made it, and whether it is intact
///
/// For vectors (.fifu) and models (.senti): their size, settings, seeds, the
/// digests of what they were made from, and whether the seal that senti writes
/// into them fits. Exits with 1 when such a file is damaged, with 4 when it is
/// another kind of file.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The file; - is standard input.
    file: PathBuf,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(options: Options, printer: &mut Printer) -> Outcome {
    let path = &as_file(&options.file)?;
    let bytes = std::fs::read(path).map_err(|error| Error::io(path, "read", error))?;
    let fingerprint = Fingerprint::of_bytes(&bytes);
    let (kind, content) = if bytes.starts_with(b"FiFu") {
        ("word vectors (finalfusion)", vectors(path, &bytes))
    } else {
        ("model (safetensors)", model(path, &bytes))
    };
    let (intact, mut entries, reason) = match content {
        Ok((intact, entries)) => (intact, entries, None),
        Err(error @ Error::Artifact { damaged: true, .. }) => ("no", Vec::new(), Some(error)),
        Err(error) => return Err(error.into()),
    };
    let mut all = vec![
        ("file", json!(path.display().to_string())),
        ("kind", json!(kind)),
        ("intact", json!(intact)),
        ("bytes", json!(fingerprint.bytes)),
        ("sha256", json!(fingerprint.sha256)),
    ];
    all.append(&mut entries);
    if options.json {
        let object: serde_json::Map<String, Value> = all
            .into_iter()
            .map(|(key, value)| (key.replace(' ', "_"), value))
            .collect();
        printer.json(&object)?;
    } else {
        for (key, value) in all {
            let shown = match &value {
                Value::String(text) => harmless(text).into_owned(),
                other => harmless(&other.to_string()).into_owned(),
            };
            printer.line(&format!("{key:<24}{shown}"))?;
        }
    }
    match reason {
        None if intact != "no" => Ok(()),
        None => {
            printer.error("the file was changed after senti wrote it (its seal does not fit)");
            printer.hint("restore it from a copy, or make it again");
            Err(Failure::No)
        }
        Some(error) => {
            printer.failure(&Failure::Error(error));
            Err(Failure::No)
        }
    }
}

type Entries = Vec<(&'static str, Value)>;

fn vectors(path: &Path, bytes: &[u8]) -> Result<(&'static str, Entries), Error> {
    let (vectors, seal) = WordVectors::from_bytes(path, bytes)?;
    let intact = match seal {
        Seal::Intact => "yes",
        Seal::Broken => "no",
        Seal::None => "its structure is; it has no seal, another program wrote it",
    };
    let mut entries = size(&vectors);
    if let Some(origin) = vectors.origin() {
        entries.extend(origins(origin));
    }
    if let Some(from) = vectors.conversion() {
        entries.extend([
            ("converted by", json!(format!("senti {}", from.version))),
            ("converted from", json!(from.format)),
            ("source sha256", json!(from.source.sha256)),
        ]);
    }
    Ok((intact, entries))
}

fn model(path: &Path, bytes: &[u8]) -> Result<(&'static str, Entries), Error> {
    let model = Model::from_bytes(path, bytes)?;
    let provenance = model.provenance();
    let digest = |fingerprint: &Option<Fingerprint>| {
        json!(fingerprint.as_ref().map_or("-", |f| f.sha256.as_str()))
    };
    let shares: Vec<String> = (model.shares().iter())
        .map(|share| format!("{share:.3}"))
        .collect();
    let mut entries = vec![
        ("labels", json!(model.labels().join(", "))),
        ("expected shares", json!(shares.join(", "))),
        ("trained by", json!(format!("senti {}", provenance.version))),
        ("labelled texts", json!(provenance.texts)),
        ("labelled file sha256", digest(&provenance.labeled)),
        ("vector file sha256", digest(&provenance.vectors)),
        ("hidden units", json!(model.classifier().hidden())),
        ("classifier seed", json!(provenance.settings.seed)),
        ("parameters", json!(model.classifier().parameters())),
    ];
    if let Some(made) = &provenance.quantized {
        entries.extend([
            ("quantized by", json!(format!("senti {}", made.version))),
            ("quantized model sha256", json!(made.model.sha256)),
            ("dropped word pairs", json!(made.dropped)),
        ]);
    }
    entries.extend(size(model.vectors()));
    if let Some(origin) = &provenance.origin {
        entries.extend(origins(origin));
    }
    Ok(("yes", entries))
}

fn size(vectors: &WordVectors) -> Entries {
    let mut entries = vec![
        ("words", json!(vectors.len())),
        ("dimensions", json!(vectors.dims())),
    ];
    if let Some(subwords) = vectors.subwords() {
        let ngrams = subwords.ngrams();
        entries.extend([
            ("shortest n-gram", json!(ngrams.min_n)),
            ("longest n-gram", json!(ngrams.max_n)),
            ("buckets", json!(ngrams.buckets())),
            ("buckets in use", json!(subwords.buckets().len())),
        ]);
    }
    if let Some(polarity) = vectors.polarity() {
        let (language, texts) = (&polarity.cues.language, polarity.report.documents.1);
        let found = match language.as_str() {
            "" => format!("by seed words, in {}", counted(texts as u64, "text")),
            language => format!("{language}, in {}", counted(texts as u64, "text")),
        };
        entries.push(("direction of sentiment", json!(found)));
    }
    entries
}

fn origins(origin: &Origin) -> Entries {
    let settings = &origin.settings;
    let epochs = match settings.auto_epochs {
        true => origin.held_out.len(),
        false => settings.epochs,
    };
    let digests: Vec<_> = origin.corpus.iter().map(|f| f.sha256.as_str()).collect();
    let mut entries = vec![
        (
            "vectors trained by",
            json!(format!("senti {}", origin.version)),
        ),
        ("corpus sha256", json!(digests.join(", "))),
        ("sentences", json!(origin.sentences)),
        ("running words", json!(origin.tokens)),
        ("stop words", json!(origin.stop_word_list)),
        ("window", json!(settings.window)),
        ("negatives", json!(settings.negatives)),
        ("epochs", json!(epochs)),
        ("min count", json!(settings.min_count)),
        ("subsample", json!(settings.subsample)),
        ("learning rate", json!(settings.learning_rate)),
        ("seed", json!(settings.seed)),
        ("lanes", json!(origin.lanes)),
        ("loss", json!(origin.loss)),
    ];
    if let Some(loss) = origin.held_out.last() {
        entries.push(("held out", json!(settings.held_out)));
        entries.push(("held-out loss", json!(loss)));
    }
    if let Some(why) = &origin.stopped {
        entries.push(("stopped", json!(why)));
    }
    entries
}
