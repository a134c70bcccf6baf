//! Looking before the end, as it was declared: which look it is, how sure an interval has to be at it, and whether it stops.
//!
//! One rule: a look sees the data up to its declared day and no others, so that looking twice changes nothing.

use super::setting::Setting;
use super::study::Study;
use super::{ExperimentError, Result, health, panel};
use crate::project::{Experiment, Monitoring, Outcome as Declared, Role, Spending};
use crate::query::Engine;
use crate::stats::Level;
use crate::trial::{self, LookQuestion, Monitored, Outcome, Sample, Seen, Shape, Stop};
use chrono::NaiveDate;

/// Redraws of earlier looks, of which only p counts.
const DRAWS: u32 = 20_000;

/// The declaration as trials know it; always-valid looks are planned for the units that were drawn.
pub(super) fn declared(experiment: &Experiment, units: usize) -> trial::Monitoring {
    match &experiment.monitoring {
        Monitoring::None => trial::Monitoring::None,
        Monitoring::GroupSequential { looks, spending } => trial::Monitoring::GroupSequential {
            looks: looks.len(),
            spending: match spending {
                Spending::OBrienFleming => Shape::ObrienFleming,
                Spending::Pocock => Shape::Pocock,
            },
        },
        Monitoring::AlwaysValid => {
            trial::Monitoring::AlwaysValid { planned_units: u32::try_from(units).unwrap_or(u32::MAX) }
        }
    }
}

/// A look that may be shown.
pub(super) struct Looked {
    /// As far as the look sees.
    pub study: Study,
    /// The days of the looks before this one.
    earlier: Vec<NaiveDate>,
    /// How many looks were due.
    due: usize,
}

/// The newest look that the data reach, of an experiment that is not over; `None` where no look was declared or due.
pub(super) fn newest(setting: &Setting) -> Option<Looked> {
    let reached = |day: &NaiveDate| super::study::midnight(*day) + chrono::Duration::days(1) <= setting.study.until;
    match &setting.experiment.monitoring {
        Monitoring::None => None,
        Monitoring::GroupSequential { looks, .. } => {
            let due: Vec<NaiveDate> = looks.iter().copied().filter(reached).collect();
            let (last, earlier) = due.split_last()?;
            Some(Looked { study: setting.at(*last), earlier: earlier.to_vec(), due: due.len() })
        }
        Monitoring::AlwaysValid => {
            let during = setting.study.during();
            (during.to > during.from).then(|| Looked { study: setting.study.clone(), earlier: Vec::new(), due: 1 })
        }
    }
}

/// What the look says of one metric.
///
/// # Errors
/// Those of reading; `None` in place of a metric that cannot be tested.
pub(super) async fn look(
    engine: &Engine,
    setting: &Setting,
    looked: &Looked,
    declared_metric: &Declared,
    outcome: &Outcome,
) -> Result<Option<Monitored>> {
    let Some(metric) = engine.project().metrics.get(&declared_metric.metric) else { return Ok(None) };
    let failed = |source| ExperimentError::Trial { experiment: setting.experiment.name.clone(), source };
    let mut seen = Vec::new();
    for day in &looked.earlier {
        let before = panel::outcome(engine, &setting.at(*day), metric).await?;
        seen.extend(found(setting, &setting.at(*day), &before));
    }
    let Some(now) = found(setting, &looked.study, outcome) else { return Ok(None) };
    let goals = setting.experiment.metrics.iter().filter(|it| it.role == Role::Goal).count();
    let question = LookQuestion {
        level: Level::new(1.0 - setting.experiment.alpha).map_err(|source| failed(source.into()))?,
        goals: if declared_metric.role == Role::Goal { goals } else { 1 },
        better: outcome.better,
        seen: &seen,
        now: &now,
        due: Some(looked.due),
    };
    declared(&setting.experiment, setting.arms.len()).look(question).map(Some).map_err(failed)
}

/// The primary finding of a look; `None` where there is none.
fn found(setting: &Setting, study: &Study, outcome: &Outcome) -> Option<Seen> {
    let seed = trial::seed(&setting.experiment.assignment.seed, &format!("effect on {}", outcome.name));
    let sample = Sample { randomization: &setting.randomization, arms: &setting.arms, outcome, seed, draws: DRAWS };
    let finding = trial::primary(sample, Level::NINETY_FIVE).ok()?;
    let in_arm = |arm: usize| {
        outcome.during.iter().zip(&setting.arms).filter(|(figure, it)| figure.is_some() && **it == arm).count() as u64
    };
    let during = study.during();
    let whole = super::study::end(&setting.experiment.schedule) - during.from;
    let elapsed = (during.to - during.from).num_minutes() as f64 / whole.num_minutes() as f64;
    Seen::of(&health::day(during.to), elapsed.min(1.0), &finding, [in_arm(0), in_arm(1)]).ok()
}

/// Why it goes on after a look; `None` where a boundary was crossed, by a goal that improved or by anything that got worse.
pub(super) fn goes_on(monitored: &[(Role, Monitored)]) -> Option<String> {
    let stops = |(role, it): &&(Role, Monitored)| match it.stop {
        Some(Stop::Success) => *role == Role::Goal,
        Some(Stop::Harm) => true,
        Some(Stop::Changed | Stop::Futility) | None => false,
    };
    if monitored.iter().any(|it| stops(&it)) {
        return None;
    }
    let goal = monitored.iter().find(|(role, _)| *role == Role::Goal).or(monitored.first());
    let words = goal.map_or_else(|| "No metric could be tested at this look.".to_owned(), |(_, it)| it.words.clone());
    Some(words)
}
