/*
title      = "Review load"
about      = "Different pull requests of other people that one person reviewed in a week, of those who reviewed any; the 90th percentile, so that a few who carry the most are seen and nobody by name. Weeks from Monday in UTC. Bots and reviews of one's own pull request are left out. The team is the reviewer's at the last review of the week."
unit       = "pull requests per reviewer and week"
statistic  = "p90"
better     = "neither"
dimensions = ["team"]
*/
SELECT date_trunc('week', r.submitted_at) AS at,
       count(DISTINCT concat(r.repository, '#', r.pull_request)) AS value,
       last_value(r.team ORDER BY r.submitted_at, r.review_id) AS team,
       last_value(r.team_shares ORDER BY r.submitted_at, r.review_id) AS team_shares
FROM reviews r
LEFT JOIN pull_requests p ON p.source = r.source AND p.repository = r.repository AND p.number = r.pull_request
WHERE NOT r.is_bot AND r.reviewer_id IS NOT NULL AND r.reviewer_id IS DISTINCT FROM p.author_id
GROUP BY r.reviewer_id, date_trunc('week', r.submitted_at)
