//! `working_hours_between(from, to, team)`: hours within the working time of a team.
//!
//! One rule: a day is a day of the team's zone, and an hour is a real hour: where clocks are changed within working time it is
//! longer or shorter.

use super::Scope;
use super::definitions::may_have_rows;
use super::views::{stored, within};
use arrow::array::{Array, AsArray, Float64Array, RecordBatch};
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use datafusion::common::cast::{as_primitive_array, as_string_array};
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, Volatility, create_udf};
use datafusion::prelude::SessionContext;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Longer times are unknown: nothing that is measured takes as long, and every day is looked at.
const MOST_DAYS: i64 = 20 * 366;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

const CALENDARS: &str = "SELECT team, valid_from, valid_to, zone, days, hours, holidays
    FROM stored.team_calendars t WHERE deleted_at IS NULL";
const PARENTS: &str = "SELECT team, parent FROM stored.teams t WHERE deleted_at IS NULL AND parent IS NOT NULL";

/// Reads the calendars of a scope's teams and registers the function. It is NULL where a moment is, where they are in the other
/// order, and where no calendar of the team or above it is known.
pub(super) async fn register(session: &SessionContext, scope: &Scope) -> Result<()> {
    let calendars = Arc::new(Calendars::read(session, &within(&scope.teams)).await?);
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let implementation = Arc::new(move |arguments: &[ColumnarValue]| {
        let arrays = ColumnarValue::values_to_arrays(arguments)?;
        let from = as_primitive_array::<TimestampMicrosecondType>(&arrays[0])?;
        let to = as_primitive_array::<TimestampMicrosecondType>(&arrays[1])?;
        let teams = as_string_array(&arrays[2])?;
        let hours = (0..from.len()).map(|row| {
            let moment = |times: &arrow::array::TimestampMicrosecondArray| {
                times.is_valid(row).then(|| DateTime::from_timestamp_micros(times.value(row))).flatten()
            };
            let team = if teams.is_valid(row) { teams.value(row) } else { "" };
            calendars.hours_between(moment(from)?, moment(to)?, team)
        });
        Ok(ColumnarValue::Array(Arc::new(hours.collect::<Float64Array>())))
    });
    let types = vec![time.clone(), time, DataType::Utf8];
    let function = create_udf("working_hours_between", types, DataType::Float64, Volatility::Stable, implementation);
    session.register_udf(function);
    Ok(())
}

/// The zone in which a team's days begin at a moment: the team's own, that of a team above it or of every team. `None` where
/// nobody says one.
pub(super) async fn zone(
    session: &SessionContext,
    scope: &Scope,
    team: Option<&str>,
    moment: DateTime<Utc>,
) -> Result<Option<Tz>> {
    let calendars = Calendars::read(session, &within(&scope.teams)).await?;
    Ok(calendars.zone_at(team.unwrap_or_default(), moment))
}

/// What a team says of its own working time, for a time.
#[derive(Clone, Debug, Default)]
struct Said {
    from: DateTime<Utc>,
    to: Option<DateTime<Utc>>,
    zone: Option<Tz>,
    /// From Monday.
    days: Option<[bool; 7]>,
    hours: Option<Vec<(NaiveTime, Option<NaiveTime>)>>,
    holidays: Option<BTreeSet<NaiveDate>>,
}

impl Said {
    fn holds(&self, moment: DateTime<Utc>) -> bool {
        self.from <= moment && self.to.is_none_or(|to| moment < to)
    }
}

/// What holds for a team at a moment.
struct Calendar<'c> {
    zone: Tz,
    days: [bool; 7],
    hours: &'c [(NaiveTime, Option<NaiveTime>)],
    holidays: Option<&'c BTreeSet<NaiveDate>>,
}

#[derive(Default)]
struct Calendars {
    /// By team; the empty name is every team.
    said: BTreeMap<String, Vec<Said>>,
    parents: BTreeMap<String, String>,
}

impl Calendars {
    async fn read(session: &SessionContext, within: &str) -> Result<Calendars> {
        let mut calendars = Calendars::default();
        if !may_have_rows(session, stored("team_calendars")).await? {
            return Ok(calendars);
        }
        // Where sources disagree the first one counts, and rows come from disk in any order.
        let in_order = |sql: &str| format!("{sql}{within} ORDER BY t.source, t.team");
        for batch in session.sql(&in_order(CALENDARS)).await?.collect().await? {
            calendars.take(&batch);
        }
        if calendars.said.is_empty() {
            return Ok(calendars);
        }
        for batch in session.sql(&in_order(PARENTS)).await?.collect().await? {
            let (teams, parents) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
            let pairs = teams.iter().flatten().zip(parents.iter().flatten());
            for (team, parent) in pairs {
                calendars.parents.entry(team.to_owned()).or_insert_with(|| parent.to_owned());
            }
        }
        Ok(calendars)
    }

    fn take(&mut self, batch: &RecordBatch) {
        for row in 0..batch.num_rows() {
            let text = |column: usize| {
                let texts = batch.column(column).as_string::<i32>();
                texts.is_valid(row).then(|| texts.value(row))
            };
            let moment = |column: usize| {
                let times = batch.column(column).as_primitive::<TimestampMicrosecondType>();
                times.is_valid(row).then(|| DateTime::from_timestamp_micros(times.value(row))).flatten()
            };
            let (Some(team), Some(from)) = (text(0), moment(1)) else { continue };
            let said = Said {
                from,
                to: moment(2),
                zone: text(3).and_then(|zone| zone.parse().ok()),
                days: text(4).map(|days| DAYS.map(|day| days.split(' ').any(|it| it == day))),
                hours: text(5).map(|hours| hours.split(' ').filter_map(span).collect()),
                holidays: text(6).map(|days| days.split(' ').filter_map(|day| day.parse().ok()).collect()),
            };
            self.said.entry(team.to_owned()).or_default().push(said);
        }
    }

    fn hours_between(&self, from: DateTime<Utc>, to: DateTime<Utc>, team: &str) -> Option<f64> {
        if to < from || (to - from).num_days() > MOST_DAYS {
            return None;
        }
        let line = self.line(team);
        let said = || line.iter().filter_map(|team| self.said.get(*team)).flatten();
        let ends = said().flat_map(|it| [Some(it.from), it.to]).flatten();
        let cuts: BTreeSet<DateTime<Utc>> = ends.filter(|cut| from < *cut && *cut < to).chain([to]).collect();
        let (mut begin, mut worked) = (from, TimeDelta::zero());
        for end in cuts {
            worked += self.at(&line, begin)?.between(begin, end)?;
            begin = end;
        }
        worked.num_microseconds().map(|micros| micros as f64 / 3_600_000_000.0)
    }

    /// The team, those above it, and every team.
    fn line<'c>(&'c self, team: &'c str) -> Vec<&'c str> {
        let mut line = vec![team];
        while let Some(parent) =
            self.parents.get(line[line.len() - 1]).filter(|parent| !line.contains(&parent.as_str()))
        {
            line.push(parent);
        }
        line.push("");
        line
    }

    fn zone_at(&self, team: &str, moment: DateTime<Utc>) -> Option<Tz> {
        let line = self.line(team);
        line.iter().find_map(|team| self.said.get(*team)?.iter().filter(|it| it.holds(moment)).find_map(|it| it.zone))
    }

    fn at(&self, line: &[&str], moment: DateTime<Utc>) -> Option<Calendar<'_>> {
        let said: Vec<&Said> =
            line.iter().filter_map(|team| self.said.get(*team)?.iter().find(|it| it.holds(moment))).collect();
        Some(Calendar {
            zone: said.iter().find_map(|it| it.zone)?,
            days: said.iter().find_map(|it| it.days)?,
            hours: said.iter().find_map(|it| it.hours.as_deref())?,
            holidays: said.iter().find_map(|it| it.holidays.as_ref()),
        })
    }
}

impl Calendar<'_> {
    fn between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Option<TimeDelta> {
        let mut worked = TimeDelta::zero();
        let last = to.with_timezone(&self.zone).date_naive();
        let mut day = from.with_timezone(&self.zone).date_naive();
        while day <= last {
            let is_free = self.holidays.is_some_and(|holidays| holidays.contains(&day));
            if self.days[day.weekday().num_days_from_monday() as usize] && !is_free {
                for (begin, end) in self.hours {
                    let end = match end {
                        Some(end) => self.moment(day, *end, false)?,
                        None => self.moment(day.checked_add_days(Days::new(1))?, NaiveTime::MIN, false)?,
                    };
                    let begin = self.moment(day, *begin, true)?;
                    worked += (end.min(to) - begin.max(from)).max(TimeDelta::zero());
                }
            }
            day = day.checked_add_days(Days::new(1))?;
        }
        Some(worked)
    }

    /// The moment at which the clocks of the zone show this time. Of two the one that makes working time longer; where clocks
    /// skip it, the moment at which they do.
    fn moment(&self, day: NaiveDate, time: NaiveTime, is_begin: bool) -> Option<DateTime<Utc>> {
        let local = day.and_time(time);
        match self.zone.from_local_datetime(&local) {
            chrono::LocalResult::Single(moment) => Some(moment.to_utc()),
            chrono::LocalResult::Ambiguous(first, second) => Some(if is_begin { first } else { second }.to_utc()),
            chrono::LocalResult::None => {
                // No zone skips more than a day; the gap ends at the first minute that is shown again.
                let minutes = (1..=24 * 60).map(|minute| local + TimeDelta::minutes(minute));
                minutes
                    .into_iter()
                    .find_map(|local| self.zone.from_local_datetime(&local).earliest())
                    .map(|it| it.to_utc())
            }
        }
    }
}

/// `09:00-17:00`, or `18:00-24:00`.
fn span(text: &str) -> Option<(NaiveTime, Option<NaiveTime>)> {
    let (begin, end) = text.split_once('-')?;
    let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").ok();
    Some((time(begin)?, if end == "24:00" { None } else { Some(time(end)?) }))
}
