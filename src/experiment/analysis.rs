//! An experiment as far as its time has come: health first, effects after the last day or at declared looks, then the decision.
//!
//! One rule: what was recorded at the start decides what is analysed and how; the file of today decides nothing.

use super::people::{self, People};
use super::record::{self, Action, Event};
use super::setting::Setting;
use super::study;
use super::{ExperimentError, Result, described, health, looks, panel};
use crate::project::{Experiment, Outcome as Declared, Role, TEAM_SIZE};
use crate::query::Engine;
use crate::stats::{Level, Mechanism, Unit};
use crate::trial::{
    self, Dimension, FORMAT, Grade, Monitored, Outcome, OutcomeReport, Question, Report, Sample, decide, report_outcome,
};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// Redraws beyond a million possible assignments.
const DRAWS: u32 = 100_000;

/// Everything that is shown.
#[derive(Clone, Debug)]
pub struct Analysis {
    pub report: Report,
    /// Single values by metric and variant, for their distribution; empty where effects are not shown.
    pub values: BTreeMap<String, BTreeMap<String, Vec<f64>>>,
    pub events: Vec<Event>,
}

/// Analyses an experiment as far as its time has come. `file` is its definition as the project has it now.
///
/// # Errors
/// [`ExperimentError::NotStarted`] without a recorded start, and those of reading.
pub async fn analyse(engine: &Engine, file: &Experiment, now: DateTime<Utc>) -> Result<Analysis> {
    let mut setting = Setting::read(engine, &file.name, now).await?;
    let looked = if setting.is_complete { None } else { looks::newest(&setting) };
    if let Some(looked) = &looked {
        setting.study = looked.study.clone();
    }
    let people = people::read(engine, &setting.experiment, &setting.study).await?;
    let mut outcomes = Vec::new();
    for declared in &setting.experiment.metrics {
        let Some(metric) = engine.project().metrics.get(&declared.metric) else {
            let (experiment, metric) = (file.name.clone(), declared.metric.clone());
            return Err(ExperimentError::NoMetric { experiment, metric });
        };
        outcomes.push(panel::of_drawn(panel::outcome(engine, &setting.study, metric).await?, &setting));
    }
    let file_hash = record::definition_hash(&file.text);
    let health = health::checks(engine, &setting, &people, &outcomes, &file_hash, now).await?;
    let failures = trial::health::failures(&health);
    let (mut results, mut values, mut monitored) = (Vec::new(), BTreeMap::new(), Vec::new());
    if (setting.is_complete || looked.is_some()) && failures.is_empty() {
        let dimensions = dimensions(engine, &setting).await?;
        for (declared, outcome) in setting.experiment.metrics.iter().zip(&outcomes) {
            let look = match &looked {
                Some(looked) => looks::look(engine, &setting, looked, declared, outcome).await?,
                None => None,
            };
            // A look that could not be made shows nothing.
            if looked.is_some() && look.as_ref().is_none_or(|look| !look.may_show) {
                continue;
            }
            results.push(result(engine, &setting, &people, &dimensions, declared, outcome, look.as_ref())?);
            values.insert(outcome.name.clone(), by_variant(&setting, outcome));
            monitored.extend(look.map(|look| (declared.role, look)));
        }
    }
    let running = if setting.is_complete { None } else { still_running(&setting, looked.is_some(), &monitored) };
    let judged: Vec<_> = results.iter().map(OutcomeReport::judged).collect();
    let report = Report {
        format: FORMAT.to_owned(),
        about: described::about(&setting.experiment),
        grade: if setting.drawing.design.is_over_time() { Grade::RandomisedOverTime } else { Grade::Randomised },
        design: described::design(&setting),
        health,
        results,
        decision: decide(&failures, running.as_deref(), &judged),
        provenance: described::provenance(engine, &setting)?,
    };
    Ok(Analysis { report, values, events: setting.events })
}

fn result(
    engine: &Engine,
    setting: &Setting,
    people: &People,
    dimensions: &[Dimension],
    declared: &Declared,
    outcome: &Outcome,
    look: Option<&Monitored>,
) -> Result<OutcomeReport> {
    let experiment = &setting.experiment;
    let goals = experiment.metrics.iter().filter(|it| it.role == Role::Goal).count();
    let failed = |source| ExperimentError::Trial { experiment: experiment.name.clone(), source };
    let of_look = look.and_then(|look| look.level);
    let level = of_look.map_or_else(|| declared.role.level(experiment.alpha, goals), Level::new);
    let level = level.map_err(|source| failed(source.into()))?;
    let header = engine.project().metrics.get(&declared.metric).map(|metric| &metric.header);
    let (title, unit) = header.map_or((declared.metric.as_str(), ""), |it| (it.title.as_str(), it.unit.as_str()));
    let periods: Vec<String> = setting.study.periods().iter().map(|period| health::day(period.from)).collect();
    let share = |unit: &String| {
        people.by_unit.get(unit).filter(|it| it.people > 0).map(|it| it.users as f64 / it.people as f64)
    };
    let used: Vec<Option<f64>> = setting.study.units.iter().map(share).collect();
    let question = Question {
        dimensions,
        quantiles: &experiment.quantiles,
        periods: &periods,
        used: if people.has_use { &used } else { &[] },
        ..Question::new(title, unit, declared.role, declared.margin, level)
    };
    let seed = trial::seed(&experiment.assignment.seed, &format!("effect on {}", outcome.name));
    let sample = Sample { randomization: &setting.randomization, arms: &setting.arms, outcome, seed, draws: DRAWS };
    let mut report = report_outcome(sample, &question);
    report.warnings.extend(look.map(|look| look.words.clone()));
    report.warnings.extend(changed(setting));
    Ok(report)
}

/// What changed after the start, which no error rate knows of.
fn changed(setting: &Setting) -> Vec<String> {
    let words = |event: &Event| {
        let day = health::day(event.happened_at);
        match event.action {
            Action::Amend => Some(format!("The definition was amended on {day}, after the start.")),
            Action::Extend => {
                Some(format!("It was extended on {day}: the error rate holds if that did not follow from effects."))
            }
            Action::Stop if event.happened_at < study::end(&setting.experiment.schedule) => Some(format!(
                "It was stopped on {day}, before its last day: the error rate holds if that did not follow from effects."
            )),
            Action::Start | Action::Stop => None,
        }
    };
    setting.events.iter().filter_map(words).collect()
}

/// The declared strata by which effects are shown apart: low and high by the median, or the block.
async fn dimensions(engine: &Engine, setting: &Setting) -> Result<Vec<Dimension>> {
    let mut dimensions = Vec::new();
    let block = setting.experiment.assignment.block.as_ref().map(|(name, _)| name.as_str());
    for (name, _) in &setting.experiment.segments {
        let labels = if Some(name.as_str()) == block {
            let units = setting.randomization.lottery().units().iter();
            units.map(|unit: &Unit| unit.stratum.split(": ").next().unwrap_or_default().to_owned()).collect()
        } else if name == TEAM_SIZE {
            halves(&setting.study.sizes, "small", "large")
        } else {
            halves(&panel::history(engine, &setting.study, name).await?, "low", "high")
        };
        dimensions.push(Dimension { name: name.clone(), labels });
    }
    Ok(dimensions)
}

/// Which half each value is in; those at the median are in the lower one.
fn halves(values: &[f64], low: &str, high: &str) -> Vec<String> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let median = sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or_default();
    values.iter().map(|value| if *value <= median { low } else { high }.to_owned()).collect()
}

fn by_variant(setting: &Setting, outcome: &Outcome) -> BTreeMap<String, Vec<f64>> {
    let variants = setting.randomization.lottery().variants();
    let mut values: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (of_unit, arm) in outcome.values.iter().zip(&setting.arms) {
        values.entry(variants[*arm].name.clone()).or_default().extend(of_unit);
    }
    values.values_mut().for_each(|values| values.sort_by(f64::total_cmp));
    values
}

/// Why there is no verdict yet; `None` where a declared look came to one.
fn still_running(setting: &Setting, has_looked: bool, monitored: &[(Role, Monitored)]) -> Option<String> {
    if has_looked {
        return looks::goes_on(monitored);
    }
    let through = setting.data_through.map_or_else(|| "nowhere yet".to_owned(), health::day);
    let end = setting.experiment.schedule.end;
    Some(match setting.experiment.schedule.followup_days {
        None => format!("Effects are shown when the data reach past {end}; they reach {through}."),
        Some(days) => {
            format!("Effects are shown when the data reach {days} days past {end}; they reach {through}.")
        }
    })
}
