/*
title      = "Change fail rate"
about      = "Share of successful production deployments that failed afterwards: an incident names it, or a rollback or hotfix replaced it, or an incident of the same service opened within seven days with no later deployment in between (the view deployment_failures says which). However many incidents it had, it is one. A further copy of production is the same deployment, which fails where the copy does. Rollbacks are left out: they bring nothing. Unknown until incidents have been watched for seven days after it, and where no source tells of incidents and no rollback followed. After DORA (dora.dev), change fail rate."
unit       = "share"
statistic  = "share"
better     = "lower"
dimensions = ["service", "team", "repository", "component", "environment"]
entity     = "deployments"
*/
WITH failed AS (
    SELECT DISTINCT d.source, d.service, coalesce(d.copy_of_deployment_id, d.deployment_id) AS deployment_id
    FROM deployment_failures f
    JOIN deployments d ON d.source = f.source AND d.service = f.service AND d.deployment_id = f.deployment_id
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
WHERE d.is_production AND d.status = 'success' AND NOT d.is_copy AND NOT d.is_rollback AND d.finished_at IS NOT NULL
