//! Pipelines and their jobs: <https://docs.gitlab.com/api/pipelines/>.

use chrono::{DateTime, Utc};
use serde::Deserialize;

/// A pipeline. A list leaves out when it started and finished.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Pipeline {
    pub id: i64,
    pub name: Option<String>,
    pub sha: Option<String>,
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// What started it, such as `push` or `merge_request_event`.
    pub source: Option<String>,
    pub status: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: Option<DateTime<Utc>>,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Job {
    pub id: i64,
    pub name: Option<String>,
    pub status: String,
    pub created_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    pub pipeline: PipelineReference,
}

/// Which pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PipelineReference {
    pub id: i64,
}
