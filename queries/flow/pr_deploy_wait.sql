/*
title      = "Deploy wait"
about      = "Hours from the merge to the first successful production deployment that has it. Unknown while it is not deployed and where a deployment is dated before the merge. Of merged pull requests, by the moment of the merge; bots and reverts are left out."
unit       = "hours"
statistic  = "median"
better     = "lower"
dimensions = ["team", "repository", "component", "owning_team", "size"]
entity     = "pull_requests"
*/
SELECT merged_at AS at, deploy_wait_hours AS value, team, team_shares, repository, component, owning_team, size, number, source
FROM pull_request_phases
WHERE merged_at IS NOT NULL AND NOT is_bot AND NOT is_revert
