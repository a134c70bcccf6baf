/*
title      = "Helpful answers"
about      = "Share of the assistant's answers that the asker called helpful, of those that were judged at all; the others are unknown. Who is content judges more rarely, so that this is no share of all answers. Machines are left out."
unit       = "share"
statistic  = "share"
better     = "higher"
dimensions = ["topic", "component", "team"]
entity     = "assistant_questions"
*/
SELECT asked_at AS at, is_helpful AS value, topic, component, team, team_shares, question_id, source
FROM assistant_questions
WHERE NOT is_bot
