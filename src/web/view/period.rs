//! Which time a page is about: the last weeks, or from a day to another.
//!
//! One rule: what cannot be read is said on the page, and the period is then the one of a page that was asked nothing.

use super::Parameters;
use crate::metric::Window;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

/// The longest period, weeks.
const LONGEST: u32 = 520;

/// The time that is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::web) struct Period {
    pub window: Window,
    /// Weeks that it touches; as many before are compared with it.
    pub weeks: u32,
    /// What the URL says, where it is not the page that decides.
    pub asked: Option<Asked>,
    /// Why it is not what was asked for.
    pub problem: Option<String>,
}

/// A period as a URL says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) enum Asked {
    Weeks(u32),
    /// The first and the last day.
    Days(NaiveDate, NaiveDate),
}

impl Period {
    /// What the parameters ask for, or the last `weeks` up to `through`. `span` is the time that there are data of.
    pub(super) fn of(
        parameters: &Parameters,
        weeks: u32,
        through: DateTime<Utc>,
        span: Option<Window>,
        zone: Tz,
    ) -> Period {
        match days(parameters, span, through.with_timezone(&zone).date_naive(), zone) {
            Ok(Some((first, last))) => {
                let whole = Window::days(first, last, zone);
                let window = Window { to: whole.to.min(through + TimeDelta::microseconds(1)), ..whole };
                let asked = Some(Asked::Days(first, last));
                Period { window: since(window, span, zone), weeks: weeks_of(first, last), asked, problem: None }
            }
            said => {
                let asked = parameters.weeks.filter(|weeks| (1..=LONGEST).contains(weeks));
                let weeks = asked.unwrap_or(weeks);
                let problem = said.err().map(|why| format!("{why}: the last {weeks} weeks are shown instead"));
                let window = since(Window::weeks_to(through, weeks, zone), span, zone);
                Period { window, weeks, asked: asked.map(Asked::Weeks), problem }
            }
        }
    }

    /// The parts of a URL that say it, or what `asked` says.
    pub(super) fn parts(&self, asked: Option<Asked>) -> Vec<(&'static str, String)> {
        match asked {
            None => Vec::new(),
            Some(Asked::Weeks(weeks)) => vec![("weeks", weeks.to_string())],
            Some(Asked::Days(first, last)) => vec![("from", first.to_string()), ("to", last.to_string())],
        }
    }

    /// What the URL says so that any page shows this period.
    pub(super) fn said(&self) -> Asked {
        self.asked.unwrap_or(Asked::Weeks(self.weeks))
    }

    /// The days, where it is not the last weeks.
    pub(super) fn days(&self) -> Option<(NaiveDate, NaiveDate)> {
        match self.asked {
            Some(Asked::Days(first, last)) => Some((first, last)),
            _ => None,
        }
    }

    /// In words: "last 26 weeks", "1 Aug to 31 Oct 2026".
    pub(in crate::web) fn words(&self) -> String {
        match self.days() {
            Some((first, last)) => between(first, last),
            None => format!("last {} weeks", self.weeks),
        }
    }
}

/// The days that are asked for, where any are.
fn days(
    parameters: &Parameters,
    span: Option<Window>,
    today: NaiveDate,
    zone: Tz,
) -> Result<Option<(NaiveDate, NaiveDate)>, String> {
    if parameters.from.is_none() && parameters.to.is_none() {
        return Ok(None);
    }
    let first_of_data = span.map_or(today, |span| span.from.with_timezone(&zone).date_naive());
    let first = parameters.from.as_deref().map(day).transpose()?.unwrap_or(first_of_data);
    let last = parameters.to.as_deref().map(day).transpose()?.unwrap_or(today);
    if last < first {
        return Err(format!("a period from {first} to {last} ends before it begins"));
    }
    if first > today {
        return Err(format!("the data end on {today}, before {first}"));
    }
    if last < first_of_data {
        return Err(format!("the data begin on {first_of_data}, after {last}"));
    }
    if weeks_of(first, last) > LONGEST {
        return Err(format!("a period from {first} to {last} is longer than {LONGEST} weeks"));
    }
    Ok(Some((first, last)))
}

fn day(text: &str) -> Result<NaiveDate, String> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    // What a date field cannot hold would not be shown by it either.
    day.filter(|day| (1900..=9999).contains(&chrono::Datelike::year(day)))
        .ok_or_else(|| format!("{text:?} is no day such as 2026-08-31"))
}

fn weeks_of(first: NaiveDate, last: NaiveDate) -> u32 {
    u32::try_from((last - first).num_days() / 7 + 1).unwrap_or(u32::MAX)
}

fn since(window: Window, span: Option<Window>, zone: Tz) -> Window {
    span.map_or(window, |span| window.since(span.from, zone))
}

fn between(first: NaiveDate, last: NaiveDate) -> String {
    let year = if first.format("%Y").to_string() == last.format("%Y").to_string() { "%-d %b" } else { "%-d %b %Y" };
    format!("{} to {}", first.format(year), last.format("%-d %b %Y"))
}

#[cfg(test)]
mod tests;
