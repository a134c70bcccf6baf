/*
title      = "Unmapped tickets"
about      = "Share of support requests of which neither topics.toml nor the software catalog tells the component or the team. Requests by machines are left out."
unit       = "share"
statistic  = "share"
better     = "lower"
dimensions = ["topic", "team"]
entity     = "tickets"
*/
SELECT opened_at AS at, component IS NULL AND owning_team IS NULL AS value, topic, team, team_shares, ticket_id, source
FROM tickets
WHERE NOT is_bot
