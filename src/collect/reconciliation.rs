//! Holding the tables against their source: what was missed is named, what is gone is marked, and the difference is counted.
//!
//! One rule: only a full list proves that nothing is missing. News gets lost, and nothing tells of what was deleted.

mod stored;

use self::stored::Stored;
use super::Result;
use super::observation::{Observation, Row};
use super::session::Session;
use crate::model::Table;
use crate::model::collection::SOURCE_COUNTS;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The rows of a source that are compared together.
#[derive(Clone, Copy, Debug)]
pub(in crate::collect) enum Scope<'s> {
    /// Those of a repository: by their column, or, of a deleted row without it, by an id such as `owner/name#12`.
    Repository(&'s str),
    /// All of the source, counted under this name.
    Source(&'s str),
}

impl<'s> Scope<'s> {
    fn name(self) -> &'s str {
        let (Scope::Repository(name) | Scope::Source(name)) = self;
        name
    }
}

/// A kind of thing that a source can list as a whole.
pub(in crate::collect) struct Entity {
    pub table: &'static Table,
    /// The column that says when one was created.
    pub created_at: &'static str,
    pub parts: &'static [Part],
}

/// A table of parts, and its columns that name the whole: each beside the whole's own column.
pub(in crate::collect) struct Part {
    pub table: &'static Table,
    pub of: &'static [(&'static str, &'static str)],
}

/// Everything of one kind that a source has in one scope.
pub(in crate::collect) struct Listing {
    pub rows: Vec<Listed>,
    /// When the last of it was read, by the source's clock.
    pub at: Option<DateTime<Utc>>,
    /// What the table says was created before this moment need not be listed, and stays.
    pub from: Option<DateTime<Utc>>,
}

/// What a list says of one thing.
#[derive(Clone, Debug)]
pub(in crate::collect) struct Listed {
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
pub(in crate::collect) struct Unlisted {
    pub key: String,
    /// The source's own id.
    pub node_id: Option<String>,
    pub created_at: Option<DateTime<Utc>>,
    pub updated_at: Option<DateTime<Utc>>,
}

/// Holds the rows of one scope against the list of all that the source has, and gives the keys of what is missing or stored
/// in an older version, for the caller to read. What is no longer listed becomes tombstones, its parts too; what was
/// found of each day's is written down.
pub(in crate::collect) async fn compare<C: Serialize + DeserializeOwned + Default>(
    session: &mut Session<'_, '_, C>,
    entity: &Entity,
    scope: Scope<'_>,
    listing: &Listing,
) -> Result<Vec<String>> {
    // What this run took counts as stored.
    session.store().await?;
    let stored = stored::of(session, entity, scope).await?;
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
            .set("repository", scope.name())
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
pub(in crate::collect) async fn unlisted<C: Serialize + DeserializeOwned + Default>(
    session: &mut Session<'_, '_, C>,
    entity: &Entity,
    scope: Scope<'_>,
    listing: &Listing,
) -> Result<Vec<Unlisted>> {
    session.store().await?;
    let stored = stored::of(session, entity, scope).await?;
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
