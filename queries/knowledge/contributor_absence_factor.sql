/*
title      = "Contributor absence factor"
about      = "The fewest people who wrote at least half of the commits of a repository in the 365 days before a sample (CHAOSS). By author date, without merges, bots and commits of unknown people; the median over repositories."
unit       = "people"
statistic  = "median"
better     = "higher"
dimensions = ["repository"]
grain      = "month"
is_stock   = true
*/
SELECT at, absence_factor(CAST(commits AS DOUBLE)) AS value, repository
FROM (
    SELECT s.at, s.repository, c.author_id, count(DISTINCT c.sha) AS commits
    FROM (SELECT DISTINCT repository, sampled_at AS at FROM snapshot_files) s
    JOIN commits c ON c.repository = s.repository AND c.authored_at <= s.at AND c.authored_at > s.at - INTERVAL '365 days'
    WHERE NOT c.is_bot AND NOT c.is_merge AND c.author_id IS NOT NULL
    GROUP BY s.at, s.repository, c.author_id
)
GROUP BY at, repository
