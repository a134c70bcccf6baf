//! `pull_request_phases`: where the time of a pull request went, from its first commit to production.
//!
//! One rule: all time is accounted for. What lies between two known moments is a phase's, or is unattributed where a moment in
//! between is unknown: the known phases and the unattributed time sum to the total, to the microsecond.

use super::definitions::Definitions;

/// The moments of the pull requests whose parts a source tells. A draft may be made ready and be taken back several times: a
/// review counts while it is ready, and waiting began when it was last made ready before the first such review. What is dated
/// before the pull request was opened says nothing.
const MOMENTS: &str = "
WITH pulls AS (
    SELECT p.source, p.repository, p.number AS pull_request, p.created_at, p.merged_at, p.is_draft, who.person_id AS author
    FROM stored.pull_requests p LEFT JOIN stored.identities who ON who.identity = p.author_id
    WHERE p.deleted_at IS NULL AND p.source IN (SELECT DISTINCT source FROM stored.pull_request_commits)
), turns AS (
    SELECT source, repository, pull_request, event, happened_at,
           row_number() OVER (PARTITION BY source, repository, pull_request ORDER BY happened_at, event) AS nth,
           lead(happened_at) OVER (PARTITION BY source, repository, pull_request ORDER BY happened_at, event) AS next_at
    FROM (
        SELECT e.source, e.repository, e.pull_request, e.event, e.happened_at,
               lag(e.event) OVER (PARTITION BY e.source, e.repository, e.pull_request ORDER BY e.happened_at, e.event) AS former
        FROM stored.pull_request_events e
        JOIN pulls p ON p.source = e.source AND p.repository = e.repository AND p.pull_request = e.pull_request
        WHERE e.deleted_at IS NULL AND e.event IN ('ready_for_review', 'converted_to_draft') AND e.happened_at >= p.created_at
    ) told
    WHERE event IS DISTINCT FROM former
), opened AS (
    SELECT p.*, t.happened_at AS ready_to,
           CASE WHEN t.event IS NULL THEN NOT p.is_draft ELSE t.event = 'converted_to_draft' END AS is_opened_ready
    FROM pulls p
    LEFT JOIN turns t ON t.source = p.source AND t.repository = p.repository AND t.pull_request = p.pull_request AND t.nth = 1
), spells AS (
    SELECT source, repository, pull_request, author, merged_at, created_at AS ready_from, ready_to
    FROM opened WHERE is_opened_ready
    UNION ALL
    SELECT p.source, p.repository, p.pull_request, p.author, p.merged_at, t.happened_at, t.next_at
    FROM pulls p
    JOIN turns t ON t.source = p.source AND t.repository = p.repository AND t.pull_request = p.pull_request
    WHERE t.event = 'ready_for_review'
), judged AS (
    SELECT r.source, r.repository, r.pull_request, r.state, r.submitted_at, p.merged_at
    FROM stored.reviews r
    JOIN pulls p ON p.source = r.source AND p.repository = r.repository AND p.pull_request = r.pull_request
    JOIN stored.identities who ON who.identity = r.reviewer_id
    WHERE r.deleted_at IS NULL AND NOT who.is_bot AND (who.person_id IS DISTINCT FROM p.author)
      AND r.submitted_at >= p.created_at AND (p.merged_at IS NULL OR r.submitted_at <= p.merged_at)
), reviewed AS (
    SELECT s.source, s.repository, s.pull_request, min(r.submitted_at) AS first_review_at,
           first_value(s.ready_from ORDER BY r.submitted_at) AS ready_at,
           min(CASE WHEN r.state = 'approved' THEN r.submitted_at END) AS approved_at
    FROM spells s
    JOIN judged r ON r.source = s.source AND r.repository = s.repository AND r.pull_request = s.pull_request
        AND r.submitted_at >= s.ready_from AND (s.ready_to IS NULL OR r.submitted_at < s.ready_to)
    GROUP BY s.source, s.repository, s.pull_request
), lasts AS (
    SELECT source, repository, pull_request, max(ready_from) AS ready_at
    FROM spells WHERE merged_at IS NULL OR ready_from <= merged_at
    GROUP BY source, repository, pull_request
), approvals AS (
    SELECT source, repository, pull_request, min(submitted_at) AS at
    FROM judged WHERE state = 'approved' GROUP BY source, repository, pull_request
), pushes AS (
    SELECT DISTINCT source, repository, pull_request, happened_at
    FROM stored.pull_request_events WHERE deleted_at IS NULL AND event = 'head_force_pushed'
), rewritten AS (
    SELECT DISTINCT source, repository, pull_request FROM pushes
), steps AS (
    SELECT source, repository, pull_request, submitted_at AS at, 'review' AS step FROM judged WHERE state = 'changes_requested'
    UNION ALL
    SELECT source, repository, pull_request, authored_at, 'work' FROM stored.pull_request_commits
    WHERE deleted_at IS NULL AND authored_at IS NOT NULL
    UNION ALL
    SELECT source, repository, pull_request, happened_at, 'work' FROM pushes
), cycles AS (
    SELECT source, repository, pull_request, count(*) AS review_cycles
    FROM (
        SELECT s.source, s.repository, s.pull_request, s.step,
               lag(s.step) OVER (PARTITION BY s.source, s.repository, s.pull_request ORDER BY s.at, s.step DESC) AS former
        FROM steps s
        JOIN pulls p ON p.source = s.source AND p.repository = s.repository AND p.pull_request = s.pull_request
        LEFT JOIN approvals a ON a.source = s.source AND a.repository = s.repository AND a.pull_request = s.pull_request
        WHERE (a.at IS NULL OR s.at <= a.at) AND (p.merged_at IS NULL OR s.at <= p.merged_at)
    ) alternated
    WHERE step = 'work' AND former = 'review'
    GROUP BY source, repository, pull_request
)
SELECT o.source, o.repository, o.pull_request AS number, coalesce(r.ready_at, l.ready_at) AS ready_at, r.first_review_at,
       r.approved_at, o.is_opened_ready, w.source IS NOT NULL AS is_rewritten,
       CAST(coalesce(c.review_cycles, 0) AS BIGINT) AS review_cycles
FROM opened o
LEFT JOIN reviewed r ON r.source = o.source AND r.repository = o.repository AND r.pull_request = o.pull_request
LEFT JOIN lasts l ON l.source = o.source AND l.repository = o.repository AND l.pull_request = o.pull_request
LEFT JOIN rewritten w ON w.source = o.source AND w.repository = o.repository AND w.pull_request = o.pull_request
LEFT JOIN cycles c ON c.source = o.source AND c.repository = o.repository AND c.pull_request = o.pull_request";

/// Sources that tell who reviewed: of others nobody knows that there was no review.
const TELLING: &str = "
SELECT DISTINCT source FROM (
    SELECT source FROM stored.reviews UNION ALL SELECT source FROM stored.pull_request_commits
) told";

/// One row a pull request: its moments as far as they are possible, in hours and microseconds what lies between them, and why a
/// moment is unknown. The forge's own moments are believed first: the merge, then ready for review, then reviews and approval,
/// then the author date of a commit, which anybody can set. A first commit after the opening is believed of a draft alone, which
/// may be opened empty, and not once history was rewritten.
const PHASES: &str = "
WITH told AS (
    SELECT p.*, coalesce(m.ready_at, p.ready_at) AS told_ready, coalesce(m.first_review_at, p.first_review_at) AS told_review,
           coalesce(m.approved_at, p.approved_at) AS told_approved, m.is_opened_ready, m.is_rewritten, m.review_cycles AS cycles,
           k.source IS NOT NULL AS is_telling,
           -- Of a merge that is no merge of this pull request alone nobody knows which of its lines are generated.
           CASE WHEN p.lines_generated <= p.lines_added + p.lines_deleted THEN p.lines_generated END AS generated
    FROM pull_requests p
    LEFT JOIN stored.pull_request_moments m ON m.source = p.source AND m.repository = p.repository AND m.number = p.number
    LEFT JOIN stored.review_sources k ON k.source = p.source
), made_ready AS (
    SELECT t.*, CASE WHEN told_ready < created_at OR told_ready > merged_at THEN NULL ELSE told_ready END AS ready
    FROM told t
), reviewed AS (
    SELECT r.*, CASE WHEN told_review < coalesce(ready, created_at) OR told_review > merged_at THEN NULL
                     ELSE told_review END AS review
    FROM made_ready r
), approved AS (
    SELECT r.*, CASE WHEN told_approved < coalesce(review, ready, created_at) OR told_approved > merged_at THEN NULL
                     ELSE told_approved END AS approval
    FROM reviewed r
), begun AS (
    SELECT a.*, CASE WHEN first_commit_at > coalesce(ready, review, approval, merged_at)
                       OR (first_commit_at > created_at AND (is_opened_ready OR is_rewritten)) THEN NULL
                     ELSE first_commit_at END AS first_commit,
           CASE WHEN deployed_at >= merged_at THEN deployed_at END AS deployed
    FROM approved a
), measured AS (
    SELECT b.*, microseconds_between(first_commit, ready) AS coding_microseconds,
           microseconds_between(ready, review) AS pickup_microseconds,
           microseconds_between(review, approval) AS review_microseconds,
           microseconds_between(approval, merged_at) AS merge_wait_microseconds,
           microseconds_between(merged_at, deployed) AS deploy_wait_microseconds,
           microseconds_between(first_commit, merged_at) AS cycle_microseconds,
           microseconds_between(first_commit, coalesce(deployed, merged_at)) AS total_microseconds,
           microseconds_between(coalesce(first_commit, ready, review, approval, merged_at),
                                coalesce(deployed, merged_at, approval, review, ready, first_commit)) AS span_microseconds
    FROM begun b
), summed AS (
    SELECT m.*, span_microseconds - coalesce(coding_microseconds, 0) - coalesce(pickup_microseconds, 0)
           - coalesce(review_microseconds, 0) - coalesce(merge_wait_microseconds, 0)
           - coalesce(deploy_wait_microseconds, 0) AS unattributed_microseconds
    FROM measured m
)
SELECT repository, number, author_id, state, is_bot, is_revert, created_at, first_commit AS first_commit_at, ready AS ready_at,
       review AS first_review_at, approval AS approved_at, merged_at, closed_at, deployed AS deployed_at,
       coding_microseconds / 3.6e9 AS coding_hours, pickup_microseconds / 3.6e9 AS pickup_hours,
       review_microseconds / 3.6e9 AS review_hours, merge_wait_microseconds / 3.6e9 AS merge_wait_hours,
       deploy_wait_microseconds / 3.6e9 AS deploy_wait_hours, unattributed_microseconds / 3.6e9 AS unattributed_hours,
       cycle_microseconds / 3.6e9 AS cycle_hours, total_microseconds / 3.6e9 AS total_hours,
       coding_microseconds, pickup_microseconds, review_microseconds, merge_wait_microseconds, deploy_wait_microseconds,
       unattributed_microseconds, cycle_microseconds, total_microseconds,
       nullif(concat_ws(', ',
           CASE WHEN first_commit IS NOT NULL THEN NULL WHEN first_commit_at IS NULL THEN 'no first commit'
                WHEN first_commit_at > merged_at THEN 'first commit after merge'
                WHEN first_commit_at > created_at THEN 'first commit after opening' ELSE 'first commit after ready' END,
           CASE WHEN ready IS NOT NULL THEN NULL WHEN told_ready IS NULL THEN 'not ready'
                WHEN told_ready > merged_at THEN 'ready after merge' ELSE 'ready before opening' END,
           CASE WHEN review IS NOT NULL THEN NULL WHEN told_review IS NULL THEN 'no review'
                WHEN told_review > merged_at THEN 'review after merge'
                WHEN told_review < created_at THEN 'review before opening' ELSE 'review before ready' END,
           CASE WHEN approval IS NOT NULL THEN NULL WHEN told_approved IS NULL THEN 'no approval'
                WHEN told_approved > merged_at THEN 'approval after merge'
                WHEN told_approved < created_at THEN 'approval before opening'
                WHEN told_approved < ready THEN 'approval before ready' ELSE 'approval before review' END,
           CASE WHEN merged_at IS NULL THEN 'not merged' END,
           CASE WHEN deployed IS NOT NULL THEN NULL WHEN deployed_at IS NULL THEN 'not deployed'
                WHEN merged_at IS NULL THEN 'deployed without merge' ELSE 'deployment before merge' END
       ), '') AS flags,
       CASE WHEN review IS NOT NULL OR first_review_at <= merged_at OR (merged_at IS NULL AND first_review_at IS NOT NULL) THEN true
            WHEN is_telling THEN false END AS is_reviewed,
       cycles AS review_cycles, review_comments,
       lines_added + lines_deleted - coalesce(generated, 0) AS lines,
       generated IS NOT NULL AS is_without_generated,
       size_class(lines_added + lines_deleted - coalesce(generated, 0)) AS size,
       team, team_shares, component, owning_team, source
FROM summed";

/// What is derived once for the session, and the tables without rows in which there is none.
const DERIVED: [(&str, &str, &[&str]); 2] = [
    ("pull_request_moments", MOMENTS, &["pull_request_commits"]),
    ("review_sources", TELLING, &["reviews", "pull_request_commits"]),
];

/// The statement of a table that is derived here.
pub(super) fn sql_of(stored: &str) -> Option<&'static str> {
    DERIVED.iter().find(|(name, ..)| *name == stored).map(|(_, sql, _)| *sql)
}

/// Defines the moments, where they can be known, and the view.
pub(super) fn define(definitions: &mut Definitions) {
    for (name, sql, driving) in DERIVED {
        definitions.asked(name, sql, driving);
    }
    definitions.view("pull_request_phases", PHASES);
}
