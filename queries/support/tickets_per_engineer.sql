/*
title      = "Tickets per engineer-week"
about      = "Support requests that a person opened per week in which the person worked on code: authored a commit, opened, merged or reviewed a pull request, or had one merged. Weeks begin on Monday in UTC and belong to the team of the first activity. Requests by people who did none of this in that week, by machines and by unknown people are in no engineer-week; the last count as unknown. So this is the demand of those who work on code and less than all tickets, which support_tickets counts."
unit       = "tickets"
statistic  = "rate"
better     = "lower"
dimensions = ["team"]
*/
WITH opened AS (
    SELECT requester_id, date_trunc('week', opened_at) AS week, count(*) AS tickets
    FROM tickets
    WHERE NOT is_bot AND requester_id IS NOT NULL
    GROUP BY requester_id, date_trunc('week', opened_at)
), span AS (
    -- Before the first ticket nobody asked or nobody wrote it down: which, is not known.
    SELECT date_trunc('week', opened_at) AS first FROM tickets WHERE opened_at IS NOT NULL ORDER BY opened_at LIMIT 1
)
SELECT w.week AS at, coalesce(o.tickets, 0) AS numerator, 1 AS denominator, w.team, w.team_shares
FROM engineer_weeks w
JOIN span s ON w.week >= s.first
LEFT JOIN opened o ON o.requester_id = w.person_id AND o.week = w.week
UNION ALL
SELECT opened_at, 1, NULL, CAST(NULL AS VARCHAR), CAST(NULL AS VARCHAR)
FROM tickets
WHERE requester_id IS NULL
