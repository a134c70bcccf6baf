/*
title      = "Cognitive complexity"
about      = "Cognitive complexity of a function (Campbell 2018), 90th percentile over functions. Where it differs from the paper is in ARCHITECTURE.md. A file that could not be analysed is one unknown."
unit       = "points"
statistic  = "p90"
better     = "lower"
dimensions = ["repository", "language"]
grain      = "month"
is_stock   = true
*/
SELECT sampled_at AS at, cognitive AS value, repository, language
FROM code_units
UNION ALL
SELECT sampled_at, NULL, repository, language
FROM code_files
WHERE status <> 'analysed'
