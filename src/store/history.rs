//! Tables as they were: which versions there are, when each was committed, and a table at one of them.
//!
//! One rule: a version is whole or refused. What compaction or an erasure removed is not guessed at; the error says which
//! version is the oldest that can still be read.

use super::delta::at;
use super::{Result, Snapshot, Store, StoreError};
use crate::model::{self, Table};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// The version of each table, by name. A table that is not among them had no rows.
pub type Versions = BTreeMap<&'static str, u64>;

impl Store {
    /// The newest versions that were committed by a moment, by the clock that wrote them.
    ///
    /// # Errors
    /// [`StoreError::Past`] for a moment before the first version, or before the oldest whose commit is still told of.
    pub fn versions_at(&self, moment: DateTime<Utc>) -> Result<Versions> {
        let mut found = Versions::new();
        let mut oldest: Option<DateTime<Utc>> = None;
        for table in model::TABLES {
            let log = self.table_folder(table.name).join("_delta_log");
            let versions = versions_in(&log);
            let Some(first) = versions.first().copied() else { continue };
            // Commits are in the order of time but for a clock that was set back; then the later version counts.
            let time = |version: u64| committed_at(&log, version).map_err(|source| io(&log, source));
            let mut later = versions.len();
            while later > 0 && time(versions[later - 1])? > moment {
                later -= 1;
            }
            match later.checked_sub(1) {
                Some(last) => drop(found.insert(table.name, versions[last])),
                None if first > 0 => return Err(forgotten(table, first, time(first)?)),
                None => {}
            }
            let begun = time(first)?;
            oldest = Some(oldest.map_or(begun, |oldest| oldest.min(begun)));
        }
        match oldest {
            Some(oldest) if found.is_empty() => Err(StoreError::Past(format!(
                "nothing was stored by {}; the oldest version is of {}",
                written(moment),
                written(oldest)
            ))),
            _ => Ok(found),
        }
    }

    /// A table at a version.
    ///
    /// # Errors
    /// [`StoreError::Past`] when there is no such version, or not any more.
    pub async fn snapshot_at(&self, table: &'static Table, version: u64) -> Result<Snapshot> {
        if let Some(snapshot) = self.whole_at(table, version).await? {
            return Ok(snapshot);
        }
        let versions = versions_in(&self.table_folder(table.name).join("_delta_log"));
        let Some(newest) = versions.last().copied() else {
            return Err(StoreError::Past(format!("table {} was never written and has no version", table.name)));
        };
        if version > newest {
            return Err(StoreError::Past(format!(
                "table {} has no version {version}; the newest is {newest}",
                table.name
            )));
        }
        // Files go in the order in which versions stopped needing them, so the readable versions are the newest ones.
        let (mut low, mut high) = (version, newest);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.whole_at(table, middle).await?.is_some() {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Err(StoreError::Past(format!(
            "version {version} of table {} is no longer kept; the oldest is {high}",
            table.name
        )))
    }

    /// The snapshot of a version whose files are all there.
    async fn whole_at(&self, table: &'static Table, version: u64) -> Result<Option<Snapshot>> {
        if !self.table_folder(table.name).join("_delta_log").is_dir() {
            return Ok(None);
        }
        let mut delta = self.unopened(table)?;
        // Delta does not say apart whether a version is gone or was never there.
        if let Err(error) = delta.load_version(version).await {
            tracing::debug!("{}", at(table, error));
            return Ok(None);
        }
        if delta.version() != Some(version) {
            return Ok(None);
        }
        let snapshot = self.snapshot_of(table, &delta)?;
        Ok(snapshot.is_whole().then_some(snapshot))
    }
}

/// The versions whose commits the log still tells, in order.
fn versions_in(log: &Path) -> Vec<u64> {
    let entries = std::fs::read_dir(log).into_iter().flatten().flatten();
    let number = |entry: std::fs::DirEntry| entry.file_name().to_str()?.strip_suffix(".json")?.parse().ok();
    let mut versions: Vec<u64> = entries.filter_map(number).collect();
    versions.sort_unstable();
    versions
}

fn committed_at(log: &Path, version: u64) -> std::io::Result<DateTime<Utc>> {
    let file = std::fs::File::open(log.join(format!("{version:020}.json")))?;
    for line in BufReader::new(file).lines() {
        let line = line?;
        if !line.starts_with("{\"commitInfo\"") {
            continue;
        }
        let said: Value = serde_json::from_str(&line)?;
        let moment = said["commitInfo"]["timestamp"].as_i64().and_then(DateTime::from_timestamp_millis);
        return moment.ok_or_else(|| std::io::Error::other(format!("the commit of version {version} has no time")));
    }
    Err(std::io::Error::other(format!("the log entry of version {version} does not say when it was committed")))
}

fn forgotten(table: &Table, first: u64, moment: DateTime<Utc>) -> StoreError {
    let name = table.name;
    StoreError::Past(format!(
        "the log of table {name} begins with version {first} of {}; name a later moment",
        written(moment)
    ))
}

fn io(path: &Path, source: std::io::Error) -> StoreError {
    StoreError::Io { path: path.into(), source }
}

fn written(moment: DateTime<Utc>) -> String {
    moment.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
