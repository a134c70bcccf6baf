/*
title      = "Deployment rework rate"
about      = "Share of successful production deployments that were made because of a failure: one that says which incident it was made for, a rollback (said to be one, or to a commit older than the one it replaced), and the last deployment that began and finished while an incident put down to the same service's deployment was open (reason hotfix, which is inferred). A further copy of production is the same deployment, and what is said of it is said of that. By the moment it finished. After DORA (dora.dev), deployment rework rate."
unit       = "share"
statistic  = "share"
better     = "lower"
dimensions = ["service", "team", "repository", "component", "environment", "reason"]
entity     = "deployments"
*/
SELECT finished_at AS at, unplanned IS NOT NULL AS value, service, team, repository, component, environment,
       coalesce(unplanned, 'planned') AS reason, deployment_id, source
FROM deployments
WHERE is_production AND status = 'success' AND NOT is_copy AND finished_at IS NOT NULL
