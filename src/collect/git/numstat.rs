//! Files and lines that a commit changed, counted as `git log --numstat -M` counts them.
//!
//! Rule: rows equal git's for the same repository. The tree walk, the rename detection and the treatment of binary
//! files, links and submodules follow git's behaviour rather than gix's own, because the two differ in which pairs they
//! call a rename.

mod attributes;
mod blobs;
mod lines;
mod merges;
mod renames;
mod similarity;
mod trees;

use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use gix::ObjectId;
use gix::bstr::{BString, ByteSlice};
use gix::odb::pack::cache::lru::MemoryCappedHashmap;

use self::attributes::Attributes;
use self::blobs::Blobs;
use self::lines::LineCounter;
use self::trees::{Entry, TreeDiff};
use super::history::{Commit, Error, Result, tree_of};
use super::language;
use super::language::is_generated;

pub use self::merges::{MergeDiff, Merged, MergedFile, Side as MergeSide};

/// Commits handed to a worker at a time: neighbours share trees and deltas, so a batch keeps the caches warm. Of two threads
/// with short batches each decodes what the other has in its cache; with long ones the last of them works alone.
const BATCH_COMMITS: std::ops::RangeInclusive<usize> = 32..=1_024;

/// Batches for each worker, so that they end together.
const BATCHES_PER_THREAD: usize = 4;

/// Decoded pack entries kept by all threads together: without them every link of a delta chain costs a decode. More
/// does not pay, nor does a cache of whole objects on top, which copies more than it saves.
const DELTA_CACHE_BYTES: usize = 256 << 20;

/// Of which one thread takes at most this much.
const DELTA_CACHE_BYTES_PER_THREAD: usize = 64 << 20;

/// A commit and the commit it is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comparison {
    /// The commit whose change is wanted.
    pub commit: ObjectId,
    /// `None` compares with the empty tree, as git does for a root commit.
    pub parent: Option<ObjectId>,
}

impl Comparison {
    /// The comparison `git log --numstat` makes; `None` for a merge, of which it prints no rows.
    pub fn of(commit: &Commit) -> Option<Self> {
        (commit.parents.len() < 2).then(|| Self::with_first_parent(commit))
    }

    /// The comparison with the first parent, which for a merge is what its branch brought in.
    pub fn with_first_parent(commit: &Commit) -> Self {
        Self { commit: commit.id, parent: commit.parents.first().copied() }
    }
}

/// What happened to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// The path is new.
    Added,
    /// Content, mode or type (file, link, submodule) changed under the same path.
    Modified,
    /// The path is gone.
    Deleted,
    /// The path is new and the content that of a path which is gone, at least by half.
    Renamed,
}

impl ChangeKind {
    /// The word for the column `commit_files.change`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Modified => "modified",
            Self::Deleted => "deleted",
            Self::Renamed => "renamed",
        }
    }
}

/// Lines added and deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lines {
    /// Lines that only the new version has.
    pub added: u64,
    /// Lines that only the old version has.
    pub deleted: u64,
}

/// One place where lines changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hunk {
    /// First changed line in the old version, from 0.
    pub before: u32,
    /// Lines that only the old version has.
    pub removed: u32,
    /// First changed line in the new version, from 0.
    pub after: u32,
    /// Lines that only the new version has.
    pub added: u32,
}

impl Lines {
    /// The lines of all places together.
    pub fn of(hunks: &[Hunk]) -> Lines {
        let sum = |pick: fn(&Hunk) -> u32| hunks.iter().map(|hunk| u64::from(pick(hunk))).sum();
        Lines { added: sum(|hunk| hunk.added), deleted: sum(|hunk| hunk.removed) }
    }
}

/// One row of `git log --numstat -M`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileChange {
    /// Path after the commit, or before it for a deletion; bytes, because git does not promise UTF-8.
    pub path: BString,
    /// Path before the commit, for a rename.
    pub previous_path: Option<BString>,
    /// What happened.
    pub kind: ChangeKind,
    /// `None` for a binary file.
    pub lines: Option<Lines>,
    /// Where the lines changed, in order; `None` where that was not asked for, for a binary file and for a generated one.
    pub hunks: Option<Box<[Hunk]>>,
}

/// The rows of one commit, in git's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitDiff {
    /// The commit.
    pub commit: ObjectId,
    /// Its changed files; empty where nothing changed.
    pub files: Vec<FileChange>,
}

/// Sums over the rows of one commit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Files changed, binary ones included.
    pub files: u64,
    /// Lines of those that are not binary.
    pub lines: Lines,
    /// Of those lines, added and deleted together, the ones of generated and vendored files.
    pub generated_lines: u64,
}

impl CommitDiff {
    /// Files changed and lines of those that are not binary.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals { files: self.files.len() as u64, ..Totals::default() };
        for file in &self.files {
            let Some(lines) = file.lines else { continue };
            totals.lines.added += lines.added;
            totals.lines.deleted += lines.deleted;
            if language::is_generated(&path_text(&file.path)) {
                totals.generated_lines += lines.added + lines.deleted;
            }
        }
        totals
    }
}

/// A path as text: as it is where it is UTF-8, otherwise with every stray byte written `\xNN`, so that two different
/// paths stay different.
pub fn path_text(path: &[u8]) -> String {
    let mut text = String::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(text, "\\x{byte:02X}");
        }
    }
    text
}

/// The rows of each comparison, in the order of `comparisons`, worked out on `threads` threads.
///
/// `progress` is called from the worker threads with the number of commits that were finished since its last call.
/// The result takes about 150 bytes a row; callers with millions of commits pass them in parts.
///
/// # Errors
/// A missing or corrupt object stops the work with [`Error::Object`] and its id. No row is ever left out.
pub fn numstat(
    repo: &gix::ThreadSafeRepository,
    comparisons: &[Comparison],
    threads: usize,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Vec<CommitDiff>> {
    in_parallel(repo, comparisons, threads, progress, &|differ, comparison| differ.commit(comparison, false))
}

/// As [`numstat`], with the places where the lines changed: 16 bytes more each.
///
/// # Errors
/// As [`numstat`].
pub fn changes(
    repo: &gix::ThreadSafeRepository,
    comparisons: &[Comparison],
    threads: usize,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Vec<CommitDiff>> {
    in_parallel(repo, comparisons, threads, progress, &|differ, comparison| differ.commit(comparison, true))
}

/// What each of these merges made of its parents' files.
///
/// # Errors
/// As [`numstat`].
pub fn merges(
    repo: &gix::ThreadSafeRepository,
    merges: &[&Commit],
    threads: usize,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Vec<MergeDiff>> {
    in_parallel(repo, merges, threads, progress, &|differ, merge| differ.merge(merge))
}

/// Works out something of each item, in their order.
fn in_parallel<T: Sync, R: Clone + Send>(
    repo: &gix::ThreadSafeRepository,
    items: &[T],
    threads: usize,
    progress: &(dyn Fn(usize) + Sync),
    of: &(dyn Fn(&mut Differ<'_>, &T) -> Result<R> + Sync),
) -> Result<Vec<R>> {
    let length = items.len() / (threads.max(1) * BATCHES_PER_THREAD);
    let length = length.clamp(*BATCH_COMMITS.start(), *BATCH_COMMITS.end());
    let batches: Vec<&[T]> = items.chunks(length).collect();
    let threads = threads.clamp(1, batches.len().max(1));
    let finished = Mutex::new(vec![Vec::new(); batches.len()]);
    let unclaimed = AtomicUsize::new(batches.len());
    let failed = AtomicBool::new(false);
    let work = || -> Result<()> {
        let repo = thread_repository(repo, threads);
        let mut differ = Differ::new(&repo)?;
        // Newest first: packs store an old version as a delta on a newer one, which is then still in the cache.
        while let Some(batch) = claim(&unclaimed) {
            if failed.load(Ordering::Relaxed) {
                return Ok(());
            }
            let all = batches[batch].iter().rev().map(|item| of(&mut differ, item)).collect::<Result<Vec<R>>>();
            let mut all = all.inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
            all.reverse();
            progress(all.len());
            lock(&finished)[batch] = all;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or(Err(Error::Worker))).collect::<Result<Vec<()>>>()
    })?;
    Ok(std::mem::take(&mut *lock(&finished)).into_iter().flatten().collect())
}

fn claim(unclaimed: &AtomicUsize) -> Option<usize> {
    unclaimed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).ok().map(|left| left - 1)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn thread_repository(repo: &gix::ThreadSafeRepository, threads: usize) -> gix::Repository {
    let mut repo = repo.to_thread_local();
    let bytes = (DELTA_CACHE_BYTES / threads).min(DELTA_CACHE_BYTES_PER_THREAD);
    repo.objects.set_pack_cache(move || Box::new(MemoryCappedHashmap::new(bytes)));
    repo.object_cache_size(None);
    repo
}

/// One thread's tools and reused buffers.
struct Differ<'r> {
    repo: &'r gix::Repository,
    trees: TreeDiff<'r>,
    blobs: Blobs<'r>,
    lines: LineCounter,
    old: Vec<u8>,
    new: Vec<u8>,
}

impl<'r> Differ<'r> {
    fn new(repo: &'r gix::Repository) -> Result<Self> {
        Ok(Self {
            repo,
            trees: TreeDiff::new(repo),
            blobs: Blobs::new(repo, Attributes::new(repo)?),
            lines: LineCounter::default(),
            old: Vec::new(),
            new: Vec::new(),
        })
    }

    fn commit(&mut self, comparison: &Comparison, with_hunks: bool) -> Result<CommitDiff> {
        let new_tree = tree_of(self.repo, comparison.commit)?;
        let old_tree = comparison.parent.map(|parent| tree_of(self.repo, parent)).transpose()?;
        let mut entries = Vec::new();
        self.trees.diff(old_tree, Some(new_tree), &mut entries)?;
        renames::pair(&mut entries, &mut self.blobs)?;
        let files = entries.into_iter().map(|entry| self.row(entry, with_hunks)).collect::<Result<_>>()?;
        Ok(CommitDiff { commit: comparison.commit, files })
    }

    fn row(&mut self, entry: Entry, with_hunks: bool) -> Result<FileChange> {
        let (lines, hunks) = if with_hunks && !is_generated(&path_text(&entry.path)) {
            let hunks = self.hunks(&entry)?;
            (hunks.as_deref().map(Lines::of), hunks)
        } else {
            (self.count(&entry)?, None)
        };
        let kind = match (&entry.old, &entry.new) {
            (_, Some(_)) if entry.previous_path.is_some() => ChangeKind::Renamed,
            (None, _) => ChangeKind::Added,
            (Some(_), None) => ChangeKind::Deleted,
            (Some(_), Some(_)) => ChangeKind::Modified,
        };
        Ok(FileChange { path: entry.path, previous_path: entry.previous_path, kind, lines, hunks })
    }

    fn count(&mut self, entry: &Entry) -> Result<Option<Lines>> {
        let texts = self.load(entry)?;
        Ok(texts.map(|texts| match texts {
            Texts::Same => Lines::default(),
            Texts::Different => self.lines.count(&self.old, &self.new),
        }))
    }

    fn hunks(&mut self, entry: &Entry) -> Result<Option<Box<[Hunk]>>> {
        let texts = self.load(entry)?;
        Ok(texts.map(|texts| match texts {
            Texts::Same => Box::default(),
            Texts::Different => self.lines.hunks(&self.old, &self.new),
        }))
    }

    /// Loads both sides of an entry; `None` where one is binary.
    fn load(&mut self, entry: &Entry) -> Result<Option<Texts>> {
        let previous_path = entry.previous_path.as_ref().unwrap_or(&entry.path);
        if self.blobs.load(entry.old.as_ref(), previous_path.as_bstr(), &mut self.old)? {
            return Ok(None);
        }
        let same_content = matches!((&entry.old, &entry.new), (Some(old), Some(new)) if old.id == new.id);
        if same_content && entry.previous_path.is_none() {
            return Ok(Some(Texts::Same));
        }
        if self.blobs.load(entry.new.as_ref(), entry.path.as_bstr(), &mut self.new)? {
            return Ok(None);
        }
        Ok(Some(if same_content { Texts::Same } else { Texts::Different }))
    }
}

/// What the two sides of an entry are to each other.
enum Texts {
    Same,
    Different,
}

#[cfg(test)]
mod tests {
    use super::path_text;

    #[test]
    fn paths_that_are_not_utf8_stay_different() {
        assert_eq!(path_text("dir/\u{e9}.txt".as_bytes()), "dir/\u{e9}.txt");
        assert_eq!(path_text(b"latin-\xe9.txt"), "latin-\\xE9.txt");
        assert_ne!(path_text(b"\xe9"), path_text(b"\xe8"));
    }
}
