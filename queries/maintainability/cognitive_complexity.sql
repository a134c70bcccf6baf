/*
title      = "Cognitive complexity"
about      = "Cognitive complexity of a function (Campbell 2018), 90th percentile over functions."
unit       = "points"
statistic  = "p90"
better     = "lower"
dimensions = ["repository", "language"]
grain      = "month"
is_stock   = true
*/
SELECT sampled_at AS at, cognitive AS value, repository, language
FROM code_units
