//! Who gets which variant: teams, stratified by their history, drawn from the declared seed.

use super::{ExperimentError, Result, panel};
use crate::model::{self, Kind};
use crate::project::{Experiment, TEAM_SIZE};
use crate::query::Engine;
use crate::stats::{self, Lottery, Split, Unit, Variant};
use crate::store::{Change, Mark};
use arrow::array::{
    ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray, new_null_array,
};
use arrow::datatypes::Int64Type;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One unit with what it drew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assigned {
    pub unit: String,
    pub variant: String,
    pub stratum: String,
}

/// Draws the assignment that the definition and the history before its start stand for. Nothing is stored.
///
/// # Errors
/// [`ExperimentError::TooFewTeams`].
pub async fn draw(engine: &Engine, experiment: &Experiment) -> Result<Vec<Assigned>> {
    let sizes = team_sizes(engine, experiment.schedule.start).await?;
    if sizes.len() < 2 {
        let (experiment, start) = (experiment.name.clone(), experiment.schedule.start);
        return Err(ExperimentError::TooFewTeams { experiment, teams: sizes.len(), start });
    }
    let teams: Vec<String> = sizes.keys().cloned().collect();
    let mut columns: Vec<(&str, Vec<f64>)> = Vec::new();
    for (name, _) in &experiment.assignment.stratify {
        let column = if name == TEAM_SIZE {
            sizes.values().map(|size| *size as f64).collect()
        } else {
            panel::history(engine, experiment, name, &teams).await?
        };
        columns.push((name, column));
    }
    let splits: Vec<Split<'_>> = columns.iter().map(|(name, values)| Split { name, values, parts: 2 }).collect();
    let failed = |source| ExperimentError::Stats { experiment: experiment.name.clone(), source };
    let strata = stats::form_strata(&teams, &splits, 2).map_err(failed)?;
    let lottery = lottery(experiment, teams.into_iter().zip(strata)).map_err(failed)?;
    Ok(assigned(experiment, &lottery))
}

/// Draws the assignment and records it, once.
///
/// The caller holds the data folder's lock.
///
/// # Errors
/// [`ExperimentError::AlreadyStarted`], and those of [`draw`].
pub async fn start(engine: &Engine, experiment: &Experiment, now: DateTime<Utc>) -> Result<Vec<Assigned>> {
    if !assignments(engine, &experiment.name).await?.is_empty() {
        return Err(ExperimentError::AlreadyStarted { experiment: experiment.name.clone() });
    }
    let drawn = draw(engine, experiment).await?;
    let mark = Mark { application: format!("experiment:{}", experiment.name), version: 1 };
    let batch = batch(experiment, &drawn, now).map_err(|source| {
        ExperimentError::Store(crate::store::StoreError::Arrow { table: model::experiment::ASSIGNMENTS.name, source })
    })?;
    engine.store().commit(&model::experiment::ASSIGNMENTS, &Change::Append, &mark, vec![batch]).await?;
    Ok(drawn)
}

/// The recorded assignment, by unit; empty before the start.
///
/// # Errors
/// [`ExperimentError::Query`].
pub async fn assignments(engine: &Engine, experiment: &str) -> Result<Vec<Assigned>> {
    let sql = format!(
        "SELECT unit, variant, coalesce(stratum, '') FROM assignments WHERE experiment = '{}' ORDER BY unit",
        experiment.replace('\'', "''")
    );
    let batches = panel::collect(engine, &sql).await?;
    let text =
        |batch: &RecordBatch, column: usize, row: usize| batch.column(column).as_string::<i32>().value(row).to_owned();
    let rows = batches.iter().flat_map(|batch| {
        (0..batch.num_rows()).map(move |row| Assigned {
            unit: text(batch, 0, row),
            variant: text(batch, 1, row),
            stratum: text(batch, 2, row),
        })
    });
    Ok(rows.collect())
}

/// The lottery of an experiment over units with their strata. Variant 0 is the control.
pub(super) fn lottery(
    experiment: &Experiment,
    units: impl Iterator<Item = (String, String)>,
) -> Result<Lottery, stats::StatsError> {
    let units = units.map(|(id, stratum)| Unit { stratum, id }).collect();
    let variant = |(name, weight): &(String, u32)| Variant { name: name.clone(), weight: *weight };
    let variants = vec![variant(&experiment.assignment.control), variant(&experiment.assignment.treatment)];
    Lottery::new(units, variants)
}

/// What the declared seed draws.
pub(super) fn assigned(experiment: &Experiment, lottery: &Lottery) -> Vec<Assigned> {
    let drawn = lottery.assign(seed(experiment));
    let mut assigned: Vec<Assigned> = lottery
        .units()
        .iter()
        .zip(drawn)
        .map(|(unit, variant)| Assigned {
            unit: unit.id.clone(),
            variant: lottery.variants()[variant].name.clone(),
            stratum: unit.stratum.clone(),
        })
        .collect();
    assigned.sort_by(|a, b| a.unit.cmp(&b.unit));
    assigned
}

/// The declared seed as a generator's key.
pub(super) fn seed(experiment: &Experiment) -> [u8; 32] {
    *blake3::hash(experiment.assignment.seed.as_bytes()).as_bytes()
}

/// Members of each team at the beginning of a day.
pub(super) async fn team_sizes(engine: &Engine, day: NaiveDate) -> Result<BTreeMap<String, i64>> {
    let at = format!("arrow_cast({}, 'Timestamp(Microsecond, Some(\"UTC\"))')", midnight(day).timestamp_micros());
    let sql = format!(
        "SELECT team, count(DISTINCT person_id) FROM team_members
         WHERE weight > 0.5 AND valid_from <= {at} AND (valid_to IS NULL OR valid_to > {at}) GROUP BY team"
    );
    let mut sizes = BTreeMap::new();
    for batch in panel::collect(engine, &sql).await? {
        let teams = batch.column(0).as_string::<i32>().iter().flatten().map(str::to_owned);
        sizes.extend(teams.zip(batch.column(1).as_primitive::<Int64Type>().values().iter().copied()));
    }
    Ok(sizes)
}

pub(super) fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

fn batch(
    experiment: &Experiment,
    drawn: &[Assigned],
    now: DateTime<Utc>,
) -> Result<RecordBatch, arrow::error::ArrowError> {
    let text =
        |pick: fn(&Assigned) -> &str| -> ArrayRef { Arc::new(StringArray::from_iter_values(drawn.iter().map(pick))) };
    let same = |value: &str| -> ArrayRef { Arc::new(StringArray::from_iter_values(drawn.iter().map(|_| value))) };
    let at = || -> ArrayRef {
        let times = Int64Array::from_iter_values(drawn.iter().map(|_| now.timestamp_micros()));
        Arc::new(TimestampMicrosecondArray::from_iter(times.iter()).with_timezone("UTC"))
    };
    let columns = vec![
        same(&experiment.name),
        text(|it| &it.unit),
        text(|it| &it.variant),
        text(|it| &it.stratum),
        at(),
        same("experiments"),
        new_null_array(&Kind::Text.arrow(), drawn.len()),
        at(),
        new_null_array(&Kind::Time.arrow(), drawn.len()),
        at(),
    ];
    RecordBatch::try_new(model::experiment::ASSIGNMENTS.schema(), columns)
}
