/*
title      = "Time to tenth merged PR"
about      = "Days from a person's beginning, which is the first commit, pull request or membership of a team, to the tenth merged pull request. Whoever has not got there counts until their source was last heard of (Kaplan and Meier). People who began before or within 30 days after the first that their sources tell are left out: they may have begun long before. Bots are left out. By the team at the beginning, or the first after it."
unit       = "days"
statistic  = "survival"
better     = "lower"
dimensions = ["team"]
grain      = "quarter"
*/
WITH active AS (
    SELECT author_id AS person_id, source, min(authored_at) AS at FROM commits
    WHERE NOT is_bot AND author_id IS NOT NULL GROUP BY author_id, source
    UNION ALL
    SELECT author_id, source, min(least(first_commit_at, created_at, merged_at)) FROM pull_requests
    WHERE NOT is_bot AND author_id IS NOT NULL GROUP BY author_id, source
), watched AS (
    SELECT f.source, f.at AS since, o.until
    FROM (SELECT source, min(at) AS at
          FROM (SELECT source, committed_at AS at FROM commits
                UNION ALL SELECT source, coalesce(created_at, merged_at) FROM pull_requests)
          GROUP BY source) f
    JOIN observed o ON o.source = f.source
), everywhere AS (
    SELECT min(since) AS since, max(until) AS until FROM watched
), begun AS (
    SELECT a.person_id, min(a.at) AS at, max(w.since) AS since, max(w.until) AS until
    FROM active a JOIN watched w ON w.source = a.source GROUP BY a.person_id
), joined AS (
    SELECT h.person_id, min(h.valid_from) AS at
    FROM home_teams h JOIN people p ON p.person_id = h.person_id AND NOT p.is_bot GROUP BY h.person_id
), people_begun AS (
    SELECT coalesce(b.person_id, j.person_id) AS person_id, least(b.at, j.at) AS at,
           coalesce(b.since, e.since) AS since, coalesce(b.until, e.until) AS until
    FROM begun b FULL JOIN joined j ON j.person_id = b.person_id CROSS JOIN everywhere e
), newcomers AS (
    SELECT * FROM people_begun WHERE at > since + INTERVAL '30 days' AND at < until
), pulls AS (
    -- A pull request that two sources tell of is one.
    SELECT author_id AS person_id, repository, number, min(merged_at) AS merged_at
    FROM pull_requests
    WHERE merged_at IS NOT NULL AND author_id IN (SELECT person_id FROM newcomers)
    GROUP BY author_id, repository, number
), reached AS (
    SELECT person_id, merged_at
    FROM (SELECT person_id, merged_at, row_number() OVER (PARTITION BY person_id ORDER BY merged_at, repository, number) AS nth FROM pulls)
    WHERE nth = 10
), homes AS (
    SELECT b.person_id, b.at, b.until, first_value(h.team ORDER BY h.valid_from) AS team
    FROM newcomers b
    LEFT JOIN home_teams h ON h.person_id = b.person_id AND (h.valid_to > b.at OR h.valid_to IS NULL)
    GROUP BY b.person_id, b.at, b.until
)
SELECT b.at, hours_between(b.at, coalesce(r.merged_at, b.until)) / 24 AS value, r.merged_at IS NOT NULL AS observed, b.team
FROM homes b
LEFT JOIN reached r ON r.person_id = b.person_id
