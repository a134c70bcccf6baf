//! Jira's objects, the same in the answers of version 2 and 3 of its API, in saved answers and in webhooks:
//! <https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/>.
//!
//! One rule: only fields that a table needs are named, and each that Jira may leave out or null is optional.

mod change;
mod custom;
mod moment;

pub use change::{Change, Changelog, Comment, Comments, History};
pub use custom::{Custom, Cycle, RequestType, Sla};
pub use moment::Moment;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// An issue, or a request of Service Management, which is an issue with more fields.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Issue {
    /// It stays when the issue moves.
    pub id: String,
    /// Project and number, such as `OPS-12`.
    pub key: String,
    /// Its address in the API.
    #[serde(rename = "self")]
    pub address: Option<String>,
    #[serde(deserialize_with = "fields")]
    pub fields: Fields,
    /// Where it was asked for.
    pub changelog: Option<Changelog>,
}

/// What is known of an issue.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Fields {
    pub summary: Option<String>,
    pub project: Option<Project>,
    #[serde(rename = "issuetype")]
    pub kind: Option<Named>,
    pub priority: Option<Named>,
    pub status: Option<Status>,
    pub labels: Option<Vec<String>>,
    pub components: Option<Vec<Named>>,
    pub reporter: Option<User>,
    pub creator: Option<User>,
    pub assignee: Option<User>,
    pub created: Moment,
    pub updated: Moment,
    #[serde(rename = "resolutiondate")]
    pub resolved: Option<Moment>,
    /// When the status last came into another category; servers do not say it.
    #[serde(rename = "statuscategorychangedate")]
    pub category_changed: Option<Moment>,
    pub comment: Option<Comments>,
    /// What Service Management adds, under names that every Jira numbers in its own way.
    #[serde(skip)]
    pub custom: Custom,
}

/// A project.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Project {
    pub key: Option<String>,
    pub name: Option<String>,
}

/// Something that only its name matters of: a type, a priority, a component.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Named {
    pub name: Option<String>,
}

/// A status of a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Status {
    pub id: Option<String>,
    pub name: Option<String>,
    /// The name before it was translated, where Jira says it.
    #[serde(rename = "untranslatedName")]
    pub untranslated: Option<String>,
    #[serde(rename = "statusCategory")]
    pub category: Option<Category>,
}

/// What kind of status it is, whatever it is called.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Category {
    /// `new`, `indeterminate`, `done` or `undefined`.
    pub key: Option<String>,
}

/// An account. The cloud knows it by `accountId`, a server by `key`, and old ones by `name`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    pub account_id: Option<String>,
    pub key: Option<String>,
    pub name: Option<String>,
    pub display_name: Option<String>,
    /// Missing where its owner hides it.
    pub email_address: Option<String>,
    /// `atlassian`, `customer` or `app`.
    pub account_type: Option<String>,
}

/// Reads the named fields and then, of the others, those that have a known form.
fn fields<'de, D: Deserializer<'de>>(reader: D) -> Result<Fields, D::Error> {
    let all = Value::deserialize(reader)?;
    let mut fields: Fields = serde_path_to_error::deserialize(&all)
        .map_err(|error| D::Error::custom(format!("{}: {}", error.path(), error.inner())))?;
    fields.custom = Custom::of(&all);
    Ok(fields)
}
