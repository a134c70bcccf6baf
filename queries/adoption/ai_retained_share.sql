/*
title      = "Users who stayed"
about      = "Share of the people who used a tool in the 28 days before the last 28 of a week that used it in the last 28 as well, whether they have a seat or not; of a whole period the newest week counts. People who left every team in between count as lost. Machines are left out."
unit       = "share"
statistic  = "share"
better     = "higher"
dimensions = ["tool", "team"]
is_stock   = true
sampled_of = "tool"
*/
SELECT week AS at, active_days > 0 AS value, tool, team, team_shares, source
FROM tool_weeks
WHERE active_days_before > 0
