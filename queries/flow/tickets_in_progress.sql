/*
title      = "Tickets in progress"
about      = "Time-averaged number of support requests that are open, whether somebody works on them or not: each from its opening to its resolution. One that was reopened is open until its last resolution. Left out: requests by machines, those that are done but not since when, and those that were resolved before they were opened."
unit       = "tickets"
statistic  = "time_average"
better     = "lower"
dimensions = ["topic", "component", "owning_team", "team"]
entity     = "tickets"
*/
SELECT opened_at AS at, resolved_at AS until, topic, component, owning_team, team, team_shares, ticket_id, source
FROM tickets
WHERE NOT is_bot AND ((resolved_at IS NULL AND state IS DISTINCT FROM 'done') OR resolved_at >= opened_at)
