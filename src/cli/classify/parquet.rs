//! Parquet tables: rows with a column of texts, and rows with answers.
//!
//! Only this file, and the places that hold a [`RecordBatch`] without looking into it,
//! know of the format; they are there with the cargo feature `parquet`.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, Float64Array, LargeStringArray, RecordBatch, StringArray, StringViewArray,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use senti::error::{Error, Place, Result};
use senti::files::digest::{Fingerprint, Hashing};
use senti::files::write::Pending;

use super::batch::{Batch, MOST_RECORDS, Row};
use super::inputs::name;
use super::rendering::Rendering;
use super::shape::{Shape, Wanted};
use super::shard::fingerprint;
use super::source::Source;

/// Rows are written in groups, which are in memory until they are full.
const GROUP_ROWS: usize = 1 << 16;
const GROUP_BYTES: usize = 64 << 20;

/// Opens a file and says where its texts are.
pub(super) fn open(path: &Path, wanted: &Wanted) -> Result<(Shape, Box<dyn Source>)> {
    let file = File::open(path).map_err(|error| Error::io(path, "open", error))?;
    let builder = guarded(path, || ParquetRecordBatchReaderBuilder::try_new(file))?;
    let fields = builder.schema().fields().clone();
    let columns: Vec<String> = fields.iter().map(|field| field.name().clone()).collect();
    let Some(text) = wanted.place(&columns) else {
        return Err(wanted.not_found(&name(path), &columns));
    };
    let kind = fields[text].data_type();
    if !matches!(
        kind,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
    ) {
        return Err(Error::input(
            Place::file(path),
            format!("a column {:?} of {kind}", columns[text]),
            "a column of strings",
        ));
    }
    let reader = guarded(path, || builder.with_batch_size(MOST_RECORDS).build())?;
    let shape = Shape::Parquet {
        // What a file says about itself as a whole would not be true of the output.
        schema: Arc::new(Schema::new(fields)),
        text,
    };
    let rows = Rows {
        reader,
        path: path.to_owned(),
        text,
        row: 0,
    };
    Ok((shape, Box::new(rows)))
}

/// The rows of a file, as many at once as a batch has.
struct Rows {
    reader: ParquetRecordBatchReader,
    path: PathBuf,
    text: usize,
    /// Rows that were read.
    row: u64,
}

impl Source for Rows {
    fn read(&mut self, batch: &mut Batch) -> Result<bool> {
        let reader = &mut self.reader;
        let Some(rows) = guarded(&self.path, || reader.next().transpose())? else {
            return Ok(false);
        };
        let column = Arc::clone(rows.column(self.text));
        for at in 0..rows.num_rows() {
            self.row += 1;
            let text = string(&column, at).ok_or_else(|| {
                Error::input(
                    Place::line(&name(&self.path), self.row),
                    "no text (null)",
                    "a string",
                )
            });
            batch.push_text(self.row, 0..0, text);
        }
        batch.rows = Some(rows);
        Ok(true)
    }

    /// One reading fills a batch: another would be lost in it.
    fn is_ready(&self) -> bool {
        false
    }

    fn fingerprint(&self) -> Result<Fingerprint> {
        fingerprint(&self.path)
    }
}

/// A string of a column of strings.
fn string(column: &ArrayRef, at: usize) -> Option<&str> {
    if column.is_null(at) {
        return None;
    }
    let any = column.as_any();
    if let Some(strings) = any.downcast_ref::<StringArray>() {
        Some(strings.value(at))
    } else if let Some(strings) = any.downcast_ref::<LargeStringArray>() {
        Some(strings.value(at))
    } else {
        let strings = any.downcast_ref::<StringViewArray>()?;
        Some(strings.value(at))
    }
}

/// What is read from a file that may be damaged: the decoder does not promise to survive
/// any bytes.
fn guarded<T, E: Into<ParquetError>>(
    path: &Path,
    read: impl FnOnce() -> std::result::Result<T, E>,
) -> Result<T> {
    let found = match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(error)) => match error.into() {
            ParquetError::External(error) => error.to_string(),
            error => error.to_string(),
        },
        Err(_) => "damaged data".to_owned(),
    };
    let error = Error::input(
        Place::file(path),
        format!("Parquet that cannot be read ({found})"),
        "a whole Parquet file",
    );
    Err(match found.contains("zstd") {
        true => error.with_hint(
            "to build a senti that reads columns compressed by zstd: cargo install --path . --features parquet-zstd",
        ),
        false => error,
    })
}

/// The rows of a batch, with the columns of the answers.
pub(super) fn rows(
    rendering: &Rendering,
    batch: &Batch,
) -> std::result::Result<RecordBatch, ArrowError> {
    let mut columns: Vec<ArrayRef> = match (&batch.rows, &rendering.shape) {
        (Some(rows), _) => rows.columns().to_vec(),
        (None, Shape::Table { style, columns, .. }) => {
            let split = |row: Row<'_>| match row.raw.is_empty() {
                true => Vec::new(),
                false => style
                    .split(row.raw)
                    .into_iter()
                    .map(|cell| cell.into_owned())
                    .collect(),
            };
            let cells: Vec<Vec<String>> = batch.records().map(split).collect();
            let column =
                |at: usize| strings(cells.iter().map(|row| row.get(at).map(String::as_str)));
            (0..columns.len()).map(column).collect()
        }
        (None, _) => vec![strings(batch.records().map(|row| row.text.ok()))],
    };
    columns.extend(answers(rendering, batch));
    RecordBatch::try_new(schema(rendering), columns)
}

/// The columns of the answers, in the order of their names.
fn answers(rendering: &Rendering, batch: &Batch) -> Vec<ArrayRef> {
    let listed = rendering.names.ranked.len();
    let mut labels: Vec<Vec<Option<&str>>> = vec![Vec::new(); listed + 1];
    let mut probabilities: Vec<Vec<Option<f64>>> = vec![Vec::new(); listed + 1];
    let (mut explanations, mut errors) = (Vec::new(), Vec::new());
    for row in batch.records() {
        let answer = row.text.ok().map(|text| rendering.answerer.answer(text));
        labels[0].push(answer.as_ref().map(|answer| answer.label()));
        probabilities[0].push(answer.as_ref().map(|answer| answer.probability()));
        let top = answer
            .as_ref()
            .map(|answer| answer.top())
            .unwrap_or_default();
        for rank in 0..listed {
            labels[rank + 1].push(top.get(rank).map(|ranked| ranked.label));
            probabilities[rank + 1].push(top.get(rank).map(|ranked| ranked.probability));
        }
        explanations.push(answer.and_then(|answer| rendering.explained(&answer)));
        errors.push(row.text.err().map(ToString::to_string));
    }
    let mut columns: Vec<ArrayRef> = Vec::new();
    for (labels, probabilities) in labels.into_iter().zip(probabilities) {
        columns.push(strings(labels.into_iter()));
        columns.push(Arc::new(Float64Array::from(probabilities)));
    }
    if rendering.names.explanation.is_some() {
        columns.push(strings(explanations.iter().map(Option::as_deref)));
    }
    if rendering.names.error.is_some() {
        columns.push(strings(errors.iter().map(Option::as_deref)));
    }
    columns
}

fn strings<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

/// The columns of the input, and those of the answers.
fn schema(rendering: &Rendering) -> SchemaRef {
    let field = |name: &str, kind| Arc::new(Field::new(name, kind, true));
    let mut fields: Vec<Arc<Field>> = match &rendering.shape {
        Shape::Parquet { schema, .. } => schema.fields().iter().cloned().collect(),
        shape => {
            let columns = shape.columns().into_iter();
            columns.map(|name| field(name, DataType::Utf8)).collect()
        }
    };
    let names = &rendering.names;
    fields.push(field(&names.label, DataType::Utf8));
    fields.push(field(&names.probability, DataType::Float64));
    for (label, probability) in &names.ranked {
        fields.push(field(label, DataType::Utf8));
        fields.push(field(probability, DataType::Float64));
    }
    let texts = names.explanation.iter().chain(&names.error);
    fields.extend(texts.map(|name| field(name, DataType::Utf8)));
    Arc::new(Schema::new(fields))
}

/// Writes rows to a file.
pub(super) struct Writer(ArrowWriter<Hashing<Pending>>);

impl Writer {
    pub(super) fn new(file: Hashing<Pending>, rendering: &Rendering, path: &Path) -> Result<Self> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .set_max_row_group_bytes(Some(GROUP_BYTES))
            .build();
        ArrowWriter::try_new(file, schema(rendering), Some(properties))
            .map(Self)
            .map_err(|error| failed(path, error))
    }

    pub(super) fn write(
        &mut self,
        rows: &std::result::Result<RecordBatch, ArrowError>,
        path: &Path,
    ) -> Result<()> {
        let rows = match rows {
            Ok(rows) => rows,
            Err(error) => return Err(failed(path, ParquetError::General(error.to_string()))),
        };
        self.0.write(rows).map_err(|error| failed(path, error))
    }

    pub(super) fn finish(self, path: &Path) -> Result<()> {
        let file = self.0.into_inner().map_err(|error| failed(path, error))?;
        file.into_inner().finish()
    }
}

/// What the system says is passed on as it is.
fn failed(path: &Path, error: ParquetError) -> Error {
    let source = match error {
        ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
            Ok(error) => *error,
            Err(other) => std::io::Error::other(other.to_string()),
        },
        error => std::io::Error::other(error.to_string()),
    };
    Error::io(path, "write", source)
}
