//! Files become rows of tables, a chunk at a time.

use super::decode::{AsRead, Decoded, Decoder, Mapping, Piece, Reads, decode, pieces};
use super::lines::Lines;
use super::newest::{self, AsIs, KeyHash};
use super::people::People;
use super::tables::Tables;
use crate::collect::mapping::Misfit;
use crate::collect::{CollectError, Result, rows};
use crate::model::{Kind, Table};
use crate::store::{Identity, OVERWRITES, StoreError};
use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use chrono::{DateTime, Utc};
use std::collections::HashSet;
use std::sync::Arc;

/// Reads chunk after chunk.
pub(super) struct Reader {
    pub source: String,
    pub at: DateTime<Utc>,
    pub lines: Lines,
    pub tables: Tables,
    pub reading: Reading,
    pub people: People,
    pub targets: Vec<Target>,
}

/// How what is read becomes columns.
pub(super) enum Reading {
    /// By one table's own column names.
    Named(Decoder),
    Mapped(Mapping),
    /// As it is.
    AsRead(AsRead),
}

/// A table that takes rows.
pub(super) struct Target {
    pub table: &'static Table,
    /// Keys that this plan has written, while all rows of the source are from this plan. Half of a hash is enough: a key that
    /// only looks as if it were there is compared with the table, which is right too.
    pub written: Option<HashSet<u64, AsIs>>,
}

/// What a chunk brings.
#[derive(Default)]
pub(super) struct Chunk {
    pub tables: Vec<Brought>,
    pub people: Vec<Identity>,
    pub misfits: Vec<Misfit>,
    pub lines: u64,
    pub bytes: u64,
}

/// What a chunk brings to one table.
pub(super) struct Brought {
    pub table: &'static Table,
    /// Rows whose keys the table cannot have.
    pub fresh: Vec<RecordBatch>,
    /// Rows that may be other versions of stored ones.
    pub other: Vec<RecordBatch>,
}

impl Target {
    pub fn new(table: &'static Table, is_first: bool) -> Target {
        Target { table, written: is_first.then(HashSet::default) }
    }
}

impl Reading {
    fn reads(&self) -> &dyn Reads {
        match self {
            Reading::Named(reads) => reads,
            Reading::Mapped(reads) => reads,
            Reading::AsRead(reads) => reads,
        }
    }
}

impl Reader {
    /// The next chunk; `None` at the end.
    pub fn read(&mut self) -> Result<Option<Chunk>> {
        let Some((mut decoded, bytes)) = self.decoded()? else { return Ok(None) };
        decoded.targets.resize_with(self.targets.len(), Vec::new);
        let mut tables = Vec::new();
        for (index, columns) in decoded.targets.into_iter().enumerate() {
            let batches = columns.into_iter().map(|columns| self.stored(index, columns));
            let batches = batches.collect::<Result<Vec<_>>>()?;
            tables.push(brought(&mut self.targets[index], &batches)?);
        }
        let people = self.people.take_new();
        Ok(Some(Chunk { tables, people, misfits: decoded.misfits, lines: decoded.lines, bytes }))
    }

    /// What the next chunk holds, before anything is put away, with the bytes that it took; `None` at the end.
    pub fn decoded(&mut self) -> Result<Option<(Decoded, u64)>> {
        let parts = self.lines.chunk()?;
        let left_out = self.lines.take_misfits();
        let mut bytes = parts.iter().map(|part| part.text.len() as u64).sum();
        let rows = if parts.is_empty() { self.tables.chunk()? } else { Vec::new() };
        let damaged = self.tables.take_misfits();
        if parts.is_empty() && rows.is_empty() && left_out.is_empty() && damaged.is_empty() {
            return Ok(None);
        }
        bytes += rows.iter().map(|rows| rows.batch.get_array_memory_size() as u64).sum::<u64>();
        let rows = rows.iter().map(|rows| Piece::Rows { file: &rows.file, line: rows.row, batch: &rows.batch });
        let all: Vec<Piece<'_>> = parts.iter().flat_map(pieces).chain(rows).collect();
        let mut decoded = decode(self.reading.reads(), &all)?;
        decoded.lines += (left_out.len() + damaged.len()) as u64;
        decoded.misfits.splice(0..0, left_out.into_iter().chain(damaged));
        Ok(Some((decoded, bytes)))
    }

    /// The rows as the table has them.
    fn stored(&mut self, target: usize, columns: Vec<ArrayRef>) -> Result<RecordBatch> {
        stored(self.targets[target].table, columns, &mut self.people, &self.source, self.at)
    }
}

/// Rows as a table has them, of the columns that a source gives; people are put away.
pub(super) fn stored(
    table: &'static Table,
    mut columns: Vec<ArrayRef>,
    people: &mut People,
    source: &str,
    at: DateTime<Utc>,
) -> Result<RecordBatch> {
    let updated_at = columns.pop().unwrap_or_else(|| rows::times(std::iter::empty()));
    for (described, array) in table.columns.iter().zip(&mut columns) {
        if described.kind == Kind::Person {
            *array = people.exchange(array.as_string::<i32>());
        }
    }
    rows::batch(table, columns, source, updated_at, at)
}

/// The rows of one table that stand, apart by whether the table may have their keys.
fn brought(target: &mut Target, batches: &[RecordBatch]) -> Result<Brought> {
    let table = target.table;
    let wrong = |source| CollectError::Store(StoreError::Arrow { table: table.name, source });
    let mut brought = Brought { table, fresh: Vec::new(), other: Vec::new() };
    for (batch, (keys, stands)) in batches.iter().zip(newest::standing(table, batches)) {
        let is_fresh = fresh(&mut target.written, &keys, &stands);
        let is_other: Vec<bool> = stands.iter().zip(&is_fresh).map(|(stands, fresh)| *stands && !fresh).collect();
        brought.fresh.extend(newest::only(batch, &is_fresh).map_err(wrong)?);
        let other = newest::only(batch, &is_other).map_err(wrong)?;
        brought.other.extend(other.map(|batch| overwriting(&batch)).transpose().map_err(wrong)?);
    }
    Ok(brought)
}

/// Which rows stand and are the first of their key in the table, which is noted.
fn fresh(written: &mut Option<HashSet<u64, AsIs>>, keys: &[KeyHash], stands: &[bool]) -> Vec<bool> {
    let Some(written) = written else { return vec![false; keys.len()] };
    let half = |key: &KeyHash| (key >> 64) as u64;
    keys.iter().zip(stands).map(|(key, stands)| *stands && written.insert(half(key))).collect()
}

/// The rows with the column that orders an upsert: an answer to a question.
pub(super) fn overwriting(batch: &RecordBatch) -> Result<RecordBatch, arrow::error::ArrowError> {
    let mut fields: Vec<Arc<Field>> = batch.schema().fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new(OVERWRITES, DataType::Boolean, false)));
    let mut columns = batch.columns().to_vec();
    columns.push(rows::bools(std::iter::repeat_n(true, batch.num_rows())));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}
