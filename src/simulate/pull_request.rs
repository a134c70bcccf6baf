//! One pull request: its author, its size and its pace.

use super::calendar::{DAY, HOUR, WEEK, season};
use super::organisation::{Organisation, Team};
use super::schedule::{Pace, Schedule, bot_schedule, schedule};
use super::stream::{Dice, Key, Purpose};

/// Standard deviation on the log scale shared by all phases of one pull request. With the phases' own noise, the size's
/// share and the nights that fall in between it makes about the .9 of the method comparison in the experiment design.
const ROW_SD: f64 = 0.20;
/// Median lines of a pull request and their standard deviation on the log scale: heavy-tailed, as everywhere.
const LINES: (f64, f64) = (48.0, 1.25);
/// Added to every log duration per standard deviation of log size: larger changes take longer in every phase.
const SIZE_SLOPE: f64 = 0.27;
/// How much of a quiet season turns into waiting: fewer reviewers are there.
const SEASON_SLOPE: f64 = -0.25;
/// Added to every log duration per year: organisations that grow become slower, which a before/after comparison would
/// put down to whatever came last.
const TREND_PER_YEAR: f64 = 0.04;
/// Share of changes that take an earlier one back; they are small and quick.
const REVERT_SHARE: f64 = 0.012;
const REVERT_PACE: f64 = -1.2;
/// Fall of the log cycle time for a fall by 1 of every phase's logarithm. Below 1 because the nights that happen to part
/// two phases do not shrink with them. Measured on 150 teams of each of three seeds: .94 at −15 %, .96 at −40 %, .92 at +25 %.
const CYCLE_PER_PHASE: f64 = 0.94;
/// Share of first commits outside office hours.
const LATE_START_SHARE: f64 = 0.05;

/// One pull request, whatever the end of the observation.
#[derive(Clone, Debug)]
pub struct PullRequest {
    pub key: Key,
    /// Position among the team's repositories.
    pub repository: usize,
    /// None for the bot.
    pub author: Option<u32>,
    pub number: i64,
    pub title_choice: f64,
    pub is_revert: bool,
    pub commits: i64,
    pub files: i64,
    pub lines_added: i64,
    pub lines_deleted: i64,
    pub schedule: Schedule,
    /// First successful deployment to production.
    pub deployed: Option<i64>,
    /// Share of the tool's effect that was at work, 0 to 1.
    pub tool: f64,
}

impl PullRequest {
    pub fn lines(&self) -> i64 {
        self.lines_added + self.lines_deleted
    }
}

/// A pull request by a person, begun in `week`.
pub fn by_person(organisation: &Organisation, team: &Team, key: Key, week: u32, person: u32) -> PullRequest {
    let mut dice = organisation.streams.about(Purpose::PullRequest, key);
    let monday = organisation.monday(week);
    let first_commit = start_of_work(&mut dice, team, monday);
    let mut pull_request = sketch(&mut dice, team, key, Some(person));
    let size = (pull_request.lines() as f64 / LINES.0).ln() / LINES.1;
    let years = (monday - organisation.begins()) as f64 / (52.0 * WEEK as f64);
    let row = dice.normal();
    let shared = team.slowness + organisation.roster.people[person as usize].slowness + ROW_SD * row;
    let calendar = TREND_PER_YEAR * years + SEASON_SLOPE * season(monday).ln();
    let revert = if pull_request.is_revert { REVERT_PACE } else { 0.0 };
    let tool = organisation.treatment.strength(person, first_commit);
    let effect = organisation.treatment.effect();
    let pace = Pace {
        all: shared + calendar + SIZE_SLOPE * size + revert,
        tool: tool * effect.cycle_time.ln_1p() / CYCLE_PER_PHASE,
        tool_review: tool * effect.review_time.ln_1p(),
    };
    pull_request.schedule = schedule(first_commit, team.zone, pull_request.lines(), pace, &mut dice);
    pull_request.tool = tool;
    pull_request
}

/// A dependency bot's pull request to the repository, opened in the night of some day of `week`.
pub fn by_bot(organisation: &Organisation, team: &Team, repository: usize, key: Key, week: u32) -> PullRequest {
    let mut dice = organisation.streams.about(Purpose::PullRequest, key);
    let day = 1 + dice.below(5) as i64;
    let second = (dice.uniform() * 4.0 * HOUR as f64) as i64;
    let created = organisation.monday(week) + day * DAY + second;
    let mut pull_request = sketch(&mut dice, team, key, None);
    pull_request.repository = repository;
    pull_request.is_revert = false;
    pull_request.commits = 1;
    pull_request.files = 2;
    pull_request.lines_added = 1 + pull_request.lines_added % 40;
    pull_request.lines_deleted = pull_request.lines_added;
    pull_request.schedule = bot_schedule(created, team.zone, &mut dice);
    pull_request
}

/// A first commit at working hours of the week, evenly spread.
fn start_of_work(dice: &mut Dice, team: &Team, monday: i64) -> i64 {
    let day = dice.below(5) as i64;
    let second = |from: i64, to: i64, share: f64| from * HOUR + (share * ((to - from) * HOUR) as f64) as i64;
    let (share, late) = (dice.uniform(), dice.uniform());
    if late >= LATE_START_SHARE {
        team.zone.instant(monday, day, second(9, 18, share))
    } else if late >= LATE_START_SHARE / 3.0 {
        team.zone.instant(monday, day, second(18, 23, share))
    } else {
        team.zone.instant(monday, 5, second(9, 15, share))
    }
}

/// Everything but the schedule.
fn sketch(dice: &mut Dice, team: &Team, key: Key, author: Option<u32>) -> PullRequest {
    let weights: Vec<f64> = team.repositories.iter().map(|repository| repository.weight).collect();
    let repository = dice.weighted(&weights);
    let is_revert = dice.chance(REVERT_SHARE);
    let lines = dice.log_normal(LINES.0, LINES.1).clamp(1.0, 20_000.0);
    let added_share = 1.0 - 0.6 * dice.uniform();
    let lines_added = (lines * added_share).round() as i64;
    let lines_deleted = (lines.round() as i64 - lines_added).max(0);
    let spread = dice.log_normal(1.0, 0.4);
    let commits = 1 + dice.poisson(0.35 * (1.0 + lines).ln());
    PullRequest {
        key,
        repository,
        author,
        number: 0,
        title_choice: dice.uniform(),
        is_revert,
        commits: i64::from(commits),
        files: (lines.sqrt() * spread / 2.0).ceil() as i64,
        lines_added: lines_added.max(i64::from(lines_deleted == 0)),
        lines_deleted,
        schedule: UNSCHEDULED,
        deployed: None,
        tool: 0.0,
    }
}

const UNSCHEDULED: Schedule =
    Schedule { first_commit: 0, created: 0, ready: 0, first_review: None, approved: None, merged: None, closed: 0 };
