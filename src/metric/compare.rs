//! A number beside another: the period before, the other teams, the target.
//!
//! One rule: changed, reached or missed is said only where the interval says so.

use super::Result;
use super::figures::{Figures, Measure, Point, Summary};
use super::{MetricError, Window};
use crate::project::{Better, Header, Statistic};
use crate::stats::{self, Estimate, Interval, Shift, Sorted};
use chrono::{DateTime, Utc};

/// What was counted as a whole and differs by less than this, relatively, is called steady.
const STEADY: f64 = 0.02;

/// Fewer teams than this have no quartiles worth the name.
const FEWEST_TEAMS: usize = 4;

/// Whether a number is of all there is and not of a sample: then it has no interval, and every difference is one.
pub fn is_exact(header: &Header) -> bool {
    header.is_stock || header.statistic == Statistic::Distinct
}

/// Whether the rows of a number are all there is, however few: the newest sample of repositories. Rows about people are not
/// looked at that closely.
pub fn is_census(header: &Header) -> bool {
    let is_of_rows = matches!(header.statistic, Statistic::Mean | Statistic::GeometricMean | Statistic::Quantile(_));
    header.is_stock && header.sampled_of.is_none() && is_of_rows
}

/// How a number stands to an earlier one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// Now less before, in the metric's unit.
    pub difference: Estimate,
    /// Now over before, where both are above zero.
    pub quotient: Estimate,
    pub direction: Direction,
}

/// Where to a number moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Up,
    Down,
    /// An interval of the change has both signs, as a difference or as a factor: it may be none.
    Unclear,
    /// One of the two numbers, or its interval, is missing.
    TooLittle,
}

impl Change {
    pub(super) fn of(measure: &Measure<'_>, now: &Summary, before: &Summary) -> Result<Change> {
        let failed = |source| MetricError::Stats { metric: measure.metric.to_owned(), source };
        let difference = stats::difference(&now.estimate, &before.estimate).map_err(failed)?;
        let quotient = stats::quotient(&now.estimate, &before.estimate).map_err(failed)?;
        if is_exact(measure.header) {
            // Two countings of all there is are no two samples.
            let exact = |estimate: Estimate| Estimate { interval: None, ..estimate };
            let direction = exactly(now.estimate.value, before.estimate.value);
            return Ok(Change { difference: exact(difference), quotient: exact(quotient), direction });
        }
        // At the border of chance a difference may be clear and its factor not. Either is shown, and no verdict contradicts it.
        let factor_is = |is_clear: fn(Interval) -> bool| quotient.interval.is_none_or(is_clear);
        let direction = match difference.interval {
            None => Direction::TooLittle,
            Some(interval) if interval.low > 0.0 && factor_is(|factor| factor.low > 1.0) => Direction::Up,
            Some(interval) if interval.high < 0.0 && factor_is(|factor| factor.high < 1.0) => Direction::Down,
            Some(_) => Direction::Unclear,
        };
        Ok(Change { difference, quotient, direction })
    }
}

fn exactly(now: Option<f64>, before: Option<f64>) -> Direction {
    match now.zip(before) {
        None => Direction::TooLittle,
        Some((now, before)) if (now - before).abs() <= STEADY * before.abs() => Direction::Unclear,
        Some((now, before)) => {
            if now > before {
                Direction::Up
            } else {
                Direction::Down
            }
        }
    }
}

/// Whether a target is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// The whole interval is on the good side, or at the target.
    Yes,
    /// The whole interval is on the other side.
    No,
    /// The interval has the target within, or there is none.
    Unclear,
}

impl Reached {
    /// How a number stands to a target; a metric that is neither better high nor low has none.
    pub fn of(header: &Header, estimate: &Estimate, target: f64) -> Reached {
        let exact = estimate.value.filter(|_| is_exact(header)).map(|value| (value, value));
        let Some((low, high)) = estimate.interval.map(|interval| (interval.low, interval.high)).or(exact) else {
            return Reached::Unclear;
        };
        let (is_reached, is_missed) = match header.better {
            Better::Lower => (high <= target, low > target),
            Better::Higher => (low >= target, high < target),
            Better::Neither => (false, false),
        };
        match (is_reached, is_missed) {
            (true, _) => Reached::Yes,
            (_, true) => Reached::No,
            _ => Reached::Unclear,
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Reached::Yes => "reached",
            Reached::No => "missed",
            Reached::Unclear => "cannot be told yet",
        }
    }
}

/// How the teams of an organisation differ, and where one of them stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// Teams with a number.
    pub teams: usize,
    /// First quartile, median and third quartile over teams, each team once.
    pub quartiles: [f64; 3],
    /// Share of the other teams that have a lower number; those with the same count half.
    pub above: Option<f64>,
}

impl Spread {
    /// Of the numbers of teams by name.
    pub(super) fn of(teams: &[(&str, &Figures)], this: Option<&str>) -> Option<Spread> {
        let value = |figures: &Figures| figures.summary.estimate.value;
        let values: Vec<f64> = teams.iter().filter_map(|(_, figures)| value(figures)).collect();
        if values.len() < FEWEST_TEAMS {
            return None;
        }
        let sorted = Sorted::new(values).ok()?;
        let at = |probability| sorted.quantile(probability).ok().flatten();
        let own = teams.iter().find(|(name, _)| Some(*name) == this).and_then(|(_, figures)| value(figures));
        let above = own.map(|own| {
            let lower = sorted.values().iter().filter(|value| **value < own).count();
            let same = sorted.values().iter().filter(|value| **value == own).count().saturating_sub(1);
            (lower as f64 + same as f64 / 2.0) / (sorted.values().len() - 1) as f64
        });
        Some(Spread { teams: sorted.values().len(), quartiles: [at(0.25)?, at(0.5)?, at(0.75)?], above })
    }
}

/// A change of level within a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Changed {
    /// The start of the first grain on the new level.
    pub since: DateTime<Utc>,
    /// Median of the grains before, and from then on.
    pub before: f64,
    pub after: f64,
}

impl Changed {
    /// What the detector sees in the complete grains of a series. A stock goes on from where it was and has no level.
    pub(super) fn within(measure: &Measure<'_>, series: &[Point]) -> Result<Option<Changed>> {
        if measure.header.is_stock {
            return Ok(None);
        }
        let value = |point: &Point| point.estimate.value.filter(|_| point.is_complete);
        let values: Vec<Option<f64>> = series.iter().map(value).collect();
        let shift =
            stats::shift(&values).map_err(|source| MetricError::Stats { metric: measure.metric.to_owned(), source })?;
        Ok(shift.map(|Shift { since, before, after, .. }| Changed { since: series[since].start, before, after }))
    }
}

/// A window is looked back from only as far as there are data: before that nothing was seen, which is not zero. Who is
/// counted once cannot be compared with whom a shorter time has seen.
pub(super) fn seen(window: Window, begin: Option<DateTime<Utc>>, measure: &Measure<'_>) -> Option<Window> {
    let told = begin.map_or(window, |begin| window.since(begin, measure.calendar.zone));
    let is_comparable = told == window || measure.header.statistic != Statistic::Distinct;
    (told.from < told.to && is_comparable).then_some(told)
}

#[cfg(test)]
mod tests;
