//! What Service Management adds to an issue. The fields have other numbers in every Jira, so that they are known by their form:
//! <https://developer.atlassian.com/cloud/jira/service-desk/rest/api-group-request/>.

use serde::Deserialize;
use serde_json::Value;

/// The fields of known form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Custom {
    pub request_type: Option<RequestType>,
    /// Goals for times, in the order of their names.
    pub slas: Vec<Sla>,
}

/// The form that a request was made by.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RequestType {
    pub name: String,
}

/// A goal for a time, such as `Time to first response`, and how it went.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sla {
    pub name: String,
    /// A goal begins again when an issue is opened again.
    pub completed_cycles: Vec<Cycle>,
}

/// A time that was measured once.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cycle {
    pub stop_time: Option<Epoch>,
}

/// A moment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Epoch {
    /// Milliseconds since 1970.
    pub epoch_millis: i64,
}

impl Custom {
    /// The fields of known form among all fields of an issue.
    pub(super) fn of(fields: &Value) -> Custom {
        let mut custom = Custom::default();
        for value in fields.as_object().into_iter().flatten().filter(|(name, _)| name.starts_with("customfield_")) {
            if let Some(kind) = value.1.get("requestType") {
                custom.request_type = RequestType::deserialize(kind).ok().or(custom.request_type);
            } else if value.1.get("completedCycles").is_some() {
                custom.slas.extend(Sla::deserialize(value.1).ok());
            }
        }
        custom.slas.sort_by(|a, b| a.name.cmp(&b.name));
        custom
    }
}
