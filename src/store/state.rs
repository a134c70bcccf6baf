//! The transactional state in SQLite: secret, origins, plans, runs. Identities and limits are in their own files.

use super::{Result, StoreError};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, params};
use std::path::{Path, PathBuf};

pub(super) const FILE: &str = "state.sqlite";

/// Form of the whole data folder, tables included. One of another form is not read.
const VERSION: i64 = 5;

const SCHEMA: &str = r#"
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS origins (
    source TEXT PRIMARY KEY, type TEXT NOT NULL, address TEXT NOT NULL, simulated INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS plans (
    application TEXT NOT NULL, version INTEGER NOT NULL, plan TEXT NOT NULL, finished INTEGER NOT NULL,
    PRIMARY KEY (application, version)) STRICT;
CREATE TABLE IF NOT EXISTS runs (
    run INTEGER PRIMARY KEY, source TEXT NOT NULL, started_at INTEGER NOT NULL, finished_at INTEGER NOT NULL,
    rows INTEGER NOT NULL, error TEXT) STRICT;
CREATE TABLE IF NOT EXISTS identities (
    identity TEXT PRIMARY KEY, person TEXT NOT NULL, source TEXT NOT NULL, number INTEGER, name TEXT NOT NULL,
    email TEXT NOT NULL, login TEXT NOT NULL, canonical_name TEXT NOT NULL, canonical_email TEXT NOT NULL,
    host TEXT, account INTEGER, account_login TEXT, seen_at INTEGER, is_bot INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS deliveries (
    source TEXT NOT NULL, key TEXT NOT NULL, received_at INTEGER NOT NULL, PRIMARY KEY (source, key))
    STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS budgets (
    source TEXT NOT NULL, resource TEXT NOT NULL, remaining INTEGER NOT NULL, most INTEGER, resets_at INTEGER,
    seen_at INTEGER NOT NULL, PRIMARY KEY (source, resource)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS waits (source TEXT PRIMARY KEY, until INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS deliveries_received_at ON deliveries (received_at);
CREATE TABLE IF NOT EXISTS received (
    source TEXT PRIMARY KEY, deliveries INTEGER NOT NULL, newest_at INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS partial (
    source TEXT NOT NULL, "table" TEXT NOT NULL, key TEXT NOT NULL, "values" TEXT NOT NULL,
    PRIMARY KEY (source, "table", key)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS wanted (source TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS quarantine (
    source TEXT NOT NULL, place TEXT NOT NULL, reason TEXT NOT NULL, refused_at INTEGER NOT NULL, words BLOB NOT NULL,
    PRIMARY KEY (source, place)) STRICT;
CREATE TABLE IF NOT EXISTS decisions (
    one TEXT NOT NULL, other TEXT NOT NULL, verdict TEXT NOT NULL, audit INTEGER NOT NULL,
    PRIMARY KEY (one, other, verdict)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS audit (
    entry INTEGER PRIMARY KEY, at INTEGER NOT NULL, by TEXT NOT NULL, action TEXT NOT NULL, about TEXT NOT NULL,
    reason TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS erased (
    identity TEXT PRIMARY KEY, person TEXT NOT NULL, source TEXT NOT NULL, is_bot INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS erased_marks (mark TEXT PRIMARY KEY, person TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS erased_words (word BLOB PRIMARY KEY, start BLOB NOT NULL) STRICT, WITHOUT ROWID;
"#;

/// The open state database.
pub struct State {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
}

/// Where a source's rows come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Name of the pipeline, the `source` column of every row.
    pub source: String,
    /// The pipeline's type, such as `git`.
    pub kind: String,
    /// Path or address, without credentials.
    pub address: String,
    /// The rows describe an organisation that does not exist.
    pub simulated: bool,
}

/// What a collector decided to do before it wrote anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Position among the application's plans, from 1.
    pub version: i64,
    /// The collector's own words, as JSON.
    pub text: String,
    pub finished: bool,
}

/// What one run of a collector did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub source: String,
    pub started_at: DateTime<Utc>,
    pub finished_at: DateTime<Utc>,
    pub rows: u64,
    pub error: Option<String>,
}

impl State {
    pub(super) fn open(root: &Path) -> Result<State> {
        let path = root.join(FILE);
        let connection = Connection::open(&path).map_err(|source| sqlite(&path, source))?;
        let state = State { connection, path };
        state.check(state.connection.busy_timeout(std::time::Duration::from_secs(10)))?;
        // FULL: a plan must be on disk before the first row that refers to it. A settled plan named people; its bytes go.
        state.check(
            state
                .connection
                .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;"),
        )?;
        state.check_version()?;
        state.check(state.connection.execute_batch(SCHEMA))?;
        Ok(state)
    }

    /// Refuses a folder of another form, and marks a new one.
    fn check_version(&self) -> Result<()> {
        let is_new = "SELECT count(*) = 0 FROM sqlite_schema";
        if self.check(self.connection.query_row(is_new, [], |row| row.get(0)))? {
            return self.check(self.connection.pragma_update(None, "user_version", VERSION));
        }
        let found: i64 = self.check(self.connection.pragma_query_value(None, "user_version", |row| row.get(0)))?;
        if found == VERSION {
            Ok(())
        } else {
            Err(StoreError::Version { path: self.path.clone(), found, expected: VERSION })
        }
    }

    /// The folder's secret, from which identity ids are derived; `draw` makes it on first use.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn secret(&self, draw: impl FnOnce() -> [u8; 32]) -> Result<[u8; 32]> {
        if let Some(secret) = self.known_secret()? {
            return Ok(secret);
        }
        let secret = draw();
        self.check(self.connection.execute("INSERT INTO meta VALUES ('secret', ?1)", params![secret]))?;
        Ok(secret)
    }

    /// The folder's secret, unless it holds nothing yet.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn known_secret(&self) -> Result<Option<[u8; 32]>> {
        let read = "SELECT value FROM meta WHERE key = 'secret'";
        let stored = self.connection.query_row(read, [], |row| row.get::<_, [u8; 32]>(0)).optional();
        self.check(stored)
    }

    /// Records where a source's rows come from.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn put_origin(&self, origin: &Origin) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO origins VALUES (?1, ?2, ?3, ?4)";
        let values = params![origin.source, origin.kind, origin.address, origin.simulated];
        self.check(self.connection.execute(sql, values)).map(|_| ())
    }

    /// Every source, by name.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn origins(&self) -> Result<Vec<Origin>> {
        self.rows("SELECT source, type, address, simulated FROM origins ORDER BY source", |row| {
            Ok(Origin { source: row.get(0)?, kind: row.get(1)?, address: row.get(2)?, simulated: row.get(3)? })
        })
    }

    /// The application's newest plan.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn plan(&self, application: &str) -> Result<Option<Plan>> {
        let sql = "SELECT version, plan, finished FROM plans WHERE application = ?1 ORDER BY version DESC LIMIT 1";
        let plan = self.connection.query_row(sql, [application], |row| {
            Ok(Plan { version: row.get(0)?, text: row.get(1)?, finished: row.get(2)? })
        });
        self.check(plan.optional())
    }

    /// The applications whose newest plan is not carried out.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn unfinished(&self) -> Result<Vec<String>> {
        let sql = "SELECT application FROM plans AS plan WHERE finished = 0 AND version =
                   (SELECT max(version) FROM plans WHERE application = plan.application) ORDER BY application";
        self.rows(sql, |row| row.get(0))
    }

    /// Writes a new plan ahead of its rows and returns its version.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn begin(&self, application: &str, text: &str) -> Result<i64> {
        let version = self.plan(application)?.map_or(1, |plan| plan.version + 1);
        let sql = "INSERT INTO plans VALUES (?1, ?2, ?3, 0)";
        self.check(self.connection.execute(sql, params![application, version, text]))?;
        Ok(version)
    }

    /// Marks a plan as carried out.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn finish(&self, application: &str, version: i64) -> Result<()> {
        let sql = "UPDATE plans SET finished = 1 WHERE application = ?1 AND version = ?2";
        self.check(self.connection.execute(sql, params![application, version])).map(|_| ())
    }

    /// Marks a plan as carried out and keeps `text` of it alone; what was planned before it is forgotten.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn settle(&mut self, application: &str, version: i64, text: &str) -> Result<()> {
        let path = self.path.clone();
        let mut settle = || {
            let transaction = self.connection.transaction()?;
            let sql = "DELETE FROM plans WHERE application = ?1 AND version < ?2";
            transaction.execute(sql, params![application, version])?;
            let sql = "UPDATE plans SET finished = 1, plan = ?3 WHERE application = ?1 AND version = ?2";
            transaction.execute(sql, params![application, version, text])?;
            transaction.commit()
        };
        settle().map_err(|source| sqlite(&path, source))
    }

    /// Every plan that is kept, as application, version and text.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn plans(&self) -> Result<Vec<(String, i64, String)>> {
        let sql = "SELECT application, version, plan FROM plans ORDER BY application, version";
        self.rows(sql, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
    }

    /// Gives a plan another text that means the same.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn put_plan_text(&self, application: &str, version: i64, text: &str) -> Result<()> {
        let sql = "UPDATE plans SET plan = ?3 WHERE application = ?1 AND version = ?2";
        self.check(self.connection.execute(sql, params![application, version, text])).map(|_| ())
    }

    /// Records what a run did.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn put_run(&self, run: &Run) -> Result<()> {
        let sql = "INSERT INTO runs (source, started_at, finished_at, rows, error) VALUES (?1, ?2, ?3, ?4, ?5)";
        let (started, finished) = (run.started_at.timestamp_micros(), run.finished_at.timestamp_micros());
        let rows = i64::try_from(run.rows).unwrap_or(i64::MAX);
        self.check(self.connection.execute(sql, params![run.source, started, finished, rows, run.error])).map(|_| ())
    }

    /// How many runs were recorded.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn runs_count(&self) -> Result<i64> {
        self.check(self.connection.query_row("SELECT coalesce(max(run), 0) FROM runs", [], |row| row.get(0)))
    }

    /// Every run, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn runs(&self) -> Result<Vec<Run>> {
        self.rows("SELECT source, started_at, finished_at, rows, error FROM runs ORDER BY run", |row| {
            let time = |micros| DateTime::from_timestamp_micros(micros).unwrap_or_default();
            Ok(Run {
                source: row.get(0)?,
                started_at: time(row.get(1)?),
                finished_at: time(row.get(2)?),
                rows: row.get::<_, i64>(3)?.unsigned_abs(),
                error: row.get(4)?,
            })
        })
    }

    pub(super) fn rows<T>(
        &self,
        sql: &str,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.check(self.connection.prepare(sql))?;
        let rows = self.check(statement.query_map([], read))?;
        self.check(rows.collect())
    }

    pub(super) fn check<T>(&self, result: rusqlite::Result<T>) -> Result<T> {
        result.map_err(|source| sqlite(&self.path, source))
    }
}

fn sqlite(path: &Path, source: rusqlite::Error) -> StoreError {
    StoreError::Sqlite { path: path.into(), source }
}
