/*
title = "Has code owners"
about = "The CODEOWNERS of the component's repository has a line that names somebody. Unknown where the history of its repository is not collected."
*/
SELECT c.entity,
       CASE WHEN count(f.repository) = 0 THEN NULL ELSE count(l.repository) > 0 END AS passed,
       CASE WHEN count(f.repository) = 0 THEN 'the history of its repository is not collected'
            WHEN count(l.repository) > 0 THEN concat('CODEOWNERS of ', min(l.repository))
            ELSE concat(min(p.repository), ' has no CODEOWNERS that names anybody') END AS evidence
FROM components c
LEFT JOIN component_repositories p ON p.entity = c.entity AND p.source = c.source AND p.valid_to IS NULL
LEFT JOIN (SELECT DISTINCT source, repository FROM commits) f
    ON f.source = p.repository_source AND f.repository = p.repository
LEFT JOIN (
    SELECT DISTINCT source, repository FROM code_owners
    WHERE valid_to IS NULL AND (team IS NOT NULL OR owner_id IS NOT NULL)
) l ON l.source = p.repository_source AND l.repository = p.repository
WHERE c.valid_to IS NULL AND c.kind = 'component'
GROUP BY c.entity
