-- Stream incidents of tap-pagerduty (https://github.com/singer-io/tap-pagerduty).
SELECT
    id                                                      AS incident_id,
    json_text(service, 'summary')                           AS service,
    json_text(teams, '[0].summary')                         AS team,
    coalesce(json_text(priority, 'summary'), urgency)       AS severity,
    status,
    split_part(title, chr(10), 1)                           AS subject,
    html_url                                                AS url,
    created_at                                              AS opened_at,
    json_text(acknowledgements, '[0].at')                   AS acknowledged_at,
    CASE WHEN status = 'resolved' THEN last_status_change_at END AS resolved_at,
    last_status_change_at                                   AS updated_at
FROM incidents
