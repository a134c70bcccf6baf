-- Stream changelogs of tap-jira (https://github.com/singer-io/tap-jira): changes of the status alone. A change of several fields
-- at once is one record, in which the status stands anywhere; the first eight are looked at.
WITH changes AS (
    SELECT
        issueId, id, author, created,
        CASE 'status'
            WHEN json_text(items, '[0].field') THEN json_text(items, '[0]')
            WHEN json_text(items, '[1].field') THEN json_text(items, '[1]')
            WHEN json_text(items, '[2].field') THEN json_text(items, '[2]')
            WHEN json_text(items, '[3].field') THEN json_text(items, '[3]')
            WHEN json_text(items, '[4].field') THEN json_text(items, '[4]')
            WHEN json_text(items, '[5].field') THEN json_text(items, '[5]')
            WHEN json_text(items, '[6].field') THEN json_text(items, '[6]')
            WHEN json_text(items, '[7].field') THEN json_text(items, '[7]')
        END                                                 AS item
    FROM changelogs
)
SELECT
    issueId                                                 AS ticket_id,
    id                                                      AS event_id,
    'changed'                                               AS event,
    coalesce(json_text(author, 'emailAddress'), json_text(author, 'accountId')) AS actor_id,
    'status'                                                AS field,
    json_text(item, 'fromString')                           AS from_value,
    json_text(item, 'toString')                             AS to_value,
    created                                                 AS happened_at,
    created                                                 AS updated_at
FROM changes
WHERE item IS NOT NULL
