//! What every answer follows from, as a few numbers that are cheap to read.
//!
//! One rule: whoever keeps an answer keeps the stamp of before with it, and the answer holds while the stamp is the same.

use super::{Engine, Result};

/// The state of a data folder.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// The newest version of each table.
    pub tables: Vec<(&'static str, u64)>,
    /// Of the identities: who is who.
    pub people: i64,
    /// Of kept facts; `None` where none are kept.
    pub refreshes: Option<u64>,
    /// Runs of collectors, which may have brought nothing.
    pub runs: i64,
}

impl Engine {
    /// The state of the data folder as it is now.
    ///
    /// # Errors
    /// [`super::QueryError::Store`].
    pub fn stamp(&self) -> Result<Stamp> {
        let state = self.store.state()?;
        let (tables, people) = (self.store.versions()?, state.identities_version()?);
        Ok(Stamp { tables, people, refreshes: self.store.refreshes(), runs: state.runs_count()? })
    }
}
