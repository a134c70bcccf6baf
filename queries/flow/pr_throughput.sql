/*
title      = "Merged PRs"
about      = "Pull requests by the moment of the merge. Bots are left out; reverts are counted."
unit       = "pull requests"
statistic  = "count"
better     = "higher"
dimensions = ["team", "repository", "component", "owning_team", "size"]
entity     = "pull_requests"
*/
SELECT merged_at AS at, team, team_shares, repository, component, owning_team, size, number, source
FROM pull_request_phases
WHERE merged_at IS NOT NULL AND NOT is_bot
