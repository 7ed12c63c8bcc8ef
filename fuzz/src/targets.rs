//! One function for each reader. None may panic, whatever the bytes are; and what a
//! reader accepts must not make its users panic either.

use std::io::{Cursor, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::OnceLock;

use senti::error::Error;
use senti::files::digest::Fingerprint;
use senti::files::seal::Seal;
use senti::model::folded::{Folded, Scratch};
use senti::model::{Model, Settings as ModelSettings};
use senti::text::labeled::{ColumnChoice, LabeledSet};
use senti::text::lines::{Lines, LongLines};
use senti::text::stopwords::StopWords;
use senti::vectors::WordVectors;
use senti::vectors::corpus::{Corpus, CorpusReader};
use senti::vectors::skipgram::{Checkpoint, Keeper, Settings, train_kept};

use crate::resealing;

/// What models and vectors are asked about.
const TEXTS: [&str; 5] = [
    "It was great, and not boring.",
    "The film was very bad. Really awful music!",
    "greatest dullness",
    "这个电影很好",
    "",
];
const SMALL: usize = 4096;

/// An error in a few words, or that there was none: runs that end alike are alike.
fn ended<T>(result: &Result<T, Error>) -> String {
    match result {
        Ok(_) => "sound".to_owned(),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            error.to_string()
        }
    }
}

/// A model, as it is and with a seal that fits.
pub fn model(bytes: &[u8]) -> String {
    let read = |bytes: &[u8]| {
        let model = Model::from_bytes(Path::new("f"), bytes);
        if let Ok(model) = &model {
            use_model(model);
        }
        // Also where it is no longer what a whole model can be made of.
        if let Ok(Some(folded)) = Folded::from_bytes(Path::new("f"), bytes) {
            let mut scratch = Scratch::default();
            for text in TEXTS {
                let verdict = folded.classify(text, &mut scratch);
                let sum: f64 = verdict.probabilities.iter().sum();
                assert!((sum - 1.0).abs() < 1e-6, "probabilities of sum {sum}");
            }
        }
        ended(&model)
    };
    let as_it_is = read(bytes);
    match resealing::model(bytes) {
        Some(sealed) => as_it_is + " / " + &read(&sealed),
        None => as_it_is,
    }
}

fn use_model(model: &Model) {
    for text in TEXTS {
        let verdict = model.classify(text);
        let sum: f64 = verdict.probabilities.iter().sum();
        assert!((sum - 1.0).abs() < 1e-6, "probabilities of sum {sum}");
        model.explain(text);
    }
    let even = vec![1.0; model.labels().len()];
    drop(model.clone().expecting(&even));
    model.estimate_shares(&TEXTS);
    use_vectors(model.vectors());
}

fn use_vectors(vectors: &WordVectors) {
    let Some(first) = vectors.words().first() else {
        return;
    };
    drop(vectors.nearest(first, 3));
    drop(vectors.vector("unheard"));
    drop(vectors.analogy([first, first, "unheard"], 2));
    let labels = "yes\tIt was great, and not boring.\nno\tThe film was very bad\nyes\tgood\nno\ta dull story\n";
    if vectors.rows().len() <= SMALL
        && let Ok(set) = LabeledSet::parse("labels", labels)
        && let Ok((model, _)) = Model::train(vectors.clone(), &set, &ModelSettings::default())
    {
        model.classify(TEXTS[0]);
    }
}

/// Vectors of senti or finalfusion, as they are and with a seal that fits.
pub fn fifu(bytes: &[u8]) -> String {
    let read = |bytes: &[u8]| {
        let vectors = WordVectors::from_bytes(Path::new("f"), bytes);
        if let Ok((vectors, Seal::Intact | Seal::None)) = &vectors {
            use_vectors(vectors);
        }
        ended(&vectors)
    };
    let as_it_is = read(bytes);
    match resealing::fifu(bytes) {
        Some(sealed) => as_it_is + " / " + &read(&sealed),
        None => as_it_is,
    }
}

/// Vectors of other programs.
fn foreign(bytes: &[u8]) -> String {
    let read = |size: Option<u64>| {
        let vectors = WordVectors::from_reader(Path::new("f"), Cursor::new(bytes), size);
        if let Ok(vectors) = &vectors {
            let finite = vectors.rows().iter().all(|value| value.is_finite());
            assert!(finite && !vectors.is_empty());
            use_vectors(vectors);
        }
        ended(&vectors)
    };
    // From a pipe, whose size nobody knows, as much is refused, and as much read.
    let (known, unknown) = (read(Some(bytes.len() as u64)), read(None));
    assert_eq!(known == "sound", unknown == "sound", "{known} / {unknown}");
    known
}

/// word2vec's text.
pub fn word2vec_text(bytes: &[u8]) -> String {
    foreign(bytes)
}

/// word2vec's binary files.
pub fn word2vec_binary(bytes: &[u8]) -> String {
    foreign(bytes)
}

/// GloVe's text.
pub fn glove(bytes: &[u8]) -> String {
    foreign(bytes)
}

/// Labelled texts in any of the formats and encodings. The first byte says which columns
/// are asked for.
pub fn labels(bytes: &[u8]) -> String {
    let Some((&asked, bytes)) = bytes.split_first() else {
        return String::new();
    };
    let column = |which: u8| match which % 8 {
        1 => Some("1".to_owned()),
        2 => Some("2".to_owned()),
        3 => Some("text".to_owned()),
        _ => None,
    };
    let columns = ColumnChoice {
        text: column(asked),
        label: column(asked / 8),
    };
    let set = LabeledSet::from_bytes("f", bytes, &columns);
    if let Ok(set) = &set {
        let rows = [
            set.texts.len(),
            set.targets.len(),
            set.weights.len(),
            set.lines.len(),
        ];
        assert_eq!(rows, [set.len(); 4]);
        assert!(set.classes.is_sorted() && set.class_counts().iter().all(|&count| count > 0));
        return format!("sound: {}", set.detected);
    }
    ended(&set)
}

/// Text, plain or packed, in any encoding, by lines of either kind.
pub fn corpus(bytes: &[u8]) -> String {
    let split = |limit: usize| {
        let lines = Lines::new("f", Cursor::new(bytes.to_vec()), LongLines::Split(limit));
        lines.and_then(|lines| {
            let mut reader = CorpusReader::new();
            reader.add_lines(lines, |_| Ok(()))?;
            let stop_words = StopWords::none();
            let settings = Settings::for_tokens(reader.tokens_without(&stop_words));
            reader.settle(&stop_words, settings.min_count)
        })
    };
    let (short, long) = (split(16), split(1 << 20));
    let refused = Lines::new("f", Cursor::new(bytes.to_vec()), LongLines::Refuse(64));
    let refused = refused.and_then(|mut lines| {
        let mut before = 0;
        while let Some(line) = lines.next_line()? {
            assert!(line.number == before + 1 && line.text.len() <= 64);
            before = line.number;
        }
        Ok(())
    });
    [ended(&short), ended(&long), ended(&refused)].join(" / ")
}

/// What the checkpoints of the seeds are of.
pub(crate) fn training() -> &'static (Corpus, Settings, [(String, Fingerprint); 1]) {
    static TRAINING: OnceLock<(Corpus, Settings, [(String, Fingerprint); 1])> = OnceLock::new();
    TRAINING.get_or_init(|| {
        let mut reader = CorpusReader::new();
        for at in 0..20 {
            let line = format!("w{} a w{} b w{}", at % 7, at % 5, at % 3);
            reader.add(&line).expect("a short line");
        }
        let settings = Settings {
            dims: 2,
            epochs: 3,
            ..Settings::for_tokens(100)
        };
        let corpus = reader.settle(&StopWords::none(), 1).expect("words");
        (
            corpus,
            settings,
            [("text".to_owned(), Fingerprint::of_bytes(b"text"))],
        )
    })
}

/// A training under way, as it is and with a seal that fits, and going on with it.
pub fn checkpoint(bytes: &[u8]) -> String {
    let read = |bytes: &[u8]| -> Result<(), Error> {
        let io = |error| Error::io("f", "write", error);
        let mut file = tempfile::NamedTempFile::new().map_err(io)?;
        file.write_all(bytes).map_err(io)?;
        let checkpoint = Checkpoint::open(file.path())?;
        let (corpus, settings, texts) = training();
        let keeper = Keeper {
            file: &file.path().with_extension("next"),
            texts,
            due: &|| false,
            kept: &|_| (),
        };
        let observer = |_: &_| ControlFlow::Continue(());
        train_kept(corpus, settings, &observer, &keeper, Some(checkpoint)).map(drop)
    };
    // The name of the temporary file is another each time.
    let named = |result: &Result<(), Error>| {
        let said = ended(result);
        said.split_once(": ")
            .map_or(said.clone(), |(_, rest)| rest.to_owned())
    };
    let as_it_is = named(&read(bytes));
    match resealing::checkpoint(bytes) {
        Some(sealed) => as_it_is + " / " + &named(&read(&sealed)),
        None => as_it_is,
    }
}
