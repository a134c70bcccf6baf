/*
title      = "Failed deployment recovery time"
about      = "Hours from the end of a failing deployment to the resolution of the incident it caused. Open incidents are unknown."
unit       = "hours"
statistic  = "median"
better     = "lower"
dimensions = ["service", "team"]
*/
SELECT d.finished_at AS at, hours_between(d.finished_at, i.resolved_at) AS value, d.service, d.team
FROM deployments d
JOIN incidents i ON i.service = d.service AND i.deployment_id = d.deployment_id
WHERE d.environment = 'production' AND d.finished_at IS NOT NULL
