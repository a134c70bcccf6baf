/*
title      = "Ticket resolution time"
about      = "Hours from opening to resolving a support request. Open ones are unknown."
unit       = "hours"
statistic  = "median"
better     = "lower"
dimensions = ["topic", "team", "component"]
*/
SELECT opened_at AS at, hours_between(opened_at, resolved_at) AS value, topic, team, component
FROM tickets
