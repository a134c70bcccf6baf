/*
title      = "Change fail rate"
about      = "Share of successful production deployments that failed afterwards: an incident names it, or a rollback or hotfix replaced it, or an incident of the same service opened within seven days with no later deployment in between (the view deployment_failures says which). However many incidents it had, it is one. Rollbacks are left out: they bring nothing. A further copy of production is the same deployment, which fails where one of its copies does. Unknown until incidents have been watched for seven days after it, and where no source tells of incidents and no rollback followed. After DORA (dora.dev), change fail rate."
unit       = "share"
statistic  = "share"
better     = "lower"
dimensions = ["service", "team", "repository", "component", "environment"]
entity     = "deployments"
*/
WITH failures AS (
    SELECT DISTINCT source, service, deployment_id FROM deployment_failures
), failed AS (
    SELECT source, service, deployment_id FROM failures
    UNION
    -- A copy of production that failed counts against the deployment that it is a copy of.
    SELECT c.source, c.service, last_value(o.deployment_id ORDER BY o.finished_at, o.deployment_id)
    FROM failures f
    JOIN deployments c ON c.source = f.source AND c.service = f.service AND c.deployment_id = f.deployment_id AND c.is_copy
    JOIN deployments o ON o.source = c.source AND o.service = c.service AND o.sha = c.sha AND o.finished_at <= c.finished_at
    WHERE o.is_production AND o.status = 'success' AND NOT o.is_rollback AND NOT o.is_copy
    GROUP BY c.source, c.service, c.deployment_id
), incidents_told AS (
    SELECT max(o.until) AS until FROM observed o WHERE o.source IN (SELECT DISTINCT source FROM incidents)
)
SELECT d.finished_at AS at,
       CASE WHEN d.finished_at + INTERVAL '7 days' <= least(o.until, coalesce(t.until, o.until))
            THEN CASE WHEN f.service IS NOT NULL THEN true WHEN t.until IS NOT NULL THEN false END END AS value,
       d.service, d.team, d.repository, d.component, d.environment, d.deployment_id, d.source
FROM deployments d
LEFT JOIN failed f ON f.source = d.source AND f.service = d.service AND f.deployment_id = d.deployment_id
LEFT JOIN observed o ON o.source = d.source
CROSS JOIN incidents_told t
WHERE d.is_production AND d.status = 'success' AND NOT d.is_rollback AND NOT d.is_copy AND d.finished_at IS NOT NULL
