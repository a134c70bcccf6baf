-- Jobs of CircleCI's workflows, one a line as version 2 of its API gives them (https://circleci.com/docs/api/v2/):
-- GET /workflow/ID/job. The answer does not name the workflow: add it to each line as "workflow_id".
SELECT
    project_slug                            AS repository,
    id                                      AS job_id,
    workflow_id                             AS build_id,
    name,
    CASE
        WHEN status = 'success' THEN 'success'
        WHEN status = 'canceled' THEN 'cancelled'
        WHEN status IN ('not_run', 'unauthorized') THEN 'skipped'
        WHEN status IN ('queued', 'running', 'on_hold', 'not_running', 'blocked', 'retried') THEN 'running'
        ELSE 'failure'
    END                                     AS status,
    started_at,
    stopped_at                              AS finished_at,
    coalesce(stopped_at, started_at)        AS updated_at
FROM input
WHERE workflow_id IS NOT NULL
