//! What a merge made of its parents' files, for following lines through it.
//!
//! One rule: as `git blame` has it, a file is that of the first parent with the same content, and otherwise each line is that
//! of the first parent that has it.

use std::collections::HashMap;

use gix::ObjectId;
use gix::bstr::{BStr, BString, ByteSlice};

use super::trees::Entry;
use super::{Differ, Hunk, is_generated, path_text, renames};
use crate::collect::git::history::{Commit, Result, tree_of};

/// The files of a merge that differ from its first parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeDiff {
    pub commit: ObjectId,
    /// Without those that are generated.
    pub files: Vec<MergedFile>,
}

/// One file of a merge that differs from its first parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedFile {
    pub path: BString,
    pub merged: Merged,
}

/// Where the content of a file comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// The merge has no such file.
    Gone,
    /// It is the file of that path in the parent at that position.
    Taken(usize),
    /// It differs from every parent: its changes against each of them, in their order.
    Joined(Vec<Side>),
    /// It is binary.
    Binary,
}

/// A file of a merge against one parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// Position of the parent.
    pub parent: usize,
    /// The path there; `None` where it has no such file.
    pub path: Option<BString>,
    pub hunks: Box<[Hunk]>,
}

impl Differ<'_> {
    pub(super) fn merge(&mut self, merge: &Commit) -> Result<MergeDiff> {
        let tree = tree_of(self.repo, merge.id)?;
        let mut parents: Vec<Vec<Entry>> = Vec::with_capacity(merge.parents.len());
        for parent in &merge.parents {
            let mut entries = Vec::new();
            self.trees.diff(Some(tree_of(self.repo, *parent)?), Some(tree), &mut entries)?;
            parents.push(entries);
        }
        let mut files = Vec::new();
        let mut joined: Vec<BString> = Vec::new();
        let changed: Vec<HashMap<&BStr, &Entry>> = parents.iter().map(|entries| by_path(entries)).collect();
        for entry in parents.first().into_iter().flatten() {
            if is_generated(&path_text(&entry.path)) {
                continue;
            }
            let same = changed.iter().position(|of_parent| !of_parent.contains_key(entry.path.as_bstr()));
            let merged = match (&entry.new, same) {
                (None, _) => Merged::Gone,
                (Some(_), Some(parent)) => Merged::Taken(parent),
                (Some(_), None) => {
                    joined.push(entry.path.clone());
                    continue;
                }
            };
            files.push(MergedFile { path: entry.path.clone(), merged });
        }
        drop(changed);
        if !joined.is_empty() {
            self.find_renames(&mut parents, &joined)?;
            let changed: Vec<HashMap<&BStr, &Entry>> = parents.iter().map(|entries| by_path(entries)).collect();
            for path in joined {
                let merged = self.join(&path, &changed)?;
                files.push(MergedFile { path, merged });
            }
        }
        Ok(MergeDiff { commit: merge.id, files })
    }

    /// Looks for renames against the parents that lack one of these paths.
    fn find_renames(&mut self, parents: &mut [Vec<Entry>], paths: &[BString]) -> Result<()> {
        for entries in parents {
            let added = entries.iter().any(|entry| entry.old.is_none() && paths.contains(&entry.path));
            if added {
                renames::pair(entries, &mut self.blobs)?;
            }
        }
        Ok(())
    }

    fn join(&mut self, path: &BString, changed: &[HashMap<&BStr, &Entry>]) -> Result<Merged> {
        let mut sides = Vec::with_capacity(changed.len());
        for (parent, entries) in changed.iter().enumerate() {
            let Some(entry) = entries.get(path.as_bstr()) else { continue };
            let Some(hunks) = self.hunks(entry)? else {
                // A binary parent has no lines to give; a binary merge has none at all.
                if self.blobs.load(entry.new.as_ref(), path.as_bstr(), &mut self.new)? {
                    return Ok(Merged::Binary);
                }
                self.old.clear();
                sides.push(Side { parent, path: None, hunks: self.lines.hunks(&self.old, &self.new) });
                continue;
            };
            let before = entry.old.map(|_| entry.previous_path.clone().unwrap_or_else(|| path.clone()));
            let is_whole = before.is_some() && hunks.is_empty();
            sides.push(Side { parent, path: before, hunks });
            if is_whole {
                // A renamed file with the same content is the whole file, whatever the parents before it have.
                sides.drain(..sides.len() - 1);
                break;
            }
        }
        Ok(Merged::Joined(sides))
    }
}

fn by_path(entries: &[Entry]) -> HashMap<&BStr, &Entry> {
    entries.iter().map(|entry| (entry.path.as_bstr(), entry)).collect()
}
