//! What files hold, so that the same is not read twice.
//!
//! One rule: what is planned is a content, known by its hash, and not a moment of looking.

use super::{CollectError, Collecting, Result};
use crate::store::StoreError;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::SystemTime;

/// A file as it was at one moment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Content {
    /// Path from the folder it was looked for in.
    pub name: String,
    pub bytes: u64,
    /// Of its bytes, as hexadecimal.
    pub hash: String,
    /// When it last changed; not known of what was planned by another process.
    #[serde(skip)]
    modified: Option<SystemTime>,
}

impl Content {
    /// Reads the file.
    ///
    /// # Errors
    /// [`CollectError::Source`].
    pub fn of(folder: &Path, path: &Path) -> Result<Content> {
        let name = path.strip_prefix(folder).unwrap_or(path).to_string_lossy().into_owned();
        let modified = modified(path);
        let (bytes, hash) = digest(path, u64::MAX)?;
        Ok(Content { name, bytes, hash, modified })
    }

    /// Whether the file still begins with what it held then. It may have grown since.
    ///
    /// # Errors
    /// [`CollectError::Source`].
    pub fn is_kept_by(&self, path: &Path) -> Result<bool> {
        if self.modified.is_some() && self.modified == modified(path) {
            return Ok(true);
        }
        let (bytes, hash) = digest(path, self.bytes)?;
        Ok(bytes == self.bytes && hash == self.hash)
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Plan {
    /// Hash of everything that the rows follow from.
    content: String,
    pub at: DateTime<Utc>,
}

/// The plan to carry out for this content, without a version when it was carried out before.
pub(super) fn plan(collecting: &Collecting<'_>, application: &str, content: String) -> Result<(Plan, Option<i64>)> {
    let unreadable =
        |error: serde_json::Error| StoreError::Plan { application: application.to_owned(), reason: error.to_string() };
    if let Some(newest) = collecting.state.plan(application)? {
        let plan: Plan = serde_json::from_str(&newest.text).map_err(unreadable)?;
        if plan.content == content {
            return Ok((plan, (!newest.finished).then_some(newest.version)));
        }
    }
    let plan = Plan { content, at: collecting.ambient.now() };
    let text = serde_json::to_string(&plan).map_err(unreadable)?;
    let version = collecting.state.begin(application, &text)?;
    Ok((plan, Some(version)))
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|it| it.modified()).ok()
}

/// Length and hash of the first bytes, at most so many.
fn digest(path: &Path, most: u64) -> Result<(u64, String)> {
    let read = || -> std::io::Result<(u64, String)> {
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(File::open(path)?.take(most))?;
        Ok((hasher.count(), hasher.finalize().to_hex().to_string()))
    };
    read().map_err(|error| CollectError::Source { path: path.to_owned(), message: error.to_string() })
}
