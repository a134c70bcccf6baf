//! Which units may be drawn: those that are known at the start, or those that the definition's query names.

use super::study::midnight;
use super::{ExperimentError, Result, panel};
use crate::project::{Experiment, UnitKind};
use crate::query::{Engine, Limits, Scope};
use arrow::array::{AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::time::Duration;

/// Bounds on the answer of a query for units.
const LIMITS: Limits = Limits { rows: 1_000_000, time: Duration::from_secs(60) };

/// A unit that may be drawn.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Eligible {
    /// Members at the start; 1 where units have none.
    pub people: f64,
    pub block: String,
}

/// The units that may be drawn, without looking at other experiments.
///
/// # Errors
/// [`ExperimentError::TooFewUnits`], [`ExperimentError::Eligible`].
pub(super) async fn eligible_members(engine: &Engine, experiment: &Experiment) -> Result<BTreeMap<String, Eligible>> {
    let roster = roster(engine, experiment).await?;
    let candidates = candidates(engine, experiment, &roster).await?;
    Ok(members(&candidates, &roster))
}

pub(super) fn members(
    candidates: &BTreeMap<String, String>,
    roster: &[(String, String)],
) -> BTreeMap<String, Eligible> {
    let mut people: BTreeMap<&str, f64> = BTreeMap::new();
    roster.iter().for_each(|(_, unit)| *people.entry(unit).or_default() += 1.0);
    let one = |(unit, block): (&String, &String)| {
        let people = people.get(unit.as_str()).copied().unwrap_or(1.0);
        (unit.clone(), Eligible { people, block: block.clone() })
    };
    candidates.iter().map(one).collect()
}

/// Who is in which unit at the start: identities with units; empty for units that nobody is a member of.
pub(super) async fn roster(engine: &Engine, experiment: &Experiment) -> Result<Vec<(String, String)>> {
    let unit = match experiment.assignment.drawn() {
        UnitKind::Team => "h.team",
        UnitKind::Developer => "h.person_id",
        UnitKind::Component | UnitKind::Repository | UnitKind::Task => return Ok(Vec::new()),
    };
    let at = moment(experiment.schedule.start);
    let sql = format!(
        "SELECT min(i.identity) AS identity, min({unit}) AS unit
         FROM home_teams h JOIN stored.identities i ON i.person_id = h.person_id
         WHERE h.valid_from <= {at} AND (h.valid_to IS NULL OR h.valid_to > {at})
         GROUP BY h.person_id ORDER BY identity"
    );
    let batches = panel::collect(engine, &sql).await?;
    Ok(panel::texts(&batches, 0).into_iter().zip(panel::texts(&batches, 1)).collect())
}

/// The units that may be drawn, each with its block.
pub(super) async fn candidates(
    engine: &Engine,
    experiment: &Experiment,
    roster: &[(String, String)],
) -> Result<BTreeMap<String, String>> {
    let assignment = &experiment.assignment;
    let kind = assignment.drawn();
    let at = moment(experiment.schedule.start);
    let known = match kind {
        UnitKind::Team | UnitKind::Developer => None,
        UnitKind::Repository => Some("SELECT DISTINCT repository FROM repositories".to_owned()),
        UnitKind::Component => Some(format!(
            "SELECT DISTINCT entity FROM components
             WHERE kind = 'component' AND valid_from <= {at} AND (valid_to IS NULL OR valid_to > {at})"
        )),
        UnitKind::Task => return Err(ExperimentError::Tasks { experiment: experiment.name.clone() }),
    };
    let mut units: BTreeMap<String, String> = match known {
        None => roster.iter().map(|(_, unit)| (unit.clone(), String::new())).collect(),
        Some(sql) => {
            panel::texts(&panel::collect(engine, &sql).await?, 0).into_iter().map(|it| (it, String::new())).collect()
        }
    };
    if let Some((sql, place)) = &assignment.eligible {
        let wrong = |problem: String| ExperimentError::Eligible { place: place.to_string(), problem };
        let (batches, is_cut) =
            engine.sql_limited(&Scope::default(), sql, &LIMITS).await.map_err(|error| wrong(error.to_string()))?;
        if is_cut {
            return Err(wrong(format!("more than {} units", LIMITS.rows)));
        }
        let eligible = eligible(&batches).map_err(|error| wrong(error.to_string()))?;
        if let Some(unknown) = eligible.keys().find(|unit| !units.contains_key(*unit)) {
            let (known, kind) = (units.len(), kind.plural());
            return Err(wrong(format!(
                "{unknown} is none of the {known} {kind} that can be drawn on {}",
                experiment.schedule.start
            )));
        }
        units = eligible;
    }
    if let Some(block) = &assignment.block
        && let Some(kind_of_block) = UnitKind::of(&block.0)
        && assignment.eligible.is_none()
    {
        let blocks = blocks(engine, kind, kind_of_block, experiment).await?;
        units.iter_mut().for_each(|(unit, block)| block.clone_from(blocks.get(unit).unwrap_or(&String::new())));
    }
    if units.len() < 2 {
        let (name, start) = (experiment.name.clone(), experiment.schedule.start);
        return Err(ExperimentError::TooFewUnits { experiment: name, kind: kind.plural(), units: units.len(), start });
    }
    Ok(units)
}

/// Units by the first column, with the second as their block where there is one.
fn eligible(batches: &[RecordBatch]) -> Result<BTreeMap<String, String>, arrow::error::ArrowError> {
    let mut units = BTreeMap::new();
    for batch in batches {
        let column = |index: usize| cast(batch.column(index), &DataType::Utf8);
        let ids = column(0)?;
        let blocks = if batch.num_columns() > 1 { Some(column(1)?) } else { None };
        for (row, id) in ids.as_string::<i32>().iter().enumerate() {
            let block = blocks.as_ref().map(|blocks| blocks.as_string::<i32>().value(row).to_owned());
            units.extend(id.map(|id| (id.to_owned(), block.unwrap_or_default())));
        }
    }
    Ok(units)
}

/// What each unit belongs to at the start.
async fn blocks(
    engine: &Engine,
    kind: UnitKind,
    block: UnitKind,
    experiment: &Experiment,
) -> Result<BTreeMap<String, String>> {
    let at = moment(experiment.schedule.start);
    let sql = match (kind, block) {
        (UnitKind::Developer, UnitKind::Team) => format!(
            "SELECT person_id, min(team) FROM home_teams
             WHERE valid_from <= {at} AND (valid_to IS NULL OR valid_to > {at}) GROUP BY person_id"
        ),
        _ => {
            let (experiment, kind, block) = (experiment.name.clone(), kind.name(), block.name());
            return Err(ExperimentError::Block { experiment, kind, block });
        }
    };
    let batches = panel::collect(engine, &sql).await?;
    Ok(panel::texts(&batches, 0).into_iter().zip(panel::texts(&batches, 1)).collect())
}

/// The beginning of a day in SQL.
pub(super) fn moment(day: NaiveDate) -> String {
    format!("arrow_cast({}, 'Timestamp(Microsecond, Some(\"UTC\"))')", midnight(day).timestamp_micros())
}
