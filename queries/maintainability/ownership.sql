/*
title      = "Ownership"
about      = "Share of the lines added to a file in the 365 days before a sample that came from its main developer, median over the files that got any (after Bird and others 2011, who count commits instead of lines). A renamed file keeps its history; several identities of a person are one developer, and everybody who is not known is one. Bots, generated and vendored files are left out."
unit       = "share"
statistic  = "median"
better     = "neither"
dimensions = ["repository", "language"]
grain      = "month"
is_stock   = true
entity     = "snapshot_files"
*/
SELECT s.sampled_at AS at, e.most / e.lines AS value, s.repository, s.language, s.sample, s.path, s.source
FROM snapshot_files s
JOIN (
    SELECT source, repository, sampled_at, path, CAST(max(lines_added) AS DOUBLE) AS most, sum(lines_added) AS lines
    FROM file_efforts
    GROUP BY source, repository, sampled_at, path
    HAVING sum(lines_added) > 0
) e ON e.source = s.source AND e.repository = s.repository AND e.sampled_at = s.sampled_at AND e.path = s.path
