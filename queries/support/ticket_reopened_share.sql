/*
title      = "Reopened tickets"
about      = "Share of support requests that were opened again, of those that were ever resolved, by the moment they were first opened. The newest had less time to come back, so that the last weeks read low. Unknown where the source does not tell. Requests by machines are left out."
unit       = "share"
statistic  = "share"
better     = "lower"
dimensions = ["topic", "component", "owning_team", "team"]
entity     = "tickets"
*/
SELECT opened_at AS at, reopened > 0 AS value, topic, component, owning_team, team, team_shares, ticket_id, source
FROM tickets
WHERE NOT is_bot AND (resolved_at IS NOT NULL OR reopened > 0)
