/*
title      = "Merged PRs per engineer-week"
about      = "Merged pull requests of a person per week in which the person was active: authored a commit, opened, merged or reviewed a pull request, or had one merged. Weeks begin on Monday in UTC and belong to the team of the first activity. A person under several identities is one. Bots are left out; reverts are counted. Pull requests of unknown authors are in no engineer-week and count as unknown."
unit       = "pull requests"
statistic  = "rate"
better     = "higher"
dimensions = ["team"]
*/
WITH merged AS (
    SELECT author_id, date_trunc('week', merged_at) AS week, count(*) AS pull_requests
    FROM pull_requests
    WHERE merged_at IS NOT NULL AND NOT is_bot AND author_id IS NOT NULL
    GROUP BY author_id, date_trunc('week', merged_at)
)
SELECT w.week AS at, coalesce(m.pull_requests, 0) AS numerator, 1 AS denominator, w.team, w.team_shares
FROM engineer_weeks w
LEFT JOIN merged m ON m.author_id = w.person_id AND m.week = w.week
UNION ALL
SELECT merged_at, 1, NULL, CAST(NULL AS VARCHAR), CAST(NULL AS VARCHAR)
FROM pull_requests
WHERE merged_at IS NOT NULL AND author_id IS NULL
