/*
title      = "Inequality of review load"
about      = "How unequally a team's reviews are spread over its members: Gini's coefficient of the different pull requests of other people that each reviewed in a month (UTC), 0 where all reviewed as many. Members are those whose home the team was for all of the month; who reviewed nothing counts with 0. Unknown for fewer than five members, and where nobody reviewed."
unit       = "Gini coefficient"
statistic  = "median"
better     = "lower"
dimensions = ["team"]
grain      = "month"
*/
WITH reviewed AS (
    SELECT r.reviewer_id AS person_id, r.team, date_trunc('month', r.submitted_at) AS month,
           count(DISTINCT concat(r.repository, '#', r.pull_request)) AS reviews
    FROM reviews r
    LEFT JOIN pull_requests p ON p.source = r.source AND p.repository = r.repository AND p.number = r.pull_request
    WHERE r.reviewer_id IS DISTINCT FROM p.author_id
    GROUP BY r.reviewer_id, r.team, date_trunc('month', r.submitted_at)
), months AS (
    SELECT DISTINCT team, month FROM reviewed WHERE team IS NOT NULL
), members AS (
    SELECT DISTINCT m.team, m.month, h.person_id
    FROM months m
    JOIN home_teams h ON h.team = m.team AND h.valid_from <= m.month
         AND (h.valid_to >= m.month + INTERVAL '1 month' OR h.valid_to IS NULL)
    JOIN people p ON p.person_id = h.person_id AND NOT p.is_bot
)
SELECT m.month AS at, CASE WHEN count(*) >= 5 THEN gini(coalesce(CAST(r.reviews AS DOUBLE), 0)) END AS value, m.team
FROM members m
LEFT JOIN reviewed r ON r.person_id = m.person_id AND r.team = m.team AND r.month = m.month
GROUP BY m.month, m.team
