/*
title = "Has a README"
about = "There is a README at the root of the component's repository or in a folder around or inside the component's own. Unknown where the history of its repository is not collected."
*/
WITH changes AS (
    SELECT source, repository, path, committed_at, change = 'deleted' AS is_gone FROM commit_files
    UNION ALL
    SELECT source, repository, previous_path, committed_at, true FROM commit_files WHERE previous_path IS NOT NULL
), newest AS (
    -- Of a removal and an addition at one moment the file is there.
    SELECT source, repository, path, is_gone,
           row_number() OVER (PARTITION BY source, repository, path ORDER BY committed_at DESC, is_gone) AS nth
    FROM changes WHERE regexp_like(path, '(^|/)readme(\.[a-z]+)?$', 'i')
), readmes AS (
    SELECT source, repository, path, regexp_replace(path, '/?[^/]*$', '') AS folder FROM newest WHERE nth = 1 AND NOT is_gone
), collected AS (
    SELECT DISTINCT source, repository FROM commits
)
SELECT c.entity,
       CASE WHEN count(f.repository) = 0 THEN NULL ELSE count(r.path) > 0 END AS passed,
       CASE WHEN count(f.repository) = 0 THEN 'the history of its repository is not collected'
            WHEN count(r.path) > 0 THEN min(r.path)
            ELSE concat('no README in ', min(p.repository)) END AS evidence
FROM components c
LEFT JOIN component_repositories p ON p.entity = c.entity AND p.source = c.source AND p.valid_to IS NULL
LEFT JOIN collected f ON f.source = p.repository_source AND f.repository = p.repository
LEFT JOIN readmes r ON r.source = p.repository_source AND r.repository = p.repository
    AND (r.folder = '' OR starts_with(concat(p.path, '/'), concat(r.folder, '/'))
         OR starts_with(concat(r.folder, '/'), concat(p.path, '/')))
WHERE c.valid_to IS NULL AND c.kind = 'component'
GROUP BY c.entity
