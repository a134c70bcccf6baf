//! An issue of GraphQL as rows: a ticket and its whole timeline.

use super::Item;
use super::nested::{Connection, Nested};
use super::parts::{self, Actor, Comment, Event, Label};
use crate::collect::github::map::{self, Voice};
use crate::collect::github::{ListCursor, RepositoryCursor, payload};
use crate::collect::observation::{Observation, Row};
use crate::model::support::TICKET_EVENTS;
use chrono::{DateTime, Utc};
use serde::Deserialize;

/// An issue with all its parts.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::collect::github) struct Issue {
    id: String,
    number: i64,
    title: String,
    url: String,
    state: String,
    state_reason: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    closed_at: Option<DateTime<Utc>>,
    author: Option<Actor>,
    assignees: Assignees,
    issue_type: Option<Label>,
    labels: Option<Connection<Label>>,
    comments: Connection<Comment>,
    timeline_items: Connection<Event>,
}

/// The first of those who are to see to it, as REST's `assignee` is.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::collect::github) struct Assignees {
    nodes: Vec<Option<Actor>>,
}

impl Item for Issue {
    const NAME: &'static str = "issues";
    const FIELD: &'static str = "issues";
    const FRAGMENT: &'static str = "issue";
    const PATH: &'static str = "issues";

    fn cursor(repository: &mut RepositoryCursor) -> &mut ListCursor {
        &mut repository.issues
    }

    fn updated_at(&self) -> DateTime<Utc> {
        self.updated_at
    }

    fn lists(&mut self) -> Vec<Nested<'_>> {
        let mut lists = Vec::new();
        if let Some(list) = &mut self.labels {
            lists.push(Nested::of(&self.id, "Issue", "labels", "labels", list));
        }
        lists.push(Nested::of(&self.id, "Issue", "comments", "comments", &mut self.comments));
        lists.push(Nested::of(&self.id, "Issue", "timelineItems", "issueEvents", &mut self.timeline_items).typed());
        lists
    }

    fn observations(&self, repository: &str) -> Vec<Observation> {
        let id = map::ticket_id(repository, self.number);
        let comments = self.comments.items().filter_map(parts::comment);
        let comments = comments.map(|comment| map::ticket_comment(&id, &comment).asked());
        let events = self.timeline_items.items().filter_map(parts::event);
        let events = events.filter_map(|event| map::ticket_event(&id, &event, Voice::Asked));
        let events: Vec<Observation> = comments.chain(events).collect();
        let all = Row::of(&TICKET_EVENTS).set("ticket_id", &id).set("updated_at", self.updated_at).whole_of(&events);
        map::ticket(repository, &self.itself(), Voice::Asked).into_iter().chain(events).chain([all]).collect()
    }
}

impl Issue {
    fn itself(&self) -> payload::Issue {
        payload::Issue {
            id: None,
            node_id: Some(self.id.clone()),
            url: None,
            html_url: Some(self.url.clone()),
            number: self.number,
            title: Some(self.title.clone()),
            state: Some(self.state.to_lowercase()),
            state_reason: self.state_reason.as_deref().map(str::to_lowercase),
            assignee: self.assignees.nodes.iter().flatten().next().map(parts::user),
            user: self.author.as_ref().map(parts::user),
            labels: Some(self.labels.iter().flat_map(|labels| labels.items()).map(parts::label).collect()),
            kind: self.issue_type.as_ref().map(parts::label),
            created_at: self.created_at,
            updated_at: self.updated_at,
            closed_at: self.closed_at,
            pull_request: None,
        }
    }
}
