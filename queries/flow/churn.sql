/*
title      = "Churn per commit"
about      = "Lines added and deleted by a commit as git log --numstat -M counts them, by author date. Merges, bots and generated files are left out, and so are binary files, which have no lines."
unit       = "lines"
statistic  = "mean"
better     = "neither"
dimensions = ["team", "repository"]
entity     = "commits"
*/
SELECT c.authored_at AS at, sum(f.lines_added + f.lines_deleted) AS value,
       c.team, c.team_shares, c.repository, c.sha, c.source
FROM commits c
JOIN commit_files f ON f.source = c.source AND f.repository = c.repository AND f.sha = c.sha
WHERE NOT c.is_bot AND NOT c.is_merge AND NOT f.is_generated AND f.lines_added IS NOT NULL AND f.lines_deleted IS NOT NULL
GROUP BY c.source, c.repository, c.sha, c.authored_at, c.team, c.team_shares
