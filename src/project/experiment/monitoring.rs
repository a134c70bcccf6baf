//! When results may be looked at before the end.

use super::super::reading::Reading;
use super::either::{DaysOrCount, NameOr};
use super::schedule::{Schedule, day};
use super::written::MonitoringFile;
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// How many looks may be declared, that at the end among them.
const LOOKS: std::ops::RangeInclusive<usize> = 2..=26;

/// How the error rate is kept when results are looked at early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Monitoring {
    /// No result before the end.
    None,
    /// At declared days, by a group-sequential boundary.
    GroupSequential {
        /// The last day of data of each look, ascending; the last one is the experiment's end.
        looks: Vec<NaiveDate>,
        spending: Spending,
    },
    /// At any time, by confidence sequences: for units that keep coming, such as tasks. Over a fixed panel of teams they are
    /// not valid at ten and wasteful at sixty.
    AlwaysValid,
}

/// How the error rate is spent over the looks (Lan & DeMets 1983).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Spending {
    /// Little at first.
    #[default]
    #[serde(rename = "obrien_fleming")]
    OBrienFleming,
    /// Evenly.
    Pocock,
}

pub(super) fn read(
    file: Option<&Spanned<NameOr<MonitoringFile>>>,
    schedule: &Schedule,
    reading: &mut Reading<'_>,
) -> Option<Monitoring> {
    let Some(file) = file else { return Some(Monitoring::None) };
    match file.get_ref() {
        NameOr::Name(name) if name == "none" => Some(Monitoring::None),
        NameOr::Name(name) if name == "always_valid" => Some(Monitoring::AlwaysValid),
        NameOr::Name(name) => {
            let message = format!(
                "unknown value {name}; expected one of none, always_valid, or looks such as {{ looks = 4, spending = \"obrien_fleming\" }}"
            );
            reading.refuse_name(&Spanned::new(file.span(), name.clone()), message, &["none", "always_valid"]);
            None
        }
        NameOr::Table(table) => {
            let looks = looks(&table.looks, schedule, reading)?;
            Some(Monitoring::GroupSequential { looks, spending: table.spending })
        }
    }
}

fn looks(file: &Spanned<DaysOrCount>, schedule: &Schedule, reading: &mut Reading<'_>) -> Option<Vec<NaiveDate>> {
    let looks = match file.get_ref() {
        DaysOrCount::Count(count) => {
            let count = usize::try_from(*count).unwrap_or_default();
            if LOOKS.contains(&count) && schedule.days() as usize >= count {
                evenly(count, schedule)
            } else {
                Vec::new()
            }
        }
        DaysOrCount::Days(days) => listed(days, schedule, reading)?,
    };
    if !LOOKS.contains(&looks.len()) {
        let (least, most) = (LOOKS.start(), LOOKS.end());
        let message = format!(
            "from {least} to {most} looks at different days can be declared, that at the end among them; 3 to 5 serve best"
        );
        reading.refuse(file.span(), message);
        return None;
    }
    Some(looks)
}

/// Looks after equal times, the last at the end.
fn evenly(count: usize, schedule: &Schedule) -> Vec<NaiveDate> {
    let days = u64::from(schedule.days());
    let after = |look: usize| days * look as u64 / count as u64;
    (1..=count).filter_map(|look| schedule.start.checked_add_days(Days::new(after(look) - 1))).collect()
}

fn listed(
    days: &[Spanned<toml::value::Datetime>],
    schedule: &Schedule,
    reading: &mut Reading<'_>,
) -> Option<Vec<NaiveDate>> {
    let Schedule { start, end, .. } = schedule;
    let mut looks: Vec<NaiveDate> = Vec::with_capacity(days.len() + 1);
    for value in days {
        let look = day(value, reading)?;
        if look < *start || look > *end {
            let message = format!("the look on {look} is outside of the schedule, {start} to {end}");
            reading.refuse(value.span(), message);
            return None;
        }
        if let Some(last) = looks.last().filter(|last| **last >= look) {
            reading.refuse(value.span(), format!("the look on {look} does not come after that on {last}"));
            return None;
        }
        looks.push(look);
    }
    if looks.last() != Some(end) {
        looks.push(*end);
    }
    Some(looks)
}
