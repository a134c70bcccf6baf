//! What happened to an issue: changes and comments.

use super::{Moment, User};
use serde::Deserialize;

/// Changes of an issue, perhaps not all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Changelog {
    /// How many there are.
    pub total: Option<usize>,
    #[serde(default)]
    pub histories: Vec<History>,
}

/// What somebody changed at once.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct History {
    pub id: String,
    /// Missing where a rule of Jira itself did it.
    pub author: Option<User>,
    pub created: Moment,
    #[serde(default)]
    pub items: Vec<Change>,
}

/// The change of one field.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Change {
    pub field: String,
    /// `jira` for a field that every Jira has, `custom` for others.
    #[serde(rename = "fieldtype")]
    pub kind: Option<String>,
    /// Ids of the values.
    pub from: Option<String>,
    pub to: Option<String>,
    /// The values in words.
    #[serde(rename = "fromString")]
    pub from_text: Option<String>,
    #[serde(rename = "toString")]
    pub to_text: Option<String>,
}

/// Comments on an issue, perhaps not all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Comments {
    /// How many there are.
    pub total: Option<usize>,
    #[serde(default)]
    pub comments: Vec<Comment>,
}

/// A comment; what it says is not read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Comment {
    pub id: String,
    pub author: Option<User>,
    pub created: Moment,
    pub updated: Option<Moment>,
    /// False for what the requester of Service Management does not see.
    #[serde(rename = "jsdPublic")]
    pub is_public: Option<bool>,
}
