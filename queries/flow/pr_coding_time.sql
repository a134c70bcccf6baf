/*
title      = "Coding"
about      = "Hours from the first commit (earliest author date) until the pull request was made ready for review, for the last time before its first review. Unknown where a moment is not known, where the first commit is dated after ready, and where it is dated after the opening of a pull request that was opened ready or force-pushed: its history was rewritten. Of merged pull requests, by the moment of the merge; bots and reverts are left out."
unit       = "hours"
statistic  = "median"
better     = "lower"
dimensions = ["team", "repository", "component", "owning_team", "size"]
entity     = "pull_requests"
*/
SELECT merged_at AS at, coding_hours AS value, team, team_shares, repository, component, owning_team, size, number, source
FROM pull_request_phases
WHERE merged_at IS NOT NULL AND NOT is_bot AND NOT is_revert
