//! `type = "git"`: commits, files, people, releases and pull requests from a repository's history, and the complexity of
//! its code at sampled moments.
//!
//! One rule: every row follows from the plan (two commit ids and a time) and the immutable objects they name.

mod catalog;
mod code;
pub mod complexity;
pub mod history;
pub mod language;
pub mod numstat;
mod origin;
mod plan;
pub mod pulls;
pub mod rework;
mod samples;
mod tables;

use self::history::{History, Mailmap};
use self::numstat::Comparison;
use self::plan::{Plan, Step};
use super::{CollectError, Collecting, Result, is_bot, threads};
use crate::model;
use crate::project::GitPipeline;
use crate::store::{Change, Identity, IdentityKey, Mark};
use gix::ObjectId;
use std::collections::BTreeSet;
use std::path::Path;

pub use self::origin::{OriginError, probe, repository_name};

/// What can go wrong with a repository.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    #[error(transparent)]
    History(#[from] history::Error),
    #[error(transparent)]
    Origin(#[from] OriginError),
}

/// Commits whose diffs are in memory at a time.
const COMMITS_PER_BATCH: usize = 4_096;

/// One repository being collected.
struct Source<'a> {
    /// Name of the pipeline.
    name: &'a str,
    /// Name in the tables.
    repository: String,
    repo: gix::Repository,
    plan: Plan,
    mark: Mark,
}

pub(super) async fn collect(
    collecting: &mut Collecting<'_>,
    name: &str,
    keys: &GitPipeline,
    folder: &Path,
) -> Result<()> {
    let (repo, address) = origin::open(collecting, name, &keys.path, folder).map_err(GitError::from)?;
    let repository = keys.repository.clone().unwrap_or_else(|| repository_name(&keys.path, folder));
    let application = application(name);
    collecting.put_origin(name, "git", address, false)?;
    // An interrupted plan comes first; what the repository got since then is the next plan.
    while let Step::Carry { plan, version } = plan::decide(collecting, &application, &repo, keys)? {
        let mark = Mark { application: application.clone(), version };
        let source = Source { name, repository: repository.clone(), repo: repo.clone(), plan, mark };
        let whole = collect_history(collecting, &source, keys.catalog.as_str()).await?;
        code::collect(collecting, &source, &whole, keys.code).await?;
        collecting.state.finish(&application, version)?;
    }
    // The mailmap may have been edited without a commit.
    refresh_identities(collecting, name, &repo)?;
    origin::forget_clone(collecting, name)
}

/// Under which name a pipeline leaves its marks.
fn application(pipeline: &str) -> String {
    format!("git:{pipeline}")
}

async fn collect_history(collecting: &mut Collecting<'_>, source: &Source<'_>, catalog: &str) -> Result<History> {
    let Source { repo, plan, .. } = source;
    collecting.progress.stage(&format!("{}: reading commits", source.repository), None);
    let whole = History::read(repo, &[plan.head], &[]).map_err(GitError::from)?;
    let new = plan.new_commits(repo, &whole)?;
    put_identities(collecting, source.name, &new.commits, &Mailmap::read(repo))?;

    let change = source.change();
    let diffs = tables::diffs(collecting, source, &whole, &new)?;
    let wanted = catalog::Wanted { name: catalog };
    let touched = catalog::touched(&diffs, wanted);
    let (pull_change, pulls) = tables::pulls(collecting, source, &whole, &diffs)?;
    collecting.write(&model::code::COMMITS, &change, &source.mark, diffs.commits).await?;
    collecting.write(&model::code::COMMIT_FILES, &change, &source.mark, diffs.files).await?;
    collecting.write(&model::flow::PULL_REQUESTS, &pull_change, &source.mark, pulls).await?;
    let releases = tables::releases(source)?;
    collecting.write(&model::code::RELEASES, &source.replace(), &source.mark, releases).await?;
    catalog::collect(collecting, source, &whole, touched, wanted).await?;
    let row = tables::repository(collecting, source, &whole)?;
    collecting.write(&model::code::REPOSITORIES, &source.replace(), &source.mark, row).await?;
    Ok(whole)
}

impl Source<'_> {
    /// How rows that never change join their table: added, or in place of everything when the history was rewritten.
    fn change(&self) -> Change {
        if self.plan.base.is_some() { Change::Append } else { self.replace() }
    }

    fn replace(&self) -> Change {
        Change::Replace { column: "source", value: self.name.to_owned() }
    }

    fn id(&self, collecting: &Collecting<'_>, identity: &history::Identity) -> String {
        key(self.name, identity).id(&collecting.secret)
    }
}

fn key(source: &str, identity: &history::Identity) -> IdentityKey {
    IdentityKey {
        source: source.to_owned(),
        name: identity.name.clone(),
        email: identity.email.clone(),
        ..IdentityKey::default()
    }
}

fn put_identities(
    collecting: &mut Collecting<'_>,
    source: &str,
    commits: &[history::Commit],
    mailmap: &Mailmap,
) -> Result<()> {
    let seen: BTreeSet<&history::Identity> =
        commits.iter().flat_map(|commit| [&commit.author, &commit.committer]).collect();
    let identities: Vec<Identity> = seen.into_iter().map(|raw| resolved(key(source, raw), raw, mailmap)).collect();
    collecting.put_identities(&identities)?;
    Ok(())
}

fn resolved(key: IdentityKey, raw: &history::Identity, mailmap: &Mailmap) -> Identity {
    let canonical = mailmap.resolve(raw);
    let is_bot = is_bot(&canonical.name, &canonical.email);
    Identity { key, canonical: (canonical.name, canonical.email), account: None, is_bot }
}

/// Resolves everybody of this source again.
fn refresh_identities(collecting: &mut Collecting<'_>, source: &str, repo: &gix::Repository) -> Result<()> {
    let mailmap = Mailmap::read(repo);
    let known = collecting.state.identities()?.into_iter().map(|(_, _, identity)| identity);
    let changed: Vec<Identity> = known
        .filter(|identity| identity.key.source == source)
        .filter_map(|identity| {
            let raw = history::Identity { name: identity.key.name.clone(), email: identity.key.email.clone() };
            let now = resolved(identity.key.clone(), &raw, &mailmap);
            (now != identity).then_some(now)
        })
        .collect();
    collecting.put_identities(&changed)
}

/// The rows of each comparison, with progress.
fn numstat(
    collecting: &Collecting<'_>,
    repo: &gix::Repository,
    comparisons: &[Comparison],
) -> Result<Vec<numstat::CommitDiff>> {
    let progress = |commits: usize| collecting.progress.advance(commits as u64);
    let shared = repo.clone().into_sync();
    Ok(numstat::numstat(&shared, comparisons, threads(), &progress).map_err(GitError::from)?)
}

/// The rows of each comparison with the places where lines changed, with progress.
fn changes(
    collecting: &Collecting<'_>,
    repo: &gix::Repository,
    comparisons: &[Comparison],
) -> Result<Vec<numstat::CommitDiff>> {
    let progress = |commits: usize| collecting.progress.advance(commits as u64);
    let shared = repo.clone().into_sync();
    Ok(numstat::changes(&shared, comparisons, threads(), &progress).map_err(GitError::from)?)
}

/// What each merge made of its parents' files, with progress.
fn merges(
    collecting: &Collecting<'_>,
    repo: &gix::Repository,
    merges: &[&history::Commit],
) -> Result<Vec<numstat::MergeDiff>> {
    let progress = |commits: usize| collecting.progress.advance(commits as u64);
    let shared = repo.clone().into_sync();
    Ok(numstat::merges(&shared, merges, threads(), &progress).map_err(GitError::from)?)
}

/// Microseconds since 1970.
fn micros(seconds: i64) -> Option<i64> {
    seconds.checked_mul(1_000_000)
}

fn hex(id: ObjectId) -> String {
    id.to_hex().to_string()
}

impl From<history::Error> for CollectError {
    fn from(error: history::Error) -> CollectError {
        CollectError::Git(GitError::History(error))
    }
}
