//! A folder that is written beside its place and then moved there.

use super::is_simulation;
use crate::simulate::{Error, Result};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// A folder under construction, removed again unless it is published.
pub struct Draft {
    pub path: PathBuf,
}

impl Draft {
    /// Refuses an occupied target before any work is done, then makes an empty folder beside it.
    pub fn begin(target: &Path) -> Result<Draft> {
        refuse_strangers(target)?;
        let path = beside(target, "writing")?;
        attempt(&path, clear(&path).and_then(|()| fs::create_dir_all(&path)))?;
        Ok(Draft { path })
    }

    /// Moves the draft to its place. An earlier simulation is moved away first and removed last, so that at every moment
    /// at least one of the two is whole.
    pub fn publish(self, target: &Path) -> Result<()> {
        refuse_strangers(target)?;
        attempt(&self.path, sync_tree(&self.path))?;
        let earlier = beside(target, "earlier")?;
        attempt(&earlier, clear(&earlier))?;
        if is_simulation(target) {
            attempt(target, fs::rename(target, &earlier))?;
        }
        attempt(target, fs::rename(&self.path, target))?;
        if let Some(parent) = target.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            attempt(parent, File::open(parent).and_then(|folder| folder.sync_all()))?;
        }
        attempt(&earlier, clear(&earlier))
    }
}

impl Drop for Draft {
    /// After publishing there is nothing here any more. A failure leaves a hidden folder that the next run clears.
    fn drop(&mut self) {
        let _ = clear(&self.path);
    }
}

/// An empty folder is as good as none.
fn refuse_strangers(target: &Path) -> Result<()> {
    let is_empty = || fs::read_dir(target).is_ok_and(|mut entries| entries.next().is_none());
    let is_there = target.symlink_metadata().is_ok();
    if is_there && !is_simulation(target) && !is_empty() {
        return Err(Error::Occupied { path: target.to_path_buf() });
    }
    Ok(())
}

fn beside(target: &Path, purpose: &str) -> Result<PathBuf> {
    let name = target.file_name().ok_or_else(|| Error::Unnamed { path: target.to_path_buf() })?;
    Ok(target.with_file_name(format!(".{}.{purpose}", name.to_string_lossy())))
}

fn clear(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Files are synced as they are closed; this makes their names durable.
fn sync_tree(path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            File::open(entry.path())?.sync_all()?;
        }
    }
    File::open(path)?.sync_all()
}

fn attempt<T>(path: &Path, outcome: io::Result<T>) -> Result<T> {
    outcome.map_err(|source| Error::Io { path: path.to_path_buf(), source })
}
