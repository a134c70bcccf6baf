//! `type = "files"`: rows of a table in files, one JSON object a line by the table's own column names.
//!
//! One rule: what is written follows from the plan alone. While a chunk is written the next one is read, and no more than
//! these two are in memory.

mod decode;
mod lines;
mod newest;
mod people;
mod plan;
pub(super) mod sent;

use self::decode::{Decoder, Refused};
use self::lines::Lines;
use self::newest::{AsIs, KeyHash};
use self::people::People;
use self::plan::Plan;
use super::{CollectError, Collecting, Result, rows};
use crate::model::{self, Kind, Table};
use crate::project::FilesPipeline;
use crate::store::{Change, Identity, Mark, OVERWRITES, StoreError};
use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use chrono::{DateTime, Utc};
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

/// Marks of one plan; its chunks take two each.
const MARKS: i64 = 1 << 24;

/// Reads chunk after chunk.
struct Reader {
    source: String,
    table: &'static Table,
    at: DateTime<Utc>,
    lines: Lines,
    decoder: Decoder,
    people: People,
    /// Keys that this plan has written, while all rows of the source are from this plan. Half of a hash is enough: a key that
    /// only looks as if it were there is compared with the table, which is right too.
    written: Option<HashSet<u64, AsIs>>,
}

/// What a chunk brings to the table.
#[derive(Default)]
struct Chunk {
    /// Rows whose keys the table cannot have.
    fresh: Vec<RecordBatch>,
    /// Rows that may be other versions of stored ones.
    other: Vec<RecordBatch>,
    people: Vec<Identity>,
    refused: Refused,
    lines: u64,
    bytes: u64,
}

pub(super) async fn collect(
    collecting: &mut Collecting<'_>,
    source: &str,
    keys: &FilesPipeline,
    folder: &Path,
) -> Result<()> {
    let path = folder.join(&keys.path);
    let table = model::table(&keys.table)
        .ok_or_else(|| CollectError::Source { path, message: format!("there is no table {}", keys.table) })?;
    let application = format!("files:{source}:{}", table.name);
    let found = plan::find(folder, &keys.path)?;
    collecting.put_origin(source, "files", keys.path.clone(), false)?;
    let (mut refused, mut lines) = (Refused::default(), 0);
    while let Some((plan, version)) = plan::next(collecting, &application, (source, table), folder, &found).await? {
        let reader = Reader {
            source: source.to_owned(),
            table,
            at: plan.at,
            lines: Lines::new(folder, &plan.new, plan.chunk_bytes),
            decoder: Decoder::new(table),
            people: People::new(source, collecting.secret),
            written: plan.is_first.then(HashSet::default),
        };
        let marks = Marks { application: &application, first: version * MARKS };
        let done = carry_out(collecting, reader, &plan, &marks).await?;
        refused.add(done.0);
        lines += done.1;
        plan::settle(collecting, &application, &plan, version)?;
    }
    for line in &refused.said {
        collecting.progress.warn(line);
    }
    match refused.count {
        0 => Ok(()),
        count => Err(CollectError::BadLines { refused: count, all: lines }),
    }
}

/// The marks of a plan's chunks.
struct Marks<'a> {
    application: &'a str,
    first: i64,
}

impl Marks<'_> {
    /// The first or the second of a chunk.
    fn of(&self, chunk: i64, second: bool) -> Mark {
        let version = self.first + 2 * chunk + i64::from(second);
        Mark { application: self.application.to_owned(), version }
    }
}

/// Lines that were refused, and all lines.
async fn carry_out(
    collecting: &mut Collecting<'_>,
    reader: Reader,
    plan: &Plan,
    marks: &Marks<'_>,
) -> Result<(Refused, u64)> {
    let (table, source) = (reader.table, reader.source.clone());
    let bytes = plan.new.iter().map(|content| content.bytes).sum();
    collecting.progress.stage(&format!("reading {source}"), Some(bytes));
    let (mut refused, mut lines, mut chunks) = (Refused::default(), 0, Ahead::start(reader)?);
    for number in 0.. {
        let Some(chunk) = chunks.next().await? else { break };
        if !chunk.people.is_empty() {
            collecting.put_identities(&chunk.people)?;
        }
        if !chunk.fresh.is_empty() {
            collecting.write(table, &Change::Append, &marks.of(number, false), chunk.fresh).await?;
        }
        if !chunk.other.is_empty() {
            collecting.write(table, &Change::Upsert, &marks.of(number, true), chunk.other).await?;
        }
        collecting.progress.advance(chunk.bytes);
        refused.add(chunk.refused);
        lines += chunk.lines;
    }
    Ok((refused, lines))
}

/// Chunks that are read while the one before is written, and not earlier. All are read by one thread: the memory that it
/// gives back is what it takes the next time.
struct Ahead {
    wanted: std::sync::mpsc::Sender<()>,
    read: tokio::sync::mpsc::Receiver<Result<Option<Chunk>>>,
}

impl Ahead {
    fn start(mut reader: Reader) -> Result<Ahead> {
        let ((wanted, wishes), (give, read)) = (std::sync::mpsc::channel(), tokio::sync::mpsc::channel(1));
        let work = move || {
            while let Ok(()) = wishes.recv() {
                if give.blocking_send(reader.read()).is_err() {
                    break;
                }
            }
        };
        let thread = std::thread::Builder::new().name("files".to_owned()).spawn(work);
        thread.map_err(|error| CollectError::Stopped(error.to_string()))?;
        let ahead = Ahead { wanted, read };
        ahead.want();
        Ok(ahead)
    }

    /// The next chunk; the one after it is begun.
    async fn next(&mut self) -> Result<Option<Chunk>> {
        let chunk = self.read.recv().await;
        self.want();
        chunk.unwrap_or_else(|| Err(CollectError::Stopped("it read no more".to_owned())))
    }

    fn want(&self) {
        // A thread that is gone has nothing to give, which is seen where it is waited for.
        self.wanted.send(()).ok();
    }
}

impl Reader {
    /// The next chunk; `None` at the end.
    fn read(&mut self) -> Result<Option<Chunk>> {
        let parts = self.lines.chunk()?;
        if parts.is_empty() {
            return Ok(None);
        }
        let bytes = parts.iter().map(|part| part.text.len() as u64).sum();
        let decoded = self.decoder.decode(&parts)?;
        drop(parts);
        let (people, table, source, at) = (&mut self.people, self.table, &self.source, self.at);
        let batches = decoded.columns.into_iter().map(|columns| stored(people, table, columns, source, at));
        let batches = batches.collect::<Result<Vec<_>>>()?;
        let people = self.people.take_new();
        let mut chunk = Chunk { people, refused: decoded.refused, lines: decoded.lines, bytes, ..Chunk::default() };
        let wrong = |source| CollectError::Store(StoreError::Arrow { table: self.table.name, source });
        for (batch, (keys, stands)) in batches.iter().zip(newest::standing(self.table, &batches)) {
            let is_fresh = fresh(&mut self.written, &keys, &stands);
            let is_other: Vec<bool> = stands.iter().zip(&is_fresh).map(|(stands, fresh)| *stands && !fresh).collect();
            chunk.fresh.extend(newest::only(batch, &is_fresh).map_err(wrong)?);
            let other = newest::only(batch, &is_other).map_err(wrong)?;
            chunk.other.extend(other.map(|batch| overwriting(&batch)).transpose().map_err(wrong)?);
        }
        Ok(Some(chunk))
    }
}

/// The rows as a table has them. The last of the columns is `updated_at`.
fn stored(
    people: &mut People,
    table: &'static Table,
    mut columns: Vec<ArrayRef>,
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

/// Which rows stand and are the first of their key in the table, which is noted.
fn fresh(written: &mut Option<HashSet<u64, AsIs>>, keys: &[KeyHash], stands: &[bool]) -> Vec<bool> {
    let Some(written) = written else { return vec![false; keys.len()] };
    let half = |key: &KeyHash| (key >> 64) as u64;
    keys.iter().zip(stands).map(|(key, stands)| *stands && written.insert(half(key))).collect()
}

/// The rows with the column that orders an upsert: an answer to a question.
fn overwriting(batch: &RecordBatch) -> Result<RecordBatch, arrow::error::ArrowError> {
    let mut fields: Vec<Arc<Field>> = batch.schema().fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new(OVERWRITES, DataType::Boolean, false)));
    let mut columns = batch.columns().to_vec();
    columns.push(rows::bools(std::iter::repeat_n(true, batch.num_rows())));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}
