//! What Zendesk's objects mean for the tables.
//!
//! One rule: a column is what the object says, and NULL where it does not say. The first response follows from the public
//! comments and is derived at reading.

use super::payload::{Child, MetricEvent, MetricSet, Named, Ticket, TicketEvent};
use crate::collect::observation::{Observation, Row, Who};
use crate::model::support::{TICKET_EVENTS, TICKETS};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::BTreeMap;

/// What tickets name by number.
#[derive(Default)]
pub(super) struct Names {
    groups: BTreeMap<i64, String>,
    forms: BTreeMap<i64, String>,
    metrics: BTreeMap<i64, MetricSet>,
}

impl Names {
    pub fn of(groups: Vec<Named>, forms: Vec<Named>, metrics: Vec<MetricSet>) -> Names {
        let by_id = |all: Vec<Named>| all.into_iter().map(|it| (it.id, it.name)).collect();
        let metrics = metrics.into_iter().filter_map(|it| Some((it.ticket_id?, it))).collect();
        Names { groups: by_id(groups), forms: by_id(forms), metrics }
    }
}

/// A ticket, or that it is gone with all that happened to it. `origin` is where the pages are.
pub(super) fn ticket(ticket: &Ticket, names: &Names, origin: &str) -> Vec<Observation> {
    let (id, version) = (ticket.id.to_string(), version(ticket));
    if is_deleted(ticket) {
        let gone = Row::of(&TICKETS).set("ticket_id", &id).set("updated_at", version).gone();
        return vec![gone, no_events(&id, version)];
    }
    let name = |all: &BTreeMap<i64, String>, id: Option<i64>| id.and_then(|id| all.get(&id).cloned());
    let project = name(&names.groups, ticket.group_id).or_else(|| name(&names.forms, ticket.ticket_form_id));
    let state = ticket.status.as_deref().and_then(state);
    let metrics = ticket.metric_set.as_ref().or_else(|| names.metrics.get(&ticket.id));
    let mut labels = ticket.tags.clone();
    labels.iter_mut().for_each(|labels| labels.sort_unstable());
    let row = Row::of(&TICKETS)
        .set("ticket_id", &id)
        .set("requester_id", who(ticket.requester_id))
        .set("project", project)
        .set("kind", &ticket.kind)
        .set("priority", &ticket.priority)
        .set("status", &ticket.status)
        .set("state", state)
        .set("labels", labels.map(|labels| labels.join(",")).filter(|labels| !labels.is_empty()))
        .set("subject", ticket.subject.as_ref().and_then(|it| it.lines().next()))
        .set("assignee_id", who(ticket.assignee_id))
        .set("url", format!("{origin}/agent/tickets/{id}"))
        .set("opened_at", ticket.created_at)
        // One that was opened again keeps the moment at which it was solved before.
        .set("resolved_at", metrics.and_then(|it| it.solved_at).filter(|_| state == Some("done")))
        .set("reopened", metrics.and_then(|it| it.reopens))
        .set("source_key", &id)
        .set("updated_at", version);
    vec![row.asked()]
}

/// Whether this is all that is left of it.
pub(super) fn is_deleted(ticket: &Ticket) -> bool {
    ticket.status.as_deref() == Some("deleted")
}

/// That nothing is known to have happened to a ticket.
fn no_events(ticket: &str, at: DateTime<Utc>) -> Observation {
    Row::of(&TICKET_EVENTS).set("ticket_id", ticket).set("updated_at", at).whole(Vec::<Value>::new())
}

/// Grows whenever it changes, also by Zendesk itself.
pub(super) fn version(ticket: &Ticket) -> DateTime<Utc> {
    let generated = ticket.generated_timestamp.and_then(|at| DateTime::from_timestamp(at, 0));
    generated.map_or(ticket.updated_at, |at| at.max(ticket.updated_at))
}

/// The table's word for a status: <https://support.zendesk.com/hc/en-us/articles/4408832450202>.
fn state(status: &str) -> Option<&'static str> {
    Some(match status {
        "new" => "open",
        "open" => "active",
        "pending" | "hold" => "waiting",
        "solved" | "closed" => "done",
        _ => return None,
    })
}

/// What was done to a ticket, each thing for itself. What it was created with is the ticket itself.
pub(super) fn events(event: &TicketEvent) -> Vec<Observation> {
    if event.child_events.iter().any(|child| child.event_type == "Create") {
        return Vec::new();
    }
    let Some(at) = DateTime::from_timestamp(event.timestamp, 0) else { return Vec::new() };
    let row = |child: &Child| {
        let row = Row::of(&TICKET_EVENTS)
            .set("ticket_id", event.ticket_id.to_string())
            .set("event_id", child.id.to_string())
            .set("actor_id", who(event.updater_id))
            .set("happened_at", at)
            .set("source_key", event.id.to_string())
            .set("updated_at", at);
        match child.event_type.as_str() {
            "Comment" => {
                let is_public = child.comment_public.or(child.public)?;
                Some(row.set("event", if is_public { "commented" } else { "noted" }).asked())
            }
            "Change" => Some(change(child, row)?.asked()),
            _ => None,
        }
    };
    event.child_events.iter().filter_map(row).collect()
}

/// A change of a field that tells how the work went. Of people only that they changed is said.
fn change(child: &Child, row: Row) -> Option<Row> {
    const FIELDS: [&str; 5] = ["status", "priority", "type", "group_id", "ticket_form_id"];
    const PEOPLE: [(&str, &str); 2] = [("assignee_id", "assigned"), ("requester_id", "changed")];
    if let Some((field, event)) = PEOPLE.into_iter().find(|(field, _)| child.fields.contains_key(*field)) {
        return Some(row.set("event", event).set("field", field));
    }
    let field = FIELDS.into_iter().find(|field| child.fields.contains_key(*field))?;
    let (from, to) = (text(child.previous_value.as_ref()), text(child.fields.get(field)));
    let is_done = |status: &Option<String>| status.as_deref().and_then(state) == Some("done");
    let event = match (field, is_done(&from), is_done(&to)) {
        ("status", false, true) => "resolved",
        ("status", true, false) => "reopened",
        _ => "changed",
    };
    Some(row.set("event", event).set("field", field).set("from_value", from).set("to_value", to))
}

fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        other => Some(other.to_string()),
    }
}

/// That a promise was kept or broken; `None` for the clock's other moments.
pub(super) fn metric_event(event: &MetricEvent) -> Option<Observation> {
    let word = match event.kind.as_str() {
        "fulfill" => "fulfilled",
        "breach" => "breached",
        _ => return None,
    };
    let row = Row::of(&TICKET_EVENTS)
        .set("ticket_id", event.ticket_id.to_string())
        .set("event_id", format!("metric-{}", event.id))
        .set("event", word)
        .set("field", &event.metric)
        .set("happened_at", event.time)
        .set("source_key", event.id.to_string())
        .set("updated_at", event.time);
    Some(if event.deleted { row.gone() } else { row.asked() })
}

/// How an account is named. Zendesk itself is -1.
fn who(number: Option<i64>) -> Option<Who> {
    // Name and address of a profile can be changed: they would be another identity.
    number.filter(|number| *number > 0).map(|number| Who { number: Some(number), ..Who::default() })
}
