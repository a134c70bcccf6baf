//! What was done with an experiment: started, extended, amended, stopped.
//!
//! One rule: the trail is only ever added to, and what holds is its last line. A file that says something else holds when it is
//! recorded, and not before.

use super::{ExperimentError, Result, panel};
use crate::model::experiment::{ASSIGNMENTS, EXPERIMENT_EVENTS, EXPERIMENT_ROSTERS};
use crate::model::{Kind, Table};
use crate::project::Experiment;
use crate::query::{Engine, quoted};
use crate::store::{Change, Mark, StoreError};
use crate::trial::Design;
use arrow::array::{
    Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray, new_null_array,
};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The source that rows of experiments are of.
const SOURCE: &str = "experiments";

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Start,
    Extend,
    Amend,
    Stop,
}

impl Action {
    const ALL: [Action; 4] = [Action::Start, Action::Extend, Action::Amend, Action::Stop];

    fn word(self) -> &'static str {
        match self {
            Action::Start => "start",
            Action::Extend => "extend",
            Action::Amend => "amend",
            Action::Stop => "stop",
        }
    }
}

impl Action {
    /// What happened, in a list.
    pub fn done(self) -> &'static str {
        match self {
            Action::Start => "started",
            Action::Extend => "extended",
            Action::Amend => "amended",
            Action::Stop => "stopped",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// One line of the trail.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub sequence: i64,
    pub action: Action,
    pub happened_at: DateTime<Utc>,
    pub reason: Option<String>,
    /// BLAKE3 of the definition, in hex.
    pub definition_hash: String,
    /// The definition that holds from then on.
    pub definition: String,
    /// As JSON: a [`Drawing`] of a start, the new last day of an extension.
    pub record: Option<String>,
}

/// What a lottery was drawn from, so that it can be drawn again whatever is collected later.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Drawing {
    pub design: Design,
    /// The names of the history's columns.
    pub covariates: Vec<String>,
    /// The history of each unit before the start.
    pub history: BTreeMap<String, Vec<f64>>,
    /// Of a hash: the name that each developer fell by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<String, String>,
    /// Name and version of the program that drew.
    pub program: String,
}

/// How far an experiment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Nothing is drawn.
    Draft,
    /// Drawn, and its first day is still to come.
    Assigned,
    Running,
    Ended,
    Stopped,
}

impl State {
    /// The state on a day, from the definition that holds and the trail.
    pub fn of(held: Option<&Experiment>, events: &[Event], today: NaiveDate) -> State {
        let Some(held) = held else { return State::Draft };
        if events.iter().any(|event| event.action == Action::Stop) {
            State::Stopped
        } else if today > held.schedule.end {
            State::Ended
        } else if today < held.schedule.start {
            State::Assigned
        } else {
            State::Running
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            State::Draft => "draft",
            State::Assigned => "assigned",
            State::Running => "running",
            State::Ended => "ended",
            State::Stopped => "stopped",
        }
    }
}

/// The trail of an experiment, oldest first.
///
/// # Errors
/// [`ExperimentError::Query`], [`ExperimentError::Record`] for a line that cannot be read.
pub async fn events(engine: &Engine, experiment: &str) -> Result<Vec<Event>> {
    let sql = format!(
        "SELECT sequence, action, happened_at, reason, definition_hash, definition, record FROM experiment_events
         WHERE experiment = {} ORDER BY sequence",
        quoted(experiment)
    );
    let mut events = Vec::new();
    for batch in panel::collect(engine, &sql).await? {
        for row in 0..batch.num_rows() {
            events
                .push(event(&batch, row).ok_or_else(|| ExperimentError::Record { experiment: experiment.to_owned() })?);
        }
    }
    Ok(events)
}

fn event(batch: &RecordBatch, row: usize) -> Option<Event> {
    let text = |column: usize| {
        let texts = batch.column(column).as_string::<i32>();
        texts.is_valid(row).then(|| texts.value(row).to_owned())
    };
    let word = text(1)?;
    let happened_at = batch.column(2).as_primitive::<TimestampMicrosecondType>().value(row);
    Some(Event {
        sequence: batch.column(0).as_primitive::<Int64Type>().value(row),
        action: Action::ALL.into_iter().find(|action| action.word() == word)?,
        happened_at: DateTime::from_timestamp_micros(happened_at)?,
        reason: text(3),
        definition_hash: text(4)?,
        definition: text(5)?,
        record: text(6),
    })
}

/// The hash by which a definition is known.
pub fn definition_hash(definition: &str) -> String {
    blake3::hash(definition.as_bytes()).to_hex().to_string()
}

/// The definition that holds, with the last day as it was extended to.
///
/// # Errors
/// [`ExperimentError::Record`] for a definition that this version cannot read any more.
pub fn held(name: &str, events: &[Event]) -> Result<Option<Experiment>> {
    let unreadable = || ExperimentError::Record { experiment: name.to_owned() };
    let mut held: Option<Experiment> = None;
    for event in events {
        match (event.action, &mut held) {
            (Action::Start | Action::Amend, _) => {
                held = Some(Experiment::read(name, &event.definition).map_err(|_| unreadable())?);
            }
            (Action::Extend, Some(experiment)) => {
                let day = event.record.as_deref().and_then(|record| serde_json::from_str::<NaiveDate>(record).ok());
                experiment.schedule.end = day.ok_or_else(unreadable)?;
            }
            _ => {}
        }
    }
    Ok(held)
}

/// What the lottery was drawn from.
///
/// # Errors
/// [`ExperimentError::Record`].
pub(super) fn drawing(name: &str, events: &[Event]) -> Result<Drawing> {
    let record = events.first().and_then(|event| event.record.as_deref()).unwrap_or_default();
    serde_json::from_str(record).map_err(|_| ExperimentError::Record { experiment: name.to_owned() })
}

/// Adds a line to the trail. The caller holds the data folder's lock.
pub(super) async fn add(engine: &Engine, experiment: &str, event: &Event) -> Result<()> {
    let text = |value: Option<&str>| -> ArrayRef { Arc::new(StringArray::from(vec![value])) };
    let columns = vec![
        text(Some(experiment)),
        Arc::new(Int64Array::from(vec![event.sequence])),
        text(Some(event.action.word())),
        times(event.happened_at, 1),
        text(event.reason.as_deref()),
        text(Some(&event.definition_hash)),
        text(Some(&event.definition)),
        text(event.record.as_deref()),
    ];
    commit(engine, &EXPERIMENT_EVENTS, experiment, event.sequence, columns, event.happened_at).await
}

/// One unit with what it drew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assigned {
    pub unit: String,
    pub variant: String,
    pub stratum: String,
}

/// Writes what was drawn, and who was in which unit then: identities with units.
pub(super) async fn add_drawn(
    engine: &Engine,
    experiment: &str,
    drawn: &[Assigned],
    roster: &[(String, String)],
    at: DateTime<Utc>,
) -> Result<()> {
    let texts = |values: Vec<&str>| -> ArrayRef { Arc::new(StringArray::from_iter_values(values)) };
    let columns = vec![
        texts(vec![experiment; roster.len()]),
        texts(roster.iter().map(|it| it.0.as_str()).collect()),
        texts(roster.iter().map(|it| it.1.as_str()).collect()),
    ];
    commit(engine, &EXPERIMENT_ROSTERS, experiment, 1, columns, at).await?;
    let columns = vec![
        texts(vec![experiment; drawn.len()]),
        texts(drawn.iter().map(|it| it.unit.as_str()).collect()),
        texts(drawn.iter().map(|it| it.variant.as_str()).collect()),
        texts(drawn.iter().map(|it| it.stratum.as_str()).collect()),
        times(at, drawn.len()),
    ];
    commit(engine, &ASSIGNMENTS, experiment, 1, columns, at).await
}

/// Appends rows once; the common columns are added.
async fn commit(
    engine: &Engine,
    table: &'static Table,
    experiment: &str,
    version: i64,
    mut columns: Vec<ArrayRef>,
    at: DateTime<Utc>,
) -> Result<()> {
    let rows = columns[0].len();
    columns.push(Arc::new(StringArray::from(vec![SOURCE; rows])));
    columns.push(new_null_array(&Kind::Text.arrow(), rows));
    columns.push(times(at, rows));
    columns.push(new_null_array(&Kind::Time.arrow(), rows));
    columns.push(times(at, rows));
    let batch = RecordBatch::try_new(table.schema(), columns)
        .map_err(|source| ExperimentError::Store(StoreError::Arrow { table: table.name, source }))?;
    let mark = Mark { application: format!("experiment:{experiment}"), version };
    engine.store().commit(table, &Change::Append, &mark, vec![batch]).await?;
    Ok(())
}

fn times(at: DateTime<Utc>, rows: usize) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(vec![at.timestamp_micros(); rows]).with_timezone("UTC"))
}
