//! Pull requests, their commits, reviews and comments.

use super::{Voice, author, key, labels, who};
use crate::collect::git::pulls::is_revert;
use crate::collect::github::payload::{Comment, Commit, PullRequest, Review};
use crate::collect::observation::{Observation, Row};
use crate::model::flow::{PULL_REQUEST_COMMITS, PULL_REQUESTS, REVIEW_COMMENTS, REVIEWS};
use chrono::{DateTime, Utc};

/// A pull request. One that is not full leaves the sizes NULL, and would take them from a row that has them: whoever may
/// have told more before passes full ones only.
pub fn pull_request(repository: &str, pull: &PullRequest, voice: Voice) -> Observation {
    let state = match (pull.merged_at, pull.closed_at) {
        (Some(_), _) => "merged",
        (None, Some(_)) => "closed",
        (None, None) => "open",
    };
    let merge_sha = pull.merge_commit_sha.as_ref().filter(|sha| pull.merged_at.is_some() && !sha.is_empty());
    let row = Row::of(&PULL_REQUESTS)
        .set("repository", repository)
        .set("number", pull.number)
        .set("title", &pull.title)
        .set("author_id", who(pull.user.as_ref()))
        .set("state", state)
        .set("merge_sha", merge_sha)
        .set("created_at", pull.created_at)
        .set("merged_at", pull.merged_at)
        .set("closed_at", pull.closed_at)
        .set("commits", pull.commits)
        .set("files_changed", pull.changed_files)
        .set("lines_added", pull.additions)
        .set("lines_deleted", pull.deletions)
        .set("is_draft", pull.draft)
        .set("base_branch", pull.base.as_ref().and_then(|base| base.name.as_ref()))
        .set("labels", labels(pull.labels.as_deref()))
        .set("is_revert", pull.title.as_deref().is_some_and(is_revert))
        .set("source_key", key(pull.node_id.as_deref(), pull.id))
        .set("updated_at", pull.updated_at);
    voice.say(row)
}

/// The commits of a pull request as it stood at `as_of`, its `updated_at`: a commit may leave it and come back.
pub fn commits(repository: &str, pull_request: i64, commits: &[Commit], as_of: DateTime<Utc>) -> Vec<Observation> {
    let row = |commit: &Commit| {
        Row::of(&PULL_REQUEST_COMMITS)
            .set("repository", repository)
            .set("pull_request", pull_request)
            .set("sha", &commit.sha)
            .set("author_id", author(commit.author.as_ref(), commit.commit.author.as_ref()))
            .set("authored_at", commit.commit.author.as_ref().and_then(|author| author.date))
            .set("committed_at", commit.commit.committer.as_ref().and_then(|committer| committer.date))
            .set("source_key", &commit.node_id)
            .set("updated_at", as_of)
            .asked()
    };
    commits.iter().map(row).collect()
}

/// A review as it stood at `as_of`, the pull request's `updated_at`: a review has no time of its last change, and
/// dismissing it changes it. `None` for a pending one, which only its author sees.
pub fn review(
    repository: &str,
    pull_request: i64,
    review: &Review,
    as_of: DateTime<Utc>,
    voice: Voice,
) -> Option<Observation> {
    let state = review.state.as_deref().unwrap_or_default().to_lowercase();
    let submitted = review.submitted_at.filter(|_| state != "pending")?;
    let row = Row::of(&REVIEWS)
        .set("repository", repository)
        .set("pull_request", pull_request)
        .set("review_id", review.id.to_string())
        .set("reviewer_id", who(review.user.as_ref()))
        .set("state", state)
        .set("submitted_at", submitted)
        .set("source_key", key(review.node_id.as_deref(), Some(review.id)))
        .set("updated_at", as_of.max(submitted));
    Some(voice.say(row))
}

/// A comment on a pull request. Deletion gives no time of its own: see [`Row::gone`].
pub fn comment(repository: &str, pull_request: i64, comment: &Comment) -> Row {
    let is_on_code = comment.pull_request_review_id.is_some() || comment.pull_request_url.is_some();
    Row::of(&REVIEW_COMMENTS)
        .set("repository", repository)
        .set("pull_request", pull_request)
        .set("comment_id", comment.id.to_string())
        .set("place", if is_on_code { "code" } else { "conversation" })
        .set("review_id", comment.pull_request_review_id.map(|id| id.to_string()))
        .set("author_id", who(comment.user.as_ref()))
        .set("created_at", comment.created_at)
        .set("source_key", key(comment.node_id.as_deref(), Some(comment.id)))
        .set("updated_at", comment.updated_at.unwrap_or(comment.created_at))
}
