//! Weeks, months and the window that is looked at.
//!
//! One rule: a day is a day of the calendar's zone. A week in which clocks are changed has 167 or 169 hours, and is a week.

use super::{MetricError, Result};
use crate::project::Grain;
use crate::query::{Engine, Scope};
use arrow::array::{Array, AsArray};
use arrow::datatypes::TimestampMicrosecondType;
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// From a moment to before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

impl Window {
    /// The last `weeks` ISO weeks up to `through`, the week of `through` being the last of them and cut there.
    pub fn weeks_to(through: DateTime<Utc>, weeks: u32, zone: Tz) -> Window {
        let this_week = monday(through.with_timezone(&zone).date_naive());
        let days = u64::from(weeks.max(1) - 1) * 7;
        let from = this_week.checked_sub_days(Days::new(days)).unwrap_or(this_week);
        Window { from: midnight(from, zone), to: through + TimeDelta::microseconds(1) }
    }

    /// Whole days, the last one included.
    pub fn days(first: NaiveDate, last: NaiveDate, zone: Tz) -> Window {
        let after = last.checked_add_days(Days::new(1)).unwrap_or(last);
        Window { from: midnight(first, zone), to: midnight(after, zone) }
    }

    /// The same window from the week on in which the data begin: before that nothing was seen, which is not zero.
    pub fn since(self, begin: DateTime<Utc>, zone: Tz) -> Window {
        let first = midnight(monday(begin.with_timezone(&zone).date_naive()), zone);
        Window { from: self.from.max(first).min(self.to), ..self }
    }

    /// As many weeks immediately before.
    pub fn before(&self, zone: Tz) -> Window {
        Window { from: days_before(self.from, self.weeks(zone) * 7, zone), to: self.from }
    }

    /// The same days and hours of as many weeks earlier: where the last week is cut, so is that one.
    pub fn weeks_earlier(&self, zone: Tz) -> Window {
        let earlier = |moment| days_before(moment, self.weeks(zone) * 7, zone);
        Window { from: earlier(self.from), to: earlier(self.to) }
    }

    /// The weeks that it touches, of which the last may be cut.
    fn weeks(&self, zone: Tz) -> i64 {
        // By the clock on the wall, so that an hour more or less where clocks are changed makes no week.
        let local = |moment: DateTime<Utc>| moment.with_timezone(&zone).naive_local();
        let weeks = (local(self.to - TimeDelta::microseconds(1)) - local(self.from)).num_weeks() + 1;
        weeks.max(1)
    }

    /// The same period a year ago: the same weekdays 52 weeks before, and of months and quarters the same dates.
    pub fn year_before(&self, calendar: Calendar) -> Window {
        let earlier = |moment: DateTime<Utc>| match calendar.grain {
            Grain::Day | Grain::Week => days_before(moment, 364, calendar.zone),
            Grain::Month | Grain::Quarter => {
                let local = moment.with_timezone(&calendar.zone).naive_local();
                local.checked_sub_months(Months::new(12)).map_or(moment, |local| shown(local, calendar.zone))
            }
        };
        Window { from: earlier(self.from), to: earlier(self.to) }
    }

    /// The smallest window that has both.
    #[must_use]
    pub fn with(&self, other: &Window) -> Window {
        Window { from: self.from.min(other.from), to: self.to.max(other.to) }
    }
}

/// How time is cut: into which grains, of whose days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    pub grain: Grain,
    pub zone: Tz,
}

impl Calendar {
    /// Grains of days in UTC.
    pub fn utc(grain: Grain) -> Calendar {
        Calendar { grain, zone: Tz::UTC }
    }

    /// The start of every grain that the window touches, oldest first.
    pub fn starts(&self, window: &Window) -> Vec<DateTime<Utc>> {
        let mut starts = Vec::new();
        let mut next = self.day_of_start(window.from);
        while let Some(day) = next {
            let start = midnight(day, self.zone);
            if start >= window.to {
                break;
            }
            starts.push(start);
            next = self.day_after(day);
        }
        starts
    }

    /// The start of the grain that a moment falls into.
    pub fn start_of(&self, moment: DateTime<Utc>) -> DateTime<Utc> {
        self.day_of_start(moment).map_or(moment, |day| midnight(day, self.zone))
    }

    /// The first moment after the grain that starts then.
    pub fn end_of(&self, start: DateTime<Utc>) -> Option<DateTime<Utc>> {
        Some(midnight(self.day_after(self.day_of_start(start)?)?, self.zone))
    }

    /// The first day of the grain that a moment falls into. It is also that of the first moment of a day whose midnight is
    /// not shown.
    fn day_of_start(&self, moment: DateTime<Utc>) -> Option<NaiveDate> {
        let day = moment.with_timezone(&self.zone).date_naive();
        match self.grain {
            Grain::Day => Some(day),
            Grain::Week => Some(monday(day)),
            Grain::Month => day.with_day(1),
            Grain::Quarter => day.with_day(1)?.with_month(day.month0() / 3 * 3 + 1),
        }
    }

    fn day_after(&self, day: NaiveDate) -> Option<NaiveDate> {
        match self.grain {
            Grain::Day => day.checked_add_days(Days::new(1)),
            Grain::Week => day.checked_add_days(Days::new(7)),
            Grain::Month => day.checked_add_months(Months::new(1)),
            Grain::Quarter => day.checked_add_months(Months::new(3)),
        }
    }
}

/// The start of every grain of UTC that the window touches, oldest first.
pub fn grain_starts(grain: Grain, window: &Window) -> Vec<DateTime<Utc>> {
    Calendar::utc(grain).starts(window)
}

fn monday(day: NaiveDate) -> NaiveDate {
    day.week(chrono::Weekday::Mon).first_day()
}

fn midnight(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    shown(day.and_time(NaiveTime::MIN), zone)
}

fn days_before(moment: DateTime<Utc>, days: i64, zone: Tz) -> DateTime<Utc> {
    let local = moment.with_timezone(&zone).naive_local();
    local.checked_sub_signed(TimeDelta::days(days)).map_or(moment, |local| shown(local, zone))
}

/// The first moment at which the clocks of the zone show this time; where they skip it, the moment at which they do.
fn shown(local: chrono::NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    let earliest = |local| zone.from_local_datetime(&local).earliest().map(|moment| moment.to_utc());
    // No zone skips more than a day.
    let skipped = || (1..=24 * 60).find_map(|minute| earliest(local + TimeDelta::minutes(minute)));
    earliest(local).or_else(skipped).unwrap_or_else(|| local.and_utc())
}

/// The first and the last moment that the scope's sources tell of, none later than `now`: clocks of committers run wrong.
///
/// # Errors
/// [`MetricError::Query`].
pub async fn data_span(engine: &Engine, scope: &Scope, now: DateTime<Utc>) -> Result<Option<Window>> {
    let sql = format!(
        "SELECT min(since), least(max(until), arrow_cast({}, 'Timestamp(Microsecond, Some(\"UTC\"))')) FROM observed",
        now.timestamp_micros()
    );
    let failed = |source| MetricError::Query { metric: "span of the data".to_owned(), source };
    let session = engine.session(scope).await.map_err(failed)?;
    let read = async { session.sql(&sql).await?.collect().await };
    let batches = read.await.map_err(|error: datafusion::error::DataFusionError| failed(error.into()))?;
    let moment = |column: usize| {
        let batch = batches.iter().find(|batch| batch.num_rows() > 0)?;
        let column = batch.column(column).as_primitive::<TimestampMicrosecondType>();
        column.is_valid(0).then(|| column.value(0)).and_then(DateTime::from_timestamp_micros)
    };
    Ok(moment(0).zip(moment(1)).map(|(from, to)| Window { from, to }))
}
