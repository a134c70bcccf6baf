//! Holding the tables of a project against GitLab: what was missed is read, and what was deleted is marked.

use super::list::List;
use super::payload::{Deployment, Issue, MergeRequest, Pipeline};
use super::projects::Place;
use super::walk::{Item, Order, Walk};
use super::{Cursor, cursor, map};
use crate::collect::Result;
use crate::collect::http::Client;
use crate::collect::reconciliation::{Entity, Listed, Listing, Part, Scope, compare, unlisted};
use crate::collect::session::Session;
use crate::model::delivery::{BUILD_JOBS, BUILDS, DEPLOYMENT_STATUSES, DEPLOYMENTS};
use crate::model::flow::{PULL_REQUEST_COMMITS, PULL_REQUEST_EVENTS, PULL_REQUESTS, REVIEW_COMMENTS, REVIEWS};
use crate::model::support::{TICKET_EVENTS, TICKETS};
use crate::project::{GitlabList, GitlabPipeline};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// Pipelines and deployments that were created earlier than this are left as they are: there are many, and they change no more.
const LOOK_BACK: TimeDelta = TimeDelta::days(60);

const OF_MERGE_REQUEST: &[(&str, &str)] = &[("repository", "repository"), ("pull_request", "number")];

const MERGE_REQUESTS: Entity = Entity {
    table: &PULL_REQUESTS,
    created_at: "created_at",
    parts: &[
        Part { table: &PULL_REQUEST_COMMITS, of: OF_MERGE_REQUEST },
        Part { table: &PULL_REQUEST_EVENTS, of: OF_MERGE_REQUEST },
        Part { table: &REVIEWS, of: OF_MERGE_REQUEST },
        Part { table: &REVIEW_COMMENTS, of: OF_MERGE_REQUEST },
    ],
};

const ISSUES: Entity = Entity {
    table: &TICKETS,
    created_at: "opened_at",
    parts: &[Part { table: &TICKET_EVENTS, of: &[("ticket_id", "ticket_id")] }],
};

const PIPELINES: Entity = Entity {
    table: &BUILDS,
    created_at: "started_at",
    parts: &[Part { table: &BUILD_JOBS, of: &[("repository", "repository"), ("build_id", "build_id")] }],
};

const DEPLOYED: Entity = Entity {
    table: &DEPLOYMENTS,
    created_at: "started_at",
    parts: &[Part { table: &DEPLOYMENT_STATUSES, of: &[("service", "service"), ("deployment_id", "deployment_id")] }],
};

/// Compares these lists of a project, all of which were read to their end, where that is due. The first reading has just seen
/// everything.
pub(super) async fn run(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    place: &Place,
    keys: &GitlabPipeline,
    lists: &[GitlabList],
) -> Result<()> {
    let now = session.collecting.ambient.now();
    let last = cursor(session, place).compared_at;
    if !session.collecting.is_reconciled_now(last) {
        return Ok(());
    }
    cursor(session, place).compared_at = Some(now);
    if last.is_none() && !session.collecting.reconciles {
        return session.checkpoint().await;
    }
    session.collecting.progress.stage(&format!("{}: comparing with GitLab", place.path), None);
    if place.has_merge_requests() {
        let all = Walk::<MergeRequest>::over(MergeRequest::path(place), Order::Created, None).rest(client).await?;
        let key = |merge: &MergeRequest| merge.iid.to_string();
        let scope = Compared { place, since: keys.since, from: None, at: now };
        let missed = scope.of(session, &MERGE_REQUESTS, all, key, map::merge_request_version).await?;
        read(client, session, place, keys, missed).await?;
    }
    if place.takes_tickets {
        let all = Walk::<Issue>::over(Issue::path(place), Order::Created, None).rest(client).await?;
        let key = |issue: &Issue| map::ticket_id(&place.path, issue.iid);
        let scope = Compared { place, since: keys.since, from: None, at: now };
        let missed = scope.of(session, &ISSUES, all, key, |issue| issue.updated_at).await?;
        read(client, session, place, keys, missed).await?;
    }
    // What was created since then changed since then.
    let from = Some(now - LOOK_BACK).max(keys.since);
    let scope = Compared { place, since: keys.since, from, at: now };
    if lists.contains(&GitlabList::Builds) {
        let all = Walk::<Pipeline>::over(Pipeline::path(place), Order::Updated, from).rest(client).await?;
        let key = |pipeline: &Pipeline| pipeline.id.to_string();
        let missed = scope.of(session, &PIPELINES, all, key, map::pipeline_version).await?;
        read(client, session, place, keys, missed).await?;
    }
    if lists.contains(&GitlabList::Deployments) {
        let all = Walk::<Deployment>::over(Deployment::path(place), Order::Updated, from).rest(client).await?;
        let key = |deployment: &Deployment| deployment.id.to_string();
        let missed = scope.of(session, &DEPLOYED, all, key, map::deployment_version).await?;
        read(client, session, place, keys, missed).await?;
    }
    session.checkpoint().await
}

/// Reads what was missed, a page's worth at a time: it may be very much where `since` was set to an earlier day.
async fn read<T: List>(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    place: &Place,
    keys: &GitlabPipeline,
    missed: Vec<T>,
) -> Result<()> {
    let mut missed = missed.into_iter().peekable();
    while missed.peek().is_some() {
        T::read(client, session, place, keys, missed.by_ref().take(100).collect()).await?;
        session.checkpoint().await?;
    }
    Ok(())
}

/// How far a comparison reaches.
struct Compared<'p> {
    place: &'p Place,
    since: Option<DateTime<Utc>>,
    from: Option<DateTime<Utc>>,
    at: DateTime<Utc>,
}

impl Compared<'_> {
    /// Holds a table against all that was listed, and gives back what the table lacks or has in an older version.
    async fn of<T: Item>(
        &self,
        session: &mut Session<'_, '_, Cursor>,
        entity: &Entity,
        all: Vec<T>,
        key: impl Fn(&T) -> String,
        version: impl Fn(&T) -> DateTime<Utc>,
    ) -> Result<Vec<T>> {
        let is_meant = |item: &T| self.since.is_none_or(|since| item.updated_at() >= since);
        let is_reached = |item: &T| self.from.is_none_or(|from| item.created_at() >= from);
        let all = all.into_iter().filter(is_meant).map(|item| (key(&item), item));
        let (mut all, mut earlier): (BTreeMap<String, T>, BTreeMap<String, T>) =
            all.partition(|(_, item)| is_reached(item));
        let listed = |(key, item): (&String, &T)| Listed {
            key: key.clone(),
            created_at: item.created_at(),
            updated_at: version(item),
        };
        let rows = all.iter().map(listed).collect();
        let mut listing = Listing { rows, at: Some(self.at), from: self.from };
        let scope = Scope::Repository(&self.place.path);
        if !earlier.is_empty() {
            // The table knows when a pipeline was started, which may be long after it was created.
            for known in unlisted(session, entity, scope, &listing).await? {
                let Some(item) = earlier.remove(&known.key) else { continue };
                listing.rows.push(listed((&known.key, &item)));
                all.insert(known.key, item);
            }
        }
        let missed = compare(session, entity, scope, &listing).await?;
        Ok(missed.iter().filter_map(|key| all.remove(key)).collect())
    }
}
