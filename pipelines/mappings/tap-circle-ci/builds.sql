-- Stream workflows of tap-circle-ci (https://github.com/singer-io/tap-circle-ci). The commit is in another stream.
SELECT
    project_slug                            AS repository,
    id                                      AS build_id,
    name                                    AS workflow,
    CASE
        WHEN status = 'success' THEN 'success'
        WHEN status = 'canceled' THEN 'cancelled'
        WHEN status = 'not_run' THEN 'skipped'
        WHEN status IN ('running', 'on_hold', 'failing') THEN 'running'
        ELSE 'failure'
    END                                     AS status,
    created_at                              AS started_at,
    stopped_at                              AS finished_at,
    coalesce(stopped_at, created_at)        AS updated_at
FROM workflows
