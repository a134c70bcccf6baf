/*
title      = "After-hours share"
about      = "Share of commits that were written outside working time: that of the calendar of the author's team at the moment, its holidays included; where the team has none, Monday to Friday from 8 to 18 by the author's own clock. Merges and bots are left out. A team's number, never a person's."
unit       = "share"
statistic  = "share"
better     = "lower"
dimensions = ["team", "repository"]
entity     = "commits"
*/
SELECT at, coalesce(NOT in_calendar, NOT by_own_clock) AS value, team, team_shares, repository, sha, source
FROM (
    SELECT authored_at AS at, team, team_shares, repository, sha, source,
           -- The first second after the moment is within working time or not.
           working_hours_between(authored_at, authored_at + INTERVAL '1 second', team) > 0 AS in_calendar,
           -- An offset beyond any zone on earth is a broken clock.
           CASE WHEN author_offset_minutes BETWEEN -14 * 60 AND 14 * 60
                THEN date_part('dow', local_at) BETWEEN 1 AND 5 AND date_part('hour', local_at) BETWEEN 8 AND 17
           END AS by_own_clock
    FROM (
        SELECT *, to_timestamp_seconds(CAST(floor(date_part('epoch', authored_at)) AS BIGINT) + author_offset_minutes * 60) AS local_at
        FROM commits WHERE NOT is_merge AND NOT is_bot
    )
)
