/*
title      = "Review response time"
about      = "Hours from a request for review to the first review by the person who was asked or, where a team or nobody known was asked, by anybody but the author. Median by Kaplan and Meier, with requests that are not answered yet: waiting ends unanswered when the request is taken back, when the pull request is merged or closed, or when the source was last watched. Each request counts, also a repeated one. By the moment of the request, for the author's team. Requests to machines and bots' pull requests are left out."
unit       = "hours"
statistic  = "survival"
better     = "lower"
dimensions = ["team", "repository", "component", "owning_team", "size"]
entity     = "pull_request_events"
*/
WITH asked AS (
    SELECT e.source, e.repository, e.pull_request, e.event_id, e.happened_at, e.subject_id, e.subject_team
    FROM pull_request_events e
    LEFT JOIN people who ON who.person_id = e.subject_id
    WHERE e.event = 'review_requested' AND NOT coalesce(who.is_bot, false)
), answers AS (
    SELECT a.source, a.repository, a.event_id, min(r.submitted_at) AS at
    FROM asked a
    JOIN pull_requests p ON p.source = a.source AND p.repository = a.repository AND p.number = a.pull_request
    JOIN reviews r ON r.source = a.source AND r.repository = a.repository AND r.pull_request = a.pull_request
        AND r.submitted_at >= a.happened_at
    WHERE NOT r.is_bot AND (r.reviewer_id IS DISTINCT FROM p.author_id)
      AND r.reviewer_id = coalesce(a.subject_id, r.reviewer_id)
    GROUP BY a.source, a.repository, a.event_id
), withdrawals AS (
    SELECT a.source, a.repository, a.event_id, min(e.happened_at) AS at
    FROM asked a
    JOIN pull_request_events e ON e.source = a.source AND e.repository = a.repository AND e.pull_request = a.pull_request
        AND e.event = 'review_request_removed' AND e.happened_at >= a.happened_at
        AND (e.subject_id IS NOT DISTINCT FROM a.subject_id) AND (e.subject_team IS NOT DISTINCT FROM a.subject_team)
    GROUP BY a.source, a.repository, a.event_id
), ended AS (
    SELECT a.*, n.at AS answered_at, least(w.at, p.merged_at, CASE WHEN p.state <> 'open' THEN p.closed_at END, o.until) AS unanswered_at, p.team, p.team_shares,
           p.component, p.owning_team, p.size
    FROM asked a
    JOIN pull_request_phases p ON p.source = a.source AND p.repository = a.repository AND p.number = a.pull_request
    LEFT JOIN answers n ON n.source = a.source AND n.repository = a.repository AND n.event_id = a.event_id
    LEFT JOIN withdrawals w ON w.source = a.source AND w.repository = a.repository AND w.event_id = a.event_id
    LEFT JOIN observed o ON o.source = a.source
    WHERE NOT p.is_bot
)
SELECT happened_at AS at, hours_between(happened_at, least(answered_at, unanswered_at)) AS value,
       answered_at IS NOT NULL AND (unanswered_at IS NULL OR answered_at <= unanswered_at) AS observed,
       team, team_shares, component, owning_team, size, repository, pull_request, event_id, source
FROM ended
