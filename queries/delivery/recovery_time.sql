/*
title      = "Failed deployment recovery time"
about      = "Hours from the end of a failing production deployment to the resolution of the incident that is put down to it, or to the end of the rollback where nobody opened one, as Kaplan and Meier estimate the median (1958): an open incident counts as unresolved until its source was last watched. By the moment the deployment finished alone, so that a long outage is in it. Unknown where it was resolved before the deployment finished. After DORA (dora.dev), failed deployment recovery time."
unit       = "hours"
statistic  = "survival"
better     = "lower"
dimensions = ["service", "team", "repository", "component", "environment", "linked_by"]
entity     = "deployments"
*/
SELECT d.finished_at AS at, hours_between(d.finished_at, coalesce(f.resolved_at, o.until)) AS value,
       f.resolved_at IS NOT NULL AS observed, d.service, d.team, d.repository, d.component, d.environment, f.linked_by,
       d.deployment_id, d.source
FROM deployment_failures f
JOIN deployments d ON d.source = f.source AND d.service = f.service AND d.deployment_id = f.deployment_id
LEFT JOIN observed o ON o.source = coalesce(f.incident_source, f.source)
WHERE d.is_production AND d.finished_at IS NOT NULL
