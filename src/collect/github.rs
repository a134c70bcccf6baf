//! `type = "github"`: everything GitHub knows of a team's work, complete also when GitHub is slow, limited or late.
//!
//! One rule: REST tells what changed, GraphQL what it is now, and both go through a [`Session`], so that the cursor never
//! stands behind something that was not stored.

mod client;
mod copilot;
mod graph;
pub mod map;
pub mod payload;
mod pulls;
mod reconciliation;
mod repositories;
pub mod saved;
mod teams;
pub mod webhook;

pub use client::{GithubError, Patience};

use super::session::Session;
use super::{CollectError, Collecting, Report, Result};
use crate::project::{Credential, GithubPipeline, GithubSource};
use chrono::{DateTime, Utc};
use client::{Client, Login};
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
    updated_at: Option<DateTime<Utc>>,
    pulls: ListCursor,
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
    let host = Some(accounts_host(url));
    let mut session = Session::<Cursor>::begin(collecting, source, format!("github:{source}"), host).await?;
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
    let host = Some(accounts_host("https://api.github.com"));
    let mut session = Session::<Saved>::begin(collecting, source, format!("github-saved:{source}"), host).await?;
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

async fn api(client: &mut Client<'_>, session: &mut Session<'_, '_, Cursor>, keys: &GithubPipeline) -> Result<Report> {
    let repositories = repositories::named(client, &keys.repositories).await?;
    repositories::follow(session, &repositories).await?;
    let mut failed = Ok(Report::default());
    for repository in &repositories {
        let read = async {
            pulls::collect(client, session, repository, keys.since).await?;
            reconciliation::run(client, session, repository, keys.since).await
        };
        go_on(&repository.full_name, read.await, &mut failed)?;
    }
    for organisation in &keys.teams {
        go_on(organisation, teams::collect(client, session, organisation).await, &mut failed)?;
    }
    for organisation in &keys.copilot {
        go_on(organisation, copilot::collect(client, session, organisation).await, &mut failed)?;
    }
    failed
}

/// Notes the trouble with one part of the source that does not stop the others.
fn go_on(what: &str, read: Result<()>, failed: &mut Result<Report>) -> Result<()> {
    match read {
        Err(error @ CollectError::Github(GithubError::Refused { .. } | GithubError::Malformed { .. })) => {
            tracing::warn!("{what}: {error}");
            *failed = Err(error);
            Ok(())
        }
        other => other,
    }
}

/// The host whose accounts an API names: that of its pages.
fn accounts_host(url: &str) -> String {
    let url = url::Url::parse(url).ok();
    let host = url.as_ref().and_then(|url| url.host_str()).unwrap_or("github.com");
    host.strip_prefix("api.").unwrap_or(host).to_owned()
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
