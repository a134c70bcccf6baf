//! What could not be brought into the tables, kept as it came until somebody has looked at it.
//!
//! It may name people, so it is in the state beside the identities and in no table.

use super::{Result, State, StoreError};
use chrono::{DateTime, Utc};
use rusqlite::params;
use std::collections::BTreeMap;

/// Something a source said that no table could take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The pipeline that brought it.
    pub source: String,
    /// Where it was found, such as `delivery 72d3162e (pull_request)`. The same place is put aside once, as it was last.
    pub place: String,
    /// Why it was refused.
    pub reason: String,
    pub at: DateTime<Utc>,
    /// What was said.
    pub words: Vec<u8>,
}

impl State {
    /// Puts something aside. To do so again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn put_refused(&mut self, refused: &[Refused]) -> Result<()> {
        let path = self.path.clone();
        let mut put = || {
            let transaction = self.connection.transaction()?;
            {
                let mut insert =
                    transaction.prepare("INSERT OR REPLACE INTO quarantine VALUES (?1, ?2, ?3, ?4, ?5)")?;
                for Refused { source, place, reason, at, words } in refused {
                    insert.execute(params![source, place, reason, at.timestamp_micros(), words])?;
                }
            }
            transaction.commit()
        };
        put().map_err(|source| StoreError::Sqlite { path, source })
    }

    /// Forgets what was put aside of a source at such places, since it is read anew.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn forget_refused(&mut self, source: &str, is_read_anew: impl Fn(&str) -> bool) -> Result<()> {
        let places: Vec<String> = {
            let sql = "SELECT place FROM quarantine WHERE source = ?1";
            let mut statement = self.check(self.connection.prepare(sql))?;
            let places = self.check(statement.query_map([source], |row| row.get(0)))?;
            self.check(places.collect())?
        };
        let path = self.path.clone();
        let mut forget = || {
            let transaction = self.connection.transaction()?;
            for place in places.iter().filter(|place| is_read_anew(place)) {
                transaction.execute("DELETE FROM quarantine WHERE source = ?1 AND place = ?2", [source, place])?;
            }
            transaction.commit()
        };
        forget().map_err(|source| StoreError::Sqlite { path, source })
    }

    /// How much was put aside, by source.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn refused_by_source(&self) -> Result<BTreeMap<String, u64>> {
        let sql = "SELECT source, count(*) FROM quarantine GROUP BY source";
        let counts = self.rows(sql, |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
        Ok(counts.into_iter().collect())
    }

    /// Everything that was put aside, by source, then the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn refused(&self) -> Result<Vec<Refused>> {
        let sql = "SELECT source, place, reason, refused_at, words FROM quarantine ORDER BY source, refused_at, place";
        self.rows(sql, |row| {
            let at = DateTime::from_timestamp_micros(row.get(3)?).unwrap_or_default();
            Ok(Refused { source: row.get(0)?, place: row.get(1)?, reason: row.get(2)?, at, words: row.get(4)? })
        })
    }
}
