/*
title      = "Support tickets"
about      = "Internal support requests by the moment they were opened, open ones and those of unknown people included. Requests that a machine opened are left out; one that was reopened counts once."
unit       = "tickets"
statistic  = "count"
better     = "lower"
dimensions = ["topic", "component", "owning_team", "team"]
entity     = "tickets"
*/
SELECT opened_at AS at, topic, component, owning_team, team, team_shares, ticket_id, source
FROM tickets
WHERE NOT is_bot
