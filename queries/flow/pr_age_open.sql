/*
title      = "Age of open PRs"
about      = "Hours since their opening of the pull requests that are open, drafts included, when their source was last watched. A state of that moment and no history. Unknown where the opening is not told. Bots are left out."
unit       = "hours"
statistic  = "median"
better     = "lower"
dimensions = ["team", "repository", "component", "owning_team", "size"]
is_stock   = true
entity     = "pull_requests"
*/
SELECT o.until AS at, hours_between(p.created_at, o.until) AS value, p.team, p.team_shares, p.repository, p.component,
       p.owning_team, p.size, p.number, p.source
FROM pull_request_phases p JOIN observed o ON o.source = p.source
WHERE p.state = 'open' AND NOT p.is_bot
