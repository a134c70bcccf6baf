//! From a metric's definition to numbers: facts, then a series and a summary, each with n and where possible an interval.
//!
//! One rule: every number of a metric, on whatever page or in whatever experiment, is computed here from the rows that its
//! query returns.

mod cells;
mod compare;
mod division;
mod estimate;
mod explain;
mod facts;
mod figures;
mod method;
mod period;
mod question;
mod read;
mod report;
mod rows;
mod teams;

use crate::project::Grain;
use crate::query::QueryError;
use crate::stats::{Level, StatsError};

pub use compare::{Change, Direction, Reached, Spread, is_census, is_exact};
pub use estimate::numbers_behind;
pub use explain::{Explanation, explain};
pub use facts::{Facts, Groups, Numbers, Part, Texts, Values};
pub use figures::{Figures, Measure, Point, Summary};
pub use method::{interval_method, statistic_method};
pub use period::{Calendar, Window, data_span, grain_starts};
pub use question::{PERSON, Question, facts};
pub use report::{Changed, Compare, Earlier, Group, Report, report};
pub use rows::{Rows, rows};
pub use teams::Teams;

/// The level of every interval here.
pub const LEVEL: Level = Level::NINETY_FIVE;

/// Fewer rows than this are no basis for a median, a mean, a share or a ratio to be shown.
pub const MINIMUM_ROWS: usize = 5;

/// What can go wrong between a metric and its number.
#[derive(Debug, thiserror::Error)]
pub enum MetricError {
    #[error("{metric}: {source}")]
    Query { metric: String, source: QueryError },
    #[error("{metric}: {source}")]
    Stats { metric: String, source: StatsError },
    #[error(
        "{metric} cannot be cut by {dimension}; {}",
        match (.meant, .has.is_empty()) {
            (Some(meant), _) => format!("did you mean {meant}?"),
            (None, true) => "it has no dimensions".to_owned(),
            (None, false) => format!("it has {}", .has.join(", ")),
        }
    )]
    Dimension { metric: String, dimension: String, has: Vec<String>, meant: Option<String> },
    #[error("{metric}: {problem}; run `paceline check`")]
    Facts { metric: String, problem: String },
}

/// The result of computing a metric.
pub type Result<T, E = MetricError> = std::result::Result<T, E>;

/// What one point of a series covers, in words.
pub fn grain_word(grain: Grain) -> &'static str {
    match grain {
        Grain::Day => "day",
        Grain::Week => "week",
        Grain::Month => "month",
        Grain::Quarter => "quarter",
    }
}
