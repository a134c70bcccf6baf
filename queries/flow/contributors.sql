/*
title      = "Contributors"
about      = "Different people who authored a commit. Bots are left out."
unit       = "people"
statistic  = "distinct"
better     = "neither"
dimensions = ["team", "repository"]
*/
SELECT authored_at AS at, author_id AS value, team, repository
FROM commits
WHERE NOT is_bot
