//! What pull requests and issues have in common: accounts, labels, comments, events.
//!
//! GraphQL's objects are turned into those of REST, so that one mapping decides what they mean.

use super::question::snake_case;
use crate::collect::github::payload;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

/// A user, a bot, or another kind of account. Where GitHub names a user and nothing else, the kind is left out.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Actor {
    #[serde(rename = "__typename")]
    pub kind: Option<String>,
    pub database_id: Option<i64>,
    pub login: String,
}

/// A label, or the type of an issue.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Label {
    pub name: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Comment {
    pub id: String,
    pub full_database_id: Option<Value>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub author: Option<Actor>,
    #[serde(default)]
    pub pull_request_review: Option<ReviewId>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReviewId {
    pub full_database_id: Option<Value>,
}

/// A moment in the life of a pull request or an issue. Kinds that were not asked for have no id.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    #[serde(rename = "__typename")]
    pub kind: String,
    pub id: Option<String>,
    pub created_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub actor: Option<Actor>,
    #[serde(default)]
    pub requested_reviewer: Option<Reviewer>,
}

/// An account, or a team by its slug.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Reviewer {
    Account(Actor),
    Team {
        slug: String,
    },
    /// A kind that was not asked for.
    Other {},
}

/// GraphQL leaves out the brackets that every other door puts behind a bot's login.
pub(super) fn user(actor: &Actor) -> payload::User {
    let is_bare_bot = actor.kind.as_deref() == Some("Bot") && !actor.login.ends_with("[bot]");
    let login = if is_bare_bot { format!("{}[bot]", actor.login) } else { actor.login.clone() };
    payload::User { id: actor.database_id, login: Some(login), kind: actor.kind.clone(), ..payload::User::default() }
}

pub(super) fn label(label: &Label) -> payload::Label {
    payload::Label::Name(label.name.clone())
}

/// A comment; `None` where GitHub does not say its number.
pub(super) fn comment(comment: &Comment) -> Option<payload::Comment> {
    let review = comment.pull_request_review.as_ref();
    Some(payload::Comment {
        id: number(comment.full_database_id.as_ref())?,
        node_id: Some(comment.id.clone()),
        user: comment.author.as_ref().map(user),
        created_at: comment.created_at,
        updated_at: Some(comment.updated_at),
        pull_request_review_id: review.and_then(|review| number(review.full_database_id.as_ref())),
        pull_request_url: None,
        issue_url: None,
        html_url: None,
    })
}

/// An event; `None` for a kind that was not asked for.
pub(super) fn event(event: &Event) -> Option<payload::Event> {
    let (person, team) = match &event.requested_reviewer {
        Some(Reviewer::Account(account)) => (Some(user(account)), None),
        Some(Reviewer::Team { slug }) => (None, Some(slug.clone())),
        Some(Reviewer::Other {}) | None => (None, None),
    };
    Some(payload::Event {
        node_id: Some(event.id.clone()?),
        event: Some(word(&event.kind)),
        actor: event.actor.as_ref().map(user),
        created_at: event.created_at,
        requested_reviewer: person,
        requested_team: team.map(|slug| payload::Team { slug: Some(slug), ..payload::Team::default() }),
        ..payload::Event::default()
    })
}

/// REST's word for a type of events: `ready_for_review` for `ReadyForReviewEvent`.
fn word(kind: &str) -> String {
    match kind {
        "RenamedTitleEvent" => "renamed".to_owned(),
        kind => snake_case(kind.strip_suffix("Event").unwrap_or(kind)),
    }
}

/// A `BigInt` comes as text or as a number.
pub(super) fn number(value: Option<&Value>) -> Option<i64> {
    let value = value?;
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}
