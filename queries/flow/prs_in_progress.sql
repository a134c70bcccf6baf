/*
title      = "PRs in progress"
about      = "Time-averaged number of open pull requests, drafts included: each from its opening to its merge or, without one, to its closing. One that was reopened is open all the time until its last end. By Little's law it is what is opened per unit of time times the time it stays open. Left out: bots, pull requests whose opening the source does not tell, those that are over but not since when, and those that end before they begin."
unit       = "pull requests"
statistic  = "time_average"
better     = "lower"
dimensions = ["team", "repository", "component", "owning_team", "size"]
entity     = "pull_requests"
*/
SELECT created_at AS at, CASE WHEN state <> 'open' THEN coalesce(merged_at, closed_at) END AS until, team, team_shares,
       repository, component, owning_team, size, number, source
FROM pull_request_phases
WHERE created_at IS NOT NULL AND NOT is_bot
  AND (state = 'open' OR coalesce(merged_at, closed_at) >= created_at)
