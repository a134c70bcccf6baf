//! What a user may choose about the simulated organisation, with units, defaults and limits.

mod date;
mod limits;

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A simulated organisation and, optionally, a tool that is rolled out in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Any text: another seed is another organisation. Default `paceline`.
    pub seed: String,
    /// Name to show. Default `Acme`; its lower-case letters and digits make the host name under `.example`.
    pub organisation: String,
    /// Teams, 1 to 5000. Default 24.
    pub teams: u32,
    /// Fewest people a team begins with, 2 to 60. Default 4.
    pub people_per_team_min: u32,
    /// Most people a team begins with, 2 to 60. Default 12.
    pub people_per_team_max: u32,
    /// First day of the history; taken back to its Monday. Default 2025-03-31.
    #[serde(with = "date")]
    pub start: NaiveDate,
    /// Weeks in which work is begun, 1 to 520; what is open then is finished later. Default 78.
    pub weeks: u32,
    /// Pull requests opened per person and week before season, trend and part time, 0 to 20. Default 2.5.
    pub pull_requests_per_person_week: f64,
    /// Pull requests opened by a dependency bot per repository and week, 0 to 20. Default 0.8.
    pub bot_pull_requests_per_repository_week: f64,
    /// Support requests per person and week, 0 to 5. Default 0.15.
    pub tickets_per_person_week: f64,
    /// The tool that is rolled out. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollout: Option<Rollout>,
    /// Variant by team, as a lottery drew it; teams that are absent are not in the experiment. Default: empty, nobody
    /// has the tool.
    pub assignment: BTreeMap<String, String>,
}

/// A tool given to the teams of one variant from a date on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rollout {
    /// Name of the experiment, as in the `exposures` table.
    pub experiment: String,
    /// Name of the tool, in words.
    pub tool: String,
    /// Variant that is given the tool. Default `treatment`.
    #[serde(default = "default_variant")]
    pub variant: String,
    /// First day of use, 00:00 UTC.
    #[serde(with = "date")]
    pub start: NaiveDate,
    /// Share of the people in treated teams who take the tool up, 0 to 1. Default 0.85.
    #[serde(default = "default_adoption")]
    pub adoption: f64,
    /// Share of the people in the other assigned teams who get hold of it all the same, 0 to 1. Default 0.02.
    #[serde(default = "default_contamination")]
    pub contamination: f64,
    /// Mean days from being given the tool to first use, 0 to 365; 0 is at once. Default 6: most try it in the first week, some
    /// much later.
    #[serde(default = "default_first_use_days")]
    pub first_use_days: f64,
    /// How the effect fades. Default: it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub novelty: Option<Novelty>,
    /// What using the tool truly changes.
    #[serde(default)]
    pub effect: Effect,
}

/// The true effects on those who use the tool, each relative: −0.15 is 15 % less, 0 is none. Limits −0.95 to 4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Effect {
    /// On the elapsed time of every phase from first commit to merge, for pull requests begun after first use. The
    /// ratio of geometric means of the cycle time is 1 + this, to about a twentieth of it.
    pub cycle_time: f64,
    /// On the elapsed time of pickup and review alone, on top of `cycle_time`.
    pub review_time: f64,
    /// On the rate of support requests.
    pub tickets: f64,
    /// On the chance that a deployment breaks production, when all it contains was made with the tool: the harm.
    pub change_fail_rate: f64,
}

/// Fading of an effect: its share at `t` weeks after first use is `remaining + (1 − remaining) · 2^(−t / half_life)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Novelty {
    /// Weeks until half of what fades is gone, 0.1 to 520.
    pub half_life_weeks: f64,
    /// Share of the effect that stays, 0 to 1.
    pub remaining: f64,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            seed: "paceline".into(),
            organisation: "Acme".into(),
            teams: 24,
            people_per_team_min: 4,
            people_per_team_max: 12,
            start: NaiveDate::from_ymd_opt(2025, 3, 31).unwrap_or_default(),
            weeks: 78,
            pull_requests_per_person_week: 2.5,
            bot_pull_requests_per_repository_week: 0.8,
            tickets_per_person_week: 0.15,
            rollout: None,
            assignment: BTreeMap::new(),
        }
    }
}

impl Config {
    /// The first moment of the history: Monday 00:00 UTC of the week of `start`.
    pub fn begins(&self) -> DateTime<Utc> {
        let monday = self.start.week(chrono::Weekday::Mon).checked_first_day().unwrap_or(self.start);
        monday.and_time(NaiveTime::MIN).and_utc()
    }

    /// The end of the last week in which work is begun.
    pub fn ends(&self) -> DateTime<Utc> {
        self.begins() + Duration::weeks(i64::from(self.weeks))
    }
}

impl Rollout {
    /// The first moment of use.
    pub fn begins(&self) -> DateTime<Utc> {
        self.start.and_time(NaiveTime::MIN).and_utc()
    }
}

fn default_variant() -> String {
    "treatment".into()
}

fn default_adoption() -> f64 {
    0.85
}

fn default_contamination() -> f64 {
    0.02
}

fn default_first_use_days() -> f64 {
    6.0
}
