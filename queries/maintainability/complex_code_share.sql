/*
title      = "Code in complex functions"
about      = "Share of the lines in functions that stand in functions of cyclomatic complexity over 10 (SIG: moderate risk and above)."
unit       = "share"
statistic  = "ratio"
better     = "lower"
dimensions = ["repository", "language"]
grain      = "month"
is_stock   = true
*/
SELECT sampled_at AS at, CASE WHEN cyclomatic > 10 THEN own_code_lines ELSE 0 END AS numerator,
       own_code_lines AS denominator, repository, language
FROM code_units
