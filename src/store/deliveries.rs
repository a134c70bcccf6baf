//! Delivery ids that were taken: a delivery that comes again is known for a while after its record left the landing log.

use super::{Result, State, StoreError};
use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};
use std::collections::BTreeSet;

/// What makes a delivery the same as an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The pipeline that it came in for.
    pub source: String,
    /// The sender's own id of it, the same when it is sent again.
    pub key: String,
    /// When it came in, kept to the microsecond.
    pub received_at: DateTime<Utc>,
}

/// What came in for one pipeline by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The pipeline.
    pub source: String,
    /// Deliveries that the tables have taken.
    pub deliveries: u64,
    /// When the newest of them came in.
    pub newest_at: DateTime<Utc>,
}

impl State {
    /// What came in by itself, by source.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn received(&self) -> Result<Vec<Received>> {
        self.rows("SELECT source, deliveries, newest_at FROM received ORDER BY source", |row| {
            let newest_at = DateTime::from_timestamp_micros(row.get(2)?).unwrap_or_default();
            Ok(Received { source: row.get(0)?, deliveries: row.get::<_, i64>(1)?.unsigned_abs(), newest_at })
        })
    }

    /// The pipelines that were told something which only their source can answer, and were not run since.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn wanted(&self) -> Result<BTreeSet<String>> {
        Ok(self.rows("SELECT source FROM wanted", |row| row.get(0))?.into_iter().collect())
    }

    /// Notes that a pipeline is to be run, or that it was. To do so again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn put_wanted(&self, source: &str, wanted: bool) -> Result<()> {
        let sql =
            if wanted { "INSERT OR IGNORE INTO wanted VALUES (?1)" } else { "DELETE FROM wanted WHERE source = ?1" };
        self.check(self.connection.execute(sql, [source])).map(|_| ())
    }

    /// Whether a delivery is among those of the removed segments.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub(super) fn has_delivery(&self, source: &str, key: &str) -> Result<bool> {
        let sql = "SELECT 1 FROM deliveries WHERE source = ?1 AND key = ?2";
        let mut statement = self.check(self.connection.prepare_cached(sql))?;
        self.check(statement.exists([source, key]))
    }

    /// The number of the newest segment of the landing log that was removed, 0 when none was.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub(super) fn removed_segment(&self) -> Result<u64> {
        let sql = "SELECT value FROM meta WHERE key = 'removed_segment'";
        let stored = self.connection.query_row(sql, [], |row| row.get::<_, [u8; 8]>(0)).optional();
        Ok(self.check(stored)?.map_or(0, u64::from_le_bytes))
    }

    /// Notes that a segment is removed, remembers its deliveries and forgets all that were received before
    /// `forget_before`, in one transaction.
    ///
    /// # Errors
    /// The first of `deliveries`, or [`StoreError::Sqlite`]; then nothing is changed.
    pub(super) fn put_removed_segment<E: From<StoreError>>(
        &mut self,
        number: u64,
        deliveries: impl Iterator<Item = Result<Delivery, E>>,
        forget_before: DateTime<Utc>,
    ) -> Result<(), E> {
        let sqlite = |source| StoreError::Sqlite { path: self.path.clone(), source };
        let transaction = self.connection.transaction().map_err(sqlite)?;
        {
            let mut insert =
                transaction.prepare("INSERT OR REPLACE INTO deliveries VALUES (?1, ?2, ?3)").map_err(sqlite)?;
            let count = "INSERT INTO received VALUES (?1, 1, ?2) ON CONFLICT (source) DO UPDATE SET
                         deliveries = deliveries + 1, newest_at = max(newest_at, excluded.newest_at)";
            let mut count = transaction.prepare(count).map_err(sqlite)?;
            for delivery in deliveries {
                let Delivery { source, key, received_at } = delivery?;
                insert.execute(params![source, key, received_at.timestamp_micros()]).map_err(sqlite)?;
                count.execute(params![source, received_at.timestamp_micros()]).map_err(sqlite)?;
            }
        }
        let forget = "DELETE FROM deliveries WHERE received_at < ?1";
        transaction.execute(forget, [forget_before.timestamp_micros()]).map_err(sqlite)?;
        let note = "INSERT OR REPLACE INTO meta VALUES ('removed_segment', ?1)";
        transaction.execute(note, [number.to_le_bytes()]).map_err(sqlite)?;
        transaction.commit().map_err(sqlite)?;
        Ok(())
    }
}
