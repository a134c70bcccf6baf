//! PagerDuty's objects, as far as a table needs them.
//!
//! One rule: only fields that a table needs are named, and each that PagerDuty may leave out or null is optional; its
//! description is at <https://github.com/PagerDuty/api-schema>.

use super::windows::Paged;
use chrono::{DateTime, Utc};
use serde::Deserialize;

/// An incident, or a reference to one, which has its id and summary alone.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Incident {
    pub id: String,
    pub title: Option<String>,
    pub summary: Option<String>,
    pub html_url: Option<String>,
    pub created_at: Option<DateTime<Utc>>,
    /// Older answers do not have it.
    pub updated_at: Option<DateTime<Utc>>,
    pub last_status_change_at: Option<DateTime<Utc>>,
    /// Older answers do not have it.
    pub resolved_at: Option<DateTime<Utc>>,
    pub status: Option<String>,
    pub urgency: Option<String>,
    pub priority: Option<Reference>,
    pub service: Option<Reference>,
    pub teams: Option<Vec<Reference>>,
    /// Those that hold; none where it is resolved or triggered again.
    pub acknowledgements: Option<Vec<Acknowledgement>>,
    /// Where they were asked for, or saved with it.
    pub log_entries: Option<Vec<LogEntry>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reference {
    pub id: String,
    pub summary: Option<String>,
    pub name: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Acknowledgement {
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct LogEntry {
    #[serde(rename = "type")]
    pub kind: String,
    pub created_at: DateTime<Utc>,
    pub incident: Option<Incident>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct User {
    pub id: String,
    pub name: Option<String>,
    pub email: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Show {
    pub incident: Incident,
}

#[derive(Deserialize)]
pub(super) struct IncidentPage {
    pub incidents: Vec<Incident>,
    #[serde(default)]
    pub more: bool,
    pub total: Option<usize>,
}

#[derive(Deserialize)]
pub(super) struct LogPage {
    pub log_entries: Vec<LogEntry>,
    #[serde(default)]
    pub more: bool,
    pub total: Option<usize>,
}

#[derive(Deserialize)]
pub(super) struct UserPage {
    pub users: Vec<User>,
    #[serde(default)]
    pub more: bool,
}

impl Paged for IncidentPage {
    type Item = Incident;

    fn parts(self) -> (Vec<Incident>, bool, Option<usize>) {
        (self.incidents, self.more, self.total)
    }
}

impl Paged for LogPage {
    type Item = LogEntry;

    fn parts(self) -> (Vec<LogEntry>, bool, Option<usize>) {
        (self.log_entries, self.more, self.total)
    }
}
