//! Statements that need all rows of all files, such as those that aggregate.
//!
//! One rule: when anything changed, all files are read and the source's rows are exchanged for the result, in one transaction.

use super::decode::AsRead;
use super::lines::Lines;
use super::newest;
use super::people::People;
use super::plan::CHUNK_BYTES;
use super::reader::{Reader, Reading, stored};
use super::survey::Survey;
use super::tables::Tables;
use super::{LeftOut, Rows, Work, is_of, put_aside};
use crate::collect::content::{self, Content};
use crate::collect::mapping::{self, Batches, Misfit, Sql};
use crate::collect::{CollectError, Collecting, Result};
use crate::model::Table;
use crate::store::{Change, Mark, StoreError};
use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::{SortColumn, concat_batches, lexsort_to_indices, take_record_batch};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use chrono::{DateTime, Utc};
use datafusion::error::DataFusionError;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Batches that wait to be taken.
const AHEAD: usize = 4;

/// What was left out while reading, by place: a statement may read its files more than once.
type Found = Arc<Mutex<(BTreeMap<String, Misfit>, u64)>>;

/// Carries out every such statement whose files or text changed.
pub(super) async fn collect(
    collecting: &mut Collecting<'_>,
    source: &str,
    folder: &Path,
    found: &[Content],
    work: &Work,
    left_out: &mut LeftOut,
) -> Result<()> {
    let mut tables: Vec<&'static Table> = Vec::new();
    for (sql, _) in &work.whole {
        if !tables.iter().any(|table| table.name == sql.table.name) {
            tables.push(sql.table);
        }
    }
    let all = blake3::hash(format!("{} {:?}", work.hash, contents(found)).as_bytes()).to_hex().to_string();
    for table in tables {
        let application = format!("files:{source}:whole:{}", table.name);
        let (plan, version) = content::plan(collecting, &application, all.clone())?;
        let Some(version) = version else { continue };
        // Lines that cannot be read are the concern of the statements over each row, where there are any.
        let own = format!("table {}, ", table.name);
        let are_lines_ours = work.rows.as_ref().is_none_or(|rows| matches!(rows, Rows::Named(_)));
        let is_file = |place: &str| found.iter().any(|content| is_of(&content.name, place));
        let is_read_anew = |place: &str| place.starts_with(&own) || (are_lines_ours && is_file(place));
        collecting.state.forget_refused(source, is_read_anew)?;
        collecting.progress.stage(&format!("reading {source} for {}", table.name), None);
        let (mut columns, mut misfits, mut lines) = (Vec::new(), Vec::new(), 0);
        for (sql, schema) in work.whole.iter().filter(|(sql, _)| sql.table.name == table.name) {
            let (batches, read) = batches(folder, &work.survey, schema, source, plan.at);
            columns.extend(result(sql, schema, &batches, folder, &mut misfits).await?);
            let read = read.lock().unwrap_or_else(PoisonError::into_inner);
            if are_lines_ours {
                misfits.extend(read.0.values().cloned());
                lines = lines.max(read.1);
            }
        }
        if are_lines_ours {
            misfits.extend(work.survey.misfits.iter().cloned());
        }
        misfits.sort_by(|a, b| a.place.cmp(&b.place));
        misfits.dedup();
        let mut people = People::new(source, collecting.secret);
        let batches = columns.into_iter().map(|columns| stored(table, columns, &mut people, source, plan.at));
        let batches = batches.collect::<Result<Vec<_>>>()?;
        let rows = in_order(table, &batches).map_err(|source| StoreError::Arrow { table: table.name, source })?;
        put_aside(collecting, source, plan.at, &misfits)?;
        collecting.put_identities(&people.take_new())?;
        let mark = Mark { application: application.clone(), version };
        let change = Change::Replace { column: "source", value: source.to_owned() };
        collecting.write(table, &change, &mark, vec![rows]).await?;
        collecting.state.finish(&application, version)?;
        left_out.add(&misfits, lines.max(misfits.len() as u64));
    }
    Ok(())
}

/// The columns of a statement's result.
pub(super) async fn result(
    sql: &Sql,
    schema: &SchemaRef,
    batches: &Batches,
    folder: &Path,
    misfits: &mut Vec<Misfit>,
) -> Result<Vec<Vec<ArrayRef>>> {
    let result = mapping::whole(sql, schema, batches, misfits).await;
    result.map_err(|message| CollectError::Source { path: folder.to_owned(), message })
}

/// Reads the files from the beginning each time it is called.
pub(super) fn batches(
    folder: &Path,
    survey: &Survey,
    schema: &SchemaRef,
    source: &str,
    at: DateTime<Utc>,
) -> (Batches, Found) {
    let found = Found::default();
    let (folder, survey, schema) = (folder.to_owned(), survey.clone(), schema.clone());
    let (source, left_out) = (source.to_owned(), found.clone());
    let begin = move || {
        let (give, take) = tokio::sync::mpsc::channel(AHEAD);
        let mut reader = Reader {
            source: source.clone(),
            at,
            lines: Lines::new(&folder, survey.texts.clone(), CHUNK_BYTES),
            tables: Tables::new(&folder, &schema, survey.parquet.clone()),
            reading: Reading::AsRead(AsRead { schema: schema.clone() }),
            people: People::new("", [0; 32]),
            targets: Vec::new(),
        };
        let (schema, left_out) = (schema.clone(), left_out.clone());
        let work = move || {
            let mut lines = 0;
            loop {
                let decoded = match reader.decoded() {
                    Ok(Some((decoded, _))) => decoded,
                    Ok(None) => break,
                    Err(error) => {
                        // Nobody to hear of it is nobody who waits for it.
                        drop(give.blocking_send(Err(DataFusionError::Execution(error.to_string()))));
                        return;
                    }
                };
                lines += decoded.lines;
                let mut all = left_out.lock().unwrap_or_else(PoisonError::into_inner);
                all.0.extend(decoded.misfits.into_iter().map(|misfit| (misfit.place.clone(), misfit)));
                drop(all);
                for columns in decoded.targets.into_iter().flatten() {
                    let batch = RecordBatch::try_new(schema.clone(), columns).map_err(DataFusionError::from);
                    if give.blocking_send(batch).is_err() {
                        return;
                    }
                }
            }
            left_out.lock().unwrap_or_else(PoisonError::into_inner).1 = lines;
        };
        if let Err(error) = std::thread::Builder::new().name("files".to_owned()).spawn(work) {
            tracing::error!("no thread to read with: {error}");
        }
        take
    };
    (Arc::new(begin), found)
}

/// The rows that stand, in the order of their keys.
fn in_order(table: &'static Table, batches: &[RecordBatch]) -> Result<RecordBatch, ArrowError> {
    let mut standing = Vec::new();
    for (batch, (_, stands)) in batches.iter().zip(newest::standing(table, batches)) {
        standing.extend(newest::only(batch, &stands)?);
    }
    let rows = concat_batches(&table.schema(), &standing)?;
    let columns = table.key.iter().filter_map(|name| rows.column_by_name(name));
    let columns: Vec<SortColumn> = columns.map(|values| SortColumn { values: values.clone(), options: None }).collect();
    let order = lexsort_to_indices(&columns, None)?;
    take_record_batch(&rows, &order)
}

/// With the names: a statement may read them.
fn contents(found: &[Content]) -> Vec<(&str, &str)> {
    found.iter().map(|content| (content.name.as_str(), content.hash.as_str())).collect()
}
