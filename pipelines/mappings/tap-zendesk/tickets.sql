-- Stream tickets of tap-zendesk (https://github.com/singer-io/tap-zendesk). When a ticket was solved is in another stream.
SELECT
    id                                                      AS ticket_id,
    requester_id,
    group_id                                                AS project,
    type                                                    AS kind,
    priority,
    status,
    CASE status
        WHEN 'new' THEN 'open'
        WHEN 'open' THEN 'active'
        WHEN 'pending' THEN 'waiting'
        WHEN 'hold' THEN 'waiting'
        WHEN 'solved' THEN 'done'
        WHEN 'closed' THEN 'done'
    END                                                     AS state,
    json_texts(tags, '[*]')                                 AS labels,
    split_part(subject, chr(10), 1)                         AS subject,
    assignee_id,
    url,
    created_at                                              AS opened_at,
    updated_at
FROM tickets
