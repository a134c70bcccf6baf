//! Pull requests recovered from history, without asking the forge.
//!
//! Rule: only what a forge writes into commits counts. A subject that forges alone write, such as
//! `Merge pull request #12`, counts wherever it is. One that only ends in `(#12)` counts on the mainline: on a branch
//! it may be a copy of a commit.

mod graph;

use std::collections::BTreeMap;

use gix::ObjectId;

use self::graph::Graph;
use super::history::{Commit, History, Identity};

/// How a pull request reached the mainline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeMethod {
    /// A merge commit that a person asked the forge for.
    Merge,
    /// One commit that stands for the whole branch.
    Squash,
    /// A merge commit by a merge queue, such as bors.
    Queue,
}

impl MergeMethod {
    /// The word for the column `pull_requests.merge_method`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Squash => "squash",
            Self::Queue => "queue",
        }
    }
}

/// One merged pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    /// Number at the forge.
    pub number: i64,
    /// Title without its number; the subject of a merge that does not state the title.
    pub title: String,
    /// As the commits state it; `None` where a merge brought in no commit.
    pub author: Option<Identity>,
    /// The merge commit, or the squashed one.
    pub merge: ObjectId,
    /// Committer time of the merge, seconds since 1970.
    pub merged_at: i64,
    /// How it was merged.
    pub method: MergeMethod,
    /// Commits that came in by the merge, without the merge itself; `None` for a squash.
    pub commits: Option<u64>,
    /// Earliest author time of those commits, seconds since 1970.
    pub first_commit_at: Option<i64>,
    /// The title says that it reverts another change.
    pub is_revert: bool,
}

impl PullRequest {
    /// Why some of its times are unknown, for the column `pull_requests.missing`.
    pub fn missing(&self) -> &'static str {
        match self.commits {
            None => "squash merge: branch commits are not in history",
            Some(0) => "the merge brought in no commits; opening and reviews are not in history",
            Some(_) => "opening and reviews are not in history",
        }
    }
}

/// The pull requests merged into `tip`, ascending by number. The mainline is the chain of its first parents.
///
/// `history` must reach from `tip` to the roots and may go beyond `tip`. A branch's commits are those that its merge
/// reaches and the merge's first parent does not. Where a number occurs several times, such as in a back-port, the
/// earliest merge counts.
pub fn recover(history: &History, tip: ObjectId) -> Vec<PullRequest> {
    let mut graph = Graph::new(history);
    let on_mainline = graph.mainline(tip);
    let mut found: BTreeMap<i64, PullRequest> = BTreeMap::new();
    for index in graph.ancestors(tip) {
        let commit = &history.commits[index];
        let Some(reference) = reference(commit, on_mainline[index]) else { continue };
        let pull = match reference.method {
            MergeMethod::Squash => squashed(commit, reference),
            MergeMethod::Merge | MergeMethod::Queue => merged(commit, reference, &graph.branch_of(index)),
        };
        let age = |pull: &PullRequest| (pull.merged_at, pull.merge);
        if found.get(&pull.number).is_none_or(|known| age(&pull) < age(known)) {
            found.insert(pull.number, pull);
        }
    }
    found.into_values().collect()
}

/// Whether a title or a subject says that it reverts another change.
pub fn is_revert(title: &str) -> bool {
    let (word, rest) = title.split_at_checked("revert".len()).unwrap_or_default();
    word.eq_ignore_ascii_case("revert") && rest.starts_with([' ', '"', '\'', ':'])
}

/// What a commit says about the pull request that it merged.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reference {
    number: i64,
    method: MergeMethod,
    /// Empty where the commit holds none.
    title: String,
}

fn reference(commit: &Commit, on_mainline: bool) -> Option<Reference> {
    let suffixed = |method| {
        let (title, number) = split_suffix(&commit.subject).filter(|_| on_mainline)?;
        Some(Reference { number, method, title: title.to_owned() })
    };
    if commit.parents.len() < 2 {
        return suffixed(MergeMethod::Squash);
    }
    forge_merge(commit)
        .or_else(|| qualified_merge(&commit.subject))
        .or_else(|| gitlab_merge(commit))
        .or_else(|| suffixed(MergeMethod::Merge))
}

/// The subjects of GitHub and bors, which leave the title to the body.
fn forge_merge(commit: &Commit) -> Option<Reference> {
    const FORMS: [(&str, MergeMethod); 4] = [
        ("Merge pull request #", MergeMethod::Merge),
        ("Auto merge of #", MergeMethod::Queue),
        ("auto merge of #", MergeMethod::Queue),
        ("Rollup merge of #", MergeMethod::Queue),
    ];
    let (rest, method) =
        FORMS.iter().find_map(|(words, method)| Some((commit.subject.strip_prefix(words)?, *method)))?;
    let (number, rest) = leading_number(rest)?;
    let title = match method {
        MergeMethod::Queue => commit.body.lines().map(str::trim).collect::<Vec<_>>().join(" "),
        MergeMethod::Merge | MergeMethod::Squash => first_line(&commit.body),
    };
    let title = split_suffix(&title).map_or(title.as_str(), |(title, _)| title).to_owned();
    (rest.is_empty() || rest.starts_with(char::is_whitespace)).then_some(Reference { number, method, title })
}

/// `Merge owner/repo#12: title`.
fn qualified_merge(subject: &str) -> Option<Reference> {
    let (repository, rest) = subject.strip_prefix("Merge ")?.split_once('#')?;
    let (owner, name) = repository.split_once('/')?;
    let is_name = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c == '/');
    let (number, rest) = leading_number(rest)?;
    let title = rest.strip_prefix(':')?.trim().to_owned();
    (is_name(owner) && is_name(name)).then_some(Reference { number, method: MergeMethod::Merge, title })
}

/// GitLab names the merge request in the last line and puts its title above.
fn gitlab_merge(commit: &Commit) -> Option<Reference> {
    let number = commit.merge_request?;
    let title = first_line(&commit.body);
    let title = if title.starts_with("See merge request ") { String::new() } else { title };
    Some(Reference { number, method: MergeMethod::Merge, title })
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim().to_owned()
}

/// Title and number of `title (#12)`; of several such groups the last counts.
fn split_suffix(subject: &str) -> Option<(&str, i64)> {
    let (title, number) = subject.trim_end().strip_suffix(')')?.rsplit_once("(#")?;
    let (number, rest) = leading_number(number)?;
    rest.is_empty().then_some((title.trim_end(), number))
}

/// A positive number at the start of `text`, and what follows it.
fn leading_number(text: &str) -> Option<(i64, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(digits);
    number.parse().ok().filter(|number| *number > 0).map(|number| (number, rest))
}

fn squashed(commit: &Commit, reference: Reference) -> PullRequest {
    PullRequest {
        number: reference.number,
        is_revert: is_revert(&reference.title),
        title: reference.title,
        author: Some(commit.author.clone()),
        merge: commit.id,
        merged_at: commit.committed.seconds,
        method: reference.method,
        commits: None,
        first_commit_at: None,
    }
}

fn merged(merge: &Commit, reference: Reference, branch: &[&Commit]) -> PullRequest {
    // A merge without a body has nothing better to offer than its subject.
    let title = if reference.title.is_empty() { merge.subject.clone() } else { reference.title };
    PullRequest {
        number: reference.number,
        is_revert: is_revert(&title),
        title,
        author: main_author(branch).cloned(),
        merge: merge.id,
        merged_at: merge.committed.seconds,
        method: reference.method,
        commits: Some(branch.len() as u64),
        first_commit_at: branch.iter().map(|commit| commit.authored.seconds).min(),
    }
}

/// Who wrote most of the commits; of several with as many, the one who wrote the earliest.
fn main_author<'h>(branch: &[&'h Commit]) -> Option<&'h Identity> {
    let mut authors: BTreeMap<&Identity, (usize, i64)> = BTreeMap::new();
    for commit in branch {
        let (commits, earliest) = authors.entry(&commit.author).or_insert((0, i64::MAX));
        *commits += 1;
        *earliest = commit.authored.seconds.min(*earliest);
    }
    authors
        .into_iter()
        .min_by_key(|(_, (commits, earliest))| (std::cmp::Reverse(*commits), *earliest))
        .map(|(who, _)| who)
}

#[cfg(test)]
mod tests {
    use gix::ObjectId;

    use super::{MergeMethod, PullRequest, is_revert, recover};
    use crate::collect::git::history::{Commit, History, Identity, Moment};

    fn id(number: u8) -> ObjectId {
        ObjectId::from_bytes_or_panic(&[number; 20])
    }

    fn commit(number: u8, parents: &[u8], message: &str) -> Commit {
        let (subject, body) = message.split_once("\n\n").unwrap_or((message, ""));
        let moment = Moment { seconds: 1000 * i64::from(number), offset_minutes: 0 };
        let author = Identity { name: format!("author {}", number % 3), email: String::new() };
        Commit {
            id: id(number),
            parents: parents.iter().map(|parent| id(*parent)).collect(),
            author: author.clone(),
            authored: moment,
            committer: author,
            committed: moment,
            subject: subject.to_owned(),
            body: body.to_owned(),
            merge_request: body.rsplit_once('!').and_then(|(_, number)| number.parse().ok()),
        }
    }

    type Expected<'a> = &'a [(i64, &'a str, MergeMethod)];

    /// The pull requests of a mainline 1 - 4 with a branch 2 - 3 merged by 4.
    fn check(squash: &str, merge: &str, expected: Expected) -> Vec<PullRequest> {
        let commits = vec![
            commit(1, &[], squash),
            commit(2, &[1], "work on a branch (#900)"),
            commit(3, &[2], "more of it"),
            commit(4, &[1, 3], merge),
        ];
        let pulls = recover(&History { commits }, id(4));
        let found: Vec<_> = pulls.iter().map(|pull| (pull.number, pull.title.as_str(), pull.method)).collect();
        assert_eq!(found, expected, "squash {squash:?}, merge {merge:?}");
        pulls
    }

    #[test]
    fn subjects_of_squashed_commits() {
        use MergeMethod::Squash;
        let merge = "Merge branch 'x'";
        check("Add a thing (#12)", merge, &[(12, "Add a thing", Squash)]);
        check("Back-port (#12) (#34)", merge, &[(34, "Back-port (#12)", Squash)]);
        check("Revert \"foo (#12)\" (#13)", merge, &[(13, "Revert \"foo (#12)\"", Squash)]);
        check("chore: trailing space (#7) ", merge, &[(7, "chore: trailing space", Squash)]);
        for subject in
            ["Fix #12", "(#12) in the middle of", "Add (#12a)", "Add (#)", "Add (#0)", "Add (12)", "Add (#1", ""]
        {
            check(subject, merge, &[]);
        }
        check("Add (#99999999999999999999)", merge, &[]);
        check("Revert \"Auto merge of #5 - a:b, r=c\"", merge, &[]);
    }

    #[test]
    fn subjects_of_merges() {
        use MergeMethod::{Merge, Queue};
        let cases: [(&str, Expected); 14] = [
            ("Merge pull request #12 from a/b\n\nTitle (#12)\nmore", &[(12, "Title", Merge)]),
            ("Merge pull request #12 from a/b", &[(12, "Merge pull request #12 from a/b", Merge)]),
            ("Merge owner/repo#12: Title", &[(12, "Title", Merge)]),
            ("Auto merge of #12 - a:b, r=c\n\nTitle\nof two lines", &[(12, "Title of two lines", Queue)]),
            ("auto merge of #12 : a/b, r=c\n\nTitle", &[(12, "Title", Queue)]),
            ("Rollup merge of #12 - a:b, r=c\n\nTitle", &[(12, "Title", Queue)]),
            ("Merge branch 'x' into 'y'\n\nTitle\n\nSee merge request g/p!12", &[(12, "Title", Merge)]),
            ("Merge x into y\n\nSee merge request g/p!12", &[(12, "Merge x into y", Merge)]),
            ("Title (#12)\n\nBody", &[(12, "Title", Merge)]),
            ("Merge branch 'x'", &[]),
            ("Merge pull request #x from a/b", &[]),
            ("Merge pull request #12from", &[]),
            ("Merge owner/repo#12", &[]),
            ("Merge branch a/b of c/d#12: e", &[]),
        ];
        for (message, expected) in cases {
            check("first", message, expected);
        }
    }

    #[test]
    fn a_merge_knows_its_branch() {
        let pull =
            check("first", "Merge pull request #5 from a/b\n\nTitle", &[(5, "Title", MergeMethod::Merge)]).remove(0);
        assert_eq!(pull.commits, Some(2));
        assert_eq!(pull.first_commit_at, Some(2000));
        assert_eq!(
            pull.author.as_ref().map(|author| author.name.as_str()),
            Some("author 2"),
            "as many each: the earlier"
        );
        assert_eq!((pull.merged_at, pull.missing()), (4000, "opening and reviews are not in history"));
    }

    #[test]
    fn a_branch_that_merged_the_mainline_does_not_own_it() {
        let commits = vec![
            commit(1, &[], "first"),
            commit(2, &[1], "branch"),
            commit(3, &[1], "mainline"),
            commit(4, &[2, 3], "Merge branch 'main' into branch"),
            commit(5, &[3, 4], "Auto merge of #8 - a:b, r=c"),
            commit(6, &[5, 3], "Merge pull request #9 from nothing/new"),
        ];
        let pulls = recover(&History { commits }, id(6));
        assert_eq!(pulls[0].commits, Some(2));
        assert_eq!(pulls[1].commits, Some(0));
        assert_eq!((&pulls[1].author, pulls[1].first_commit_at), (&None, None));
        assert!(pulls[1].missing().starts_with("the merge brought in no commits"));
    }

    #[test]
    fn the_earliest_merge_of_a_number_counts() {
        let commits = vec![commit(1, &[], "One (#3)"), commit(2, &[1], "Again (#3)")];
        let pulls = recover(&History { commits }, id(2));
        assert_eq!(pulls.iter().map(|pull| pull.merge).collect::<Vec<_>>(), [id(1)]);
        assert_eq!(pulls[0].commits, None);
        assert_eq!(pulls[0].missing(), "squash merge: branch commits are not in history");
    }

    #[test]
    fn what_is_merged_after_the_tip_does_not_count() {
        let commits = vec![commit(1, &[], "One (#3)"), commit(2, &[1], "Two (#4)")];
        let pulls = recover(&History { commits }, id(1));
        assert_eq!(pulls.iter().map(|pull| pull.number).collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn reverts() {
        for title in ["Revert \"x\"", "revert: x", "REVERT x", "Revert\"x\""] {
            assert!(is_revert(title), "{title}");
        }
        for title in ["Reverted x", "Revert", "reverting x", "revert-x", "Add x", "", "Révert x"] {
            assert!(!is_revert(title), "{title}");
        }
    }
}
