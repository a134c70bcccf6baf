//! The log of an account: what changed, and when somebody first said that they look at it.
//!
//! One rule: what an incident is now comes with its entries. Only of one whose earlier entries were never read its own log is asked
//! for.

use super::payload::{Incident, IncidentPage, LogEntry, LogPage, Show};
use super::windows::{self, Windows};
use super::{Reading, map};
use crate::collect::Result;
use crate::collect::http::{Answer, with_query};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// An entry may be listed a moment after the time that it bears.
const LATE: TimeDelta = TimeDelta::minutes(5);

impl Reading<'_, '_, '_, '_> {
    /// Reads the log from where it was left, window by window.
    pub(super) async fn log(&mut self, now: DateTime<Utc>) -> Result<()> {
        let from = match self.session.cursor.until {
            Some(until) => Some(until - LATE),
            None => self.first(now).await?,
        };
        let Some(from) = from else {
            self.session.cursor.until = Some(now);
            return Ok(());
        };
        let mut windows = Windows::new(from, now);
        let fixed = [("is_overview", "true"), ("include[]", "incidents")];
        while let Some(window) = windows.next::<LogPage>(self.client, "/log_entries", &fixed).await? {
            self.entries(window.from, window.items).await?;
            self.session.cursor.until = Some(window.until);
            self.session.checkpoint().await?;
        }
        Ok(())
    }

    /// When the first incident began that is to be read; `None` where there is none.
    async fn first(&mut self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
        let mut from = self.keys.since.map(|since| since.min(now));
        if from.is_none() {
            let path = "/incidents?date_range=all&sort_by=created_at%3Aasc&limit=1";
            let page = self.client.page(path).await?;
            let IncidentPage { incidents, .. } = self.client.parse(path, &page.body)?;
            from = incidents.first().and_then(|it| it.created_at);
        }
        // Whatever comes into an account that has nothing comes after this.
        self.session.cursor.from = from.or(Some(now));
        Ok(from)
    }

    /// The incidents that entries are about, as they are now, each once.
    async fn entries(&mut self, from: DateTime<Utc>, entries: Vec<LogEntry>) -> Result<()> {
        let mut changed: BTreeMap<String, (Incident, Vec<DateTime<Utc>>)> = BTreeMap::new();
        for entry in entries {
            let acknowledged = map::acknowledged(&entry);
            let Some(incident) = entry.incident else { continue };
            let (newest, moments) =
                changed.entry(incident.id.clone()).or_insert_with(|| (incident.clone(), Vec::new()));
            moments.extend(acknowledged);
            if map::version(&incident) > map::version(newest) {
                *newest = incident;
            }
        }
        for (id, (incident, moments)) in changed {
            // What began before this window and is not known has its earlier entries elsewhere, and a mere reference says
            // nothing of what the incident is.
            let is_whole = incident.created_at.is_some_and(|at| at >= from) || self.known.contains_key(&id);
            if is_whole && incident.created_at.is_some() {
                self.take(&incident, moments.into_iter().min());
            } else if incident.created_at.is_none() || self.is_wanted(&incident) {
                self.one(&id).await?;
            }
        }
        Ok(())
    }

    /// Asks for one incident, with its log.
    async fn one(&mut self, id: &str) -> Result<()> {
        let path = format!("/incidents/{id}");
        let Answer::Page(page) = self.client.get(&path, None).await? else { return Ok(()) };
        let Show { incident } = self.client.parse(&path, &page.body)?;
        if self.is_wanted(&incident) {
            let acknowledged = self.log_of(id).await?;
            self.take(&incident, acknowledged);
        }
        Ok(())
    }

    /// When somebody first said that they look at an incident, by its own log.
    pub(super) async fn log_of(&mut self, id: &str) -> Result<Option<DateTime<Utc>>> {
        let (mut offset, mut first) = (0, None);
        loop {
            let query = [("is_overview", "true"), ("limit", windows::PAGE_TEXT), ("offset", &offset.to_string())];
            let path = with_query(&format!("/incidents/{id}/log_entries"), query);
            let Answer::Page(page) = self.client.get(&path, None).await? else { return Ok(first) };
            let LogPage { log_entries, more, .. } = self.client.parse(&path, &page.body)?;
            let found = log_entries.iter().filter_map(map::acknowledged).min();
            first = [first, found].into_iter().flatten().min();
            offset += windows::PAGE;
            if !more || offset + windows::PAGE > windows::MOST {
                return Ok(first);
            }
        }
    }
}
