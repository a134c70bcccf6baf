//! Deployments and releases: <https://docs.gitlab.com/api/deployments/>.

use super::User;
use chrono::{DateTime, Utc};
use serde::Deserialize;

/// A deployment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Deployment {
    pub id: i64,
    pub sha: Option<String>,
    pub status: String,
    pub user: Option<User>,
    pub environment: Option<Environment>,
    /// The job that deploys; null where something else reports the deployment.
    pub deployable: Option<Deployable>,
    pub created_at: DateTime<Utc>,
    pub updated_at: Option<DateTime<Utc>>,
}

/// Where to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Environment {
    pub name: Option<String>,
}

/// The job that deploys.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Deployable {
    pub name: Option<String>,
    pub finished_at: Option<DateTime<Utc>>,
}

/// A release: <https://docs.gitlab.com/api/releases/>.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Release {
    pub tag_name: String,
    pub created_at: Option<DateTime<Utc>>,
    /// It may lie in the future.
    pub released_at: Option<DateTime<Utc>>,
    pub commit: Option<Commit>,
}

/// The commit of a tag.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Commit {
    pub id: Option<String>,
}
