//! What PagerDuty's objects mean for the tables.
//!
//! One rule: a column is what the object says, and NULL where it does not say.

use super::payload::{Incident, LogEntry, Reference};
use crate::collect::observation::{Observation, Row};
use crate::model::delivery::INCIDENTS;
use chrono::{DateTime, Utc};

/// An incident that somebody first looked at then; `None` for a mere reference. Its severity is its priority, or its urgency
/// where it has none. Of several teams the first is named, which is the service's.
pub(super) fn incident(incident: &Incident, acknowledged_at: Option<DateTime<Utc>>) -> Option<Observation> {
    let version = version(incident)?;
    let priority = incident.priority.as_ref().and_then(name);
    let is_resolved = incident.status.as_deref() == Some("resolved");
    let resolved_at = incident.resolved_at.or(incident.last_status_change_at).filter(|_| is_resolved);
    let subject = incident.title.as_ref().or(incident.summary.as_ref()).and_then(|it| it.lines().next());
    let row = Row::of(&INCIDENTS)
        .set("incident_id", &incident.id)
        .set("service", incident.service.as_ref().and_then(name))
        .set("team", incident.teams.iter().flatten().find_map(name))
        .set("severity", priority.or(incident.urgency.as_deref()))
        .set("status", &incident.status)
        .set("subject", subject)
        .set("url", &incident.html_url)
        .set("opened_at", incident.created_at?)
        .set("acknowledged_at", acknowledged_at)
        .set("resolved_at", resolved_at)
        .set("source_key", &incident.id)
        .set("updated_at", version);
    Some(row.asked())
}

/// When it last changed, in whichever of the ways that an answer says so; `None` for a mere reference.
pub(super) fn version(incident: &Incident) -> Option<DateTime<Utc>> {
    let created = incident.created_at?;
    [Some(created), incident.updated_at, incident.last_status_change_at, incident.resolved_at]
        .into_iter()
        .flatten()
        .max()
}

/// When somebody said that they look at it, if an entry of the log says that.
pub(super) fn acknowledged(entry: &LogEntry) -> Option<DateTime<Utc>> {
    entry.kind.starts_with("acknowledge_log_entry").then_some(entry.created_at)
}

/// The first of the acknowledgements that hold.
pub(super) fn acknowledged_now(incident: &Incident) -> Option<DateTime<Utc>> {
    incident.acknowledgements.iter().flatten().map(|it| it.at).min()
}

fn name(reference: &Reference) -> Option<&str> {
    reference.name.as_deref().or(reference.summary.as_deref())
}
