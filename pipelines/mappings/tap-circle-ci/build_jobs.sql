-- Stream jobs of tap-circle-ci (https://github.com/singer-io/tap-circle-ci).
SELECT
    project_slug                            AS repository,
    id                                      AS job_id,
    _workflow_id                            AS build_id,
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
FROM jobs
