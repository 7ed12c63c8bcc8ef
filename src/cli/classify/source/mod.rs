//! Records from one file.

mod lines;
mod objects;
mod table;

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use senti::error::Result;
use senti::files::digest::Fingerprint;

use super::batch::Batch;
use super::columns::Columns;
use super::inputs::name;
use super::shape::{Format, Shape, Wanted, by_name};
use lines::{PlainLines, Reader};
use objects::Objects;
use table::Table;

/// A longer line, or record of several lines, gives no answer: memory is bounded.
const LONGEST: usize = 16 << 20;

/// Where records come from.
pub(super) trait Source: Send {
    /// Adds the next record, or some of them, or none for a line that holds none;
    /// `false` at the end.
    fn read(&mut self, batch: &mut Batch) -> Result<bool>;

    /// Whether nobody has to wait for the next record.
    fn is_ready(&self) -> bool;

    /// The digest of the file as it lies there, once it was read to its end.
    fn fingerprint(&self) -> Result<Fingerprint>;

    /// Says that nobody will ask for it.
    fn ignore_fingerprint(&self) {}

    /// Objects have no fields but these.
    fn has_only(&mut self, _columns: &Arc<Columns>) {}
}

/// Opens a file and says what it is; `added` are the names that answers add. Nothing
/// where the file is empty, whatever its name.
pub(super) fn open(
    path: &Path,
    wanted: &Wanted,
    added: &[String],
) -> Result<Option<(Shape, Box<dyn Source>)>> {
    let format = wanted.format.or_else(|| by_name(path));
    if format == Some(Format::Parquet) || is_parquet(path) {
        return parquet(path, wanted).map(Some);
    }
    let name = name(path);
    let mut reader = Reader::open(path, LONGEST)?;
    if matches!(format, Some(Format::Tsv | Format::Csv | Format::Jsonl)) {
        reader.skip_empty()?;
    }
    if reader.first()?.is_none() {
        return Ok(None);
    }
    // A first line that cannot be read says nothing; a table needs it.
    let unreadable = matches!(reader.first()?, Some(line) if line.outcome.is_err());
    if unreadable
        && matches!(format, Some(Format::Tsv | Format::Csv))
        && let Some(line) = reader.skip_first()
    {
        line.outcome?;
    }
    let first = match reader.first()? {
        Some(line) if line.outcome.is_ok() => Some(line.text.as_str()),
        _ => None,
    };
    let shape = wanted.shape(&name, format, first)?;
    let source: Box<dyn Source> = match &shape {
        Shape::Lines => Box::new(PlainLines::new(reader)),
        Shape::Table {
            style,
            columns,
            header,
            text,
        } => {
            if *header {
                drop(reader.skip_first());
            }
            Box::new(Table::new(reader, &name, *style, columns.len(), *text))
        }
        Shape::Objects { names } => Box::new(Objects::new(reader, &name, names, added)),
        #[cfg(feature = "parquet")]
        Shape::Parquet { .. } => return parquet(path, wanted).map(Some),
    };
    Ok(Some((shape, source)))
}

/// What an empty file is, by its name.
pub(super) fn empty(path: &Path, wanted: &Wanted) -> Result<Shape> {
    let format = wanted.format.or_else(|| by_name(path));
    wanted.shape(&name(path), format, None)
}

/// Whether a file begins as Parquet does. Nothing is taken from a pipe.
pub(super) fn is_parquet(path: &Path) -> bool {
    let mut magic = [0; 4];
    path.is_file()
        && File::open(path).is_ok_and(|mut file| file.read_exact(&mut magic).is_ok())
        && magic == *b"PAR1"
}

#[cfg(feature = "parquet")]
fn parquet(path: &Path, wanted: &Wanted) -> Result<(Shape, Box<dyn Source>)> {
    super::parquet::open(path, wanted)
}

#[cfg(not(feature = "parquet"))]
fn parquet(path: &Path, wanted: &Wanted) -> Result<(Shape, Box<dyn Source>)> {
    use senti::error::{Error, Place};
    // That there is no such file is said first.
    if path.is_file() && !is_parquet(path) && wanted.format.is_some() {
        return Err(Error::input(
            Place::file(path),
            "what is not Parquet",
            "a Parquet file",
        ));
    }
    File::open(path).map_err(|error| Error::io(path, "open", error))?;
    Err(Error::input(
        Place::file(path),
        "a Parquet table",
        "text, TSV, CSV or JSON lines: this senti was built without Parquet",
    )
    .with_hint("to build one that reads it: cargo install --path . --features parquet"))
}

/// Texts that are in memory already.
pub(super) struct Texts(std::vec::IntoIter<String>, u64);

impl Texts {
    pub(super) fn new(texts: Vec<String>) -> Self {
        Self(texts.into_iter(), 0)
    }
}

impl Source for Texts {
    fn read(&mut self, batch: &mut Batch) -> Result<bool> {
        let Some(text) = self.0.next() else {
            return Ok(false);
        };
        self.1 += 1;
        batch.push_text(self.1, 0..0, Ok(&text));
        Ok(true)
    }

    fn is_ready(&self) -> bool {
        true
    }

    fn fingerprint(&self) -> Result<Fingerprint> {
        Ok(Fingerprint::of_bytes(b""))
    }
}
