//! Lines that were written a short time before they were changed or deleted again.
//!
//! One rule: who wrote a line is what `git blame` says of the commit before, to the line. Each commit's lines follow from those
//! of its parents and from where it changed them, so that the whole history takes one pass and no content is read twice.

mod lines;
mod window;

use super::history::{Commit, Identity};
use super::numstat::{ChangeKind, CommitDiff, MergeDiff, Merged};
use gix::ObjectId;
use gix::bstr::{BStr, BString, ByteSlice};
use gix::hashtable::HashMap as IdMap;
use lines::Run;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

pub use window::replayed;

/// How long a line counts as newly written.
pub const REWORK_SECONDS: i64 = 21 * 24 * 3600;

/// What a commit did to lines of one file that had been written shortly before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reworked {
    /// Lines that it deleted or replaced and that were written at most 21 days from it, by author dates.
    pub lines: u64,
    /// Of these the lines by other authors: of another name and another e-mail address.
    pub of_others: u64,
}

/// Follows lines through commits, parents before children.
pub struct Tracker {
    position: IdMap<ObjectId, usize>,
    writers: Vec<Writer>,
    /// The earliest author date of the commits from a position on.
    earliest_from: Vec<i64>,
    /// Children that have not come yet.
    children: Vec<usize>,
    states: HashMap<usize, Files>,
    paths: HashMap<BString, usize>,
}

/// Who wrote lines, and when.
struct Writer {
    authored: i64,
    name: usize,
    email: usize,
}

/// The newly written lines at one commit, by path.
#[derive(Clone, Default)]
struct Files {
    runs: HashMap<usize, Rc<[Run]>>,
    /// How many there were when the old ones were last forgotten.
    kept: usize,
}

/// Files up to which none are forgotten.
const FEW_FILES: usize = 256;

impl Tracker {
    /// For these commits, which come in this order, parents before children. Lines from before them count as old.
    pub fn new<'c>(commits: impl Iterator<Item = &'c Commit> + Clone) -> Tracker {
        let position: IdMap<ObjectId, usize> =
            commits.clone().enumerate().map(|(position, commit)| (commit.id, position)).collect();
        let mut words: BTreeMap<String, usize> = BTreeMap::new();
        let mut number = |word: &str| {
            let next = words.len();
            *words.entry(word.to_lowercase()).or_insert(next)
        };
        let mut writer = |commit: &Commit| {
            let Identity { name, email } = &commit.author;
            Writer { authored: commit.authored.seconds, name: number(name), email: number(email) }
        };
        let writers: Vec<Writer> = commits.clone().map(&mut writer).collect();
        let mut earliest_from: Vec<i64> = writers.iter().map(|writer| writer.authored).collect();
        for position in (1..earliest_from.len()).rev() {
            earliest_from[position - 1] = earliest_from[position - 1].min(earliest_from[position]);
        }
        let mut children = vec![0; writers.len()];
        for parent in commits.flat_map(|commit| &commit.parents) {
            if let Some(parent) = position.get(parent) {
                children[*parent] += 1;
            }
        }
        let (states, paths) = (HashMap::new(), HashMap::new());
        Tracker { position, writers, earliest_from, children, states, paths }
    }

    /// Takes a commit that is no merge; says of each of its files how much was rework, or `None` where that is not known:
    /// for binary and for generated files.
    pub fn commit(&mut self, commit: &Commit, diff: &CommitDiff) -> Vec<Option<Reworked>> {
        let Some(writer) = self.position.get(&commit.id).copied() else { return vec![None; diff.files.len()] };
        let mut files = self.state_of(commit.parents.first());
        let mut found = Vec::with_capacity(diff.files.len());
        let mut written = Vec::with_capacity(diff.files.len());
        let mut gone = Vec::new();
        for file in &diff.files {
            let previous = file.previous_path.as_ref().unwrap_or(&file.path);
            let (path, previous) = (self.path(file.path.as_bstr()), self.path(previous.as_bstr()));
            gone.push(previous);
            let Some(hunks) = &file.hunks else {
                gone.push(path);
                found.push(None);
                continue;
            };
            // An added file has nothing to do with the one that had its path before and was renamed away.
            let runs = files.runs.get(&previous).filter(|_| file.kind != ChangeKind::Added);
            let runs = runs.map_or(&[][..], |runs| &**runs);
            found.push(Some(self.reworked(writer, lines::removed(runs, hunks))));
            let mut runs = lines::carried(runs, hunks);
            runs.extend(lines::added(hunks, writer));
            written.push((path, self.put_in_order(runs, writer)));
        }
        files.change(gone, written);
        self.keep(writer, files);
        found
    }

    /// Takes a merge.
    pub fn merge(&mut self, merge: &Commit, diff: &MergeDiff) {
        let Some(writer) = self.position.get(&merge.id).copied() else { return };
        let parents: Vec<Files> = merge.parents.iter().map(|parent| self.state_of(Some(parent))).collect();
        let (mut gone, mut written) = (Vec::new(), Vec::new());
        for file in &diff.files {
            let path = self.path(file.path.as_bstr());
            gone.push(path);
            let runs_of = |parent: usize, path: usize| parents.get(parent).and_then(|files| files.runs.get(&path));
            match &file.merged {
                Merged::Gone | Merged::Binary => {}
                Merged::Taken(parent) => written.extend(runs_of(*parent, path).map(|runs| (path, runs.clone()))),
                Merged::Joined(sides) => {
                    let mut all = Vec::with_capacity(sides.len());
                    for side in sides {
                        let path = side.path.as_ref().map(|path| self.path(path.as_bstr()));
                        let runs = path.and_then(|path| runs_of(side.parent, path));
                        all.push((runs.map_or(&[][..], |runs| &**runs), &*side.hunks));
                    }
                    written.push((path, self.put_in_order(lines::joined(&all, writer), writer)));
                }
            }
        }
        let mut files = parents.into_iter().next().unwrap_or_default();
        files.change(gone, written);
        self.keep(writer, files);
    }

    /// The state of a commit's parent, which is let go when it has no further child.
    fn state_of(&mut self, parent: Option<&ObjectId>) -> Files {
        let Some(position) = parent.and_then(|parent| self.position.get(parent)) else { return Files::default() };
        self.children[*position] -= 1;
        let state = if self.children[*position] == 0 {
            self.states.remove(position)
        } else {
            self.states.get(position).cloned()
        };
        state.unwrap_or_default()
    }

    fn keep(&mut self, position: usize, mut files: Files) {
        if self.children[position] == 0 {
            return;
        }
        if files.runs.len() > 2 * files.kept + FEW_FILES {
            files.runs.retain(|_, runs| runs.iter().any(|run| !self.is_old(run, position)));
            files.kept = files.runs.len();
        }
        self.states.insert(position, files);
    }

    /// Whether a line is too old for every commit that is still to come after a position.
    fn is_old(&self, run: &Run, position: usize) -> bool {
        let next = self.earliest_from.get(position + 1);
        next.is_none_or(|next| next - self.writers[run.writer].authored > REWORK_SECONDS)
    }

    fn put_in_order(&self, mut runs: Vec<Run>, position: usize) -> Rc<[Run]> {
        runs.retain(|run| !self.is_old(run, position));
        runs.sort_unstable_by_key(|run| run.first);
        runs.into()
    }

    fn reworked(&self, position: usize, removed: impl Iterator<Item = Run>) -> Reworked {
        let mut found = Reworked::default();
        let now = &self.writers[position];
        for run in removed {
            let then = &self.writers[run.writer];
            if now.authored.abs_diff(then.authored) > REWORK_SECONDS.unsigned_abs() {
                continue;
            }
            let lines = u64::from(run.end - run.first);
            found.lines += lines;
            if now.name != then.name && now.email != then.email {
                found.of_others += lines;
            }
        }
        found
    }

    fn path(&mut self, path: &BStr) -> usize {
        if let Some(number) = self.paths.get(path) {
            return *number;
        }
        let number = self.paths.len();
        self.paths.insert(path.to_owned(), number);
        number
    }
}

impl Files {
    /// Takes paths away, then puts what was written in their place.
    fn change(&mut self, gone: Vec<usize>, written: Vec<(usize, Rc<[Run]>)>) {
        for path in gone {
            self.runs.remove(&path);
        }
        self.runs.extend(written.into_iter().filter(|(_, runs)| !runs.is_empty()));
    }
}
