//! Merge requests, their commits and approvals: <https://docs.gitlab.com/api/merge_requests/>.

use super::User;
use chrono::{DateTime, Utc};
use serde::Deserialize;

/// A merge request, as a list or a question about it alone has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct MergeRequest {
    pub id: Option<i64>,
    /// Its number in the project.
    pub iid: i64,
    pub title: Option<String>,
    /// `opened`, `closed`, `merged`, or `locked` while it is being merged.
    pub state: String,
    pub author: Option<User>,
    pub draft: Option<bool>,
    /// Drafts before GitLab 14.
    pub work_in_progress: Option<bool>,
    pub labels: Option<Vec<String>>,
    pub target_branch: Option<String>,
    /// The newest commit of its branch.
    pub sha: Option<String>,
    pub merge_commit_sha: Option<String>,
    pub squash_commit_sha: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub merged_at: Option<DateTime<Utc>>,
    pub closed_at: Option<DateTime<Utc>>,
}

/// How large a merge request is, as far as is known; no object of REST says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    pub commits: Option<usize>,
    pub files: Option<i64>,
    pub lines_added: Option<i64>,
    pub lines_deleted: Option<i64>,
}

/// A commit of a merge request.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Commit {
    pub id: String,
    pub author_name: Option<String>,
    pub author_email: Option<String>,
    pub authored_date: Option<DateTime<Utc>>,
    pub committed_date: Option<DateTime<Utc>>,
}

/// Who approves of a merge request at present.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Approvals {
    #[serde(default)]
    pub approved_by: Vec<Approval>,
}

/// One approval.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Approval {
    pub user: Option<User>,
    /// GitLab says it since version 18.
    pub approved_at: Option<DateTime<Utc>>,
}
