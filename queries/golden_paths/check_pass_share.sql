/*
title      = "Passed checks"
about      = "Share of the answers of checks that are yes, one for each check of a track and component that the track is for, as it was at the end of each week; of a whole period the newest week counts. Unknown where it could not be told or was not evaluated yet."
unit       = "share"
statistic  = "share"
better     = "higher"
dimensions = ["check_name", "track", "team", "component"]
is_stock   = true
sampled_of = "track"
*/
WITH asked AS (SELECT DISTINCT track, check_name FROM track_checks)
SELECT c.week AS at, s.passed AS value, k.check_name, c.track, c.team, c.entity AS component, c.source
FROM track_components c
JOIN asked k ON k.track = c.track
LEFT JOIN check_states s ON s.check_name = k.check_name AND s.entity = c.entity AND s.source = c.source
    AND s.valid_from <= c.moment AND (s.valid_to > c.moment OR s.valid_to IS NULL)
