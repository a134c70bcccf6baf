//! What a plan is simulated on: the organisation's own weeks before the start.

use super::study::{Study, end, midnight};
use super::{ExperimentError, Result, eligible, panel};
use crate::metric::{self, Window};
use crate::project::{Experiment, Role, TEAM_SIZE};
use crate::query::{Engine, Scope};
use crate::stats::Variant;
use crate::trial::plan::{Cell, Covariate, History, PlannedUnit, Planning};
use crate::trial::{Scale, TrialError};
use chrono::{DateTime, Duration, Utc};
use std::collections::BTreeMap;

/// How much is simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanOptions {
    pub simulations: usize,
    /// Weeks before the start that are looked at.
    pub weeks: u32,
}

/// Draws of each simulated randomization test.
const DRAWS: u32 = 1_000;

/// Reads what [`crate::trial::plan::plan`] simulates. Metrics whose weeks do not add up to a figure are named in the second part and left
/// out.
///
/// # Errors
/// [`ExperimentError::TooFewUnits`], and those of reading.
pub async fn planning(
    engine: &Engine,
    experiment: &Experiment,
    options: PlanOptions,
    now: DateTime<Utc>,
) -> Result<(Planning, Vec<String>)> {
    let members = eligible::eligible_members(engine, experiment).await?;
    let sizes: BTreeMap<String, f64> = members.iter().map(|(unit, it)| (unit.clone(), it.people)).collect();
    let mut study = Study::planned(experiment, &sizes);
    study.scope = Scope::default();
    let through = metric::data_span(engine, &study.scope, now).await?.map_or(now, |span| span.to);
    let to = midnight(experiment.schedule.start).min(midnight(through.date_naive()));
    let week = |number: u32| {
        let from = to - Duration::weeks(i64::from(options.weeks - number));
        Window { from, to: from + Duration::weeks(1) }
    };
    let windows: Vec<Window> = (0..options.weeks).map(week).collect();
    let (mut outcomes, mut left_out) = (Vec::new(), Vec::new());
    for declared in &experiment.metrics {
        let Some(metric) = engine.project().metrics.get(&declared.metric) else { continue };
        if panel::has_whole_figures(metric) {
            left_out.push(metric.header.title.clone());
            continue;
        }
        let weeks = panel::weeks_of(engine, &study, metric, &windows).await?;
        outcomes.push(History {
            metric: declared.metric.clone(),
            scale: panel::scale_of(metric),
            better: panel::better_of(metric),
            role: declared.role,
            margin: declared.margin,
            weeks,
        });
    }
    if !outcomes.iter().any(|it| it.role == Role::Goal) {
        let source =
            TrialError::Plan { what: "the goals".to_owned(), needed: "a history whose weeks add up".to_owned() };
        return Err(ExperimentError::Trial { experiment: experiment.name.clone(), source });
    }
    let mut covariates = Vec::new();
    for (name, _) in &experiment.assignment.stratify {
        let of_outcome = outcomes.iter().position(|it| it.metric == *name);
        covariates.push(match of_outcome {
            Some(place) => Covariate::Outcome(place),
            None if name == TEAM_SIZE => Covariate::Fixed { name: name.clone(), values: study.sizes.clone() },
            None => Covariate::Fixed { name: name.clone(), values: panel::history(engine, &study, name).await? },
        });
    }
    let variant = |(name, weight): &(String, u32)| Variant { name: name.clone(), weight: *weight };
    let days = (end(&experiment.schedule) - midnight(experiment.schedule.start)).num_days();
    let planning = Planning {
        units: members.into_iter().map(|(id, it)| PlannedUnit { id, block: it.block }).collect(),
        outcomes,
        covariates,
        variants: [variant(&experiment.assignment.control), variant(&experiment.assignment.treatment)],
        design: experiment.assignment.design,
        weeks: (days as usize).div_ceil(7),
        history_weeks: (experiment.schedule.history_days as usize).div_ceil(7),
        // A plan's rate is of one side, as a decision has it; a declared one is of both.
        alpha: experiment.alpha / 2.0,
        power: experiment.power,
        simulations: options.simulations,
        draws: DRAWS,
        seed: experiment.assignment.seed.clone(),
    };
    Ok((planning, left_out))
}

/// One week of a unit as a plan wants it: sums with what they are of.
pub(super) fn cell(scale: Scale, sums: panel::Sums, size: f64, is_counted: bool) -> Option<Cell> {
    match scale {
        Scale::LogRate => is_counted.then_some(Cell { sum: sums.numerator, weight: size }),
        Scale::LogMean | Scale::Linear => {
            (sums.denominator > 0.0).then_some(Cell { sum: sums.numerator, weight: sums.denominator })
        }
    }
}
