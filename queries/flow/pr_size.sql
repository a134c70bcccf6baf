/*
title      = "PR size"
about      = "Lines added and deleted by a merged pull request's own diff, not by its merge commit. Generated and vendored files, told by their path, are left out where the source or a collected history of the repository says which they are: dimension diff is then 'without generated', elsewhere it is 'whole' and the number may be too high. Unknown where the lines added or deleted are. Bots are left out; a revert is a change like another."
unit       = "lines"
statistic  = "median"
better     = "lower"
dimensions = ["team", "repository", "component", "owning_team", "diff"]
entity     = "pull_requests"
*/
SELECT merged_at AS at, lines AS value, team, team_shares, repository, component, owning_team,
       CASE WHEN is_without_generated THEN 'without generated' ELSE 'whole' END AS diff, number, source
FROM pull_request_phases
WHERE merged_at IS NOT NULL AND NOT is_bot
