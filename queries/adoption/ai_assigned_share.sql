/*
title      = "Seats assigned"
about      = "Share of the people who may have a tool that have a seat or licence of it, at the end of each week; of a whole period the newest week counts. People may have it who are in a team that is named in tool_eligibility or, where none is named for the tool, in any team. Machines are left out."
unit       = "share"
statistic  = "share"
better     = "neither"
dimensions = ["tool", "team"]
is_stock   = true
sampled_of = "tool"
*/
SELECT week AS at, is_assigned AS value, tool, team, team_shares, source
FROM tool_weeks
WHERE is_eligible
