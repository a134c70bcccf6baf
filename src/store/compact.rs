//! Keeping tables quick to read: many small files become few, and files that no version needs any more are removed.
//!
//! One rule: a table says the same before and after.

use super::delta::{at, parquet_properties};
use super::{Result, Store};
use crate::model::Table;
use chrono::Duration;
use deltalake::DeltaTableError;
use deltalake::operations::vacuum::VacuumMode;
use object_store::path::Path as Location;
use object_store::{Error, ObjectStoreExt};

/// Files under this size are small. Delta writes files of up to 100 MiB.
const SMALL_BYTES: i64 = 32 << 20;

/// When tables are compacted, and how long what they no longer need is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compaction {
    /// A table with so many small files is rewritten into few. An append takes 24 ms below 250 files and 120 ms near 1,000.
    pub small_files: usize,
    /// Age at which files that left a table, or never became part of one, are removed. It must be longer than the longest
    /// query: who opened the table before still reads them. The computer's clock counts, since file times are its.
    pub retention: Duration,
}

impl Default for Compaction {
    /// 100 small files, and Delta's own seven days.
    fn default() -> Compaction {
        Compaction { small_files: 100, retention: Duration::days(7) }
    }
}

/// What was done to one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compacted {
    pub table: &'static str,
    /// Files of the newest version.
    pub files_before: usize,
    pub files_after: usize,
    /// Files that were removed from the disk.
    pub removed: usize,
}

impl Store {
    /// Compacts one table when it has enough small files, and removes files whose time is over: those that a write replaced,
    /// and those of writes that died. `None` when there was nothing to do.
    ///
    /// The caller holds the folder's [`super::Lock`] and writes nothing meanwhile; reading goes on.
    ///
    /// # Errors
    /// [`super::StoreError::Delta`] when Delta or the disk refuses; the table is whole whenever this stops.
    pub async fn compact(&self, table: &'static Table, rules: &Compaction) -> Result<Option<Compacted>> {
        let Some(mut delta) = self.open_delta(table).await? else { return Ok(None) };
        let sizes = |delta: &deltalake::DeltaTable| -> Result<Vec<i64>, DeltaTableError> {
            Ok(delta.snapshot()?.log_data().iter().map(|file| file.size()).collect())
        };
        let before = sizes(&delta).map_err(|source| at(table, source))?;
        if before.iter().filter(|bytes| **bytes < SMALL_BYTES).count() >= rules.small_files {
            let optimize = delta.optimize().with_writer_properties(parquet_properties());
            (delta, _) = optimize.await.map_err(|source| at(table, source))?;
        }
        let files_after = sizes(&delta).map_err(|source| at(table, source))?.len();
        let removed = remove_unneeded(delta, rules.retention).await.map_err(|source| at(table, source))?;
        let done = Compacted { table: table.name, files_before: before.len(), files_after, removed };
        Ok((done.files_before != files_after || removed > 0).then_some(done))
    }
}

/// Delta says which files are due, and they are removed here: its own removal makes two commits each time, also for files
/// that an earlier one removed.
async fn remove_unneeded(delta: deltalake::DeltaTable, retention: Duration) -> Result<usize, DeltaTableError> {
    let files = delta.object_store();
    let due = delta
        .vacuum()
        .with_mode(VacuumMode::Full)
        .with_retention_period(retention)
        // The table's property is a default of Delta's; the caller's figure holds.
        .with_enforce_retention_duration(false)
        .with_dry_run(true);
    let (_, due) = due.await?;
    let mut removed = 0;
    for name in due.files_deleted {
        match files.delete(&Location::parse(name).map_err(Error::from)?).await {
            Ok(()) => removed += 1,
            Err(Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(removed)
}
