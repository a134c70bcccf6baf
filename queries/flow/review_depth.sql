/*
title      = "Review depth"
about      = "Comments by other people on a merged pull request that somebody reviewed."
unit       = "comments"
statistic  = "mean"
better     = "neither"
dimensions = ["team", "repository"]
*/
SELECT merged_at AS at, review_comments AS value, team, repository
FROM pull_requests
WHERE merged_at IS NOT NULL AND first_review_at IS NOT NULL AND NOT is_bot
