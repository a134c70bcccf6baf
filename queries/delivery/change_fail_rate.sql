/*
title      = "Change fail rate"
about      = "Share of production deployments that an incident names as its cause."
unit       = "share"
statistic  = "share"
better     = "lower"
dimensions = ["service", "team"]
*/
SELECT d.finished_at AS at, count(i.incident_id) > 0 AS value, d.service, d.team
FROM deployments d
LEFT JOIN incidents i ON i.service = d.service AND i.deployment_id = d.deployment_id
WHERE d.environment = 'production' AND d.status = 'success' AND NOT d.is_rollback AND d.finished_at IS NOT NULL
GROUP BY d.service, d.deployment_id, d.finished_at, d.team
