//! Issues as tickets, where a team takes support requests as issues.

use super::{labels, who};
use crate::collect::gitlab::payload::{Issue, LabelEvent, Note, StateEvent};
use crate::collect::observation::{Row, Who};
use crate::model::support::{TICKET_EVENTS, TICKETS};

/// The ticket of an issue: `group/project#12`.
pub fn ticket_id(repository: &str, number: i64) -> String {
    format!("{}{number}", ticket_ids(repository))
}

/// What the ids of a project's tickets begin with, and no other project's.
fn ticket_ids(repository: &str) -> String {
    format!("{repository}#")
}

/// An issue as a ticket. Whoever wrote to the Service Desk asked it, and not the robot that filed the issue. The topic is its
/// labels.
pub fn ticket(repository: &str, issue: &Issue) -> Row {
    let is_closed = issue.state == "closed";
    let topic = labels(issue.labels.as_ref(), "\n").filter(|topic| !topic.is_empty());
    Row::of(&TICKETS)
        .set("ticket_id", ticket_id(repository, issue.iid))
        .set("repository", repository)
        .set("requester_id", writer(issue).or_else(|| who(issue.author.as_ref())))
        .set("topic", topic)
        .set("kind", issue.issue_type.as_ref().map(|kind| kind.to_lowercase()))
        .set("priority", issue.severity.as_ref().filter(|severity| *severity != "UNKNOWN"))
        .set("status", &issue.state)
        .set("state", if is_closed { "done" } else { "open" })
        .set("labels", labels(issue.labels.as_ref(), ","))
        .set("subject", &issue.title)
        .set("assignee_id", who(issue.assignees.iter().flatten().next()))
        .set("url", &issue.web_url)
        .set("opened_at", issue.created_at)
        // One that was opened again keeps the moment it was closed at.
        .set("resolved_at", issue.closed_at.filter(|_| is_closed))
        .set("source_key", issue.id.map(|id| id.to_string()))
        .set("updated_at", issue.updated_at)
}

/// A comment, or whom GitLab's own sentence says it was assigned to; `None` for its other sentences. A comment that the
/// requester does not see is `noted`, since it is no answer.
pub fn ticket_note(ticket: &str, note: &Note) -> Option<Row> {
    let is_internal = note.internal.or(note.confidential) == Some(true);
    let word = match note.body.as_deref().filter(|_| note.system) {
        None if note.system => return None,
        None if is_internal => "noted",
        None => "commented",
        Some(sentence) if sentence.starts_with("assigned to ") => "assigned",
        Some(sentence) if sentence.starts_with("unassigned ") => "unassigned",
        Some(_) => return None,
    };
    let row = Row::of(&TICKET_EVENTS)
        .set("ticket_id", ticket)
        .set("event_id", format!("note-{}", note.id))
        .set("event", word)
        .set("actor_id", who(note.author.as_ref()))
        .set("field", note.system.then_some("assignee"))
        .set("happened_at", note.created_at)
        .set("source_key", note.id.to_string())
        .set("updated_at", note.updated_at.filter(|_| !note.system).unwrap_or(note.created_at));
    Some(row)
}

/// That an issue was closed or opened again; `None` for another state.
pub fn ticket_state_event(ticket: &str, event: &StateEvent) -> Option<Row> {
    let (word, from, to) = match event.state.as_str() {
        "closed" => ("resolved", "opened", "closed"),
        "reopened" => ("reopened", "closed", "opened"),
        _ => return None,
    };
    let row = Row::of(&TICKET_EVENTS)
        .set("ticket_id", ticket)
        .set("event_id", format!("state-{}", event.id))
        .set("event", word)
        .set("actor_id", who(event.user.as_ref()))
        .set("field", "status")
        .set("from_value", from)
        .set("to_value", to)
        .set("happened_at", event.created_at)
        .set("source_key", event.id.to_string())
        .set("updated_at", event.created_at);
    Some(row)
}

/// That a label was put on an issue or taken from it.
pub fn label_event(ticket: &str, event: &LabelEvent) -> Row {
    let is_added = event.action == "add";
    let label = event.label.as_ref().and_then(|label| label.name.as_ref());
    Row::of(&TICKET_EVENTS)
        .set("ticket_id", ticket)
        .set("event_id", format!("label-{}", event.id))
        .set("event", if is_added { "labeled" } else { "unlabeled" })
        .set("actor_id", who(event.user.as_ref()))
        .set("field", "labels")
        .set("from_value", label.filter(|_| !is_added))
        .set("to_value", label.filter(|_| is_added))
        .set("happened_at", event.created_at)
        .set("source_key", event.id.to_string())
        .set("updated_at", event.created_at)
}

/// Who wrote to the Service Desk, by the address, where it is not hidden.
fn writer(issue: &Issue) -> Option<Who> {
    let email = issue.service_desk_reply_to.clone().filter(|email| email.contains('@') && !email.contains('*'))?;
    Some(Who { email, ..Who::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn what_is_said_on_an_issue() {
        let said = |body: Value| {
            let mut note = json!({ "id": 5, "created_at": "2026-01-05T08:00:00Z", "body": "thanks" });
            note.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
            let row = ticket_note("a/b#1", &serde_json::from_value(note).unwrap())?.asked();
            Some(row.subject().1["event"].as_str().unwrap().to_owned())
        };
        assert_eq!(said(json!({})).as_deref(), Some("commented"));
        assert_eq!(said(json!({ "internal": true })).as_deref(), Some("noted"));
        assert_eq!(said(json!({ "confidential": true })).as_deref(), Some("noted"));
        assert_eq!(said(json!({ "system": true, "body": "assigned to @ann" })).as_deref(), Some("assigned"));
        assert_eq!(said(json!({ "system": true, "body": "changed the description" })), None);
    }

    #[test]
    fn who_wrote_to_the_service_desk_asked() {
        let asked = |reply_to: &str| {
            let issue = json!({
                "iid": 1, "state": "opened", "created_at": "2026-01-05T08:00:00Z", "updated_at": "2026-01-05T08:00:00Z",
                "author": { "id": 9, "username": "support-bot" }, "service_desk_reply_to": reply_to,
            });
            ticket("a/b", &serde_json::from_value(issue).unwrap()).asked().subject().1["requester_id"].clone()
        };
        assert_eq!(asked("ann@acme.example")["email"], "ann@acme.example");
        assert_eq!(asked("an***@a***.example")["login"], "support-bot");
    }
}
