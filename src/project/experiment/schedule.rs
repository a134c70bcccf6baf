//! When an experiment runs.

use super::super::reading::Reading;
use super::written::ScheduleFile;
use chrono::NaiveDate;
use toml::Spanned;
use toml::value::Datetime;

/// Days of history unless said otherwise.
const HISTORY_DAYS: u32 = 56;

/// The longest history and follow-up, days: ten years.
const MOST_DAYS: i64 = 3653;

/// When it runs. Days begin at 00:00 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    pub start: NaiveDate,
    /// The last day.
    pub end: NaiveDate,
    /// Days before the start that balance and variance reduction look at.
    pub history_days: u32,
    /// Rows opened while it runs are followed for so many days each, also beyond the end; without it until the end.
    pub followup_days: Option<u32>,
}

impl Schedule {
    /// How many days it runs, the first and the last among them.
    pub fn days(&self) -> u32 {
        u32::try_from((self.end - self.start).num_days() + 1).unwrap_or_default()
    }
}

pub(super) fn read(file: &ScheduleFile, reading: &mut Reading<'_>) -> Option<Schedule> {
    let (start, end) = (day(&file.start, reading), day(&file.end, reading));
    let history_days = file.history_days.as_ref().map(|it| days("history_days", it, reading));
    let followup_days = file.followup_days.as_ref().map(|it| days("followup_days", it, reading));
    let (start, end) = (start?, end?);
    if end < start {
        reading.refuse(file.end.span(), format!("the experiment ends on {end}, before it starts on {start}"));
        return None;
    }
    let history_days = history_days.unwrap_or(Some(HISTORY_DAYS))?;
    Some(Schedule { start, end, history_days, followup_days: followup_days.flatten() })
}

/// A day without a time.
pub(super) fn day(value: &Spanned<Datetime>, reading: &mut Reading<'_>) -> Option<NaiveDate> {
    let written = value.get_ref();
    let date = written.date.filter(|_| written.time.is_none());
    let date = date.and_then(|it| NaiveDate::from_ymd_opt(i32::from(it.year), u32::from(it.month), u32::from(it.day)));
    if date.is_none() {
        reading.refuse(value.span(), format!("{written} is not a day"));
    }
    date
}

fn days(key: &str, value: &Spanned<i64>, reading: &mut Reading<'_>) -> Option<u32> {
    let count = *value.get_ref();
    if !(1..=MOST_DAYS).contains(&count) {
        reading.refuse(value.span(), format!("{key} is {count}; it must be from 1 to {MOST_DAYS}"));
        return None;
    }
    u32::try_from(count).ok()
}
