//! An experiment as far as its time has come: health first, effects after the last day, then the decision.
//!
//! One rule: what was recorded at the start decides what is analysed and how; the file of today decides nothing.

use super::assignment::{self, PROGRAM};
use super::people::{self, People};
use super::record::{self, Action, Drawing, Event};
use super::study::{self, Study};
use super::{ExperimentError, Result, health, panel};
use crate::metric;
use crate::project::{Experiment, Outcome as Declared, Role, TEAM_SIZE};
use crate::query::{Engine, Scope};
use crate::stats::{Level, Mechanism, Unit};
use crate::trial::{
    self, About, DesignReport, Dimension, FORMAT, Grade, Judged, Outcome, OutcomeReport, Provenance, Question,
    Randomization, Report, Sample, VariantReport, decide, report_outcome,
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

/// What was recorded of an experiment.
pub(super) struct Setting {
    pub experiment: Experiment,
    pub events: Vec<Event>,
    pub drawing: Drawing,
    pub randomization: Randomization,
    /// The variant of each unit, in the order of the lottery.
    pub arms: Vec<usize>,
    pub study: Study,
    /// The data reach the end, or the moment it was stopped at.
    pub is_complete: bool,
    pub data_through: Option<DateTime<Utc>>,
}

/// Analyses an experiment as far as its time has come. `file` is its definition as the project has it now.
///
/// # Errors
/// [`ExperimentError::NotStarted`] without a recorded start, and those of reading.
pub async fn analyse(engine: &Engine, file: &Experiment, now: DateTime<Utc>) -> Result<Analysis> {
    let setting = setting(engine, &file.name, now).await?;
    let people = people::read(engine, &setting.experiment, &setting.study).await?;
    let mut outcomes = Vec::new();
    for declared in &setting.experiment.metrics {
        let Some(metric) = engine.project().metrics.get(&declared.metric) else {
            return Err(ExperimentError::NoMetric {
                experiment: file.name.clone(),
                metric: declared.metric.clone(),
            });
        };
        outcomes.push(panel::outcome(engine, &setting.study, metric).await?);
    }
    let file_hash = record::definition_hash(&file.text);
    let health = health::checks(engine, &setting, &people, &outcomes, &file_hash, now).await?;
    let failures = trial::health::failures(&health);
    let mut results = Vec::new();
    let mut values = BTreeMap::new();
    if setting.is_complete && failures.is_empty() {
        let dimensions = dimensions(engine, &setting).await?;
        for (declared, outcome) in setting.experiment.metrics.iter().zip(&outcomes) {
            results.push(result(engine, &setting, &people, &dimensions, declared, outcome)?);
            values.insert(outcome.name.clone(), by_variant(&setting, outcome));
        }
    }
    let running = (!setting.is_complete).then(|| running(&setting));
    let decision = decide(&failures, running.as_deref(), &results.iter().map(judged).collect::<Vec<_>>());
    let report = Report {
        format: FORMAT.to_owned(),
        about: about(&setting.experiment),
        grade: if setting.drawing.design.is_over_time() { Grade::RandomisedOverTime } else { Grade::Randomised },
        design: design(&setting),
        health,
        results,
        decision,
        provenance: provenance(engine, &setting)?,
    };
    Ok(Analysis { report, values, events: setting.events })
}

async fn setting(engine: &Engine, name: &str, now: DateTime<Utc>) -> Result<Setting> {
    let events = record::events(engine, name).await?;
    let Some(experiment) = record::held(name, &events)? else {
        return Err(ExperimentError::NotStarted { experiment: name.to_owned() });
    };
    let drawing = record::drawing(name, &events)?;
    let assigned = assignment::assignments(engine, name).await?;
    let failed = |source| ExperimentError::Trial { experiment: name.to_owned(), source };
    let (randomization, arms) = assignment::recorded(&experiment, &assigned, &drawing).map_err(failed)?;
    let data_through = metric::data_span(engine, &Scope::default(), now).await?.map(|span| span.to);
    let stopped = events.iter().find(|event| event.action == Action::Stop).map(|event| event.happened_at);
    let end = study::end(&experiment.schedule);
    let until = stopped.map_or(end, |stopped| stopped.min(end));
    let is_complete = data_through.is_some_and(|through| through >= until);
    let units: Vec<String> = randomization.lottery().units().iter().map(|unit| unit.id.clone()).collect();
    let study = Study {
        name: name.to_owned(),
        kind: experiment.assignment.drawn(),
        sizes: sizes(engine, &experiment, &units).await?,
        units,
        schedule: experiment.schedule,
        until: until.min(data_through.unwrap_or(until)),
        scope: study::frozen(&experiment),
    };
    Ok(Setting { experiment, events, drawing, randomization, arms, study, is_complete, data_through })
}

/// Members of each unit when it was drawn; 1 where units have none.
async fn sizes(engine: &Engine, experiment: &Experiment, units: &[String]) -> Result<Vec<f64>> {
    let sql = format!(
        "SELECT unit FROM experiment_rosters WHERE experiment = '{}'",
        experiment.name.replace('\'', "''")
    );
    let mut members: BTreeMap<String, f64> = BTreeMap::new();
    for unit in panel::texts(&panel::collect(engine, &sql).await?, 0) {
        *members.entry(unit).or_default() += 1.0;
    }
    Ok(units.iter().map(|unit| members.get(unit).copied().unwrap_or(1.0)).collect())
}

fn result(
    engine: &Engine,
    setting: &Setting,
    people: &People,
    dimensions: &[Dimension],
    declared: &Declared,
    outcome: &Outcome,
) -> Result<OutcomeReport> {
    let experiment = &setting.experiment;
    let goals = experiment.metrics.iter().filter(|it| it.role == Role::Goal).count().max(1);
    let alpha = if declared.role == Role::Goal { experiment.alpha / goals as f64 } else { experiment.alpha };
    let failed = |source| ExperimentError::Trial { experiment: experiment.name.clone(), source };
    let level = Level::new(1.0 - alpha).map_err(|source| failed(source.into()))?;
    let header = engine.project().metrics.get(&declared.metric).map(|metric| &metric.header);
    let (title, unit) = header.map_or((declared.metric.as_str(), ""), |it| (it.title.as_str(), it.unit.as_str()));
    let weeks = setting.study.weeks();
    let periods: Vec<String> = weeks.iter().map(|week| health::day(week.from)).collect();
    let used: Vec<Option<f64>> = setting
        .study
        .units
        .iter()
        .map(|unit| people.by_unit.get(unit).filter(|it| it.people > 0).map(|it| it.users as f64 / it.people as f64))
        .collect();
    let question = Question {
        dimensions,
        quantiles: &experiment.quantiles,
        periods: &periods,
        used: if people.has_use { &used } else { &[] },
        ..Question::new(title, unit, declared.role, declared.margin, level)
    };
    let seed = trial::seed(&experiment.assignment.seed, &format!("effect on {}", outcome.name));
    let sample = Sample {
        randomization: &setting.randomization,
        arms: &setting.arms,
        outcome,
        seed,
        draws: DRAWS,
    };
    let mut report = report_outcome(sample, &question);
    report.warnings.extend(amended(setting));
    Ok(report)
}

/// What changed after the start, which no error rate knows of.
fn amended(setting: &Setting) -> Vec<String> {
    let words = |event: &Event| {
        let day = health::day(event.happened_at);
        match event.action {
            Action::Amend => Some(format!("The definition was amended on {day}, after the start.")),
            Action::Extend => Some(format!("It was extended on {day}: the error rate holds if that did not follow from effects.")),
            Action::Stop if event.happened_at < study::end(&setting.experiment.schedule) => Some(format!(
                "It was stopped on {day}, before its last day: the error rate holds if that did not follow from effects."
            )),
            _ => None,
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

/// One result as the decision sees it.
pub(super) fn judged(result: &OutcomeReport) -> Judged {
    let interval = result.effect.as_ref().and_then(|it| Some(crate::stats::Interval { low: it.low?, high: it.high? }));
    Judged {
        title: result.title.clone(),
        role: result.role,
        better: result.better,
        verdict: result.verdict,
        estimate: result.effect.as_ref().map(|it| it.estimate),
        interval,
        margin: result.margin,
    }
}

fn running(setting: &Setting) -> String {
    let through = setting.data_through.map_or_else(|| "nowhere yet".to_owned(), health::day);
    format!("Effects are shown when the data reach past {}; they reach {through}.", setting.experiment.schedule.end)
}

fn about(experiment: &Experiment) -> About {
    About {
        name: experiment.name.clone(),
        title: experiment.title.clone(),
        hypothesis: experiment.hypothesis.clone(),
        start: Some(experiment.schedule.start.to_string()),
        end: Some(experiment.schedule.end.to_string()),
    }
}

fn design(setting: &Setting) -> DesignReport {
    let lottery = setting.randomization.lottery();
    let variant = |(arm, variant): (usize, &crate::stats::Variant)| VariantReport {
        name: variant.name.clone(),
        weight: variant.weight,
        units: setting.arms.iter().filter(|it| **it == arm).count(),
    };
    let mut strata = lottery.strata();
    strata.dedup();
    let assignments = setting.randomization.assignments();
    DesignReport {
        unit: setting.experiment.assignment.drawn().name().to_owned(),
        design: setting.drawing.design.words().to_owned(),
        variants: lottery.variants().iter().enumerate().map(variant).collect(),
        strata: strata.len(),
        assignments: if assignments == u128::MAX { "> 10^38".to_owned() } else { assignments.to_string() },
        smallest_p: setting.randomization.smallest_p(),
    }
}

fn provenance(engine: &Engine, setting: &Setting) -> Result<Provenance> {
    let definition = setting.events.last().map(|event| event.definition_hash.clone()).unwrap_or_default();
    let versions = engine.versions()?;
    Ok(Provenance {
        definition,
        seed: setting.experiment.assignment.seed.clone(),
        data: versions.into_iter().map(|(table, version)| (table.to_owned(), version.to_string())).collect(),
        data_through: setting.data_through.map(health::day),
        program: PROGRAM.to_owned(),
    })
}
