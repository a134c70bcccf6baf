/*
title      = "Change size"
about      = "Lines added and deleted by a commit, without generated and vendored files; a binary file has none. Merges and bots are left out."
unit       = "lines"
statistic  = "median"
better     = "lower"
dimensions = ["team", "repository"]
entity     = "commits"
*/
SELECT c.authored_at AS at, sum(coalesce(f.lines_added, 0) + coalesce(f.lines_deleted, 0)) AS value, c.team,
       c.team_shares, c.repository, c.sha, c.source
FROM commits c
JOIN commit_files f ON f.source = c.source AND f.repository = c.repository AND f.sha = c.sha
WHERE NOT c.is_bot AND NOT c.is_merge AND NOT f.is_generated
GROUP BY c.repository, c.sha, c.source, c.authored_at, c.team, c.team_shares
