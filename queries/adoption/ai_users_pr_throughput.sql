/*
title      = "Merged PRs of users and others (observational, not an effect)"
about      = "An observational comparison and not an effect: people who have and use a tool differ from others in more than the tool. Merged pull requests of a person per week in which the person worked on code, for people who had a seat at the week's end and used the tool in the 28 days up to it (used = yes) and for all others (no), once for each tool. Weeks in which the use is unknown, and bots, are left out. What the tool does is told by an experiment alone."
unit       = "pull requests"
statistic  = "rate"
better     = "neither"
dimensions = ["used", "tool", "team"]
*/
WITH merged AS (
    SELECT author_id, date_trunc('week', merged_at) AS week, count(*) AS pull_requests
    FROM pull_requests
    WHERE merged_at IS NOT NULL AND NOT is_bot AND author_id IS NOT NULL
    GROUP BY author_id, date_trunc('week', merged_at)
), uses AS (
    SELECT tool, week, person_id, bool_or(is_assigned AND active_days > 0) AS used
    FROM tool_weeks WHERE active_days IS NOT NULL GROUP BY tool, week, person_id
), told AS (
    SELECT DISTINCT tool, week FROM uses
)
SELECT w.week AS at, coalesce(m.pull_requests, 0) AS numerator, 1 AS denominator,
       CASE WHEN u.used THEN 'yes' ELSE 'no' END AS used, t.tool, w.team, w.team_shares
FROM engineer_weeks w
JOIN told t ON t.week = w.week
LEFT JOIN uses u ON u.tool = t.tool AND u.week = w.week AND u.person_id = w.person_id
LEFT JOIN merged m ON m.author_id = w.person_id AND m.week = w.week
