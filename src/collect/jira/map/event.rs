//! Changes of issues and comments on them.
//!
//! One rule: a change keeps its values only where they can be neither a person nor prose: people are known by their identities
//! alone, and what people write stays at the source.

use super::{States, who};
use crate::collect::jira::payload::{Change, Comment, History};
use crate::collect::observation::Row;
use crate::model::support::TICKET_EVENTS;

/// Fields that every Jira has whose values are people or prose, in lower case.
const PERSONAL: [&str; 10] = [
    "assignee",
    "attachment",
    "comment",
    "creator",
    "description",
    "environment",
    "remoteissuelink",
    "remoteworkitemlink",
    "reporter",
    "summary",
];

/// Fields of Jira Software whose values are neither, though they count as custom; what other custom fields hold is not known.
const KNOWN: [&str; 8] =
    ["end date", "epic link", "flagged", "rank", "sprint", "start date", "story point estimate", "story points"];

/// What somebody changed at once, one row for each field.
///
/// A status that becomes one of a done category resolves the ticket, and one that stops to be opens it again. Where the
/// categories are not known, setting and clearing the resolution decide, which Jira does along with the status.
pub fn history(ticket_id: &str, history: &History, states: &States) -> Vec<Row> {
    let row = |(index, change): (usize, &Change)| {
        let (from, to) = values(change);
        Row::of(&TICKET_EVENTS)
            .set("ticket_id", ticket_id)
            // A history may have several changes of one field.
            .set("event_id", format!("change-{}.{index}", history.id))
            .set("event", word(change, history, states))
            .set("actor_id", who(history.author.as_ref()))
            .set("field", &change.field)
            .set("from_value", from)
            .set("to_value", to)
            .set("happened_at", history.created.0)
            .set("source_key", &history.id)
            .set("updated_at", history.created.0)
    };
    history.items.iter().enumerate().map(row).collect()
}

/// A comment on an issue; one that the requester does not see is `noted`, since it is no answer. Deletion gives no time of its
/// own: see [`Row::gone`].
pub fn comment(ticket_id: &str, comment: &Comment) -> Row {
    Row::of(&TICKET_EVENTS)
        .set("ticket_id", ticket_id)
        .set("event_id", format!("comment-{}", comment.id))
        .set("event", if comment.is_public == Some(false) { "noted" } else { "commented" })
        .set("actor_id", who(comment.author.as_ref()))
        .set("happened_at", comment.created.0)
        .set("source_key", &comment.id)
        .set("updated_at", comment.updated.unwrap_or(comment.created).0)
}

fn word(change: &Change, history: &History, states: &States) -> &'static str {
    let is_done = |id: &Option<String>| id.as_ref().and_then(|id| states.get(id)).map(|state| *state == "done");
    match change.field.as_str() {
        "assignee" if said(&change.to).is_some() => "assigned",
        "assignee" => "unassigned",
        "status" => match (is_done(&change.from), is_done(&change.to)) {
            (Some(from), Some(to)) => turn(from, to),
            _ => history.items.iter().find(|it| it.field == "resolution").map_or("changed", by_resolution),
        },
        "resolution" if !history.items.iter().any(|it| it.field == "status") && states.is_empty() => {
            by_resolution(change)
        }
        _ => "changed",
    }
}

fn by_resolution(change: &Change) -> &'static str {
    turn(said(&change.from).is_some(), said(&change.to).is_some())
}

fn turn(was_done: bool, is_done: bool) -> &'static str {
    match (was_done, is_done) {
        (false, true) => "resolved",
        (true, false) => "reopened",
        _ => "changed",
    }
}

fn values(change: &Change) -> (Option<&String>, Option<&String>) {
    let field = change.field.to_lowercase();
    let is_own = change.kind.as_deref() == Some("jira") && !PERSONAL.contains(&field.as_str());
    if !is_own && !KNOWN.contains(&field.as_str()) {
        return (None, None);
    }
    (said(&change.from_text).or(said(&change.from)), said(&change.to_text).or(said(&change.to)))
}

/// Jira writes empty text for nothing in places.
fn said(text: &Option<String>) -> Option<&String> {
    text.as_ref().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn events(items: Value, states: &[(&str, &'static str)]) -> Vec<(String, Value, Value)> {
        let history = json!({ "id": "7", "created": "2026-01-05T08:00:00.000+0000", "items": items });
        let states: States = states.iter().map(|(id, state)| ((*id).to_owned(), *state)).collect();
        let rows = super::history("1", &serde_json::from_value(history).unwrap(), &states);
        let said = |row: Row| {
            let observation = row.asked();
            let (_, values) = observation.subject();
            let value = |column: &str| values.get(column).cloned().unwrap_or_default();
            (value("event").as_str().unwrap().to_owned(), value("from_value"), value("to_value"))
        };
        rows.into_iter().map(said).collect()
    }

    fn status(from: &str, to: &str) -> Value {
        json!({ "field": "status", "fieldtype": "jira", "from": from, "fromString": from, "to": to, "toString": to })
    }

    fn resolution(from: Option<&str>, to: Option<&str>) -> Value {
        json!({ "field": "resolution", "fieldtype": "jira", "from": from, "to": to, "fromString": from, "toString": to })
    }

    fn words(items: Value, states: &[(&str, &'static str)]) -> Vec<String> {
        events(items, states).into_iter().map(|it| it.0).collect()
    }

    #[test]
    fn a_ticket_turns_once_whichever_way_it_is_told() {
        let known = [("open", "open"), ("busy", "active"), ("closed", "done"), ("void", "done")];
        assert_eq!(
            words(json!([status("open", "closed"), resolution(None, Some("1"))]), &known),
            ["resolved", "changed"]
        );
        assert_eq!(
            words(json!([status("closed", "busy"), resolution(Some("1"), None)]), &known),
            ["reopened", "changed"]
        );
        assert_eq!(words(json!([status("closed", "void")]), &known), ["changed"]);
        assert_eq!(words(json!([resolution(Some("1"), None)]), &known), ["changed"], "the status has not turned");
        assert_eq!(words(json!([status("open", "closed"), resolution(None, Some("1"))]), &[]), ["resolved", "changed"]);
        assert_eq!(words(json!([status("open", "closed")]), &[]), ["changed"], "nobody knows what it means");
        assert_eq!(words(json!([resolution(Some("1"), None)]), &[]), ["reopened"]);
    }

    #[test]
    fn values_that_may_be_people_or_prose_are_left_out() {
        let change = |field: &str, kind: &str| json!({ "field": field, "fieldtype": kind, "from": "", "fromString": "", "to": "ann", "toString": "Ann Lee" });
        for (field, kind) in
            [("assignee", "jira"), ("RemoteWorkItemLink", "jira"), ("Approvers", "custom"), ("Comment", "jira")]
        {
            let [(_, from, to)] = &events(json!([change(field, kind)]), &[])[..] else { panic!("{field}") };
            assert!(from.is_null() && to.is_null(), "{field}: {from} {to}");
        }
        assert_eq!(events(json!([change("priority", "jira")]), &[])[0].2, "Ann Lee");
        assert_eq!(events(json!([change("Sprint", "custom")]), &[])[0].2, "Ann Lee");
        assert_eq!(words(json!([change("assignee", "jira")]), &[]), ["assigned"]);
    }
}
