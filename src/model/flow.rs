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
        optional(
            "lines_generated",
            Kind::Int,
            "of the lines added and deleted, those of generated and vendored files; NULL where the source does not say",
        ),
        optional("review_comments", Kind::Int, "comments by people other than the author"),
        optional("is_draft", Kind::Bool, "a draft at present"),
        optional("base_branch", Kind::Text, "branch it is to be merged into"),
        optional("labels", Kind::Text, "labels, sorted, one a line"),
        required("is_revert", Kind::Bool, "its title says that it reverts another change"),
        optional("missing", Kind::Text, "why boundaries above are NULL, where the source cannot know them"),
    ],
};

pub const PULL_REQUEST_COMMITS: Table = Table {
    name: "pull_request_commits",
    about: "one commit of a pull request, as it stands",
    key: &["repository", "pull_request", "sha"],
    columns: &[
        required("repository", Kind::Text, "repository"),
        required("pull_request", Kind::Int, "number of the pull request"),
        required("sha", Kind::Text, "object id"),
        optional("author_id", Kind::Person, "author"),
        optional("authored_at", Kind::Time, "author date"),
        optional("committed_at", Kind::Time, "committer date"),
    ],
};

pub const PULL_REQUEST_EVENTS: Table = Table {
    name: "pull_request_events",
    about: "one moment in the life of a pull request",
    key: &["repository", "pull_request", "event_id"],
    columns: &[
        required("repository", Kind::Text, "repository"),
        required("pull_request", Kind::Int, "number of the pull request"),
        required("event_id", Kind::Text, "id at the source"),
        required(
            "event",
            Kind::Text,
            "ready_for_review, converted_to_draft, review_requested, review_request_removed, head_force_pushed, closed, \
             reopened or merged",
        ),
        optional("actor_id", Kind::Person, "who did it"),
        optional("subject_id", Kind::Person, "whom it concerns, such as the requested reviewer"),
        optional("subject_team", Kind::Text, "team it concerns, such as the requested team"),
        required("happened_at", Kind::Time, "when it happened"),
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
        required("state", Kind::Text, "commented, changes_requested, approved or dismissed"),
        required("submitted_at", Kind::Time, "submitted"),
        optional("comments", Kind::Int, "comments in this review"),
    ],
};

pub const REVIEW_COMMENTS: Table = Table {
    name: "review_comments",
    about: "one comment on a pull request",
    key: &["repository", "pull_request", "comment_id"],
    columns: &[
        required("repository", Kind::Text, "repository"),
        required("pull_request", Kind::Int, "number of the pull request"),
        required("comment_id", Kind::Text, "id at the source"),
        required("place", Kind::Text, "code for a comment on lines, conversation for one on the whole"),
        optional("review_id", Kind::Text, "review it belongs to, where it is on code"),
        optional("author_id", Kind::Person, "author"),
        required("created_at", Kind::Time, "written"),
    ],
};
