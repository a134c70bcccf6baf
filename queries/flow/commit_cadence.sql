/*
title      = "Commits"
about      = "Commits by author date. Merges and bots are left out."
unit       = "commits"
statistic  = "count"
better     = "neither"
dimensions = ["team", "repository"]
entity     = "commits"
*/
SELECT authored_at AS at, team, team_shares, repository, sha, source
FROM commits
WHERE NOT is_merge AND NOT is_bot
