//! `tool_weeks`: who may have a tool, has it and uses it, week by week, the facts of every measure of adoption.
//!
//! One rule: a week counts only where the tool's source was watched to its end, and use is what happened in the four weeks up to
//! that end, so that a week of holiday makes nobody a former user.

use super::views;

/// Seats and uses of the tools that each source tells of.
const HELD: &str = "SELECT tool, source, person_id, valid_from AS at FROM tool_assignments
    UNION ALL SELECT tool, source, person_id, day FROM tool_activity";

/// One row a tool, source, week and person: everybody who is in a team when the week ends, and whoever else has the tool or used
/// it in the eight weeks before.
///
/// `week` is the Monday at 00:00 UTC and `ends_at` the next one, which decides `team`, `team_shares`, `is_eligible` and
/// `is_assigned`. `active_days` are days of use in the 28 days before `ends_at`, `active_days_before` those in the 28 before
/// them; each is NULL where the source tells of no use that early. A tool without eligible teams is for everybody in a team.
pub(super) fn sql() -> String {
    let membership = views::membership("e.person_id", "e.ends_at");
    format!(
        "WITH held AS ({HELD}), tools AS (
            SELECT h.tool, h.source, min(h.at) AS first, o.until
            FROM held h JOIN observed o ON o.source = h.source GROUP BY h.tool, h.source, o.until
        ), known AS (
            SELECT tool, source, min(day) AS used_from FROM tool_activity GROUP BY tool, source
        ), weeks AS (
            SELECT t.tool, t.source, t.week, t.week + INTERVAL '7 days' AS ends_at, k.used_from
            FROM (
                SELECT t.tool, t.source, t.until, arrow_cast(
                    arrow_cast(date_trunc('week', t.first), 'Int64') + n.value * 604800000000, 'Timestamp(Microsecond, Some(\"UTC\"))'
                ) AS week
                FROM tools t CROSS JOIN generate_series(0, 1043) n
            ) t LEFT JOIN known k ON k.tool = t.tool AND k.source = t.source
            WHERE t.week + INTERVAL '7 days' <= t.until
        ), had AS (
            SELECT DISTINCT w.tool, w.source, w.week, a.person_id
            FROM weeks w JOIN tool_assignments a ON a.tool = w.tool AND a.source = w.source
                AND a.valid_from < w.ends_at AND (a.valid_to >= w.ends_at OR a.valid_to IS NULL)
        ), used AS (
            SELECT w.tool, w.source, w.week, d.person_id,
                   count(DISTINCT CASE WHEN d.day >= w.ends_at - INTERVAL '28 days' THEN d.day END) AS days,
                   count(DISTINCT CASE WHEN d.day < w.ends_at - INTERVAL '28 days' THEN d.day END) AS days_before
            FROM weeks w JOIN tool_activity d ON d.tool = w.tool AND d.source = w.source
                AND d.day < w.ends_at AND d.day >= w.ends_at - INTERVAL '56 days'
            WHERE d.uses IS NULL OR d.uses > 0
            GROUP BY w.tool, w.source, w.week, d.person_id
        ), everybody AS (
            SELECT w.tool, w.source, w.week, m.person_id
            FROM weeks w JOIN team_members m ON m.valid_from < w.ends_at AND (m.valid_to >= w.ends_at OR m.valid_to IS NULL)
            UNION SELECT tool, source, week, person_id FROM had
            UNION SELECT tool, source, week, person_id FROM used
        ), e AS (
            SELECT b.tool, b.source, b.week, w.ends_at, w.used_from, b.person_id
            FROM everybody b
            JOIN weeks w ON w.tool = b.tool AND w.source = b.source AND w.week = b.week
            JOIN people p ON p.person_id = b.person_id AND NOT p.is_bot
        ), placed AS (
            SELECT e.*, home.team AS team, shares.team_shares AS team_shares FROM e{membership}
        ), limited AS (
            SELECT DISTINCT tool FROM tool_eligibility
        ), may AS (
            SELECT DISTINCT e.tool, e.week, m.person_id
            FROM e JOIN team_members m ON m.person_id = e.person_id
                AND m.valid_from < e.ends_at AND (m.valid_to >= e.ends_at OR m.valid_to IS NULL)
            LEFT JOIN limited l ON l.tool = e.tool
            LEFT JOIN tool_eligibility y ON y.tool = e.tool AND y.team IN (m.team, '')
                AND y.valid_from < e.ends_at AND (y.valid_to >= e.ends_at OR y.valid_to IS NULL)
            WHERE l.tool IS NULL OR y.tool IS NOT NULL
        )
        SELECT p.tool, p.week, p.ends_at, p.person_id, p.team, p.team_shares, may.tool IS NOT NULL AS is_eligible,
               had.tool IS NOT NULL AS is_assigned,
               CASE WHEN p.used_from <= p.ends_at - INTERVAL '28 days' THEN coalesce(u.days, 0) END AS active_days,
               CASE WHEN p.used_from <= p.ends_at - INTERVAL '56 days' THEN coalesce(u.days_before, 0) END AS active_days_before,
               p.source
        FROM placed p
        LEFT JOIN may ON may.tool = p.tool AND may.week = p.week AND may.person_id = p.person_id
        LEFT JOIN had ON had.tool = p.tool AND had.source = p.source AND had.week = p.week AND had.person_id = p.person_id
        LEFT JOIN used u ON u.tool = p.tool AND u.source = p.source AND u.week = p.week AND u.person_id = p.person_id"
    )
}
