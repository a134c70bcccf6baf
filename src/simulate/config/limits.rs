//! The limits of every field, checked before anything is simulated.

use super::{Config, Rollout};
use crate::simulate::{Error, Result, teams};
use chrono::Datelike;
use std::fmt::Display;
use std::ops::RangeInclusive;

impl Config {
    /// Refuses a configuration outside its limits, naming field, value and remedy.
    pub fn check(&self) -> Result<()> {
        within("teams", self.teams, 1..=5000)?;
        within("people_per_team_min", self.people_per_team_min, 2..=60)?;
        within("people_per_team_max", self.people_per_team_max, self.people_per_team_min..=60)?;
        within("weeks", self.weeks, 1..=520)?;
        within("start", self.start.year(), 1980..=2200)?;
        within("pull_requests_per_person_week", self.pull_requests_per_person_week, 0.0..=20.0)?;
        within("bot_pull_requests_per_repository_week", self.bot_pull_requests_per_repository_week, 0.0..=20.0)?;
        within("tickets_per_person_week", self.tickets_per_person_week, 0.0..=5.0)?;
        if let Some(rollout) = &self.rollout {
            rollout.check()?;
        }
        self.check_assignment()
    }

    fn check_assignment(&self) -> Result<()> {
        if !self.assignment.is_empty() && self.rollout.is_none() {
            return refuse("assignment", self.assignment.len(), "give the rollout it belongs to");
        }
        let known = teams(self);
        let Some(stranger) = self.assignment.keys().find(|team| !known.contains(*team)) else {
            return Ok(());
        };
        let some: Vec<String> = known.into_iter().take(5).collect();
        refuse("assignment", stranger, &format!("name existing teams such as {}", some.join(", ")))
    }
}

impl Rollout {
    fn check(&self) -> Result<()> {
        for (field, text) in [("rollout.experiment", &self.experiment), ("rollout.variant", &self.variant)] {
            if text.is_empty() {
                return refuse(field, "empty", "give it a name");
            }
        }
        within("rollout.adoption", self.adoption, 0.0..=1.0)?;
        within("rollout.contamination", self.contamination, 0.0..=1.0)?;
        within("rollout.first_use_days", self.first_use_days, 0.0..=365.0)?;
        let effect = &self.effect;
        within("rollout.effect.cycle_time", effect.cycle_time, -0.95..=4.0)?;
        within("rollout.effect.review_time", effect.review_time, -0.95..=4.0)?;
        within("rollout.effect.tickets", effect.tickets, -0.95..=4.0)?;
        within("rollout.effect.change_fail_rate", effect.change_fail_rate, -0.95..=4.0)?;
        if let Some(novelty) = &self.novelty {
            within("rollout.novelty.half_life_weeks", novelty.half_life_weeks, 0.1..=520.0)?;
            within("rollout.novelty.remaining", novelty.remaining, 0.0..=1.0)?;
        }
        Ok(())
    }
}

/// NaN lies in no range and is refused with the rest.
fn within<T: Display + PartialOrd>(field: &'static str, value: T, limits: RangeInclusive<T>) -> Result<()> {
    if limits.contains(&value) {
        return Ok(());
    }
    refuse(field, value, &format!("choose {} to {}", limits.start(), limits.end()))
}

fn refuse(field: &'static str, value: impl Display, remedy: &str) -> Result<()> {
    Err(Error::Config { field, value: value.to_string(), remedy: remedy.into() })
}
