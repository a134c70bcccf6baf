/*
title      = "PR cycle time"
about      = "Hours from the first commit (earliest author date) to the merge: coding, pickup, review and merge wait, and what lies between known moments where one in between is unknown. Time in which it was closed and reopened is part of it. Unknown where the first commit is, or is dated after ready or the merge. Of merged pull requests, by the moment of the merge; bots and reverts are left out."
unit       = "hours"
statistic  = "median"
better     = "lower"
dimensions = ["team", "repository", "component", "owning_team", "size"]
entity     = "pull_requests"
*/
SELECT merged_at AS at, cycle_hours AS value, team, team_shares, repository, component, owning_team, size, number, source
FROM pull_request_phases
WHERE merged_at IS NOT NULL AND NOT is_bot AND NOT is_revert
