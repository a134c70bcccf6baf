//! Holding the tables against GitHub: what was missed is read, what is gone is marked, and the difference is counted.
//!
//! Webhooks get lost and nothing tells of a deleted pull request, so that only a full list proves that nothing is missing.
//! It takes one request for each hundred things listed.

mod stored;

use self::stored::Stored;
use super::client::Client;
use super::graph::issue::Issue;
use super::graph::pull::Pull;
use super::graph::{self, Asker, Item};
use super::map;
use super::repositories::Repository;
use super::{Cursor, Result, Session, builds, deployments, releases};
use crate::collect::observation::{Observation, Row};
use crate::model::Table;
use crate::model::collection::SOURCE_COUNTS;
use crate::model::flow::{PULL_REQUEST_COMMITS, PULL_REQUEST_EVENTS, PULL_REQUESTS, REVIEW_COMMENTS, REVIEWS};
use crate::model::support::{TICKET_EVENTS, TICKETS};
use crate::project::{GithubList, GithubPipeline};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A kind of thing that GitHub can list as a whole.
pub(super) struct Entity {
    pub table: &'static Table,
    /// The column that says when one was created.
    pub created_at: &'static str,
    pub parts: &'static [Part],
}

/// A table of parts, and its columns that name the whole: each beside the whole's own column.
pub(super) struct Part {
    pub table: &'static Table,
    pub of: &'static [(&'static str, &'static str)],
}

/// Everything of one kind that GitHub has in one repository.
pub(super) struct Listing {
    pub rows: Vec<Listed>,
    /// When the last of it was read, by GitHub's clock.
    pub at: Option<DateTime<Utc>>,
    /// What the table says was created before this moment need not be listed, and stays.
    pub from: Option<DateTime<Utc>>,
}

/// What a list says of one thing.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    /// The last column of the table's key, as text.
    pub key: String,
    pub created_at: DateTime<Utc>,
    /// The version that its row has in the table once it is stored.
    pub updated_at: DateTime<Utc>,
}

/// Rows of one day.
#[derive(Default)]
struct Counts {
    at_source: i64,
    found: i64,
    gone: i64,
}

/// A row that a list lacks.
pub(super) struct Unlisted {
    pub key: String,
    /// Its id for GraphQL.
    pub node_id: Option<String>,
    pub created_at: Option<DateTime<Utc>>,
    pub updated_at: Option<DateTime<Utc>>,
}

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
    let missed = compare(session, entity, &repository.full_name, &listing).await?;
    let missed: Vec<String> = missed.iter().filter_map(|key| Some(ids.get(key)?.id.clone())).collect();
    for item in Asker::new(client).by_id::<I>(&missed).await? {
        session.take(item.observations(&repository.full_name));
    }
    Ok(())
}

/// Holds the rows of one repository against the list of all that GitHub has, and gives the keys of what is missing or stored
/// in an older version, for the caller to read. What is no longer listed becomes tombstones, its parts too; what was
/// found of each day's is written down.
pub(super) async fn compare(
    session: &mut Session<'_, '_, Cursor>,
    entity: &Entity,
    repository: &str,
    listing: &Listing,
) -> Result<Vec<String>> {
    // What this run took counts as stored.
    session.store().await?;
    let stored = stored::of(session, entity, repository).await?;
    let is_current = |it: &&Listed| {
        let known = stored.get(&it.key).filter(|known| !known.is_deleted).and_then(|known| known.updated_at);
        known.is_some_and(|known| known >= it.updated_at)
    };
    let mut days: BTreeMap<NaiveDate, Counts> = BTreeMap::new();
    for it in &listing.rows {
        let day = days.entry(it.created_at.date_naive()).or_default();
        day.at_source += 1;
        day.found += i64::from(is_current(&it));
    }
    for (_, known) in beyond(&stored, listing) {
        if let Some(created) = known.created_at.filter(|_| !known.is_deleted) {
            days.entry(created.date_naive()).or_default().gone += 1;
        }
        session.take(gone(entity, known, listing.at));
    }
    session.take(days.into_iter().map(|(day, counts)| {
        Row::of(&SOURCE_COUNTS)
            .set("repository", repository)
            .set("entity", entity.table.name)
            .set("day", day.and_time(NaiveTime::MIN).and_utc())
            .set("at_source", counts.at_source)
            .set("found", counts.found)
            .set("gone", counts.gone)
            .set("checked_at", listing.at)
            .set("updated_at", listing.at)
            .asked()
    }));
    Ok(listing.rows.iter().filter(|it| !is_current(it)).map(|it| it.key.clone()).collect())
}

/// The rows that [`compare`] would take for gone.
pub(super) async fn unlisted(
    session: &mut Session<'_, '_, Cursor>,
    entity: &Entity,
    repository: &str,
    listing: &Listing,
) -> Result<Vec<Unlisted>> {
    session.store().await?;
    let stored = stored::of(session, entity, repository).await?;
    let row = |(key, known): (&String, &Stored)| Unlisted {
        key: key.clone(),
        node_id: known.node_id.clone(),
        created_at: known.created_at,
        updated_at: known.updated_at,
    };
    Ok(beyond(&stored, listing).filter(|(_, known)| !known.is_deleted).map(row).collect())
}

/// What the table has and the list lacks, of what the list reaches.
fn beyond<'s>(
    stored: &'s BTreeMap<String, Stored>,
    listing: &Listing,
) -> impl Iterator<Item = (&'s String, &'s Stored)> {
    let keys: BTreeSet<&String> = listing.rows.iter().map(|it| &it.key).collect();
    let from = listing.from;
    let is_reached = move |known: &Stored| from.is_none_or(|from| known.created_at.is_some_and(|at| at >= from));
    stored.iter().filter(move |(key, known)| !keys.contains(key) && is_reached(known))
}

/// The statements that the list of what has this key is empty, and so those of its parts. News may have told of the deletion
/// of the whole alone, and of its parts after it.
fn gone(entity: &Entity, known: &Stored, at: Option<DateTime<Utc>>) -> Vec<Observation> {
    let set = |row: Row, (column, value): (&'static str, &Value)| row.set(column, value);
    let nothing = |row: Row| row.set("updated_at", at).whole(Vec::<Value>::new());
    let own = || entity.table.key.iter().copied().zip(&known.key);
    let itself = own().fold(Row::of(entity.table), set);
    let parts = entity.parts.iter().map(|part| {
        let named = |name: &str| own().find(|(column, _)| *column == name).map(|(_, value)| value);
        let of = part.of.iter().filter_map(|(column, whole)| Some((*column, named(whole)?)));
        nothing(of.fold(Row::of(part.table), set))
    });
    parts.chain((!known.is_deleted).then(|| nothing(itself))).collect()
}
