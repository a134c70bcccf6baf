//! Pull requests with their commits, reviews and comments.

use super::{Label, Repository, User};
use chrono::{DateTime, Utc};
use serde::Deserialize;

/// A pull request, in full or as lists and other objects embed it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PullRequest {
    pub id: Option<i64>,
    pub node_id: Option<String>,
    pub url: Option<String>,
    pub number: i64,
    pub title: Option<String>,
    pub user: Option<User>,
    /// `open` or `closed`.
    pub state: Option<String>,
    pub draft: Option<bool>,
    pub labels: Option<Vec<Label>>,
    pub created_at: Option<DateTime<Utc>>,
    pub updated_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
    pub merged_at: Option<DateTime<Utc>>,
    /// The merge, once merged; before that a trial merge, which is in no branch.
    pub merge_commit_sha: Option<String>,
    pub base: Option<Branch>,
    pub commits: Option<i64>,
    pub additions: Option<i64>,
    pub deletions: Option<i64>,
    pub changed_files: Option<i64>,
}

/// One side of a pull request.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Branch {
    #[serde(rename = "ref")]
    pub name: Option<String>,
    /// Null where the repository was deleted.
    pub repo: Option<Repository>,
}

/// A commit in a list of a pull request's commits.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Commit {
    pub sha: String,
    pub node_id: Option<String>,
    pub commit: GitCommit,
    /// The account that the author's e-mail address belongs to; null or `{}` where it belongs to none.
    pub author: Option<User>,
}

/// What git itself says of a commit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct GitCommit {
    pub author: Option<Signature>,
    pub committer: Option<Signature>,
}

/// Who did something to a commit, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Signature {
    pub name: Option<String>,
    pub email: Option<String>,
    pub date: Option<DateTime<Utc>>,
}

/// A review.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Review {
    pub id: i64,
    pub node_id: Option<String>,
    pub user: Option<User>,
    /// `APPROVED` in answers, `approved` in webhooks.
    pub state: Option<String>,
    /// Missing while the review is pending.
    pub submitted_at: Option<DateTime<Utc>>,
    pub pull_request_url: Option<String>,
}

/// A comment on lines of a pull request, or on an issue or pull request as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Comment {
    pub id: i64,
    pub node_id: Option<String>,
    pub user: Option<User>,
    pub created_at: DateTime<Utc>,
    pub updated_at: Option<DateTime<Utc>>,
    /// The review it belongs to, where it is on lines.
    pub pull_request_review_id: Option<i64>,
    /// Only where it is on lines.
    pub pull_request_url: Option<String>,
    /// Only where it is on the whole.
    pub issue_url: Option<String>,
    pub html_url: Option<String>,
}

impl PullRequest {
    /// Whether the object has the sizes, which only the answer about one pull request and its own webhooks have.
    pub fn is_full(&self) -> bool {
        self.commits.is_some() && self.additions.is_some()
    }

    /// `owner/name` of the repository that it is to be merged into.
    pub fn repository(&self) -> Option<String> {
        let base = self.base.as_ref().and_then(|base| base.repo.as_ref()?.full_name.clone());
        base.or_else(|| Some(super::place_of(self.url.as_deref()?)?.0))
    }
}

impl Comment {
    /// Whether a comment on the whole is on a pull request and not on an issue, which only its page's address says.
    pub fn is_on_pull_request(&self) -> bool {
        self.pull_request_url.is_some() || self.html_url.as_deref().is_some_and(|url| url.contains("/pull/"))
    }

    /// `owner/name` and the number of the issue or pull request.
    pub fn place(&self) -> Option<(String, i64)> {
        let (repository, number) = super::place_of(self.pull_request_url.as_deref().or(self.issue_url.as_deref())?)?;
        Some((repository, number?))
    }
}

impl Review {
    /// `owner/name` and the number of the pull request.
    pub fn place(&self) -> Option<(String, i64)> {
        let (repository, number) = super::place_of(self.pull_request_url.as_deref()?)?;
        Some((repository, number?))
    }
}
