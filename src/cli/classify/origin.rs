//! Where the texts are: among the arguments, in files, or on standard input.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use senti::error::{Error, Result};

use super::super::corpora;
use super::super::locate::{check_output, our_model, our_vectors};
use super::super::printer::{Printer, counted, harmless};
use super::super::twice::is_pipe;
use super::inputs::{self, Inputs};
use super::names::Names;
use super::options::Options;
use super::rendering::Form;
use super::shape::Wanted;
use super::shard::Shard;
use super::source;

/// The texts, before they are opened.
pub(super) struct Origin {
    texts: Vec<String>,
    files: Vec<PathBuf>,
    wanted: Wanted,
    /// Names that are added to the fields of objects.
    added: Vec<String>,
    strict: bool,
}

impl Origin {
    pub(super) fn new(
        options: &Options,
        to: Option<Form>,
        names: &Names,
        printer: &Printer,
    ) -> Result<Self> {
        let mut texts = options.text.clone();
        if let [only] = texts.as_slice()
            && Path::new(only).is_file()
        {
            printer.warn(&format!(
                "{0} is a file here; to classify its lines: senti classify --file {0}",
                harmless(only)
            ));
        }
        if texts == ["-"] {
            texts.clear();
        }
        let mut files = Vec::new();
        if texts.is_empty() {
            files = match options.file.is_empty() {
                true => vec![PathBuf::from("-")],
                false => {
                    let read = |path: &Path| cfg!(feature = "parquet") && source::is_parquet(path);
                    corpora::files_and(&options.file, read, printer)?
                }
            };
        }
        let tables = &options.tables;
        let origin = Self {
            texts,
            files,
            wanted: Wanted {
                format: tables.from,
                column: tables.text_column.clone(),
                header: !tables.no_header,
            },
            added: match to {
                None | Some(Form::Jsonl) => names.fields(),
                Some(_) => Vec::new(),
            },
            strict: options.work.strict,
        };
        if options.work.shard.is_some() && origin.is_pipe() {
            let found = "standard input, or another pipe";
            let expected = "files, which are read twice: --file FILE";
            return Err(Error::setting("--shard", found, expected));
        }
        if origin.files == [PathBuf::from("-")] && io::stdin().is_terminal() {
            printer.note("reading texts from the keyboard, one a line; Ctrl-D ends");
        }
        Ok(origin)
    }

    /// Opens them, for the first or, where they are no pipe, another time.
    pub(super) fn open(&self) -> Result<Inputs> {
        match self.texts.is_empty() {
            true => Inputs::open(
                &self.files,
                self.wanted.clone(),
                self.added.clone(),
                self.strict,
            ),
            false => Ok(Inputs::texts(self.texts.clone())),
        }
    }

    /// Opens them for one more reading.
    ///
    /// # Errors
    /// [`Error::Setting`] where some of it can be read only once.
    pub(super) fn open_again(&self) -> Result<Inputs> {
        if self.is_pipe() {
            let found = "a form with columns, for JSON lines from standard input or another pipe";
            return Err(Error::setting("--to", found, "jsonl or text").with_hint(
                "which fields there are only the last line says: give files, compressed or not, with --file",
            ));
        }
        self.open()
    }

    /// Whether some of it can be read only once.
    pub(super) fn is_pipe(&self) -> bool {
        self.files
            .iter()
            .any(|file| is_pipe(file) && (file == Path::new("-") || file.exists()))
    }

    /// In a few words.
    pub(super) fn name(&self) -> String {
        match self.files.as_slice() {
            [only] => harmless(&inputs::name(only)).into_owned(),
            files => counted(files.len() as u64, "file"),
        }
    }

    /// The file that answers go to, which is none that they come from.
    pub(super) fn output(
        &self,
        output: &Path,
        shard: Option<Shard>,
        form: Form,
    ) -> Result<PathBuf> {
        let output = match shard {
            Some(shard) => shard.output(output, form)?,
            None => output.to_owned(),
        };
        let inputs: Vec<&Path> = self.files.iter().map(PathBuf::as_path).collect();
        check_output(&output, &inputs, |head| {
            !our_vectors(head) && !our_model(head)
        })?;
        Ok(output)
    }
}
