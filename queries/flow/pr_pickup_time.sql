/*
title      = "Pickup"
about      = "Hours from ready for review to the first review by a person who is not the author. An approval without a comment is a review; a comment outside of a review is none. Reviews while it was a draft, before it was opened or after it was merged do not count; without another it is unknown, never zero. Of merged pull requests, by the moment of the merge; bots and reverts are left out."
unit       = "hours"
statistic  = "median"
better     = "lower"
dimensions = ["team", "repository", "component", "owning_team", "size"]
entity     = "pull_requests"
*/
SELECT merged_at AS at, pickup_hours AS value, team, team_shares, repository, component, owning_team, size, number, source
FROM pull_request_phases
WHERE merged_at IS NOT NULL AND NOT is_bot AND NOT is_revert
