/*
title      = "Questions to the assistant"
about      = "Questions that people asked the assistant, by the moment they were asked, those of unknown people included. Machines are left out."
unit       = "questions"
statistic  = "count"
better     = "neither"
dimensions = ["topic", "component", "team"]
entity     = "assistant_questions"
*/
SELECT asked_at AS at, topic, component, team, team_shares, question_id, source
FROM assistant_questions
WHERE NOT is_bot
