//! Issues: <https://docs.gitlab.com/api/issues/>.

use super::User;
use chrono::{DateTime, Utc};
use serde::Deserialize;

/// An issue.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Issue {
    pub id: Option<i64>,
    /// Its number in the project.
    pub iid: i64,
    pub title: Option<String>,
    /// `opened` or `closed`.
    pub state: String,
    pub author: Option<User>,
    pub assignees: Option<Vec<User>>,
    pub labels: Option<Vec<String>>,
    /// `issue`, `incident`, `test_case` or `task`.
    pub issue_type: Option<String>,
    /// Of incidents: `UNKNOWN`, `LOW`, `MEDIUM`, `HIGH` or `CRITICAL`.
    pub severity: Option<String>,
    pub web_url: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
    /// Who wrote to the Service Desk; with stars for who may not see it.
    pub service_desk_reply_to: Option<String>,
}

/// That a label was put on an issue or taken from it: <https://docs.gitlab.com/api/resource_label_events/>.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LabelEvent {
    pub id: i64,
    pub user: Option<User>,
    pub created_at: DateTime<Utc>,
    /// Null where the label was deleted.
    pub label: Option<Label>,
    /// `add` or `remove`.
    pub action: String,
}

/// A label.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Label {
    pub name: Option<String>,
}
