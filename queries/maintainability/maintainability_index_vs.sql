/*
title      = "Maintainability index (Visual Studio)"
about      = "Per file max(0, 100/171 × (171 − 5.2 ln V − 0.23 G − 16.2 ln L)) with V, G, L the means of Halstead volume, cyclomatic complexity and lines over its functions, weighted by code lines. Variants of the index differ widely: compare only with itself."
unit       = "points"
statistic  = "ratio"
better     = "higher"
dimensions = ["repository", "language"]
grain      = "month"
is_stock   = true
*/
SELECT at, greatest(0, 100.0 / 171 * (171 - 5.2 * ln(volume) - 0.23 * cyclomatic - 16.2 * ln(lines))) * code_lines AS numerator,
       code_lines AS denominator, repository, language
FROM (
    SELECT sampled_at AS at, path, repository, language, avg(halstead_volume) AS volume, avg(cyclomatic) AS cyclomatic,
           avg(lines) AS lines, sum(own_code_lines) AS code_lines
    FROM code_units
    GROUP BY sampled_at, path, repository, language
)
WHERE volume > 0 AND lines > 0
