//! Pull requests of one repository: all of them once, and from then on those that changed.

use super::client::{Answer, Client, GithubError};
use super::graph::{self, Pulls};
use super::repositories::Repository;
use super::{Backfill, Cursor, ListCursor, Result, Session};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use std::collections::BTreeSet;

/// Pages in a row that bring nothing new before the list is taken for endless.
const IDLE: usize = 3;

/// What the list says of a pull request: enough to know whether it changed.
#[derive(Deserialize)]
struct Listed {
    node_id: String,
    updated_at: DateTime<Utc>,
}

pub(super) async fn collect(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    repository: &Repository,
    since: Option<DateTime<Utc>>,
) -> Result<()> {
    let list = session.cursor.repositories.get(&repository.node_id).map(|it| it.pulls.clone()).unwrap_or_default();
    if list.until.is_none() || list.backfill.is_some() {
        backfill(client, session, repository, list, since).await
    } else {
        changed(client, session, repository, list).await
    }
}

fn put(session: &mut Session<'_, '_, Cursor>, repository: &Repository, list: &ListCursor) {
    if let Some(cursor) = session.cursor.repositories.get_mut(&repository.node_id) {
        cursor.pulls = list.clone();
    }
}

/// All pull requests, the last changed first. What changes meanwhile moves to the front, behind us: it is newer than the
/// first one seen, so that the next run finds it.
async fn backfill(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    repository: &Repository,
    mut list: ListCursor,
    since: Option<DateTime<Utc>>,
) -> Result<()> {
    let (owner, name) = repository.parts();
    let mut pages = Pulls::new(client);
    let progress = session.collecting.progress;
    let mut total = None;
    loop {
        let after = list.backfill.as_ref().and_then(|it| it.after.clone());
        let Some(page) = pages.page(owner, name, after.as_deref()).await? else { return Ok(()) };
        if total.replace(page.total).is_none() {
            progress
                .stage(&format!("{}: reading pull requests", repository.full_name), Some(page.total.unsigned_abs()));
        }
        progress.advance(page.pulls.len() as u64);
        let first = page.pulls.first().map(|pull| pull.updated_at);
        let state = list.backfill.get_or_insert_with(|| Backfill {
            after: None,
            // Without any, whatever comes will be newer than this.
            until: first.or(Some(DateTime::UNIX_EPOCH)),
            settled: first.zip(page.at).is_some_and(|(changed, at)| is_past(changed, at)),
        });
        let is_old = |pull: &graph::Pull| since.is_some_and(|since| pull.updated_at < since);
        let ends = page.pulls.iter().any(is_old);
        for pull in page.pulls.iter().filter(|pull| !is_old(pull)) {
            session.take(graph::rows::observations(&repository.full_name, pull));
        }
        state.after = page.next;
        if state.after.is_none() || ends {
            list = ListCursor { until: state.until, settled: state.settled, backfill: None, etag: None };
            put(session, repository, &list);
            return session.checkpoint().await;
        }
        put(session, repository, &list);
        session.checkpoint().await?;
    }
}

/// What changed since the last run: REST says which, for nothing when there is none.
async fn changed(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    repository: &Repository,
    mut list: ListCursor,
) -> Result<()> {
    let until = list.until.unwrap_or(DateTime::UNIX_EPOCH);
    let is_known = |changed: DateTime<Utc>| changed < until || (changed == until && list.settled);
    let first = format!("/repos/{}/pulls?state=all&sort=updated&direction=desc&per_page=100", repository.full_name);
    let (mut ids, mut newest, mut next, mut idle) = (BTreeSet::new(), None, Some(first), 0);
    while let Some(path) = next {
        let etag = if newest.is_none() { list.etag.as_deref() } else { None };
        let page = match client.get(&path, etag).await? {
            Answer::Same => return Ok(()),
            Answer::Missing => {
                let address = client.address(&path);
                let message = "the repository is gone, or the token may no longer see it".to_owned();
                return Err(GithubError::Refused { address, status: http::StatusCode::NOT_FOUND, message }.into());
            }
            Answer::Page(page) => page,
        };
        let items: Vec<Listed> = client.parse(&path, &page.body)?;
        let known = ids.len();
        ids.extend(items.iter().filter(|it| !is_known(it.updated_at)).map(|it| it.node_id.clone()));
        if newest.is_none() {
            let changed = items.first().map_or(until, |it| it.updated_at.max(until));
            newest = Some((changed, page.at.is_some_and(|at| is_past(changed, at)), page.etag));
        }
        // Changes while we read push the list on, so that a page may repeat the one before, but not for ever.
        idle = if ids.len() == known { idle + 1 } else { 0 };
        // The list is ordered by the last change: the first known one ends it.
        next = page.next.filter(|_| !items.iter().any(|it| is_known(it.updated_at)));
        if let Some(page) = next.as_ref().filter(|_| idle == IDLE) {
            return Err(GithubError::Endless { address: client.address(&path), page: page.clone() }.into());
        }
    }
    let ids: Vec<String> = ids.into_iter().collect();
    let progress = session.collecting.progress;
    progress.stage(&format!("{}: reading changed pull requests", repository.full_name), Some(ids.len() as u64));
    for pull in Pulls::new(client).by_id(&ids).await? {
        session.take(graph::rows::observations(&repository.full_name, &pull));
    }
    if let Some((changed, settled, etag)) = newest {
        // The same answer must come again as long as its last second may hide a change.
        list = ListCursor { until: Some(changed), settled, backfill: None, etag: etag.filter(|_| settled) };
        put(session, repository, &list);
    }
    session.checkpoint().await
}

/// GitHub's moments are whole seconds: one is over when the answer is from a later second.
fn is_past(changed: DateTime<Utc>, at: DateTime<Utc>) -> bool {
    at - changed >= TimeDelta::seconds(2)
}
