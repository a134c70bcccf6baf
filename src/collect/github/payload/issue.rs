//! Issues and the events of issues and pull requests.

use super::{Label, Signature, Team, User};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

/// An issue. GitHub lists pull requests as issues too.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Issue {
    pub id: Option<i64>,
    pub node_id: Option<String>,
    pub url: Option<String>,
    /// Its page.
    pub html_url: Option<String>,
    pub number: i64,
    pub title: Option<String>,
    /// `open` or `closed`.
    pub state: Option<String>,
    /// Why it is closed, such as `completed` or `not_planned`.
    pub state_reason: Option<String>,
    pub assignee: Option<User>,
    pub user: Option<User>,
    pub labels: Option<Vec<Label>>,
    /// The issue's type, where the organisation has types.
    #[serde(rename = "type")]
    pub kind: Option<Label>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
    /// Present where it is a pull request.
    pub pull_request: Option<Value>,
}

/// An entry of a timeline, or of a list of issue events.
///
/// `committed`, `reviewed` and `commented` entries are a commit, a review and a comment with one more field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Event {
    pub id: Option<i64>,
    pub node_id: Option<String>,
    pub event: Option<String>,
    pub actor: Option<User>,
    pub created_at: Option<DateTime<Utc>>,
    pub requested_reviewer: Option<User>,
    pub requested_team: Option<Team>,
    /// The issue, in lists over a whole repository.
    pub issue: Option<Issue>,

    /// `reviewed` and `commented`.
    pub user: Option<User>,
    /// `reviewed`.
    pub state: Option<String>,
    /// `reviewed`.
    pub submitted_at: Option<DateTime<Utc>>,
    /// `commented`.
    pub updated_at: Option<DateTime<Utc>>,

    /// `committed`.
    pub sha: Option<String>,
    /// `committed`.
    pub author: Option<Signature>,
    /// `committed`.
    pub committer: Option<Signature>,
}

impl Issue {
    /// Whether it is a pull request.
    pub fn is_pull_request(&self) -> bool {
        self.pull_request.as_ref().is_some_and(|link| !link.is_null())
    }

    /// `owner/name`.
    pub fn repository(&self) -> Option<String> {
        Some(super::place_of(self.url.as_deref()?)?.0)
    }
}
