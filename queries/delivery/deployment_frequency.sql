/*
title      = "Deployment frequency"
about      = "Successful deployments to production; periods without one count as zero. An environment is production when its name says so. The same commit sent to a further copy of production is the same deployment; a rollback is one of its own, and also one however many copies go back. By the moment it finished, never the one at which it was replaced; one of which nobody knows when it finished is left out. After DORA (dora.dev), deployment frequency."
unit       = "deployments"
statistic  = "count"
better     = "higher"
dimensions = ["service", "team", "repository", "component", "environment"]
entity     = "deployments"
*/
SELECT finished_at AS at, service, team, repository, component, environment, deployment_id, source
FROM deployments
WHERE is_production AND status = 'success' AND NOT is_copy AND finished_at IS NOT NULL
