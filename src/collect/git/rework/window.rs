//! Which commits have to be followed again so that new ones find who wrote their lines.

use super::REWORK_SECONDS;
use crate::collect::git::history::{Commit, History};
use gix::ObjectId;
use gix::hashtable::HashSet;

/// The new commits of a history and, of the others, those that may have written a line which a new one reworks, with
/// everything that came after them. What is left out has no part in the result, whatever dates commits have.
///
/// In the order of the history, each with whether it is new.
pub fn replayed<'h>(whole: &'h History, new: &History) -> Vec<(&'h Commit, bool)> {
    let is_new: HashSet<ObjectId> = new.commits.iter().map(|commit| commit.id).collect();
    let authored = new.commits.iter().filter(|commit| commit.parents.len() < 2).map(|commit| commit.authored.seconds);
    let spans = spans(authored.collect());
    let may_matter = |commit: &Commit| {
        let at = commit.authored.seconds;
        let next = spans.partition_point(|(_, end)| *end < at);
        spans.get(next).is_some_and(|(start, _)| *start <= at)
    };
    let mut followed: HashSet<ObjectId> = HashSet::default();
    let mut found = Vec::new();
    for commit in &whole.commits {
        let is_new = is_new.contains(&commit.id);
        if is_new || may_matter(commit) || commit.parents.iter().any(|parent| followed.contains(parent)) {
            followed.insert(commit.id);
            found.push((commit, is_new));
        }
    }
    found
}

/// The times within reach of these moments, in order and apart from each other.
fn spans(mut moments: Vec<i64>) -> Vec<(i64, i64)> {
    moments.sort_unstable();
    let mut spans: Vec<(i64, i64)> = Vec::new();
    for moment in moments {
        let (start, end) = (moment - REWORK_SECONDS, moment + REWORK_SECONDS);
        match spans.last_mut() {
            Some(last) if start <= last.1 => last.1 = end,
            _ => spans.push((start, end)),
        }
    }
    spans
}
