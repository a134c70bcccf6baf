/*
title      = "First response in working time"
about      = "As first response time, but only hours in the working time of the team that owns what the request is about, or of every team where that is not known. Unknown where no calendar tells the working time."
unit       = "hours"
statistic  = "survival"
better     = "lower"
dimensions = ["topic", "component", "owning_team", "team"]
entity     = "tickets"
*/
WITH waits AS (
    SELECT t.*, o.until, max(t.first_response_at) OVER (PARTITION BY t.source) IS NOT NULL AS tells
    FROM tickets t LEFT JOIN observed o ON o.source = t.source
    WHERE NOT t.is_bot
)
SELECT opened_at AS at,
       CASE WHEN tells
            THEN working_hours_between(opened_at, coalesce(first_response_at, resolved_at, until), owning_team) END AS value,
       first_response_at IS NOT NULL AS observed, topic, component, owning_team, team, team_shares, ticket_id, source
FROM waits
