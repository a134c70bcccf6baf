//! Runs and jobs of GitHub Actions.

use chrono::{DateTime, Utc};
use serde::Deserialize;

/// A run of a workflow, as its newest attempt stands.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Run {
    pub id: i64,
    pub node_id: Option<String>,
    pub url: Option<String>,
    /// The workflow's name.
    pub name: Option<String>,
    pub event: Option<String>,
    pub head_sha: Option<String>,
    pub status: Option<String>,
    pub conclusion: Option<String>,
    pub run_attempt: Option<i64>,
    /// When the first attempt was asked for.
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// When the newest attempt began.
    pub run_started_at: Option<DateTime<Utc>>,
    pub pull_requests: Option<Vec<PullReference>>,
}

/// A pull request that a run's commit is the head of.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PullReference {
    pub number: i64,
    pub url: Option<String>,
}

/// A job of a run.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Job {
    pub id: i64,
    pub node_id: Option<String>,
    pub url: Option<String>,
    pub run_id: i64,
    pub run_attempt: Option<i64>,
    pub name: Option<String>,
    pub status: Option<String>,
    pub conclusion: Option<String>,
    pub created_at: Option<DateTime<Utc>>,
    pub started_at: Option<DateTime<Utc>>,
    pub completed_at: Option<DateTime<Utc>>,
}

impl Run {
    /// `owner/name`.
    pub fn repository(&self) -> Option<String> {
        Some(super::place_of(self.url.as_deref()?)?.0)
    }
}

impl Job {
    /// `owner/name`.
    pub fn repository(&self) -> Option<String> {
        Some(super::place_of(self.url.as_deref()?)?.0)
    }
}
