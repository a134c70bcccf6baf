/*
title      = "Rework of others' lines"
about      = "Of the lines that were deleted or replaced at most 21 days after they had been written, those that somebody else had written: an author of another name and another e-mail address. Without merges, bots, binary and generated files."
unit       = "share"
statistic  = "ratio"
better     = "neither"
dimensions = ["team", "repository"]
entity     = "commits"
*/
SELECT c.authored_at AS at,
       CASE WHEN count(f.lines_reworked_of_others) = count(*)
             AND bool_and(f.lines_reworked_of_others BETWEEN 0 AND f.lines_reworked)
            THEN sum(f.lines_reworked_of_others) END AS numerator,
       CASE WHEN count(f.lines_reworked) = count(*) AND bool_and(f.lines_reworked BETWEEN 0 AND f.lines_deleted)
            THEN sum(f.lines_reworked) END AS denominator,
       c.team, c.team_shares, c.repository, c.sha, c.source
FROM commits c
JOIN commit_files f ON f.source = c.source AND f.repository = c.repository AND f.sha = c.sha
WHERE NOT c.is_bot AND NOT c.is_merge AND NOT f.is_generated AND f.lines_added IS NOT NULL AND f.lines_deleted IS NOT NULL
GROUP BY c.source, c.repository, c.sha, c.authored_at, c.team, c.team_shares
