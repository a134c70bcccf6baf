/*
title      = "Change lead time, 75th percentile"
about      = "As change_lead_time, at the 75th percentile: three of four changes took at most so long."
unit       = "hours"
statistic  = "p75"
better     = "lower"
dimensions = ["service", "team", "repository", "component", "environment", "dates"]
entity     = "commits"
*/
SELECT at, lead_hours AS value, service, team, repository, component, environment, dates, sha, source
FROM change_lead_times
