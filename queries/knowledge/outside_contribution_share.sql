/*
title      = "Contributions from outside"
about      = "Share of merged pull requests whose author is not in the team that owns what they change (inner source). A person in several teams is in each of them. Unknown where nobody is known to own it, and where the author is in no team. Bots are left out."
unit       = "share"
statistic  = "share"
better     = "neither"
dimensions = ["owning_team", "team", "repository"]
entity     = "pull_requests"
*/
SELECT merged_at AS at,
       CASE WHEN owning_team IS NULL OR (team IS NULL AND team_shares IS NULL) THEN NULL
            WHEN team = owning_team OR strpos(concat(' ', team_shares), concat(' ', owning_team, '=')) > 0 THEN false
            ELSE true END AS value,
       owning_team, team, team_shares, repository, number, source
FROM pull_requests
WHERE merged_at IS NOT NULL AND NOT is_bot
