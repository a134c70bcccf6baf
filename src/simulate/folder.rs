//! A simulated history as a folder of Parquet files, written team by team in bounded memory.
//!
//! Danger: the target is replaced if it is a simulation already. Anything else is refused.

mod part;
mod swap;

use super::organisation::Organisation;
use super::rows::{Book, Window};
use super::{Config, Error, Result};
use chrono::{DateTime, SecondsFormat, Utc};
use part::Parts;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use swap::Draft;

/// The file that marks a folder as simulated and holds its whole configuration.
const MANIFEST: &str = "simulation.toml";
/// Rows kept back before they are handed to Parquet, so that small teams do not make small batches.
const BATCH_ROWS: usize = 16_384;

/// How far the writing has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub teams_done: usize,
    pub teams: usize,
    /// Rows handed over so far, of all tables.
    pub rows: u64,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Rows by table, tables without rows among them.
    pub rows: BTreeMap<&'static str, u64>,
    pub files: u64,
    pub bytes: u64,
}

#[derive(Serialize)]
struct Manifest<'a> {
    /// The layout of the folder and the numbering of the random streams.
    format: u32,
    until: String,
    config: &'a Config,
}

/// Whether the folder holds a simulation rather than measurements.
pub fn is_simulation(folder: &Path) -> bool {
    folder.join(MANIFEST).is_file()
}

/// Writes what is known at `until` as `folder/<table>/<part>.parquet` and `folder/simulation.toml`.
///
/// The rows are those of [`super::simulate`]. A table without rows has one part without rows. The folder appears complete
/// or not at all; an existing simulation is replaced, anything else is refused with [`Error::Occupied`].
pub fn write(
    config: &Config,
    until: DateTime<Utc>,
    folder: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Summary> {
    config.check()?;
    let draft = Draft::begin(folder)?;
    let organisation = Organisation::new(config);
    let window = Window { begins: organisation.begins(), until: until.timestamp() };
    let mut book = Book::new()?;
    let mut parts = Parts::begin(&draft.path, &mut book)?;
    book.add_organisation(&organisation, window)?;
    for (done, position) in organisation.by_name.iter().enumerate() {
        book.add_team(&organisation, *position, window)?;
        parts.append(&mut book, BATCH_ROWS)?;
        progress(Progress { teams_done: done + 1, teams: organisation.teams.len(), rows: parts.rows() });
    }
    parts.append(&mut book, 0)?;
    let summary = parts.finish()?;
    write_manifest(&draft.path, config, until)?;
    draft.publish(folder)?;
    Ok(summary)
}

fn write_manifest(folder: &Path, config: &Config, until: DateTime<Utc>) -> Result<()> {
    let manifest = Manifest { format: 1, until: until.to_rfc3339_opts(SecondsFormat::Secs, true), config };
    let text = format!(
        "# Simulated, not measured. The true effect of the rollout, if there is one, is under [config.rollout.effect].\n\n{}",
        toml::to_string(&manifest)?
    );
    let path = folder.join(MANIFEST);
    fs::write(&path, text).and_then(|()| fs::File::open(&path)?.sync_all()).map_err(|source| Error::Io { path, source })
}
