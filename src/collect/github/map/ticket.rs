//! Issues as tickets, where a team takes support requests as issues.

use super::event::{as_comment, made_up_id};
use super::{Voice, key, labels, who};
use crate::collect::github::payload::{Comment, Event, Issue, Label};
use crate::collect::observation::{Observation, Row};
use crate::model::support::{TICKET_EVENTS, TICKETS};

/// The ticket of an issue: `owner/name#12`.
pub fn ticket_id(repository: &str, number: i64) -> String {
    format!("{}{number}", ticket_ids(repository))
}

/// What the ids of a repository's tickets begin with, and no other repository's.
pub fn ticket_ids(repository: &str) -> String {
    format!("{repository}#")
}

/// An issue as a ticket; `None` for a pull request. The topic is the issue's type, or its labels where it has none; the status
/// is `open`, or why it was closed.
pub fn ticket(repository: &str, issue: &Issue, voice: Voice) -> Option<Observation> {
    if issue.is_pull_request() {
        return None;
    }
    let kind = issue.kind.as_ref().and_then(Label::name).map(str::to_owned);
    let labels = labels(issue.labels.as_deref()).filter(|labels| !labels.is_empty());
    let topic = kind.clone().or_else(|| labels.clone()).filter(|topic| !topic.is_empty());
    let is_done = issue.closed_at.is_some();
    let status = issue.state_reason.clone().filter(|_| is_done).or_else(|| issue.state.clone());
    let row = Row::of(&TICKETS)
        .set("ticket_id", ticket_id(repository, issue.number))
        .set("repository", repository)
        .set("requester_id", who(issue.user.as_ref()))
        .set("topic", topic)
        .set("project", repository)
        .set("kind", kind)
        // GitHub says `reopened` as the reason of an open one.
        .set("status", status)
        .set("state", if is_done { "done" } else { "open" })
        .set("labels", labels.map(|labels| labels.replace('\n', ",")))
        .set("subject", issue.title.as_deref())
        .set("assignee_id", who(issue.assignee.as_ref()))
        .set("url", issue.html_url.as_deref())
        .set("opened_at", issue.created_at)
        .set("resolved_at", issue.closed_at)
        .set("source_key", key(issue.node_id.as_deref(), issue.id))
        .set("updated_at", issue.updated_at);
    Some(voice.say(row))
}

/// An event of an issue's timeline; `None` for those that nobody did to the ticket, such as a mention.
pub fn ticket_event(ticket: &str, event: &Event, voice: Voice) -> Option<Observation> {
    let word = match event.event.as_deref()? {
        "commented" => return Some(voice.say(ticket_comment(ticket, &as_comment(event)?))),
        "closed" => "resolved",
        "mentioned" | "subscribed" | "unsubscribed" | "referenced" | "cross-referenced" | "committed" => return None,
        word => word,
    };
    let at = event.created_at?;
    let id = key(event.node_id.as_deref(), event.id);
    let row = Row::of(&TICKET_EVENTS)
        .set("ticket_id", ticket)
        .set("event_id", id.clone().unwrap_or_else(|| made_up_id(word, at, None)))
        .set("event", word)
        .set("actor_id", who(event.actor.as_ref()))
        .set("happened_at", at)
        .set("source_key", id)
        .set("updated_at", at);
    Some(voice.say(row))
}

/// A comment on an issue. Deletion gives no time of its own: see [`Row::gone`].
pub fn ticket_comment(ticket: &str, comment: &Comment) -> Row {
    let id = key(comment.node_id.as_deref(), Some(comment.id));
    Row::of(&TICKET_EVENTS)
        .set("ticket_id", ticket)
        .set("event_id", &id)
        .set("event", "commented")
        .set("actor_id", who(comment.user.as_ref()))
        .set("happened_at", comment.created_at)
        .set("source_key", id)
        .set("updated_at", comment.updated_at.unwrap_or(comment.created_at))
}
