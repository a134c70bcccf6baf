/*
title      = "Unmapped tickets"
about      = "Share of support requests of which neither topics.toml nor the software catalog tells the component or the team."
unit       = "share"
statistic  = "share"
better     = "lower"
dimensions = ["topic", "team"]
*/
SELECT opened_at AS at, component IS NULL AND owning_team IS NULL AS value, topic, team
FROM tickets
