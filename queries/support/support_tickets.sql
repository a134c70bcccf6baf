/*
title      = "Support tickets"
about      = "Internal support requests by the day they were opened."
unit       = "tickets"
statistic  = "count"
better     = "lower"
dimensions = ["topic", "team", "component"]
*/
SELECT opened_at AS at, topic, team, component
FROM tickets
