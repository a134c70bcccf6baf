/*
title      = "Hotspot score"
about      = "Revisions of a file in the 365 days before a sample times its cyclomatic complexity (after Tornhill 2015, who takes lines of code for complexity), 90th percentile over the files that changed. A renamed file keeps its revisions. Bots, generated and vendored files are left out; where the content could not be analysed the score is unknown."
unit       = "points"
statistic  = "p90"
better     = "lower"
dimensions = ["repository", "language"]
grain      = "month"
is_stock   = true
entity     = "snapshot_files"
*/
SELECT s.sampled_at AS at, e.revisions * s.cyclomatic AS value, s.repository, s.path, s.language, e.revisions,
       s.cyclomatic AS complexity, s.code_lines AS lines, s.is_head, s.sample, s.source
FROM code_files s
JOIN (
    SELECT source, repository, sampled_at, path, sum(revisions) AS revisions
    FROM file_efforts
    GROUP BY source, repository, sampled_at, path
) e ON e.source = s.source AND e.repository = s.repository AND e.sampled_at = s.sampled_at AND e.path = s.path
