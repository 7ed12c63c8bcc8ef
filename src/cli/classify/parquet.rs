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
    new_null_array,
};
use arrow_json::writer::{LineDelimited, WriterBuilder};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use senti::error::{Error, Place, Result};
use senti::files::digest::{Fingerprint, Hashing};
use senti::files::write::Pending;

use super::batch::{Batch, MOST_RECORDS};
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

/// Refuses columns that have no form as text.
pub(super) fn check_spelling(schema: &SchemaRef) -> Result<()> {
    for field in schema.fields() {
        let field = field.as_ref().clone().with_nullable(true);
        let nothing = new_null_array(field.data_type(), 1);
        let spelled =
            RecordBatch::try_new(Arc::new(Schema::new(vec![field.clone()])), vec![nothing])
                .and_then(|rows| objects(&rows));
        if let Err(error) = spelled {
            return Err(Error::setting(
                "--to",
                format!("a form of text, for a column {:?} ({error})", field.name()),
                "parquet or text",
            ));
        }
    }
    Ok(())
}

/// The batch with its rows as objects of JSON; those that are none cannot be read.
pub(super) fn spelled(mut batch: Batch) -> Batch {
    if let Some(rows) = batch.rows.take() {
        match objects(&rows) {
            Ok(objects) => batch.spell(objects.lines()),
            Err(error) => batch.refuse(&error.to_string(), "values that JSON can hold"),
        }
    }
    batch
}

/// Each row as an object on a line.
fn objects(rows: &RecordBatch) -> std::result::Result<String, ArrowError> {
    let mut writer = WriterBuilder::new()
        .with_explicit_nulls(true)
        .build::<_, LineDelimited>(Vec::new());
    writer.write(rows)?;
    writer.finish()?;
    String::from_utf8(writer.into_inner()).map_err(|error| ArrowError::JsonError(error.to_string()))
}

/// The rows of a batch, with the columns of the answers.
pub(super) fn rows(
    rendering: &Rendering,
    batch: &Batch,
) -> std::result::Result<RecordBatch, ArrowError> {
    let mut columns: Vec<ArrayRef> = match &batch.rows {
        Some(rows) => rows.columns().to_vec(),
        None => {
            let cells: Vec<_> = (batch.records())
                .map(|row| rendering.read_cells(&row))
                .collect();
            let column = |at: usize| strings(cells.iter().map(|row| row[at].as_deref()));
            (0..rendering.columns.names().count()).map(column).collect()
        }
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
        _ => {
            let columns = rendering.columns.names();
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

#[cfg(test)]
mod tests {
    use arrow_array::builder::{Int32Builder, ListBuilder};
    use arrow_array::{BinaryArray, Int64Array, TimestampMillisecondArray};
    use arrow_schema::{TimeUnit, UnionFields, UnionMode};

    use super::*;

    #[test]
    fn rows_of_any_type_are_objects() {
        let mut lists = ListBuilder::new(Int32Builder::new());
        lists.append_value([Some(1), None]);
        lists.append_null();
        let columns: [(&str, ArrayRef); 5] = [
            ("text", Arc::new(StringArray::from(vec!["a\n\"b\"", ""]))),
            ("n", Arc::new(Int64Array::from(vec![Some(i64::MAX), None]))),
            (
                "at",
                Arc::new(TimestampMillisecondArray::from(vec![0, 1500])),
            ),
            ("list", Arc::new(lists.finish())),
            (
                "bytes",
                Arc::new(BinaryArray::from(vec![&b"\xff\0"[..], b""])),
            ),
        ];
        let rows = RecordBatch::try_from_iter_with_nullable(
            columns.map(|(name, column)| (name, column, true)),
        )
        .unwrap();
        assert!(check_spelling(&rows.schema()).is_ok());
        let spelled = objects(&rows).unwrap();
        let lines: Vec<&str> = spelled.lines().collect();
        assert_eq!(
            lines,
            [
                r#"{"text":"a\n\"b\"","n":9223372036854775807,"at":"1970-01-01T00:00:00","list":[1,null],"bytes":"ff00"}"#,
                r#"{"text":"","n":null,"at":"1970-01-01T00:00:01.500","list":null,"bytes":""}"#,
            ]
        );
        let mut batch = Batch::new();
        for line in 1..=2 {
            batch.push_text(line, 0..0, Ok("text"));
        }
        batch.rows = Some(rows);
        let batch = spelled_rows(batch);
        assert_eq!(batch, lines);
    }

    fn spelled_rows(batch: Batch) -> Vec<String> {
        let batch = spelled(batch);
        assert!(batch.rows.is_none());
        batch.records().map(|row| row.raw.to_owned()).collect()
    }

    #[test]
    fn what_has_no_form_as_text_is_refused() {
        let fields = UnionFields::try_new(vec![0], vec![Field::new("a", DataType::Int8, true)]);
        let kinds = [
            DataType::Union(fields.unwrap(), UnionMode::Sparse),
            DataType::Duration(TimeUnit::Second),
        ];
        let refused = kinds.map(|kind| {
            let schema = Schema::new(vec![Field::new("column", kind, true)]);
            check_spelling(&Arc::new(schema)).is_err()
        });
        assert_eq!(refused, [true, false]);
    }
}
