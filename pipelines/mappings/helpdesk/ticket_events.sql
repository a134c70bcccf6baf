-- The events of such a log. They have no id at the source: the line is theirs.
SELECT
    CaseID                          AS ticket_id,
    concat(_file, ':', _line)       AS event_id,
    ActivityID                      AS event,
    CompleteTimestamp               AS happened_at,
    CompleteTimestamp               AS updated_at
FROM input
