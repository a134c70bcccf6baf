//! Golden paths in SQL: what tracks and campaigns ask for as tables, and which component passed it in which week.
//!
//! One rule: a result holds from the moment it was found out until the next one of the same check and entity. What was never
//! looked at is unknown and no failure.

use super::Result;
use super::definitions::Definitions;
use super::views::quoted;
use crate::project::{CHECK_COLUMNS, Check, Diagnostic, GoldenPaths, Project, Track, sql_diagnostic};
use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::DataType;
use chrono::{NaiveDate, NaiveTime};
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;
use std::sync::Arc;

/// From when to when a check said what of an entity.
const STATES: &str = "
SELECT check_name, entity, passed, evidence, checked_at AS valid_from,
       lead(checked_at) OVER (PARTITION BY source, check_name, entity ORDER BY checked_at) AS valid_to, source
FROM check_results";

/// The ISO weeks since the first result, `week` being the Monday at 00:00 UTC, and the moment at which each is looked at: its
/// end, or the newest moment that anything is known of. At most twenty years.
const WEEKS: &str = "
WITH span AS (
    SELECT min(checked_at) AS first, greatest(max(checked_at), (SELECT max(until) FROM observed)) AS last FROM check_results
), weeks AS (
    SELECT arrow_cast(arrow_cast(date_trunc('week', s.first), 'Int64') + n.value * 604800000000,
                      'Timestamp(Microsecond, Some(\"UTC\"))') AS week, s.last
    FROM span s CROSS JOIN generate_series(0, 1043) n
)
SELECT week, least(week + INTERVAL '7 days' - INTERVAL '1 microsecond', last) AS moment FROM weeks WHERE week <= last";

/// What each level of each track says of each of its components in each week: true where every check that the level asks for
/// passes, false where one fails, NULL where none fails and one could not be told.
const TRACK_WEEKS: &str = "
SELECT c.track, k.level, k.level_number, c.week, c.moment, c.entity, c.team, c.source,
       CASE WHEN bool_or(NOT s.passed) THEN false WHEN count(s.passed) < count(*) THEN NULL ELSE true END AS passed
FROM track_components c
JOIN track_checks k ON k.track = c.track
LEFT JOIN check_states s ON s.check_name = k.check_name AND s.entity = c.entity AND s.source = c.source
    AND s.valid_from <= c.moment AND (s.valid_to > c.moment OR s.valid_to IS NULL)
GROUP BY c.track, k.level, k.level_number, c.week, c.moment, c.entity, c.team, c.source";

/// The same for campaigns, from the week in which they start.
const CAMPAIGN_WEEKS: &str = "
SELECT k.campaign, c.week, c.moment, c.entity, c.team, c.source,
       CASE WHEN bool_or(NOT s.passed) THEN false WHEN count(s.passed) < count(*) THEN NULL ELSE true END AS passed
FROM campaigns p
JOIN track_components c ON c.track = p.track AND c.moment >= p.starts_at
JOIN campaign_checks k ON k.campaign = p.campaign
LEFT JOIN check_states s ON s.check_name = k.check_name AND s.entity = c.entity AND s.source = c.source
    AND s.valid_from <= c.moment AND (s.valid_to > c.moment OR s.valid_to IS NULL)
GROUP BY k.campaign, c.week, c.moment, c.entity, c.team, c.source";

/// Registers the tables `track_checks` (every check that a level asks for, with those of the levels before), `campaigns` and
/// `campaign_checks`, and defines the views `check_states`, `check_weeks`, `track_components`, `track_weeks` and `campaign_weeks`.
pub(super) fn register(session: &SessionContext, paths: &GoldenPaths, definitions: &mut Definitions) -> Result<()> {
    for (name, batch) in [
        ("track_checks", track_checks(paths)?),
        ("campaigns", campaigns(paths)?),
        ("campaign_checks", campaign_checks(paths)?),
    ] {
        session.register_table(name, Arc::new(MemTable::try_new(batch.schema(), vec![vec![batch]])?))?;
    }
    for (name, sql) in [
        ("check_states", STATES),
        ("check_weeks", WEEKS),
        ("track_weeks", TRACK_WEEKS),
        ("campaign_weeks", CAMPAIGN_WEEKS),
    ] {
        definitions.view(name, sql);
    }
    definitions.view("track_components", track_components(paths));
    Ok(())
}

/// Checks every check's query against a session over empty tables: it must plan, and have its three columns.
pub(super) async fn check(session: &SessionContext, project: &Project) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for check in project.golden_paths.checks.values() {
        found.extend(check_one(session, check).await);
    }
    found
}

async fn check_one(session: &SessionContext, check: &Check) -> Vec<Diagnostic> {
    let frame = match session.sql(&check.sql).await {
        Ok(frame) => frame,
        Err(error) => return vec![sql_diagnostic(&check.file, &check.sql, &error)],
    };
    let fields = frame.schema().fields();
    let line = check.sql.find("*/").map_or(1, |end| check.sql[..end].matches('\n').count() + 2);
    let wrong = |message: String| Diagnostic { file: check.file.clone(), line, column: 1, message, suggestion: None };
    let mut found = Vec::new();
    for (name, is_bool) in CHECK_COLUMNS.into_iter().zip([false, true, false]) {
        let Some(field) = fields.iter().find(|field| field.name() == name) else {
            let names: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
            found.push(wrong(format!("the check has no column {name}; it has {}", names.join(", "))));
            continue;
        };
        let fits = match field.data_type() {
            DataType::Boolean => is_bool,
            DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 => !is_bool,
            kind => *kind == DataType::Null,
        };
        if !fits {
            let wanted = if is_bool { "true or false" } else { "text" };
            found.push(wrong(format!("column {name} is {}; write an expression that is {wanted}", field.data_type())));
        }
    }
    found
}

fn text<'a>(all: impl Iterator<Item = &'a str>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(all))
}

fn track_checks(paths: &GoldenPaths) -> Result<RecordBatch> {
    let mut rows: Vec<(&str, &str, i64, &str)> = Vec::new();
    for track in paths.tracks.values() {
        for (number, level) in (1..).zip(&track.levels) {
            let mut asked: Vec<&str> = Vec::new();
            let levels = track.levels.iter().take(usize::try_from(number).unwrap_or(usize::MAX));
            for (check, _) in levels.flat_map(|it| &it.checks) {
                if !asked.contains(&check.as_str()) {
                    asked.push(check);
                }
            }
            rows.extend(asked.into_iter().map(|check| (track.name.as_str(), level.name.as_str(), number, check)));
        }
    }
    let batch = RecordBatch::try_from_iter([
        ("track", text(rows.iter().map(|it| it.0))),
        ("level", text(rows.iter().map(|it| it.1))),
        ("level_number", Arc::new(Int64Array::from_iter_values(rows.iter().map(|it| it.2))) as ArrayRef),
        ("check_name", text(rows.iter().map(|it| it.3))),
    ]);
    batch.map_err(arrow_error)
}

fn campaigns(paths: &GoldenPaths) -> Result<RecordBatch> {
    let all = || paths.campaigns.values();
    let moment = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc().timestamp_micros();
    let times = |pick: &dyn Fn(&crate::project::Campaign) -> NaiveDate| -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from_iter_values(all().map(|it| moment(pick(it)))).with_timezone("UTC"))
    };
    let batch = RecordBatch::try_from_iter([
        ("campaign", text(all().map(|it| it.name.as_str()))),
        ("title", text(all().map(|it| it.title.as_str()))),
        ("owner", text(all().map(|it| it.owner.as_str()))),
        ("starts_at", times(&|it| it.start)),
        // The first moment after the last day.
        ("due_at", times(&|it| it.due.succ_opt().unwrap_or(it.due))),
        ("track", text(all().map(|it| it.track.as_str()))),
        ("target", Arc::new(Float64Array::from_iter_values(all().map(|it| it.target))) as ArrayRef),
    ]);
    batch.map_err(arrow_error)
}

fn campaign_checks(paths: &GoldenPaths) -> Result<RecordBatch> {
    let of = |it| paths.of_campaign(it).into_iter().map(|asked| asked.check.to_owned());
    let rows: Vec<(&str, String)> =
        paths.campaigns.values().flat_map(|it| of(it).map(move |check| (it.name.as_str(), check))).collect();
    let batch = RecordBatch::try_from_iter([
        ("campaign", text(rows.iter().map(|it| it.0))),
        ("check_name", text(rows.iter().map(|it| it.1.as_str()))),
    ]);
    batch.map_err(arrow_error)
}

/// The components of each track in each week, with the team that owned them at the moment that is looked at.
fn track_components(paths: &GoldenPaths) -> String {
    let of_track = |track: &Track| {
        let filter = &track.applies_to;
        let mut conditions = String::new();
        let properties =
            [("kind", &filter.kind), ("type", &filter.type_), ("lifecycle", &filter.lifecycle), ("team", &filter.team)];
        for (column, values) in properties.into_iter().filter(|(_, values)| !values.is_empty()) {
            let quoted: Vec<String> = values.iter().map(|value| quoted(value)).collect();
            conditions += &format!(" AND {column} IN ({})", quoted.join(", "));
        }
        format!(
            "SELECT {} AS track, week, moment, entity, team, source FROM candidates WHERE true{conditions}",
            quoted(&track.name)
        )
    };
    let tracks: Vec<String> = paths.tracks.values().map(of_track).collect();
    let nothing =
        "SELECT CAST(NULL AS VARCHAR) AS track, week, moment, entity, team, source FROM candidates WHERE false";
    format!(
        "WITH candidates AS (
            SELECT w.week, w.moment, c.entity, c.kind, c.type, c.lifecycle, team_of_component(c.entity, w.moment) AS team, c.source
            FROM check_weeks w
            JOIN components c ON c.valid_from <= w.moment AND (c.valid_to > w.moment OR c.valid_to IS NULL)
        ) {}",
        if tracks.is_empty() { nothing.to_owned() } else { tracks.join(" UNION ALL ") }
    )
}

fn arrow_error(error: arrow::error::ArrowError) -> super::QueryError {
    datafusion::error::DataFusionError::from(error).into()
}
