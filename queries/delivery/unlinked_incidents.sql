/*
title      = "Unlinked incidents"
about      = "Incidents that no deployment is put down to, so that they are in no change fail rate: reason says whether the incident names no service, names a deployment that is not known, or followed no deployment of its service within seven days. By the moment it opened."
unit       = "incidents"
statistic  = "count"
better     = "lower"
dimensions = ["service", "team", "component", "reason"]
entity     = "incidents"
*/
SELECT i.opened_at AS at, i.service, i.team, i.component,
       CASE WHEN i.deployment_id IS NOT NULL AND i.service IS NOT NULL THEN 'unknown deployment'
            WHEN i.service IS NULL THEN 'no service' ELSE 'no deployment before' END AS reason, i.incident_id, i.source
FROM incidents i
LEFT ANTI JOIN deployment_failures f ON f.incident_source = i.source AND f.incident_id = i.incident_id
