/*
title      = "Merged PRs"
about      = "Pull requests merged. Bots are left out."
unit       = "pull requests"
statistic  = "count"
better     = "higher"
dimensions = ["team", "repository"]
*/
SELECT merged_at AS at, team, repository
FROM pull_requests
WHERE merged_at IS NOT NULL AND NOT is_bot
