/*
title      = "Rework rate"
about      = "Lines that were deleted or replaced at most 21 days after they had been written, by the author dates of both commits and whoever wrote them, over all lines added and deleted. Who wrote a line is what git blame says of the commit before. Merges, bots, binary and generated files are left out; commits collected before lines were followed are unknown."
unit       = "share"
statistic  = "ratio"
better     = "neither"
dimensions = ["team", "repository"]
entity     = "commits"
*/
SELECT c.authored_at AS at,
       -- More reworked than deleted, or a file that nobody followed, is no answer.
       CASE WHEN count(f.lines_reworked) = count(*) AND bool_and(f.lines_reworked BETWEEN 0 AND f.lines_deleted)
            THEN sum(f.lines_reworked) END AS numerator,
       sum(f.lines_added + f.lines_deleted) AS denominator,
       c.team, c.team_shares, c.repository, c.sha, c.source
FROM commits c
JOIN commit_files f ON f.source = c.source AND f.repository = c.repository AND f.sha = c.sha
WHERE NOT c.is_bot AND NOT c.is_merge AND NOT f.is_generated AND f.lines_added IS NOT NULL AND f.lines_deleted IS NOT NULL
GROUP BY c.source, c.repository, c.sha, c.authored_at, c.team, c.team_shares
