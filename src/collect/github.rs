//! `type = "github"`: everything GitHub knows of a team's work, complete also when GitHub is slow, limited or late.
//!
//! One rule: REST tells what changed, GraphQL what it is now, and both go through a [`Session`], so that the cursor never
//! stands behind something that was not stored.

mod builds;
mod client;
mod copilot;
mod deployments;
mod graph;
mod items;
mod letter;
pub mod map;
mod newest;
pub mod payload;
mod reconciliation;
mod releases;
mod repositories;
pub mod saved;
mod teams;
pub mod webhook;

pub(super) use letter::Reader;

use super::http::{HttpError, Limits, Troubles};
use super::session::Session;
use super::{CollectError, Collecting, Result};
use crate::project::{Credential, GithubList, GithubPipeline, GithubSource};
use builds::BuildsCursor;
use chrono::{DateTime, Utc};
use client::{Client, Login};
use deployments::DeploymentsCursor;
use graph::issue::Issue;
use graph::pull::Pull;
use releases::ReleasesCursor;
use repositories::Repository;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Where a GitHub was left.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Cursor {
    /// By node id, which a repository keeps when it is renamed or moved.
    repositories: BTreeMap<String, RepositoryCursor>,
    /// When the use of Copilot was last read, by organisation and by our clock.
    copilot: BTreeMap<String, DateTime<Utc>>,
}

/// Where one repository was left.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct RepositoryCursor {
    /// `owner/name` under which its rows are stored.
    name: String,
    /// The pipeline names it for its pull requests and all else.
    is_read: bool,
    /// The pipeline names it for its issues.
    takes_tickets: bool,
    updated_at: Option<DateTime<Utc>>,
    pulls: ListCursor,
    issues: ListCursor,
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
) -> Result<()> {
    let (url, login) = match &keys.from {
        GithubSource::Saved(path) => return saved(collecting, source, keys, &folder.join(path)).await,
        GithubSource::Api { url, credential } => (url, login(credential, folder)?),
    };
    let mut client = Client::new(url, login, Limits::of(collecting, source))?;
    // A run that died while it waited waits no more.
    client.limits().record(None);
    collecting.put_origin(source, "github", address(keys), false)?;
    let mut session =
        Session::<Cursor>::begin(collecting, source, application(source), Some(accounts_host(keys))).await?;
    let collected = api(&mut client, &mut session, keys).await;
    // What was read before a failure is not read again.
    let stored = session.store().await;
    client.limits().record(None);
    collected.and(stored)
}

/// Reads every file again: what it says is the same as before, or newer. A bad file is said and does not stop the others.
async fn saved(collecting: &mut Collecting<'_>, source: &str, keys: &GithubPipeline, path: &Path) -> Result<()> {
    let files = saved::files(path)?;
    collecting.put_origin(source, "github", address(keys), false)?;
    collecting.progress.stage(&format!("reading {source}"), Some(files.len() as u64));
    let application = format!("github-saved:{source}");
    let mut session = Session::<Saved>::begin(collecting, source, application, Some(accounts_host(keys))).await?;
    let mut bad = 0;
    for file in &files {
        match saved::read_file(file, &|repository| keys.takes_tickets_of(repository)) {
            Ok(observations) => session.take(observations),
            Err(error) => {
                session.collecting.progress.warn(&error.to_string());
                bad += 1;
            }
        }
        session.collecting.progress.advance(1);
        session.checkpoint().await?;
    }
    session.store().await?;
    if bad > 0 { Err(CollectError::BadFiles { bad, all: files.len() }) } else { Ok(()) }
}

/// Saved answers have no place to go on from.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Saved;

async fn api(client: &mut Client<'_>, session: &mut Session<'_, '_, Cursor>, keys: &GithubPipeline) -> Result<()> {
    let repositories = repositories::named(client, keys).await?;
    repositories::follow(session, &repositories).await?;
    let mut troubles = Troubles::new(session.collecting.progress);
    for repository in &repositories {
        let read = items(client, session, repository, keys).await;
        if !troubles.pass(read)? {
            continue;
        }
        let mut lists = Vec::new();
        for list in [GithubList::Builds, GithubList::Deployments, GithubList::Releases] {
            if !repository.is_read || !keys.lists(list) {
                continue;
            }
            let read = read_list(client, session, repository, keys, list).await;
            if troubles.pass_list(&repository.full_name, (list.word(), list.permission()), read)? {
                lists.push(list);
            }
        }
        let compared = reconciliation::run(client, session, repository, keys, &lists).await;
        troubles.pass(compared)?;
    }
    for organisation in &keys.teams {
        let read = teams::collect(client, session, organisation).await;
        troubles.pass(read)?;
    }
    for organisation in &keys.copilot {
        let read = copilot::collect(client, session, organisation).await;
        troubles.pass(read)?;
    }
    troubles.end()
}

/// Pull requests, and issues that are tickets.
async fn items(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    repository: &Repository,
    keys: &GithubPipeline,
) -> Result<()> {
    if repository.is_read {
        items::collect::<Pull>(client, session, repository, keys.since).await?;
    }
    if repository.takes_tickets {
        items::collect::<Issue>(client, session, repository, keys.since).await?;
    }
    Ok(())
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

/// Where the answers come from.
pub(super) fn address(keys: &GithubPipeline) -> String {
    match &keys.from {
        GithubSource::Api { url, .. } => url.clone(),
        GithubSource::Saved(path) => path.display().to_string(),
    }
}

/// Who writes the cursor of a source.
fn application(source: &str) -> String {
    format!("github:{source}")
}

/// The host whose accounts are named: that of the pages.
pub(super) fn accounts_host(keys: &GithubPipeline) -> String {
    let url = match &keys.from {
        GithubSource::Api { url, .. } => url::Url::parse(url).ok(),
        GithubSource::Saved(_) => None,
    };
    let host = url.as_ref().and_then(|url| url.host_str()).unwrap_or("github.com");
    host.strip_prefix("api.").unwrap_or(host).to_owned()
}

fn login(credential: &Credential, folder: &Path) -> Result<Login, HttpError> {
    match credential {
        Credential::Token(token) => Ok(Login::Token(token.read(folder).map_err(HttpError::Secret)?)),
        Credential::App { id, installation, key } => {
            let pem = key.read(folder).map_err(HttpError::Secret)?;
            Ok(Login::App { id: *id, installation: *installation, pem })
        }
    }
}
