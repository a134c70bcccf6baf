-- Workflows of CircleCI with the commit and trigger of their pipelines, both one a line as version 2 of its API gives them
-- (https://circleci.com/docs/api/v2/): GET /pipeline/ID/workflow and GET /project/SLUG/pipeline.
SELECT
    workflow.project_slug                                           AS repository,
    workflow.id                                                     AS build_id,
    workflow.name                                                   AS workflow,
    coalesce(json_text(pipeline.vcs, 'revision'), json_text(pipeline.trigger_parameters, 'git.checkout_sha')) AS sha,
    json_text(pipeline.trigger, 'type')                             AS trigger,
    CASE
        WHEN workflow.status = 'success' THEN 'success'
        WHEN workflow.status = 'canceled' THEN 'cancelled'
        WHEN workflow.status = 'not_run' THEN 'skipped'
        WHEN workflow.status IN ('running', 'on_hold', 'failing') THEN 'running'
        ELSE 'failure'
    END                                                             AS status,
    nullif(workflow.created_at, '')                                 AS started_at,
    nullif(workflow.stopped_at, '')                                 AS finished_at,
    coalesce(nullif(workflow.stopped_at, ''), workflow.created_at)  AS updated_at
FROM input AS workflow
LEFT JOIN input AS pipeline ON pipeline.id = workflow.pipeline_id
    AND pipeline.pipeline_id IS NULL AND pipeline.trigger IS NOT NULL
WHERE workflow.pipeline_id IS NOT NULL AND workflow.pipeline_number IS NOT NULL
