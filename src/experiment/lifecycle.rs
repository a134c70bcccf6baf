//! What may be done to an experiment after its start: extended, amended, stopped; each leaves a line in the trail.
//!
//! One rule: what was drawn is never changed. Whatever else is changed says when and why, and the report repeats it.

use super::record::{self, Action, Event};
use super::{ExperimentError, Result};
use crate::project::Experiment;
use crate::query::Engine;
use chrono::{DateTime, NaiveDate, Utc};

/// Moves the last day of a running experiment. The caller holds the data folder's lock.
///
/// # Errors
/// [`ExperimentError::NotStarted`], [`ExperimentError::Stopped`], [`ExperimentError::Refused`] for a day that is not later.
pub async fn extend(engine: &Engine, name: &str, until: NaiveDate, reason: &str, now: DateTime<Utc>) -> Result<Event> {
    let (held, events) = running(engine, name).await?;
    if until <= held.schedule.end {
        let why = format!("its last day is {}; an extension goes beyond it", held.schedule.end);
        return Err(ExperimentError::Refused { experiment: name.to_owned(), action: Action::Extend, why });
    }
    let record = Some(format!("\"{until}\""));
    add(engine, name, &events, Action::Extend, reason, now, None, record).await
}

/// Takes the definition as the project's file has it now, where nothing of what was drawn is other than at the start. The caller holds
/// the data folder's lock.
///
/// # Errors
/// As [`extend`]; [`ExperimentError::Refused`] names what cannot be changed any more.
pub async fn amend(engine: &Engine, file: &Experiment, reason: &str, now: DateTime<Utc>) -> Result<Event> {
    let (held, events) = running(engine, &file.name).await?;
    let refused = |why: String| ExperimentError::Refused { experiment: file.name.clone(), action: Action::Amend, why };
    if record::definition_hash(&file.text) == events.last().map_or("", |event| event.definition_hash.as_str()) {
        return Err(refused(format!("{} is the definition that holds; change it first", file.file)));
    }
    let mut fixed = Vec::new();
    if !same_assignment(&held, file) {
        fixed.push("[assignment]");
    }
    if held.schedule.start != file.schedule.start || held.schedule.history_days != file.schedule.history_days {
        fixed.push("the start and the history");
    }
    if held.exclusive != file.exclusive || held.holdout != file.holdout {
        fixed.push("the exclusive group and the holdout");
    }
    if held.monitoring != file.monitoring || held.alpha != file.alpha {
        fixed.push("the error rate and its looks");
    }
    if !fixed.is_empty() {
        let fixed = fixed.join(", ");
        return Err(refused(format!("{fixed} stood when units were drawn; start another experiment instead")));
    }
    add(engine, &file.name, &events, Action::Amend, reason, now, Some(&file.text), None).await
}

/// Ends an experiment now. The caller holds the data folder's lock.
///
/// # Errors
/// [`ExperimentError::NotStarted`], [`ExperimentError::Stopped`].
pub async fn stop(engine: &Engine, name: &str, reason: &str, now: DateTime<Utc>) -> Result<Event> {
    let (_, events) = running(engine, name).await?;
    add(engine, name, &events, Action::Stop, reason, now, None, None).await
}

/// Where a definition stands in its file does not matter.
fn same_assignment(held: &Experiment, file: &Experiment) -> bool {
    let (one, other) = (&held.assignment, &file.assignment);
    let names = |all: &[(String, crate::project::Place)]| all.iter().map(|it| it.0.clone()).collect::<Vec<_>>();
    let text = |it: &Option<(String, crate::project::Place)>| it.as_ref().map(|it| it.0.clone());
    (one.unit, one.cluster, one.design, one.period_days) == (other.unit, other.cluster, other.design, other.period_days)
        && (&one.control, &one.treatment, &one.seed) == (&other.control, &other.treatment, &other.seed)
        && names(&one.stratify) == names(&other.stratify)
        && text(&one.block) == text(&other.block)
        && text(&one.eligible) == text(&other.eligible)
}

/// The definition that holds, of an experiment that was not stopped.
async fn running(engine: &Engine, name: &str) -> Result<(Experiment, Vec<Event>)> {
    let events = record::events(engine, name).await?;
    if let Some(stop) = events.iter().find(|event| event.action == Action::Stop) {
        return Err(ExperimentError::Stopped { experiment: name.to_owned(), at: stop.happened_at });
    }
    let held = record::held(name, &events)?;
    let held = held.ok_or_else(|| ExperimentError::NotStarted { experiment: name.to_owned() })?;
    Ok((held, events))
}

#[expect(clippy::too_many_arguments, reason = "one line of the trail has this many parts")]
async fn add(
    engine: &Engine,
    name: &str,
    events: &[Event],
    action: Action,
    reason: &str,
    now: DateTime<Utc>,
    definition: Option<&str>,
    record: Option<String>,
) -> Result<Event> {
    if reason.trim().is_empty() {
        let why = "it needs a reason, which the report repeats".to_owned();
        return Err(ExperimentError::Refused { experiment: name.to_owned(), action, why });
    }
    let last = events.last().map_or("", |event| event.definition.as_str());
    let definition = definition.unwrap_or(last).to_owned();
    let event = Event {
        sequence: events.len() as i64 + 1,
        action,
        happened_at: now,
        reason: Some(reason.trim().to_owned()),
        definition_hash: record::definition_hash(&definition),
        definition,
        record,
    };
    record::add(engine, name, &event).await?;
    Ok(event)
}
