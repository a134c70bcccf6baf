//! What is said about a merge request or an issue, by people and by GitLab itself: <https://docs.gitlab.com/api/notes/>.

use super::User;
use chrono::{DateTime, Utc};
use serde::Deserialize;

/// A comment, or a sentence of GitLab's about what somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Note {
    pub id: i64,
    /// `DiffNote` on lines, `DiscussionNote` in a thread, or nothing.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Only GitLab's own sentences are read.
    pub body: Option<String>,
    pub author: Option<User>,
    pub created_at: DateTime<Utc>,
    pub updated_at: Option<DateTime<Utc>>,
    /// GitLab wrote it.
    #[serde(default)]
    pub system: bool,
    /// Not shown to everybody who sees the issue; `confidential` before GitLab 15.
    pub internal: Option<bool>,
    pub confidential: Option<bool>,
}

/// That a merge request or an issue was closed, opened again or merged:
/// <https://docs.gitlab.com/api/resource_state_events/>.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct StateEvent {
    pub id: i64,
    pub user: Option<User>,
    pub created_at: DateTime<Utc>,
    /// `closed`, `reopened`, `merged` or `locked`.
    pub state: String,
}
