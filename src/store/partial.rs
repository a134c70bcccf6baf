//! Rows of which too little was told to store them, until the rest comes.

use super::{Result, State, StoreError};
use rusqlite::{OptionalExtension, params};

/// What is known of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partial {
    /// The pipeline that was told of it.
    pub source: String,
    pub table: String,
    /// The values of the key's columns, as JSON.
    pub key: String,
    /// The values by column name, as JSON. They name nobody.
    pub values: String,
}

impl State {
    /// What waits of a row.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn partial(&self, source: &str, table: &str, key: &str) -> Result<Option<String>> {
        let sql = "SELECT \"values\" FROM partial WHERE source = ?1 AND \"table\" = ?2 AND key = ?3";
        let mut statement = self.check(self.connection.prepare_cached(sql))?;
        self.check(statement.query_row(params![source, table, key], |row| row.get(0)).optional())
    }

    /// Keeps what is known of rows instead of what was before.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]; then nothing is changed.
    pub fn put_partial(&mut self, partial: &[Partial]) -> Result<()> {
        self.change_partial("INSERT OR REPLACE INTO partial VALUES (?1, ?2, ?3, ?4)", partial, true)
    }

    /// Forgets what waited of rows that the tables have taken. To do so again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]; then nothing is changed.
    pub fn drop_partial(&mut self, partial: &[Partial]) -> Result<()> {
        let sql = "DELETE FROM partial WHERE source = ?1 AND \"table\" = ?2 AND key = ?3";
        self.change_partial(sql, partial, false)
    }

    fn change_partial(&mut self, sql: &str, partial: &[Partial], with_values: bool) -> Result<()> {
        if partial.is_empty() {
            return Ok(());
        }
        let path = self.path.clone();
        let mut change = || {
            let transaction = self.connection.transaction()?;
            {
                let mut statement = transaction.prepare(sql)?;
                for Partial { source, table, key, values } in partial {
                    if with_values {
                        statement.execute(params![source, table, key, values])?;
                    } else {
                        statement.execute(params![source, table, key])?;
                    }
                }
            }
            transaction.commit()
        };
        change().map_err(|source| StoreError::Sqlite { path, source })
    }
}
