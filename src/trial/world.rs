//! Simulated organisations whose truth is known: teams of unequal size with levels of their own, developers, rows week by week.
//!
//! One rule: nothing here is tuned to a method; the numbers that make a world stand in this file, with their reasons.

mod random;

use super::Scale;
pub(super) use random::Random;
use serde::{Deserialize, Serialize};

/// How far figures are from normal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tails {
    /// Hours are log-normal and compared by their logs.
    Normal,
    /// Hours are log-normal with standard deviation 1.2 of the log, and compared as they are.
    LogNormal,
    /// Logs, with levels and shocks of teams from Pareto's distribution with exponent 2.5, so that their fourth moment, and even their
    /// third, does not exist.
    Pareto,
}

impl Tails {
    pub fn words(self) -> &'static str {
        match self {
            Tails::Normal => "normal logs",
            Tails::LogNormal => "log-normal hours, not logged",
            Tails::Pareto => "Pareto team levels",
        }
    }

    /// Of log-normal hours.
    pub(super) const MEAN_HOURS: f64 = 41.264_394_108_610_77;

    pub fn scale(self) -> Scale {
        if self == Tails::LogNormal { Scale::Linear } else { Scale::LogMean }
    }
}

/// What organisations are drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct World {
    pub teams: usize,
    /// The part of a row's variance that its team explains, of logs.
    pub intraclass_correlation: f64,
    pub tails: Tails,
}

/// Of what a team explains, this part stays for good; the rest drifts.
const LASTING: f64 = 0.6;
/// The correlation of a team's drift from one week to the next.
const DRIFT: f64 = 0.9;
/// Of what a team does not explain, the part that the developer does.
const DEVELOPER: f64 = 0.25;
/// Developers in a team, from and to, all as likely.
const DEVELOPERS: [usize; 2] = [3, 12];
/// Rows of the median developer in a week, and the standard deviation of the log of that number over developers.
const ROWS_A_WEEK: f64 = 0.8;
const ROWS_DEVIATION: f64 = 0.5;
/// Of the log of an hour: about 20 hours.
const LOCATION: f64 = 3.0;
const DEVIATION: f64 = 1.2;

/// One organisation, a week further with each that is drawn.
#[derive(Debug)]
pub(super) struct Organisation {
    world: World,
    teams: Vec<Team>,
    random: Random,
}

#[derive(Clone, Debug)]
struct Team {
    level: f64,
    drift: f64,
    developers: Vec<Developer>,
}

#[derive(Clone, Copy, Debug)]
struct Developer {
    level: f64,
    /// The chance of a week without rows.
    idle: f64,
}

impl World {
    pub(super) fn organisation(self, seed: [u8; 32]) -> Organisation {
        let mut random = Random::new(seed);
        let teams = (0..self.teams).map(|_| Team::draw(self.tails, &mut random)).collect();
        Organisation { world: self, teams, random }
    }
}

impl Team {
    fn draw(tails: Tails, random: &mut Random) -> Team {
        let [least, most] = DEVELOPERS;
        let count = least + random.below(most - least + 1);
        let developer = |random: &mut Random| {
            let rate = ROWS_A_WEEK * (ROWS_DEVIATION * random.normal()).exp();
            Developer { level: random.normal(), idle: (-rate).exp() }
        };
        Team {
            level: shock(tails, random),
            drift: shock(tails, random),
            developers: (0..count).map(|_| developer(random)).collect(),
        }
    }
}

/// Of mean 0 and variance 1.
fn shock(tails: Tails, random: &mut Random) -> f64 {
    if tails == Tails::Pareto { random.pareto() } else { random.normal() }
}

impl Organisation {
    /// The same teams, with another future.
    pub(super) fn with_future(&self, seed: [u8; 32]) -> Organisation {
        Organisation { world: self.world, teams: self.teams.clone(), random: Random::new(seed) }
    }

    /// Developers of each team.
    pub(super) fn sizes(&self) -> Vec<f64> {
        self.teams.iter().map(|team| team.developers.len() as f64).collect()
    }

    /// The rows of each team over some weeks: logs, or hours, as [`Tails::scale`] says.
    pub(super) fn window(&mut self, weeks: usize) -> Vec<Vec<f64>> {
        let mut rows = vec![Vec::new(); self.teams.len()];
        for _ in 0..weeks {
            self.week(|team, value| rows[team].push(value));
        }
        rows
    }

    /// The rows of the next week with the place of their team.
    pub(super) fn week(&mut self, mut each: impl FnMut(usize, f64)) {
        let World { intraclass_correlation, tails, .. } = self.world;
        let (of_team, of_rest) = (intraclass_correlation.sqrt(), (1.0 - intraclass_correlation).sqrt());
        for (place, team) in self.teams.iter_mut().enumerate() {
            team.drift = DRIFT * team.drift + (1.0 - DRIFT * DRIFT).sqrt() * shock(tails, &mut self.random);
            let level = of_team * (LASTING.sqrt() * team.level + (1.0 - LASTING).sqrt() * team.drift);
            for developer in &team.developers {
                let level = level + of_rest * DEVELOPER.sqrt() * developer.level;
                for _ in 0..self.random.poisson(developer.idle) {
                    let value = level + of_rest * (1.0 - DEVELOPER).sqrt() * self.random.normal();
                    each(
                        place,
                        if tails == Tails::LogNormal { (LOCATION + DEVIATION * value).exp() } else { LOCATION + value },
                    );
                }
            }
        }
    }
}
