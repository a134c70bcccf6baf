//! What became of the people of an experiment: who used the tool, who moved, who is gone, whose work crosses arms.
//!
//! One rule: people are counted, never named.

use super::study::Study;
use super::{Result, panel};
use crate::project::{Experiment, HOLDOUT};
use crate::query::{Engine, quoted};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// People of one unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Members {
    pub people: u64,
    /// Used the tool at least once during the experiment.
    pub users: u64,
    /// Did nothing to code during the experiment.
    pub gone: u64,
    /// Are in a unit of another arm by the end.
    pub moved: u64,
}

/// People by unit, and what crosses arms.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct People {
    pub by_unit: BTreeMap<String, Members>,
    /// Whether anybody's use of the tool is recorded.
    pub has_use: bool,
    /// Reviews of which author and reviewer are in the experiment, and those of them across arms.
    pub reviews: (u64, u64),
    /// Sources that know these people's work, with how far they reach.
    pub sources: Vec<(String, Option<DateTime<Utc>>)>,
}

/// Counts the people of an experiment; of units without members there are none.
pub(super) async fn read(engine: &Engine, experiment: &Experiment, study: &Study) -> Result<People> {
    let during = study.during();
    let at = |moment: DateTime<Utc>| {
        format!("arrow_cast({}, 'Timestamp(Microsecond, Some(\"UTC\"))')", moment.timestamp_micros())
    };
    let (from, to, name) = (at(during.from), at(during.to), quoted(&experiment.name));
    let tool = quoted(experiment.tool.as_deref().unwrap_or(&experiment.name));
    let treatment = quoted(&experiment.assignment.treatment.0);
    let members = format!(
        "WITH members AS (
            SELECT r.person_id, min(r.unit) AS unit, min(a.variant) AS variant
            FROM experiment_rosters r JOIN assignments a ON a.experiment = r.experiment AND a.unit = r.unit
            WHERE r.experiment = {name} AND a.variant <> '{HOLDOUT}' GROUP BY r.person_id
        ), users AS (
            SELECT DISTINCT person_id FROM tool_activity
            WHERE tool = {tool} AND day >= {from} AND day < {to} AND (uses IS NULL OR uses > 0)
            UNION SELECT DISTINCT person_id FROM exposures
            WHERE experiment = {name} AND variant = {treatment} AND exposed_at < {to}
        ), active AS (
            SELECT DISTINCT person_id FROM engineer_weeks WHERE first_at >= {from} AND first_at < {to}
        ), latest AS (
            SELECT h.person_id, min(a.variant) AS variant FROM home_teams h
            JOIN assignments a ON a.experiment = {name} AND a.unit = h.team
            WHERE h.valid_from < {to} AND (h.valid_to IS NULL OR h.valid_to >= {to}) GROUP BY h.person_id
        )"
    );
    let by_unit = format!(
        "{members} SELECT m.unit, count(*), count(u.person_id), count(CASE WHEN w.person_id IS NULL THEN 1 END),
            count(CASE WHEN l.variant <> m.variant THEN 1 END)
         FROM members m LEFT JOIN users u ON u.person_id = m.person_id LEFT JOIN active w ON w.person_id = m.person_id
         LEFT JOIN latest l ON l.person_id = m.person_id GROUP BY m.unit ORDER BY m.unit"
    );
    let recorded = format!(
        "SELECT (SELECT count(*) FROM tool_activity WHERE tool = {tool})
              + (SELECT count(*) FROM exposures WHERE experiment = {name})"
    );
    let reviews = format!(
        "{members} SELECT count(*), count(CASE WHEN a.variant <> b.variant THEN 1 END)
         FROM reviews r JOIN pull_requests p
              ON p.repository = r.repository AND p.number = r.pull_request AND p.source = r.source
         JOIN members a ON a.person_id = r.reviewer_id JOIN members b ON b.person_id = p.author_id
         WHERE r.submitted_at >= {from} AND r.submitted_at < {to} AND r.reviewer_id <> p.author_id"
    );
    let sources = format!(
        "{members} SELECT o.source, o.until FROM observed o WHERE o.source IN (
            SELECT p.source FROM pull_requests p JOIN members m ON m.person_id = p.author_id) ORDER BY o.source"
    );
    let mut people = People { has_use: count(&panel::collect(engine, &recorded).await?, 0) > 0, ..People::default() };
    for batch in panel::collect(engine, &by_unit).await? {
        for (row, unit) in batch.column(0).as_string::<i32>().iter().flatten().enumerate() {
            let count = |column: usize| batch.column(column).as_primitive::<Int64Type>().value(row) as u64;
            let members = Members { people: count(1), users: count(2), gone: count(3), moved: count(4) };
            people.by_unit.insert(unit.to_owned(), members);
        }
    }
    let crossing = panel::collect(engine, &reviews).await?;
    people.reviews = (count(&crossing, 0), count(&crossing, 1));
    for batch in panel::collect(engine, &sources).await? {
        let until = batch.column(1).as_primitive::<TimestampMicrosecondType>();
        for (row, source) in batch.column(0).as_string::<i32>().iter().flatten().enumerate() {
            let until = until.is_valid(row).then(|| until.value(row)).and_then(DateTime::from_timestamp_micros);
            people.sources.push((source.to_owned(), until));
        }
    }
    Ok(people)
}

/// The number in a column of an answer of one row.
fn count(batches: &[RecordBatch], column: usize) -> u64 {
    let batch = batches.iter().find(|batch| batch.num_rows() > 0);
    batch.map_or(0, |batch| batch.column(column).as_primitive::<Int64Type>().value(0) as u64)
}
