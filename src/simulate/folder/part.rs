//! Parquet parts of a bounded number of rows, the same bytes for the same rows.

use super::Summary;
use crate::simulate::rows::Book;
use crate::simulate::{Error, Result};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Rows of a part. Readers take a part whole, so that this bounds their memory.
const PART_ROWS: usize = 250_000;
/// Rows of a row group: what the writer of each table holds in memory.
const ROW_GROUP_ROWS: usize = 65_536;

/// The parts of all tables.
pub struct Parts {
    tables: BTreeMap<&'static str, Table>,
    summary: Summary,
}

struct Table {
    name: &'static str,
    folder: PathBuf,
    schema: SchemaRef,
    part: Option<Part>,
    parts: u64,
}

struct Part {
    path: PathBuf,
    writer: ArrowWriter<File>,
    rows: usize,
}

impl Parts {
    /// Makes the folder of every table of the book.
    pub fn begin(folder: &Path, book: &mut Book) -> Result<Parts> {
        let mut tables = BTreeMap::new();
        for sheet in book.sheets() {
            let name = sheet.table();
            let path = folder.join(name);
            fs::create_dir(&path).map_err(|source| Error::Io { path: path.clone(), source })?;
            tables.insert(name, Table { name, folder: path, schema: sheet.schema(), part: None, parts: 0 });
        }
        let rows = tables.keys().map(|name| (*name, 0)).collect();
        Ok(Parts { tables, summary: Summary { rows, files: 0, bytes: 0 } })
    }

    /// Takes over the rows of every sheet that has more than `kept_back`.
    pub fn append(&mut self, book: &mut Book, kept_back: usize) -> Result<()> {
        for sheet in book.sheets() {
            if sheet.rows() <= kept_back {
                continue;
            }
            let batch = sheet.take()?;
            *self.summary.rows.entry(sheet.table()).or_default() += batch.num_rows() as u64;
            if let Some(table) = self.tables.get_mut(sheet.table()) {
                self.summary.bytes += table.append(&batch)?;
            }
        }
        Ok(())
    }

    pub fn rows(&self) -> u64 {
        self.summary.rows.values().sum()
    }

    /// Closes every part; a table without rows gets one without rows, so that its columns are known.
    pub fn finish(mut self) -> Result<Summary> {
        for table in self.tables.values_mut() {
            if table.parts == 0 {
                table.part = Some(table.open()?);
            }
            self.summary.bytes += table.close()?;
            self.summary.files += table.parts;
        }
        Ok(self.summary)
    }
}

impl Table {
    /// Returns the bytes of the parts that it closed.
    fn append(&mut self, batch: &RecordBatch) -> Result<u64> {
        let (mut bytes, mut taken) = (0, 0);
        while taken < batch.num_rows() {
            let mut part = match self.part.take() {
                Some(part) => part,
                None => self.open()?,
            };
            let rows = (PART_ROWS - part.rows).min(batch.num_rows() - taken);
            part.writer.write(&batch.slice(taken, rows)).map_err(|source| self.failed(source))?;
            part.rows += rows;
            taken += rows;
            let is_full = part.rows == PART_ROWS;
            self.part = Some(part);
            if is_full {
                bytes += self.close()?;
            }
        }
        Ok(bytes)
    }

    fn open(&mut self) -> Result<Part> {
        let path = self.folder.join(format!("{:05}.parquet", self.parts));
        let file = File::create_new(&path).map_err(|source| Error::Io { path: path.clone(), source })?;
        let writer = ArrowWriter::try_new(file, self.schema.clone(), Some(properties()))
            .map_err(|source| self.failed(source))?;
        self.parts += 1;
        Ok(Part { path, writer, rows: 0 })
    }

    fn close(&mut self) -> Result<u64> {
        let Some(Part { path, writer, .. }) = self.part.take() else {
            return Ok(0);
        };
        let file = writer.into_inner().map_err(|source| self.failed(source))?;
        let length = file.sync_all().and_then(|()| file.metadata()).map(|metadata| metadata.len());
        length.map_err(|source| Error::Io { path, source })
    }

    fn failed(&self, source: ParquetError) -> Error {
        Error::Parquet { table: self.name, source }
    }
}

/// Everything that could differ between two builds of the same program is pinned.
fn properties() -> WriterProperties {
    let level = ZstdLevel::try_new(3).unwrap_or_default();
    WriterProperties::builder()
        .set_created_by("paceline simulation".into())
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .build()
}
