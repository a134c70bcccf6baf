/*
title      = "Maintainability index (SEI)"
about      = "Per file 171 − 5.2 ln V − 0.23 G − 16.2 ln L + 50 sin √(2.4 C) with V, G and L the means of Halstead volume, cyclomatic complexity and lines over its functions and C the percentage of the file's lines that have a comment, the sine in radians (Software Engineering Institute 1997); it may be below zero. Weighted by code lines in functions. A file without functions has none; one that could not be analysed is unknown. Variants of the index differ widely: compare only with itself."
unit       = "points"
statistic  = "ratio"
better     = "higher"
dimensions = ["repository", "language"]
grain      = "month"
is_stock   = true
entity     = "snapshot_files"
*/
WITH means AS (
    SELECT sample, path, avg(halstead_volume) AS volume, avg(cyclomatic) AS cyclomatic, avg(lines) AS lines,
           sum(own_code_lines) AS code_lines
    FROM code_units
    GROUP BY sample, path
)
SELECT s.sampled_at AS at, (171 - 5.2 * ln(m.volume) - 0.23 * m.cyclomatic - 16.2 * ln(m.lines) + 50 * sin(sqrt(2.4 * 100.0 * s.comment_lines / s.lines))) * m.code_lines AS numerator, m.code_lines AS denominator,
       s.repository, s.language, s.sample, s.path, s.source
FROM code_files s
LEFT JOIN means m ON m.sample = s.sample AND m.path = s.path
WHERE s.status <> 'analysed' OR (m.volume > 0 AND m.lines > 0)
