-- Comments on code and on pull requests as a whole in hours of GH Archive (https://www.gharchive.org/).
SELECT
    json_text(repo, 'name')                                 AS repository,
    coalesce(json_text(payload, 'pull_request.number'), json_text(payload, 'issue.number')) AS pull_request,
    json_text(payload, 'comment.id')                        AS comment_id,
    CASE type WHEN 'IssueCommentEvent' THEN 'conversation' ELSE 'code' END AS place,
    json_text(payload, 'comment.pull_request_review_id')    AS review_id,
    json_text(payload, 'comment.user.login')                AS author_id,
    json_text(payload, 'comment.created_at')                AS created_at,
    created_at                                              AS updated_at
FROM input
WHERE type = 'PullRequestReviewCommentEvent'
    OR (type = 'IssueCommentEvent' AND json_text(payload, 'issue.pull_request') IS NOT NULL)
