//! Parquet files as rows, a batch at a time.

use crate::collect::content::Content;
use crate::collect::mapping::{FILE, LINE, Misfit};
use crate::collect::{CollectError, Result};
use arrow::array::{ArrayRef, Int64Array, RecordBatch, RecordBatchOptions, StringArray, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, FieldRef, SchemaRef};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows of one batch.
const ROWS: usize = 16_384;
/// Batches of one chunk.
const BATCHES: usize = 8;

/// Reads the Parquet files of a plan.
pub(super) struct Tables {
    folder: PathBuf,
    schema: SchemaRef,
    waiting: VecDeque<Content>,
    open: Option<Open>,
    misfits: Vec<Misfit>,
}

/// Rows that came together; the first has this number in its file.
pub(super) struct Rows {
    pub file: String,
    pub row: u64,
    pub batch: RecordBatch,
}

struct Open {
    content: Content,
    reader: ParquetRecordBatchReader,
    row: u64,
}

/// The columns of a file. Every kind of text counts as the one that mappings see.
pub(super) fn columns(path: &Path) -> Result<Vec<FieldRef>, String> {
    let builder = File::open(path)
        .map_err(|error| error.to_string())
        .and_then(|file| ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| error.to_string()))?;
    let field = |field: &FieldRef| Arc::new(Field::new(field.name(), plain(field.data_type()), true));
    Ok(builder.schema().fields().iter().map(field).collect())
}

fn plain(kind: &DataType) -> DataType {
    let is_text = |kind: &DataType| matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    match kind {
        kind if is_text(kind) => DataType::Utf8,
        DataType::Dictionary(_, value) if is_text(value) => DataType::Utf8,
        kind => kind.clone(),
    }
}

impl Tables {
    pub fn new(folder: &Path, schema: &SchemaRef, files: Vec<Content>) -> Tables {
        let (folder, schema) = (folder.to_owned(), schema.clone());
        Tables { folder, schema, waiting: files.into(), open: None, misfits: Vec::new() }
    }

    /// What was left out of the chunks since the last call.
    pub fn take_misfits(&mut self) -> Vec<Misfit> {
        std::mem::take(&mut self.misfits)
    }

    /// The next chunk; empty at the end.
    ///
    /// # Errors
    /// [`CollectError::Source`] when a file is gone or changed since it was planned.
    pub fn chunk(&mut self) -> Result<Vec<Rows>> {
        let mut found = Vec::new();
        while found.len() < BATCHES {
            if self.open.is_none() {
                let Some(content) = self.waiting.pop_front() else { break };
                self.open = self.begin(content)?;
            }
            let Some(open) = &mut self.open else { continue };
            let (file, row) = (open.content.name.clone(), open.row);
            match open.reader.next() {
                Some(Ok(batch)) => {
                    open.row += batch.num_rows() as u64;
                    match shaped(&self.schema, &file, row, &batch) {
                        Ok(batch) => found.push(Rows { file, row, batch }),
                        Err(reason) => self.misfits.push(Misfit::new(format!("{file}:{row}"), reason, b"")),
                    }
                }
                Some(Err(error)) => {
                    let reason = format!("the file is damaged from here on: {error}");
                    self.misfits.push(Misfit::new(format!("{file}:{row}"), reason, b""));
                    self.open = None;
                }
                None => {
                    let path = self.folder.join(&file);
                    if !open.content.is_kept_by(&path)? {
                        let message = "it changed while it was read; collect again".to_owned();
                        return Err(CollectError::Source { path, message });
                    }
                    self.open = None;
                }
            }
        }
        Ok(found)
    }

    fn begin(&mut self, content: Content) -> Result<Option<Open>> {
        let path = self.folder.join(&content.name);
        let file = File::open(&path)
            .map_err(|error| CollectError::Source { path: path.clone(), message: error.to_string() })?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).and_then(|it| it.with_batch_size(ROWS).build());
        match reader {
            Ok(reader) => Ok(Some(Open { content, reader, row: 1 })),
            Err(error) => {
                self.misfits.push(Misfit::new(content.name, error.to_string(), b""));
                Ok(None)
            }
        }
    }
}

/// A batch with the columns that SQL sees. What the file lacks is NULL.
fn shaped(schema: &SchemaRef, file: &str, row: u64, batch: &RecordBatch) -> Result<RecordBatch, String> {
    let rows = batch.num_rows();
    // What does not fit would be NULL otherwise.
    let strictly = CastOptions { safe: false, ..CastOptions::default() };
    let column = |field: &FieldRef| -> Result<ArrayRef, String> {
        match (batch.column_by_name(field.name()), field.name().as_str()) {
            (_, FILE) => Ok(Arc::new(StringArray::from_iter_values(std::iter::repeat_n(file, rows)))),
            (_, LINE) => {
                Ok(Arc::new(Int64Array::from_iter_values((0..rows as u64).map(|it| (row + it).cast_signed()))))
            }
            (Some(array), name) => {
                let cast = cast_with_options(array, field.data_type(), &strictly);
                cast.map_err(|error| format!("column {name} differs between files: {error}"))
            }
            (None, _) => Ok(new_null_array(field.data_type(), rows)),
        }
    };
    let columns = schema.fields().iter().map(column).collect::<Result<Vec<_>, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema.clone(), columns, &options).map_err(|error| error.to_string())
}
