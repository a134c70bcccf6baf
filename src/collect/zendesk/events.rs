//! The exports that go on by time: what happened to tickets, and how promises to answer were kept.
//!
//! One rule: such an export goes on from the second in which it ended, so that what was read of that second is remembered and
//! not taken again.

use super::payload::{MetricEvent, TicketEvent};
use super::{Cursor, Reading, map};
use crate::collect::Result;
use crate::collect::http::{HttpError, with_query};
use crate::collect::observation::Observation;
use chrono::TimeDelta;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Where such an export was left.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub(super) struct Export {
    /// The second, since 1970.
    from: Option<i64>,
    /// What was read of that second.
    seen: BTreeSet<i64>,
}

/// A page of such an export.
pub(super) trait Exported: DeserializeOwned {
    type Item: Happened;
    /// The items, the second they reach to, and whether that is the end.
    fn parts(self) -> (Vec<Self::Item>, Option<i64>, bool);
}

/// Something that happened to a ticket.
pub(super) trait Happened {
    fn id(&self) -> i64;
    fn ticket_id(&self) -> i64;
    /// The second, since 1970.
    fn second(&self) -> i64;
    fn observations(&self) -> Vec<Observation>;
    fn export(cursor: &mut Cursor) -> &mut Export;
}

impl Reading<'_, '_, '_, '_> {
    /// Reads an export to its end, but nothing of tickets that are gone.
    pub(super) async fn events<P: Exported>(
        &mut self,
        name: &str,
        fixed: &[(&str, &str)],
        gone: &BTreeSet<String>,
    ) -> Result<()> {
        loop {
            let export = P::Item::export(&mut self.session.cursor).clone();
            let from = export.from.unwrap_or_else(|| self.since());
            // What is younger than a minute is refused, and not exported either.
            if self.now.timestamp() - from < TimeDelta::minutes(1).num_seconds() {
                return Ok(());
            }
            let from_text = from.to_string();
            let query = [("start_time", from_text.as_str())].into_iter().chain(fixed.iter().copied());
            let path = with_query(&format!("/api/v2/incremental/{name}.json"), query);
            let page = self.client.page(&path).await?;
            let (items, end, is_last) = self.client.parse::<P>(&path, &page.body)?.parts();
            let is_new = |it: &&P::Item| it.second() != from || !export.seen.contains(&it.id());
            let new: Vec<&P::Item> = items.iter().filter(is_new).collect();
            for item in new.iter().filter(|it| !gone.contains(&it.ticket_id().to_string())) {
                self.session.take(item.observations());
            }
            let end = end.unwrap_or(from).max(from);
            let before = if end == from { export.seen } else { BTreeSet::new() };
            let seen = items.iter().filter(|it| it.second() == end).map(Happened::id).chain(before).collect();
            *P::Item::export(&mut self.session.cursor) = Export { from: Some(end), seen };
            self.session.checkpoint().await?;
            if is_last || items.is_empty() {
                return Ok(());
            }
            if end == from && new.is_empty() {
                return Err(HttpError::Endless { address: self.client.address(&path), page: path }.into());
            }
        }
    }
}

impl Happened for TicketEvent {
    fn id(&self) -> i64 {
        self.id
    }

    fn ticket_id(&self) -> i64 {
        self.ticket_id
    }

    fn second(&self) -> i64 {
        self.timestamp
    }

    fn observations(&self) -> Vec<Observation> {
        map::events(self)
    }

    fn export(cursor: &mut Cursor) -> &mut Export {
        &mut cursor.events
    }
}

impl Happened for MetricEvent {
    fn id(&self) -> i64 {
        self.id
    }

    fn ticket_id(&self) -> i64 {
        self.ticket_id
    }

    fn second(&self) -> i64 {
        self.time.timestamp()
    }

    fn observations(&self) -> Vec<Observation> {
        map::metric_event(self).into_iter().collect()
    }

    fn export(cursor: &mut Cursor) -> &mut Export {
        &mut cursor.metrics
    }
}
