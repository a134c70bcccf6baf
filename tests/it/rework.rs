//! Lines that were written shortly before they were changed: equal to what `git blame` says, to the line, for every file of
//! every commit.

use crate::git_fixture::{Fixture, git, git_text, shared};
use gix::bstr::ByteSlice;
use paceline::collect::git::history::{self, History};
use paceline::collect::git::numstat::{Comparison, changes, merges, numstat};
use paceline::collect::git::rework::{REWORK_SECONDS, Reworked, Tracker, replayed};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// By commit and path.
type Found = BTreeMap<(String, String), Reworked>;

/// Commits of a repository of any size that are held against git, which reads a file's history anew for each.
const MOST_COMMITS: usize = 400;

#[test]
fn every_line_of_the_nasty_repository_is_as_git_blames_it() {
    let shared = shared();
    let (rows, different) = differences(&shared.fixture.folder);
    assert_eq!((rows > 0, different), (true, 0));
}

#[test]
fn every_line_is_as_git_blames_it_where_much_is_renamed() {
    for seed in 1..3 {
        let folder = tempfile::tempdir().unwrap();
        let (rows, different) = differences(&Fixture::churned(folder.path(), seed, 150).folder);
        assert_eq!((rows > 0, different), (true, 0));
    }
}

#[test]
fn lines_of_this_repository_are_as_git_blames_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    if !folder.join(".git").exists() {
        eprintln!("skipped: this is no clone of the repository");
        return;
    }
    assert_eq!(differences(folder).1, 0);
}

/// PACELINE_TEST_REPOSITORY names any repository.
#[test]
fn lines_of_a_given_repository_are_as_git_blames_them() {
    let Some(folder) = std::env::var_os("PACELINE_TEST_REPOSITORY").map(PathBuf::from) else {
        eprintln!("skipped: PACELINE_TEST_REPOSITORY names no repository");
        return;
    };
    let (rows, different) = differences(&folder);
    eprintln!("{rows} files of {MOST_COMMITS} commits have lines that were rewritten, {different} differ");
    // Git gives up on renames among very many files and looks again for blame; nothing else is known to differ.
    assert!(different * 1000 <= rows, "{different} of {rows}");
}

/// A history that is followed in two steps says of the second part what one step says.
#[test]
fn a_part_of_a_history_is_followed_as_the_whole() {
    let shared = shared();
    let repo = history::open(&shared.fixture.folder).unwrap();
    let head = history::head(&repo).unwrap();
    let whole = History::read(&repo, &[head], &[]).unwrap();
    let all = ours(&repo, &whole, &whole);
    assert!(all.values().any(|it| it.lines > 0), "the fixture reworks lines");
    for at in (1..whole.commits.len()).step_by(7) {
        let new = History::read(&repo, &[head], &[whole.commits[at].id]).unwrap();
        let found = ours(&repo, &whole, &new);
        let ids: BTreeSet<String> = new.commits.iter().map(|it| it.id.to_string()).collect();
        let is_new = |commit: &str| ids.contains(commit);
        let expected: Found =
            all.iter().filter(|(key, _)| is_new(&key.0)).map(|(key, it)| (key.clone(), *it)).collect();
        assert_eq!(found, expected, "from commit {at} on");
    }
}

/// Where lines changed adds up to what git's numstat counts.
#[test]
fn places_of_changes_add_up_to_the_counts() {
    let folder = tempfile::tempdir().unwrap();
    let churned = Fixture::churned(folder.path(), 7, 200);
    let shared = shared();
    for folder in [&shared.fixture.folder, &churned.folder, &PathBuf::from(env!("CARGO_MANIFEST_DIR"))] {
        let Ok(repo) = history::open(folder) else { continue };
        let whole = History::read(&repo, &[history::head(&repo).unwrap()], &[]).unwrap();
        let repo = repo.into_sync();
        let comparisons: Vec<Comparison> = whole.commits.iter().filter_map(Comparison::of).collect();
        let counted = numstat(&repo, &comparisons, 2, &|_| {}).unwrap();
        let mut found = changes(&repo, &comparisons, 2, &|_| {}).unwrap();
        assert!(found.iter().flat_map(|diff| &diff.files).any(|file| file.hunks.is_some()));
        found.iter_mut().flat_map(|diff| &mut diff.files).for_each(|file| file.hunks = None);
        assert_eq!(found, counted);
    }
}

/// Files with rewritten lines at git, and how many of all differ.
fn differences(folder: &Path) -> (usize, usize) {
    let repo = history::open(folder).unwrap();
    let whole = History::read(&repo, &[history::head(&repo).unwrap()], &[]).unwrap();
    let ours = ours(&repo, &whole, &whole);
    let (mut rows, mut different) = (0, 0);
    let plain: Vec<&history::Commit> = whole.commits.iter().filter(|commit| commit.parents.len() == 1).collect();
    let authors = authors(folder);
    for commit in &plain[plain.len().saturating_sub(MOST_COMMITS)..] {
        let id = commit.id.to_string();
        let of_commit = ours.range((id.clone(), String::new())..).take_while(|((commit, _), _)| *commit == id);
        for ((_, path), found) in of_commit {
            let expected = blamed(folder, &id, path, &authors);
            rows += usize::from(expected.lines > 0);
            if *found != expected {
                different += 1;
                eprintln!("{id} {path}: found {found:?}, git says {expected:?}");
            }
        }
    }
    (rows, different)
}

fn ours(repo: &gix::Repository, whole: &History, new: &History) -> Found {
    let replayed = replayed(whole, new);
    let shared = repo.clone().into_sync();
    let comparisons: Vec<Comparison> = replayed.iter().filter_map(|(commit, _)| Comparison::of(commit)).collect();
    let joining: Vec<&history::Commit> =
        replayed.iter().map(|(commit, _)| *commit).filter(|commit| commit.parents.len() > 1).collect();
    let mut diffs = changes(&shared, &comparisons, 2, &|_| {}).unwrap().into_iter();
    let mut merged = merges(&shared, &joining, 2, &|_| {}).unwrap().into_iter();
    let mut tracker = Tracker::new(replayed.iter().map(|(commit, _)| *commit));
    let mut found = Found::new();
    for (commit, is_new) in replayed {
        if commit.parents.len() > 1 {
            tracker.merge(commit, &merged.next().unwrap());
            continue;
        }
        let diff = diffs.next().unwrap();
        let reworked = tracker.commit(commit, &diff);
        for (file, reworked) in diff.files.iter().zip(reworked) {
            if let (true, Some(reworked), Ok(path)) = (is_new, reworked, file.path.to_str()) {
                found.insert((commit.id.to_string(), path.to_owned()), reworked);
            }
        }
    }
    found
}

/// Author date, name and e-mail of every commit, the words in lower case.
fn authors(folder: &Path) -> BTreeMap<String, (i64, String, String)> {
    let repo = history::open(folder).unwrap();
    let whole = History::read(&repo, &[history::head(&repo).unwrap()], &[]).unwrap();
    let author = |commit: &history::Commit| {
        let words = [&commit.author.name, &commit.author.email].map(|word| word.to_lowercase());
        (commit.id.to_string(), (commit.authored.seconds, words[0].clone(), words[1].clone()))
    };
    whole.commits.iter().map(author).collect()
}

/// What git's diff and git's blame of the commit before say of a file.
fn blamed(folder: &Path, commit: &str, path: &str, authors: &BTreeMap<String, (i64, String, String)>) -> Reworked {
    let mut found = Reworked::default();
    let diff = git(
        folder,
        ["-c", "diff.renameLimit=1000", "show", "--format=", "-p", "-U0", "-M", "--no-color", "--no-ext-diff", commit],
    );
    let (previous, ranges) = removed(&diff.to_str_lossy(), path);

    // A change from link to file is two diffs to git, and none to its numstat where the content is the same.
    let content = |revision: &str| {
        let entry = git_text(folder, &["ls-tree", revision, "--", path]);
        entry.split_whitespace().nth(2).map(str::to_owned)
    };
    let is_same = content(commit).is_some() && content(commit) == content(&format!("{commit}^"));
    if ranges.is_empty() || is_same {
        return found;
    }
    let mut args = vec!["blame".to_owned(), "--porcelain".to_owned()];
    args.extend(ranges.iter().map(|(first, lines)| format!("-L{first},+{lines}")));
    args.extend([format!("{commit}^"), "--".to_owned(), previous]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let now = &authors[commit];
    for line in git_text(folder, &args).lines() {
        let mut words = line.split(' ');
        let is_header = words.next().is_some_and(|id| id.len() == 40 && id.bytes().all(|it| it.is_ascii_hexdigit()));
        if line.starts_with('\t') || !is_header || words.next().is_none_or(|number| number.parse::<u32>().is_err()) {
            continue;
        }
        let then = &authors[&line[..40]];
        if now.0.abs_diff(then.0) <= REWORK_SECONDS.unsigned_abs() {
            found.lines += 1;
            found.of_others += u64::from(now.1 != then.1 && now.2 != then.2);
        }
    }
    found
}

/// The former path of a file of a diff and its removed lines, as first line from 1 and how many.
fn removed(diff: &str, path: &str) -> (String, Vec<(u32, u32)>) {
    let (mut previous, mut ranges) = (path.to_owned(), Vec::new());
    let (mut old, mut is_ours, mut in_header) = (None, false, true);
    for line in diff.lines() {
        if line.starts_with("diff --git ") {
            (old, is_ours, in_header) = (None, false, true);
        } else if let (true, Some(name)) = (in_header, line.strip_prefix("--- ")) {
            old = unquoted(name, "a/");
        } else if let (true, Some(name)) = (in_header, line.strip_prefix("+++ ")) {
            let new = unquoted(name, "b/").or_else(|| old.clone());
            is_ours = new.as_deref() == Some(path);
            in_header = false;
            if let (true, Some(old)) = (is_ours, &old) {
                previous.clone_from(old);
            }
        } else if let (true, Some(places)) = (is_ours, line.strip_prefix("@@ -")) {
            let range = places.split(' ').next().unwrap();
            let (first, lines) = range.split_once(',').unwrap_or((range, "1"));
            let (first, lines): (u32, u32) = (first.parse().unwrap(), lines.parse().unwrap());
            ranges.extend((lines > 0).then_some((first, lines)));
        }
    }
    (previous, ranges)
}

/// A path as a diff names it; `None` for no file.
fn unquoted(name: &str, prefix: &str) -> Option<String> {
    let name = name.strip_suffix('\t').unwrap_or(name);
    let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).map_or(name.to_owned(), |name| {
        let mut bytes = Vec::new();
        let mut rest = name.as_bytes();
        while let [first, tail @ ..] = rest {
            let (byte, left) = match (first, tail) {
                (b'\\', [a, b, c, left @ ..]) if a.is_ascii_digit() => {
                    ((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'), left)
                }
                (b'\\', [b't', left @ ..]) => (b'\t', left),
                (b'\\', [b'n', left @ ..]) => (b'\n', left),
                (b'\\', [escaped, left @ ..]) => (*escaped, left),
                _ => (*first, tail),
            };
            bytes.push(byte);
            rest = left;
        }
        String::from_utf8_lossy(&bytes).into_owned()
    });
    name.strip_prefix(prefix).map(str::to_owned)
}
