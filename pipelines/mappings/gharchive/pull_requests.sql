-- Hours of GH Archive (https://www.gharchive.org/), one event a line. What is known of a pull request is what its newest event
-- says; events since October 2025 say less.
WITH pulls AS (
    SELECT json_text(repo, 'name') AS repository, json_text(payload, 'pull_request') AS pull, json_text(payload, 'number') AS number,
        json_text(payload, 'action') AS action, created_at AS told_at
    FROM input
    WHERE type = 'PullRequestEvent'
)
SELECT
    repository,
    coalesce(number, json_text(pull, 'number'))             AS number,
    json_text(pull, 'title')                                AS title,
    json_text(pull, 'user.login')                           AS author_id,
    CASE
        WHEN action = 'merged' OR json_text(pull, 'merged') = 'true' OR json_text(pull, 'merged_at') IS NOT NULL THEN 'merged'
        WHEN action = 'closed' OR json_text(pull, 'state') = 'closed' THEN 'closed'
        ELSE 'open'
    END                                                     AS state,
    json_text(pull, 'merge_commit_sha')                     AS merge_sha,
    json_text(pull, 'created_at')                           AS created_at,
    json_text(pull, 'merged_at')                            AS merged_at,
    json_text(pull, 'closed_at')                            AS closed_at,
    json_text(pull, 'commits')                              AS commits,
    json_text(pull, 'changed_files')                        AS files_changed,
    json_text(pull, 'additions')                            AS lines_added,
    json_text(pull, 'deletions')                            AS lines_deleted,
    json_text(pull, 'draft')                                AS is_draft,
    json_text(pull, 'base.ref')                             AS base_branch,
    coalesce(starts_with(json_text(pull, 'title'), 'Revert '), false) AS is_revert,
    told_at                                                 AS updated_at
FROM pulls
