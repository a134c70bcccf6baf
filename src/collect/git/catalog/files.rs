//! Files along the main line: at which moments they changed, and what they hold.
//!
//! One rule: a tree that is the same as at the commit before is not read again.

use super::super::history::{self, tree_of};
use gix::ObjectId;
use gix::objs::Kind;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// A file has another content from a moment on, or is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Seconds since 1970.
    pub at: i64,
    pub path: String,
    pub blob: Option<ObjectId>,
}

/// Larger files are none that people write.
const BYTES: usize = 4 << 20;

/// How these files changed along the main line, by moment and path.
pub fn changes(
    repo: &gix::Repository,
    line: &[(i64, ObjectId)],
    paths: &BTreeSet<String>,
) -> history::Result<Vec<Change>> {
    let mut changes = Vec::new();
    if paths.is_empty() {
        return Ok(changes);
    }
    let mut trees = Trees { repo, wanted: Folder::of(paths), last: BTreeMap::new() };
    let mut known: Rc<BTreeMap<String, ObjectId>> = Rc::default();
    for (at, commit) in line {
        let now = trees.find(tree_of(repo, *commit)?)?;
        if Rc::ptr_eq(&now, &known) {
            continue;
        }
        for path in known.keys().filter(|path| !now.contains_key(*path)) {
            changes.push(Change { at: *at, path: path.clone(), blob: None });
        }
        for (path, blob) in now.iter().filter(|(path, blob)| known.get(*path) != Some(*blob)) {
            changes.push(Change { at: *at, path: path.clone(), blob: Some(*blob) });
        }
        known = now;
    }
    Ok(changes)
}

/// The text of a file; `None` where it is too large or no text.
pub fn text(repo: &gix::Repository, blob: ObjectId) -> history::Result<Option<String>> {
    let mut content = Vec::new();
    history::read(repo, blob, Kind::Blob, &mut content)?;
    Ok(if content.len() > BYTES { None } else { String::from_utf8(content).ok() })
}

/// Folders that lead to wanted files.
#[derive(Default)]
struct Folder {
    files: BTreeSet<String>,
    folders: BTreeMap<String, Folder>,
}

impl Folder {
    fn of(paths: &BTreeSet<String>) -> Folder {
        let mut root = Folder::default();
        for path in paths {
            let mut parts: Vec<&str> = path.split('/').collect();
            let file = parts.pop().unwrap_or_default();
            let mut folder = &mut root;
            for part in parts {
                folder = folder.folders.entry(part.to_owned()).or_default();
            }
            folder.files.insert(file.to_owned());
        }
        root
    }
}

type Found = Rc<BTreeMap<String, ObjectId>>;

struct Trees<'r> {
    repo: &'r gix::Repository,
    wanted: Folder,
    /// What the newest tree of each folder held.
    last: BTreeMap<String, (ObjectId, Found)>,
}

impl Trees<'_> {
    fn find(&mut self, root: ObjectId) -> history::Result<Found> {
        find(self.repo, &self.wanted, root, "", &mut self.last)
    }
}

fn find(
    repo: &gix::Repository,
    wanted: &Folder,
    tree: ObjectId,
    path: &str,
    last: &mut BTreeMap<String, (ObjectId, Found)>,
) -> history::Result<Found> {
    if let Some((known, found)) = last.get(path)
        && *known == tree
    {
        return Ok(found.clone());
    }
    let mut content = Vec::new();
    history::read(repo, tree, Kind::Tree, &mut content)?;
    let mut found = BTreeMap::new();
    for entry in gix::objs::TreeRefIter::from_bytes(&content, tree.kind()) {
        let entry = entry.map_err(|error| history::Error::object(tree, error))?;
        let Ok(name) = std::str::from_utf8(entry.filename) else { continue };
        let below = format!("{path}{name}");
        if entry.mode.is_blob() && wanted.files.contains(name) {
            found.insert(below, entry.oid.to_owned());
        } else if let Some(folder) = wanted.folders.get(name).filter(|_| entry.mode.is_tree()) {
            let inner = find(repo, folder, entry.oid.to_owned(), &format!("{below}/"), last)?;
            found.extend(inner.iter().map(|(path, blob)| (path.clone(), *blob)));
        }
    }
    let found = Rc::new(found);
    // The same content again is the same value, so that nobody compares it.
    let found = match last.get(path) {
        Some((_, before)) if *before == found => before.clone(),
        _ => found,
    };
    last.insert(path.to_owned(), (tree, found.clone()));
    Ok(found)
}
