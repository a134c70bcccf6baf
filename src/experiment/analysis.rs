//! An experiment as far as its time has come: health first, effects after the last day, a recommendation.

use super::assignment::{Assigned, assigned, assignments, lottery};
use super::decision::{Recommendation, Verdict};
use super::effect::{OutcomeResult, Study};
use super::panel::{self, Panel};
use super::{ExperimentError, Result};
use crate::metric;
use crate::project::{Experiment, Role};
use crate::query::{Engine, Scope};
use crate::stats::{self, Lottery};
use chrono::{DateTime, Days, Utc};

/// Everything the result page shows.
#[derive(Clone, Debug)]
pub struct Analysis {
    pub assigned: Vec<Assigned>,
    pub health: Health,
    /// Empty before the end: looking early at an effect without a rule for it raises the error rate.
    pub outcomes: Vec<OutcomeResult>,
    pub recommendation: Recommendation,
}

/// Whether the numbers may be believed, apart from what they say.
#[derive(Clone, Debug)]
pub struct Health {
    pub control_teams: usize,
    pub treatment_teams: usize,
    /// The recorded assignment is what the declared seed draws.
    pub matches_lottery: bool,
    /// Standardised mean differences before the start, by metric; |d| over 0.25 is worth a look.
    pub balance: Vec<(String, f64)>,
    pub data_through: Option<DateTime<Utc>>,
    pub is_complete: bool,
}

/// Analyses an experiment as far as its time has come.
///
/// # Errors
/// [`ExperimentError::NotStarted`] without an assignment.
pub async fn analyse(engine: &Engine, experiment: &Experiment, now: DateTime<Utc>) -> Result<Analysis> {
    let assigned = assignments(engine, &experiment.name).await?;
    if assigned.is_empty() {
        return Err(ExperimentError::NotStarted { experiment: experiment.name.clone() });
    }
    let lottery = recorded_lottery(experiment, &assigned)?;
    let data_through = metric::data_span(engine, &Scope::default(), now).await?.map(|span| span.to);
    let end = super::assignment::midnight(experiment.schedule.end).checked_add_days(Days::new(1));
    let is_complete = data_through.zip(end).is_some_and(|(through, end)| through >= end);
    let mut balance = Vec::new();
    let mut outcomes = Vec::new();
    for outcome in &experiment.metrics {
        let Some(metric) = engine.project().metrics.get(&outcome.metric) else { continue };
        let panel = panel::read(engine, experiment, metric).await?;
        balance.extend(difference_before(experiment, &panel, &assigned)?.map(|d| (outcome.metric.clone(), d)));
        if is_complete {
            let study = Study { experiment, lottery: &lottery, assigned: &assigned, metric, panel: &panel };
            outcomes.push(study.result(outcome.role, outcome.margin)?);
        }
    }
    let health = health(experiment, &lottery, &assigned, balance, data_through, is_complete);
    let title = |metric: &str| engine.project().metrics.get(metric).map_or(metric, |it| &it.header.title).to_owned();
    let recommendation = recommend(&health, &outcomes, title);
    Ok(Analysis { assigned, health, outcomes, recommendation })
}

fn recorded_lottery(experiment: &Experiment, assigned: &[Assigned]) -> Result<Lottery> {
    let units = assigned.iter().map(|it| (it.unit.clone(), it.stratum.clone()));
    lottery(experiment, units).map_err(|source| ExperimentError::Stats { experiment: experiment.name.clone(), source })
}

fn health(
    experiment: &Experiment,
    lottery: &Lottery,
    recorded: &[Assigned],
    balance: Vec<(String, f64)>,
    data_through: Option<DateTime<Utc>>,
    is_complete: bool,
) -> Health {
    let treatment_teams = recorded.iter().filter(|it| it.variant == experiment.assignment.treatment.0).count();
    Health {
        control_teams: recorded.len() - treatment_teams,
        treatment_teams,
        matches_lottery: assigned(experiment, lottery) == recorded,
        balance,
        data_through,
        is_complete,
    }
}

fn difference_before(experiment: &Experiment, panel: &Panel, assigned: &[Assigned]) -> Result<Option<f64>> {
    let arm = |treated: bool| -> Vec<f64> {
        let in_arm = assigned.iter().filter(|it| (it.variant == experiment.assignment.treatment.0) == treated);
        in_arm.filter_map(|it| panel.before.get(&it.unit).copied()).collect()
    };
    stats::standardised_mean_difference(&arm(true), &arm(false))
        .map_err(|source| ExperimentError::Stats { experiment: experiment.name.clone(), source })
}

fn recommend(health: &Health, outcomes: &[OutcomeResult], title: impl Fn(&str) -> String) -> Recommendation {
    let say = |words, reason: String, is_good| Recommendation { words, reason, is_good };
    if !health.matches_lottery {
        let reason = "The recorded assignment is not what the declared seed draws.".to_owned();
        return say("Invalid", reason, Some(false));
    }
    if !health.is_complete {
        return say("Keep running", "Effects are shown after the last day.".to_owned(), None);
    }
    let having = |wanted: &[(Role, Verdict)]| {
        let of = outcomes.iter().filter(|it| wanted.contains(&(it.role, it.verdict)));
        of.map(|it| title(&it.metric)).collect::<Vec<_>>().join(" and ")
    };
    let better = having(&[(Role::Goal, Verdict::Better)]);
    let worse = having(&[(Role::Goal, Verdict::Worse), (Role::Guardrail, Verdict::Worse)]);
    let doubtful = having(&[(Role::Guardrail, Verdict::NotShownSafe), (Role::Guardrail, Verdict::Unknown)]);
    if !worse.is_empty() {
        return say("Do not ship", format!("Worse: {worse}."), Some(false));
    }
    match (better.is_empty(), doubtful.is_empty()) {
        (false, true) => say("Ship", format!("Improved: {better}. Every guardrail held."), Some(true)),
        (false, false) => {
            let reason = format!("Improved: {better}. Not shown to stay within the tolerated harm: {doubtful}.");
            say("Review before shipping", reason, None)
        }
        (true, _) => say("Do not ship", "No goal shows a clear improvement.".to_owned(), None),
    }
}
