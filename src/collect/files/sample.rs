//! What files would give, without storing anything.

use super::decode::Decoded;
use super::lines::Lines;
use super::people::People;
use super::plan;
use super::reader::{Reader, Target};
use super::tables::Tables;
use super::whole;
use super::work;
use crate::collect::mapping::Misfit;
use crate::collect::sample::Sample;
use crate::collect::{CollectError, Result};
use crate::project::FilesPipeline;
use chrono::{DateTime, Utc};
use std::path::Path;
use std::sync::PoisonError;

/// Text that is read at a time. A sample is small.
const CHUNK_BYTES: usize = 1 << 20;

/// The first rows of each table, and what would be put aside on the way to them.
///
/// # Errors
/// [`CollectError`].
pub(in crate::collect) async fn sample(
    keys: &FilesPipeline,
    folder: &Path,
    rows: usize,
    sample: &mut Sample,
) -> Result<()> {
    let found = plan::find(folder, &keys.path)?;
    let work = work(keys, folder, &found).await?;
    sample.put_aside(work.survey.misfits.clone());
    if let Some(by_row) = &work.rows {
        let tables = by_row.tables();
        let mut reader = Reader {
            source: String::new(),
            at: DateTime::<Utc>::UNIX_EPOCH,
            lines: Lines::new(folder, work.survey.texts.clone(), CHUNK_BYTES),
            tables: Tables::new(folder, &by_row.schema(), work.survey.parquet.clone()),
            reading: by_row.plan().await.map_err(CollectError::File)?,
            people: People::new("", [0; 32]),
            targets: tables.iter().map(|table| Target::new(table, false)).collect(),
        };
        while tables.iter().any(|table| sample.rows_of(table) < rows) {
            let (next, returned) = read(reader).await?;
            reader = returned;
            let Some(Decoded { targets, misfits, .. }) = next else { break };
            sample.put_aside(misfits);
            for (table, columns) in tables.iter().zip(targets) {
                for columns in columns {
                    sample.add(table, columns, rows)?;
                }
            }
        }
    }
    for (sql, schema) in &work.whole {
        let (batches, read) = whole::batches(folder, &work.survey, schema, "", DateTime::<Utc>::UNIX_EPOCH);
        let mut misfits: Vec<Misfit> = Vec::new();
        for columns in whole::result(sql, schema, &batches, folder, &mut misfits).await? {
            sample.add(sql.table, columns, rows)?;
        }
        misfits.extend(read.lock().unwrap_or_else(PoisonError::into_inner).0.values().cloned());
        sample.put_aside(misfits);
    }
    Ok(())
}

/// Reads on a thread that may wait.
async fn read(mut reader: Reader) -> Result<(Option<Decoded>, Reader)> {
    let work = move || reader.decoded().map(|decoded| (decoded.map(|it| it.0), reader));
    tokio::task::spawn_blocking(work).await.map_err(|error| CollectError::Stopped(error.to_string()))?
}
