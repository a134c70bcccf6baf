-- Stages of Jenkins' pipelines, one a line, as JOB/NUMBER/wfapi/describe lists them
-- (https://plugins.jenkins.io/pipeline-rest-api/). A line may have the full name of its job as "job" and the number of its
-- build as "build" too; else they are taken from its own link.
WITH stages AS (
    SELECT
        json_text(_links, 'self.href') AS href, job, build, id, name, status, startTimeMillis, durationMillis
    FROM input
    WHERE startTimeMillis IS NOT NULL
), named AS (
    SELECT
        coalesce(job, replace(regexp_replace(href, '^.*?/job/(.*)/[0-9]+/execution/.*$', '\1'), '/job/', '/')) AS job_name,
        coalesce(build, regexp_replace(href, '^.*/([0-9]+)/execution/.*$', '\1')) AS number,
        id, name,
        CAST(startTimeMillis AS BIGINT) AS start_ms,
        CAST(startTimeMillis AS BIGINT) + CAST(durationMillis AS BIGINT) AS end_ms,
        CASE
            WHEN status = 'SUCCESS' THEN 'success'
            WHEN status = 'ABORTED' THEN 'cancelled'
            WHEN status = 'NOT_EXECUTED' THEN 'skipped'
            WHEN status IN ('IN_PROGRESS', 'PAUSED_PENDING_INPUT') THEN 'running'
            ELSE 'failure'
        END AS result
    FROM stages
)
SELECT
    job_name                                                        AS repository,
    concat(number, '/', id)                                         AS job_id,
    number                                                          AS build_id,
    name,
    result                                                          AS status,
    start_ms                                                        AS started_at,
    CASE WHEN result = 'running' THEN NULL ELSE end_ms END          AS finished_at,
    CASE WHEN result = 'running' THEN start_ms ELSE end_ms END      AS updated_at
FROM named
