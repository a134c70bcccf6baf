/*
title      = "Contributors"
about      = "Different people who authored a commit. Bots are left out."
unit       = "people"
statistic  = "distinct"
better     = "neither"
dimensions = ["team", "repository"]
entity     = "commits"
*/
SELECT authored_at AS at, author_id AS value, team, team_shares, repository, sha, source
FROM commits
WHERE NOT is_bot
