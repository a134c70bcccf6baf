-- Builds of Jenkins, one a line, as JOB/api/json?tree=allBuilds[number,timestamp,duration,building,result,fullDisplayName,
-- actions[causes[shortDescription],lastBuiltRevision[SHA1]]] gives them
-- (https://www.jenkins.io/doc/book/using/remote-access-api/). A line may have the full name of its job as "job" too; else it is
-- taken from the name that is displayed.
WITH builds AS (
    SELECT
        coalesce(job, replace(regexp_replace(fullDisplayName, ' #[0-9]+$', ''), ' » ', '/')) AS name,
        number,
        CAST(timestamp AS BIGINT) AS start_ms,
        CASE WHEN building = 'true' THEN NULL ELSE CAST(timestamp AS BIGINT) + CAST(duration AS BIGINT) END AS end_ms,
        CASE
            WHEN building = 'true' OR result IS NULL THEN 'running'
            WHEN result = 'SUCCESS' THEN 'success'
            WHEN result = 'ABORTED' THEN 'cancelled'
            WHEN result IN ('NOT_BUILT', 'NOT_BUILD') THEN 'skipped'
            ELSE 'failure'
        END AS status,
        json_text(actions, '[*].lastBuiltRevision.SHA1') AS sha,
        json_text(actions, '[*].causes[0].shortDescription') AS cause
    FROM input
    WHERE timestamp IS NOT NULL AND number IS NOT NULL
)
SELECT
    name                            AS repository,
    number                          AS build_id,
    name                            AS workflow,
    sha,
    cause                           AS trigger,
    status,
    start_ms                        AS started_at,
    end_ms                          AS finished_at,
    coalesce(end_ms, start_ms)      AS updated_at
FROM builds
