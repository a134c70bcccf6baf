//! Events and timelines of pull requests.

use super::{Voice, author, comment, key, review, team_name, who};
use crate::collect::github::payload::{Comment, Event, Review};
use crate::collect::observation::{Observation, Row};
use crate::model::flow::{PULL_REQUEST_COMMITS, PULL_REQUEST_EVENTS};
use chrono::{DateTime, SecondsFormat, Utc};

/// The table's word for an event of GitHub's timeline; `None` where the table has none.
pub fn pull_request_event_word(event: &str) -> Option<&'static str> {
    Some(match event {
        "ready_for_review" => "ready_for_review",
        // The timeline's word and the webhook's.
        "convert_to_draft" | "converted_to_draft" => "converted_to_draft",
        "review_requested" => "review_requested",
        "review_request_removed" => "review_request_removed",
        "head_ref_force_pushed" => "head_force_pushed",
        "closed" => "closed",
        "reopened" => "reopened",
        "merged" => "merged",
        _ => return None,
    })
}

/// An event of a pull request; `None` where the table has no word for it.
///
/// A webhook does not name the event's id: its row is known by what happened and when. Listing the timeline as a whole
/// ([`super::whole`]) replaces such rows by GitHub's own.
pub fn pull_request_event(repository: &str, pull_request: i64, event: &Event, voice: Voice) -> Option<Observation> {
    let word = pull_request_event_word(event.event.as_deref()?)?;
    let at = event.created_at?;
    let subject = who(event.requested_reviewer.as_ref());
    let owner = repository.split('/').next().unwrap_or_default();
    let team = event.requested_team.as_ref().and_then(|team| team_name(owner, team));
    let id = key(event.node_id.as_deref(), event.id);
    let concerned = subject.as_ref().map(|subject| &subject.login).or(team.as_ref());
    let row = Row::of(&PULL_REQUEST_EVENTS)
        .set("repository", repository)
        .set("pull_request", pull_request)
        .set("event_id", id.clone().unwrap_or_else(|| made_up_id(word, at, concerned)))
        .set("event", word)
        .set("actor_id", who(event.actor.as_ref()))
        .set("subject_id", subject)
        .set("subject_team", &team)
        .set("happened_at", at)
        .set("source_key", id)
        .set("updated_at", at);
    Some(voice.say(row))
}

/// An id for an event that GitHub tells without one, the same for every telling.
pub(super) fn made_up_id(word: &str, at: DateTime<Utc>, concerned: Option<&String>) -> String {
    let moment = at.to_rfc3339_opts(SecondsFormat::Secs, true);
    concerned.map_or_else(|| format!("{word}@{moment}"), |concerned| format!("{word}@{moment}:{concerned}"))
}

/// A pull request's timeline as it stood at `as_of`, the pull request's `updated_at`: events, reviews, comments on the whole
/// and commits. Comments on lines are not in it.
pub fn timeline(repository: &str, pull_request: i64, events: &[Event], as_of: DateTime<Utc>) -> Vec<Observation> {
    let row = |event: &Event| match event.event.as_deref()? {
        "committed" => commit(repository, pull_request, event, as_of),
        "reviewed" => review(repository, pull_request, &as_review(event)?, as_of, Voice::Asked),
        "commented" => Some(comment(repository, pull_request, &as_comment(event)?).asked()),
        _ => pull_request_event(repository, pull_request, event, Voice::Asked),
    };
    events.iter().filter_map(row).collect()
}

fn commit(repository: &str, pull_request: i64, event: &Event, as_of: DateTime<Utc>) -> Option<Observation> {
    let row = Row::of(&PULL_REQUEST_COMMITS)
        .set("repository", repository)
        .set("pull_request", pull_request)
        .set("sha", event.sha.as_ref()?)
        .set("author_id", author(None, event.author.as_ref()))
        .set("authored_at", event.author.as_ref().and_then(|author| author.date))
        .set("committed_at", event.committer.as_ref().and_then(|committer| committer.date))
        .set("source_key", &event.node_id)
        .set("updated_at", as_of);
    Some(row.asked())
}

fn as_review(event: &Event) -> Option<Review> {
    Some(Review {
        id: event.id?,
        node_id: event.node_id.clone(),
        user: event.user.clone(),
        state: event.state.clone(),
        submitted_at: event.submitted_at,
        pull_request_url: None,
    })
}

pub(super) fn as_comment(event: &Event) -> Option<Comment> {
    Some(Comment {
        id: event.id?,
        node_id: event.node_id.clone(),
        user: event.user.clone(),
        created_at: event.created_at?,
        updated_at: event.updated_at,
        pull_request_review_id: None,
        pull_request_url: None,
        issue_url: None,
        html_url: None,
    })
}
