/*
title      = "Flow efficiency"
about      = "Active time over all time until done, of support requests by the day they were opened: hours in statuses in which somebody works on it, divided by the hours in all statuses but those that mean done. A request that goes on counts until its source was last watched. Unknown where the status, or whether it means work, is not known for all of that time, or changes are out of order. Requests by machines are left out."
unit       = "share"
statistic  = "ratio"
better     = "higher"
dimensions = ["topic", "component", "owning_team", "team"]
entity     = "tickets"
*/
WITH spent AS (
    SELECT s.source, s.ticket_id, s.state, hours_between(s.valid_from, coalesce(s.valid_to, o.until)) AS hours
    FROM ticket_statuses s LEFT JOIN observed o ON o.source = s.source
    WHERE s.state IS DISTINCT FROM 'done'
), summed AS (
    SELECT source, ticket_id, sum(CASE WHEN state = 'active' THEN hours ELSE 0 END) AS active, sum(hours) AS hours,
           bool_and(state IS NOT NULL AND hours IS NOT NULL) AS is_known
    FROM spent GROUP BY source, ticket_id
)
SELECT t.opened_at AS at, CASE WHEN s.is_known THEN s.active END AS numerator, CASE WHEN s.is_known THEN s.hours END AS denominator,
       t.topic, t.component, t.owning_team, t.team, t.team_shares, t.ticket_id, t.source
FROM tickets t LEFT JOIN summed s ON s.source = t.source AND s.ticket_id = t.ticket_id
WHERE NOT t.is_bot
