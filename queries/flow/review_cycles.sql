/*
title      = "Review cycles"
about      = "How often a review that requested changes was answered by work, before the first approval or, without one, before the merge: several such reviews without work between them are one cycle, and so is all work up to the next. Work is a commit, by its author date, which survives a rebase, or a force-push. Of merged pull requests that another person reviewed; 0 where nobody requested changes. A request for changes that was dismissed is not told any more. Unknown where the source does not tell the commits. Bots and reverts are left out."
unit       = "cycles"
statistic  = "mean"
better     = "neither"
dimensions = ["team", "repository", "component", "owning_team", "size"]
entity     = "pull_requests"
*/
SELECT merged_at AS at, review_cycles AS value, team, team_shares, repository, component, owning_team, size, number, source
FROM pull_request_phases
WHERE merged_at IS NOT NULL AND is_reviewed AND NOT is_bot AND NOT is_revert
