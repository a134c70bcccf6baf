//! History as rows: commits, their files, pull requests, releases, the repository itself.

use super::super::{Collecting, Result, rows};
use super::history::{Commit, History};
use super::numstat::{CommitDiff, Comparison, Totals, path_text};
use super::pulls::{self, PullRequest};
use super::rework::{Reworked, Tracker, replayed};
use super::{COMMITS_PER_BATCH, Source, hex, language, micros};
use crate::model::{self, Kind};
use crate::store::Change;
use arrow::array::{RecordBatch, new_null_array};
use gix::ObjectId;
use std::collections::BTreeMap;

/// The new part of a history.
pub(super) struct Diffs {
    pub commits: Vec<RecordBatch>,
    pub files: Vec<RecordBatch>,
    /// Of each commit but merges.
    totals: BTreeMap<ObjectId, Totals>,
}

/// Compares the commits of the new part of a history with their parents. Commits shortly before them are compared again, to
/// know who wrote the lines that the new ones change.
pub(super) fn diffs(collecting: &Collecting<'_>, source: &Source<'_>, whole: &History, new: &History) -> Result<Diffs> {
    let (mut commits, mut files, mut all) = (Vec::new(), Vec::new(), BTreeMap::new());
    let replayed = replayed(whole, new);
    collecting.progress.stage(&format!("{}: comparing commits", source.repository), Some(replayed.len() as u64));
    let mut tracker = Tracker::new(replayed.iter().map(|(commit, _)| *commit));
    for part in replayed.chunks(COMMITS_PER_BATCH) {
        let comparisons: Vec<Comparison> = part.iter().filter_map(|(commit, _)| Comparison::of(commit)).collect();
        let merges: Vec<&Commit> =
            part.iter().map(|(commit, _)| *commit).filter(|commit| commit.parents.len() > 1).collect();
        let mut diffs = super::changes(collecting, &source.repo, &comparisons)?.into_iter();
        let mut merges = super::merges(collecting, &source.repo, &merges)?.into_iter();
        let (mut new, mut told) = (Vec::new(), Vec::new());
        for (commit, is_new) in part {
            if commit.parents.len() > 1 {
                if let Some(merge) = merges.next() {
                    tracker.merge(commit, &merge);
                }
            } else if let Some(mut diff) = diffs.next() {
                let reworked = tracker.commit(commit, &diff);
                if *is_new {
                    diff.files.iter_mut().for_each(|file| file.hunks = None);
                    told.push((diff, reworked));
                }
            }
            new.extend(is_new.then_some(*commit));
        }
        let totals: BTreeMap<ObjectId, Totals> = told.iter().map(|(diff, _)| (diff.commit, diff.totals())).collect();
        if !new.is_empty() {
            files.push(file_batch(source, &new, &told)?);
            commits.push(commit_batch(collecting, source, &new, &totals)?);
        }
        all.extend(totals);
    }
    Ok(Diffs { commits, files, totals: all })
}

fn commit_batch(
    collecting: &Collecting<'_>,
    source: &Source<'_>,
    commits: &[&Commit],
    totals: &BTreeMap<ObjectId, Totals>,
) -> Result<RecordBatch> {
    let total = |pick: fn(&Totals) -> u64| {
        rows::ints(commits.iter().map(|commit| totals.get(&commit.id).map(|totals| pick(totals).cast_signed())))
    };
    let shas: Vec<String> = commits.iter().map(|commit| hex(commit.id)).collect();
    let parents: Vec<String> = commits.iter().copied().map(parent_shas).collect();
    let authors: Vec<String> = commits.iter().map(|commit| source.id(collecting, &commit.author)).collect();
    let committers: Vec<String> = commits.iter().map(|commit| source.id(collecting, &commit.committer)).collect();
    let committed = || rows::times(commits.iter().map(|commit| micros(commit.committed.seconds)));
    let own = vec![
        rows::texts(commits.iter().map(|_| source.repository.as_str())),
        rows::texts(shas.iter().map(String::as_str)),
        rows::times(commits.iter().map(|commit| micros(commit.authored.seconds))),
        committed(),
        rows::ints(commits.iter().map(|commit| Some(i64::from(commit.authored.offset_minutes)))),
        rows::texts(authors.iter().map(String::as_str)),
        rows::texts(committers.iter().map(String::as_str)),
        rows::ints(commits.iter().map(|commit| Some(commit.parents.len() as i64))),
        rows::texts(parents.iter().map(String::as_str)),
        rows::bools(commits.iter().map(|commit| commit.parents.len() > 1)),
        rows::bools(commits.iter().map(|commit| pulls::is_revert(&commit.subject))),
        rows::texts(commits.iter().map(|commit| commit.subject.as_str())),
        total(|totals| totals.files),
        total(|totals| totals.lines.added),
        total(|totals| totals.lines.deleted),
    ];
    rows::batch(&model::code::COMMITS, own, source.name, committed(), source.plan.at)
}

fn parent_shas(commit: &Commit) -> String {
    let parents: Vec<String> = commit.parents.iter().map(|parent| hex(*parent)).collect();
    parents.join(" ")
}

fn file_batch(
    source: &Source<'_>,
    commits: &[&Commit],
    diffs: &[(CommitDiff, Vec<Option<Reworked>>)],
) -> Result<RecordBatch> {
    let committed_at: BTreeMap<ObjectId, Option<i64>> =
        commits.iter().map(|commit| (commit.id, micros(commit.committed.seconds))).collect();
    let files = || diffs.iter().flat_map(|(diff, _)| diff.files.iter().map(move |file| (diff.commit, file)));
    let reworked = |pick: fn(&Reworked) -> u64| {
        let all = diffs.iter().flat_map(|(_, reworked)| reworked);
        rows::ints(all.map(|reworked| reworked.as_ref().map(|it| pick(it).cast_signed())))
    };
    let shas: BTreeMap<ObjectId, String> = diffs.iter().map(|(diff, _)| (diff.commit, hex(diff.commit))).collect();
    let paths: Vec<String> = files().map(|(_, file)| path_text(&file.path)).collect();
    let committed = || rows::times(files().map(|(commit, _)| committed_at.get(&commit).copied().flatten()));
    let own = vec![
        rows::texts(paths.iter().map(|_| source.repository.as_str())),
        rows::texts(files().filter_map(|(commit, _)| shas.get(&commit)).map(String::as_str)),
        committed(),
        rows::texts(paths.iter().map(String::as_str)),
        rows::optional_texts(files().map(|(_, file)| file.previous_path.as_ref().map(|path| path_text(path)))),
        rows::texts(files().map(|(_, file)| file.kind.as_str())),
        rows::ints(files().map(|(_, file)| file.lines.map(|lines| lines.added.cast_signed()))),
        rows::ints(files().map(|(_, file)| file.lines.map(|lines| lines.deleted.cast_signed()))),
        rows::optional_texts(paths.iter().map(|path| language::language(path))),
        rows::bools(paths.iter().map(|path| language::is_generated(path))),
        reworked(|it| it.lines),
        reworked(|it| it.of_others),
    ];
    rows::batch(&model::code::COMMIT_FILES, own, source.name, committed(), source.plan.at)
}

/// Pull requests that were not known before, or all of them where an older one is affected.
pub(super) fn pulls(
    collecting: &Collecting<'_>,
    source: &Source<'_>,
    whole: &History,
    diffs: &Diffs,
) -> Result<(Change, Vec<RecordBatch>)> {
    let found = pulls::recover(whole, source.plan.head);
    let before = source.plan.base.as_ref().map(|base| pulls::recover(whole, base.head)).unwrap_or_default();
    let known: BTreeMap<i64, &PullRequest> = before.iter().map(|pull| (pull.number, pull)).collect();
    let kept = found.iter().filter(|pull| known.get(&pull.number).is_some_and(|old| *old == *pull)).count();
    // A merge that makes the former main line a side branch can change what older commits are.
    let only_additions = source.plan.base.is_some() && kept == before.len();
    let (change, chosen): (Change, Vec<&PullRequest>) = if only_additions {
        (Change::Append, found.iter().filter(|pull| !known.contains_key(&pull.number)).collect())
    } else {
        (source.replace(), found.iter().collect())
    };
    Ok((change, vec![pull_batch(collecting, source, whole, diffs, &chosen)?]))
}

fn pull_batch(
    collecting: &Collecting<'_>,
    source: &Source<'_>,
    whole: &History,
    diffs: &Diffs,
    pulls: &[&PullRequest],
) -> Result<RecordBatch> {
    let commits: BTreeMap<ObjectId, &Commit> = whole.commits.iter().map(|commit| (commit.id, commit)).collect();
    // A squashed pull request is one commit, which was compared with its parent just now.
    let comparisons: Vec<Comparison> = pulls
        .iter()
        .filter(|pull| !diffs.totals.contains_key(&pull.merge))
        .filter_map(|pull| commits.get(&pull.merge))
        .map(|commit| Comparison::with_first_parent(commit))
        .collect();
    collecting
        .progress
        .stage(&format!("{}: comparing pull requests", source.repository), Some(comparisons.len() as u64));
    let merges: BTreeMap<ObjectId, Totals> = super::numstat(collecting, &source.repo, &comparisons)?
        .iter()
        .map(|diff| (diff.commit, diff.totals()))
        .collect();
    let totals = |merge: &ObjectId| diffs.totals.get(merge).or_else(|| merges.get(merge));
    let total = |pick: fn(&Totals) -> u64| {
        rows::ints(pulls.iter().map(|pull| totals(&pull.merge).map(|totals| pick(totals).cast_signed())))
    };
    let merged = || rows::times(pulls.iter().map(|pull| micros(pull.merged_at)));
    let unknown = |kind: Kind| new_null_array(&kind.arrow(), pulls.len());
    let authors = pulls.iter().map(|pull| pull.author.as_ref().map(|author| source.id(collecting, author)));
    let shas: Vec<String> = pulls.iter().map(|pull| hex(pull.merge)).collect();
    let own = vec![
        rows::texts(pulls.iter().map(|_| source.repository.as_str())),
        rows::ints(pulls.iter().map(|pull| Some(pull.number))),
        rows::texts(pulls.iter().map(|pull| pull.title.as_str())),
        rows::optional_texts(authors),
        rows::texts(pulls.iter().map(|_| "merged")),
        rows::texts(pulls.iter().map(|pull| pull.method.as_str())),
        rows::texts(shas.iter().map(String::as_str)),
        rows::times(pulls.iter().map(|pull| pull.first_commit_at.and_then(micros))),
        unknown(Kind::Time),
        unknown(Kind::Time),
        unknown(Kind::Time),
        unknown(Kind::Time),
        merged(),
        merged(),
        unknown(Kind::Time),
        rows::ints(pulls.iter().map(|pull| pull.commits.map(u64::cast_signed))),
        total(|totals| totals.files),
        total(|totals| totals.lines.added),
        total(|totals| totals.lines.deleted),
        total(|totals| totals.generated_lines),
        unknown(Kind::Int),
        unknown(Kind::Bool),
        unknown(Kind::Text),
        unknown(Kind::Text),
        rows::bools(pulls.iter().map(|pull| pull.is_revert)),
        rows::texts(pulls.iter().map(|pull| pull.missing())),
    ];
    rows::batch(&model::flow::PULL_REQUESTS, own, source.name, merged(), source.plan.at)
}

pub(super) fn releases(source: &Source<'_>) -> Result<Vec<RecordBatch>> {
    let tags = &source.plan.tags;
    let released = || rows::times(tags.iter().map(|tag| micros(tag.released)));
    let own = vec![
        rows::texts(tags.iter().map(|_| source.repository.as_str())),
        rows::texts(tags.iter().map(|tag| tag.name.as_str())),
        rows::texts(tags.iter().map(|tag| tag.commit.as_str())),
        released(),
    ];
    Ok(vec![rows::batch(&model::code::RELEASES, own, source.name, released(), source.plan.at)?])
}

pub(super) fn repository(
    collecting: &Collecting<'_>,
    source: &Source<'_>,
    whole: &History,
) -> Result<Vec<RecordBatch>> {
    let origin = collecting.state.origins()?.into_iter().find(|origin| origin.source == source.name);
    let first = whole.commits.iter().map(|commit| commit.authored.seconds).min();
    let last = whole.commits.iter().map(|commit| commit.committed.seconds).max();
    let one = |time: Option<i64>| rows::times(std::iter::once(time.and_then(micros)));
    let own = vec![
        rows::texts(std::iter::once(source.repository.as_str())),
        rows::optional_texts(std::iter::once(origin.map(|origin| origin.address))),
        rows::optional_texts(std::iter::once(source.plan.branch.as_deref())),
        rows::texts(std::iter::once(hex(source.plan.head).as_str())),
        rows::ints(std::iter::once(Some(whole.commits.len() as i64))),
        one(first),
        one(last),
    ];
    Ok(vec![rows::batch(&model::code::REPOSITORIES, own, source.name, one(last), source.plan.at)?])
}
