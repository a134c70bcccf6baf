//! The data folder: Delta tables for facts, SQLite beside them for the small transactional state.
//!
//! One rule: rows and the mark that says they were collected commit together. A collector writes its plan ahead into
//! SQLite ([`State::plan`]), then each table takes its rows and the plan's version in one Delta transaction
//! ([`Store::commit`]); a table that already reached that version is left alone. Whatever moment a process dies, running
//! the same plan again ends in the same tables.

mod check;
mod compact;
mod deliveries;
mod delta;
mod durable;
mod erase;
mod facts;
mod history;
mod identity;
pub mod landing;
mod limits;
mod lock;
mod partial;
mod prune;
mod quarantine;
mod snapshot;
mod state;

use std::path::{Path, PathBuf};

pub use check::BrokenLog;
pub use compact::{Compacted, Compaction};
pub use deliveries::{Delivery, Received};
pub use delta::{Change, Mark, OVERWRITES, Outcome};
pub use facts::{FactsFolder, Manifest, Part};
pub use history::Versions;
pub use identity::{
    Account, AuditLine, By, Candidate, Decisions, Erased, ErasedWords, Identity, IdentityKey, Reason, Verdict,
    candidates,
};
pub use limits::Budget;
pub use lock::Lock;
pub use partial::Partial;
pub use quarantine::Refused;
pub use snapshot::Snapshot;
pub use state::{Origin, Plan, Run, State};

/// What can go wrong in the data folder.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("data folder {path} is in use by another process{holder}; stop it or name another folder with --data")]
    InUse { path: PathBuf, holder: String },
    #[error("{path} is not a Paceline data folder but holds other files; name an empty or new folder with --data")]
    NotAFolderOfOurs { path: PathBuf },
    #[error("no data in {path}; run `paceline collect PATH_OR_URL` or `paceline demo` first")]
    Empty { path: PathBuf },
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error(
        "{path} was written by another version of Paceline (form {found}, this one reads form {expected}); \
         collect into a new folder with --data"
    )]
    Version { path: PathBuf, found: i64, expected: i64 },
    #[error("{path}: {source}")]
    Sqlite { path: PathBuf, source: rusqlite::Error },
    #[error("table {table}: {source}")]
    Delta { table: &'static str, source: Box<deltalake::DeltaTableError> },
    #[error("table {table}: {source}")]
    Arrow { table: &'static str, source: arrow::error::ArrowError },
    #[error("table {table}: {source}")]
    DataFusion { table: &'static str, source: Box<datafusion::error::DataFusionError> },
    #[error(transparent)]
    BrokenLog(Box<BrokenLog>),
    #[error("the plan of {application} cannot be read: {reason}; the data folder was written by another version")]
    Plan { application: String, reason: String },
    #[error("{0}")]
    Decision(String),
    #[error("{0}")]
    Past(String),
}

/// The result of a store operation.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// A data folder that may be read, and written while its [`Lock`] is held.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
    /// How long versions of tables can be asked for, days.
    keep_days: u32,
}

/// How long versions of tables can be asked for unless something else is said, days. Delta's log tells of no more.
pub const KEEP_DAYS: u32 = 30;

impl Store {
    /// Opens the folder, which need not exist yet.
    ///
    /// # Errors
    /// [`StoreError::NotAFolderOfOurs`] when it holds something else.
    pub fn open(root: &Path) -> Result<Store> {
        let root = std::path::absolute(root).map_err(|source| StoreError::Io { path: root.into(), source })?;
        let store = Store { root, keep_days: KEEP_DAYS };
        if !store.exists() && holds_files(&store.root) {
            return Err(StoreError::NotAFolderOfOurs { path: store.root });
        }
        Ok(store)
    }

    /// Opens a folder that something was collected into.
    ///
    /// # Errors
    /// [`StoreError::Empty`] when nothing was.
    pub fn open_existing(root: &Path) -> Result<Store> {
        let store = Store::open(root)?;
        if store.exists() { Ok(store) } else { Err(StoreError::Empty { path: store.root }) }
    }

    /// The same folder, in which compaction keeps what older versions need for so many days, at most [`KEEP_DAYS`].
    #[must_use]
    pub fn keeping(self, days: u32) -> Store {
        Store { keep_days: days.min(KEEP_DAYS), ..self }
    }

    /// When tables are compacted here.
    pub fn compaction(&self) -> Compaction {
        Compaction { retention: chrono::Duration::days(i64::from(self.keep_days)), ..Compaction::default() }
    }

    /// Whether anything was ever stored here.
    pub fn exists(&self) -> bool {
        self.root.join(state::FILE).is_file()
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Claims the folder for writing until the lock is dropped. The folder is created when missing. What a process that
    /// died here left behind is put in order.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process holds it, [`StoreError::BrokenLog`] when a table's log is damaged.
    pub fn lock(&self) -> Result<Lock> {
        self.create()?;
        let lock = Lock::take(&self.root)?;
        self.make_ready()?;
        Ok(lock)
    }

    fn create(&self) -> Result<()> {
        durable::create_folder(&self.root).map_err(|source| StoreError::Io { path: self.root.clone(), source })
    }

    /// Opens the transactional state, creating it and the folder when missing.
    ///
    /// # Errors
    /// [`StoreError::Io`], [`StoreError::Sqlite`].
    pub fn state(&self) -> Result<State> {
        self.create()?;
        State::open(&self.root)
    }

    /// The folder that clones of remote repositories are kept in.
    pub fn clones(&self) -> PathBuf {
        self.root.join("clones")
    }

    /// The folder for what a program printed and no table has taken yet.
    pub fn spool(&self) -> PathBuf {
        self.root.join("spool")
    }

    fn table_folder(&self, table: &str) -> PathBuf {
        self.root.join("tables").join(table)
    }
}

fn holds_files(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| entry.file_name() != lock::FILE)
}
