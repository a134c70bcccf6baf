//! GitLab's objects, the same in answers of its API, in saved answers and in hooks:
//! <https://docs.gitlab.com/api/api_resources/>.
//!
//! One rule: only fields that a table needs are named, and each that GitLab may leave out or null is optional.

mod delivery;
mod issue;
mod merge_request;
mod note;
mod pipeline;

pub use delivery::{Commit as DeployedCommit, Deployable, Deployment, Environment, Release};
pub use issue::{Issue, LabelEvent};
pub use merge_request::{Approval, Approvals, Commit, MergeRequest, Size};
pub use note::{Note, StateEvent};
pub use pipeline::{Job, Pipeline, PipelineReference};

use chrono::{DateTime, Utc};
use serde::Deserialize;

/// An account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct User {
    /// It stays when the name changes.
    pub id: Option<i64>,
    pub username: Option<String>,
    /// What its owner shows to everybody.
    pub public_email: Option<String>,
    /// What administrators see.
    pub email: Option<String>,
    /// Only where the answer is about the account itself.
    pub bot: Option<bool>,
}

/// A project.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Project {
    /// It stays when the project is renamed or moved.
    pub id: i64,
    /// Groups and name, such as `acme/tools/app`.
    pub path_with_namespace: String,
    pub web_url: Option<String>,
    pub default_branch: Option<String>,
    /// Kept by the hour.
    pub last_activity_at: Option<DateTime<Utc>>,
    /// `disabled`, or who may see them.
    pub merge_requests_access_level: Option<String>,
    pub issues_access_level: Option<String>,
    pub builds_access_level: Option<String>,
    pub environments_access_level: Option<String>,
    pub releases_access_level: Option<String>,
}
