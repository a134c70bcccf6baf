//! What follows from the parts of a row: the moments of a pull request from its commits, reviews, comments and events, the
//! first response to a ticket from its comments.
//!
//! They are derived at reading because they depend on who is who: a review by the author's other account is no review, and
//! accounts may be found to be one person at any time. A session derives them once, when somebody asks.

use super::definitions::{Definitions, may_have_rows};
use super::views::stored;
use crate::model::Table;
use crate::model::delivery::DEPLOYMENTS;
use crate::model::flow::{PULL_REQUESTS, REVIEWS};
use crate::model::support::TICKETS;
use datafusion::error::Result;
use datafusion::prelude::SessionContext;

/// Columns of a table that are taken from its parts where the source does not say them itself.
pub(super) struct Derivation {
    pub of: &'static Table,
    pub columns: &'static [&'static str],
    /// Gives the columns with the source and the key of the row.
    sql: &'static str,
    /// The parts without which nothing is derived.
    parts: &'static [&'static str],
}

/// What is derived of a row follows from the row, its parts (`facts::changes`) and who is who, so that kept facts can be corrected
/// where these change.
static DERIVATIONS: [Derivation; 4] = [
    Derivation {
        of: &PULL_REQUESTS,
        columns: &[
            "first_commit_at",
            "ready_at",
            "first_review_at",
            "approved_at",
            "review_comments",
            "lines_generated",
        ],
        sql: OF_PULL_REQUESTS,
        parts: &["pull_request_commits"],
    },
    Derivation { of: &DEPLOYMENTS, columns: &["finished_at"], sql: OF_DEPLOYMENTS, parts: &["deployment_statuses"] },
    Derivation { of: &REVIEWS, columns: &["comments"], sql: OF_REVIEWS, parts: &["review_comments"] },
    Derivation {
        of: &TICKETS,
        columns: &["first_response_at", "reopened"],
        sql: OF_TICKETS,
        parts: &["ticket_events"],
    },
];

impl Derivation {
    /// Where its rows are, in the schema of stored tables.
    pub fn table(&self) -> String {
        format!("{}_derived", self.of.name)
    }

    /// What is derived of a table, where its parts may have rows.
    pub async fn of(table: &Table, session: &SessionContext) -> Result<Option<&'static Derivation>> {
        let Some(derivation) = DERIVATIONS.iter().find(|it| it.of.name == table.name) else { return Ok(None) };
        for part in derivation.parts {
            if may_have_rows(session, stored(part)).await? {
                return Ok(Some(derivation));
            }
        }
        Ok(None)
    }
}

/// Only sources that tell the parts of a pull request have them derived. Which lines are generated is known where a repository's
/// history, collected beside the forge, has the commit that merged it. Ready for review is the first moment it was no
/// draft: one that was turned into a draft before it was ever declared ready was opened ready.
const OF_PULL_REQUESTS: &str = "
WITH pulls AS (
    SELECT p.source, p.repository, p.number AS pull_request, p.created_at, p.is_draft, p.merge_sha, who.person_id AS author
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
), generated AS (
    SELECT merge_sha, max(lines_generated) AS lines_generated
    FROM stored.pull_requests WHERE deleted_at IS NULL AND lines_generated IS NOT NULL GROUP BY merge_sha
), turns AS (
    SELECT source, repository, pull_request,
           min(CASE WHEN event = 'ready_for_review' THEN happened_at END) AS declared_ready,
           min(CASE WHEN event = 'converted_to_draft' THEN happened_at END) AS drafted
    FROM stored.pull_request_events WHERE deleted_at IS NULL GROUP BY source, repository, pull_request
)
SELECT p.source, p.repository, p.pull_request AS number, c.first_commit_at, r.first_review_at, r.approved_at,
       coalesce(m.review_comments, 0) AS review_comments, g.lines_generated,
       CASE WHEN t.declared_ready < t.drafted OR (t.declared_ready IS NOT NULL AND t.drafted IS NULL) THEN t.declared_ready
            WHEN t.drafted IS NOT NULL OR NOT p.is_draft THEN p.created_at END AS ready_at
FROM pulls p
LEFT JOIN commits c ON c.source = p.source AND c.repository = p.repository AND c.pull_request = p.pull_request
LEFT JOIN reviews r ON r.source = p.source AND r.repository = p.repository AND r.pull_request = p.pull_request
LEFT JOIN comments m ON m.source = p.source AND m.repository = p.repository AND m.pull_request = p.pull_request
LEFT JOIN turns t ON t.source = p.source AND t.repository = p.repository AND t.pull_request = p.pull_request
LEFT JOIN generated g ON g.merge_sha = p.merge_sha";

/// The first report that says how it ended. `inactive` only says that another one took its place.
const OF_DEPLOYMENTS: &str = "
SELECT source, service, deployment_id, min(reported_at) AS finished_at
FROM stored.deployment_statuses
WHERE deleted_at IS NULL AND lower(status) IN ('success', 'failure', 'error')
GROUP BY source, service, deployment_id";

/// Only sources that tell comments on code have them counted: elsewhere a zero would be a guess.
const OF_REVIEWS: &str = "
WITH comments AS (
    SELECT source, repository, pull_request, review_id, count(*) AS comments
    FROM stored.review_comments WHERE deleted_at IS NULL AND review_id IS NOT NULL
    GROUP BY source, repository, pull_request, review_id
)
SELECT r.source, r.repository, r.pull_request, r.review_id, coalesce(c.comments, 0) AS comments
FROM stored.reviews r
LEFT JOIN comments c ON c.source = r.source AND c.repository = r.repository AND c.pull_request = r.pull_request
    AND c.review_id = r.review_id
WHERE r.deleted_at IS NULL AND r.source IN (SELECT DISTINCT source FROM stored.review_comments WHERE place = 'code')";

/// Only sources that tell events have them derived. Whoever is not known is no answer: it may be the requester.
const OF_TICKETS: &str = "
WITH tickets AS (
    SELECT t.source, t.ticket_id, who.person_id AS requester
    FROM stored.tickets t LEFT JOIN stored.identities who ON who.identity = t.requester_id
    WHERE t.deleted_at IS NULL AND t.source IN (SELECT DISTINCT source FROM stored.ticket_events)
), answers AS (
    SELECT e.source, e.ticket_id, min(e.happened_at) AS first_response_at
    FROM stored.ticket_events e
    JOIN tickets t ON t.source = e.source AND t.ticket_id = e.ticket_id
    JOIN stored.identities who ON who.identity = e.actor_id
    WHERE e.deleted_at IS NULL AND e.event = 'commented' AND NOT who.is_bot AND who.person_id IS DISTINCT FROM t.requester
    GROUP BY e.source, e.ticket_id
), turns AS (
    SELECT source, ticket_id, count(*) AS reopened
    FROM stored.ticket_events WHERE deleted_at IS NULL AND event = 'reopened' GROUP BY source, ticket_id
)
SELECT t.source, t.ticket_id, a.first_response_at, coalesce(n.reopened, 0) AS reopened
FROM tickets t
LEFT JOIN answers a ON a.source = t.source AND a.ticket_id = t.ticket_id
LEFT JOIN turns n ON n.source = t.source AND n.ticket_id = t.ticket_id";

/// The statement of a table of derived columns in the schema of stored tables.
pub(super) fn sql_of(table: &str) -> Option<&'static str> {
    DERIVATIONS.iter().find(|derivation| derivation.table() == table).map(|derivation| derivation.sql)
}

/// Defines what is derived.
pub(super) fn define(definitions: &mut Definitions) {
    for derivation in &DERIVATIONS {
        definitions.asked(derivation.table(), derivation.sql, derivation.parts);
    }
}
