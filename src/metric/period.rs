//! Weeks, months and the window that is looked at.

use super::{MetricError, Result};
use crate::project::Grain;
use crate::query::{Engine, Scope};
use arrow::array::{Array, AsArray};
use arrow::datatypes::TimestampMicrosecondType;
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};

/// From a moment to before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

impl Window {
    /// The last `weeks` ISO weeks up to `through`, the week of `through` being the last of them and cut there.
    pub fn weeks_to(through: DateTime<Utc>, weeks: u32) -> Window {
        let this_week = monday(through.date_naive());
        let days = u64::from(weeks.max(1) - 1) * 7;
        let from = this_week.checked_sub_days(Days::new(days)).unwrap_or(this_week);
        Window { from: midnight(from), to: through + chrono::Duration::microseconds(1) }
    }

    /// The same window from the week on in which the data begin: before that nothing was seen, which is not zero.
    pub fn since(self, begin: DateTime<Utc>) -> Window {
        let first = midnight(monday(begin.date_naive()));
        Window { from: self.from.max(first).min(self.to), ..self }
    }

    /// As many weeks immediately before.
    pub fn before(&self) -> Window {
        let last = self.to - chrono::Duration::microseconds(1);
        let weeks = (last - self.from).num_weeks() + 1;
        Window { from: self.from - chrono::Duration::weeks(weeks), to: self.from }
    }
}

/// The start of every grain that the window touches, oldest first.
pub fn grain_starts(grain: Grain, window: &Window) -> Vec<DateTime<Utc>> {
    let mut starts = Vec::new();
    let mut next = start_of(grain, window.from.timestamp_micros());
    while let Some(start) = next.filter(|start| *start < window.to) {
        starts.push(start);
        next = end_of(grain, start);
    }
    starts
}

/// The start of the grain that a moment falls into; microseconds since 1970.
pub(super) fn start_of(grain: Grain, micros: i64) -> Option<DateTime<Utc>> {
    let day = DateTime::from_timestamp_micros(micros)?.date_naive();
    let start = match grain {
        Grain::Day => day,
        Grain::Week => monday(day),
        Grain::Month => day.with_day(1)?,
        Grain::Quarter => day.with_day(1)?.with_month(day.month0() / 3 * 3 + 1)?,
    };
    Some(midnight(start))
}

/// The first moment after the grain that starts then.
pub(super) fn end_of(grain: Grain, start: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match grain {
        Grain::Day => start.checked_add_days(Days::new(1)),
        Grain::Week => start.checked_add_days(Days::new(7)),
        Grain::Month => start.checked_add_months(Months::new(1)),
        Grain::Quarter => start.checked_add_months(Months::new(3)),
    }
}

fn monday(day: NaiveDate) -> NaiveDate {
    day.week(chrono::Weekday::Mon).first_day()
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(chrono::NaiveTime::MIN).and_utc()
}

/// The first and the last moment that the scope's sources tell of, none later than `now`: clocks of committers run wrong.
///
/// # Errors
/// [`MetricError::Query`].
pub async fn data_span(engine: &Engine, scope: &Scope, now: DateTime<Utc>) -> Result<Option<Window>> {
    let sql = format!(
        "SELECT min(at), max(at) FROM (
            SELECT committed_at AS at FROM commits
            UNION ALL SELECT updated_at FROM pull_requests
            UNION ALL SELECT updated_at FROM deployments
            UNION ALL SELECT updated_at FROM tickets)
         WHERE at <= arrow_cast({}, 'Timestamp(Microsecond, Some(\"UTC\"))')",
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
