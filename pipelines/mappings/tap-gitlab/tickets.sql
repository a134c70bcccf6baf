-- Stream issues of tap-gitlab (https://github.com/singer-io/tap-gitlab).
SELECT
    id                                                      AS ticket_id,
    regexp_replace(web_url, '^https?://[^/]+/(.+?)/-/.*$', '\1') AS repository,
    json_text(author, 'username')                           AS requester_id,
    project_id                                              AS project,
    lower(issue_type)                                       AS kind,
    severity                                                AS priority,
    state                                                   AS status,
    CASE WHEN state = 'closed' THEN 'done' ELSE 'open' END  AS state,
    json_texts(labels, '[*]')                               AS labels,
    title                                                   AS subject,
    json_text(assignees, '[0].username')                    AS assignee_id,
    web_url                                                 AS url,
    created_at                                              AS opened_at,
    closed_at                                               AS resolved_at,
    updated_at
FROM issues
