//! An experiment with what was drawn: its units in the order of their lottery, its times, and the scope in which nobody moves.

use crate::metric::Window;
use crate::project::{Experiment, Schedule, UnitKind};
use crate::query::{Roster, Scope};
use chrono::{DateTime, Days, Duration, NaiveDate, NaiveTime, Utc};
use std::collections::BTreeMap;

/// What is needed to measure units.
#[derive(Clone, Debug)]
pub(super) struct Study {
    pub name: String,
    /// What rows are cut by to find their unit.
    pub kind: UnitKind,
    /// The ids of the units, in the order of the lottery where there is one.
    pub units: Vec<String>,
    /// Members of each unit when it was drawn; 1 where units have none.
    pub sizes: Vec<f64>,
    pub schedule: Schedule,
    /// Days of a period of a design over time; a week for the others.
    pub period_days: Option<u32>,
    /// Where it was stopped, or how far the data reach.
    pub until: DateTime<Utc>,
    pub scope: Scope,
}

impl Study {
    /// Before the start, over all units that have members.
    pub(super) fn planned(experiment: &Experiment, sizes: &BTreeMap<String, f64>) -> Study {
        Study {
            name: experiment.name.clone(),
            kind: experiment.assignment.drawn(),
            units: sizes.keys().cloned().collect(),
            sizes: sizes.values().copied().collect(),
            schedule: experiment.schedule,
            period_days: experiment.assignment.period_days,
            until: end(&experiment.schedule),
            scope: Scope::default(),
        }
    }

    /// The history that balance and adjustment look at.
    pub(super) fn history(&self) -> Window {
        let start = midnight(self.schedule.start);
        let days = Days::new(u64::from(self.schedule.history_days));
        Window { from: start.checked_sub_days(days).unwrap_or(start), to: start }
    }

    /// The experiment, as far as it went.
    pub(super) fn during(&self) -> Window {
        let from = midnight(self.schedule.start);
        Window { from, to: end(&self.schedule).min(self.until).max(from) }
    }

    /// Its periods from the first day on: weeks, of which the last may be shorter, or those of a design over time, whole ones alone.
    pub(super) fn periods(&self) -> Vec<Window> {
        let during = self.during();
        let length = Duration::days(i64::from(self.period_days.unwrap_or(7)));
        let mut periods = Vec::new();
        let mut from = during.from;
        while from < during.to {
            let to = (from + length).min(during.to);
            if self.period_days.is_none() || to - from == length {
                periods.push(Window { from, to });
            }
            from = to;
        }
        periods
    }

    pub(super) fn places(&self) -> BTreeMap<&str, usize> {
        self.units.iter().enumerate().map(|(place, unit)| (unit.as_str(), place)).collect()
    }
}

/// The scope in which the memberships of an experiment stay as they were.
pub(super) fn frozen(experiment: &Experiment) -> Scope {
    let from = midnight(experiment.schedule.start).timestamp_micros();
    Scope { roster: Some(Roster { experiment: experiment.name.clone(), from }), ..Scope::default() }
}

/// The end of the last day.
pub(super) fn end(schedule: &Schedule) -> DateTime<Utc> {
    midnight(schedule.end) + Duration::days(1)
}

pub(super) fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}
