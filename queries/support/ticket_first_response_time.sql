/*
title      = "First response time"
about      = "Hours from opening a support request to the first answer by a person who is not the requester, by Kaplan and Meier: one without an answer counts as waiting until it was resolved or, while it is open, until its source was last watched. Unknown where the source never tells of an answer, and where an answer is dated before the request. Requests by machines are left out."
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
       CASE WHEN tells THEN hours_between(opened_at, coalesce(first_response_at, resolved_at, until)) END AS value,
       first_response_at IS NOT NULL AS observed, topic, component, owning_team, team, team_shares, ticket_id, source
FROM waits
