//! The moments of a pull request that follow from its parts: commits, reviews, comments, events.
//!
//! They are derived at reading because they depend on who is who: a review by the author's other account is no review, and
//! accounts may be found to be one person at any time. A session derives them once.

use super::views::stored;
use datafusion::datasource::MemTable;
use datafusion::error::Result;
use datafusion::prelude::SessionContext;
use std::sync::Arc;

/// The table of derived moments in the schema of stored tables.
pub(super) const TABLE: &str = "pull_request_boundaries";

/// The columns of a pull request that are taken from here where its source does not say them.
pub(super) const COLUMNS: [&str; 5] =
    ["first_commit_at", "ready_at", "first_review_at", "approved_at", "review_comments"];

/// Only sources that tell the parts of a pull request have them derived. Ready for review is the first moment it was no
/// draft: one that was turned into a draft before it was ever declared ready was opened ready.
const SQL: &str = "
WITH pulls AS (
    SELECT p.source, p.repository, p.number AS pull_request, p.created_at, p.is_draft, who.person_id AS author
    FROM stored.pull_requests p LEFT JOIN stored.identities who ON who.identity = p.author_id
    WHERE p.deleted_at IS NULL AND p.source IN (SELECT DISTINCT source FROM stored.pull_request_commits)
), commits AS (
    SELECT source, repository, pull_request, min(authored_at) AS first_commit_at
    FROM stored.pull_request_commits WHERE deleted_at IS NULL GROUP BY source, repository, pull_request
), reviews AS (
    SELECT r.source, r.repository, r.pull_request, min(r.submitted_at) AS first_review_at,
           min(CASE WHEN r.state = 'approved' THEN r.submitted_at END) AS approved_at
    FROM stored.reviews r
    JOIN pulls p ON p.source = r.source AND p.repository = r.repository AND p.pull_request = r.pull_request
    JOIN stored.identities who ON who.identity = r.reviewer_id
    WHERE r.deleted_at IS NULL AND NOT who.is_bot AND who.person_id IS DISTINCT FROM p.author
    GROUP BY r.source, r.repository, r.pull_request
), comments AS (
    SELECT c.source, c.repository, c.pull_request, count(*) AS review_comments
    FROM stored.review_comments c
    JOIN pulls p ON p.source = c.source AND p.repository = c.repository AND p.pull_request = c.pull_request
    JOIN stored.identities who ON who.identity = c.author_id
    WHERE c.deleted_at IS NULL AND NOT who.is_bot AND who.person_id IS DISTINCT FROM p.author
    GROUP BY c.source, c.repository, c.pull_request
), turns AS (
    SELECT source, repository, pull_request,
           min(CASE WHEN event = 'ready_for_review' THEN happened_at END) AS declared_ready,
           min(CASE WHEN event = 'converted_to_draft' THEN happened_at END) AS drafted
    FROM stored.pull_request_events WHERE deleted_at IS NULL GROUP BY source, repository, pull_request
)
SELECT p.source, p.repository, p.pull_request, c.first_commit_at, r.first_review_at, r.approved_at,
       coalesce(m.review_comments, 0) AS review_comments,
       CASE WHEN t.declared_ready < t.drafted OR (t.declared_ready IS NOT NULL AND t.drafted IS NULL) THEN t.declared_ready
            WHEN t.drafted IS NOT NULL OR NOT p.is_draft THEN p.created_at END AS ready_at
FROM pulls p
LEFT JOIN commits c ON c.source = p.source AND c.repository = p.repository AND c.pull_request = p.pull_request
LEFT JOIN reviews r ON r.source = p.source AND r.repository = p.repository AND r.pull_request = p.pull_request
LEFT JOIN comments m ON m.source = p.source AND m.repository = p.repository AND m.pull_request = p.pull_request
LEFT JOIN turns t ON t.source = p.source AND t.repository = p.repository AND t.pull_request = p.pull_request";

/// Derives the moments and registers them; whether there are any.
pub(super) async fn register(session: &SessionContext) -> Result<bool> {
    let frame = session.sql(SQL).await?;
    let schema = Arc::new(frame.schema().as_arrow().clone());
    let batches = frame.collect().await?;
    let any = batches.iter().any(|batch| batch.num_rows() > 0);
    session.register_table(stored(TABLE), Arc::new(MemTable::try_new(schema, vec![batches])?))?;
    Ok(any)
}
