/*
title      = "Review depth"
about      = "Comments by people other than the author, on code and in the conversation, per merged pull request that another person reviewed before the merge; one reviewed in silence has 0. By the moment of the merge. Unknown where the source does not count comments. Bots are left out; reverts are counted."
unit       = "comments"
statistic  = "mean"
better     = "neither"
dimensions = ["team", "repository", "component", "owning_team", "size"]
entity     = "pull_requests"
*/
SELECT merged_at AS at, review_comments AS value, team, team_shares, repository, component, owning_team, size, number, source
FROM pull_request_phases
WHERE merged_at IS NOT NULL AND is_reviewed AND NOT is_bot
