//! From a metric's definition to numbers: facts, then a series and a summary, each with n and where possible an interval.
//!
//! One rule: every number of a metric, on whatever page or in whatever experiment, is computed here from the rows that its
//! query returns.

mod facts;
mod period;
mod rows;

use crate::project::{Grain, Header, Statistic};
use crate::query::QueryError;
use crate::stats::{self, Estimate, Interval, Level, StatsError};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

pub use facts::{Facts, Question, Values, facts};
pub use period::{Window, data_span, grain_starts};
pub use rows::{Behind, Rows, rows};

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
    #[error("{metric} cannot be cut by {dimension}; it has {}", if .has.is_empty() { "no dimensions".to_owned() } else { .has.join(", ") })]
    Dimension { metric: String, dimension: String, has: Vec<String> },
    #[error("{metric}: {problem}; run `paceline check`")]
    Facts { metric: String, problem: String },
}

/// The result of computing a metric.
pub type Result<T, E = MetricError> = std::result::Result<T, E>;

/// One grain of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub start: DateTime<Utc>,
    /// The value is absent where there was nothing to count, or too little for the statistic.
    pub estimate: Estimate,
    /// The window has all of the grain: a count of less is no count of the grain.
    pub is_complete: bool,
}

/// A metric over a whole window.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    pub estimate: Estimate,
    /// Rows in the window, those with an unknown value included.
    pub rows: u64,
    /// Rows whose value is unknown: they are in no number.
    pub unknown: u64,
}

impl Summary {
    /// Share of rows whose value is known, or `None` without rows.
    pub fn coverage(&self) -> Option<f64> {
        (self.rows > 0).then(|| (self.rows - self.unknown) as f64 / self.rows as f64)
    }
}

/// The series over a window, oldest first, every grain present.
///
/// # Errors
/// [`MetricError::Stats`] for values that are not finite.
pub fn series(metric: &str, header: &Header, facts: &Facts, window: &Window) -> Result<Vec<Point>> {
    let starts = grain_starts(header.grain, window);
    let mut parts: BTreeMap<DateTime<Utc>, Vec<usize>> = starts.iter().map(|start| (*start, Vec::new())).collect();
    for (row, at) in facts.at.iter().enumerate() {
        let start = period::start_of(header.grain, *at);
        if let Some(part) = start.and_then(|start| parts.get_mut(&start)) {
            part.push(row);
        }
    }
    let point = |(start, rows): (DateTime<Utc>, Vec<usize>)| {
        let part = facts.pick(&rows);
        let part = if header.is_stock { part.newest() } else { part };
        let estimate = estimate(header.statistic, &part)
            .map_err(|source| MetricError::Stats { metric: metric.to_owned(), source })?;
        let end = period::end_of(header.grain, start);
        let is_complete = start >= window.from && end.is_some_and(|end| end <= window.to);
        Ok(Point { start, estimate, is_complete })
    };
    parts.into_iter().map(point).collect()
}

/// The number for a whole window: of all rows, or of the newest sample of a stock.
///
/// A count is the mean per complete grain, with Student's interval over the grains: counts cluster, so that Poisson's would
/// be too narrow.
///
/// # Errors
/// As [`series`].
pub fn summary(metric: &str, header: &Header, facts: &Facts, window: &Window) -> Result<Summary> {
    let newest = header.is_stock.then(|| facts.newest());
    let part = newest.as_ref().unwrap_or(facts);
    let estimate = if header.statistic == Statistic::Count {
        let complete = complete_grains(metric, header, facts, window)?;
        let counts: Vec<f64> = complete.iter().filter_map(|point| point.estimate.value).collect();
        // n is the rows behind the mean: those of an incomplete grain are in neither.
        let rows = complete.iter().map(|point| point.estimate.n).sum();
        let mean = stats::mean(&counts, LEVEL);
        // Student's interval does not know that there are no negative counts.
        let above_zero = |interval: Interval| Interval { low: interval.low.max(0.0), ..interval };
        mean.map(|mean| Estimate { n: rows, interval: mean.interval.map(above_zero), ..mean })
    } else {
        estimate(header.statistic, part)
    };
    let estimate = estimate.map_err(|source| MetricError::Stats { metric: metric.to_owned(), source })?;
    Ok(Summary { estimate, rows: part.at.len() as u64, unknown: part.unknown() })
}

fn complete_grains(metric: &str, header: &Header, facts: &Facts, window: &Window) -> Result<Vec<Point>> {
    let mut points = series(metric, header, facts, window)?;
    points.retain(|point| point.is_complete);
    Ok(points)
}

/// One number with its interval from rows.
fn estimate(statistic: Statistic, facts: &Facts) -> Result<Estimate, StatsError> {
    let quantile = |numbers: &[f64], probability| {
        if numbers.len() < MINIMUM_ROWS {
            return Ok(Estimate::absent(numbers.len() as u64, LEVEL));
        }
        stats::quantile(numbers, probability, LEVEL)
    };
    match (statistic, &facts.values) {
        (Statistic::Count, _) => {
            let n = facts.at.len() as u64;
            Ok(Estimate { value: Some(n as f64), interval: None, n, level: LEVEL })
        }
        (Statistic::Distinct, Values::Keys(keys)) => {
            let distinct: std::collections::BTreeSet<&String> = keys.iter().flatten().collect();
            let n = facts.at.len() as u64;
            Ok(Estimate { value: Some(distinct.len() as f64), interval: None, n, level: LEVEL })
        }
        (Statistic::Quantile(at), values) => quantile(&values.numbers(), at.fraction()),
        (Statistic::Mean, values) => {
            let numbers = values.numbers();
            if numbers.len() < MINIMUM_ROWS {
                return Ok(Estimate::absent(numbers.len() as u64, LEVEL));
            }
            stats::mean(&numbers, LEVEL)
        }
        (Statistic::Share, values) => {
            let numbers = values.numbers();
            if numbers.len() < MINIMUM_ROWS {
                return Ok(Estimate::absent(numbers.len() as u64, LEVEL));
            }
            let successes = numbers.iter().filter(|value| **value != 0.0).count();
            stats::share(successes as u64, numbers.len() as u64, LEVEL)
        }
        (Statistic::Ratio | Statistic::Rate, values) => {
            let (numerators, denominators) = values.pairs();
            if numerators.len() < MINIMUM_ROWS {
                return Ok(Estimate::absent(numerators.len() as u64, LEVEL));
            }
            let rows = stats::ratio::RatioRows { numerators: &numerators, denominators: &denominators };
            stats::ratio(rows, LEVEL)
        }
        (_, _) => Ok(Estimate::absent(facts.at.len() as u64, LEVEL)),
    }
}

/// What one point of a series covers, in words.
pub fn grain_word(grain: Grain) -> &'static str {
    match grain {
        Grain::Day => "day",
        Grain::Week => "week",
        Grain::Month => "month",
        Grain::Quarter => "quarter",
    }
}
