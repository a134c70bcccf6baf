/*
title      = "Maintainability index (original)"
about      = "Per file 171 − 5.2 ln V − 0.23 G − 16.2 ln L with V, G and L the means of Halstead volume, cyclomatic complexity and lines over its functions (the index of Oman and Hagemeister 1992 as Coleman, Ash, Lowther and Oman 1994 refined it, without its term for comments); it may be below zero. Weighted by code lines in functions. A file without functions has none; one that could not be analysed is unknown. Variants of the index differ widely: compare only with itself."
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
SELECT s.sampled_at AS at, (171 - 5.2 * ln(m.volume) - 0.23 * m.cyclomatic - 16.2 * ln(m.lines)) * m.code_lines AS numerator, m.code_lines AS denominator,
       s.repository, s.language, s.sample, s.path, s.source
FROM code_files s
LEFT JOIN means m ON m.sample = s.sample AND m.path = s.path
WHERE s.status <> 'analysed' OR (m.volume > 0 AND m.lines > 0)
