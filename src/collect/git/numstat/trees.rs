//! Entries that differ between two trees, in git's order. Subtrees with the same object id are never read.

use std::cmp::Ordering;

use gix::ObjectId;
use gix::bstr::{BStr, BString};
use gix::objs::tree::{EntryKind, EntryRef};
use gix::objs::{Kind, TreeRefIter};

use crate::collect::git::history::{Error, Result, read};

/// One side of a changed entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Side {
    pub id: ObjectId,
    pub kind: EntryKind,
}

impl Side {
    /// A regular file, executable or not; neither a link nor a submodule.
    pub fn is_file(&self) -> bool {
        matches!(self.kind, EntryKind::Blob | EntryKind::BlobExecutable)
    }
}

/// A changed path that is not a directory.
#[derive(Debug, Clone)]
pub struct Entry {
    pub path: BString,
    pub previous_path: Option<BString>,
    pub old: Option<Side>,
    pub new: Option<Side>,
}

/// Compares trees; keeps its buffers from one comparison to the next.
pub struct TreeDiff<'r> {
    repo: &'r gix::Repository,
    spare_buffers: Vec<Vec<u8>>,
}

impl<'r> TreeDiff<'r> {
    pub fn new(repo: &'r gix::Repository) -> Self {
        Self { repo, spare_buffers: Vec::new() }
    }

    /// Appends to `entries` what differs between two trees; `None` is the empty tree.
    pub fn diff(&mut self, old: Option<ObjectId>, new: Option<ObjectId>, entries: &mut Vec<Entry>) -> Result<()> {
        if old == new {
            return Ok(());
        }
        self.subtree(old, new, &mut BString::default(), entries)
    }

    fn subtree(
        &mut self,
        old: Option<ObjectId>,
        new: Option<ObjectId>,
        path: &mut BString,
        entries: &mut Vec<Entry>,
    ) -> Result<()> {
        let mut old_buffer = self.spare_buffers.pop().unwrap_or_default();
        let mut new_buffer = self.spare_buffers.pop().unwrap_or_default();
        let result = self.load(old, &mut old_buffer).and_then(|()| self.load(new, &mut new_buffer)).and_then(|()| {
            let old = Cursor::new(old, &old_buffer, self.repo.object_hash())?;
            let new = Cursor::new(new, &new_buffer, self.repo.object_hash())?;
            self.merge(old, new, path, entries)
        });
        self.spare_buffers.extend([old_buffer, new_buffer]);
        result
    }

    fn load(&self, tree: Option<ObjectId>, buffer: &mut Vec<u8>) -> Result<()> {
        match tree {
            Some(id) if id != ObjectId::empty_tree(id.kind()) => read(self.repo, id, Kind::Tree, buffer),
            _ => {
                buffer.clear();
                Ok(())
            }
        }
    }

    fn merge(
        &mut self,
        mut old: Cursor<'_>,
        mut new: Cursor<'_>,
        path: &mut BString,
        entries: &mut Vec<Entry>,
    ) -> Result<()> {
        loop {
            let order = match (old.entry, new.entry) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(old), Some(new)) => tree_order(&old, &new),
            };
            let before = old.entry.filter(|_| order.is_le());
            let after = new.entry.filter(|_| order.is_ge());
            if before.map(side) != after.map(side) {
                self.changed(before, after, path, entries)?;
            }
            if order.is_le() {
                old.advance()?;
            }
            if order.is_ge() {
                new.advance()?;
            }
        }
    }

    fn changed(
        &mut self,
        old: Option<EntryRef<'_>>,
        new: Option<EntryRef<'_>>,
        path: &mut BString,
        entries: &mut Vec<Entry>,
    ) -> Result<()> {
        let Some(entry) = old.or(new) else { return Ok(()) };
        let parent_length = path.len();
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(entry.filename);
        let result = if entry.mode.is_tree() {
            self.subtree(old.map(|old| old.oid.to_owned()), new.map(|new| new.oid.to_owned()), path, entries)
        } else {
            entries.push(Entry { path: path.clone(), previous_path: None, old: old.map(side), new: new.map(side) });
            Ok(())
        };
        path.truncate(parent_length);
        result
    }
}

fn side(entry: EntryRef<'_>) -> Side {
    Side { id: entry.oid.to_owned(), kind: entry.mode.kind() }
}

/// Git sorts a directory as if its name ended in a slash, so a file and a directory of one name never meet.
fn tree_order(a: &EntryRef<'_>, b: &EntryRef<'_>) -> Ordering {
    fn end(name: &BStr, at: usize, is_tree: bool) -> Option<u8> {
        name.get(at).copied().or(is_tree.then_some(b'/'))
    }
    let common = a.filename.len().min(b.filename.len());
    a.filename[..common]
        .cmp(&b.filename[..common])
        .then_with(|| end(a.filename, common, a.mode.is_tree()).cmp(&end(b.filename, common, b.mode.is_tree())))
}

/// A tree's entries with one entry of look-ahead.
struct Cursor<'a> {
    tree: Option<ObjectId>,
    entries: TreeRefIter<'a>,
    entry: Option<EntryRef<'a>>,
}

impl<'a> Cursor<'a> {
    fn new(tree: Option<ObjectId>, data: &'a [u8], hash: gix::hash::Kind) -> Result<Self> {
        let mut cursor = Self { tree, entries: TreeRefIter::from_bytes(data, hash), entry: None };
        cursor.advance()?;
        Ok(cursor)
    }

    fn advance(&mut self) -> Result<()> {
        self.entry = match (self.entries.next(), self.tree) {
            (Some(Err(problem)), Some(id)) => return Err(Error::object(id, problem)),
            (entry, _) => entry.and_then(std::result::Result::ok),
        };
        Ok(())
    }
}
