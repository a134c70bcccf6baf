//! `type = "gitlab"`: merge requests, pipelines, deployments, releases and issues of GitLab's projects.
//!
//! One rule: a project is known by its number, which it keeps when it is renamed or moved; its path is what its rows are
//! called by at present.

mod builds;
mod deployments;
mod issues;
mod list;
pub mod map;
mod merge_requests;
pub mod payload;
mod projects;
mod reconciliation;
mod releases;
mod sizes;
mod walk;

use super::http::{Client, Endpoint, HttpError, Limits, Troubles};
use super::session::Session;
use super::{Collecting, Result};
use crate::project::{GitlabList, GitlabPipeline};
use ::http::header::{ACCEPT, AUTHORIZATION};
use chrono::{DateTime, Utc};
use payload::{Deployment, Issue, MergeRequest, Pipeline};
use projects::Place;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use walk::ListCursor;

/// Where a GitLab was left, by the number of the project.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Cursor {
    projects: BTreeMap<i64, ProjectCursor>,
}

/// Where one project was left.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct ProjectCursor {
    /// The path under which its rows are stored.
    name: String,
    activity_at: Option<DateTime<Utc>>,
    merge_requests: ListCursor,
    issues: ListCursor,
    builds: ListCursor,
    deployments: ListCursor,
    /// Of the list of releases.
    releases_etag: Option<String>,
    /// When it was last compared with the tables, by our clock.
    compared_at: Option<DateTime<Utc>>,
}

/// What every list of GitLab's needs of a token.
const PERMISSION: &str = "the scope read_api and the role Reporter";

pub(super) async fn collect(
    collecting: &mut Collecting<'_>,
    source: &str,
    keys: &GitlabPipeline,
    folder: &Path,
) -> Result<()> {
    let token = keys.token.read(folder).map_err(HttpError::Secret)?;
    // REST is at /api/v4 and GraphQL at /api/graphql.
    let address = format!("{}/api", keys.url);
    let headers = vec![(AUTHORIZATION, format!("Bearer {token}")), (ACCEPT, "application/json".to_owned())];
    let endpoint = Endpoint { product: "GitLab", address: &address, headers };
    let mut client = Client::new(&endpoint, Limits::of(collecting, source))?;
    // A run that died while it waited waits no more.
    client.limits.record(None);
    collecting.put_origin(source, "gitlab", keys.url.clone(), false)?;
    let host = url::Url::parse(&keys.url).ok().and_then(|url| url.host_str().map(str::to_owned));
    let mut session = Session::<Cursor>::begin(collecting, source, format!("gitlab:{source}"), host).await?;
    let collected = api(&mut client, &mut session, keys).await;
    // What was read before a failure is not read again.
    let stored = session.store().await;
    client.limits.record(None);
    collected.and(stored)
}

async fn api(client: &mut Client<'_>, session: &mut Session<'_, '_, Cursor>, keys: &GitlabPipeline) -> Result<()> {
    let places = projects::named(client, keys).await?;
    projects::follow(session, &places).await?;
    let mut troubles = Troubles::new(session.collecting.progress);
    for place in &places {
        let read = items(client, session, place, keys).await;
        if !troubles.pass(read)? {
            continue;
        }
        let mut lists = Vec::new();
        for list in [GitlabList::Builds, GitlabList::Deployments, GitlabList::Releases] {
            if !keys.lists(list) || !place.has(list) {
                continue;
            }
            let read = match list {
                GitlabList::Builds | GitlabList::Jobs => list::collect::<Pipeline>(client, session, place, keys).await,
                GitlabList::Deployments => list::collect::<Deployment>(client, session, place, keys).await,
                GitlabList::Releases => releases::collect(client, session, place).await,
            };
            if troubles.pass_list(&place.path, (list.word(), PERMISSION), read)? {
                lists.push(list);
            }
        }
        let compared = reconciliation::run(client, session, place, keys, &lists).await;
        troubles.pass(compared)?;
    }
    troubles.end()
}

/// Merge requests, and issues that are tickets.
async fn items(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    place: &Place,
    keys: &GitlabPipeline,
) -> Result<()> {
    if place.has_merge_requests() {
        list::collect::<MergeRequest>(client, session, place, keys).await?;
    }
    if place.takes_tickets {
        list::collect::<Issue>(client, session, place, keys).await?;
    }
    Ok(())
}

/// The cursor of a project.
fn cursor<'s>(session: &'s mut Session<'_, '_, Cursor>, place: &Place) -> &'s mut ProjectCursor {
    session.cursor.projects.entry(place.id).or_default()
}
