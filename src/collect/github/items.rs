//! Pull requests or issues of one repository: all of them once, and from then on those that changed.

use super::client::{Answer, Client, HttpError};
use super::graph::{Asker, Item};
use super::repositories::Repository;
use super::{Backfill, Cursor, ListCursor, Result, Session};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

/// Pages in a row that bring nothing new before the list is taken for endless.
const IDLE: usize = 3;

/// What the list says of an item: enough to know whether it changed.
#[derive(Deserialize)]
struct Listed {
    node_id: String,
    updated_at: DateTime<Utc>,
    /// Present on a pull request among issues.
    pull_request: Option<IgnoredAny>,
}

pub(super) async fn collect<I: Item>(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    repository: &Repository,
    since: Option<DateTime<Utc>>,
) -> Result<()> {
    let list = session.cursor.repositories.get_mut(&repository.node_id).map(I::cursor).cloned().unwrap_or_default();
    if list.until.is_none() || list.backfill.is_some() {
        backfill::<I>(client, session, repository, list, since).await
    } else {
        changed::<I>(client, session, repository, list).await
    }
}

fn put<I: Item>(session: &mut Session<'_, '_, Cursor>, repository: &Repository, list: &ListCursor) {
    if let Some(cursor) = session.cursor.repositories.get_mut(&repository.node_id) {
        I::cursor(cursor).clone_from(list);
    }
}

/// All of them, the last changed first. What changes meanwhile moves to the front, behind us: it is newer than the
/// first one seen, so that the next run finds it.
async fn backfill<I: Item>(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    repository: &Repository,
    mut list: ListCursor,
    since: Option<DateTime<Utc>>,
) -> Result<()> {
    let (owner, name) = repository.parts();
    let mut asker = Asker::new(client);
    let progress = session.collecting.progress;
    let mut total = None;
    loop {
        let after = list.backfill.as_ref().and_then(|it| it.after.clone());
        let Some(page) = asker.page::<I>(owner, name, after.as_deref()).await? else { return Ok(()) };
        if total.replace(page.total).is_none() {
            let stage = format!("{}: reading {}", repository.full_name, I::NAME);
            progress.stage(&stage, Some(page.total.unsigned_abs()));
        }
        progress.advance(page.items.len() as u64);
        let first = page.items.first().map(Item::updated_at);
        let state = list.backfill.get_or_insert_with(|| Backfill {
            after: None,
            // Without any, whatever comes will be newer than this.
            until: first.or(Some(DateTime::UNIX_EPOCH)),
            settled: first.zip(page.at).is_some_and(|(changed, at)| is_past(changed, at)),
        });
        let is_old = |item: &I| since.is_some_and(|since| item.updated_at() < since);
        let ends = page.items.iter().any(is_old);
        for item in page.items.iter().filter(|item| !is_old(item)) {
            session.take(item.observations(&repository.full_name));
        }
        state.after = page.next;
        if state.after.is_none() || ends {
            list = ListCursor { until: state.until, settled: state.settled, backfill: None, etag: None };
            put::<I>(session, repository, &list);
            return session.checkpoint().await;
        }
        put::<I>(session, repository, &list);
        session.checkpoint().await?;
    }
}

/// What changed since the last run: REST says which, for nothing when there is none.
async fn changed<I: Item>(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    repository: &Repository,
    list: ListCursor,
) -> Result<()> {
    let path =
        format!("/repos/{}/{}?state=all&sort=updated&direction=desc&per_page=100", repository.full_name, I::PATH);
    let Some((ids, list)) = news(client, path, &list).await? else { return Ok(()) };
    let progress = session.collecting.progress;
    progress.stage(&format!("{}: reading changed {}", repository.full_name, I::NAME), Some(ids.len() as u64));
    for item in Asker::new(client).by_id::<I>(&ids).await? {
        session.take(item.observations(&repository.full_name));
    }
    put::<I>(session, repository, &list);
    session.checkpoint().await
}

/// The node ids of what changed, and where the list is left then; `None` when the list is the same as before.
async fn news(client: &mut Client<'_>, path: String, list: &ListCursor) -> Result<Option<(Vec<String>, ListCursor)>> {
    let until = list.until.unwrap_or(DateTime::UNIX_EPOCH);
    let is_known = |changed: DateTime<Utc>| changed < until || (changed == until && list.settled);
    // Whether each is of the kind that is asked for.
    let mut found: BTreeMap<String, bool> = BTreeMap::new();
    let (mut left, mut next, mut idle) = (None, Some(path), 0);
    while let Some(path) = next {
        let etag = if left.is_none() { list.etag.as_deref() } else { None };
        let page = match client.get(&path, etag).await? {
            Answer::Same => return Ok(None),
            Answer::Missing => {
                let address = client.address(&path);
                let message = "the repository is gone, or the token may no longer see it".to_owned();
                return Err(HttpError::Refused { address, status: http::StatusCode::NOT_FOUND, message }.into());
            }
            Answer::Page(page) => page,
        };
        let items: Vec<Listed> = client.parse(&path, &page.body)?;
        let known = found.len();
        let new = items.iter().filter(|it| !is_known(it.updated_at));
        found.extend(new.map(|it| (it.node_id.clone(), it.pull_request.is_none())));
        if left.is_none() {
            let changed = items.first().map_or(until, |it| it.updated_at.max(until));
            let settled = page.at.is_some_and(|at| is_past(changed, at));
            // The same answer must come again as long as its last second may hide a change.
            let etag = page.etag.filter(|_| settled);
            left = Some(ListCursor { until: Some(changed), settled, backfill: None, etag });
        }
        // Changes while we read push the list on, so that a page may repeat the one before, but not for ever.
        idle = if found.len() == known { idle + 1 } else { 0 };
        // The list is ordered by the last change: the first known one ends it.
        next = page.next.filter(|_| !items.iter().any(|it| is_known(it.updated_at)));
        if let Some(page) = next.as_ref().filter(|_| idle == IDLE) {
            return Err(HttpError::Endless { address: client.address(&path), page: page.clone() }.into());
        }
    }
    let ids = found.into_iter().filter_map(|(id, is_asked_for)| is_asked_for.then_some(id)).collect();
    Ok(left.map(|left| (ids, left)))
}

/// GitHub's moments are whole seconds: one is over when the answer is from a later second.
fn is_past(changed: DateTime<Utc>, at: DateTime<Utc>) -> bool {
    at - changed >= TimeDelta::seconds(2)
}
