//! The daily comparison of the table with all incidents that PagerDuty lists.

use super::payload::{Incident, IncidentPage};
use super::windows::Windows;
use super::{Reading, map};
use crate::collect::Result;
use crate::collect::reconciliation::{Entity, Listed, Listing, Scope, compare};
use crate::model::delivery::INCIDENTS;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

const ENTITY: Entity = Entity { table: &INCIDENTS, created_at: "opened_at", parts: &[] };

impl Reading<'_, '_, '_, '_> {
    /// Compares with the list as it is at `now`. An incident that began after that stays.
    pub(super) async fn compare(&mut self, now: DateTime<Utc>) -> Result<()> {
        let source = self.session.source;
        // A moment that was set earlier since brings older ones. Without one nothing can be listed, which would not say that
        // everything is gone.
        let Some(from) = self.keys.since.or(self.session.cursor.from) else { return Ok(()) };
        self.session.collecting.progress.stage(&format!("{source}: comparing with PagerDuty"), None);
        let mut listed: BTreeMap<String, Incident> = BTreeMap::new();
        let mut windows = Windows::new(from, now);
        let fixed: Vec<(&str, &str)> = self.keys.services.iter().map(|id| ("service_ids[]", id.as_str())).collect();
        while let Some(window) = windows.next::<IncidentPage>(self.client, "/incidents", &fixed).await? {
            listed.extend(window.items.into_iter().map(|it| (it.id.clone(), it)));
        }
        listed.retain(|_, incident| self.is_wanted(incident));
        let row = |(id, incident): (&String, &Incident)| {
            let (created_at, updated_at) = (incident.created_at?, map::version(incident)?);
            Some(Listed { key: id.clone(), created_at, updated_at })
        };
        // Moments are whole seconds, and the list ends before that of `now` is over.
        let at = Some(now - TimeDelta::seconds(1));
        let listing = Listing { rows: listed.iter().filter_map(row).collect(), at, from: None };
        for id in compare(self.session, &ENTITY, Scope::Source(source), &listing).await? {
            let Some(incident) = listed.get(&id) else { continue };
            let acknowledged = self.log_of(&id).await?;
            // What was said to be stored is not.
            self.known.remove(&id);
            self.take(incident, acknowledged);
        }
        self.session.checkpoint().await
    }
}
