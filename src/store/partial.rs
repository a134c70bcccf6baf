//! Rows of which too little was told to store them, until the rest comes.

use super::{Result, State};
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
    /// [`super::StoreError::Sqlite`].
    pub fn partial(&self, source: &str, table: &str, key: &str) -> Result<Option<String>> {
        let sql = "SELECT \"values\" FROM partial WHERE source = ?1 AND \"table\" = ?2 AND key = ?3";
        let mut statement = self.check(self.connection.prepare_cached(sql))?;
        self.check(statement.query_row(params![source, table, key], |row| row.get(0)).optional())
    }

    /// Keeps what is known of a row instead of what was before.
    ///
    /// # Errors
    /// [`super::StoreError::Sqlite`].
    pub fn put_partial(&self, Partial { source, table, key, values }: &Partial) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO partial VALUES (?1, ?2, ?3, ?4)";
        let mut statement = self.check(self.connection.prepare_cached(sql))?;
        self.check(statement.execute(params![source, table, key, values])).map(|_| ())
    }

    /// Forgets what waited of a row that the table has taken. To do so again changes nothing.
    ///
    /// # Errors
    /// [`super::StoreError::Sqlite`].
    pub fn drop_partial(&self, Partial { source, table, key, .. }: &Partial) -> Result<()> {
        let sql = "DELETE FROM partial WHERE source = ?1 AND \"table\" = ?2 AND key = ?3";
        self.check(self.connection.execute(sql, params![source, table, key])).map(|_| ())
    }
}
