//! `tool_weeks`: who may have a tool, has it and uses it, week by week, the facts of every measure of adoption.
//!
//! One rule: a week counts only where the tool's source was watched to its end, and use is what happened in the four weeks up to
//! that end, so that a week of holiday makes nobody a former user.

use super::definitions::Definitions;
use super::views;

/// Without rows in one of these there is no tool.
const DRIVING: [&str; 2] = ["tool_assignments", "tool_activity"];

/// The tools that each source tells of, and since when.
const TOOLS: &str = "
SELECT tool, source, min(at) AS first, min(day) AS used_from FROM (
    SELECT tool, source, valid_from AS at, arrow_cast(NULL, 'Timestamp(Microsecond, Some(\"UTC\"))') AS day FROM tool_assignments
    UNION ALL SELECT tool, source, day AS at, day FROM tool_activity
) GROUP BY tool, source";

/// The weeks of each tool that are over, at most the last twenty years: a seat that somebody always had may be dated long ago.
const WEEKS: &str = "
SELECT t.tool, t.source, t.used_from, t.week, t.week + INTERVAL '7 days' AS ends_at FROM (
    SELECT t.tool, t.source, t.used_from, o.until, arrow_cast(
        arrow_cast(greatest(date_trunc('week', t.first), date_trunc('week', o.until) - INTERVAL '7301 days'), 'Int64')
            + n.value * 604800000000, 'Timestamp(Microsecond, Some(\"UTC\"))'
    ) AS week
    FROM stored.tools t JOIN observed o ON o.source = t.source CROSS JOIN generate_series(0, 1043) n
) t WHERE t.week + INTERVAL '7 days' <= t.until";

/// Defines the view. It has one row a tool, source, week and person: everybody who is in a team when the week ends, and whoever else
/// has the tool or used it in the eight weeks before.
///
/// `week` is the Monday at 00:00 UTC and `ends_at` the next one. The last moment before it decides `team`, `team_shares`,
/// `is_eligible` and `is_assigned`. `active_days` are days of use in the 28 days before `ends_at`, `active_days_before` those in
/// the 28 before them; each is NULL where the source tells of no use that early. A tool without eligible teams is for everybody in a team.
///
/// The weeks are few and stand in the view many times: they are computed once.
pub(super) fn define(definitions: &mut Definitions) {
    definitions.asked("tools", TOOLS, &DRIVING);
    definitions.asked("tool_calendar", WEEKS, &DRIVING);
    definitions.view("tool_weeks", sql());
}

fn sql() -> String {
    let membership = views::membership("e.person_id", "e.ends_at - INTERVAL '1 microsecond'");
    format!(
        "WITH had AS (
            SELECT DISTINCT w.tool, w.source, w.week, w.ends_at, w.used_from, a.person_id
            FROM stored.tool_calendar w JOIN tool_assignments a ON a.tool = w.tool AND a.source = w.source
                AND a.valid_from < w.ends_at AND (a.valid_to >= w.ends_at OR a.valid_to IS NULL)
        ), used AS (
            SELECT w.tool, w.source, w.week, w.ends_at, w.used_from, d.person_id,
                   count(DISTINCT CASE WHEN d.day >= w.ends_at - INTERVAL '28 days' THEN d.day END) AS days,
                   count(DISTINCT CASE WHEN d.day < w.ends_at - INTERVAL '28 days' THEN d.day END) AS days_before
            FROM stored.tool_calendar w JOIN tool_activity d ON d.tool = w.tool AND d.source = w.source
                AND d.day < w.ends_at AND d.day >= w.ends_at - INTERVAL '56 days'
            WHERE d.uses IS NULL OR d.uses > 0
            GROUP BY w.tool, w.source, w.week, w.ends_at, w.used_from, d.person_id
        ), members AS (
            SELECT w.tool, w.source, w.week, w.ends_at, w.used_from, m.person_id, m.team
            FROM stored.tool_calendar w JOIN team_members m ON m.valid_from < w.ends_at
                AND (m.valid_to >= w.ends_at OR m.valid_to IS NULL)
        ), may AS (
            SELECT DISTINCT m.tool, m.source, m.week, m.person_id
            FROM members m
            LEFT JOIN (SELECT DISTINCT tool FROM tool_eligibility) l ON l.tool = m.tool
            LEFT JOIN tool_eligibility y ON y.tool = m.tool AND y.team IN (m.team, '')
                AND y.valid_from < m.ends_at AND (y.valid_to >= m.ends_at OR y.valid_to IS NULL)
            WHERE l.tool IS NULL OR y.tool IS NOT NULL
        ), e AS (
            SELECT b.* FROM (
                SELECT tool, source, week, ends_at, used_from, person_id FROM members
                UNION SELECT tool, source, week, ends_at, used_from, person_id FROM had
                UNION SELECT tool, source, week, ends_at, used_from, person_id FROM used
            ) b JOIN people p ON p.person_id = b.person_id AND NOT p.is_bot
        )
        SELECT e.tool, e.week, e.ends_at, e.person_id, home.team AS team, shares.team_shares AS team_shares,
               may.tool IS NOT NULL AS is_eligible, had.tool IS NOT NULL AS is_assigned,
               CASE WHEN e.used_from <= e.ends_at - INTERVAL '28 days' THEN coalesce(u.days, 0) END AS active_days,
               CASE WHEN e.used_from <= e.ends_at - INTERVAL '56 days' THEN coalesce(u.days_before, 0) END AS active_days_before,
               e.source
        FROM e{membership}
        LEFT JOIN may ON may.tool = e.tool AND may.source = e.source AND may.week = e.week AND may.person_id = e.person_id
        LEFT JOIN had ON had.tool = e.tool AND had.source = e.source AND had.week = e.week AND had.person_id = e.person_id
        LEFT JOIN used u ON u.tool = e.tool AND u.source = e.source AND u.week = e.week AND u.person_id = e.person_id"
    )
}
