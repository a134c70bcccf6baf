/*
title      = "Golden path adoption"
about      = "Share of components that pass every check of a level of a track, and of the levels before it, as it was at the end of each week; of a whole period the newest week counts. A component fails where one check fails; it is unknown where none fails and one could not be told or was not evaluated yet. Definitions are those of today. Without a cut by track and level every pair of a component and a level is one."
unit       = "share"
statistic  = "share"
better     = "higher"
dimensions = ["track", "level", "team", "component"]
is_stock   = true
sampled_of = "track"
*/
SELECT week AS at, passed AS value, track, level, team, entity AS component, source
FROM track_weeks
