-- Reviews in hours of GH Archive (https://www.gharchive.org/).
SELECT
    json_text(repo, 'name')                                 AS repository,
    json_text(payload, 'pull_request.number')               AS pull_request,
    json_text(payload, 'review.id')                         AS review_id,
    json_text(payload, 'review.user.login')                 AS reviewer_id,
    lower(json_text(payload, 'review.state'))               AS state,
    json_text(payload, 'review.submitted_at')               AS submitted_at,
    created_at                                              AS updated_at
FROM input
WHERE type = 'PullRequestReviewEvent'
