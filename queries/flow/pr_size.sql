/*
title      = "PR size"
about      = "Lines added and deleted by a merged pull request. Bots are left out."
unit       = "lines"
statistic  = "median"
better     = "lower"
dimensions = ["team", "repository"]
*/
SELECT merged_at AS at, lines_added + lines_deleted AS value, team, repository
FROM pull_requests
WHERE merged_at IS NOT NULL AND NOT is_bot
