//! Whether an experiment is worth starting: its power, by simulating the declared design and the declared analysis on the organisation's
//! own history.
//!
//! One rule: real weeks of real units, the lottery and the analysis of the experiment itself; nothing is assumed about distributions.
//! A constant effect moves the interval by itself, so that one analysis of a stretch of history without effect tells for every size of
//! effect whether it would have been found.

mod check;
mod history;
mod result;
mod simulation;
#[cfg(test)]
mod tests;
mod words;

use super::{Design, Result, Role};
use crate::stats::{DecisionLevels, DecisionMetrics, Level, LevelRule, Variant, decision_levels};
use check::check;
pub use history::{Cell, History};
pub use result::{CurvePoint, Plan, PlannedDesign, PlannedDuration, PlannedOutcome};
use serde::{Deserialize, Serialize};
use simulation::{Scene, Simulated};

/// What is planned.
#[derive(Clone, Debug, PartialEq)]
pub struct Planning {
    /// At least [`super::MINIMUM_UNITS`].
    pub units: Vec<PlannedUnit>,
    /// The outcomes, with a row of weeks for each unit in the order of `units`. The first goal decides on duration and design.
    pub outcomes: Vec<History>,
    /// What strata, pairs and balance go by.
    pub covariates: Vec<Covariate>,
    /// The control first, then the treatment.
    pub variants: [Variant; 2],
    pub design: Design,
    /// Of the experiment.
    pub weeks: usize,
    /// Weeks before the start that units are adjusted for.
    pub history_weeks: usize,
    /// The chance to ship what has no effect, or harms.
    pub alpha: f64,
    /// The chance to ship what is as good as planned.
    pub power: f64,
    pub simulations: usize,
    /// Of each randomization test, see [`super::Sample::draws`]; a thousand are enough to plan with.
    pub draws: u32,
    pub seed: String,
}

/// What may be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedUnit {
    pub id: String,
    /// Units are drawn within it; empty for one block.
    pub block: String,
}

/// A covariate of units.
#[derive(Clone, Debug, PartialEq)]
pub enum Covariate {
    /// The figure before the start of one of the outcomes.
    Outcome(usize),
    /// The same at any start, such as the number of developers; an entry for each unit.
    Fixed { name: String, values: Vec<f64> },
}

/// How far a plan has come.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct PlanProgress {
    pub done: usize,
    pub of: usize,
    /// What is simulated, such as `matched pairs, 8 weeks`.
    pub what: String,
}

/// Durations that are looked at beside the declared one.
const WEEKS: [usize; 5] = [2, 4, 6, 8, 12];
/// A design is recommended over the declared one when its smallest detectable effect is less than this part of it.
const BETTER_BELOW: f64 = 0.95;
/// Of a rerandomized design that is looked at beside others.
const ACCEPTED: f64 = 0.1;

/// The declared design and duration alone: what each outcome can tell.
///
/// # Errors
/// As [`plan`].
pub fn power(planning: &Planning) -> Result<Vec<PlannedOutcome>> {
    check(planning)?;
    let levels = levels(planning)?;
    let all: Vec<usize> = (0..planning.outcomes.len()).collect();
    let scene = Scene { planning, levels: &levels, design: planning.design, weeks: planning.weeks, outcomes: &all };
    let simulated = scene.run(&mut |_| {});
    Ok(simulated.iter().zip(&planning.outcomes).map(|(it, history)| it.outcome(history, &levels)).collect())
}

/// Simulates the plan, its design beside others, and other durations.
///
/// # Errors
/// [`super::TrialError::Plan`] for what cannot be simulated: outcomes without units or weeks, a history that is too short, designs over time.
/// [`super::TrialError::Stats`] for error rates that are none.
pub fn plan(planning: &Planning, progress: &mut dyn FnMut(&PlanProgress)) -> Result<Plan> {
    check(planning)?;
    let levels = levels(planning)?;
    let deciding = planning.outcomes.iter().position(|it| it.role == Role::Goal).unwrap_or(0);
    let history = &planning.outcomes[deciding];
    let is_other = |weeks: &usize| *weeks != planning.weeks && planning.fits(*weeks);
    let durations: Vec<usize> = WEEKS.into_iter().filter(is_other).collect();
    let designs = others(planning.design);
    let of = planning.simulations * (1 + durations.len() + designs.len());
    let mut run = Run { planning, levels: &levels, progress, done: 0, of };
    let all: Vec<usize> = (0..planning.outcomes.len()).collect();
    let declared = run.simulate(planning.design, planning.weeks, &all);
    let mut by_weeks = vec![PlannedDuration::of(planning.weeks, &declared[deciding].outcome(history, &levels))];
    for weeks in durations {
        let simulated = run.simulate(planning.design, weeks, &[deciding]);
        by_weeks.push(PlannedDuration::of(weeks, &simulated[0].outcome(history, &levels)));
    }
    by_weeks.sort_by_key(|it| it.weeks);
    let mut by_design = vec![PlannedDesign::of(planning.design, &declared[deciding].outcome(history, &levels))];
    for design in designs {
        let simulated = run.simulate(design, planning.weeks, &[deciding]);
        by_design.push(PlannedDesign::of(design, &simulated[0].outcome(history, &levels)));
    }
    let outcomes = declared.iter().zip(&planning.outcomes).map(|(it, history)| it.outcome(history, &levels)).collect();
    Ok(finish(planning, levels.power, deciding, outcomes, by_weeks, by_design))
}

/// Simulations one after the other, with their progress.
struct Run<'a> {
    planning: &'a Planning,
    levels: &'a DecisionLevels,
    progress: &'a mut dyn FnMut(&PlanProgress),
    done: usize,
    of: usize,
}

impl Run<'_> {
    fn simulate(&mut self, design: Design, weeks: usize, outcomes: &[usize]) -> Vec<Simulated> {
        let what = format!("{}, {weeks} weeks", design.words());
        let (done, of) = (self.done, self.of);
        let scene = Scene { planning: self.planning, levels: self.levels, design, weeks, outcomes };
        let simulated =
            scene.run(&mut |more| (self.progress)(&PlanProgress { done: done + more, of, what: what.clone() }));
        self.done += self.planning.simulations;
        simulated
    }
}

fn finish(
    planning: &Planning,
    planned_power: f64,
    deciding: usize,
    outcomes: Vec<PlannedOutcome>,
    durations: Vec<PlannedDuration>,
    designs: Vec<PlannedDesign>,
) -> Plan {
    let is_enough = |it: &&PlannedDuration| it.power_at_margin.is_some_and(|power| power >= planned_power);
    let mut plan = Plan {
        units: planning.units.len(),
        design: planning.design,
        weeks: planning.weeks,
        history_weeks: planning.history_weeks,
        simulations: planning.simulations,
        seed: planning.seed.clone(),
        alpha: planning.alpha,
        power: planning.power,
        planned_power,
        deciding,
        weeks_needed: durations.iter().find(is_enough).map(|it| it.weeks),
        recommended: recommended(&designs),
        outcomes,
        durations,
        designs,
        words: Vec::new(),
    };
    plan.words = words::words(&plan);
    plan
}

/// The design that finds the smallest effect, if it is clearly smaller than that of the declared one, the first.
fn recommended(designs: &[PlannedDesign]) -> Design {
    let size = |it: &PlannedDesign| it.smallest_detectable.map_or(f64::INFINITY, f64::abs);
    let declared = &designs[0];
    let best = designs.iter().min_by(|a, b| size(a).total_cmp(&size(b))).unwrap_or(declared);
    if size(best) < size(declared) * BETTER_BELOW { best.design } else { declared.design }
}

/// Designs beside the declared one.
fn others(declared: Design) -> Vec<Design> {
    let all = [Design::Complete, Design::Stratified, Design::Pairs, Design::Rerandomized { accepted: ACCEPTED }];
    all.into_iter().filter(|it| it.words() != declared.words()).collect()
}

fn levels(planning: &Planning) -> Result<DecisionLevels> {
    let count = |role| planning.outcomes.iter().filter(|it| it.role == role).count();
    let (success, guardrails) = (count(Role::Goal), count(Role::Guardrail));
    // Without a goal the first outcome stands for one.
    let success = if success + guardrails == 0 { 1 } else { success };
    let metrics = DecisionMetrics { success, guardrails, treatments: 1 };
    Ok(decision_levels(metrics, LevelRule::RiskAware, planning.alpha, planning.power, 0.0)?)
}

/// The level of the two-sided interval of an outcome: goals share the error rate, guardrails do not.
fn level_of(role: Role, levels: &DecisionLevels) -> Result<Level> {
    let tail = match role {
        Role::Guardrail => levels.guardrail_alpha,
        Role::Goal | Role::Secondary => levels.success_alpha.unwrap_or(levels.guardrail_alpha),
    };
    Ok(Level::new(1.0 - 2.0 * tail)?)
}

impl Planning {
    fn history_length(&self) -> usize {
        self.outcomes.iter().flat_map(|it| &it.weeks).map(Vec::len).min().unwrap_or(0)
    }

    fn fits(&self, weeks: usize) -> bool {
        self.history_weeks + weeks <= self.history_length()
    }
}
