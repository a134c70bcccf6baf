/*
title      = "Review in working time"
about      = "Working hours from the first review to the first approval by a person who is not the author: hours within the working days and hours of the team of whoever reviewed first, in its time zone and without its holidays. Moments are those of the phase in hours of the clock. Unknown where they are, and where no calendar of that team, of one above it or of every team is known; of several first reviews in one moment the team that is first by name counts. Bots and reverts are left out."
unit       = "hours"
statistic  = "median"
better     = "lower"
dimensions = ["team", "repository", "component", "owning_team", "size"]
entity     = "pull_requests"
*/
SELECT p.merged_at AS at, working_hours_between(p.first_review_at, p.approved_at, min(r.team)) AS value, p.team, p.team_shares,
       p.repository, p.component, p.owning_team, p.size, p.number, p.source
FROM pull_request_phases p
LEFT JOIN reviews r ON r.source = p.source AND r.repository = p.repository AND r.pull_request = p.number
    AND r.submitted_at = p.first_review_at AND NOT r.is_bot AND (r.reviewer_id IS DISTINCT FROM p.author_id)
WHERE p.merged_at IS NOT NULL AND NOT p.is_bot AND NOT p.is_revert
GROUP BY p.merged_at, p.first_review_at, p.approved_at, p.team, p.team_shares, p.repository, p.component, p.owning_team, p.size,
         p.number, p.source
