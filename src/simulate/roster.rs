//! Who is in which team from when to when: people join, leave, move and, a few, share their time.

use super::calendar::WEEK;
use super::organisation::Organisation;
use super::stream::{Dice, Purpose};
use std::collections::BTreeMap;

/// Standard deviation of a person's effect on log durations, as in the method comparison of the experiment design.
const PERSON_SD: f64 = 0.45;
const PERSON_RATE_SD: f64 = 0.40;
/// Departures and moves per person and year: common figures for software organisations.
const LEAVE_PER_YEAR: f64 = 0.12;
const MOVE_PER_YEAR: f64 = 0.10;
/// A team does not shrink below this by departures.
const SMALLEST_TEAM: usize = 3;
/// Share of the first people who give part of their time to a second team, and that part.
const SPLIT_SHARE: f64 = 0.04;
const SPLIT_WEIGHT: f64 = 0.3;
/// Mean tenure of the people who are there at the beginning, weeks.
const TENURE_WEEKS: f64 = 110.0;
/// Weeks until a vacancy is filled: at least, and on average beyond that.
const HIRING_WEEKS: (u32, f64) = (2, 7.0);

/// All people and all their times in teams.
#[derive(Debug, Default)]
pub struct Roster {
    pub people: Vec<Person>,
    pub stints: Vec<Stint>,
    /// Positions in `stints`, by team.
    pub by_team: Vec<Vec<u32>>,
    /// Positions in `stints` of the times a person has not ended, by person.
    open: Vec<Vec<u32>>,
}

#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// Added to every log duration.
    pub slowness: f64,
    /// Factor on the pull requests opened.
    pub rate: f64,
    pub hired: i64,
}

/// One person's time in one team.
#[derive(Clone, Copy, Debug)]
pub struct Stint {
    pub person: u32,
    pub team: u32,
    pub from: i64,
    /// First moment no longer in the team.
    pub to: Option<i64>,
    pub weight: f64,
    /// Beside another team: ends with the main one.
    is_second: bool,
}

impl Stint {
    pub fn covers(&self, instant: i64) -> bool {
        self.from <= instant && self.to.is_none_or(|to| instant < to)
    }
}

impl Roster {
    pub fn new(organisation: &Organisation) -> Roster {
        let mut roster = Roster { by_team: vec![Vec::new(); organisation.teams.len()], ..Roster::default() };
        for team in 0..organisation.config.teams {
            roster.begin(organisation, team);
        }
        let mut vacancies: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        for week in 1..organisation.weeks() {
            for team in 0..organisation.config.teams {
                let mut dice = organisation.streams.at(Purpose::Roster, team, week);
                let now = organisation.monday(week);
                for _ in 0..vacancies.remove(&(week, team)).unwrap_or(0) {
                    let person = roster.hire(organisation, now);
                    roster.enter(person, team, now, 1.0, false);
                }
                for _ in 0..roster.turn_over(&mut dice, organisation.config.teams, team, now) {
                    let filled = week + HIRING_WEEKS.0 + dice.exponential(HIRING_WEEKS.1) as u32;
                    *vacancies.entry((filled, team)).or_default() += 1;
                }
            }
        }
        roster
    }

    /// The members of `team` at `instant`, as positions in `stints`.
    pub fn members(&self, team: usize, instant: i64) -> impl Iterator<Item = u32> {
        self.by_team[team].iter().copied().filter(move |stint| self.stints[*stint as usize].covers(instant))
    }

    fn begin(&mut self, organisation: &Organisation, team: u32) {
        let config = organisation.config;
        let mut dice = organisation.streams.at(Purpose::Roster, team, 0);
        let spread = config.people_per_team_max - config.people_per_team_min + 1;
        let size = config.people_per_team_min + dice.below(spread as usize) as u32;
        for _ in 0..size {
            let from = organisation.monday(0) - dice.exponential(TENURE_WEEKS) as i64 * WEEK;
            let person = self.hire(organisation, from);
            let is_split = dice.chance(SPLIT_SHARE) && config.teams > 1;
            let second = other_team(&mut dice, config.teams, team);
            self.enter(person, team, from, if is_split { 1.0 - SPLIT_WEIGHT } else { 1.0 }, false);
            if is_split {
                self.enter(person, second, from, SPLIT_WEIGHT, true);
            }
        }
    }

    /// Departures and moves of one team in one week. Returns how many places fell vacant.
    fn turn_over(&mut self, dice: &mut Dice, teams: u32, team: u32, now: i64) -> u32 {
        let current: Vec<u32> = self
            .members(team as usize, now)
            .filter(|stint| !self.stints[*stint as usize].is_second && self.stints[*stint as usize].from < now)
            .collect();
        let mut left = 0;
        for stint in &current {
            let fate = dice.uniform() * 52.0;
            let goal = other_team(dice, teams, team);
            if current.len() - left as usize <= SMALLEST_TEAM || fate >= LEAVE_PER_YEAR + MOVE_PER_YEAR {
                continue;
            }
            let person = self.stints[*stint as usize].person;
            self.end(person, now);
            if fate >= LEAVE_PER_YEAR && teams > 1 {
                self.enter(person, goal, now, 1.0, false);
            }
            left += 1;
        }
        left
    }

    fn hire(&mut self, organisation: &Organisation, hired: i64) -> u32 {
        let person = self.people.len() as u32;
        let mut dice = organisation.streams.at(Purpose::Person, person, 0);
        let slowness = PERSON_SD * dice.normal();
        self.open.push(Vec::new());
        self.people.push(Person { slowness, rate: dice.log_normal(1.0, PERSON_RATE_SD), hired });
        person
    }

    fn enter(&mut self, person: u32, team: u32, from: i64, weight: f64, is_second: bool) {
        let position = self.stints.len() as u32;
        self.by_team[team as usize].push(position);
        self.open[person as usize].push(position);
        self.stints.push(Stint { person, team, from, to: None, weight, is_second });
    }

    /// Ends whatever `person` is in.
    fn end(&mut self, person: u32, now: i64) {
        for stint in std::mem::take(&mut self.open[person as usize]) {
            self.stints[stint as usize].to = Some(now);
        }
    }
}

fn other_team(dice: &mut Dice, teams: u32, team: u32) -> u32 {
    let step = 1 + dice.below(teams.saturating_sub(1).max(1) as usize) as u32;
    (team + step) % teams
}
