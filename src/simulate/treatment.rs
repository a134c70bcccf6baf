//! Who uses the rolled-out tool from when, and how strongly it works at a given moment.

use super::calendar::{DAY, WEEK};
use super::config::{Effect, Rollout};
use super::organisation::Organisation;
use super::roster::Stint;
use super::schedule::landing;
use super::stream::{Dice, Purpose};

/// Mean time to first use of people who were not given the tool and hear of it from a colleague, days.
const HEARSAY_DAYS: f64 = 25.0;

/// The rollout as it reached each person.
#[derive(Debug, Default)]
pub struct Treatment {
    rollout: Option<Rollout>,
    /// First use, by person.
    pub first_use: Vec<Option<i64>>,
}

impl Treatment {
    pub fn new(organisation: &Organisation) -> Treatment {
        let people = organisation.roster.people.len();
        let mut treatment = Treatment { rollout: organisation.config.rollout.clone(), first_use: vec![None; people] };
        let Some(rollout) = treatment.rollout.as_ref() else {
            return treatment;
        };
        for stint in &organisation.roster.stints {
            let use_of_stint = first_use(organisation, rollout, stint);
            let known = &mut treatment.first_use[stint.person as usize];
            *known = [*known, use_of_stint].into_iter().flatten().min();
        }
        treatment
    }

    /// The share of its effect that the tool has on what `person` begins at `instant`: 0 before first use, 1 in full.
    pub fn strength(&self, person: u32, instant: i64) -> f64 {
        let (Some(rollout), Some(Some(first))) = (&self.rollout, self.first_use.get(person as usize)) else {
            return 0.0;
        };
        if instant < *first {
            return 0.0;
        }
        let Some(novelty) = rollout.novelty else {
            return 1.0;
        };
        let weeks = (instant - first) as f64 / WEEK as f64;
        novelty.remaining + (1.0 - novelty.remaining) * (-weeks / novelty.half_life_weeks).exp2()
    }

    pub fn effect(&self) -> Effect {
        self.rollout.as_ref().map(|rollout| rollout.effect).unwrap_or_default()
    }
}

/// When somebody would take the tool up in this team, if at all. Once taken up it is kept, in any team.
fn first_use(organisation: &Organisation, rollout: &Rollout, stint: &Stint) -> Option<i64> {
    let team = &organisation.teams[stint.team as usize];
    let variant = organisation.config.assignment.get(&team.name)?;
    let mut dice: Dice = organisation.streams.at(Purpose::Adoption, stint.person, 0);
    let willing = dice.uniform();
    let curious = dice.uniform();
    let delay = dice.exponential(DAY as f64);
    let days = if variant == &rollout.variant {
        (willing < rollout.adoption).then_some(rollout.first_use_days)?
    } else {
        (curious < rollout.contamination).then_some(HEARSAY_DAYS)?
    };
    let given = stint.from.max(rollout.begins().timestamp());
    let first = team.zone.land(given, days * delay, landing(&mut dice));
    stint.covers(first).then_some(first)
}
