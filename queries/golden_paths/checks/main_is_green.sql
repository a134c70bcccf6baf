/*
title = "Main is green"
about = "On the main line of the component's repository the newest finished build of every workflow succeeded. Builds for pull requests and cancelled or skipped ones do not count, and of each source only the last four weeks that it tells of. Unknown where there is no such build."
*/
WITH finished AS (
    SELECT b.source, b.repository, b.workflow, b.build_id, b.status, b.finished_at,
           max(b.finished_at) OVER (PARTITION BY b.source) AS newest,
           row_number() OVER (PARTITION BY b.source, b.repository, b.workflow ORDER BY b.finished_at DESC, b.build_id DESC) AS nth
    FROM builds b
    WHERE b.pull_request IS NULL AND b.status IN ('success', 'failure') AND b.finished_at IS NOT NULL
        -- A build of another branch is known by its commit, where it says which.
        AND (b.sha IS NULL OR EXISTS (SELECT 1 FROM commits k WHERE k.sha = b.sha))
), newest AS (
    SELECT source, repository, build_id, status = 'success' AS is_green FROM finished
    WHERE nth = 1 AND finished_at >= newest - INTERVAL '28 days'
)
SELECT c.entity, bool_and(b.is_green) AS passed,
       CASE WHEN count(b.build_id) = 0 THEN 'no build of the main line in the last four weeks'
            WHEN bool_and(b.is_green) THEN 'the newest build of every workflow succeeded'
            ELSE concat('build ', min(CASE WHEN NOT b.is_green THEN b.build_id END), ' failed') END AS evidence
FROM components c
LEFT JOIN component_repositories p ON p.entity = c.entity AND p.source = c.source AND p.valid_to IS NULL
LEFT JOIN newest b ON b.repository = p.repository
WHERE c.valid_to IS NULL AND c.kind = 'component'
GROUP BY c.entity
