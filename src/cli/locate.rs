//! Finds the file that the command before wrote, and says which it is.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::Args;
use senti::error::{Error, Result};
use senti::files::write::{folder_of, target};
use senti::model::Model;
use senti::vectors::WordVectors;
use senti::vectors::formats::{Reading, Report};

use super::printer::{Printer, harmless};

/// Where `pretrain` writes unless told otherwise.
pub(super) const VECTORS: &str = "vectors.fifu";
/// Where `train` writes unless told otherwise.
pub(super) const MODEL: &str = "model.senti";

/// Which word vectors to use.
#[derive(Debug, Args)]
pub(super) struct VectorChoice {
    /// Word vectors, in any format that senti convert reads (.fifu, word2vec,
    /// GloVe, fastText, numpy, safetensors); - is standard input; without it,
    /// SENTI_VECTORS, or the newest .fifu in this folder.
    #[arg(long, value_name = "FILE")]
    vectors: Option<PathBuf>,
}

/// Which model to use.
#[derive(Debug, Args)]
pub(super) struct ModelChoice {
    /// Model (.senti); - is standard input; without it, SENTI_MODEL, or the newest
    /// .senti in this folder.
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
}

impl VectorChoice {
    /// Whether a file was named among the arguments.
    pub(super) fn is_given(&self) -> bool {
        self.vectors.is_some()
    }

    /// Refuses vectors from standard input where something else is read from there.
    pub(super) fn beside(&self, others: bool) -> Result<()> {
        beside("--vectors", self.vectors.as_deref(), others)
    }

    /// The vectors.
    pub(super) fn load(&self, printer: &Printer) -> Result<WordVectors> {
        let path = choose(
            self.vectors.as_deref(),
            "SENTI_VECTORS",
            "fifu",
            "word vectors",
            "make some from unlabelled text: senti pretrain corpus.txt",
            printer,
        )?;
        let (vectors, report) = read_vectors(&as_file(&path)?, &Reading::default())?;
        for note in &report.notes {
            printer.note(&harmless(note));
        }
        Ok(vectors)
    }
}

/// The vectors that a model was trained on, where they lie here or SENTI_VECTORS names
/// them: a model keeps of them only what its answers depend on.
pub(super) fn vectors_of(model: &Model, printer: &Printer) -> Option<WordVectors> {
    let wanted = model.provenance().vectors.as_ref()?;
    let named = std::env::var_os("SENTI_VECTORS").map(PathBuf::from);
    let here = newest_first(Path::new("."), "fifu");
    named.into_iter().chain(here).find_map(|path| {
        let vectors = WordVectors::read(&path).ok()?;
        if vectors.fingerprint() != Some(wanted) {
            return None;
        }
        let name = path.display().to_string();
        printer.note(&format!("using {}, its vectors", harmless(&name)));
        Some(vectors)
    })
}

impl ModelChoice {
    /// Whether a file was named among the arguments.
    pub(super) fn is_given(&self) -> bool {
        self.model.is_some()
    }

    /// Refuses a model from standard input where something else is read from there.
    pub(super) fn beside(&self, others: bool) -> Result<()> {
        beside("--model", self.model.as_deref(), others)
    }

    /// The model, or nothing where none is named and none lies here.
    pub(super) fn find(&self, printer: &Printer) -> Result<Option<Model>> {
        look_for(self.model.as_deref(), "SENTI_MODEL", "senti", printer)
            .map(|path| Model::read(&model_file(&path)?))
            .transpose()
    }

    /// The model.
    pub(super) fn load(&self, printer: &Printer) -> Result<Model> {
        Model::read(&self.path(printer)?)
    }

    /// The file of the model.
    pub(super) fn path(&self, printer: &Printer) -> Result<PathBuf> {
        let path = choose(
            self.model.as_deref(),
            "SENTI_MODEL",
            "senti",
            "a model",
            "train one from labelled texts: senti train labeled.tsv",
            printer,
        )?;
        model_file(&path)
    }
}

/// The file of a model that was named.
fn model_file(path: &Path) -> Result<PathBuf> {
    if !path.is_dir() {
        return as_file(path);
    }
    let found = format!("{} (a folder)", path.display());
    let hint = match newest_first(path, "senti").first() {
        Some(name) => format!("name the file: --model {}", path.join(name).display()),
        None => "no .senti file is in it; senti train writes one".to_owned(),
    };
    Err(Error::setting("--model", found, "the file of a model").with_hint(hint))
}

/// Standard input can be read once.
fn beside(option: &str, path: Option<&Path>, others: bool) -> Result<()> {
    if others && path.is_some_and(is_standard_input) {
        let found = "standard input, which other input of this command is read from";
        return Err(Error::setting(option, found, "a file"));
    }
    Ok(())
}

/// Whether a name stands for standard input.
pub(super) fn is_standard_input(path: &Path) -> bool {
    path == Path::new("-")
}

/// The file of a name: standard input has one, too, where files are opened by name.
pub(super) fn as_file(path: &Path) -> Result<PathBuf> {
    match is_standard_input(path) {
        false => Ok(path.to_owned()),
        true if cfg!(unix) => Ok(PathBuf::from("/dev/stdin")),
        true => Err(Error::setting(
            "-",
            "standard input, for vectors or a model",
            "a file: only on Unix has standard input a name of its own",
        )),
    }
}

/// Reads word vectors of any format.
pub(super) fn read_vectors(path: &Path, reading: &Reading) -> Result<(WordVectors, Report)> {
    let empty = |metadata: std::fs::Metadata| metadata.is_file() && metadata.len() == 0;
    if std::fs::metadata(path).is_ok_and(empty) {
        return Err(Error::artifact(
            path.display().to_string(),
            "an empty file",
            "word vectors (finalfusion, word2vec, GloVe, fastText, numpy or safetensors)",
        )
        .with_hint("vectors are made from text by senti pretrain corpus.txt"));
    }
    WordVectors::read_as(path, reading)
}

/// The file to use, as [`look_for`] finds it; an error where there is none.
fn choose(
    given: Option<&Path>,
    variable: &str,
    extension: &str,
    what: &str,
    hint: &str,
    printer: &Printer,
) -> Result<PathBuf> {
    look_for(given, variable, extension, printer).ok_or_else(|| {
        Error::artifact("this folder", format!("no .{extension} file"), what).with_hint(hint)
    })
}

/// The file that was given, or that the environment names, or the newest here.
/// Says which, unless it was just typed.
fn look_for(
    given: Option<&Path>,
    variable: &str,
    extension: &str,
    printer: &Printer,
) -> Option<PathBuf> {
    if let Some(path) = given {
        printer.detail(&format!("using {}", harmless(&path.display().to_string())));
        return Some(path.to_owned());
    }
    if let Some(path) = std::env::var_os(variable).filter(|path| !path.is_empty()) {
        let path = PathBuf::from(path);
        printer.note(&format!(
            "using {} ({variable})",
            harmless(&path.display().to_string())
        ));
        return Some(path);
    }
    let found = newest_first(Path::new("."), extension);
    let others = match found.len() {
        0 | 1 => String::new(),
        count => format!(", the newest of {count} .{extension} files here"),
    };
    let path = found.into_iter().next()?;
    printer.note(&format!(
        "using {}{others}",
        harmless(&path.display().to_string())
    ));
    Some(path)
}

/// The files of a folder with an extension; of equally old ones, by name.
fn newest_first(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found: Vec<(SystemTime, PathBuf)> = entries
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|e| e == extension))
        .filter_map(|entry| {
            let metadata = std::fs::metadata(entry.path()).ok()?;
            let time = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            metadata
                .is_file()
                .then(|| (time, PathBuf::from(entry.file_name())))
        })
        .collect();
    found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    found.into_iter().map(|(_, path)| path).collect()
}

/// Checks, before the work begins, that the output can be written where it is
/// wanted: not over an input, not over a file of another kind, in a folder
/// that takes new files.
pub(super) fn check_output(output: &Path, inputs: &[&Path], ours: Ours) -> Result<()> {
    check_named("--output", output, inputs, |path| {
        Ok(ours(&read_head(path)?))
    })
}

/// As [`check_output`], for an output that an argument of another name gives; `ours`
/// says whether a file that is there may be replaced.
pub(super) fn check_named(
    name: &str,
    output: &Path,
    inputs: &[&Path],
    ours: impl FnOnce(&Path) -> Result<bool>,
) -> Result<()> {
    let refused = |found: &str, expected: &str| {
        Err(Error::setting(
            name,
            format!("{} ({found})", output.display()),
            expected,
        ))
    };
    if is_standard_input(output) {
        return refused("which stands for standard input", "a file name");
    }
    let same = |input: &&Path| match (output.canonicalize(), input.canonicalize()) {
        (Ok(output), Ok(input)) => output == input,
        _ => false,
    };
    if inputs.iter().any(same) {
        return refused("an input", "another file name");
    }
    // Through links, as writing goes.
    if let Ok(metadata) = std::fs::metadata(output) {
        if !metadata.is_file() {
            return refused("not a plain file", "a file name");
        }
        if !(metadata.len() == 0 || ours(output)?) {
            return refused(
                "there is a file of another kind, that senti did not write for this",
                "another file name, or remove that file first",
            );
        }
    }
    let target = target(output);
    // A file that is made and removed again: the only test that never lies.
    tempfile::tempfile_in(folder_of(&target))
        .map(drop)
        .map_err(|error| Error::io(output, "write", error))
}

/// Whether a file that begins so was written by senti, and is of the kind that
/// is to be written.
pub(super) type Ours = fn(&[u8]) -> bool;

/// Vectors with our table in their metadata, which comes first.
pub(super) fn our_vectors(head: &[u8]) -> bool {
    head.starts_with(b"FiFu") && contains(head, b"[senti]\n")
}

/// Safetensors with our key in their metadata, which comes first.
pub(super) fn our_model(head: &[u8]) -> bool {
    head.get(4..9) == Some(b"\0\0\0\0{")
        && contains(&head[..head.len().min(64)], br#""__metadata__":{"senti":"#)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Enough of a file to tell whether senti wrote it.
pub(super) fn read_head(path: &Path) -> Result<Vec<u8>> {
    read_start(path, 256)
}

/// The first bytes of a file.
pub(super) fn read_start(path: &Path, bytes: u64) -> Result<Vec<u8>> {
    use std::io::Read;
    let mut head = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(bytes).read_to_end(&mut head))
        .map_err(|error| Error::io(path, "read", error))?;
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name: &str, seconds: u64| {
            let file = std::fs::File::create(folder.path().join(name)).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds))
                .unwrap();
        };
        make("old.fifu", 10);
        make("new.fifu", 20);
        make("newest.txt", 30);
        std::fs::create_dir(folder.path().join("folder.fifu")).unwrap();
        assert_eq!(
            newest_first(folder.path(), "fifu"),
            [PathBuf::from("new.fifu"), PathBuf::from("old.fifu")]
        );
        assert!(newest_first(&folder.path().join("missing"), "fifu").is_empty());
    }

    #[test]
    fn our_models_are_told_from_others() {
        assert!(our_model(
            b"\x10\x01\0\0\0\0\0\0{\"__metadata__\":{\"senti\":\"{...}\"}}"
        ));
        assert!(!our_model(
            b"\x10\x01\0\0\0\0\0\0{\"__metadata__\":{\"format\":\"pt\"}}"
        ));
        assert!(!our_model(b"config: {important}"));
        assert!(!our_model(b""));
    }

    #[test]
    fn outputs_never_replace_what_is_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("notes.txt"), "notes").unwrap();
        std::fs::write(path("old.fifu"), "FiFu....[senti]\n....").unwrap();
        std::fs::write(path("theirs.fifu"), "FiFu........").unwrap();
        let check = |output: &Path, input: &Path| check_output(output, &[input], our_vectors);
        let input = path("corpus.txt");
        assert!(check(&path("new.fifu"), &input).is_ok());
        assert!(check(&path("old.fifu"), &input).is_ok());
        assert!(check(&path("notes.txt"), &input).is_err());
        assert!(check(&path("theirs.fifu"), &input).is_err());
        assert!(check(&path("old.fifu"), &path("old.fifu")).is_err());
        assert!(check(folder.path(), &input).is_err());
        assert!(check(&path("missing/new.fifu"), &input).is_err());
    }
}
