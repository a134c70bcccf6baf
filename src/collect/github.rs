//! `type = "github"`: everything GitHub knows of a team's work, complete also when GitHub is slow, limited or late.
//!
//! One rule: REST tells what changed, GraphQL what it is now, and both go through a [`Session`], so that the cursor never
//! stands behind something that was not stored.

mod builds;
mod client;
mod deployments;
mod graph;
pub mod map;
mod newest;
pub mod payload;
mod pulls;
mod reconciliation;
mod releases;
mod repositories;
pub mod saved;
mod troubles;
pub mod webhook;

pub use client::{GithubError, Patience};
pub use troubles::Denied;

use super::session::Session;
use super::{Collecting, Report, Result};
use crate::project::{Credential, GithubList, GithubPipeline, GithubSource};
use builds::BuildsCursor;
use chrono::{DateTime, Utc};
use client::{Client, Login};
use deployments::DeploymentsCursor;
use releases::ReleasesCursor;
use repositories::Repository;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use troubles::Troubles;

/// Where a GitHub was left.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Cursor {
    /// By node id, which a repository keeps when it is renamed or moved.
    repositories: BTreeMap<String, RepositoryCursor>,
}

/// Where one repository was left.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct RepositoryCursor {
    /// `owner/name` under which its rows are stored.
    name: String,
    updated_at: Option<DateTime<Utc>>,
    pulls: ListCursor,
    builds: BuildsCursor,
    deployments: DeploymentsCursor,
    releases: ReleasesCursor,
    /// When it was last compared with the tables, by our clock.
    compared_at: Option<DateTime<Utc>>,
}

/// Where a list that is ordered by its last change was left.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct ListCursor {
    /// Everything that changed before this moment is stored.
    until: Option<DateTime<Utc>>,
    /// The second of `until` had passed when it was read, so that nothing else can have changed in it unseen.
    settled: bool,
    /// The first reading is under way.
    backfill: Option<Backfill>,
    etag: Option<String>,
}

/// How far a first reading came.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Backfill {
    /// Where the next page begins.
    after: Option<String>,
    /// What becomes [`ListCursor::until`] at the end.
    until: Option<DateTime<Utc>>,
    settled: bool,
}

/// Something that has no result yet, and must not be forgotten until it has.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Waiting {
    node_id: String,
    /// As it is stored.
    version: DateTime<Utc>,
}

pub(super) async fn collect(
    collecting: &mut Collecting<'_>,
    source: &str,
    keys: &GithubPipeline,
    folder: &Path,
) -> Result<Report> {
    let (url, login) = match &keys.from {
        GithubSource::Saved(path) => return saved(collecting, source, keys, &folder.join(path)).await,
        GithubSource::Api { url, credential } => (url, login(credential, folder)?),
    };
    let progress = collecting.progress;
    let mut client = Client::new(url, login, collecting.patience, progress)?;
    collecting.put_origin(source, "github", url.clone(), false)?;
    let accounts = Some(noreply_host(url));
    let mut session = Session::<Cursor>::begin(collecting, source, format!("github:{source}"), accounts).await?;
    let collected = api(&mut client, &mut session, keys).await;
    // What was read before a failure is not read again.
    let report = session.finish().await;
    collected.and(report)
}

/// Reads every file again: what it says is the same as before, or newer. A bad file does not stop the others.
async fn saved(collecting: &mut Collecting<'_>, source: &str, keys: &GithubPipeline, path: &Path) -> Result<Report> {
    let files = saved::files(path)?;
    collecting.put_origin(source, "github", path.display().to_string(), false)?;
    collecting.progress.stage(&format!("reading {source}"), Some(files.len() as u64));
    let accounts = Some(noreply_host("https://api.github.com"));
    let mut session = Session::<Saved>::begin(collecting, source, format!("github-saved:{source}"), accounts).await?;
    let mut failed = Ok(Report::default());
    for file in &files {
        match saved::read_file(file, !keys.tickets.is_empty()) {
            Ok(observations) => session.take(observations),
            Err(error) => {
                tracing::warn!("{error}");
                failed = Err(error);
            }
        }
        session.collecting.progress.advance(1);
        session.checkpoint().await?;
    }
    let report = session.finish().await;
    failed.and(report)
}

/// Saved answers have no place to go on from.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Saved;

async fn api(client: &mut Client<'_>, session: &mut Session<'_, '_, Cursor>, keys: &GithubPipeline) -> Result<()> {
    let repositories = repositories::named(client, &keys.repositories).await?;
    repositories::follow(session, &repositories).await?;
    let mut troubles = Troubles::default();
    for repository in &repositories {
        let read = pulls::collect(client, session, repository, keys.since).await;
        if !troubles.pass(repository, read)? {
            continue;
        }
        let mut lists = Vec::new();
        for list in [GithubList::Builds, GithubList::Deployments, GithubList::Releases] {
            if !keys.reads(list) {
                continue;
            }
            let read = read_list(client, session, repository, keys, list).await;
            if troubles.pass_list(repository, list, read)? {
                lists.push(list);
            }
        }
        let compared = reconciliation::run(client, session, repository, keys, &lists).await;
        troubles.pass(repository, compared)?;
    }
    troubles.end()
}

async fn read_list(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    repository: &Repository,
    keys: &GithubPipeline,
    list: GithubList,
) -> Result<()> {
    match list {
        GithubList::Builds | GithubList::Jobs => builds::collect(client, session, repository, keys).await,
        GithubList::Deployments => deployments::collect(client, session, repository, keys).await,
        GithubList::Releases => releases::collect(client, session, repository, keys).await,
    }
}

/// Where an account's address that hides the real one lies: `users.noreply.` and the host of the pages.
fn noreply_host(url: &str) -> String {
    let url = url::Url::parse(url).ok();
    let host = url.as_ref().and_then(|url| url.host_str()).unwrap_or("github.com");
    format!("users.noreply.{}", host.strip_prefix("api.").unwrap_or(host))
}

fn login(credential: &Credential, folder: &Path) -> Result<Login, GithubError> {
    match credential {
        Credential::Token(token) => Ok(Login::Token(token.read(folder).map_err(GithubError::Secret)?)),
        Credential::App { id, installation, key } => {
            let pem = key.read(folder).map_err(GithubError::Secret)?;
            Ok(Login::App { id: *id, installation: *installation, pem })
        }
    }
}
