//! Tables of the way a change takes from idea to merge.

use super::{Kind, Table, optional, required};

pub const PULL_REQUESTS: Table = Table {
    name: "pull_requests",
    about: "one pull request (merge request)",
    key: &["repository", "number"],
    columns: &[
        required("repository", Kind::Text, "repository"),
        required("number", Kind::Int, "number at the source"),
        optional("title", Kind::Text, "title"),
        optional("author_id", Kind::Person, "author"),
        required("state", Kind::Text, "open, merged or closed"),
        optional("merge_method", Kind::Text, "merge, squash or queue; NULL where unknown"),
        optional("merge_sha", Kind::Text, "object id of the commit that merged it"),
        optional("first_commit_at", Kind::Time, "earliest author date among its commits"),
        optional("created_at", Kind::Time, "opened"),
        optional("ready_at", Kind::Time, "ready for review"),
        optional("first_review_at", Kind::Time, "first review event by a person who is not the author"),
        optional("approved_at", Kind::Time, "first approval"),
        optional("merged_at", Kind::Time, "merged"),
        optional("closed_at", Kind::Time, "closed, merged or not"),
        optional("deployed_at", Kind::Time, "first successful production deployment that contains it"),
        optional("commits", Kind::Int, "commits"),
        optional("files_changed", Kind::Int, "files"),
        optional("lines_added", Kind::Int, "lines of its own diff"),
        optional("lines_deleted", Kind::Int, "lines of its own diff"),
        optional("review_comments", Kind::Int, "comments by people other than the author"),
        required("is_revert", Kind::Bool, "its title says that it reverts another change"),
        optional("missing", Kind::Text, "why boundaries above are NULL, where the source cannot know them"),
    ],
};

pub const REVIEWS: Table = Table {
    name: "reviews",
    about: "one review of a pull request",
    key: &["repository", "pull_request", "review_id"],
    columns: &[
        required("repository", Kind::Text, "repository"),
        required("pull_request", Kind::Int, "number of the pull request"),
        required("review_id", Kind::Text, "id at the source"),
        optional("reviewer_id", Kind::Person, "reviewer"),
        required("state", Kind::Text, "commented, changes_requested or approved"),
        required("submitted_at", Kind::Time, "submitted"),
        optional("comments", Kind::Int, "comments in this review"),
    ],
};
