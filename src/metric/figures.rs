//! From facts to a series and a summary, for all rows and for each group.
//!
//! One rule: every number is computed from rows, never from other numbers; only the mean of counts is one of its grains.

use super::cells::{Cells, Grains};
use super::estimate::{Counted, Sample, estimate};
use super::facts::{Facts, Groups};
use super::period::{Calendar, Window};
use super::{LEVEL, MetricError, Result};
use crate::project::{Header, Statistic};
use crate::stats::{self, Estimate, StatsError};
use chrono::{DateTime, Utc};
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One grain of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub start: DateTime<Utc>,
    /// The value is absent where there was nothing to count, or too little for the statistic.
    pub estimate: Estimate,
    /// The window has all of the grain: a count of less is no count of the grain.
    pub is_complete: bool,
    /// Rows in the grain, those with an unknown value included.
    pub rows: u64,
    /// Rows whose value is unknown: they are in no number.
    pub unknown: u64,
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

impl Point {
    /// Share of rows whose value is known, or `None` without rows.
    pub fn coverage(&self) -> Option<f64> {
        coverage(self.rows, self.unknown)
    }
}

impl Summary {
    /// Share of rows whose value is known, or `None` without rows.
    pub fn coverage(&self) -> Option<f64> {
        coverage(self.rows, self.unknown)
    }
}

fn coverage(rows: u64, unknown: u64) -> Option<f64> {
    (rows > 0).then(|| (rows - unknown) as f64 / rows as f64)
}

/// The numbers of some rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// Oldest first, every grain of the window present.
    pub series: Vec<Point>,
    pub summary: Summary,
}

/// What is known of a metric: its name for errors, its header, how time is cut.
#[derive(Clone, Copy, Debug)]
pub struct Measure<'a> {
    pub metric: &'a str,
    pub header: &'a Header,
    pub calendar: Calendar,
}

impl<'a> Measure<'a> {
    /// The metric with grains of its own length, of days in UTC.
    pub fn of(metric: &'a str, header: &'a Header) -> Measure<'a> {
        Measure { metric, header, calendar: Calendar::utc(header.grain) }
    }

    /// The numbers of all rows of a window.
    ///
    /// # Errors
    /// [`MetricError::Stats`] for values that the statistic refuses.
    pub fn figures(&self, facts: &Facts, window: &Window) -> Result<Figures> {
        let mut figures = self.compute(facts, None, window)?;
        Ok(figures.swap_remove(0))
    }

    /// The numbers of each group that the facts are cut by, in their order, groups without rows in the window included.
    ///
    /// # Errors
    /// As [`Measure::figures`].
    pub fn figures_by_group(&self, facts: &Facts, window: &Window) -> Result<Vec<Figures>> {
        match &facts.groups {
            Some(groups) if !groups.names.is_empty() => self.compute(facts, Some(groups), window),
            _ => Ok(Vec::new()),
        }
    }

    fn compute(&self, facts: &Facts, groups: Option<&Groups>, window: &Window) -> Result<Vec<Figures>> {
        let grains = Grains::of(self.calendar, window);
        let cells = Cells::of(facts, groups, &grains);
        let group_count = groups.map_or(1, |groups| groups.names.len());
        // What lasts is in every grain that it lasts in, and in the whole window once.
        let once = (self.header.statistic == Statistic::TimeAverage).then(|| grains.together());
        let once = once.as_ref().map(|together| (Cells::of(facts, groups, together), together));
        let of_cell = |unit: usize| {
            let (group, grain) = (unit / (grains.len() + 1), unit % (grains.len() + 1));
            let is_summary = grain == grains.len();
            let (rows, weights) = match (&once, is_summary) {
                (Some((cells, _)), true) => cells.group(group),
                (None, true) => cells.group(group),
                (_, false) => cells.cell(group, grain),
            };
            let span = if is_summary { grains.whole() } else { grains.span(grain) };
            let parts = if is_summary { grains.len() } else { 1 };
            estimate(self.header, &Sample { facts, rows, weights, span, parts })
        };
        // The largest first, so that no thread is left alone with it at the end.
        let mut order: Vec<usize> = (0..group_count * (grains.len() + 1)).collect();
        let rows_of = |unit: usize| match (unit / (grains.len() + 1), unit % (grains.len() + 1)) {
            (group, grain) if grain == grains.len() => cells.group(group).0.len(),
            (group, grain) => cells.cell(group, grain).0.len(),
        };
        order.sort_by_key(|unit| std::cmp::Reverse(rows_of(*unit)));
        let computed = in_parallel(&order, of_cell);
        let computed: Result<Vec<Counted>, StatsError> = computed.into_iter().collect();
        let computed = computed.map_err(|source| self.failed(source))?;
        computed.chunks(grains.len() + 1).map(|of_group| self.figures_of(of_group, &grains)).collect()
    }

    /// From the numbers of a group's grains and of its window.
    fn figures_of(&self, counted: &[Counted], grains: &Grains) -> Result<Figures> {
        let point = |(grain, counted): (usize, &Counted)| Point {
            start: grains.starts[grain],
            estimate: counted.estimate,
            is_complete: grains.is_complete[grain],
            rows: counted.rows,
            unknown: counted.unknown,
        };
        let series: Vec<Point> = counted[..grains.len()].iter().enumerate().map(point).collect();
        let whole = counted[grains.len()];
        let estimate = match self.header.statistic {
            Statistic::Count => mean_per_grain(&series).map_err(|source| self.failed(source))?,
            _ => whole.estimate,
        };
        Ok(Figures { series, summary: Summary { estimate, rows: whole.rows, unknown: whole.unknown } })
    }

    fn failed(&self, source: StatsError) -> MetricError {
        MetricError::Stats { metric: self.metric.to_owned(), source }
    }
}

/// Of counts the mean per complete grain.
fn mean_per_grain(series: &[Point]) -> Result<Estimate, StatsError> {
    let complete = || series.iter().filter(|point| point.is_complete);
    let counts: Vec<f64> = complete().filter_map(|point| point.estimate.value).collect();
    // n is the rows behind the mean: those of an incomplete grain are in neither.
    let rows = complete().map(|point| point.estimate.n).sum();
    Ok(Estimate { n: rows, ..stats::mean_count(&counts, LEVEL)? })
}

/// The answers of units in the order of their numbers, computed in the order given by as many threads as there are
/// processors.
fn in_parallel<T: Send>(units: &[usize], answer: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut answers = Vec::new();
        while let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
            answers.push((*unit, answer(*unit)));
        }
        answers
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(units.len());
    let mut answers: Vec<(usize, T)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut answers = work();
        for thread in threads {
            // A thread that panicked has said so; its caller goes down with it.
            answers.extend(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        answers
    });
    answers.sort_unstable_by_key(|(unit, _)| *unit);
    answers.into_iter().map(|(_, answer)| answer).collect()
}
