//! A treatment that came to units at different times and was not drawn by lot: compared over time, and never called randomised.
//!
//! One rule: the grade follows from how the treatment came, and stands wherever a number of it does.

use super::assignment::PROGRAM;
use super::eligible::moment;
use super::record::definition_hash;
use super::study::{Study, end, midnight};
use super::{Analysis, ExperimentError, Result, health, panel};
use crate::metric::{self, Window};
use crate::project::{Outcome as Declared, Role, Rollout, Started, UnitKind};
use crate::query::{Engine, Limits, Scope};
use crate::trial::{
    self, About, Check, DesignReport, FORMAT, Grade, OutcomeReport, Provenance, Report, RolloutAnswer, Status,
    VariantReport, decide,
};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use chrono::{DateTime, Days, NaiveDate, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Placebo choices beyond which they are drawn.
const DRAWS: u32 = 1_000;

/// Bounds on the answer of the query for units.
const LIMITS: Limits = Limits { rows: 1_000_000, time: Duration::from_secs(60) };

/// Compares a roll-out as far as the data reach.
///
/// # Errors
/// Those of reading, and [`ExperimentError::Eligible`] for a query that does not say units and days.
pub async fn analyse_rollout(engine: &Engine, rollout: &Rollout, now: DateTime<Utc>) -> Result<Analysis> {
    let started = started(engine, rollout).await?;
    let units = units(engine, rollout, &started).await?;
    let through = metric::data_span(engine, &Scope::default(), now).await?.map(|span| span.to);
    let until = end(&rollout.schedule).min(through.unwrap_or(now));
    let study = Study {
        name: rollout.name.clone(),
        kind: rollout.unit,
        sizes: units.values().copied().collect(),
        units: units.into_keys().collect(),
        schedule: rollout.schedule,
        period_days: None,
        until,
        scope: Scope::default(),
    };
    let periods = periods(&study);
    let first_treated: Vec<Option<usize>> = study
        .units
        .iter()
        .map(|unit| started.get(unit).map(|day| periods.iter().filter(|it| it.to <= midnight(*day)).count()))
        .collect();
    let (mut results, mut grades) = (Vec::new(), Vec::new());
    for declared in &rollout.metrics {
        let (result, grade) = result(engine, rollout, &study, &periods, &first_treated, declared).await?;
        results.push(result);
        grades.extend(grade);
    }
    // The weakest of the designs that were needed.
    let grade = grades.into_iter().max().unwrap_or(Grade::BeforeAfter);
    let judged: Vec<_> = results.iter().map(OutcomeReport::judged).collect();
    let is_over = through.is_some_and(|through| through >= end(&rollout.schedule));
    let running = (!is_over).then(|| format!("{}: the data do not reach {} yet.", grade.words(), rollout.schedule.end));
    let mut decision = decide(&[], running.as_deref(), &judged);
    decision.reasons.push(format!("{}: what differs may have other causes than the treatment.", grade.words()));
    let report = Report {
        format: FORMAT.to_owned(),
        about: About {
            name: rollout.name.clone(),
            title: rollout.title.clone(),
            hypothesis: rollout.hypothesis.clone(),
            start: Some(rollout.schedule.start.to_string()),
            end: Some(rollout.schedule.end.to_string()),
        },
        grade,
        design: design(rollout, grade, &first_treated, periods.len()),
        health: vec![assignment_check(), reach(through, &rollout.schedule.end)],
        results,
        decision,
        provenance: Provenance {
            definition: definition_hash(&rollout.text),
            seed: rollout.name.clone(),
            data: engine
                .versions()?
                .into_iter()
                .map(|(table, version)| (table.to_owned(), version.to_string()))
                .collect(),
            data_through: through.map(health::day),
            program: PROGRAM.to_owned(),
        },
    };
    Ok(Analysis { report, values: BTreeMap::new(), events: Vec::new() })
}

/// Whole weeks of history and roll-out.
fn periods(study: &Study) -> Vec<Window> {
    let week = chrono::Duration::days(7);
    let weeks = i64::from(study.schedule.history_days) / 7;
    let mut from = midnight(study.schedule.start) - week * i32::try_from(weeks).unwrap_or_default();
    let mut periods = Vec::new();
    while from + week <= study.during().to {
        periods.push(Window { from, to: from + week });
        from += week;
    }
    periods
}

async fn result(
    engine: &Engine,
    rollout: &Rollout,
    study: &Study,
    periods: &[Window],
    first_treated: &[Option<usize>],
    declared: &Declared,
) -> Result<(OutcomeReport, Option<Grade>)> {
    let failed = |source| ExperimentError::Trial { experiment: rollout.name.clone(), source };
    let Some(metric) = engine.project().metrics.get(&declared.metric) else {
        let (experiment, metric) = (rollout.name.clone(), declared.metric.clone());
        return Err(ExperimentError::NoMetric { experiment, metric });
    };
    let scale = panel::scale_of(metric);
    let goals = rollout.metrics.iter().filter(|it| it.role == Role::Goal).count();
    let level = declared.role.level(rollout.alpha, goals).map_err(|source| failed(source.into()))?;
    let (named, role) = ((metric.header.title.as_str(), metric.header.unit.as_str()), (declared.role, declared.margin));
    let mut report = OutcomeReport::unanswered(&declared.metric, named, role, panel::better_of(metric), scale);
    report.units = study.units.len();
    if panel::has_whole_figures(metric) {
        report.note = Some("Its weeks do not add up to a figure, so that it is not compared over time.".to_owned());
        return Ok((report, None));
    }
    let figures = panel::by_period(engine, study, metric, periods).await?;
    report.rows = figures.rows;
    let answer = trial::analyse_rollout(trial::Rollout {
        outcome: &declared.metric,
        scale,
        ids: &study.units,
        periods: &figures.periods,
        first_treated,
        level,
        seed: trial::seed(&rollout.name, &declared.metric),
        draws: DRAWS,
    });
    match answer {
        Ok(answer) => {
            RolloutAnswer::fill(&answer, &mut report);
            let interval = report.judged().interval;
            report.verdict = trial::judge(declared.role, report.better, declared.margin, interval);
            Ok((report, Some(answer.grade)))
        }
        Err(error) => {
            report.note = Some(format!("Not compared: {error}."));
            Ok((report, None))
        }
    }
}

/// The first day with the treatment, by unit.
async fn started(engine: &Engine, rollout: &Rollout) -> Result<BTreeMap<String, NaiveDate>> {
    let (sql, place) = match &rollout.started {
        Started::Listed(days) => return Ok(days.clone()),
        Started::Query(sql, place) => (sql, place),
    };
    let wrong = |problem: String| ExperimentError::Eligible { place: place.to_string(), problem };
    let answered = engine.sql_limited(&Scope::default(), sql, &LIMITS).await;
    let (batches, _) = answered.map_err(|error| wrong(error.to_string()))?;
    let mut days = BTreeMap::new();
    for batch in &batches {
        days.extend(days_of(batch).map_err(|error| wrong(error.to_string()))?);
    }
    Ok(days)
}

/// Units with days from the first two columns.
fn days_of(batch: &RecordBatch) -> Result<Vec<(String, NaiveDate)>, arrow::error::ArrowError> {
    if batch.num_columns() < 2 {
        let problem = "the query answers one column; it needs the unit and its first day";
        return Err(arrow::error::ArrowError::SchemaError(problem.to_owned()));
    }
    let units = cast(batch.column(0), &DataType::Utf8)?;
    let moments = cast(batch.column(1), &DataType::Timestamp(TimeUnit::Microsecond, None))?;
    let moments = moments.as_primitive::<TimestampMicrosecondType>();
    let mut days = Vec::new();
    for (row, unit) in units.as_string::<i32>().iter().enumerate() {
        let moment = moments.is_valid(row).then(|| moments.value(row)).and_then(DateTime::from_timestamp_micros);
        days.extend(unit.zip(moment).map(|(unit, moment)| (unit.to_owned(), moment.date_naive())));
    }
    Ok(days)
}

/// Every unit at the start, with its members, and those that are named.
async fn units(
    engine: &Engine,
    rollout: &Rollout,
    started: &BTreeMap<String, NaiveDate>,
) -> Result<BTreeMap<String, f64>> {
    let at = moment(rollout.schedule.start);
    let valid = format!("valid_from <= {at} AND (valid_to IS NULL OR valid_to > {at})");
    let sql = match rollout.unit {
        UnitKind::Team => format!("SELECT team, person_id FROM home_teams WHERE {valid}"),
        UnitKind::Developer => format!("SELECT person_id, person_id FROM home_teams WHERE {valid}"),
        UnitKind::Component => format!("SELECT entity, entity FROM components WHERE kind = 'component' AND {valid}"),
        UnitKind::Repository => "SELECT repository, repository FROM repositories".to_owned(),
        UnitKind::Task => return Err(ExperimentError::Tasks { experiment: rollout.name.clone() }),
    };
    let batches = panel::collect(engine, &sql).await?;
    let rows: BTreeSet<(String, String)> =
        panel::texts(&batches, 0).into_iter().zip(panel::texts(&batches, 1)).collect();
    let mut units: BTreeMap<String, f64> = started.keys().map(|unit| (unit.clone(), 0.0)).collect();
    for (unit, _) in rows {
        *units.entry(unit).or_default() += 1.0;
    }
    units.values_mut().for_each(|members| *members = members.max(1.0));
    Ok(units)
}

fn design(rollout: &Rollout, grade: Grade, first: &[Option<usize>], periods: usize) -> DesignReport {
    let treated = first.iter().filter(|it| it.is_some_and(|period| period < periods)).count();
    let variant = |name: &str, units| VariantReport { name: name.to_owned(), weight: 1, units };
    DesignReport {
        unit: rollout.unit.name().to_owned(),
        design: grade.words().to_owned(),
        variants: vec![variant("not treated", first.len() - treated), variant("treated", treated)],
        strata: 1,
        assignments: "1".to_owned(),
        smallest_p: 1.0,
    }
}

fn assignment_check() -> Check {
    let words = "The treatment was not drawn by lot: who got it, and when, may follow from what is compared.";
    Check::new("assignment", "Assignment", Status::Warning, words)
}

fn reach(through: Option<DateTime<Utc>>, last: &NaiveDate) -> Check {
    let Some(through) = through else {
        return Check::new("freshness", "Data", Status::Unknown, "No source told until when the data reach.");
    };
    let needed = last.checked_add_days(Days::new(1)).unwrap_or(*last);
    let status = if through.date_naive() >= needed { Status::Ok } else { Status::Warning };
    Check::new("freshness", "Data", status, format!("The data reach {}; the last day is {last}.", health::day(through)))
}
