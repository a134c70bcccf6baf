/*
title      = "Merged without review"
about      = "Share of merged pull requests that nobody but the author reviewed before the merge. The author's own review, approval or comment under any identity is no review, nor is a machine's, one after the merge, or a comment outside of a review; a review of a draft is one. Unknown where the source does not tell reviews, such as a repository's history. By the moment of the merge. Bots are left out; reverts are counted."
unit       = "share"
statistic  = "share"
better     = "lower"
dimensions = ["team", "repository", "component", "owning_team", "size"]
entity     = "pull_requests"
*/
SELECT merged_at AS at, NOT is_reviewed AS value, team, team_shares, repository, component, owning_team, size, number, source
FROM pull_request_phases
WHERE merged_at IS NOT NULL AND NOT is_bot
