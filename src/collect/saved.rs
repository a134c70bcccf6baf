//! Answers of an API that were saved before, in a folder or one file.
//!
//! One rule: every file is read in every run, since what it says is the same as before, or newer. A bad file is said and does
//! not stop the others.

use super::observation::Observation;
use super::session::Session;
use super::{CollectError, Collecting, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Whose answers they are.
pub(super) struct Vendor {
    /// The pipeline's type.
    pub kind: &'static str,
    /// The name in messages.
    pub product: &'static str,
    /// Where the accounts are.
    pub accounts: String,
}

/// Saved answers have no place to go on from.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Nowhere;

/// Reads all files at `path`; `read` says what one of them holds.
pub(super) async fn collect(
    collecting: &mut Collecting<'_>,
    source: &str,
    vendor: Vendor,
    path: &Path,
    read: impl Fn(&Path) -> Result<Vec<Observation>>,
) -> Result<()> {
    let files = files(path, vendor.product)?;
    collecting.progress.stage(&format!("reading {source}"), Some(files.len() as u64));
    let application = format!("{}-saved:{source}", vendor.kind);
    let mut session = Session::<Nowhere>::begin(collecting, source, application, Some(vendor.accounts)).await?;
    let mut bad = 0;
    for file in &files {
        match read(file) {
            Ok(observations) => session.take(observations),
            Err(error) => {
                session.collecting.progress.warn(&error.to_string());
                bad += 1;
            }
        }
        session.collecting.progress.advance(1);
        session.checkpoint().await?;
    }
    session.store().await?;
    if bad > 0 { Err(CollectError::BadFiles { bad, all: files.len() }) } else { Ok(()) }
}

/// The JSON files at `path`, a folder or one file, sorted. Hidden folders and attachments of issues are left out.
///
/// # Errors
/// [`CollectError::Source`] when a folder cannot be listed or no JSON file is there.
pub(super) fn files(path: &Path, product: &str) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if path.is_file() {
        files.push(path.to_owned());
    } else {
        add_files(path, &mut files)?;
    }
    files.sort();
    if files.is_empty() {
        let words = format!("no .json file is in it; name a folder of saved answers of {product}'s API");
        return Err(problem(path, words));
    }
    Ok(files)
}

fn add_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let at = |error: std::io::Error| problem(folder, error);
    for entry in std::fs::read_dir(folder).map_err(at)? {
        let entry = entry.map_err(at)?;
        let (name, path) = (entry.file_name(), entry.path());
        if entry.file_type().map_err(at)?.is_dir() {
            // What people attached to an issue can be any JSON.
            if name != "attachments" && !name.to_string_lossy().starts_with('.') {
                add_files(&path, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    Ok(())
}

/// The objects of a file that holds one of them, a list, or an answer of an API with the list or the object under a name.
///
/// # Errors
/// [`CollectError::Source`] with the file and the place in it.
pub(super) fn items<T: DeserializeOwned>(file: &Path, list: &str, one: &str) -> Result<Vec<T>> {
    let text = std::fs::read(file).map_err(|error| problem(file, error))?;
    let json: Value = serde_json::from_slice(&text).map_err(|error| problem(file, error))?;
    let (json, name) = match json {
        Value::Object(mut fields) if fields.contains_key(list) => (fields.remove(list).unwrap_or_default(), list),
        Value::Object(mut fields) if fields.contains_key(one) => (fields.remove(one).unwrap_or_default(), one),
        json => (json, ""),
    };
    let all = if json.is_array() { json } else { Value::Array(vec![json]) };
    serde_path_to_error::deserialize(all).map_err(|error| {
        let (place, reason) = (error.path().to_string(), error.inner().to_string());
        problem(file, format!("at {name}{place}: {reason}"))
    })
}

fn problem(path: &Path, message: impl std::fmt::Display) -> CollectError {
    CollectError::Source { path: path.to_owned(), message: message.to_string() }
}
