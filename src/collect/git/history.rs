//! The commits of a repository as plain values.
//!
//! Rule: what is read depends on the objects alone, so two clones of one history give the same commits in the same
//! order.

mod mailmap;
mod parse;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::{Path, PathBuf};

pub use mailmap::Mailmap;

use gix::ObjectId;
use gix::hashtable::{HashMap, HashSet};
use gix::objs::{FindExt, Kind};

/// Why a repository could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The path holds no repository, or one with damaged settings.
    #[error(
        "no git repository at {}: {problem}; give the folder that holds .git, or a bare repository",
        path.display()
    )]
    NotARepository { path: PathBuf, problem: String },
    /// The clone lacks the older commits.
    #[error("shallow clone: history is cut at {boundaries} commits; run git fetch --unshallow")]
    Shallow { boundaries: usize },
    /// HEAD names a branch without commits.
    #[error("empty repository: {} has no commits yet; commit or fetch something first", path.display())]
    Empty { path: PathBuf },
    /// An object cannot be read.
    #[error("object {id} is missing or corrupt: {problem}; run git fsck to see what is damaged, then clone again")]
    Object { id: ObjectId, problem: String },
    /// The rules that tell binary files from text cannot be read.
    #[error("git attributes could not be read: {problem}; check .gitattributes and .git/info/attributes")]
    Attributes { problem: String },
    /// A thread panicked.
    #[error("a thread that compared commits ended early; this is a defect, please report it")]
    Worker,
}

/// Result of reading a repository.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(super) fn object(id: ObjectId, problem: impl std::fmt::Display) -> Self {
        Self::Object { id, problem: problem.to_string() }
    }
}

/// A name and an e-mail address as a commit states them, before the mailmap.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// Without the white space around it.
    pub name: String,
    /// Without the angle brackets.
    pub email: String,
}

/// A moment and where on earth it was noted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since 1970, kept within the years 1 to 9999.
    pub seconds: i64,
    /// Offset from UTC, minutes.
    pub offset_minutes: i32,
}

/// One commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Object id.
    pub id: ObjectId,
    /// The first is the branch that was merged into.
    pub parents: Vec<ObjectId>,
    /// Who wrote the change.
    pub author: Identity,
    /// When it was written: survives a rebase.
    pub authored: Moment,
    /// Who made the commit.
    pub committer: Identity,
    /// When the commit was made.
    pub committed: Moment,
    /// First paragraph of the message on one line, git's `%s`.
    pub subject: String,
    /// First paragraph after the subject, with its line breaks: forges put the title of a pull request there.
    pub body: String,
    /// Number of the last `See merge request group/project!number` in the message, as GitLab writes it.
    pub merge_request: Option<i64>,
}

/// Commits with every parent before its children.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// In the order that [`History::read`] describes.
    pub commits: Vec<Commit>,
}

/// Opens the repository at `path`, without searching the folders above it.
///
/// # Errors
/// [`Error::NotARepository`] when there is none.
pub fn open(path: &Path) -> Result<gix::Repository> {
    gix::open(path).map_err(|problem| Error::NotARepository { path: path.to_owned(), problem: problem.to_string() })
}

/// The commit that HEAD names.
///
/// # Errors
/// [`Error::Empty`] before the first commit, [`Error::Object`] when HEAD names something that cannot be read.
pub fn head(repo: &gix::Repository) -> Result<ObjectId> {
    let empty = || Error::Empty { path: repo.path().to_owned() };
    let mut head = repo.head().map_err(|_| empty())?;
    if head.is_unborn() {
        return Err(empty());
    }
    let id = head.id().map(gix::Id::detach).ok_or_else(empty)?;
    head.peel_to_commit().map(|commit| commit.id).map_err(|problem| Error::object(id, problem))
}

impl History {
    /// Every commit reachable from `tips` and not from `hidden`, parents before children; of the commits whose parents
    /// are placed, the one with the earliest committer date comes next, then the one with the smallest object id.
    ///
    /// # Errors
    /// [`Error::Shallow`] for a shallow clone, [`Error::Object`] for a commit that is missing or corrupt.
    pub fn read(repo: &gix::Repository, tips: &[ObjectId], hidden: &[ObjectId]) -> Result<Self> {
        refuse_shallow(repo)?;
        let hidden = reachable_ids(repo, hidden)?;
        let mut commits: HashMap<ObjectId, Commit> = HashMap::default();
        let mut waiting = tips.to_vec();
        let mut buffer = Vec::new();
        while let Some(id) = waiting.pop() {
            if hidden.contains(&id) || commits.contains_key(&id) {
                continue;
            }
            read(repo, id, Kind::Commit, &mut buffer)?;
            let commit = parse::commit(id, &buffer)?;
            waiting.extend_from_slice(&commit.parents);
            commits.insert(id, commit);
        }
        Ok(Self { commits: ordered(commits) })
    }
}

pub(super) fn refuse_shallow(repo: &gix::Repository) -> Result<()> {
    match repo.shallow_commits() {
        Ok(Some(commits)) => Err(Error::Shallow { boundaries: commits.len() }),
        Ok(None) => Ok(()),
        Err(problem) => {
            Err(Error::NotARepository { path: repo.path().to_owned(), problem: format!("its file shallow: {problem}") })
        }
    }
}

/// Ids are walked to the very root: dates cannot bound the walk, because clocks of committers run wrong.
fn reachable_ids(repo: &gix::Repository, tips: &[ObjectId]) -> Result<HashSet<ObjectId>> {
    let mut seen = HashSet::default();
    let mut waiting = tips.to_vec();
    let mut buffer = Vec::new();
    while let Some(id) = waiting.pop() {
        if seen.insert(id) {
            read(repo, id, Kind::Commit, &mut buffer)?;
            waiting.extend(parse::parents(id, &buffer)?);
        }
    }
    Ok(seen)
}

/// Kahn's algorithm with the earliest free commit next.
fn ordered(mut commits: HashMap<ObjectId, Commit>) -> Vec<Commit> {
    let mut children: HashMap<ObjectId, Vec<ObjectId>> = HashMap::default();
    let mut missing_parents: HashMap<ObjectId, usize> = HashMap::default();
    let mut free = BinaryHeap::new();
    for commit in commits.values() {
        let parents: Vec<_> = commit.parents.iter().filter(|parent| commits.contains_key(*parent)).collect();
        if parents.is_empty() {
            free.push(Reverse((commit.committed.seconds, commit.id)));
        }
        missing_parents.insert(commit.id, parents.len());
        for parent in parents {
            children.entry(*parent).or_default().push(commit.id);
        }
    }
    let mut order = Vec::with_capacity(commits.len());
    while let Some(Reverse((_, id))) = free.pop() {
        for child in children.remove(&id).unwrap_or_default() {
            let Some(missing) = missing_parents.get_mut(&child) else { continue };
            *missing -= 1;
            if let (0, Some(child)) = (*missing, commits.get(&child)) {
                free.push(Reverse((child.committed.seconds, child.id)));
            }
        }
        order.extend(commits.remove(&id));
    }
    order
}

/// Puts an object's content into `buffer`.
pub(super) fn read(repo: &gix::Repository, id: ObjectId, kind: Kind, buffer: &mut Vec<u8>) -> Result<()> {
    let found = repo.objects.find(&id, buffer).map_err(|problem| Error::object(id, problem))?.kind;
    if found != kind {
        return Err(Error::object(id, format!("expected a {kind}, found a {found}")));
    }
    Ok(())
}

/// The tree of a commit.
pub(super) fn tree_of(repo: &gix::Repository, commit: ObjectId) -> Result<ObjectId> {
    let mut buffer = Vec::new();
    read(repo, commit, Kind::Commit, &mut buffer)?;
    parse::tree(commit, &buffer)
}
