/*
title      = "Review"
about      = "Hours from the first review to the first approval by a person who is not the author; zero where the first review approves. Unknown without a review and an approval between ready for review and the merge. Of merged pull requests, by the moment of the merge; bots and reverts are left out."
unit       = "hours"
statistic  = "median"
better     = "lower"
dimensions = ["team", "repository", "component", "owning_team", "size"]
entity     = "pull_requests"
*/
SELECT merged_at AS at, review_hours AS value, team, team_shares, repository, component, owning_team, size, number, source
FROM pull_request_phases
WHERE merged_at IS NOT NULL AND NOT is_bot AND NOT is_revert
