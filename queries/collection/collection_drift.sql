/*
title      = "Collection drift"
about      = "Share of a source's rows that the tables lacked, or had in an old version, when they were last compared with the source."
unit       = "share"
statistic  = "ratio"
better     = "lower"
dimensions = ["repository", "entity"]
*/
SELECT checked_at AS at, at_source - found + gone AS numerator, at_source + gone AS denominator, repository, entity
FROM source_counts
