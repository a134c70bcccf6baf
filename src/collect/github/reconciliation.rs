//! Holding the tables against GitHub: what was missed is read, what is gone is marked, and the difference is counted.
//!
//! Webhooks get lost and nothing tells of a deleted pull request, so that only a full list proves that nothing is missing.
//! It takes one request for each hundred pull requests.

use super::client::Client;
use super::graph::pull::Pull;
use super::graph::{Asker, Item, Listed};
use super::repositories::Repository;
use super::{Cursor, Result, Session};
use crate::collect::observation::Row;
use crate::model::collection::SOURCE_COUNTS;
use crate::model::flow::{PULL_REQUEST_COMMITS, PULL_REQUEST_EVENTS, PULL_REQUESTS, REVIEW_COMMENTS, REVIEWS};
use arrow::array::{Array, AsArray};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What the tables hold of one pull request.
struct Stored {
    updated_at: Option<DateTime<Utc>>,
    created_on: Option<NaiveDate>,
}

/// Rows of one day.
#[derive(Default)]
struct Counts {
    at_source: i64,
    found: i64,
    gone: i64,
}

/// Compares the pull requests of a repository where that is due. The first reading has just seen them all.
pub(super) async fn run(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    repository: &Repository,
    since: Option<DateTime<Utc>>,
) -> Result<()> {
    let now = session.collecting.ambient.now();
    let Some(cursor) = session.cursor.repositories.get_mut(&repository.node_id) else { return Ok(()) };
    if cursor.pulls.backfill.is_some() {
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
    let (owner, name) = repository.parts();
    session.collecting.progress.stage(&format!("{}: comparing with GitHub", repository.full_name), None);
    let Some((listed, at)) = Asker::new(client).all::<Pull>(owner, name).await? else { return Ok(()) };
    let listed: Vec<Listed> =
        listed.into_iter().filter(|pull| since.is_none_or(|since| pull.updated_at >= since)).collect();
    // What this run took counts as stored.
    session.store().await?;
    let stored = stored(session, &repository.full_name).await?;

    let is_current = |pull: &&Listed| {
        stored.get(&pull.number).is_some_and(|known| known.updated_at.is_some_and(|known| known >= pull.updated_at))
    };
    let mut days: BTreeMap<NaiveDate, Counts> = BTreeMap::new();
    for pull in &listed {
        let day = days.entry(pull.created_at.date_naive()).or_default();
        day.at_source += 1;
        day.found += i64::from(is_current(&pull));
    }
    let missed: Vec<String> = listed.iter().filter(|pull| !is_current(pull)).map(|pull| pull.id.clone()).collect();
    let numbers: BTreeSet<i64> = listed.iter().map(|pull| pull.number).collect();
    for (number, known) in stored.iter().filter(|(number, _)| !numbers.contains(number)) {
        if let Some(day) = known.created_on {
            days.entry(day).or_default().gone += 1;
        }
        for part in [&PULL_REQUEST_COMMITS, &PULL_REQUEST_EVENTS, &REVIEWS, &REVIEW_COMMENTS] {
            let of = Row::of(part).set("repository", &repository.full_name).set("pull_request", number);
            session.take([of.set("updated_at", at).whole(Vec::<Value>::new())]);
        }
    }
    session
        .take([Row::of(&PULL_REQUESTS).set("repository", &repository.full_name).set("updated_at", at).whole(numbers)]);
    for pull in Asker::new(client).by_id::<Pull>(&missed).await? {
        session.take(pull.observations(&repository.full_name));
    }
    session.take(days.into_iter().map(|(day, counts)| {
        Row::of(&SOURCE_COUNTS)
            .set("repository", &repository.full_name)
            .set("entity", PULL_REQUESTS.name)
            .set("day", day.and_time(NaiveTime::MIN).and_utc())
            .set("at_source", counts.at_source)
            .set("found", counts.found)
            .set("gone", counts.gone)
            .set("checked_at", at)
            .set("updated_at", at)
            .asked()
    }));
    session.checkpoint().await
}

/// By number.
async fn stored(session: &Session<'_, '_, Cursor>, repository: &str) -> Result<BTreeMap<i64, Stored>> {
    let columns = ["source", "repository", "number", "created_at", "updated_at", "deleted_at"];
    let mut found = BTreeMap::new();
    for batch in session.collecting.store.read(&PULL_REQUESTS, &columns).await? {
        let text = |column: usize| batch.column(column).as_string::<i32>();
        let time = |column: usize, row: usize| {
            let times = batch.column(column).as_primitive::<TimestampMicrosecondType>();
            times.is_valid(row).then(|| times.value(row)).and_then(DateTime::from_timestamp_micros)
        };
        let numbers = batch.column(2).as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let is_ours = text(0).value(row) == session.source && text(1).value(row) == repository;
            if is_ours && time(5, row).is_none() {
                let created_on = time(3, row).map(|time| time.date_naive());
                found.insert(numbers.value(row), Stored { updated_at: time(4, row), created_on });
            }
        }
    }
    Ok(found)
}
