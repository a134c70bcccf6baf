//! Which files are read, decided before the first row.
//!
//! One rule: everything that follows, down to which rows are written together, follows from the plan and from the content
//! that it names. A plan that was left is carried out only as long as its files hold that content.

use crate::collect::content::Content;
use crate::collect::{CollectError, Collecting, Result};
use crate::model::Table;
use crate::store::StoreError;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Text that is read and written together. More is fewer transactions and more memory.
pub(super) const CHUNK_BYTES: usize = 32 << 20;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Plan {
    /// What was read before and is still there.
    pub known: Vec<Content>,
    /// What is read now, by name.
    pub new: Vec<Content>,
    pub at: DateTime<Utc>,
    /// The table had no row of the source.
    pub is_first: bool,
    pub chunk_bytes: usize,
    /// Hash of what makes rows of the files, where that is more than the table's own columns.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub mapping: String,
}

/// Every file that the glob names, by name.
pub(super) fn find(folder: &Path, glob: &str) -> Result<Vec<Content>> {
    let is_absolute = Path::new(glob).is_absolute();
    let within = if is_absolute { String::new() } else { glob::Pattern::escape(&folder.to_string_lossy()) + "/" };
    let pattern = within + glob;
    let problem = |message: String| CollectError::Source { path: folder.join(glob), message };
    let paths = glob::glob(&pattern).map_err(|error| problem(error.to_string()))?;
    let mut found = Vec::new();
    for path in paths {
        let path = path.map_err(|error| problem(error.to_string()))?;
        if path.is_file() {
            found.push(Content::of(folder, &path)?);
        }
    }
    if found.is_empty() {
        return Err(problem("no file is there".to_owned()));
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// The next plan to carry out, with its version; `None` when everything found was read.
pub(super) async fn next(
    collecting: &Collecting<'_>,
    application: &str,
    (source, tables): (&str, &[&'static Table]),
    (folder, found): (&Path, &[Content]),
    (mapping, reads_names): (&str, bool),
) -> Result<Option<(Plan, i64)>> {
    let newest = collecting.state.plan(application)?;
    let mut is_first = newest.is_none();
    for table in tables {
        is_first = is_first && !collecting.store.has_rows_of(table, source).await?;
    }
    let mut known: Vec<Content> = Vec::new();
    if let Some(newest) = newest {
        let plan: Plan = serde_json::from_str(&newest.text).map_err(|error| unreadable(application, &error))?;
        if !newest.finished && plan.mapping == mapping && can_be_read(&plan, folder, found)? {
            return Ok(Some((plan, newest.version)));
        }
        // What another mapping made of the files is no longer what they say.
        let is_same = plan.mapping == mapping;
        let read = plan.known.into_iter().chain(plan.new.into_iter().filter(|_| newest.finished));
        known.extend(read.filter(|_| is_same));
    }
    // Where rows say which file they are from, a second file of the same content gives other rows. One that has another name
    // now does not: its rows are there.
    let names: BTreeSet<&str> = found.iter().map(|content| content.name.as_str()).collect();
    let stands_for = |it: &Content, name: &str| !reads_names || it.name == name || !names.contains(it.name.as_str());
    let mut hashes: BTreeMap<&str, Vec<&Content>> = BTreeMap::new();
    for content in &known {
        hashes.entry(&content.hash).or_default().push(content);
    }
    let is_known = |content: &Content| {
        hashes.get(content.hash.as_str()).is_some_and(|all| all.iter().any(|it| stands_for(it, &content.name)))
    };
    let (known, new): (Vec<Content>, Vec<Content>) = found.iter().cloned().partition(is_known);
    if new.is_empty() {
        return Ok(None);
    }
    let plan = Plan {
        known,
        new,
        at: collecting.ambient.now(),
        is_first,
        chunk_bytes: CHUNK_BYTES,
        mapping: mapping.to_owned(),
    };
    let version = collecting.state.begin(application, &text(application, &plan)?)?;
    Ok(Some((plan, version)))
}

/// Marks a plan as carried out. Those before it are forgotten: it names what they read.
pub(super) fn settle(collecting: &mut Collecting<'_>, application: &str, plan: &Plan, version: i64) -> Result<()> {
    Ok(collecting.state.settle(application, version, &text(application, plan)?)?)
}

fn text(application: &str, plan: &Plan) -> Result<String> {
    serde_json::to_string(plan).map_err(|error| unreadable(application, &error))
}

/// Whether the files of a plan that was left hold what they held.
fn can_be_read(plan: &Plan, folder: &Path, found: &[Content]) -> Result<bool> {
    for content in &plan.new {
        let is_there = |it: &&Content| it.name == content.name;
        match found.iter().find(is_there) {
            Some(now) if now.hash == content.hash => {}
            Some(now) if now.bytes > content.bytes && content.is_kept_by(&folder.join(&content.name))? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

fn unreadable(application: &str, error: &serde_json::Error) -> CollectError {
    CollectError::Store(StoreError::Plan { application: application.to_owned(), reason: error.to_string() })
}
