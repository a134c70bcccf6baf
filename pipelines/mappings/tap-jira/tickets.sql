-- Stream issues of tap-jira (https://github.com/singer-io/tap-jira).
SELECT
    id                                                      AS ticket_id,
    coalesce(json_text(fields, 'reporter.emailAddress'), json_text(fields, 'reporter.accountId')) AS requester_id,
    json_text(fields, 'project.key')                        AS project,
    json_text(fields, 'issuetype.name')                     AS kind,
    json_text(fields, 'priority.name')                      AS priority,
    json_text(fields, 'status.name')                        AS status,
    CASE json_text(fields, 'status.statusCategory.key')
        WHEN 'new' THEN 'open'
        WHEN 'indeterminate' THEN 'active'
        WHEN 'done' THEN 'done'
    END                                                     AS state,
    json_texts(fields, 'labels[*]')                         AS labels,
    json_text(fields, 'summary')                            AS subject,
    coalesce(json_text(fields, 'assignee.emailAddress'), json_text(fields, 'assignee.accountId')) AS assignee_id,
    self                                                    AS url,
    json_text(fields, 'created')                            AS opened_at,
    json_text(fields, 'resolutiondate')                     AS resolved_at,
    json_text(fields, 'updated')                            AS updated_at
FROM issues
