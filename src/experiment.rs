//! Experiments: the lottery, what the treatment changed, and what to do about it.
//!
//! One rule: the randomised unit is the unit of analysis. Rows become one figure a unit before anything is compared, since
//! with 10 to 30 teams a test on rows is wrong half of the time. The numbers are those of [`crate::trial`]; here they are read and
//! recorded.

mod analysis;
mod assignment;
mod delivery;
mod described;
mod eligible;
mod exclusive;
mod hashed;
mod health;
mod lifecycle;
mod looks;
mod markdown;
mod outside;
mod panel;
mod people;
mod planning;
mod record;
mod rollout;
mod setting;
mod study;

use crate::flags::FlagError;
use crate::metric::MetricError;
use crate::query::QueryError;
use crate::store::StoreError;
use crate::trial::TrialError;
use chrono::{DateTime, NaiveDate, Utc};

pub use analysis::{Analysis, analyse};
pub use assignment::{Drawn, assignments, draw, start};
pub use delivery::{Delivery, delivery};
pub use lifecycle::{amend, extend, stop};
pub use markdown::markdown;
pub use outside::{OutcomeTable, OutsideError, analyse_table};
pub use planning::{PlanOptions, planning};
pub use record::{Action, Assigned, Event, State, definition_hash, events, held};
pub use rollout::analyse_rollout;

/// What can go wrong with an experiment.
#[derive(Debug, thiserror::Error)]
pub enum ExperimentError {
    #[error(transparent)]
    Metric(#[from] MetricError),
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{experiment}: {source}")]
    Trial { experiment: String, source: TrialError },
    #[error("{experiment}: the panel cannot be built: {source}")]
    Panel { experiment: String, source: polars::error::PolarsError },
    #[error("{experiment}: {units} {kind} can be drawn on {start}; an assignment needs at least 2, collect them first")]
    TooFewUnits { experiment: String, kind: &'static str, units: usize, start: NaiveDate },
    #[error("{experiment}: tasks come one by one and are not drawn beforehand; draw developers or repositories")]
    Tasks { experiment: String },
    #[error("{experiment}: which {block} a {kind} belongs to is not known; give it as a second column of eligible")]
    Block { experiment: String, kind: &'static str, block: &'static str },
    #[error("{place}: eligible: {problem}")]
    Eligible { place: String, problem: String },
    #[error(
        "{experiment} shares {units} units with {other} of the same exclusive group {group}, which runs from {start} to {end}; \
         leave them out by eligible, move the dates or stop {other}"
    )]
    Exclusive { experiment: String, group: String, other: String, start: NaiveDate, end: NaiveDate, units: usize },
    #[error("{experiment} was started before; its assignment stands")]
    AlreadyStarted { experiment: String },
    #[error("{experiment} has no assignment yet; draw it with `paceline experiment start {experiment}`")]
    NotStarted { experiment: String },
    #[error("{experiment} was stopped on {}; its trail is closed", .at.format("%Y-%m-%d"))]
    Stopped { experiment: String, at: DateTime<Utc> },
    #[error("{experiment}: {action} refused: {why}")]
    Refused { experiment: String, action: Action, why: String },
    #[error("{experiment}: metric {metric} is declared and the project has none of that name; put its file back")]
    NoMetric { experiment: String, metric: String },
    #[error("flags of experiments: {source}")]
    Flags { source: FlagError },
    #[error("{experiment}: what was recorded at its start cannot be read; it was written by another version")]
    Record { experiment: String },
}

/// The result of a step of an experiment.
pub type Result<T, E = ExperimentError> = std::result::Result<T, E>;
