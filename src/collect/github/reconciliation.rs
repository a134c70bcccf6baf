//! Holding the tables against GitHub: what was missed is read, what is gone is marked, and the difference is counted.
//!
//! Webhooks get lost and nothing tells of a deleted pull request, so that only a full list proves that nothing is missing.
//! It takes one request for each hundred things listed.

use super::client::Client;
use super::graph::issue::Issue;
use super::graph::pull::Pull;
use super::graph::{self, Asker, Item};
use super::map;
use super::repositories::Repository;
use super::{Cursor, Result, Session, builds, deployments, releases};
use crate::collect::reconciliation::{Entity, Listed, Listing, Part, Scope, compare};
use crate::model::flow::{PULL_REQUEST_COMMITS, PULL_REQUEST_EVENTS, PULL_REQUESTS, REVIEW_COMMENTS, REVIEWS};
use crate::model::support::{TICKET_EVENTS, TICKETS};
use crate::project::{GithubList, GithubPipeline};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

const OF_PULL_REQUEST: &[(&str, &str)] = &[("repository", "repository"), ("pull_request", "number")];

/// The key of an item by repository and number, as [`Listed::key`] has it.
type KeyOf = fn(&str, i64) -> String;

const PULLS: Entity = Entity {
    table: &PULL_REQUESTS,
    created_at: "created_at",
    parts: &[
        Part { table: &PULL_REQUEST_COMMITS, of: OF_PULL_REQUEST },
        Part { table: &PULL_REQUEST_EVENTS, of: OF_PULL_REQUEST },
        Part { table: &REVIEWS, of: OF_PULL_REQUEST },
        Part { table: &REVIEW_COMMENTS, of: OF_PULL_REQUEST },
    ],
};

const ISSUES: Entity = Entity {
    table: &TICKETS,
    created_at: "opened_at",
    parts: &[Part { table: &TICKET_EVENTS, of: &[("ticket_id", "ticket_id")] }],
};

/// Compares these lists of a repository, all of which were read to their end, where that is due. The first reading has just
/// seen everything.
pub(super) async fn run(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    repository: &Repository,
    keys: &GithubPipeline,
    lists: &[GithubList],
) -> Result<()> {
    let now = session.collecting.ambient.now();
    let Some(cursor) = session.cursor.repositories.get_mut(&repository.node_id) else { return Ok(()) };
    if cursor.pulls.backfill.is_some() || cursor.issues.backfill.is_some() {
        return Ok(());
    }
    let is_first = cursor.compared_at.is_none();
    if !session.collecting.is_reconciled_now(cursor.compared_at) {
        return Ok(());
    }
    cursor.compared_at = Some(now);
    if is_first && !session.collecting.reconciles {
        return Ok(());
    }
    session.collecting.progress.stage(&format!("{}: comparing with GitHub", repository.full_name), None);
    if repository.is_read {
        items::<Pull>(client, session, repository, keys.since, (&PULLS, |_, number| number.to_string())).await?;
    }
    if repository.takes_tickets {
        items::<Issue>(client, session, repository, keys.since, (&ISSUES, map::ticket_id)).await?;
    }
    for list in lists {
        match list {
            GithubList::Builds | GithubList::Jobs => builds::compare(client, session, repository, keys).await?,
            GithubList::Deployments => deployments::compare(client, session, repository, keys).await?,
            GithubList::Releases => releases::compare(client, session, repository, keys).await?,
        }
    }
    session.checkpoint().await
}

async fn items<I: Item>(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    repository: &Repository,
    since: Option<DateTime<Utc>>,
    (entity, key_of): (&Entity, KeyOf),
) -> Result<()> {
    let (owner, name) = repository.parts();
    let Some((all, at)) = Asker::new(client).all::<I>(owner, name).await? else { return Ok(()) };
    let all = all.into_iter().filter(|item| since.is_none_or(|since| item.updated_at >= since));
    let all = all.map(|item| (key_of(&repository.full_name, item.number), item));
    let ids: BTreeMap<String, graph::Listed> = all.collect();
    let listed = |(key, item): (&String, &graph::Listed)| Listed {
        key: key.clone(),
        created_at: item.created_at,
        updated_at: item.updated_at,
    };
    let listing = Listing { rows: ids.iter().map(listed).collect(), at, from: None };
    let missed = compare(session, entity, Scope::Repository(&repository.full_name), &listing).await?;
    let missed: Vec<String> = missed.iter().filter_map(|key| Some(ids.get(key)?.id.clone())).collect();
    for item in Asker::new(client).by_id::<I>(&missed).await? {
        session.take(item.observations(&repository.full_name));
    }
    Ok(())
}
