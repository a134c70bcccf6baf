-- Stream changelogs of tap-jira (https://github.com/singer-io/tap-jira): changes of the status alone. A change of several fields
-- at once is one record.
SELECT
    issueId                                                 AS ticket_id,
    id                                                      AS event_id,
    'changed'                                               AS event,
    coalesce(json_text(author, 'emailAddress'), json_text(author, 'accountId')) AS actor_id,
    'status'                                                AS field,
    json_text(items, '[*].fromString')                      AS from_value,
    json_text(items, '[*].toString')                        AS to_value,
    created                                                 AS happened_at,
    created                                                 AS updated_at
FROM changelogs
WHERE json_text(items, '[0].field') = 'status'
