//! Facts of metrics as Parquet files in the data folder: one folder a scope and metric, one file a month, one manifest.
//!
//! One rule: a file is named by its content and never changed; the manifest says which files are the facts, and takes the
//! place of the one before it in one step. So a reader sees the old facts or the new ones, and a refresh that dies leaves the
//! old.

use super::durable::write_file;
use super::{Lock, Result, Store, StoreError};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const FOLDER: &str = "facts";
const MANIFEST: &str = "facts.json";
/// Counts refreshes, so that readers notice one.
const REFRESHES: &str = "refreshes";
/// Says in words of whom the facts of a scope are.
const SCOPE: &str = "scope.json";

/// What the facts of a metric are, and what they were made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Of the metric.
    pub definition: String,
    /// Hash of the plan that made them, views included.
    pub plan: String,
    /// By that plan each fact follows from one row of the metric's entity and that one's parts.
    pub is_local: bool,
    /// By that plan a changed row of these tables changes only facts of its own moments and weeks.
    pub timed: BTreeSet<String>,
    /// The version of each table that they follow from; none of one that was never written.
    pub tables: BTreeMap<String, Option<u64>>,
    /// Hash of who is who, where that matters.
    pub people: Option<String>,
    /// Hash of the project's files that functions read, where that matters.
    pub content: Option<String>,
    pub parts: Vec<Part>,
    /// Files of the facts before these, which a reader may still have open.
    pub former: BTreeSet<String>,
}

/// The facts of one month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Such as `2026-03`, of the facts' `at`; `unknown` without one.
    pub month: String,
    pub file: String,
    pub rows: u64,
    pub bytes: u64,
    /// Earliest and latest `at`, microseconds since 1970; none without one.
    pub span: Option<(i64, i64)>,
}

/// Where the facts of one scope are.
#[derive(Clone, Debug)]
pub struct FactsFolder {
    path: PathBuf,
}

impl Store {
    /// The facts of a scope that is known by a name of ours.
    pub fn facts(&self, scope: &str) -> FactsFolder {
        FactsFolder { path: self.root.join(FOLDER).join(scope) }
    }

    /// How often facts were refreshed; `None` where none are kept.
    pub fn refreshes(&self) -> Option<u64> {
        std::fs::read_to_string(self.root.join(FOLDER).join(REFRESHES)).ok()?.parse().ok()
    }

    /// Lets readers notice that facts were refreshed. The caller holds [`Store::lock_facts`].
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn count_refresh(&self) -> Result<()> {
        let path = self.root.join(FOLDER).join(REFRESHES);
        let count = self.refreshes().unwrap_or_default() + 1;
        write_file(&path, count.to_string().as_bytes()).map_err(|source| io(&path, source))
    }

    /// Whether any facts are kept here.
    pub fn keeps_facts(&self) -> bool {
        self.root.join(FOLDER).is_dir()
    }

    /// The scopes whose facts are kept: their name, and what was said of them.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn kept_scopes(&self) -> Result<BTreeMap<String, String>> {
        let mut found = BTreeMap::new();
        for name in folders(&self.root.join(FOLDER)) {
            let said = self.root.join(FOLDER).join(&name).join(SCOPE);
            if said.is_file() {
                found.insert(name, std::fs::read_to_string(&said).map_err(|source| io(&said, source))?);
            }
        }
        Ok(found)
    }

    /// The right to refresh facts, one process at a time. It is another lock than the folder's: collecting goes on meanwhile.
    ///
    /// # Errors
    /// [`StoreError::InUse`].
    pub fn lock_facts(&self) -> Result<Lock> {
        let folder = self.root.join(FOLDER);
        super::durable::create_folder(&folder).map_err(|source| io(&folder, source))?;
        Lock::take(&folder)
    }

    /// Removes all facts: they are made again when asked for.
    ///
    /// # Errors
    /// [`StoreError::InUse`] while they are refreshed, after which there would be some again; [`StoreError::Io`].
    pub fn forget_facts(&self) -> Result<()> {
        let _lock = if self.keeps_facts() { Some(self.lock_facts()?) } else { None };
        remove(&self.root.join(FOLDER))
    }
}

impl FactsFolder {
    /// The manifest of a metric's facts. One that cannot be read, such as another version's, is none; so is one whose files are
    /// not all there, as in a folder that was copied while facts were written.
    pub fn manifest(&self, metric: &str) -> Option<Manifest> {
        let text = std::fs::read(self.path.join(metric).join(MANIFEST)).ok()?;
        let manifest: Manifest = serde_json::from_slice(&text).ok()?;
        manifest.parts.iter().all(|part| has_bytes(&self.path_of(metric, part), part.bytes)).then_some(manifest)
    }

    /// Where a part lies.
    pub fn path_of(&self, metric: &str, part: &Part) -> PathBuf {
        self.path.join(metric).join(&part.file)
    }

    /// Says of whom these facts are.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn describe(&self, scope: &str) -> Result<()> {
        let path = self.path.join(SCOPE);
        if std::fs::read_to_string(&path).is_ok_and(|said| said == scope) {
            return Ok(());
        }
        write_file(&path, scope.as_bytes()).map_err(|source| io(&path, source))
    }

    /// Writes the facts of a month. Content that is there already is left alone.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn put(&self, metric: &str, month: &str, rows: u64, bytes: &[u8]) -> Result<Part> {
        let digest = blake3::hash(bytes).to_hex();
        let file = format!("{month}-{}.parquet", &digest[..16]);
        let path = self.path.join(metric).join(&file);
        if !has_bytes(&path, bytes.len() as u64) {
            write_file(&path, bytes).map_err(|source| io(&path, source))?;
        }
        Ok(Part { month: month.to_owned(), file, rows, bytes: bytes.len() as u64, span: None })
    }

    /// Makes these the facts, and removes files that neither they nor the ones before consist of.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn publish(&self, metric: &str, mut manifest: Manifest) -> Result<()> {
        let folder = self.path.join(metric);
        let now: BTreeSet<&str> = manifest.parts.iter().map(|part| part.file.as_str()).collect();
        let before = self.manifest(metric).map(|before| before.parts).unwrap_or_default();
        let former = before.into_iter().map(|part| part.file).filter(|file| !now.contains(file.as_str()));
        manifest.former = former.collect();
        let path = folder.join(MANIFEST);
        let text = serde_json::to_vec_pretty(&manifest).map_err(|error| io(&path, error.into()))?;
        write_file(&path, &text).map_err(|source| io(&path, source))?;
        let needed = |name: &str| {
            name == MANIFEST || manifest.former.contains(name) || manifest.parts.iter().any(|part| part.file == name)
        };
        for entry in std::fs::read_dir(&folder).map_err(|source| io(&folder, source))?.flatten() {
            if entry.file_name().to_str().is_some_and(|name| !needed(name)) {
                // A file that stays is only space.
                drop(std::fs::remove_file(entry.path()));
            }
        }
        Ok(())
    }

    /// Removes the facts of metrics that are not among these.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn retain(&self, metrics: &BTreeSet<&str>) -> Result<()> {
        for name in folders(&self.path) {
            if !metrics.contains(name.as_str()) {
                remove(&self.path.join(name))?;
            }
        }
        Ok(())
    }

    /// Removes all facts of this scope.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn forget(&self) -> Result<()> {
        remove(&self.path)
    }
}

/// Whether there is a file of this length.
fn has_bytes(path: &Path, bytes: u64) -> bool {
    path.metadata().is_ok_and(|found| found.is_file() && found.len() == bytes)
}

fn folders(path: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort_unstable();
    names
}

fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(io(path, source)),
        _ => Ok(()),
    }
}

fn io(path: &Path, source: std::io::Error) -> StoreError {
    StoreError::Io { path: path.into(), source }
}
