/*
title = "Has an owner"
about = "The software catalog names a group that owns the component. A person alone is no owner: people leave."
*/
SELECT c.entity, count(o.owner) > 0 AS passed,
       CASE WHEN count(o.owner) > 0 THEN concat('owned by ', min(o.owner))
            WHEN count(o.entity) > 0 THEN 'a person owns it and no group' ELSE 'the catalog names no owner' END AS evidence
FROM components c
LEFT JOIN component_owners o ON o.entity = c.entity AND o.source = c.source AND o.valid_to IS NULL
WHERE c.valid_to IS NULL AND c.kind = 'component'
GROUP BY c.entity
