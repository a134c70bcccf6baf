/*
title      = "Code in deeply nested functions"
about      = "Share of the lines in functions that stand in functions whose control structures nest over 4 deep; the limit is ours. A fact is a file at a sample, weighted by its lines in functions; a file that could not be analysed is unknown. Files that were analysed before nesting was measured are unknown."
unit       = "share"
statistic  = "ratio"
better     = "lower"
dimensions = ["repository", "language"]
grain      = "month"
is_stock   = true
entity     = "snapshot_files"
*/
SELECT s.sampled_at AS at,
       CASE WHEN s.status = 'analysed' AND coalesce(u.known, true) THEN coalesce(u.over, 0) END AS numerator,
       CASE WHEN s.status = 'analysed' THEN coalesce(u.lines, 0) END AS denominator,
       s.repository, s.language, s.sample, s.path, s.source
FROM code_files s
LEFT JOIN (
    SELECT sample, path, sum(CASE WHEN nesting > 4 THEN own_code_lines ELSE 0 END) AS over, sum(own_code_lines) AS lines,
           count(nesting) = count(*) AS known
    FROM code_units
    GROUP BY sample, path
) u ON u.sample = s.sample AND u.path = s.path
