//! Which rows of a table changed between two versions, and of which rows they are parts.
//!
//! One rule: a row that differs in any column changed, whatever it says of its own time. Files that both versions have are not
//! read; of the others rows are compared by a 128-bit hash.

use crate::model::{self, Table};
use crate::store::Snapshot;
use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Field, Schema};
use arrow::row::{RowConverter, SortField};
use datafusion::common::JoinType;
use datafusion::datasource::MemTable;
use datafusion::error::Result;
use datafusion::functions_aggregate::expr_fn::{max, min};
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext, col, lit};
use datafusion::scalar::ScalarValue;
use futures::StreamExt;
use std::collections::HashMap;
use std::sync::Arc;

/// Tables whose rows are parts of another's: the whole, the part, and the part's columns that name the source and the key of the
/// whole. `query::boundaries` derives columns of the whole from them; whatever else it reads makes all facts new.
const PARTS: [(&str, &str, &[&str]); 6] = [
    ("pull_requests", "pull_request_commits", &["source", "repository", "pull_request"]),
    ("pull_requests", "pull_request_events", &["source", "repository", "pull_request"]),
    ("pull_requests", "reviews", &["source", "repository", "pull_request"]),
    ("pull_requests", "review_comments", &["source", "repository", "pull_request"]),
    ("reviews", "review_comments", &["source", "repository", "pull_request", "review_id"]),
    ("tickets", "ticket_events", &["source", "ticket_id"]),
];

/// A column whose values decide, with the source, whether a part is told at all.
const KINDS: [(&str, &str); 1] = [("review_comments", "place")];

/// A column by which a source is known to tell of something: of its rows without a value it then says that there is none.
const TELLING: [(&str, &str); 1] = [("pull_requests", "deployed_at")];

/// Rows of a table that have a value in common are told of by each other: how many lines of a pull request are generated is known
/// of any that the same commit merged, whatever source has it. The table, the value's column, and the one that is told.
const TIED: (&str, &str, &str) = ("pull_requests", "merge_sha", "lines_generated");

/// The tables whose rows are parts of a table's rows.
pub(super) fn parts(whole: &'static Table) -> impl Iterator<Item = (&'static Table, &'static [&'static str])> {
    PARTS.iter().filter(|(of, ..)| *of == whole.name).filter_map(|(_, part, key)| Some((model::table(part)?, *key)))
}

/// Source and key of a table's rows, in this order.
pub(super) fn key_of(table: &Table) -> Vec<&'static str> {
    std::iter::once("source").chain(table.key.iter().copied()).collect()
}

/// These columns of the rows that one version has and the other has not, in either direction, perhaps several times.
pub(super) async fn differing(old: &Snapshot, new: &Snapshot, columns: &[&str]) -> Result<Vec<RecordBatch>> {
    let (added, removed) = (new.beside(old), old.beside(new));
    let session = SessionContext::new();
    if removed.is_empty() {
        return session.read_table(Arc::new(added))?.select_columns(columns)?.collect().await;
    }
    let mut left: Left = HashMap::new();
    let mut found = Vec::new();
    each(&session, &removed, |_, hashes| {
        hashes.iter().for_each(|hash| *left.entry(*hash).or_default() += 1);
        Ok(())
    })
    .await?;
    each(&session, &added, |batch, hashes| {
        let is_new: BooleanArray = hashes.iter().map(|hash| Some(!take(&mut left, hash))).collect();
        found.push(filter_record_batch(&pick(batch, columns)?, &is_new)?);
        Ok(())
    })
    .await?;
    if !left.is_empty() {
        each(&session, &removed, |batch, hashes| {
            let is_gone: BooleanArray = hashes.iter().map(|hash| Some(take(&mut left, hash))).collect();
            found.push(filter_record_batch(&pick(batch, columns)?, &is_gone)?);
            Ok(())
        })
        .await?;
    }
    Ok(found)
}

/// How often rows of a hash are not accounted for. Its order is never looked at, and a tree of as many rows would be several times
/// slower.
type Left = HashMap<u128, u32>;

fn take(left: &mut Left, hash: &u128) -> bool {
    match left.get_mut(hash) {
        Some(1) => left.remove(hash).is_some(),
        Some(count) => {
            *count -= 1;
            true
        }
        None => false,
    }
}

async fn each(
    session: &SessionContext,
    rows: &Snapshot,
    mut see: impl FnMut(&RecordBatch, &[u128]) -> Result<()>,
) -> Result<()> {
    let mut stream = session.read_table(Arc::new(rows.clone()))?.execute_stream().await?;
    let fields = stream.schema().fields().iter().map(|field| SortField::new(field.data_type().clone())).collect();
    let converter = RowConverter::new(fields)?;
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        let rows = converter.convert_columns(batch.columns())?;
        let hashes: Vec<u128> = rows.iter().map(|row| hash(row.as_ref())).collect();
        see(&batch, &hashes)?;
    }
    Ok(())
}

fn hash(row: &[u8]) -> u128 {
    let mut half = [0; 16];
    half.copy_from_slice(&blake3::hash(row).as_bytes()[..16]);
    u128::from_le_bytes(half)
}

fn pick(batch: &RecordBatch, columns: &[&str]) -> Result<RecordBatch> {
    let places = columns.iter().map(|name| batch.schema().index_of(name)).collect::<Result<Vec<_>, _>>()?;
    Ok(batch.project(&places)?)
}

/// The different rows without NULL among some, with other names.
pub(super) async fn distinct(batches: Vec<RecordBatch>, names: &[&str]) -> Result<Vec<RecordBatch>> {
    let Some(first) = batches.first() else { return Ok(Vec::new()) };
    let frame = SessionContext::new().read_table(Arc::new(MemTable::try_new(first.schema(), vec![batches])?))?;
    let fields = frame.schema().fields().clone();
    let renamed = fields.iter().zip(names).map(|(field, name)| col(field.name().as_str()).alias(*name));
    let frame = frame.select(renamed.collect::<Vec<_>>())?.distinct()?;
    let frame = names.iter().try_fold(frame, |frame, name| frame.filter(col(*name).is_not_null()))?;
    // Whether a column may be NULL differs from table to table.
    let fields = frame.schema().fields().iter();
    let fields: Vec<Field> = fields.map(|field| Field::new(field.name(), field.data_type().clone(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let batches = frame.collect().await?.into_iter();
    let batches = batches.map(|batch| RecordBatch::try_new(schema.clone(), batch.columns().to_vec()));
    Ok(batches.collect::<Result<_, _>>()?)
}

/// The rows of a table whose key is among some.
pub(super) async fn rows_of(rows: &Snapshot, columns: &[&str], keys: &[RecordBatch]) -> Result<Vec<RecordBatch>> {
    let mut config = SessionConfig::new();
    // Of most rows only the key is read.
    config.options_mut().execution.parquet.pushdown_filters = true;
    let session = SessionContext::new_with_config(config);
    let Some(frame) = frame_of(&session, keys)? else { return Ok(Vec::new()) };
    let names: Vec<String> = frame.schema().fields().iter().map(|field| field.name().clone()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let Some(bounds) = bounds(frame.clone(), &names).await? else { return Ok(Vec::new()) };
    let mut rows = session.read_table(Arc::new(rows.clone()))?;
    // Files and row groups beyond the keys are passed over by their statistics: new rows have new numbers.
    for (column, (least, most)) in columns.iter().zip(bounds) {
        rows = rows.filter(col(*column).between(lit(least), lit(most)))?;
    }
    frame.alias("changed")?.join(rows, JoinType::RightSemi, &names, columns, None)?.collect().await
}

/// The keys of some rows of an entity and of those that are told of with them, in either version.
pub(super) async fn with_tied(
    entity: &Table,
    key: &[&str],
    versions: [&Snapshot; 2],
    keys: Vec<RecordBatch>,
) -> Result<Vec<RecordBatch>> {
    let (table, tie, told) = TIED;
    let mut is_told = false;
    for rows in versions.iter().filter(|_| entity.name == table) {
        let frame = SessionContext::new().read_table(Arc::new((*rows).clone()))?;
        is_told |= frame.filter(col(told).is_not_null())?.limit(0, Some(1))?.count().await? > 0;
    }
    if !is_told {
        return Ok(keys);
    }
    let mut ties = Vec::new();
    for rows in versions {
        let found = rows_of(rows, key, &keys).await?;
        ties.extend(found.iter().map(|batch| pick(batch, &[tie])).collect::<Result<Vec<_>>>()?);
    }
    let ties = distinct(ties, &[tie]).await?;
    let mut all = keys;
    for rows in versions {
        let found = rows_of(rows, &[tie], &ties).await?;
        let found = found.iter().map(|batch| pick(batch, key)).collect::<Result<Vec<_>>>()?;
        all.extend(distinct(found, key).await?);
    }
    distinct(all, key).await
}

/// The least and the greatest value of each column; `None` without rows.
async fn bounds(frame: DataFrame, names: &[&str]) -> Result<Option<Vec<(ScalarValue, ScalarValue)>>> {
    let both = names.iter().flat_map(|name| [min(col(*name)), max(col(*name))]);
    let batches = frame.aggregate(Vec::new(), both.collect())?.collect().await?;
    let Some(batch) = batches.iter().find(|batch| batch.num_rows() > 0) else { return Ok(None) };
    let values = batch.columns().iter().map(|column| ScalarValue::try_from_array(column, 0));
    let values = values.collect::<Result<Vec<_>>>()?;
    if values.iter().any(ScalarValue::is_null) {
        return Ok(None);
    }
    Ok(Some(values.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()))
}

pub(super) fn frame_of(session: &SessionContext, batches: &[RecordBatch]) -> Result<Option<DataFrame>> {
    let Some(first) = batches.first() else { return Ok(None) };
    Ok(Some(session.read_table(Arc::new(MemTable::try_new(first.schema(), vec![batches.to_vec()])?))?))
}

/// The sources that tell of a table's rows, and of which kind, in a version.
pub(super) async fn told(table: &Table, rows: &Snapshot) -> Result<Vec<RecordBatch>> {
    let kind = KINDS.iter().find(|(name, _)| *name == table.name).map(|(_, column)| *column);
    let columns: Vec<&str> = std::iter::once("source").chain(kind).collect();
    let frame = telling(table, rows)?.select_columns(&columns)?.distinct()?;
    frame.sort_by(columns.iter().map(|name| col(*name)).collect())?.collect().await
}

/// The rows by which a source tells.
fn telling(table: &Table, rows: &Snapshot) -> Result<DataFrame> {
    let frame = SessionContext::new().read_table(Arc::new(rows.clone()))?;
    match TELLING.iter().find(|(name, _)| *name == table.name) {
        Some((_, column)) => frame.filter(col(*column).is_not_null()),
        None => Ok(frame),
    }
}

/// One row for each source and kind that tells of a table's rows, as a deleted one: which sources tell is a question of all
/// rows, of which these stand for the rest.
pub(super) async fn witnesses(table: &Table, rows: &Snapshot) -> Result<Vec<RecordBatch>> {
    let mut found = Vec::new();
    for told in told(table, rows).await? {
        for row in 0..told.num_rows() {
            let mut frame = telling(table, rows)?;
            for (column, field) in told.columns().iter().zip(told.schema().fields()) {
                let value = ScalarValue::try_from_array(column, row)?;
                frame = frame.filter(col(field.name().as_str()).eq(lit(value)))?;
            }
            let deleted = frame.limit(0, Some(1))?.with_column("deleted_at", col("ingested_at"))?;
            let names: Vec<&str> = table.all_columns().map(|column| column.name).collect();
            found.extend(deleted.select_columns(&names)?.collect().await?);
        }
    }
    Ok(found)
}
