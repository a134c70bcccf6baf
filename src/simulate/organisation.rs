//! The organisation at rest: its teams with their habits, repositories and services.

use super::calendar::{HOUR, SITE_OFFSETS_HOURS, WEEK, Zone};
use super::config::Config;
use super::names;
use super::roster::Roster;
use super::stream::{Dice, Purpose, Streams};
use super::treatment::Treatment;

/// Weeks simulated before the history begins, so that its first week finds work in progress as any week does.
pub const WARM_UP_WEEKS: u32 = 6;

/// Standard deviation of a team's effect on log durations, as in the method comparison of the experiment design.
const TEAM_SD: f64 = 0.35;
/// Teams differ less in what they open than in how long it takes.
const TEAM_RATE_SD: f64 = 0.20;
const TEAM_TICKET_SD: f64 = 0.30;
const SERVICE_FAIL_SD: f64 = 0.40;
/// Share of a team's work that goes to its first, second … repository.
const REPOSITORY_WEIGHTS: [f64; 4] = [0.5, 0.25, 0.15, 0.1];
/// Median length of a build, minutes, and how much repositories differ.
const BUILD_MINUTES: (f64, f64) = (8.0, 0.5);

/// Everything that is fixed before the first event.
#[derive(Debug)]
pub struct Organisation<'a> {
    pub config: &'a Config,
    pub streams: Streams,
    /// In the order in which they were founded, which is how streams count them.
    pub teams: Vec<Team>,
    /// Positions in `teams`, by name: the order of every table.
    pub by_name: Vec<usize>,
    pub roster: Roster,
    pub treatment: Treatment,
}

#[derive(Debug)]
pub struct Team {
    pub name: String,
    pub zone: Zone,
    /// Added to every log duration.
    pub slowness: f64,
    /// Factors on what is opened.
    pub pull_request_rate: f64,
    pub ticket_rate: f64,
    pub repositories: Vec<Repository>,
}

#[derive(Debug)]
pub struct Repository {
    pub name: String,
    /// Unique in the organisation.
    pub owner: u32,
    /// Share of the team's work.
    pub weight: f64,
    pub merge_method: &'static str,
    pub build_minutes: f64,
    /// Pull requests opened before the simulation.
    pub earlier_numbers: i64,
    /// Empty for a library.
    pub services: Vec<Service>,
}

#[derive(Debug)]
pub struct Service {
    pub name: String,
    /// Unique in the organisation.
    pub owner: u32,
    pub cadence: Cadence,
    pub has_staging: bool,
    /// Factor on the chance that a deployment breaks production.
    pub fragility: f64,
}

/// When a service may be deployed: slots on working days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cadence {
    /// That many slots every working day.
    Daily(u32),
    /// One slot, on the day of the week (Monday 0).
    Weekly(i64),
}

impl<'a> Organisation<'a> {
    pub fn new(config: &'a Config) -> Organisation<'a> {
        let streams = Streams::new(&config.seed);
        let teams: Vec<Team> = (0..config.teams).map(|index| found(&streams, index)).collect();
        let mut by_name: Vec<usize> = (0..teams.len()).collect();
        by_name.sort_by(|left, right| teams[*left].name.cmp(&teams[*right].name));
        let mut organisation = Organisation {
            config,
            streams,
            teams,
            by_name,
            roster: Roster::default(),
            treatment: Treatment::default(),
        };
        organisation.roster = Roster::new(&organisation);
        organisation.treatment = Treatment::new(&organisation);
        organisation
    }

    /// Weeks simulated, the warm-up among them.
    pub fn weeks(&self) -> u32 {
        WARM_UP_WEEKS + self.config.weeks
    }

    /// Monday 00:00 UTC of week `week`, counted from the warm-up's first.
    pub fn monday(&self, week: u32) -> i64 {
        self.begins() + (i64::from(week) - i64::from(WARM_UP_WEEKS)) * WEEK
    }

    /// Beginning of the history.
    pub fn begins(&self) -> i64 {
        self.config.begins().timestamp()
    }
}

fn found(streams: &Streams, index: u32) -> Team {
    let mut dice = streams.at(Purpose::Team, index, 0);
    let name = names::team(index);
    let site = SITE_OFFSETS_HOURS[dice.below(SITE_OFFSETS_HOURS.len())];
    let slowness = TEAM_SD * dice.normal();
    let pull_request_rate = dice.log_normal(1.0, TEAM_RATE_SD);
    let ticket_rate = dice.log_normal(1.0, TEAM_TICKET_SD);
    let count = 1 + dice.weighted(&[0.2, 0.35, 0.3, 0.15]);
    let mut repositories: Vec<Repository> =
        (0..count).map(|ordinal| repository(&mut dice, &name, index * 8, ordinal)).collect();
    repositories.sort_by(|left, right| left.name.cmp(&right.name));
    let zone = Zone { offset: (site * HOUR as f64) as i64 };
    Team { name, zone, slowness, pull_request_rate, ticket_rate, repositories }
}

fn repository(dice: &mut Dice, team: &str, first_owner: u32, ordinal: usize) -> Repository {
    let kind = names::REPOSITORY_KINDS[ordinal];
    let name = format!("{team}-{kind}");
    let owner = first_owner + 2 * ordinal as u32;
    let mut services = Vec::new();
    if kind != "lib" {
        services.push(service(dice, name.clone(), owner));
        // A second service from one repository, so that deployments and repositories are not one to one.
        if kind == "api" && dice.chance(0.3) {
            services.push(service(dice, format!("{name}-admin"), owner + 1));
        }
    }
    Repository {
        owner,
        weight: REPOSITORY_WEIGHTS[ordinal],
        merge_method: ["squash", "squash", "merge", "queue"][dice.below(4)],
        build_minutes: dice.log_normal(BUILD_MINUTES.0, BUILD_MINUTES.1),
        earlier_numbers: 50 + dice.below(3000) as i64,
        services,
        name,
    }
}

fn service(dice: &mut Dice, name: String, owner: u32) -> Service {
    let weekday = dice.below(4) as i64;
    let cadence = [Cadence::Daily(4), Cadence::Daily(2), Cadence::Daily(1), Cadence::Weekly(weekday)]
        [dice.weighted(&[0.25, 0.25, 0.3, 0.2])];
    Service { name, owner, cadence, has_staging: dice.chance(0.5), fragility: dice.log_normal(1.0, SERVICE_FAIL_SD) }
}
