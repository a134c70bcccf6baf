-- An event log of a help desk, one line an event: CaseID, ActivityID, CompleteTimestamp. A case is open from its first event to
-- its last.
SELECT
    CaseID                  AS ticket_id,
    min(CompleteTimestamp)  AS opened_at,
    max(CompleteTimestamp)  AS resolved_at,
    max(CompleteTimestamp)  AS updated_at
FROM input
WHERE CaseID IS NOT NULL
GROUP BY CaseID
