/*
title      = "Seats in use"
about      = "Share of the people with a seat of a tool at the end of a week who used it on one day at least of the 28 days up to that end; of a whole period the newest week counts. Unknown for the first 28 days that the source tells of, and where it tells of no use at all. Machines are left out."
unit       = "share"
statistic  = "share"
better     = "higher"
dimensions = ["tool", "team"]
is_stock   = true
sampled_of = "tool"
*/
SELECT week AS at, active_days > 0 AS value, tool, team, team_shares, source
FROM tool_weeks
WHERE is_assigned
