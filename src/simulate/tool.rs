//! Seats of the rolled-out tool, and the days on which people use it.

use super::calendar::{DAY, WEEK};
use super::organisation::Organisation;
use super::stream::Purpose;
use std::collections::BTreeMap;

/// Least and most share of the working days on which somebody uses the tool.
const USE_SHARES: (f64, f64) = (0.15, 0.85);
/// Mean time until somebody who took it up drops it again, weeks.
const LOYALTY_WEEKS: f64 = 60.0;
/// Mean uses on a day of use, after the first.
const FURTHER_USES: f64 = 4.0;

/// One person's time with a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    pub from: i64,
    pub to: Option<i64>,
}

/// Seats by person: people have one while they are in a team of the variant that is given the tool. Times of one beginning are one.
pub fn seats(organisation: &Organisation) -> BTreeMap<u32, Vec<Seat>> {
    let mut all: BTreeMap<u32, Vec<Seat>> = BTreeMap::new();
    let Some(rollout) = &organisation.config.rollout else { return all };
    let begins = rollout.begins().timestamp();
    for stint in &organisation.roster.stints {
        let team = &organisation.teams[stint.team as usize];
        let is_given = organisation.config.assignment.get(&team.name) == Some(&rollout.variant);
        let seat = Seat { from: stint.from.max(begins), to: stint.to };
        if !is_given || seat.to.is_some_and(|to| to <= seat.from) {
            continue;
        }
        let seats = all.entry(stint.person).or_default();
        match seats.iter_mut().find(|it| it.from == seat.from) {
            Some(same) => same.to = same.to.zip(seat.to).map(|(a, b)| a.max(b)),
            None => seats.push(seat),
        }
    }
    for seats in all.values_mut() {
        seats.sort_by_key(|seat| seat.from);
    }
    all
}

/// The days on which a person uses the tool and how often, up to `until` and the end of the last simulated week. Each is the first
/// second of a day in UTC.
pub fn uses(organisation: &Organisation, person: u32, until: i64) -> Vec<(i64, i64)> {
    let Some(Some(first)) = organisation.treatment.first_use.get(person as usize) else { return Vec::new() };
    let mut habit = organisation.streams.at(Purpose::ToolHabit, person, 0);
    let share = USE_SHARES.0 + (USE_SHARES.1 - USE_SHARES.0) * habit.uniform();
    let dropped = first + (habit.exponential(LOYALTY_WEEKS) * WEEK as f64) as i64;
    let last = until.min(dropped).min(organisation.config.ends().timestamp());
    let stints: Vec<_> = organisation.roster.stints.iter().filter(|stint| stint.person == person).collect();
    let mut all = Vec::new();
    let first_day = first.div_euclid(DAY);
    let mut day = first_day;
    while (day + 1) * DAY <= last {
        let index = u32::try_from(day).unwrap_or_default();
        let mut dice = organisation.streams.at(Purpose::ToolUse, person, index);
        let (is_used, further) = (dice.chance(share), dice.poisson(FURTHER_USES));
        // Day 0, 1970-01-01, was a Thursday. The first use is one on whatever day it falls.
        let is_working_day = (day + 3).rem_euclid(7) < 5;
        let is_there = stints.iter().any(|stint| stint.covers(day * DAY + DAY / 2));
        if day == first_day || (is_used && is_working_day && is_there) {
            all.push((day * DAY, 1 + i64::from(further)));
        }
        day += 1;
    }
    all
}
