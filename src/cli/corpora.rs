//! Which files a list of files and folders means.
//!
//! A folder stands for the text files in it and below, in the order of their
//! paths' bytes, which no file system decides. What is not text is left out
//! there; a file that was named is read, or is an error.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::DirEntry;
use std::path::{Path, PathBuf};

use senti::error::{Error, Place, Result};
use senti::text::lines::not_text;

use super::locate::{our_model, our_vectors, read_head};
use super::printer::{Printer, counted, harmless};

/// Endings of the files that senti writes.
const OURS: [&str; 3] = ["fifu", "senti", "checkpoint"];
/// Files named in warnings of one kind; the others are counted.
const NAMED: usize = 5;

/// The files to read, in order, each once.
pub(super) fn files(named: &[PathBuf], printer: &Printer) -> Result<Vec<PathBuf>> {
    files_and(named, |_| false, printer)
}

/// As [`files`], with what is read though it is not text.
pub(super) fn files_and(
    named: &[PathBuf],
    read: fn(&Path) -> bool,
    printer: &Printer,
) -> Result<Vec<PathBuf>> {
    let mut found = Found {
        read,
        files: Vec::new(),
        seen: HashSet::new(),
        again: Vec::new(),
        strange: Vec::new(),
    };
    for path in named {
        if path.is_dir() {
            found.folder(path, printer)?;
        } else {
            found.file(path.clone());
        }
    }
    warn(printer, &found.strange, "not text, and left out");
    warn(printer, &found.again, "named more than once, and read once");
    for file in &found.files {
        printer.detail(&format!("text: {}", shown(file)));
    }
    Ok(found.files)
}

struct Found {
    /// What is read in folders though it is not text.
    read: fn(&Path) -> bool,
    files: Vec<PathBuf>,
    /// The files by the names that links cannot change.
    seen: HashSet<PathBuf>,
    again: Vec<String>,
    /// Files in folders that hold no text, and what they hold.
    strange: Vec<String>,
}

impl Found {
    fn file(&mut self, path: PathBuf) {
        // Standard input, pipes and missing files have only the name they have.
        let resolved = match path.as_os_str() {
            name if name == "-" => path.clone(),
            _ => path.canonicalize().unwrap_or_else(|_| path.clone()),
        };
        if self.seen.insert(resolved) {
            self.files.push(path);
        } else {
            self.again.push(shown(&path));
        }
    }

    fn folder(&mut self, folder: &Path, printer: &Printer) -> Result<()> {
        let mut candidates = walk(folder, printer)?;
        candidates.sort_by(|a, b| bytes(a).cmp(bytes(b)));
        let mut empty = true;
        for path in candidates {
            if is_ours(&path)? {
                printer.detail(&format!("left out, senti's own: {}", shown(&path)));
            } else if !(self.read)(&path)
                && let Some(kind) = not_text(&path)?
            {
                self.strange.push(format!("{} ({kind})", shown(&path)));
            } else {
                empty = false;
                self.file(path);
            }
        }
        if empty {
            warn(printer, &self.strange, "not text, and left out");
            return Err(Error::input(
                Place::file(folder),
                "a folder without text files",
                "text files, one sentence or document a line",
            )
            .with_hint("hidden files, links to folders and senti's own files do not count"));
        }
        Ok(())
    }
}

/// The plain files in a folder and below, in no order; nothing hidden. Links to
/// files count, links to folders do not: they could lead anywhere, or in circles.
fn walk(folder: &Path, printer: &Printer) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let failed = |error| Error::io(&folder, "read", error);
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            let kind = entry
                .file_type()
                .map_err(|error| Error::io(&path, "read", error))?;
            if is_hidden(&entry) {
                continue;
            }
            if kind.is_dir() {
                folders.push(path);
            } else if path.is_file() {
                // Through links; pipes and devices would wait for someone.
                files.push(path);
            } else {
                printer.detail(&format!("left out, not a plain file: {}", shown(&path)));
            }
        }
    }
    Ok(files)
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

/// Whether senti wrote this, by its ending or, under another name, by how it
/// begins.
fn is_ours(path: &Path) -> Result<bool> {
    if path
        .extension()
        .is_some_and(|ending| OURS.iter().any(|ours| ending == OsStr::new(ours)))
    {
        return Ok(true);
    }
    let head = read_head(path)?;
    Ok(our_vectors(&head) || our_model(&head))
}

fn bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

fn shown(path: &Path) -> String {
    harmless(&path.display().to_string()).into_owned()
}

/// Warns of some files by name, and of the others by their number.
fn warn(printer: &Printer, files: &[String], what: &str) {
    for file in files.iter().take(NAMED) {
        printer.warn(&format!("{what}: {file}"));
    }
    if files.len() > NAMED {
        let others = counted((files.len() - NAMED) as u64, "other file");
        printer.warn(&format!("{what}: {others}"));
    }
}
