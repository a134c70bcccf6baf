//! `engineer_weeks`: the weeks in which a person worked on code, the exposure of every rate per engineer.
//!
//! One rule: a person-week is one row, whatever the number of identities, sources and things done in it.

use super::views;

/// Whatever a person does to code or to pull requests. That one's pull request is merged counts as well, whoever merged it, so
/// that no merged pull request lies outside the weeks that it is counted against.
const ACTIVITIES: &str = "
    SELECT author_id AS person_id, authored_at AS at, source FROM commits
    UNION ALL SELECT author_id, authored_at, source FROM pull_request_commits
    UNION ALL SELECT author_id, created_at, source FROM pull_requests
    UNION ALL SELECT author_id, merged_at, source FROM pull_requests
    UNION ALL SELECT actor_id, happened_at, source FROM pull_request_events WHERE event = 'merged'
    UNION ALL SELECT reviewer_id, submitted_at, source FROM reviews";

/// One row a person and week: `week`, its Monday at 00:00 UTC; `person_id`; `first_at`, the first activity, which decides
/// `team` and `team_shares`; `source`, NULL where several saw the person. Machines and unknown people have none.
pub(super) fn sql() -> String {
    let membership = views::membership("w.person_id", "w.first_at");
    format!(
        "WITH weeks AS (
            SELECT person_id, date_trunc('week', at) AS week, min(at) AS first_at,
                   CASE WHEN min(source) = max(source) THEN min(source) END AS source
            FROM ({ACTIVITIES}) activities
            WHERE person_id IN (SELECT person_id FROM people WHERE NOT is_bot) AND at IS NOT NULL
            GROUP BY person_id, date_trunc('week', at)
        )
        SELECT w.week, w.person_id, home.team AS team, shares.team_shares AS team_shares, w.first_at, w.source
        FROM weeks w{membership}"
    )
}
