/*
title      = "Deployments"
about      = "Successful deployments to production."
unit       = "deployments"
statistic  = "count"
better     = "higher"
dimensions = ["service", "team"]
*/
SELECT finished_at AS at, service, team
FROM deployments
WHERE environment = 'production' AND status = 'success' AND finished_at IS NOT NULL
