//! Zendesk's objects, as far as a table needs them.
//!
//! One rule: only fields that a table needs are named, and each that Zendesk may leave out or null is optional:
//! <https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/>.

use super::events::Exported;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Ticket {
    pub id: i64,
    /// Of the API, not of the page.
    pub url: Option<String>,
    pub subject: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub priority: Option<String>,
    pub status: Option<String>,
    pub tags: Option<Vec<String>>,
    pub requester_id: Option<i64>,
    pub assignee_id: Option<i64>,
    pub group_id: Option<i64>,
    pub ticket_form_id: Option<i64>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// Seconds since 1970; counts changes that Zendesk itself made, too.
    pub generated_timestamp: Option<i64>,
    pub metric_set: Option<MetricSet>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct MetricSet {
    pub ticket_id: Option<i64>,
    pub solved_at: Option<DateTime<Utc>>,
    pub reopens: Option<i64>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct User {
    pub id: i64,
    pub name: Option<String>,
    pub email: Option<String>,
}

/// A group or a form.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Named {
    pub id: i64,
    pub name: String,
}

/// Tickets with what they name beside them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TicketPage {
    pub tickets: Vec<Ticket>,
    pub users: Vec<User>,
    pub groups: Vec<Named>,
    pub ticket_forms: Vec<Named>,
    pub metric_sets: Vec<MetricSet>,
    pub after_cursor: Option<String>,
    pub end_of_stream: bool,
}

/// What somebody did to a ticket at one moment.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct TicketEvent {
    pub id: i64,
    pub ticket_id: i64,
    /// Seconds since 1970.
    pub timestamp: i64,
    pub updater_id: Option<i64>,
    #[serde(default)]
    pub child_events: Vec<Child>,
}

/// One of the things that were done.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Child {
    pub id: i64,
    pub event_type: String,
    /// Of a comment.
    pub comment_public: Option<bool>,
    pub public: Option<bool>,
    /// Of a change: what it was before, and under the name of the field what it is.
    pub previous_value: Option<Value>,
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

#[derive(Deserialize)]
pub(super) struct EventPage {
    pub ticket_events: Vec<TicketEvent>,
    pub end_time: Option<i64>,
    #[serde(default)]
    pub end_of_stream: bool,
}

/// A moment that counts for a promise to answer.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct MetricEvent {
    pub id: i64,
    pub ticket_id: i64,
    pub metric: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub time: DateTime<Utc>,
    /// A breach that was called off.
    #[serde(default)]
    pub deleted: bool,
}

#[derive(Deserialize)]
pub(super) struct MetricPage {
    pub ticket_metric_events: Vec<MetricEvent>,
    pub end_time: Option<i64>,
    #[serde(default)]
    pub end_of_stream: bool,
}

impl Exported for EventPage {
    type Item = TicketEvent;

    fn parts(self) -> (Vec<TicketEvent>, Option<i64>, bool) {
        (self.ticket_events, self.end_time, self.end_of_stream)
    }
}

impl Exported for MetricPage {
    type Item = MetricEvent;

    fn parts(self) -> (Vec<MetricEvent>, Option<i64>, bool) {
        (self.ticket_metric_events, self.end_time, self.end_of_stream)
    }
}
