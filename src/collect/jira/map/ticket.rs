//! Issues and requests as tickets.

use super::{state, who};
use crate::collect::jira::payload::{Fields, Issue, Named, Sla};
use crate::collect::observation::Row;
use crate::model::support::TICKETS;
use chrono::{DateTime, Utc};

/// The goal by which Service Management itself measures the first answer, by the name that it is installed with.
const FIRST_RESPONSE: &str = "time to first response";

/// An issue as a ticket.
///
/// The topic is the type of the request, or the components, or else the issue's type. It is resolved at the moment of its
/// resolution; where a workflow sets none, when its status came to be of a done category.
pub fn ticket(issue: &Issue) -> Row {
    let fields = &issue.fields;
    let state = fields.status.as_ref().and_then(state);
    let done_at = fields.category_changed.filter(|_| state == Some("done"));
    Row::of(&TICKETS)
        .set("ticket_id", &issue.id)
        .set("requester_id", who(fields.reporter.as_ref().or(fields.creator.as_ref())))
        .set("topic", topic(fields))
        .set("project", fields.project.as_ref().and_then(|project| project.key.as_ref()))
        .set("kind", name(fields.kind.as_ref()))
        .set("priority", name(fields.priority.as_ref()))
        .set("status", fields.status.as_ref().and_then(|status| status.name.as_ref()))
        .set("state", state)
        .set("labels", labels(fields))
        // Some have a zero byte, which no client of a database takes.
        .set(
            "subject",
            fields.summary.as_deref().and_then(|text| text.lines().next()).map(|text| text.replace('\0', "")),
        )
        .set("assignee_id", who(fields.assignee.as_ref()))
        .set("url", page(issue))
        .set("opened_at", fields.created.0)
        .set("first_response_at", first_response(&fields.custom.slas))
        .set("resolved_at", fields.resolved.or(done_at).map(|at| at.0))
        .set("source_key", &issue.key)
        .set("updated_at", fields.updated.0)
}

fn topic(fields: &Fields) -> Option<String> {
    let request = fields.custom.request_type.as_ref().map(|request| request.name.clone());
    let mut components: Vec<&str> =
        fields.components.iter().flatten().filter_map(|component| component.name.as_deref()).collect();
    components.sort_unstable();
    let components = Some(components.join(", ")).filter(|names| !names.is_empty());
    request.or(components).or_else(|| name(fields.kind.as_ref()).cloned())
}

fn labels(fields: &Fields) -> Option<String> {
    let mut labels = fields.labels.clone()?;
    labels.sort_unstable();
    Some(labels.join(","))
}

/// The end of the first cycle of the goal for it.
fn first_response(slas: &[Sla]) -> Option<DateTime<Utc>> {
    let sla = slas.iter().find(|sla| sla.name.to_lowercase() == FIRST_RESPONSE)?;
    let ends = sla.completed_cycles.iter().filter_map(|cycle| cycle.stop_time.as_ref());
    ends.map(|at| at.epoch_millis).min().and_then(DateTime::from_timestamp_millis)
}

/// Its page, on the host that its address in the API names.
fn page(issue: &Issue) -> Option<String> {
    let (base, _) = issue.address.as_deref()?.split_once("/rest/")?;
    Some(format!("{base}/browse/{}", issue.key))
}

fn name(named: Option<&Named>) -> Option<&String> {
    named.and_then(|it| it.name.as_ref())
}
