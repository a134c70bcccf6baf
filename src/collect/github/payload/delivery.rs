//! Deployments and releases.

use super::User;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

/// A deployment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Deployment {
    pub id: i64,
    pub node_id: Option<String>,
    pub url: Option<String>,
    pub sha: Option<String>,
    /// What is done, `deploy` by default.
    pub task: Option<String>,
    pub environment: Option<String>,
    /// Whatever the deploying tool wrote: an object, or text that may hold one.
    pub payload: Option<Value>,
    pub created_at: DateTime<Utc>,
    pub updated_at: Option<DateTime<Utc>>,
    /// The reports on it, where a saved answer has them embedded.
    pub statuses: Option<Vec<DeploymentStatus>>,
}

/// A report on a deployment's progress.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct DeploymentStatus {
    pub id: i64,
    pub node_id: Option<String>,
    /// `error`, `failure`, `inactive`, `in_progress`, `queued`, `pending`, `waiting` or `success`.
    pub state: Option<String>,
    pub creator: Option<User>,
    pub created_at: DateTime<Utc>,
    pub updated_at: Option<DateTime<Utc>>,
}

/// A release.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Release {
    pub id: Option<i64>,
    pub node_id: Option<String>,
    pub url: Option<String>,
    pub tag_name: String,
    pub draft: Option<bool>,
    /// Null while it is a draft.
    pub published_at: Option<DateTime<Utc>>,
    pub updated_at: Option<DateTime<Utc>>,
}

impl Deployment {
    /// `owner/name`.
    pub fn repository(&self) -> Option<String> {
        Some(super::place_of(self.url.as_deref()?)?.0)
    }
}

impl Release {
    /// `owner/name`.
    pub fn repository(&self) -> Option<String> {
        Some(super::place_of(self.url.as_deref()?)?.0)
    }
}
