//! What is looked at before anything is written: are the tables' logs whole, and is what is there on disk.
//!
//! One rule: a log that cannot be what its writer left is refused by name and never mended. Delta itself takes an empty last
//! commit for a version without changes, and says of a half-written one only that its JSON is bad.

use super::durable::{is_staged, sync_folder};
use super::{Result, Store, StoreError};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

const LOG: &str = "_delta_log";
/// How a Parquet file begins and ends.
const PARQUET_MAGIC: &[u8; 4] = b"PAR1";

/// A log that is not what its writer left.
#[derive(Debug, thiserror::Error)]
#[error("table {table}: version {version} is {problem} in {path}; {remedy}")]
pub struct BrokenLog {
    pub table: String,
    pub version: u64,
    /// The file that is damaged, or missing.
    pub path: PathBuf,
    pub problem: &'static str,
    /// What an operator can do.
    pub remedy: &'static str,
}

/// The files of a log that Delta reads, by version.
#[derive(Default)]
struct Log {
    commits: BTreeMap<u64, PathBuf>,
    checkpoints: BTreeMap<u64, PathBuf>,
}

impl Store {
    /// Checks the log of each table from its newest checkpoint on: no version is missing, and each commit is one or more
    /// whole lines of JSON. Reads no data.
    ///
    /// # Errors
    /// [`StoreError::BrokenLog`] names the first commit that is not what was written.
    pub fn check(&self) -> Result<()> {
        self.logged_tables()?.iter().try_for_each(|table| check_log(table))
    }

    /// Checks the logs, removes files that a dead process was still writing, and puts on disk whatever names it left in
    /// memory: what this process finds there it takes for stored. The caller holds the lock.
    pub(super) fn make_ready(&self) -> Result<()> {
        self.check()?;
        let tables = self.logged_tables()?;
        for folder in tables.iter().flat_map(|table| [table.clone(), table.join(LOG)]) {
            remove_staged(&folder)?;
            put_on_disk(&folder)?;
        }
        let tables = self.root.join("tables");
        let above = [Some(tables.as_path()).filter(|it| it.is_dir()), Some(&self.root), self.root.parent()];
        above.into_iter().flatten().try_for_each(put_on_disk)
    }

    /// The folders of the tables that have a log, by name.
    fn logged_tables(&self) -> Result<Vec<PathBuf>> {
        let tables = self.root.join("tables");
        if !tables.is_dir() {
            return Ok(Vec::new());
        }
        let mut folders: Vec<PathBuf> = entries(&tables)?.into_iter().map(|(_, path)| path).collect();
        folders.retain(|folder| folder.join(LOG).is_dir());
        folders.sort();
        Ok(folders)
    }
}

fn check_log(table: &Path) -> Result<()> {
    let log = Log::list(&table.join(LOG))?;
    let newest = log.commits.keys().next_back().copied();
    let broken = |version, path: &Path, problem| {
        let is_last = newest.is_none_or(|newest| version >= newest);
        StoreError::BrokenLog(Box::new(BrokenLog {
            table: table.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            version,
            path: path.into(),
            problem,
            remedy: if is_last { NEVER_FINISHED } else { LOST },
        }))
    };
    let checkpoint = log.checkpoints.last_key_value();
    if let Some((version, path)) = checkpoint
        && !is_whole_parquet(path).map_err(|source| io(path, source))?
    {
        return Err(broken(*version, path, "cut short"));
    }
    let first = checkpoint.map_or(0, |(version, _)| version + 1);
    for (expected, (version, path)) in (first..).zip(log.commits.range(first..)) {
        if *version != expected {
            let missing = path.with_file_name(format!("{expected:020}.json"));
            return Err(broken(expected, &missing, "missing"));
        }
        let text = std::fs::read(path).map_err(|source| io(path, source))?;
        if let Some(problem) = problem_of(&text) {
            return Err(broken(*version, path, problem));
        }
    }
    Ok(())
}

/// What an operator can do about the newest version of a table. It is left to them, since nothing here tells a write that
/// was never acknowledged from one that a broken disk lost.
const NEVER_FINISHED: &str = "the machine lost power while it was written: if the run that wrote it never ended, move the \
                              file away and collect again, otherwise restore the data folder from a backup";
const LOST: &str = "later versions build on it: restore the data folder from a backup or collect into a new one";

fn problem_of(commit: &[u8]) -> Option<&'static str> {
    let is_blank = |line: &[u8]| line.iter().all(u8::is_ascii_whitespace);
    let is_whole = |line: &[u8]| serde_json::from_slice::<BTreeMap<String, serde::de::IgnoredAny>>(line).is_ok();
    if is_blank(commit) {
        return Some("empty");
    }
    let mut lines = commit.split(|byte| *byte == b'\n').filter(|line| !is_blank(line));
    (!lines.all(is_whole)).then_some("cut short or overwritten")
}

fn is_whole_parquet(path: &Path) -> std::io::Result<bool> {
    let mut file = File::open(path)?;
    let (mut head, mut tail) = ([0; 4], [0; 4]);
    if file.metadata()?.len() < 12 {
        return Ok(false);
    }
    file.read_exact(&mut head)?;
    file.seek(SeekFrom::End(-4))?;
    file.read_exact(&mut tail)?;
    Ok(&head == PARQUET_MAGIC && &tail == PARQUET_MAGIC)
}

impl Log {
    fn list(folder: &Path) -> Result<Log> {
        let mut log = Log::default();
        for (name, path) in entries(folder)? {
            let Some((version, rest)) = name.split_once('.') else { continue };
            let Some(version) = Some(version).filter(|it| it.len() == 20).and_then(|it| it.parse().ok()) else {
                continue;
            };
            match rest {
                "json" => drop(log.commits.insert(version, path)),
                "checkpoint.parquet" => drop(log.checkpoints.insert(version, path)),
                _ => {}
            }
        }
        Ok(log)
    }
}

fn remove_staged(folder: &Path) -> Result<()> {
    for (_, path) in entries(folder)?.into_iter().filter(|(name, _)| is_staged(name)) {
        std::fs::remove_file(&path).map_err(|source| io(&path, source))?;
    }
    Ok(())
}

fn put_on_disk(folder: &Path) -> Result<()> {
    sync_folder(folder).map_err(|source| io(folder, source))
}

/// Name and path of everything in a folder, in no order.
fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let list = || -> std::io::Result<Vec<(String, PathBuf)>> {
        let named = |entry: std::fs::DirEntry| (entry.file_name().to_string_lossy().into_owned(), entry.path());
        std::fs::read_dir(folder)?.map(|entry| entry.map(named)).collect()
    };
    list().map_err(|source| io(folder, source))
}

fn io(path: &Path, source: std::io::Error) -> StoreError {
    StoreError::Io { path: path.into(), source }
}
