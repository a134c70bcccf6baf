//! Experiments on teams: the lottery, and what the variant changed.
//!
//! One rule: the randomised unit is the unit of analysis. Rows become one figure a team before anything is compared, since
//! with 10 to 30 teams a test on rows is wrong half of the time.

mod analysis;
mod assignment;
mod decision;
mod effect;
mod markdown;
mod panel;

use crate::metric::MetricError;
use crate::query::QueryError;
use crate::stats::StatsError;
use crate::store::StoreError;
use chrono::NaiveDate;

pub use analysis::{Analysis, Health, analyse};
pub use assignment::{Assigned, assignments, draw, start};
pub use decision::{Recommendation, Verdict};
pub use effect::OutcomeResult;
pub use markdown::markdown;

/// Fewer teams than this are described and not tested: three against three cannot reach a 5 % level at all.
pub const MINIMUM_TEAMS: usize = 8;

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
    Stats { experiment: String, source: StatsError },
    #[error("{experiment}: the panel cannot be built: {source}")]
    Panel { experiment: String, source: polars::error::PolarsError },
    #[error("{experiment}: {teams} teams have members on {start}; an assignment needs at least 2, collect teams first")]
    TooFewTeams { experiment: String, teams: usize, start: NaiveDate },
    #[error("{experiment} was started before; its assignment stands")]
    AlreadyStarted { experiment: String },
    #[error("{experiment} has no assignment yet; draw it with `paceline experiment start {experiment}`")]
    NotStarted { experiment: String },
}

/// The result of a step of an experiment.
pub type Result<T, E = ExperimentError> = std::result::Result<T, E>;
