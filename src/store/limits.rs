//! What sources said is left of their budgets, and until when they asked to be left alone.

use super::{Result, State};
use chrono::{DateTime, Utc};
use rusqlite::params;
use std::collections::BTreeMap;

/// What a source last said of one of its budgets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    pub source: String,
    /// What it is a budget of, in the source's words, such as `core` or `graphql`.
    pub resource: String,
    /// Requests or points that are left.
    pub remaining: u64,
    /// Those of a whole budget, where the source says.
    pub most: Option<u64>,
    /// When the budget is whole again, by the source's clock.
    pub resets_at: Option<DateTime<Utc>>,
    /// When the source said so, by ours.
    pub seen_at: DateTime<Utc>,
}

impl State {
    /// Records what a source said: budgets replace those of the same resource, and the wait the one before.
    ///
    /// # Errors
    /// [`super::StoreError::Sqlite`].
    pub fn put_limits(&self, source: &str, budgets: &[Budget], waits_until: Option<DateTime<Utc>>) -> Result<()> {
        let write = || -> rusqlite::Result<()> {
            let transaction = self.connection.unchecked_transaction()?;
            for budget in budgets {
                let sql = "INSERT OR REPLACE INTO budgets VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
                let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
                transaction.execute(
                    sql,
                    params![
                        source,
                        budget.resource,
                        number(budget.remaining),
                        budget.most.map(number),
                        budget.resets_at.map(|time| time.timestamp_micros()),
                        budget.seen_at.timestamp_micros(),
                    ],
                )?;
            }
            transaction.execute("DELETE FROM waits WHERE source = ?1", [source])?;
            if let Some(until) = waits_until {
                transaction.execute("INSERT INTO waits VALUES (?1, ?2)", params![source, until.timestamp_micros()])?;
            }
            transaction.commit()
        };
        self.check(write())
    }

    /// Every budget, by source and resource.
    ///
    /// # Errors
    /// [`super::StoreError::Sqlite`].
    pub fn budgets(&self) -> Result<Vec<Budget>> {
        let sql = "SELECT source, resource, remaining, most, resets_at, seen_at FROM budgets ORDER BY source, resource";
        self.rows(sql, |row| {
            Ok(Budget {
                source: row.get(0)?,
                resource: row.get(1)?,
                remaining: row.get::<_, i64>(2)?.unsigned_abs(),
                most: row.get::<_, Option<i64>>(3)?.map(i64::unsigned_abs),
                resets_at: row.get::<_, Option<i64>>(4)?.and_then(DateTime::from_timestamp_micros),
                seen_at: DateTime::from_timestamp_micros(row.get(5)?).unwrap_or_default(),
            })
        })
    }

    /// Until when a source asked to be left alone, by source. That of a process that died is among them until its time has
    /// passed or the source is collected again.
    ///
    /// # Errors
    /// [`super::StoreError::Sqlite`].
    pub fn waits(&self) -> Result<BTreeMap<String, DateTime<Utc>>> {
        let rows = self.rows("SELECT source, until FROM waits", |row| {
            Ok((row.get(0)?, DateTime::from_timestamp_micros(row.get(1)?).unwrap_or_default()))
        })?;
        Ok(rows.into_iter().collect())
    }
}
