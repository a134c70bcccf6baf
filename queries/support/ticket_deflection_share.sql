/*
title      = "Deflected questions"
about      = "Share of questions to the assistant after which the asker opened no support request, about whatever, within 24 hours. Unknown for questions that are younger than 24 hours when a source of tickets was last watched (one that fell silent four weeks before the others is not waited for), that come before the first ticket known, and of unknown people. Whether the question would have become a request without the assistant is not known: this is no effect. Machines are left out."
unit       = "share"
statistic  = "share"
better     = "higher"
dimensions = ["topic", "component", "team"]
entity     = "assistant_questions"
*/
WITH sources AS (
    SELECT t.source, min(t.opened_at) AS first, o.until
    FROM tickets t JOIN observed o ON o.source = t.source GROUP BY t.source, o.until
), watched AS (
    -- A request may be made in any source, so of those that are still watched the one that was left first decides.
    SELECT min(until) AS until, (SELECT min(first) FROM sources) AS first
    FROM sources WHERE until > (SELECT max(until) FROM sources) - INTERVAL '28 days'
), followed AS (
    SELECT q.source, q.question_id, count(t.ticket_id) AS tickets
    FROM assistant_questions q
    JOIN tickets t ON t.requester_id = q.asker_id AND t.opened_at >= q.asked_at
        AND t.opened_at <= q.asked_at + INTERVAL '24 hours'
    GROUP BY q.source, q.question_id
)
SELECT q.asked_at AS at,
       CASE WHEN q.asker_id IS NOT NULL AND q.asked_at >= w.first AND q.asked_at + INTERVAL '24 hours' <= w.until
            THEN f.question_id IS NULL END AS value,
       q.topic, q.component, q.team, q.team_shares, q.question_id, q.source
FROM assistant_questions q
CROSS JOIN watched w
LEFT JOIN followed f ON f.source = q.source AND f.question_id = q.question_id
WHERE NOT q.is_bot
