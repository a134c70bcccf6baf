/*
title      = "Ticket resolution time"
about      = "Hours from opening a support request to resolving it, by Kaplan and Meier: an open one counts as lasting until its source was last watched, so that what takes long is not left out because it is not over. One that was reopened lasts until its last resolution. Unknown where a resolution is dated before the opening. Requests by machines are left out."
unit       = "hours"
statistic  = "survival"
better     = "lower"
dimensions = ["topic", "component", "owning_team", "team"]
entity     = "tickets"
*/
SELECT t.opened_at AS at, hours_between(t.opened_at, coalesce(t.resolved_at, o.until)) AS value,
       t.resolved_at IS NOT NULL AS observed, t.topic, t.component, t.owning_team, t.team, t.team_shares, t.ticket_id, t.source
FROM tickets t
LEFT JOIN observed o ON o.source = t.source
WHERE NOT t.is_bot
